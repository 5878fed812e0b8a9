//! How a call's parameters change an account. Nothing is stored here: the caller stores the changed copy, or
//! drops it when something is wrong.

use crate::account::{Account, Password};
use crate::call::Call;
use crate::consent::{Source, write_communications, write_preferences, write_subscriptions};
use crate::envelope::{Object, Problem, Refusal};
use crate::gigya::Gigya;
use crate::merge::{Merge, Part, Rules, Writer};
use crate::schema::Field;
use serde_json::Value;
use std::sync::Arc;

/// The parameters that [`sections`] reads.
pub(crate) struct Written {
    /// What is wrong; with any of these nothing may be stored.
    pub(crate) problems: Vec<Problem>,
    /// Fields of `data` that exist from now on.
    pub(crate) new_fields: Vec<(String, Field)>,
}

fn rules(gigya: &Gigya, writer: Writer) -> Rules {
    Rules {
        writer,
        append: gigya.knobs.text("gigya.array_mode") == "append",
        ignore_unknown: gigya.knobs.text("gigya.profile_unknown_field") == "ignore",
        sanitise: gigya.knobs.on("gigya.sanitise_html"),
    }
}

/// Writes `profile`, `data`, `preferences`, `subscriptions` and `communications`.
pub(crate) fn sections(
    gigya: &Gigya,
    call: &Call,
    account: &mut Account,
    writer: Writer,
    source: Source,
) -> Result<Written, Refusal> {
    let rules = match source {
        Source::Call => rules(gigya, writer),
        Source::Import => Rules { append: false, ..rules(gigya, writer) },
    };
    let mut written = Written { problems: Vec::new(), new_fields: Vec::new() };
    if let Some(profile) = call.params.object("profile")? {
        let mut merge = Merge::new(&call.site.profile_schema, Part::Profile, rules);
        merge.object("", &mut account.profile, &profile);
        written.problems.append(&mut merge.problems);
    }
    if let Some(data) = call.params.object("data")? {
        let mut merge = Merge::new(&call.site.data_schema, Part::Data, rules);
        merge.object("", &mut account.data, &data);
        written.problems.append(&mut merge.problems);
        written.new_fields = merge.new_fields;
    }
    let lang = call.params.get("lang").or(account.lang.as_deref()).unwrap_or("en").to_owned();
    if let Some(from) = call.params.object("preferences")? {
        written.problems.extend(write_preferences(&mut account.preferences, &from, &lang, call.now));
    }
    if let Some(from) = call.params.object("subscriptions")? {
        let declared = &call.site.subscriptions;
        written.problems.extend(write_subscriptions(
            &mut account.subscriptions,
            &from,
            declared,
            source,
            call.now,
        ));
    }
    if let Some(from) = call.params.object("communications")? {
        written.problems.extend(write_communications(&mut account.communications, &from, call.now));
    }
    Ok(written)
}

/// What a changed `profile.email` brings with it: one more address, and where addresses log in, one more
/// login identifier. The former address stays until `removeLoginEmails` takes it away.
pub(crate) fn follow_email(
    gigya: &Gigya,
    call: &Call,
    account: &mut Account,
    before: Option<&str>,
) -> Option<Problem> {
    let email = account.email()?.to_owned();
    if before == Some(email.as_str()) {
        return None;
    }
    let logs_in = call.site.logs_in_by("email");
    if logs_in && let Some(problem) = taken(gigya, call, account, &email, "email") {
        return Some(problem);
    }
    account.add_email(&email, false);
    if logs_in {
        account.add_login_email(&email);
    }
    None
}

/// The problem that another account has this login identifier.
pub(crate) fn taken(gigya: &Gigya, call: &Call, account: &Account, id: &str, field: &str) -> Option<Problem> {
    let owner = gigya.people.get(&call.site.api_key).and_then(|people| people.owner(id))?;
    (owner != account.uid).then(|| Problem::new(400_003, field, format!("{field} already exists")))
}

/// Takes a new password if it is long enough and not one of the last.
pub(crate) fn new_password(
    gigya: &mut Gigya,
    call: &Call,
    account: &mut Account,
    plain: &str,
    field: &str,
) -> Option<Problem> {
    let least = call.site.policy_number("passwordComplexity", &["minLength"], 6);
    if (plain.chars().count() as u64) < least {
        let message = format!("Password does not meet complexity requirements: at least {least} characters");
        return Some(Problem::new(400_006, field, message));
    }
    let kept = call.site.policy_number("security", &["passwordHistorySize"], 0).min(100);
    let known = account.old_passwords.iter().rev().take(usize::try_from(kept).unwrap_or(100));
    if kept > 0 && known.chain(&account.password).any(|old| old.is(plain)) {
        return Some(Problem::new(400_006, field, "Password was used before"));
    }
    let made = Password::new(plain, gigya.ids.hex(16), call.now);
    if let Some(old) = account.password.replace(made) {
        account.old_passwords.push(old);
        let surplus = account.old_passwords.len().saturating_sub(20);
        account.old_passwords.drain(..surplus);
    }
    account.must_change_password = false;
    None
}

/// Stores an account if it differs from `before`, and moves its times.
pub(crate) fn store(gigya: &mut Gigya, call: &Call, mut account: Account, before: Option<&Account>) {
    if before.is_some_and(|before| before.same_content(&account)) {
        return;
    }
    account.last_updated = call.now;
    let due = gigya.visible_at(call.now);
    gigya.people_of(&call.site.api_key).put(account, due);
}

/// Makes the fields that a write created part of the site's schema.
pub(crate) fn keep_fields(gigya: &mut Gigya, call: &Call, fields: Vec<(String, Field)>) {
    if fields.is_empty() {
        return;
    }
    if let Some(site) = gigya.sites.get_mut(&call.site.api_key) {
        Arc::make_mut(site).data_schema.fields.extend(fields);
    }
}

/// Members by name in any case, as imports send them.
pub(crate) fn any_case<'o>(object: &'o Object, name: &str) -> Option<&'o Value> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The texts of a JSON list.
pub(crate) fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}
