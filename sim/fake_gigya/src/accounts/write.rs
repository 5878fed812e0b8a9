//! How a call's parameters change an account. Nothing is stored here: the caller stores the changed copy, or
//! drops it when something is wrong.

use crate::account::Account;
use crate::call::Call;
use crate::communications::write_communications;
use crate::consent::{Consenting, Source, write_preferences};
use crate::envelope::{Object, Problem, Refusal};
use crate::events::Event;
use crate::gigya::Gigya;
use crate::merge::{Merge, Part, Rules, Writer, touched};
use crate::password::Password;
use crate::schema::Field;
use crate::subscriptions::{Subscribing, write_subscriptions};
use serde_json::Value;
use standin_model::Instant;
use standin_model::mutant::mutated;
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

/// How a server writes.
pub(crate) fn server_rules(gigya: &Gigya) -> Rules {
    Rules { append: false, ..rules(gigya, Writer::Server) }
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
        account.profile.edit_some(touched(&profile), |into| merge.object("", into, &profile));
        written.problems.append(&mut merge.problems);
    }
    if let Some(data) = call.params.object("data")? {
        let mut merge = Merge::new(&call.site.data_schema, Part::Data, rules);
        account.data.edit_some(touched(&data), |into| merge.object("", into, &data));
        written.problems.append(&mut merge.problems);
        written.new_fields = merge.new_fields;
    }
    if let Some(from) = call.params.object("preferences")? {
        let or_lang = account.lang.clone();
        let rules = Consenting {
            statements: &call.site.consents,
            source,
            writer,
            lang: call.params.get("lang"),
            or_lang: or_lang.as_deref().unwrap_or("en"),
            now: call.now,
        };
        written.problems.extend(account.preferences.edit(|into| write_preferences(into, &from, rules)));
    }
    if let Some(from) = call.params.object("subscriptions")? {
        let rules = Subscribing { declared: &call.site.subscriptions, source, writer, now: call.now };
        written.problems.extend(account.subscriptions.edit(|into| write_subscriptions(into, &from, rules)));
    }
    if let Some(from) = call.params.object("communications")? {
        let topics = &call.site.communications;
        let write = |into: &mut Object| write_communications(into, &from, topics, source, call.now);
        written.problems.extend(account.communications.edit(write));
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
    if logs_in && !mutated("gigya.identity.old-address-logs-in-alone") {
        account.add_login_email(&email);
    }
    None
}

/// The problem that another account has this login identifier.
pub(crate) fn taken(gigya: &Gigya, call: &Call, account: &Account, id: &str, field: &str) -> Option<Problem> {
    let owner = gigya.people_at(&call.site.api_key)?.owner(id)?;
    (owner != account.uid && !mutated("gigya.identity.address-of-two"))
        .then(|| Problem::new(400_003, field, format!("{field} already exists")))
}

/// The problem that another account has an identifier that is no login name.
pub(crate) fn held(gigya: &Gigya, call: &Call, account: &Account, key: &str, field: &str) -> Option<Problem> {
    let holder = gigya.people_at(&call.site.api_key)?.holder(key)?;
    (holder != account.uid).then(|| Problem::new(400_003, field, format!("{field} already exists")))
}

/// Takes a user name, where the site has them, unless somebody else has it.
pub(crate) fn new_username(gigya: &Gigya, call: &Call, account: &mut Account, name: &str) -> Option<Problem> {
    if !call.site.logs_in_by("username") {
        return Some(Problem::new(400_006, "username", "this site has no user names"));
    }
    if let Some(problem) = taken(gigya, call, account, name, "username") {
        return Some(problem);
    }
    account.username = Some(name.to_owned());
    account.profile.insert("username", name);
    None
}

/// Takes a new password if the site's policies allow it.
pub(crate) fn new_password(
    gigya: &mut Gigya,
    call: &Call,
    account: &mut Account,
    plain: &str,
    field: &str,
) -> Option<Problem> {
    if let Some(problem) = too_simple(call, plain, field) {
        return Some(problem);
    }
    let kept = call.site.policy_number("security", &["passwordHistorySize"], 0).min(MOST_OLD_PASSWORDS);
    let kept = usize::try_from(kept).unwrap_or_default();
    let old = account.rare.as_deref().map_or(&[][..], |rare| &rare.old_passwords);
    let mut known = old.iter().rev().take(kept).chain(account.password.as_deref());
    if kept > 0 && known.any(|old| old.is(plain)) {
        return Some(Problem::new(400_006, field, "Password was used before"));
    }
    let made = Password::new(plain, gigya.ids.hex(16), call.now);
    if let Some(old) = account.password.replace(Box::new(made)) {
        let list = &mut account.rare_mut().old_passwords;
        list.push(*old);
        let surplus = list.len().saturating_sub(MOST_OLD_PASSWORDS as usize);
        list.drain(..surplus);
    }
    account.must_change_password = false;
    None
}

