//! `accounts.importFullAccount`.

use crate::account::{Account, Password};
use crate::accounts::register::check_uid;
use crate::accounts::write::{any_case, follow_email, keep_fields, sections, store, taken, texts};
use crate::call::Call;
use crate::consent::Source;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Problem, Refusal, Reply};
use crate::gigya::Gigya;
use crate::merge::Writer;
use serde_json::Value;
use standin_model::{Evidence, Instant};
use standin_ports::Secret;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.importFullAccount",
    summary: "Makes or overwrites an account; a group that is passed is replaced whole.",
    evidence: Evidence::documented("accounts.importFullAccount REST", "import_inserts_or_upserts"),
    access: Access::Private,
    params: &[
        "UID",
        "createUID",
        "importPolicy",
        "profile",
        "data",
        "preferences",
        "subscriptions",
        "communications",
        "emails",
        "loginIDs",
        "phoneNumber",
        "password",
        "isActive",
        "isRegistered",
        "isVerified",
        "created",
        "registered",
        "verified",
        "lastLogin",
        "lastUpdated",
        "regSource",
        "dataCenter",
        "identities",
        "secretQuestionAndAnswer",
        "providerSessions",
    ],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let uid = match (call.params.get("UID"), call.params.flag("createUID")?) {
        (Some(uid), _) => uid.to_owned(),
        (None, Some(true)) => gigya.ids.hex(32),
        _ => return Err(Refusal::missing(call.method, "UID")),
    };
    check_uid(&uid)?;
    let known = gigya.account_of(&call.site.api_key, &uid).ok();
    let upsert = match call.params.get("importPolicy").map(str::to_ascii_lowercase).as_deref() {
        None | Some("insert") => false,
        Some("upsert") => true,
        Some(_) => return Err(Refusal::because(400_006, "importPolicy must be insert or upsert")),
    };
    if known.is_some() && !upsert {
        return Err(Refusal::new(400_003));
    }
    let mut account = known.as_deref().cloned().unwrap_or_else(|| Account::new(uid.clone(), call.now));
    let email = account.email().map(str::to_owned);
    let mut written = sections(gigya, call, &mut account, Writer::Server, Source::Import)?;
    written.problems.extend(follow_email(gigya, call, &mut account, email.as_deref()));
    groups(gigya, call, &mut account, &mut written.problems)?;
    state(call, &mut account)?;
    if !written.problems.is_empty() {
        return Err(Refusal::invalid(written.problems));
    }
    keep_fields(gigya, call, written.new_fields);
    store(gigya, call, account, known.as_deref());
    Ok(Object::from_iter([("UID".into(), uid.into())]))
}

/// `emails`, `loginIDs` and `password`: what is given takes the whole group's place.
fn groups(
    gigya: &Gigya,
    call: &Call,
    account: &mut Account,
    problems: &mut Vec<Problem>,
) -> Result<(), Refusal> {
    if let Some(emails) = call.params.object("emails")? {
        account.verified_emails = texts(any_case(&emails, "verified"));
        account.unverified_emails = texts(any_case(&emails, "unverified"));
    }
    if let Some(ids) = call.params.object("loginIDs")? {
        account.username = any_case(&ids, "username").and_then(Value::as_str).map(str::to_owned);
        account.login_emails = texts(any_case(&ids, "emails"));
    }
    for id in account.login_ids() {
        problems.extend(taken(gigya, call, account, &id, "loginID"));
    }
    problems.dedup();
    if let Some(password) = call.params.object("password")? {
        account.password = Some(imported(&password, call.now)?);
    }
    Ok(())
}

