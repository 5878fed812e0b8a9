//! `accounts.linkAccounts`, and how two accounts of one person become one.

use crate::account::Account;
use crate::accounts::gate::{enter, may_log_in};
use crate::accounts::login::{SHOWN, by_password};
use crate::accounts::session::pending;
use crate::accounts::write::store;
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::events::Event;
use crate::gigya::{Gigya, RegToken};
use crate::packed::Packed;
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.linkAccounts",
    summary: "Joins a social account with the site account whose password is given.",
    evidence: Evidence::documented("accounts.linkAccounts REST; Linking Accounts", "accounts_are_linked"),
    access: Access::Public,
    params: &[
        "regToken",
        "loginID",
        "password",
        "include",
        "extraProfileFields",
        "includeCommunications",
        "sessionExpiration",
    ],
    server_params: &["UID"],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let uid = match call.params.get("regToken") {
        Some(token) => {
            let open = gigya.reg_token(call.now, &call.site.api_key, token)?;
            open.uid.ok_or_else(|| Refusal::new(403_005))?
        }
        None => crate::accounts::session::uid_of(call)?,
    };
    let account = by_password(gigya, call)?;
    let joined = merge(gigya, call, &uid, &account)?;
    if let Some(token) = call.params.get("regToken") {
        gigya.reg_tokens.remove(token);
    }
    may_log_in(gigya, call, &joined, RegToken::of(call, &joined.uid))?;
    enter(gigya, call, joined, None, SHOWN)
}

/// The end of `loginMode=link`: what waits behind `token` becomes part of `account`. The answer is 200009 with
/// a token that finalizeRegistration takes.
pub(crate) fn link(gigya: &mut Gigya, call: &Call, token: &str, open: RegToken, account: &Account) -> Reply {
    let waiting = open.uid.clone().ok_or_else(|| Refusal::new(403_005))?;
    if open.conflict.as_deref() != Some(account.uid.as_str()) {
        return Err(Refusal::because(400_006, "the login identifier is not the one in conflict"));
    }
    let joined = merge(gigya, call, &waiting, account)?;
    gigya.reg_tokens.remove(token);
    Err(pending(gigya, call, RegToken::of(call, &joined.uid), 200_009, "Accounts linked"))
}

/// Takes what the account `from` has and `into` lacks, and removes `from`. A site account is linked with a
/// social one, never with another site account.
pub(crate) fn merge(gigya: &mut Gigya, call: &Call, from: &str, into: &Account) -> Result<Account, Refusal> {
    let other = gigya.account_of(&call.site.api_key, from)?;
    if other.uid == into.uid {
        return Ok(into.clone());
    }
    let both_site = other.password.is_some() && into.password.is_some();
    if both_site || (other.identities().is_empty() && into.identities().is_empty()) {
        return Err(Refusal::because(400_030, "only a social account and a site account can be linked"));
    }
    let due = gigya.visible_at(call.now);
    gigya.people_of(&call.site.api_key).remove(from, due);
    gigya.end_sessions(&call.site.api_key, from, None);
    let mut account = into.clone();
    fill(&mut account.profile, &other.profile);
    fill(&mut account.data, &other.data);
    account.password = account.password.take().or_else(|| other.password.clone());
    for identity in other.identities() {
        account.rare_mut().identities.push(identity.clone());
    }
    for email in &other.verified_emails {
        account.add_email(email, true);
    }
    for email in &other.login_emails {
        account.add_login_email(email);
    }
    store(gigya, call, account, Some(into));
    gigya.happened(call, from, Event::Merged);
    gigya.account_of(&call.site.api_key, &into.uid).map(|account| Account::clone(&account))
}

/// Adds the members that are missing; what is there wins.
pub(crate) fn fill(into: &mut Packed, from: &Packed) {
    into.edit(|into| fill_object(into, &from.object()));
}

