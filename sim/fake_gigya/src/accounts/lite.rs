//! `accounts.getLiteToken`, `sendLiteInvite`, `deleteLiteAccount` and the progression to a full account.

use crate::account::Account;
use crate::accounts::link_accounts::fill;
use crate::accounts::write::put;
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::events::Event;
use crate::gigya::{Gigya, RegToken};
use crate::outbox::Message;
use crate::tickets::{Purpose, Ticket};
use serde_json::json;
use standin_model::Evidence;
use std::sync::Arc;
use std::time::Duration;

/// How long an invitation is good for. No page says.
const INVITE_LASTS: Duration = Duration::from_secs(14 * 24 * 3600);

pub(crate) const TOKEN: Endpoint = Endpoint {
    name: "accounts.getLiteToken",
    summary: "Gives a token with which a lite record is read and written, or becomes a full account.",
    evidence: Evidence::documented("accounts.getLiteToken REST", "a_lite_record_by_token"),
    access: Access::Private,
    params: &["email", "emailToken"],
    server_params: &[],
    run: token,
};

pub(crate) const INVITE: Endpoint = Endpoint {
    name: "accounts.sendLiteInvite",
    summary: "Invites a lite record's owner by e-mail.",
    evidence: Evidence::documented("accounts.sendLiteInvite REST", "a_lite_record_by_token"),
    access: Access::Private,
    params: &["email"],
    server_params: &[],
    run: invite,
};

pub(crate) const DELETE: Endpoint = Endpoint {
    name: "accounts.deleteLiteAccount",
    summary: "Deletes a lite record.",
    evidence: Evidence::documented("accounts.deleteLiteAccount REST", "a_lite_record_is_deleted"),
    access: Access::Private,
    params: &["emailAccountToken", "email"],
    server_params: &[],
    run: delete,
};

pub(crate) const GET_POLICY: Endpoint = Endpoint {
    name: "accounts.progression.getPolicy",
    summary: "Tells whether a registration takes over the lite record of its address.",
    evidence: Evidence::documented("Lite Registration", "lite_data_fills_what_is_missing"),
    access: Access::Private,
    params: &[],
    server_params: &[],
    run: get_policy,
};

pub(crate) const SET_POLICY: Endpoint = Endpoint {
    name: "accounts.progression.setPolicy",
    summary: "Says whether a registration takes over the lite record of its address.",
    evidence: Evidence::documented("Lite Registration", "lite_data_fills_what_is_missing"),
    access: Access::Private,
    params: &["policy"],
    server_params: &[],
    run: set_policy,
};

fn token(gigya: &mut Gigya, call: &Call) -> Reply {
    let email = match (call.params.get("email"), call.params.get("emailToken")) {
        (Some(email), None) => email.to_owned(),
        (None, Some(token)) => {
            let found = gigya.tickets.find(call.now, call.site.home(), &Purpose::LiteInvite, token);
            found.map(|it| it.to.clone()).ok_or_else(|| Refusal::new(403_025))?
        }
        (None, None) => return Err(Refusal::missing(call.method, "email")),
        _ => return Err(Refusal::because(400_006, "email and emailToken exclude each other")),
    };
    if !crate::email::is_valid(&email) {
        return Err(Refusal::because(400_006, "email is not a valid address"));
    }
    let seconds = call.params.number("sessionExpiration")?.unwrap_or(3600);
    let seconds = u64::try_from(seconds).ok().filter(|it| (1..=365 * 24 * 3600).contains(it));
    let seconds = seconds.ok_or_else(|| Refusal::because(400_006, "sessionExpiration is out of range"))?;
    let open =
        RegToken { home: call.site.home().to_owned(), email: Some(email), lite: true, ..RegToken::default() };
    let token = gigya.new_reg_token_for(call.now, Duration::from_secs(seconds), open);
    Ok(Object::from_iter([("token".into(), token.into())]))
}

fn invite(gigya: &mut Gigya, call: &Call) -> Reply {
    let email = call.need("email")?;
    if gigya.people_of(&call.site.api_key).lite(email).is_none() {
        return Err(Refusal::new(403_047));
    }
    let token = format!("LI1_{}", gigya.ids.token(48));
    let ticket = Ticket {
        home: call.site.home().to_owned(),
        purpose: Purpose::LiteInvite,
        uid: String::new(),
        to: email.to_owned(),
        code: None,
    };
    let link = format!("https://{}/?emailToken={token}", call.site.base_domain);
    let mail = Message::email("liteInvite", email, call.params.get("lang").unwrap_or("en"));
    gigya.tickets.issue(call.now.plus(INVITE_LASTS), token.clone(), ticket);
    gigya.outbox.send(call.now, &call.site.api_key, mail.with_link(link).with_code(&token));
    Ok(Object::new())
}

fn delete(gigya: &mut Gigya, call: &Call) -> Reply {
    let email = match call.params.get("emailAccountToken") {
        Some(token) => {
            let open = gigya.reg_token(call.now, &call.site.api_key, token)?;
            open.email.ok_or_else(|| Refusal::new(403_025))?
        }
        None => call.need("email")?.to_owned(),
    };
    let due = gigya.visible_at(call.now);
    let gone = gigya.people_of(&call.site.api_key).remove_lite(&email, due);
    let gone = gone.ok_or_else(|| Refusal::new(403_005))?;
    gigya.happened(call, &gone.uid, Event::Deleted);
    Ok(Object::new())
}

fn get_policy(_: &mut Gigya, call: &Call) -> Reply {
    let policy = call.site.policy_text("progression", &["policy"]).unwrap_or("none");
    Ok(Object::from_iter([("policy".into(), policy.into())]))
}

