//! `accounts.getAccountInfo`.

use crate::account::{Account, custom_key, phone_key};
use crate::accounts::session::{uid_of, view, written};
use crate::call::{Call, Caller};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Refusal, Reply};
use crate::gigya::Gigya;
use crate::shown::Shape;
use crate::socialize::get_user_info::{user_info, wants_user_info};
use serde_json::Value;
use standin_model::Evidence;
use std::sync::Arc;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.getAccountInfo",
    summary: "Tells what is known about an account, at once.",
    evidence: Evidence::recorded("accounts.getAccountInfo REST; recorded answers", "included_sections_alone"),
    access: Access::Public,
    params: &["regToken", "include", "extraProfileFields", "includeCommunications"],
    server_params: &["UID", "findBy"],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let account = find(gigya, call)?;
    let default: &[&'static str] = match gigya.knobs.on("gigya.strict_default_include") {
        true => &["profile", "data"],
        false => &["profile", "data", "emails", "preferences", "subscriptions"],
    };
    let view = view(call, default)?;
    let mut out = written(gigya, call, &account, Shape::Info, view);
    if wants_user_info(call)? {
        let is_in = matches!(call.caller, Caller::Session { .. });
        out.insert("userInfo".into(), user_info(gigya, call, &account, is_in).into());
    }
    Ok(out)
}

fn find(gigya: &Gigya, call: &Call) -> Result<Arc<Account>, Refusal> {
    let api_key = &call.site.api_key;
    if let Some(token) = call.params.get("regToken") {
        let open = gigya.reg_token(call.now, api_key, token)?;
        if let Some(email) = open.email.filter(|_| open.lite) {
            let lite = gigya.people_at(api_key).and_then(|people| people.lite(&email));
            return lite.map(|lite| Arc::new(lite.as_account())).ok_or_else(|| Refusal::new(403_005));
        }
        return gigya.account_of(api_key, &open.uid.ok_or_else(|| Refusal::new(403_005))?);
    }
    match call.params.object("findBy")? {
        Some(selector) if call.is_server() => {
            let mut members = selector.iter();
            let (Some((name, Value::String(value))), None) = (members.next(), members.next()) else {
                return Err(Refusal::because(400_006, "findBy takes exactly one identifier"));
            };
            find_by(gigya, call, name, value)
        }
        _ => gigya.account_of(api_key, &uid_of(call)?),
    }
}

fn find_by(gigya: &Gigya, call: &Call, name: &str, value: &str) -> Result<Arc<Account>, Refusal> {
    let unknown = || Refusal::new(403_005);
    let people = gigya.people_at(&call.site.api_key).ok_or_else(unknown)?;
    let uid = match name {
        "_uid" => Some(value),
        "_email" | "_username" => people.owner(value),
        "_phoneNumber" => people.holder(&phone_key(value)),
        _ => people.holder(&custom_key(name, value)),
    };
    uid.and_then(|uid| people.get(uid)).cloned().ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::{Value, json};

    fn bench() -> Bench {
        Bench::seeded(&json!({"accounts": [{
            "UID": "ann", "username": "annie", "phoneNumber": "+32470112233",
            "profile": {"email": "ann@example.org", "firstName": "Ann", "phones": {"number": "1"}, "languages": "fr"},
            "data": {"club": {"tier": "gold"}}, "customIdentifiers": {"crm": "77"},
        }]}))
    }

    fn has(answer: &Value, names: &[&str]) -> Vec<bool> {
        names.iter().map(|name| answer.get(name).is_some()).collect()
    }

    #[test]
    fn included_sections_alone() {
        let mut bench = bench();
        let answer =
            bench.call("accounts.getAccountInfo", &[("UID", "ann"), ("include", "emails, nonsense")]);
        assert_eq!(
            has(&answer, &["emails", "profile", "data", "isVerified", "lastUpdatedTimestamp"]),
            [true, false, false, true, true]
        );
    }

    #[test]
    fn default_include() {
        for (strict, expected) in [("false", [true, true, true]), ("true", [true, true, false])] {
            let mut bench = bench();
            bench.knob("gigya.strict_default_include", strict);
            let answer = bench.call("accounts.getAccountInfo", &[("UID", "ann")]);
            assert_eq!(has(&answer, &["profile", "data", "emails"]), expected);
        }
    }

    #[test]
    fn extra_profile_fields_must_be_named() {
        let mut bench = bench();
        let plain = bench.call("accounts.getAccountInfo", &[("UID", "ann")]);
        assert_eq!(plain["profile"], json!({"email": "ann@example.org", "firstName": "Ann"}));
        let params = [("UID", "ann"), ("extraProfileFields", "phones, languages")];
        let more = bench.call("accounts.getAccountInfo", &params);
        assert_eq!(
            (&more["profile"]["phones"], &more["profile"]["languages"]),
            (&json!({"number": "1"}), &json!("fr"))
        );
    }

    #[test]
    fn phones_have_three_shapes() {
        for (shape, expected) in [
            ("stored", json!({"number": "1"})),
            ("array", json!([{"number": "1"}])),
            ("single", json!({"number": "1"})),
        ] {
            let mut bench = bench();
            bench.knob("gigya.phones_shape", shape);
            let answer =
                bench.call("accounts.getAccountInfo", &[("UID", "ann"), ("extraProfileFields", "phones")]);
            assert_eq!(answer["profile"]["phones"], expected, "{shape}");
            let found = bench.call("accounts.search", &[("query", "SELECT profile.phones FROM accounts")]);
            assert_eq!(found["results"][0]["profile"]["phones"], expected, "{shape}");
        }
    }

    #[test]
    fn selectors() {
        let mut bench = bench();
        for (selector, expected) in [
            (r#"{"_uid":"ann"}"#, 0),
            (r#"{"_email":"ANN@example.org"}"#, 0),
            (r#"{"_username":"annie"}"#, 0),
            (r#"{"_phoneNumber":"+32470112233"}"#, 0),
            (r#"{"crm":"77"}"#, 0),
            (r#"{"_UID":"ann"}"#, 403_005),
            (r#"{"_uid":"ann","crm":"77"}"#, 400_006),
            (r#"["ann"]"#, 400_006),
        ] {
            assert_eq!(
                bench.code("accounts.getAccountInfo", &[("findBy", selector)]),
                expected,
                "{selector}"
            );
        }
        assert_eq!(bench.code("accounts.getAccountInfo", &[("uid", "ann")]), 0);
        assert_eq!(bench.code("accounts.getAccountInfo", &[("UID", "Ann")]), 403_005);
        assert_eq!(bench.client("accounts.getAccountInfo", &[("UID", "ann")])["errorCode"], 403_005);
    }

    #[test]
    fn uid_signature_is_for_clients() {
        let mut bench = bench();
        assert_eq!(
            has(&bench.call("accounts.getAccountInfo", &[("UID", "ann")]), &["UIDSignature"]),
            [false]
        );
        bench.knob("gigya.uid_signature_on_s2s", "true");
        assert_eq!(has(&bench.call("accounts.getAccountInfo", &[("UID", "ann")]), &["UIDSignature"]), [true]);
    }
}
