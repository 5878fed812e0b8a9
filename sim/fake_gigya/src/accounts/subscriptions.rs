//! `accounts.confirmSubscription`, `accounts.resendDOIConfirmationEmail` and `accounts.unsubscribe`: what is
//! done to the subscriptions of an address.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::params::brief;
use crate::subscriptions::{entry, is_subscribed, opt_in_status, put_entry};
use serde_json::{Value, json};
use standin_model::Evidence;

/// Where the link in the mail leads.
pub(crate) const CONFIRM: Endpoint = Endpoint {
    name: "accounts.confirmSubscription",
    summary: "Confirms a subscription by the link of the mail that asked for it.",
    evidence: Evidence::decided("no page names the address behind the link in the mail", "double_opt_in"),
    access: Access::Public,
    params: &["token"],
    server_params: &[],
    run: confirm,
};

/// The mail once more.
pub(crate) const RESEND: Endpoint = Endpoint {
    name: "accounts.resendDOIConfirmationEmail",
    summary: "Sends the mail that asks for a confirmation once more.",
    evidence: Evidence::documented("accounts.resendDOIConfirmationEmail REST", "double_opt_in"),
    params: &["email", "subscriptionId"],
    run: resend,
    ..CONFIRM
};

/// The end of a subscription.
pub(crate) const UNSUBSCRIBE: Endpoint = Endpoint {
    name: "accounts.unsubscribe",
    summary: "Ends a subscription of an address, named by itself or by its token.",
    evidence: Evidence::documented("accounts.unsubscribe REST", "unsubscribing_acts_on_the_address"),
    params: &["subscriptionID", "channelToken", "tags"],
    server_params: &["email"],
    run: unsubscribe,
    ..CONFIRM
};

fn confirm(gigya: &mut Gigya, call: &Call) -> Reply {
    let token = call.need("token")?;
    let found = gigya.confirmations.get(call.now, &call.site.api_key, token).cloned();
    let found = found.ok_or_else(|| Refusal::because(403_025, "the link is not known or has expired"))?;
    let (mut all, mut state) = subscription(gigya, call, &found.email, &found.subscription)?;
    if is_subscribed(&state) && opt_in_status(&state) == Some("Pending") {
        let sent = state["doubleOptIn"]["emailSentTime"].clone();
        let confirmed =
            json!({"status": "Confirmed", "emailSentTime": sent, "confirmTime": call.now.to_string()});
        state.insert("doubleOptIn".into(), confirmed);
        put_entry(&mut all, &found.subscription, state);
        gigya.put_subscriptions(call.now, call.site.home(), &found.email, &all);
    }
    let next = call.site.policy("doubleOptIn", &["nextURL"]).cloned().unwrap_or_default();
    Ok(Object::from_iter([("subscriptionId".into(), found.subscription.into()), ("nextURL".into(), next)]))
}

fn resend(gigya: &mut Gigya, call: &Call) -> Reply {
    let (email, id) = (crate::email::folded(call.need("email")?), call.need("subscriptionId")?);
    let (mut all, mut state) = subscription(gigya, call, &email, id)?;
    if !is_subscribed(&state) || opt_in_status(&state) != Some("Pending") {
        return Err(Refusal::because(400_030, format!("subscription {id} does not wait for a confirmation")));
    }
    state["doubleOptIn"]["emailSentTime"] = call.now.to_string().into();
    put_entry(&mut all, id, state);
    gigya.put_subscriptions(call.now, call.site.home(), &email, &all);
    gigya.ask_for_confirmation(call, &email, None, id, None);
    Ok(Object::new())
}

fn unsubscribe(gigya: &mut Gigya, call: &Call) -> Reply {
    let id = call.need("subscriptionID")?;
    let email = match (call.params.get("email"), call.params.get("channelToken")) {
        (Some(email), None) => crate::email::folded(email),
        (None, Some(token)) => crate::addresses::email_of(&call.site, token)
            .ok_or_else(|| Refusal::because(403_025, "Invalid channelToken"))?,
        (Some(_), Some(_)) => {
            return Err(Refusal::because(400_006, "email and channelToken exclude each other"));
        }
        (None, None) => return Err(Refusal::missing(call.method, "email")),
    };
    let (mut all, mut state) = subscription(gigya, call, &email, id)?;
    let tags = match call.params.get("tags") {
        Some(text) if text.trim_start().starts_with('[') => call.params.json("tags")?,
        Some(_) => call.params.words("tags").map(|tags| json!(tags)),
        None => None,
    };
    if let Some(tags) = tags {
        state.insert("tags".into(), tags);
    }
    if is_subscribed(&state) {
        state.insert("isSubscribed".into(), Value::Bool(false));
        state.insert("lastUpdatedSubscriptionState".into(), call.now.to_string().into());
        state.insert("doubleOptIn".into(), json!({"status": "NotConfirmed"}));
    }
    put_entry(&mut all, id, state);
    gigya.put_subscriptions(call.now, call.site.home(), &email, &all);
    Ok(Object::new())
}

