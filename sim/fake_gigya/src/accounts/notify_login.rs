//! `accounts.notifyLogin`.

use crate::account::Account;
use crate::accounts::exchange_uid_signature::check_age;
use crate::accounts::gate::{enter, may_log_in};
use crate::accounts::register::check_uid;
use crate::accounts::social::{arrive, provider_user};
use crate::accounts::write::{follow_email, keep_fields, sections, store};
use crate::call::Call;
use crate::consent::Source;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Refusal, Reply};
use crate::events::Event;
use crate::gigya::{Gigya, RegToken};
use crate::merge::Writer;
use crate::signature::uid_signature_is_right;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.notifyLogin",
    summary: "Tells that a person logged in at the site itself; makes the account if it is new.",
    evidence: Evidence::documented("accounts.notifyLogin REST", "site_logs_a_person_in"),
    access: Access::Public,
    params: &[
        "siteUID",
        "authCode",
        "UIDSig",
        "UIDTimestamp",
        "sessionExpiration",
        "include",
        "extraProfileFields",
        "includeCommunications",
    ],
    server_params: &["providerSessions", "skipValidation", "profile", "data"],
    run,
};

/// The older name.
pub(crate) const SOCIALIZE: Endpoint = Endpoint {
    name: "socialize.notifyLogin",
    evidence: Evidence::documented("socialize.notifyLogin REST", "older_names_do_the_same"),
    ..ENDPOINT
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    if let Some(code) = call.params.get("authCode") {
        return gigya.exchange(call, code);
    }
    if call.params.get("siteUID").is_none() && call.params.get("providerSessions").is_some() {
        let user = provider_user(gigya, call)?;
        return arrive(gigya, call, &user);
    }
    let uid = call.need("siteUID")?;
    check_uid(uid)?;
    if !call.is_server() {
        check_signature(gigya, call, uid)?;
    }
    let known = gigya.account_of(&call.site.api_key, uid).ok();
    let mut account = known.as_deref().cloned().unwrap_or_else(|| Account::new(uid.to_owned(), call.now));
    let email = account.email().map(str::to_owned);
    let mut written = sections(gigya, call, &mut account, Writer::Server, Source::Call)?;
    written.problems.extend(follow_email(gigya, call, &mut account, email.as_deref()));
    if !written.problems.is_empty() {
        return Err(Refusal::invalid(written.problems));
    }
    keep_fields(gigya, call, written.new_fields);
    match &known {
        None => {
            account.is_registered = true;
            account.registered = Some(call.now);
            store(gigya, call, account.clone(), None);
            gigya.happened(call, &account.uid, Event::Registered);
        }
        Some(before) => {
            if !call.params.flag("skipValidation")?.unwrap_or(false) {
                may_log_in(gigya, call, before, RegToken::of(call, &before.uid))?;
            }
            store(gigya, call, account.clone(), Some(before));
        }
    }
    let account = gigya.account_of(&call.site.api_key, &account.uid)?;
    let mut out = enter(gigya, call, Account::clone(&account), None, &["profile", "data"])?;
    out.insert("newUser".into(), known.is_none().into());
    Ok(out)
}

/// A browser may tell of a login that its site signed.
fn check_signature(gigya: &Gigya, call: &Call, uid: &str) -> Result<(), Refusal> {
    let Some(signature) = call.params.get("UIDSig") else { return Err(Refusal::new(403_007)) };
    let stamp = call.need("UIDTimestamp")?;
    if !uid_signature_is_right(&call.site.partner_secret, uid, stamp, signature) {
        return Err(Refusal::because(403_003, "Invalid UIDSig"));
    }
    check_age(call, stamp, gigya.knobs.span("gigya.uid_signature_lasts"))
}

#[cfg(test)]
mod tests {
    use crate::DEFAULT_PARTNER_SECRET;
    use crate::signature::uid_signature;
    use crate::testing::*;
    use serde_json::json;
    use standin_model::Instant;
    use standin_ports::Secret;

    #[test]
    fn site_logs_a_person_in() {
        let mut bench = Bench::new();
        let params = [("siteUID", "crm-1"), ("profile", r#"{"email":"ann@example.org"}"#)];
        let answer = bench.call("accounts.notifyLogin", &params);
        assert_eq!((&answer["newUser"], &answer["isRegistered"]), (&json!(true), &json!(true)));
        let answer = bench.call("accounts.notifyLogin", &[("siteUID", "crm-1"), ("targetEnv", "mobile")]);
        assert_eq!((&answer["newUser"], &answer["sessionInfo"]["expires_in"]), (&json!(false), &json!("0")));
        assert_eq!(bench.code("accounts.notifyLogin", &[("siteUID", "café")]), 400_006);
    }

    #[test]
    fn older_names_do_the_same() {
        let mut bench = Bench::new();
        let answer = bench.call("socialize.notifyLogin", &[("siteUID", "crm-1")]);
        assert_eq!((&answer["newUser"], &answer["UID"]), (&json!(true), &json!("crm-1")));
        let token = answer["sessionInfo"]["cookieValue"].as_str().unwrap().to_owned();
        assert_eq!(bench.client("socialize.logout", &[("login_token", &token)])["UID"], "crm-1");
        assert_eq!(bench.client("accounts.session.verify", &[("login_token", &token)])["errorCode"], 403_005);
        assert_eq!(bench.code("socialize.deleteAccount", &[("UID", "crm-1")]), 0);
        assert_eq!(bench.code("socialize.deleteAccount", &[("UID", "crm-1")]), 403_005);
    }

    #[test]
    fn uid_signature_of_a_browser() {
        let secret = Secret::new(DEFAULT_PARTNER_SECRET);
        for (age, expected) in [(180_i64, 0), (181, 400_128), (-180, 0), (-181, 400_128)] {
            let mut bench = Bench::new();
            let made = bench.now.seconds() - age;
            let signature = uid_signature(&secret, "ann", Instant::from_seconds(made));
            let stamp = made.to_string();
            let params =
                [("siteUID", "ann"), ("UIDSig", signature.as_str()), ("UIDTimestamp", stamp.as_str())];
            let answer = bench.client("accounts.notifyLogin", &params);
            assert_eq!(answer["errorCode"], expected, "{age}");
            assert_eq!(bench.gigya.account("ann").is_some(), expected == 0);
            let forged =
                [("siteUID", "bob"), ("UIDSig", signature.as_str()), ("UIDTimestamp", stamp.as_str())];
            assert_eq!(bench.client("accounts.notifyLogin", &forged)["errorCode"], 403_003);
        }
        let mut bench = Bench::new();
        assert_eq!(bench.client("accounts.notifyLogin", &[("siteUID", "ann")])["errorCode"], 403_007);
    }
}
