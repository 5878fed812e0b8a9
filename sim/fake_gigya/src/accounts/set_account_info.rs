//! `accounts.setAccountInfo`.

use crate::account::{Account, custom_key, phone_key};
use crate::accounts::session::{own_token, uid_of};
use crate::accounts::write::{
    Written, follow_email, held, keep_fields, new_password, new_username, sections, store, taken,
};
use crate::call::Call;
use crate::consent::Source;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Problem, Refusal, Reply};
use crate::events::Event;
use crate::gigya::Gigya;
use crate::merge::Writer;
use crate::people::Lite;
use crate::rare::{Forced, SecretQuestion};
use serde_json::Value;
use standin_model::{Evidence, Instant};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.setAccountInfo",
    summary: "Changes what is passed and nothing else; with any mistake nothing is changed.",
    evidence: Evidence::documented("accounts.setAccountInfo REST", "only_what_is_passed_changes"),
    access: Access::Public,
    params: &[
        "regToken",
        "profile",
        "data",
        "preferences",
        "subscriptions",
        "communications",
        "addLoginEmails",
        "removeLoginEmails",
        "username",
        "newPassword",
        "password",
        "secretQuestion",
        "secretAnswer",
        "conflictHandling",
        "muteWebhooks",
        "regSource",
        "displayedPreferences",
        "captchaToken",
        "captchaType",
    ],
    server_params: &[
        "UID",
        "phoneNumber",
        "customIdentifiers",
        "internal",
        "isActive",
        "isVerified",
        "requirePasswordChange",
        "securityOverride",
        "created",
        "rba",
        "tfaStatus",
    ],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let mut writer = if call.is_server() { Writer::Server } else { Writer::Client };
    let uid = match call.params.get("regToken") {
        None => uid_of(call)?,
        Some(token) => {
            writer = Writer::Client;
            let open = gigya.reg_token(call.now, &call.site.api_key, token)?;
            if open.lite {
                return lite(gigya, call, open.email);
            }
            open.uid.ok_or_else(|| Refusal::new(403_005))?
        }
    };
    let before = gigya.account_of(&call.site.api_key, &uid)?;
    let mut account = Account::clone(&before);
    let conflict_is_fine =
        call.params.get("conflictHandling").is_some_and(|it| it.eq_ignore_ascii_case("saveProfileAndFail"));
    let Written { mut problems, new_fields } = sections(gigya, call, &mut account, writer, Source::Call)?;
    identifiers(gigya, call, &mut account, before.email(), &mut problems);
    state(gigya, call, &mut account, &mut problems)?;
    let is_conflict = |problem: &Problem| problem.code == 400_003;
    let only_conflicts = !problems.is_empty() && problems.iter().all(is_conflict);
    if only_conflicts && !account.is_registered && !conflict_is_fine {
        return Err(Refusal::new(403_043));
    }
    let new_password = password(gigya, call, &mut account, &mut problems)?;
    let only_conflicts = only_conflicts && problems.iter().all(is_conflict);
    let harmless = problems.is_empty() || (conflict_is_fine && only_conflicts);
    if !harmless {
        return Err(Refusal::invalid(problems));
    }
    keep_fields(gigya, call, new_fields);
    if new_password {
        gigya.end_sessions(&call.site.api_key, &uid, own_token(call));
    }
    store(gigya, call, account, Some(&before));
    if only_conflicts {
        return Err(Refusal::new(200_010));
    }
    Ok(Object::new())
}

/// Addresses, user name and other identifiers.
fn identifiers(
    gigya: &Gigya,
    call: &Call,
    account: &mut Account,
    before: Option<&str>,
    problems: &mut Vec<Problem>,
) {
    if let Some(problem) = follow_email(gigya, call, account, before) {
        match before {
            Some(email) => account.profile.insert("email", email),
            None => account.profile.remove("email"),
        }
        problems.push(problem);
    }
    for email in call.params.words("addLoginEmails").unwrap_or_default() {
        if !crate::email::is_valid(&email) {
            problems.push(Problem::new(400_006, "addLoginEmails", "not a valid address"));
        } else if let Some(problem) = taken(gigya, call, account, &email, "email") {
            problems.push(problem);
        } else {
            account.add_email(&email, false);
            account.add_login_email(&email);
        }
    }
    for email in call.params.words("removeLoginEmails").unwrap_or_default() {
        let same = |other: &str| other.eq_ignore_ascii_case(&email);
        account.login_emails.retain(|other| !same(other));
        account.verified_emails.retain(|other| !same(other));
        account.unverified_emails.retain(|other| !same(other));
        if account.username.as_deref().is_some_and(same) {
            account.username = None;
        }
    }
    if let Some(username) = call.params.get("username") {
        problems.extend(new_username(gigya, call, account, username));
    }
}