/// All subscriptions of an address, and one of them.
fn subscription(gigya: &Gigya, call: &Call, email: &str, id: &str) -> Result<(Object, Object), Refusal> {
    let all = gigya.subscriptions_of(call.site.home(), email, None);
    let all = all.ok_or_else(|| Refusal::because(403_005, "there is no record of this address"))?;
    let state = entry(&all, id).cloned();
    let state = state
        .ok_or_else(|| Refusal::because(400_006, format!("the address has no subscription {}", brief(id))))?;
    Ok((all, state))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::{Value, json};

    fn bench() -> Bench {
        Bench::seeded(&json!({
            "sites": [{"subscriptions_schema": {"fields": {"news": {"doubleOptIn": true}}}}],
            "accounts": [{"UID": "ann", "lang": "fr", "profile": {"email": "ann@example.org"}}],
        }))
    }

    fn state(bench: &Bench) -> Value {
        bench.gigya.account("ann").unwrap()["subscriptions"]["news"]["email"].clone()
    }

    const NEWS: (&str, &str) = ("subscriptions", r#"{"news":{"email":{"isSubscribed":true}}}"#);

    #[test]
    fn double_opt_in() {
        let mut bench = bench();
        assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "ann"), NEWS]), 0);
        assert_eq!(state(&bench)["isSubscribed"], true, "at once");
        assert_eq!(state(&bench)["doubleOptIn"]["status"], "Pending");
        let mails = bench.gigya.outbox();
        assert_eq!(
            (mails.len(), &mails[0]["kind"], &mails[0]["to"], &mails[0]["lang"], &mails[0]["UID"]),
            (1, &json!("doubleOptIn"), &json!("ann@example.org"), &json!("fr"), &json!("ann"))
        );
        assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "ann"), NEWS]), 0);
        assert_eq!(bench.gigya.outbox().len(), 1, "the same once more is no reason for a mail");
        bench.wait(60_000);
        let again = [("email", "ANN@example.org"), ("subscriptionId", "news"), ("lang", "nl")];
        assert_eq!(bench.code("accounts.resendDOIConfirmationEmail", &again), 0);
        let mails = bench.gigya.outbox();
        assert_eq!((mails.len(), &mails[1]["lang"]), (2, &json!("nl")));
        bench.wait(60_000);
        let token = mails[1]["code"].as_str().unwrap().to_owned();
        assert_eq!(bench.client("accounts.confirmSubscription", &[("token", "x")])["errorCode"], 403_025);
        let answer = bench.client("accounts.confirmSubscription", &[("token", &token)]);
        assert_eq!((&answer["errorCode"], &answer["subscriptionId"]), (&json!(0), &json!("news")));
        assert_eq!(
            state(&bench)["doubleOptIn"],
            json!({"status": "Confirmed", "emailSentTime": "2026-01-05T08:01:00.000Z",
                "confirmTime": "2026-01-05T08:02:00.000Z"})
        );
        assert_eq!(bench.code("accounts.resendDOIConfirmationEmail", &again), 400_030);
        assert_eq!(bench.client("accounts.confirmSubscription", &[("token", &token)])["errorCode"], 0);
    }

    #[test]
    fn links_end() {
        let mut bench = bench();
        let policy = [("doubleOptIn", r#"{"confirmationLinkExpiration":60}"#)];
        assert_eq!(bench.code("accounts.setPolicies", &policy), 0);
        assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "ann"), NEWS]), 0);
        let token = bench.gigya.outbox()[0]["code"].as_str().unwrap().to_owned();
        bench.wait(60_000);
        assert_eq!(bench.client("accounts.confirmSubscription", &[("token", &token)])["errorCode"], 403_025);
        assert_eq!(state(&bench)["doubleOptIn"]["status"], "Pending");
    }

    #[test]
    fn no_mail_for_imports_and_external_proof() {
        let mut bench = bench();
        let import = [("UID", "ann"), ("importPolicy", "upsert"), NEWS];
        assert_eq!(bench.code("accounts.importFullAccount", &import), 0);
        assert_eq!(state(&bench)["doubleOptIn"]["status"], "NotConfirmed");
        let lite = [("email", "lite@example.org"), NEWS];
        assert_eq!(bench.code("accounts.importLiteAccount", &lite), 0);
        let proven =
            r#"{"news":{"email":{"isSubscribed":true,"doubleOptIn":{"isExternallyVerified":true}}}}"#;
        assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "ann"), ("subscriptions", proven)]), 0);
        assert_eq!(state(&bench)["doubleOptIn"]["status"], "Confirmed");
        assert!(bench.gigya.outbox().is_empty());
    }

    #[test]
    fn unsubscribing_acts_on_the_address() {
        let mut bench = bench();
        assert_eq!(bench.code("accounts.importLiteAccount", &[("email", "ann@example.org"), NEWS]), 0);
        assert_eq!(state(&bench)["isSubscribed"], true);
        let site = bench.gigya.sites[crate::DEFAULT_API_KEY].clone();
        let token = crate::addresses::token(&site, "ann@example.org");
        let by_token =
            [("subscriptionID", "news"), ("channelToken", token.as_str()), ("tags", "tired, moved")];
        assert_eq!(bench.client("accounts.unsubscribe", &by_token)["errorCode"], 0);
        assert_eq!(
            (&state(&bench)["isSubscribed"], &state(&bench)["tags"]),
            (&json!(false), &json!(["tired", "moved"]))
        );
        for (params, expected) in [
            (vec![("subscriptionID", "news")], 400_002),
            (vec![("subscriptionID", "nws"), ("email", "ann@example.org")], 400_006),
            (vec![("subscriptionID", "news"), ("email", "nobody@example.org")], 403_005),
            (vec![("subscriptionID", "news"), ("channelToken", "x.y")], 403_025),
            (vec![("subscriptionID", "news"), ("email", "ann@example.org")], 0),
        ] {
            assert_eq!(bench.code("accounts.unsubscribe", &params), expected, "{params:?}");
        }
    }
}
