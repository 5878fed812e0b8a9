//! `accounts.importFullAccount`.

use crate::account::{Account, phone_key};
use crate::accounts::register::check_uid;
use crate::accounts::write::{any_case, follow_email, held, keep_fields, sections, store_at, taken, texts};
use crate::call::Call;
use crate::consent::Source;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Problem, Refusal, Reply};
use crate::gigya::Gigya;
use crate::merge::Writer;
use crate::password::Password;
use crate::rare::{Identity, SecretQuestion};
use serde_json::{Value, json};
use standin_model::mutant::mutated;
use standin_model::{Evidence, Instant};
use std::time::Duration;

/// How many social identities an account may bring.
const MOST_IDENTITIES: usize = 50;
/// How long an import counts against the next.
const MINUTE: Duration = Duration::from_secs(60);
/// What an identity tells of its person.
const IDENTITY_FIELDS: &[&str] = &[
    "firstName",
    "lastName",
    "nickname",
    "email",
    "gender",
    "age",
    "birthDay",
    "birthMonth",
    "birthYear",
    "country",
    "city",
    "zip",
    "photoURL",
    "thumbnailURL",
    "profileURL",
];

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.importFullAccount",
    summary: "Makes or overwrites an account; a group that is passed is replaced whole.",
    evidence: Evidence::documented("accounts.importFullAccount REST", "import_inserts_or_upserts"),
    access: Access::Private,
    params: &[
        "UID",
        "createUID",
        "importPolicy",
        // Stored dataflows send it with `connect`; what it changes is not documented, so it changes nothing here.
        "handleIdentityConflicts",
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

pub(crate) fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let uid = match (call.params.get("UID"), call.params.flag("createUID")?) {
        (Some(uid), _) => uid.to_owned(),
        (None, Some(true)) => gigya.ids.hex(32),
        _ => return Err(Refusal::missing(call.method, "UID")),
    };
    check_uid(&uid)?;
    check_pace(gigya, call, &uid)?;
    let known = gigya.account_of(&call.site.api_key, &uid).ok();
    let upsert = match call.params.get("importPolicy").map(str::to_ascii_lowercase).as_deref() {
        None | Some("insert") => false,
        Some("upsert") => true,
        Some(_) => return Err(Refusal::because(400_006, "importPolicy must be insert or upsert")),
    };
    if known.is_some() && !upsert && !mutated("gigya.import.insert-overwrites") {
        return Err(Refusal::new(400_003));
    }
    let kept = known.as_deref().filter(|_| !mutated("gigya.import.upsert-replaces"));
    let mut account = kept.cloned().unwrap_or_else(|| Account::new(uid.clone(), call.now));
    let email = account.email().map(str::to_owned);
    let mut written = sections(gigya, call, &mut account, Writer::Server, Source::Import)?;
    written.problems.extend(follow_email(gigya, call, &mut account, email.as_deref()));
    groups(gigya, call, &mut account, &mut written.problems)?;
    let conflicts = identities(gigya, call, &mut account)?;
    state(gigya, call, &mut account, &mut written.problems)?;
    if !written.problems.is_empty() {
        return Err(Refusal::invalid(written.problems));
    }
    keep_fields(gigya, call, written.new_fields);
    let at = time(call, "lastUpdated")?.unwrap_or(call.now);
    store_at(gigya, call, account, known.as_deref(), at);
    let mut out = Object::from_iter([("UID".into(), uid.into())]);
    if !conflicts.is_empty() {
        out.insert("identityConflicts".into(), conflicts.into());
    }
    Ok(out)
}

/// So many imports of one UID a minute, and no more.
fn check_pace(gigya: &mut Gigya, call: &Call, uid: &str) -> Result<(), Refusal> {
    let most = usize::try_from(gigya.knobs.number("gigya.imports_per_minute")).unwrap_or(usize::MAX);
    if most == 0 {
        return Ok(());
    }
    let name = format!("{}\n{uid}", call.site.home());
    let mut times = gigya.imports.get(call.now, &name).cloned().unwrap_or_default();
    times.retain(|at| at.plus(MINUTE) > call.now);
    if times.len() >= most {
        return Err(Refusal::new(503_001));
    }
    times.push(call.now);
    gigya.imports.insert(call.now.plus(MINUTE), name, times);
    Ok(())
}