/// What only a server may set.
fn state(
    gigya: &Gigya,
    call: &Call,
    account: &mut Account,
    problems: &mut Vec<Problem>,
) -> Result<(), Refusal> {
    let params = &call.params;
    if let Some(active) = params.flag("isActive")? {
        account.is_active = active;
    }
    if params.flag("isVerified")? == Some(true) {
        account.verify(call.now);
    }
    match params.flag("requirePasswordChange")? {
        Some(true) => account.must_change_password = true,
        Some(false) => problems.push(Problem::new(400_006, "requirePasswordChange", "only true is accepted")),
        None => {}
    }
    if let Some(number) = params.get("phoneNumber") {
        if !is_e164(number) {
            problems.push(Problem::new(400_006, "phoneNumber", "phoneNumber is not in E.164 form"));
        } else if let Some(problem) = held(gigya, call, account, &phone_key(number), "phoneNumber") {
            problems.push(problem);
        } else {
            account.phone_number = Some(number.to_owned());
        }
    }
    for (name, value) in params.object("customIdentifiers")?.unwrap_or_default() {
        let field = format!("customIdentifiers.{name}");
        let text = match &value {
            Value::Null => {
                account.custom_identifiers.remove(&name);
                continue;
            }
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => {
                problems.push(Problem::new(400_006, field, "an identifier is a text"));
                continue;
            }
        };
        match held(gigya, call, account, &custom_key(&name, &text), &field) {
            Some(problem) => problems.push(problem),
            None => account.custom_identifiers.insert(&name, text),
        }
    }
    match params.get("tfaStatus").map(str::to_ascii_lowercase).as_deref() {
        None => {}
        Some("forceon") => account.rare_mut().second.forced = Some(Forced::On),
        Some("forceoff") => account.rare_mut().second.forced = Some(Forced::Off),
        Some(_) => problems.push(Problem::new(400_006, "tfaStatus", "tfaStatus is forceOn or forceOff")),
    }
    for (name, value) in params.object("internal")?.unwrap_or_default() {
        match value {
            Value::Null => account.internal.remove(&name),
            value => account.internal.insert(&name, value),
        }
    }
    if account.reg_source.is_none() {
        account.reg_source = params.get("regSource").map(str::to_owned);
    }
    if let Some(created) = params.get("created") {
        let wrong = |_| Refusal::because(400_006, "created is not a time");
        account.created = created.parse::<Instant>().map_err(wrong)?;
    }
    Ok(())
}

