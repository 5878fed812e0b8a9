//! `socialize.setUID`.

use crate::account::Account;
use crate::accounts::register::check_uid;
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::events::Event;
use crate::gigya::Gigya;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "socialize.setUID",
    summary: "Lets an account go on under a UID that the site chose; its sessions end.",
    evidence: Evidence::inferred(
        "the Node client's description; the code for a UID that exists",
        "an_account_goes_on_under_another_uid",
    ),
    access: Access::Private,
    params: &["UID", "siteUID"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let (uid, new) = (call.need("UID")?, call.need("siteUID")?);
    check_uid(new)?;
    let before = gigya.account_of(&call.site.api_key, uid)?;
    let out = Object::from_iter([("UID".into(), new.into())]);
    if uid == new {
        return Ok(out);
    }
    if gigya.account_of(&call.site.api_key, new).is_ok() {
        return Err(Refusal::because(409_001, "the UID belongs to another account"));
    }
    let mut account = Account::clone(&before);
    new.clone_into(&mut account.uid);
    account.last_updated = call.now;
    let due = gigya.visible_at(call.now);
    let people = gigya.people_of(&call.site.api_key);
    people.remove(uid, due);
    people.put(account, due);
    gigya.end_sessions(&call.site.api_key, uid, None);
    gigya.happened(call, uid, Event::Deleted);
    gigya.happened(call, new, Event::Created);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn an_account_goes_on_under_another_uid() {
        let mut bench = Bench::seeded(&json!({"accounts": [
            {"UID": "a1", "password": "secret1", "profile": {"email": "ann@example.org"}, "data": {"club": {"tier": "gold"}}},
            {"UID": "bob"},
        ]}));
        let subscribed = r#"{"news":{"email":{"isSubscribed":true}}}"#;
        assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "a1"), ("subscriptions", subscribed)]), 0);
        let token = bench.session("a1");
        for (uid, new, expected) in [
            ("a1", "bob", 409_001),
            ("a1", "café", 400_006),
            ("nobody", "crm-1", 403_005),
            ("a1", "a1", 0),
            ("a1", "crm-1", 0),
            ("a1", "crm-2", 403_005),
        ] {
            let code = bench.code("socialize.setUID", &[("UID", uid), ("siteUID", new)]);
            assert_eq!(code, expected, "{uid} to {new}");
        }
        let include = ("include", "data,subscriptions");
        let info = bench.call("accounts.getAccountInfo", &[("UID", "crm-1"), include]);
        assert_eq!(info["data"], json!({"club": {"tier": "gold"}}));
        assert_eq!(info["subscriptions"]["news"]["email"]["isSubscribed"], true);
        assert_eq!(bench.client("accounts.session.verify", &[("login_token", &token)])["errorCode"], 403_005);
        let login = [("loginID", "ann@example.org"), ("password", "secret1")];
        assert_eq!(bench.client("accounts.login", &login)["UID"], "crm-1");
        bench.wait(1_000);
        assert_eq!(bench.total("SELECT * FROM accounts WHERE UID = 'crm-1'"), 1);
        assert_eq!(bench.total("SELECT * FROM accounts WHERE UID = 'a1'"), 0);
    }
}