/// How many former passwords are remembered.
const MOST_OLD_PASSWORDS: u64 = 24;

/// What the site's `passwordComplexity` has against a password.
fn too_simple(call: &Call, plain: &str, field: &str) -> Option<Problem> {
    let policy = |name: &str, default| call.site.policy_number("passwordComplexity", &[name], default);
    let problem = |what: String| {
        let message = format!("Password does not meet complexity requirements: {what}");
        Some(Problem::new(400_006, field, message))
    };
    let least = policy("minLength", 6);
    if (plain.chars().count() as u64) < least {
        return problem(format!("at least {least} characters"));
    }
    let groups = policy("minCharGroups", 0);
    let kinds: [fn(char) -> bool; 4] =
        [char::is_uppercase, char::is_lowercase, |c| c.is_ascii_digit(), |c| !c.is_alphanumeric()];
    if (kinds.iter().filter(|is| plain.chars().any(is)).count() as u64) < groups {
        return problem(format!("at least {groups} of upper case, lower case, digits and symbols"));
    }
    let wanted = call.site.policy_text("passwordComplexity", &["regExp"])?;
    let wanted = fancy_regex::Regex::new(&format!("^(?:{wanted})$"));
    let fits = wanted.is_ok_and(|wanted| wanted.is_match(plain).unwrap_or(false));
    if fits { None } else { problem("the site's own expression".to_owned()) }
}

/// Stores an account if it differs from `before`, moves its times, and takes note of it.
pub(crate) fn store(gigya: &mut Gigya, call: &Call, account: Account, before: Option<&Account>) {
    store_at(gigya, call, account, before, call.now);
}

/// The same, with another time of the change.
pub(crate) fn store_at(
    gigya: &mut Gigya,
    call: &Call,
    mut account: Account,
    before: Option<&Account>,
    at: Instant,
) {
    let same = before.is_some_and(|before| before.same_content(&account));
    if same && !mutated("gigya.write.unchanged-counts") {
        return;
    }
    if !mutated("gigya.write.moves-no-date") {
        account.last_updated = at;
    }
    let event = if before.is_some() { Event::Updated } else { Event::Created };
    let uid = account.uid.clone();
    put(gigya, call, account);
    gigya.happened(call, &uid, event);
}

/// Stores an account as it is.
pub(crate) fn put(gigya: &mut Gigya, call: &Call, account: Account) {
    let due = gigya.visible_at(call.now);
    gigya.people_of(&call.site.api_key).put(account, due);
}

/// Makes the fields that a write created part of the site's schema.
pub(crate) fn keep_fields(gigya: &mut Gigya, call: &Call, fields: Vec<(String, Field)>) {
    if fields.is_empty() {
        return;
    }
    if let Some(site) = gigya.sites.get_mut(call.site.home()) {
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

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn what_a_password_must_be() {
        for (policy, password, fits) in [
            (json!({}), "12345", false),
            (json!({}), "123456", true),
            (json!({"minLength": 8}), "1234567", false),
            (json!({"minCharGroups": 3}), "abcDEF", false),
            (json!({"minCharGroups": 3}), "abcDE1", true),
            (json!({"minCharGroups": 4}), "abcD1!", true),
            (json!({"regExp": "(?=.*[0-9]).*"}), "abcdef", false),
            (json!({"regExp": "(?=.*[0-9]).*"}), "abcde7", true),
        ] {
            let mut bench = Bench::seeded(&json!({"sites": [{"policies": {"passwordComplexity": policy}}]}));
            let params = [("email", "a@example.org"), ("password", password)];
            let answer = bench.call("accounts.register", &params);
            assert_eq!(answer["errorCode"], if fits { 206_001 } else { 400_009 }, "{password}: {answer}");
            if !fits {
                assert_eq!(answer["validationErrors"][0]["fieldName"], "password");
                assert_eq!(answer["validationErrors"][0]["errorCode"], 400_006);
            }
        }
    }

    #[test]
    fn former_passwords_are_remembered() {
        let mut bench = Bench::seeded(&json!({
            "sites": [{"policies": {"security": {"passwordHistorySize": 1}}}],
            "accounts": [{"UID": "ann", "password": "first1"}],
        }));
        let mut change = |password: &str| {
            let params = [("UID", "ann"), ("securityOverride", "true"), ("newPassword", password)];
            bench.code("accounts.setAccountInfo", &params)
        };
        let codes = ["first1", "second2", "first1", "third3", "first1"].map(&mut change);
        assert_eq!(codes, [400_009, 0, 400_009, 0, 0], "one former password is remembered");
    }
}
