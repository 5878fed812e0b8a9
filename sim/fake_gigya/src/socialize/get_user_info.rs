//! `socialize.getUserInfo`.

use crate::account::Account;
use crate::accounts::session::{sign, uid_of};
use crate::call::{Call, Caller};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::query::document::Node;
use crate::shown::{ProfileView, Shape, View};
use serde_json::{Value, json};
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "socialize.getUserInfo",
    summary: "Tells who a person is, as the older social login told it.",
    evidence: Evidence::inferred(
        "the user object of the older social login; the members that clients read",
        "a_person_in_the_older_shape",
    ),
    access: Access::Public,
    params: &["includeAllIdentities"],
    server_params: &["UID"],
    run,
};

/// What the older shape tells of the profile, beside the names of the account itself.
const TOLD: &[&str] = &[
    "nickname",
    "photoURL",
    "thumbnailURL",
    "firstName",
    "lastName",
    "gender",
    "age",
    "birthDay",
    "birthMonth",
    "birthYear",
    "email",
    "country",
    "state",
    "city",
    "zip",
    "profileURL",
];

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let account = gigya.account_of(&call.site.api_key, &uid_of(call)?)?;
    let is_in = matches!(call.caller, Caller::Session { .. });
    let mut out = user_info(gigya, call, &account, is_in);
    if !call.params.flag("includeAllIdentities")?.unwrap_or(false) {
        let login = out["loginProvider"].clone();
        if let Some(identities) = out.get_mut("identities").and_then(Value::as_array_mut) {
            identities.retain(|it| it["provider"] == login);
        }
    }
    Ok(out)
}

/// Whether an answer is to have the account in the older shape, too: a page with handlers of the older events
/// wants it.
pub(crate) fn wants_user_info(call: &Call) -> Result<bool, Refusal> {
    let named = |list: Vec<String>| list.iter().any(|name| name.eq_ignore_ascii_case("userInfo"));
    Ok(call.params.flag("includeUserInfo")?.unwrap_or(false)
        || call.params.words("include").is_some_and(named))
}

/// An account in the older shape, with all its identities.
pub(crate) fn user_info(gigya: &Gigya, call: &Call, account: &Account, is_logged_in: bool) -> Object {
    let mut out = Object::new();
    out.insert("UID".into(), account.uid.as_str().into());
    sign(gigya, call, &account.uid, &mut out);
    let providers = account.identities().iter().map(|it| it.provider.clone()).collect::<Vec<_>>();
    let whole = account.show(Shape::Login, &View::of(&["identities-all"]), gigya.phones_shape(), call.now);
    let login = whole.get("loginProvider").cloned().unwrap_or_default();
    let identities = whole.get("identities").and_then(Value::as_array).cloned().unwrap_or_default();
    let used = identities.iter().find(|it| it["provider"] == login);
    let login_uid = used.map(|it| it["providerUID"].clone());
    out.insert("isSiteUID".into(), (!is_generated(&account.uid)).into());
    out.insert("isSiteUser".into(), account.is_registered.into());
    out.insert("isConnected".into(), (!providers.is_empty()).into());
    out.insert("isLoggedIn".into(), is_logged_in.into());
    out.insert("isTempUser".into(), false.into());
    out.insert("loginProvider".into(), login);
    if let Some(uid) = login_uid {
        out.insert("loginProviderUID".into(), uid);
    }
    out.insert("providers".into(), providers.join(",").into());
    out.insert("identities".into(), json!(identities));
    let whole = Node::Profile(ProfileView::whole(account, call.now)).value();
    let told = whole.as_object().into_iter().flatten().filter(|(name, _)| TOLD.contains(&name.as_str()));
    out.extend(told.map(|(name, value)| (name.clone(), value.clone())));
    out
}

/// Whether the platform made the UID.
fn is_generated(uid: &str) -> bool {
    let hex = uid.len() == 32 && uid.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    hex || uid.starts_with("_guid_") || uid.starts_with("_gid_")
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn other_answers_may_have_the_older_shape_beside_theirs() {
        let mut bench = Bench::seeded(&json!({"accounts": [
            {"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org"}}]}));
        let login = [("loginID", "ann@example.org"), ("password", "secret1"), ("includeUserInfo", "true")];
        let answer = bench.client("accounts.login", &login);
        assert_eq!(
            (&answer["userInfo"]["UID"], &answer["userInfo"]["isLoggedIn"]),
            (&json!("ann"), &json!(true))
        );
        let token = answer["sessionInfo"]["cookieValue"].as_str().unwrap().to_owned();
        for (params, expected) in [
            (vec![("include", "profile,data,userinfo")], true),
            (vec![("includeUserInfo", "true")], true),
            (vec![("includeUserInfo", "false")], false),
            (vec![], false),
        ] {
            let params = [&params[..], &[("login_token", token.as_str())]].concat();
            let answer = bench.client("accounts.getAccountInfo", &params);
            assert_eq!(answer.get("userInfo").is_some(), expected, "{params:?}");
            assert!(answer.get("ignoredParams").is_none());
        }
    }

    #[test]
    fn a_person_in_the_older_shape() {
        let mut bench = Bench::seeded(&json!({
            "social_users": [{"provider": "facebook", "authToken": "fb-1", "providerUID": "900",
                "profile": {"email": "ann@example.org", "firstName": "Ann"}}],
            "accounts": [{"UID": "crm-1", "profile": {"email": "bob@example.org", "languages": "fr"}}],
        }));
        let sessions = [("providerSessions", r#"{"facebook":{"authToken":"fb-1"}}"#)];
        let login = bench.client("accounts.notifySocialLogin", &sessions);
        let token = login["sessionInfo"]["cookieValue"].as_str().unwrap().to_owned();
        let ann = bench.client("socialize.getUserInfo", &[("login_token", &token)]);
        assert_eq!(ann["UID"], login["UID"]);
        assert!(ann["UIDSignature"].is_string(), "{ann}");
        for (name, expected) in [
            ("isSiteUID", json!(false)),
            ("isSiteUser", json!(true)),
            ("isConnected", json!(true)),
            ("isLoggedIn", json!(true)),
            ("loginProvider", json!("facebook")),
            ("loginProviderUID", json!("900")),
            ("providers", json!("facebook")),
            ("firstName", json!("Ann")),
            ("email", json!("ann@example.org")),
        ] {
            assert_eq!(ann[name], expected, "{name}");
        }
        assert_eq!(ann["identities"][0]["providerUID"], "900");
        let bob = bench.call("getUserInfo", &[("UID", "crm-1"), ("includeAllIdentities", "true")]);
        assert_eq!(
            (&bob["isSiteUID"], &bob["isConnected"], &bob["isLoggedIn"], &bob["providers"]),
            (&json!(true), &json!(false), &json!(false), &json!(""))
        );
        assert_eq!((bob.get("languages"), bob.get("UIDSignature")), (None, None));
        assert_eq!(bench.code("socialize.getUserInfo", &[("UID", "nobody")]), 403_005);
        assert_eq!(bench.client("socialize.getUserInfo", &[])["errorCode"], 403_005);
    }
}