/// `emails`, `loginIDs` and `password`: what is given takes the whole group's place.
fn groups(
    gigya: &mut Gigya,
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
        account.login_emails.extend(texts(any_case(&ids, "unverifiedEmails")));
        let own = account.login_emails.clone();
        for email in own {
            account.add_email(&email, false);
        }
    }
    for id in account.login_emails.iter().chain(&account.username) {
        problems.extend(taken(gigya, call, account, id, "loginID"));
    }
    problems.dedup();
    if let Some(password) = call.params.object("password")? {
        let wrong = |why: String| Refusal::because(400_006, format!("password: {why}"));
        account.password = Some(Box::new(Password::imported(&password, call.now).map_err(wrong)?));
    }
    if let Some(secret) = call.params.object("secretQuestionAndAnswer")? {
        let text = |name: &str| any_case(&secret, name).and_then(Value::as_str);
        let (Some(question), Some(answer)) = (text("secretQuestion"), text("secretAnswer")) else {
            return Err(Refusal::because(
                400_006,
                "secretQuestionAndAnswer has a secretQuestion and a secretAnswer",
            ));
        };
        let salt = gigya.ids.hex(16);
        account.rare_mut().secret = Some(SecretQuestion::new(question, answer, salt, call.now));
    }
    Ok(())
}

/// Social identities: the list that is given takes the place of the one that is there. One that somebody else
/// has is left out and told.
fn identities(gigya: &Gigya, call: &Call, account: &mut Account) -> Result<Vec<Value>, Refusal> {
    let Some(list) = call.params.json("identities")? else { return Ok(Vec::new()) };
    let list = list.as_array().filter(|list| list.len() <= MOST_IDENTITIES);
    let list = list.ok_or_else(|| Refusal::because(400_006, "identities must be a list"))?;
    let mut kept: Vec<Identity> = Vec::new();
    let mut conflicts = Vec::new();
    for item in list {
        let members = item.as_object().cloned().unwrap_or_default();
        let text = |name: &str| any_case(&members, name).and_then(Value::as_str);
        let (Some(provider), Some(provider_uid)) = (text("provider"), text("providerUID")) else {
            return Err(Refusal::because(400_006, "an identity has a provider and a providerUID"));
        };
        if provider.eq_ignore_ascii_case("site") {
            continue;
        }
        let provider = provider.to_lowercase();
        let key = Identity::key(&provider, provider_uid);
        if held(gigya, call, account, &key, "identities").is_some() {
            conflicts.push(json!({"provider": provider, "providerUID": provider_uid}));
            continue;
        }
        let known = |it: &Identity| it.provider == provider && it.provider_uid == provider_uid;
        if kept.iter().any(known) {
            continue;
        }
        let since = account.identities().iter().find(|it| known(it)).map_or(call.now, |it| it.since);
        let of_person = |name: &String| IDENTITY_FIELDS.contains(&name.as_str());
        let profile = members.clone().into_iter().filter(|(name, _)| of_person(name)).collect();
        let provider_uid = provider_uid.to_owned();
        kept.push(Identity { provider, provider_uid, profile, since, last_updated: call.now });
    }
    account.rare_mut().identities = kept;
    account.shrink();
    Ok(conflicts)
}

fn time(call: &Call, name: &str) -> Result<Option<Instant>, Refusal> {
    let wrong = |_| Refusal::because(400_006, format!("{name} is not a time"));
    call.params.get(name).map(|text| text.parse::<Instant>().map_err(wrong)).transpose()
}