/// A phone number with its country: `+` and 7 to 15 digits.
pub(crate) fn is_e164(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A new password or secret question needs the old password, except for a server that overrides. Tells whether
/// there is a new password.
fn password(
    gigya: &mut Gigya,
    call: &Call,
    account: &mut Account,
    problems: &mut Vec<Problem>,
) -> Result<bool, Refusal> {
    let plain = call.params.get("newPassword").map(str::to_owned);
    let (question, answer) = (call.params.get("secretQuestion"), call.params.get("secretAnswer"));
    if plain.is_none() && question.is_none() && answer.is_none() {
        return Ok(false);
    }
    let overridden = call.is_server() && call.params.flag("securityOverride")?.unwrap_or(false);
    if !overridden {
        let old = call.need("password")?;
        if !account.password.as_ref().is_some_and(|kept| kept.is(old)) {
            return Err(Refusal::because(403_042, "invalid password"));
        }
    }
    if question.is_some() || answer.is_some() {
        let question = call.need("secretQuestion")?;
        let answer = call.need("secretAnswer")?;
        let salt = gigya.ids.hex(16);
        account.rare_mut().secret = Some(SecretQuestion::new(question, answer, salt, call.now));
    }
    let Some(plain) = plain else { return Ok(false) };
    problems.extend(new_password(gigya, call, account, &plain, "newPassword"));
    Ok(true)
}

/// A person who leaves an address and no account.
fn lite(gigya: &mut Gigya, call: &Call, known: Option<String>) -> Reply {
    let email = call.params.object("profile")?.and_then(|it| it.get("email")?.as_str().map(str::to_owned));
    let email = email.or(known).ok_or_else(|| Refusal::missing(call.method, "profile.email"))?;
    let uid = write_lite(gigya, call, &email, Writer::Client, Source::Call)?;
    Ok(Object::from_iter([("UID".into(), uid.into())]))
}

/// Writes a lite record.
pub(crate) fn write_lite(
    gigya: &mut Gigya,
    call: &Call,
    email: &str,
    writer: Writer,
    source: Source,
) -> Result<String, Refusal> {
    let known = gigya.people_of(&call.site.api_key).lite(email).map(|lite| Lite::clone(lite));
    let is_new = known.is_none();
    let mut lite = known.unwrap_or_else(|| Lite::new(gigya.ids.hex(32), email, call.now));
    let mut account = Account::new(String::new(), call.now);
    account.profile = lite.profile;
    account.data = lite.data;
    account.preferences = lite.preferences;
    account.subscriptions = lite.subscriptions;
    account.communications = lite.communications;
    account.profile.insert("email", email);
    let mut written = sections(gigya, call, &mut account, writer, source)?;
    if !crate::email::is_valid(email) {
        written.problems.push(Problem::new(400_026, "profile.email", "email is not a valid address"));
    }
    if !written.problems.is_empty() {
        return Err(Refusal::invalid(written.problems));
    }
    let uid = lite.uid.clone();
    lite = Lite {
        uid: lite.uid,
        email: lite.email,
        created: lite.created,
        last_updated: call.now,
        profile: account.profile,
        data: account.data,
        preferences: account.preferences,
        subscriptions: account.subscriptions,
        communications: account.communications,
    };
    keep_fields(gigya, call, written.new_fields);
    let due = gigya.visible_at(call.now);
    gigya.people_of(&call.site.api_key).put_lite(lite, due);
    gigya.happened(call, &uid, if is_new { Event::Created } else { Event::Updated });
    Ok(uid)
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::{Value, json};

    fn bench() -> Bench {
        Bench::seeded(&json!({"accounts": [
            {"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org", "city": "Diest"}},
            {"UID": "bob", "profile": {"email": "bob@example.org"}},
        ]}))
    }

    fn set(bench: &mut Bench, name: &str, value: &str) -> Value {
        bench.call("accounts.setAccountInfo", &[("UID", "ann"), (name, value)])
    }

    #[test]
    fn only_what_is_passed_changes() {
        let mut bench = bench();
        bench.wait(1000);
        assert_eq!(set(&mut bench, "profile", r#"{"birthYear":"1959"}"#)["errorCode"], 0);
        let ann = bench.gigya.account("ann").unwrap();
        assert_eq!(ann["profile"]["birthYear"], 1959);
        assert_eq!(ann["profile"]["city"], "Diest");
        assert_eq!(ann["lastUpdatedTimestamp"], bench.now.millis());
        let moved = bench.now;
        bench.wait(1000);
        assert_eq!(set(&mut bench, "profile", r#"{"birthYear":1959}"#)["errorCode"], 0);
        assert_eq!(
            bench.gigya.account("ann").unwrap()["lastUpdatedTimestamp"],
            moved.millis(),
            "nothing changed"
        );
        assert_eq!(set(&mut bench, "profile", r#"{"city":null}"#)["errorCode"], 0);
        assert_eq!(bench.gigya.account("ann").unwrap()["profile"].get("city"), None);
    }

    #[test]
    fn unknown_parameter_is_reported() {
        let mut bench = bench();
        let before = bench.gigya.account("ann");
        let answer = set(&mut bench, "profil", r#"{"city":"Gent"}"#);
        assert_eq!(
            (&answer["errorCode"], &answer["ignoredParams"][0]["paramName"]),
            (&json!(0), &json!("profil"))
        );
        assert_eq!(answer["ignoredParams"][0]["warningCode"], 403_007);
        assert_eq!(bench.gigya.account("ann"), before);
    }

    #[test]
    fn one_mistake_saves_nothing() {
        let mut bench = bench();
        let before = bench.gigya.account("ann");
        let answer = set(&mut bench, "profile", r#"{"city":"Gent","gender":"X"}"#);
        assert_eq!(answer["errorCode"], 400_020);
        assert_eq!(answer["validationErrors"][0]["errorCode"], 400_026);
        assert_eq!(answer["validationErrors"][0]["fieldName"], "profile.gender");
        for (name, value, code) in [
            ("profile", "{", 400_006),
            ("profile", "[]", 400_006),
            ("profile", r#"{"nope":1}"#, 400_020),
            ("isActive", "maybe", 400_006),
            ("phoneNumber", "0470", 400_009),
            ("newPassword", "secret2", 400_002),
            ("preferences", "[]", 400_006),
        ] {
            assert_eq!(set(&mut bench, name, value)["errorCode"], code, "{name}={value}");
        }
        assert_eq!(bench.gigya.account("ann"), before);
    }

    #[test]
    fn a_new_address_comes_beside_the_old_one() {
        let mut bench = bench();
        assert_eq!(set(&mut bench, "profile", r#"{"email":"new@example.org"}"#)["errorCode"], 0);
        let ann = bench.gigya.account("ann").unwrap();
        assert_eq!(
            ann["emails"],
            json!({"verified": ["ann@example.org"], "unverified": ["new@example.org"]})
        );
        assert_eq!(ann["loginIDs"]["emails"], json!(["ann@example.org", "new@example.org"]));
        assert_eq!(set(&mut bench, "removeLoginEmails", "ann@example.org")["errorCode"], 0);
        assert_eq!(bench.gigya.account("ann").unwrap()["loginIDs"]["emails"], json!(["new@example.org"]));
        let answer = set(&mut bench, "profile", r#"{"email":"BOB@example.org"}"#);
        assert_eq!(answer["errorCode"], 400_009);
        assert_eq!(
            answer["validationErrors"],
            json!([{"errorCode": 400_003, "message": "email already exists", "fieldName": "email"}])
        );
        let params = [
            ("UID", "ann"),
            ("profile", r#"{"email":"bob@example.org","city":"Gent"}"#),
            ("conflictHandling", "saveProfileAndFail"),
        ];
        assert_eq!(bench.code("accounts.setAccountInfo", &params), 200_010);
        let ann = bench.gigya.account("ann").unwrap();
        assert_eq!(
            (&ann["profile"]["city"], &ann["profile"]["email"]),
            (&json!("Gent"), &json!("new@example.org"))
        );
    }

    #[test]
    fn passwords_and_state() {
        let mut bench = bench();
        let params = [("UID", "ann"), ("newPassword", "secret2"), ("password", "wrong")];
        assert_eq!(bench.code("accounts.setAccountInfo", &params), 403_042);
        let params = [("UID", "ann"), ("newPassword", "secret2"), ("password", "secret1")];
        assert_eq!(bench.code("accounts.setAccountInfo", &params), 0);
        let login = |bench: &mut Bench, password| {
            bench.client("accounts.login", &[("loginID", "ann@example.org"), ("password", password)])["errorCode"].clone()
        };
        assert_eq!((login(&mut bench, "secret1"), login(&mut bench, "secret2")), (json!(401_030), json!(0)));
        assert_eq!(set(&mut bench, "requirePasswordChange", "true")["errorCode"], 0);
        assert_eq!(login(&mut bench, "secret2"), json!(403_100));
        assert_eq!(set(&mut bench, "isActive", "false")["errorCode"], 0);
        assert_eq!(login(&mut bench, "secret2"), json!(403_041));
    }

    #[test]
    fn a_session_may_write_what_clients_may() {
        let mut bench = bench();
        let token = bench.session("ann");
        let mut client = |profile: &str| {
            bench.client("accounts.setAccountInfo", &[("login_token", token.as_str()), ("profile", profile)])
        };
        assert_eq!(client(r#"{"firstName":"Ann"}"#)["errorCode"], 0);
        assert_eq!(client(r#"{"city":"Gent"}"#)["validationErrors"][0]["errorCode"], 400_025);
    }

    #[test]
    fn lite_record_by_token() {
        let mut bench = bench();
        let token = bench.client("accounts.initRegistration", &[("isLite", "true")])["regToken"]
            .as_str()
            .unwrap()
            .to_owned();
        let params = [
            ("regToken", token.as_str()),
            ("profile", r#"{"email":"lite@example.org"}"#),
            ("subscriptions", r#"{"news":{"email":{"isSubscribed":true}}}"#),
        ];
        assert_eq!(bench.client("accounts.setAccountInfo", &params)["errorCode"], 0);
        bench.wait(1000);
        let query = "SELECT email FROM emailAccounts WHERE hasLiteAccount = true AND hasFullAccount = false";
        assert_eq!(
            bench.call("accounts.search", &[("query", query)])["results"],
            json!([{"email": "lite@example.org"}])
        );
    }

    #[test]
    fn subscriptions_are_seen_by_address() {
        let mut bench = bench();
        assert_eq!(
            set(&mut bench, "subscriptions", r#"{"news":{"email":{"isSubscribed":true}}}"#)["errorCode"],
            0
        );
        bench.wait(1000);
        assert_eq!(
            bench.total("SELECT email FROM emailAccounts WHERE subscriptions.news.email.isSubscribed = true"),
            1
        );
        assert_eq!(
            bench.total("SELECT UID FROM accounts WHERE subscriptions.news.email.isSubscribed = true"),
            0
        );
    }
}