fn fill_object(into: &mut Object, from: &Object) {
    for (name, value) in from {
        match (into.get_mut(name), value) {
            (None, value) => _ = into.insert(name.clone(), value.clone()),
            (Some(serde_json::Value::Object(have)), serde_json::Value::Object(more)) => {
                fill_object(have, more)
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::{Value, json};

    const SESSION: &str = r#"{"facebook":{"authToken":"fb-1"}}"#;

    fn bench() -> Bench {
        Bench::seeded(&json!({
            "accounts": [{"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org", "city": "Diest"}}],
            "social_users": [
                {"provider": "facebook", "authToken": "fb-1", "providerUID": "900",
                 "profile": {"email": "ann@example.org", "firstName": "Ann", "city": "Gent"}},
                {"provider": "facebook", "authToken": "fb-2", "providerUID": "901",
                 "profile": {"email": "bob@example.org"}},
            ],
        }))
    }

    fn conflict(bench: &mut Bench) -> Value {
        let answer = bench.client("accounts.notifySocialLogin", &[("providerSessions", SESSION)]);
        assert_eq!(answer["errorCode"], 403_043, "{answer}");
        answer
    }

    #[test]
    fn accounts_are_linked() {
        let mut bench = bench();
        let answer = conflict(&mut bench);
        let token = answer["regToken"].as_str().unwrap().to_owned();
        let found = bench.client("accounts.getConflictingAccount", &[("regToken", &token)]);
        assert_eq!(
            found["conflictingAccount"],
            json!({"loginProviders": ["site"], "loginID": "ann@example.org"})
        );
        let login = [("loginMode", "link"), ("regToken", token.as_str()), ("loginID", "ann@example.org")];
        let wrong = bench.client("accounts.login", &[&login[..], &[("password", "nope")]].concat());
        assert_eq!(wrong["errorCode"], 403_042);
        let linked = bench.client("accounts.login", &[&login[..], &[("password", "secret1")]].concat());
        assert_eq!((&linked["errorCode"], &linked["statusCode"]), (&json!(200_009), &json!(200)));
        assert!(linked.get("sessionInfo").is_none());
        let token = linked["regToken"].as_str().unwrap().to_owned();
        let params = [("regToken", token.as_str()), ("allowAccountsLinking", "true")];
        let answer = bench.client("accounts.finalizeRegistration", &params);
        assert_eq!((&answer["errorCode"], &answer["UID"]), (&json!(0), &json!("ann")));
        assert_eq!(answer["socialProviders"], "facebook,site");
        assert_eq!(answer["profile"]["city"], "Diest", "what the site account has wins");
        assert_eq!(answer["profile"]["firstName"], "Ann");
        assert_eq!(bench.gigya.accounts().len(), 1, "the other account is gone");
        let answer = bench.client("accounts.notifySocialLogin", &[("providerSessions", SESSION)]);
        assert_eq!((&answer["UID"], &answer["loginProvider"]), (&json!("ann"), &json!("facebook")));
    }

    #[test]
    fn a_server_links_by_password() {
        let mut bench = bench();
        let uid = conflict(&mut bench)["UID"].as_str().unwrap().to_owned();
        let params = [("UID", uid.as_str()), ("loginID", "ann@example.org"), ("password", "secret1")];
        let answer = bench.call("accounts.linkAccounts", &params);
        assert_eq!((&answer["errorCode"], &answer["UID"]), (&json!(0), &json!("ann")));
        assert!(answer["sessionInfo"]["cookieValue"].is_string());
        assert_eq!(bench.code("accounts.linkAccounts", &params), 403_005, "it is gone");
    }

    #[test]
    fn two_site_accounts_are_never_linked() {
        let mut bench = bench();
        bench.gigya.seed(bench.now, &json!({"accounts": [{"UID": "b", "password": "secret2"}]})).unwrap();
        let params = [("UID", "b"), ("loginID", "ann@example.org"), ("password", "secret1")];
        assert_eq!(bench.code("accounts.linkAccounts", &params), 400_030);
        assert_eq!(bench.gigya.accounts().len(), 2);
    }
}