fn state(
    gigya: &Gigya,
    call: &Call,
    account: &mut Account,
    problems: &mut Vec<Problem>,
) -> Result<(), Refusal> {
    let params = &call.params;
    account.created = time(call, "created")?.unwrap_or(account.created);
    account.registered = time(call, "registered")?.or(account.registered);
    account.verified = time(call, "verified")?.or(account.verified);
    account.last_login = time(call, "lastLogin")?.or(account.last_login);
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
        problems.extend(held(gigya, call, account, &phone_key(number), "phoneNumber"));
        account.phone_number = Some(number.to_owned());
    }
    if account.reg_source.is_none() {
        account.reg_source = params.get("regSource").map(str::to_owned);
    }
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

    #[test]
    fn more_than_five_imports_a_minute_are_too_many() {
        let mut bench = Bench::new();
        let import = |bench: &mut Bench, uid: &str| {
            bench.code("accounts.importFullAccount", &[("UID", uid), ("importPolicy", "upsert")])
        };
        let codes: Vec<u64> = (0..6).map(|_| import(&mut bench, "a")).collect();
        assert_eq!(codes, [0, 0, 0, 0, 0, 503_001]);
        assert_eq!(import(&mut bench, "b"), 0, "it is counted by UID");
        bench.wait(59_999);
        assert_eq!(import(&mut bench, "a"), 503_001);
        bench.wait(1);
        assert_eq!(import(&mut bench, "a"), 0);
        bench.knob("gigya.imports_per_minute", "0");
        assert!((0..20).all(|_| import(&mut bench, "a") == 0));
    }

    #[test]
    fn groups_are_replaced_whole() {
        let mut bench = Bench::new();
        let import = |bench: &mut Bench, params: &[(&str, &str)]| {
            let base = [("UID", "ann"), ("importPolicy", "upsert")];
            bench.call("accounts.importFullAccount", &[&base[..], params].concat())
        };
        let first = [
            ("emails", r#"{"Verified":["a@example.org"],"unverified":["b@example.org"]}"#),
            ("loginIDs", r#"{"Username":"annie","emails":["a@example.org","b@example.org"]}"#),
            (
                "identities",
                r#"[{"provider":"facebook","providerUID":"1","firstName":"Ann"},{"Provider":"google","ProviderUID":"2"}]"#,
            ),
            ("profile", r#"{"city":"Diest","phones":[{"number":"1"},{"number":"2"}]}"#),
        ];
        assert_eq!(import(&mut bench, &first)["errorCode"], 0);
        let second = [
            ("emails", r#"{"unverified":["c@example.org"]}"#),
            ("loginIDs", r#"{"emails":["c@example.org"]}"#),
            ("identities", r#"[{"provider":"google","providerUID":"2"}]"#),
            ("profile", r#"{"phones":[{"number":"3"}]}"#),
        ];
        assert_eq!(import(&mut bench, &second)["errorCode"], 0);
        let ann = bench.gigya.account("ann").unwrap();
        assert_eq!(ann["emails"], json!({"verified": [], "unverified": ["c@example.org"]}));
        assert_eq!(ann["loginIDs"], json!({"emails": ["c@example.org"], "unverifiedEmails": []}));
        assert_eq!(ann["profile"], json!({"city": "Diest", "phones": [{"number": "3"}]}));
        assert_eq!(ann["socialProviders"], "google");
        assert_eq!(import(&mut bench, &[("profile", r#"{"zip":"3290"}"#)])["errorCode"], 0);
        assert_eq!(bench.gigya.account("ann").unwrap()["emails"], ann["emails"], "an absent group stays");
        let other = [
            ("UID", "bob"),
            ("identities", r#"[{"provider":"google","providerUID":"2"},{"provider":"x","providerUID":"9"}]"#),
        ];
        let answer = bench.call("accounts.importFullAccount", &other);
        assert_eq!(
            (&answer["errorCode"], &answer["identityConflicts"]),
            (&json!(0), &json!([{"provider": "google", "providerUID": "2"}]))
        );
        assert_eq!(bench.gigya.account("bob").unwrap()["socialProviders"], "x");
    }

    #[test]
    fn times_and_answers_are_taken_over() {
        let mut bench = Bench::new();
        let params = [
            ("UID", "ann"),
            ("profile", r#"{"email":"ann@example.org"}"#),
            ("created", "2020-01-02T03:04:05.678Z"),
            ("lastUpdated", "2021-01-02T03:04:05.678Z"),
            ("lastLogin", "2022-01-02T03:04:05.678Z"),
            ("secretQuestionAndAnswer", r#"{"secretQuestion":"Pet?","secretAnswer":"Rex"}"#),
        ];
        assert_eq!(bench.code("accounts.importFullAccount", &params), 0);
        let info = bench.call("accounts.getAccountInfo", &[("UID", "ann")]);
        assert_eq!(
            [&info["createdTimestamp"], &info["lastUpdatedTimestamp"], &info["lastLoginTimestamp"]],
            [&json!(1_577_934_245_000_i64), &json!(1_609_556_645_678_i64), &json!(1_641_092_645_000_i64)]
        );
        let params = [("loginID", "ann@example.org"), ("secretAnswer", "rex"), ("newPassword", "secret1")];
        assert_eq!(bench.client("accounts.resetPassword", &params)["UID"], "ann");
        assert!(bench.gigya.outbox().is_empty(), "an import sends nothing");
    }
}