fn set_policy(gigya: &mut Gigya, call: &Call) -> Reply {
    let policy = call.need("policy")?.to_ascii_lowercase();
    if !["none", "auto"].contains(&policy.as_str()) {
        return Err(Refusal::because(400_006, "policy must be none or auto"));
    }
    if let Some(site) = gigya.sites.get_mut(call.site.home()) {
        Arc::make_mut(site).policies.insert("progression".into(), json!({"policy": policy}));
    }
    Ok(Object::new())
}

/// Where the policy says so, a finished registration takes over the lite record of its address: it fills what
/// the account lacks, and is gone.
pub(crate) fn progress(gigya: &mut Gigya, call: &Call, account: &mut Account) {
    let auto = call.site.policy_text("progression", &["policy"]) == Some("auto");
    let Some(email) = account.email().map(str::to_owned).filter(|_| auto) else { return };
    let due = gigya.visible_at(call.now);
    let Some(lite) = gigya.people_of(&call.site.api_key).remove_lite(&email, due) else { return };
    fill(&mut account.profile, &lite.profile);
    fill(&mut account.data, &lite.data);
    fill(&mut account.preferences, &lite.preferences);
    fill(&mut account.subscriptions, &lite.subscriptions);
    put(gigya, call, account.clone());
    gigya.happened(call, &account.uid, Event::Progressed);
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::{Value, json};

    fn bench() -> Bench {
        let mut bench = Bench::new();
        let params = [
            ("email", "ann@example.org"),
            ("profile", r#"{"firstName":"Anne","city":"Diest"}"#),
            ("data", r#"{"source":"stand","size":"38"}"#),
        ];
        assert_eq!(bench.code("accounts.importLiteAccount", &params), 0);
        bench
    }

    #[test]
    fn a_lite_record_by_token() {
        let mut bench = bench();
        assert_eq!(bench.code("accounts.sendLiteInvite", &[("email", "ann@example.org")]), 0);
        assert_eq!(bench.code("accounts.sendLiteInvite", &[("email", "bob@example.org")]), 403_047);
        let invitation = bench.gigya.outbox()[0]["code"].as_str().unwrap().to_owned();
        for (params, expected) in [
            (vec![], 400_002),
            (vec![("email", "ann@example.org"), ("emailToken", invitation.as_str())], 400_006),
            (vec![("emailToken", "LI1_x")], 403_025),
        ] {
            assert_eq!(bench.code("accounts.getLiteToken", &params), expected);
        }
        let answer = bench.call("accounts.getLiteToken", &[("emailToken", &invitation)]);
        let token = answer["token"].as_str().unwrap().to_owned();
        let read = |bench: &mut Bench| bench.client("accounts.getAccountInfo", &[("regToken", &token)]);
        let shown = read(&mut bench);
        assert_eq!((&shown["profile"]["city"], &shown["data"]["source"]), (&json!("Diest"), &json!("stand")));
        let params = [("regToken", token.as_str()), ("profile", r#"{"firstName":"Ann"}"#)];
        let answer = bench.client("accounts.setAccountInfo", &params);
        assert_eq!((&answer["errorCode"], &answer["UID"]), (&json!(0), &shown["UID"]));
        assert_eq!(read(&mut bench)["profile"]["firstName"], "Ann");
        bench.wait(3_600_000);
        assert_eq!(read(&mut bench)["errorCode"], 403_025);
    }

    #[test]
    fn a_lite_record_is_deleted() {
        let mut bench = bench();
        bench.wait(1000);
        let query = "SELECT email FROM emailAccounts";
        assert_eq!(bench.total(query), 1);
        assert_eq!(bench.code("accounts.deleteLiteAccount", &[("email", "ann@example.org")]), 0);
        assert_eq!(bench.code("accounts.deleteLiteAccount", &[("email", "ann@example.org")]), 403_005);
        assert_eq!(bench.total(query), 1, "search lags");
        bench.wait(1000);
        assert_eq!(bench.total(query), 0);
    }

    fn register(bench: &mut Bench) -> Value {
        let params = [
            ("email", "ANN@example.org"),
            ("password", "secret1"),
            ("profile", r#"{"firstName":"Ann"}"#),
            ("finalizeRegistration", "true"),
            ("include", "profile,data"),
        ];
        bench.call("accounts.register", &params)
    }

    #[test]
    fn lite_data_fills_what_is_missing() {
        let mut bench = bench();
        assert_eq!(bench.call("accounts.progression.getPolicy", &[])["policy"], "none");
        assert_eq!(bench.code("accounts.progression.setPolicy", &[("policy", "some")]), 400_006);
        assert_eq!(bench.code("accounts.progression.setPolicy", &[("policy", "auto")]), 0);
        assert_eq!(bench.call("accounts.progression.getPolicy", &[])["policy"], "auto");
        let answer = register(&mut bench);
        assert_eq!(
            answer["profile"],
            json!({"email": "ANN@example.org", "firstName": "Ann", "city": "Diest"}),
            "what the person gave wins"
        );
        assert_eq!(answer["data"], json!({"source": "stand", "size": "38"}));
        assert_eq!(bench.code("accounts.deleteLiteAccount", &[("email", "ann@example.org")]), 403_005);
    }

    #[test]
    fn without_progression_both_stay() {
        let mut bench = bench();
        let answer = register(&mut bench);
        assert_eq!((answer["profile"].get("city"), &answer["data"]), (None, &json!({})));
        assert_eq!(bench.code("accounts.deleteLiteAccount", &[("email", "ann@example.org")]), 0);
    }
}