/// A hash that another system made. Algorithms that are not modelled are refused: they could never log in.
fn imported(password: &Object, now: Instant) -> Result<Password, Refusal> {
    let wrong = |what: &str| Refusal::because(400_006, format!("password: {what}"));
    let hash = any_case(password, "hashedPassword").and_then(Value::as_str);
    let hash = hash.ok_or_else(|| wrong("only hashedPassword with hashSettings is modelled"))?;
    let settings = any_case(password, "hashSettings").and_then(Value::as_object).cloned().unwrap_or_default();
    let text = |name: &str| any_case(&settings, name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let algorithm = text("algorithm");
    if !["sha1", "sha256", "sha512"].contains(&algorithm.as_str()) {
        return Err(wrong("only the algorithms sha1, sha256 and sha512 are modelled"));
    }
    if any_case(&settings, "rounds").and_then(Value::as_u64).unwrap_or(1) != 1 {
        return Err(wrong("only one round is modelled"));
    }
    let format = match text("format").as_str() {
        "" => "$password".to_owned(),
        given => given.to_owned(),
    };
    Ok(Password { algorithm, format, salt: text("salt"), hash: Secret::new(hash), created: now })
}

fn state(call: &Call, account: &mut Account) -> Result<(), Refusal> {
    let params = &call.params;
    let time = |name: &str| {
        let wrong = |_| Refusal::because(400_006, format!("{name} is not a time"));
        params.get(name).map(|text| text.parse::<Instant>().map_err(wrong)).transpose()
    };
    account.created = time("created")?.unwrap_or(account.created);
    account.registered = time("registered")?.or(account.registered);
    account.verified = time("verified")?.or(account.verified);
    account.last_login = time("lastLogin")?.or(account.last_login);
    time("lastUpdated")?;
    account.is_active = params.flag("isActive")?.unwrap_or(account.is_active);
    if let Some(registered) = params.flag("isRegistered")? {
        account.is_registered = registered;
        if registered {
            account.registered.get_or_insert(call.now);
        }
    }
    if params.flag("isVerified")? == Some(true) {
        account.verify(call.now);
    }
    if let Some(number) = params.get("phoneNumber") {
        account.phone_number = Some(number.to_owned());
    }
    account.reg_source = params.get("regSource").map(str::to_owned).or(account.reg_source.take());
    account.lang = params.get("lang").map(str::to_owned).or(account.lang.take());
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn import_inserts_or_upserts() {
        let mut bench = Bench::new();
        let base = [
            ("UID", "crm-1"),
            ("profile", r#"{"email":"ann@example.org","city":"Diest"}"#),
            ("isRegistered", "true"),
        ];
        assert_eq!(bench.call("accounts.importFullAccount", &base)["UID"], "crm-1");
        assert_eq!(bench.code("accounts.importFullAccount", &base), 400_003);
        let params = [
            ("UID", "crm-1"),
            ("importPolicy", "upsert"),
            ("profile", r#"{"zip":"3290"}"#),
            ("loginIDs", r#"{"Emails":["other@example.org"]}"#),
        ];
        assert_eq!(bench.code("accounts.importFullAccount", &params), 0);
        let account = bench.gigya.account("crm-1").unwrap();
        assert_eq!(account["profile"], json!({"email": "ann@example.org", "city": "Diest", "zip": "3290"}));
        assert_eq!(account["loginIDs"]["emails"], json!(["other@example.org"]), "the group is replaced");
        assert_eq!(bench.code("accounts.importFullAccount", &[("profile", "{}")]), 400_002);
        assert_eq!(
            bench.call("accounts.importFullAccount", &[("createUID", "true")])["UID"].as_str().unwrap().len(),
            32
        );
    }

    #[test]
    fn imported_hash_logs_in() {
        let mut bench = Bench::new();
        let password =
            r#"{"HashedPassword":"5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"}"#;
        assert_eq!(
            bench.code("accounts.importFullAccount", &[("UID", "a"), ("password", password)]),
            400_006
        );
        // SHA-256 of `password`, Base64.
        let password = r#"{"HashedPassword":"XohImNooBHFR0OVvjcYpJ3NgPQ1qq73WKhHvch0VQtg=","HashSettings":{"algorithm":"sha256"}}"#;
        let params = [
            ("UID", "ann"),
            ("profile", r#"{"email":"ann@example.org"}"#),
            ("password", password),
            ("isRegistered", "true"),
        ];
        assert_eq!(bench.code("accounts.importFullAccount", &params), 0);
        let login = [("loginID", "ann@example.org"), ("password", "password")];
        assert_eq!(bench.client("accounts.login", &login)["errorCode"], 0);
    }
}
