//! From a call to the request that a receiver gets.

use crate::testing::*;
use crate::webhooks::queue::WebhookCall;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use standin_fake_kit::Fake;
use std::io::Read;

const URL: &str = "https://hooks.brand.example/gigya";

fn bench() -> Bench {
    let mut bench = Bench::new();
    hook(&mut bench, &[]);
    bench
}

/// Sets the webhook with every event that accounts have.
fn hook(bench: &mut Bench, more: &[(&str, &str)]) {
    let events = "accountCreated,accountRegistered,accountUpdated,accountLoggedIn,accountDeleted,\
                  accountLockedOut,accountProgressed,subscriptionUpdated,consentUpdated,communicationUpdated";
    let mut params = vec![("name", "sync"), ("url", URL), ("events", events)];
    params.extend(more);
    assert_eq!(bench.code("accounts.webhooks.set", &params), 0);
}

/// Lets a second pass and takes what is delivered then; the receiver answers with `status`.
fn delivered(bench: &mut Bench, status: u16) -> Option<(WebhookCall, Value)> {
    bench.wait(1000);
    let call = bench.gigya.take_webhook(bench.now)?;
    bench.gigya.webhook_answered(bench.now, &call.api_key, &call.name, Ok(status));
    let body = serde_json::from_slice(call.request.body()).unwrap();
    Some((call, body))
}

fn kinds(body: &Value) -> Vec<&str> {
    body["events"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect()
}

/// The kinds of all events that a second brings.
fn told(bench: &mut Bench) -> Vec<String> {
    let Some((_, body)) = delivered(bench, 200) else { return Vec::new() };
    kinds(&body).into_iter().map(str::to_owned).collect()
}

#[test]
fn webhooks_are_managed() {
    let mut bench = bench();
    let set = |bench: &mut Bench, params: &[(&str, &str)]| bench.code("accounts.webhooks.set", params);
    let headers = r#"[{"name":"X-Tenant","value":"one"}]"#;
    assert_eq!(set(&mut bench, &[("name", "sync"), ("headers", headers), ("active", "false")]), 0);
    let all = bench.call("accounts.webhooks.getAll", &[]);
    let mut hook = all["webhooks"][0].clone();
    let id = hook.as_object_mut().unwrap().shift_remove("id").unwrap();
    assert_eq!(id.as_str().unwrap().len(), 32);
    hook.as_object_mut().unwrap().shift_remove("events");
    assert_eq!(
        hook,
        json!({"name": "sync", "url": URL, "active": false, "headers": [{"name": "X-Tenant", "value": "one"}],
            "version": "2.0", "product": "UserManagement", "signingUserKey": crate::DEFAULT_USER_KEY,
            "useXfCredentials": false})
    );
    let other = "https://other.example/";
    for (params, expected) in [
        (vec![("name", "b"), ("url", URL), ("events", "accountCreated")], 400_007),
        (vec![("name", "b"), ("url", "http://other.example/"), ("events", "accountCreated")], 400_006),
        (vec![("name", "b"), ("url", other), ("events", "accountVanished")], 400_006),
        (vec![("name", "b"), ("url", other), ("events", "[]")], 400_006),
        (vec![("name", "b"), ("url", other)], 400_002),
        (vec![("url", other), ("events", "accountCreated")], 400_002),
        (vec![("name", "sync"), ("version", "1.0")], 400_006),
        (vec![("name", "sync"), ("version", "4.0")], 400_006),
        (vec![("name", "sync"), ("include", "params")], 400_006),
        (vec![("name", "sync"), ("headers", r#"[{"name":"a b","value":"x"}]"#)], 400_006),
        (vec![("name", "sync"), ("signingUserKey", "nobody")], 400_006),
        (vec![("name", "b"), ("url", "http://127.0.0.1:9/x"), ("events", r#"["accountCreated"]"#)], 0),
    ] {
        assert_eq!(set(&mut bench, &params), expected, "{params:?}");
    }
    let long = "x".repeat(101);
    assert_eq!(set(&mut bench, &[("name", &long), ("url", other), ("events", "accountCreated")]), 400_006);
    let names =
        |bench: &mut Bench| bench.call("accounts.webhooks.getAll", &[])["webhooks"].as_array().unwrap().len();
    assert_eq!(names(&mut bench), 2);
    assert_eq!(bench.code("accounts.webhooks.delete", &[("name", "b")]), 0);
    assert_eq!(bench.code("accounts.webhooks.delete", &[("name", "b")]), 400_006);
    assert_eq!(names(&mut bench), 1);
    assert_eq!(bench.client("accounts.webhooks.getAll", &[])["errorCode"], 403_007);
}

#[test]
fn events_of_a_life() {
    let mut bench = bench();
    let register = [
        ("siteUID", "ann"),
        ("email", "ann@example.org"),
        ("password", "secret1"),
        ("finalizeRegistration", "true"),
    ];
    assert_eq!(bench.code("accounts.register", &register), 0);
    assert_eq!(told(&mut bench), ["accountCreated", "accountRegistered", "accountLoggedIn"]);
    let set = |bench: &mut Bench, name, value| {
        assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "ann"), (name, value)]), 0);
        told(bench)
    };
    assert_eq!(set(&mut bench, "data", r#"{"n":1}"#), ["accountUpdated"]);
    assert_eq!(set(&mut bench, "data", r#"{"n":1}"#), Vec::<String>::new(), "nothing changed");
    assert_eq!(
        set(&mut bench, "subscriptions", r#"{"news":{"email":{"isSubscribed":true}}}"#),
        ["accountUpdated", "subscriptionUpdated"]
    );
    assert_eq!(
        set(&mut bench, "preferences", r#"{"terms":{"isConsentGranted":true}}"#),
        ["accountUpdated", "consentUpdated"]
    );
    assert_eq!(
        set(&mut bench, "communications", r#"{"SMS_offers":{"status":"optIn"}}"#),
        ["accountUpdated", "communicationUpdated"]
    );
    let muted = [("UID", "ann"), ("data", r#"{"n":2}"#), ("muteWebhooks", "true")];
    assert_eq!(bench.code("accounts.setAccountInfo", &muted), 0);
    assert_eq!(told(&mut bench), Vec::<String>::new());
    bench.client("accounts.login", &[("loginID", "ann@example.org"), ("password", "secret1")]);
    assert_eq!(told(&mut bench), ["accountLoggedIn"]);
    let import = [
        ("UID", "ann"),
        ("importPolicy", "upsert"),
        ("data", r#"{"n":3}"#),
        ("subscriptions", r#"{"news":{"email":{"isSubscribed":false}}}"#),
    ];
    assert_eq!(bench.code("accounts.importFullAccount", &import), 0);
    assert_eq!(told(&mut bench), ["subscriptionUpdated"], "imports keep the rest to themselves");
    assert_eq!(bench.code("accounts.deleteAccount", &[("UID", "ann")]), 0);
    assert_eq!(told(&mut bench), ["accountDeleted"]);
}

#[test]
fn lite_records_are_told_by_their_token() {
    let mut bench = bench();
    let lite =
        [("email", "ann@example.org"), ("subscriptions", r#"{"news":{"email":{"isSubscribed":true}}}"#)];
    assert_eq!(bench.code("accounts.importLiteAccount", &lite), 0);
    let (_, body) = delivered(&mut bench, 200).unwrap();
    assert_eq!(kinds(&body), ["accountCreated", "subscriptionUpdated"]);
    let data = &body["events"][1]["data"];
    assert_eq!((&data["accountType"], data.get("uid")), (&json!("lite"), None));
    let token = data["emailAccountToken"].as_str().unwrap();
    let unsubscribe = [("subscriptionID", "news"), ("channelToken", token)];
    assert_eq!(bench.client("accounts.unsubscribe", &unsubscribe)["errorCode"], 0);
    assert_eq!(told(&mut bench), ["subscriptionUpdated"]);
    assert_eq!(bench.code("accounts.progression.setPolicy", &[("policy", "auto")]), 0);
    let register = [("email", "ann@example.org"), ("password", "secret1"), ("finalizeRegistration", "true")];
    assert_eq!(bench.code("accounts.register", &register), 0);
    let (_, body) = delivered(&mut bench, 200).unwrap();
    assert_eq!(kinds(&body), ["accountCreated", "accountRegistered", "accountProgressed", "accountLoggedIn"]);
}

#[test]
fn payload_and_signature() {
    let mut bench = bench();
    bench.account("ann", r#"{"email":"ann@example.org"}"#);
    let write = [("UID", "ann"), ("data", r#"{"n":1}"#)];
    let call_id = bench.call("accounts.setAccountInfo", &write)["callId"].clone();
    let (call, mut body) = delivered(&mut bench, 200).unwrap();
    assert_eq!(call.request.uri(), URL);
    assert_eq!(call.request.headers()["content-type"], "application/json");
    let nonce = body["nonce"].clone();
    let id = body["events"][0].as_object_mut().unwrap().shift_remove("id").unwrap();
    assert_eq!(id.as_str().unwrap().len(), 36);
    assert_eq!(
        body,
        json!({
            "events": [{"type": "accountUpdated", "timestamp": 1_767_600_000, "callId": call_id,
                "version": "2.0", "apiKey": crate::DEFAULT_API_KEY, "data": {"accountType": "full", "uid": "ann"}}],
            "nonce": nonce, "timestamp": 1_767_600_001,
        })
    );
    let token = call.request.headers()["x-gigya-sig-jwt"].to_str().unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let decoded =
        |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    let (header, claims) = (decoded(parts[0]), decoded(parts[1]));
    assert_eq!(
        (&header["alg"], &header["typ"], &header["dc"]),
        (&json!("RS256"), &json!("JWT"), &json!("eu1"))
    );
    assert_eq!(
        (&claims["jti"], &claims["iat"], &claims["exp"]),
        (&nonce, &json!(1_767_600_001), &json!(1_767_600_061))
    );
    assert_eq!(claims["iss"], format!("https://fidm.gigya.com/jwt/{}/", crate::DEFAULT_API_KEY));
    let digest = ring::digest::digest(&ring::digest::SHA256, call.request.body());
    assert_eq!(claims["sub"], URL_SAFE_NO_PAD.encode(digest));
    let key = bench.client("accounts.getJWTPublicKey", &[]);
    let number = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
    let public = ring::signature::RsaPublicKeyComponents { n: number("n"), e: number("e") };
    let signed = format!("{}.{}", parts[0], parts[1]);
    let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
    let rule = &ring::signature::RSA_PKCS1_2048_8192_SHA256;
    assert!(public.verify(rule, signed.as_bytes(), &signature).is_ok());
    assert_eq!(header["kid"], key["kid"]);
}

#[test]
fn the_old_version_signs_with_the_keys_secret() {
    let mut bench = Bench::new();
    bench.knob("gigya.webhook_v1", "true");
    hook(&mut bench, &[("version", "1.0")]);
    bench.code("accounts.importLiteAccount", &[("email", "a@example.org")]);
    let (call, body) = delivered(&mut bench, 200).unwrap();
    let mut names: Vec<&str> = body["events"][0].as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["data", "id", "timestamp", "type"]);
    let secret = base64::engine::general_purpose::STANDARD.decode(crate::DEFAULT_SECRET).unwrap();
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret);
    let expected = ring::hmac::sign(&key, call.request.body());
    let expected = base64::engine::general_purpose::STANDARD.encode(expected);
    assert_eq!(call.request.headers()["X-Gigya-Sig-Hmac-Sha1"], expected);
    assert!(!call.request.headers().contains_key("x-gigya-sig-jwt"));
}

#[test]
fn version_three_tells_parameters_and_packs_large_bodies() {
    let mut bench = Bench::new();
    hook(&mut bench, &[("version", "3.0"), ("include", "params")]);
    bench.account("ann", r#"{"email":"ann@example.org"}"#);
    let write = [("UID", "ann"), ("data", r#"{"n":1}"#)];
    assert_eq!(bench.code("accounts.setAccountInfo", &write), 0);
    let (_, body) = delivered(&mut bench, 200).unwrap();
    assert_eq!(body["events"][0]["params"], json!({"UID": "ann", "data": {"n": 1}}), "and no secret");
    for n in 0..600 {
        bench.code("accounts.importLiteAccount", &[("email", &format!("p{n}@example.org"))]);
    }
    bench.wait(1000);
    let mut sizes = Vec::new();
    while let Some(call) = bench.gigya.take_webhook(bench.now) {
        bench.gigya.webhook_answered(bench.now, &call.api_key, &call.name, Ok(204));
        assert_eq!(call.request.headers()["content-encoding"], "gzip");
        let mut text = String::new();
        flate2::read::GzDecoder::new(&call.request.body()[..]).read_to_string(&mut text).unwrap();
        let body: Value = serde_json::from_str(&text).unwrap();
        sizes.push(body["events"].as_array().unwrap().len());
        bench.wait(1000);
    }
    assert_eq!(sizes, [500, 100]);
}

#[test]
fn failed_deliveries_are_tried_again() {
    let mut bench = bench();
    bench.account("ann", r#"{"email":"ann@example.org"}"#);
    let status = |bench: &mut Bench| {
        bench.call("accounts.webhooks.getStatus", &[("url", URL)])["webhookStatus"].clone()
    };
    assert_eq!(status(&mut bench), json!({"message": "No Webhook activity was found"}));
    let write = [("UID", "ann"), ("data", r#"{"n":1}"#)];
    assert_eq!(bench.code("accounts.setAccountInfo", &write), 0);
    let begun = bench.now;
    let (mut waits, mut ids, mut tokens) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(due) = bench.gigya.next_due().filter(|_| waits.len() < 20) {
        bench.now = bench.now.max(due);
        let Some(call) = bench.gigya.take_webhook(bench.now) else {
            bench.gigya.advance(bench.now);
            continue;
        };
        waits.push(bench.now.since(begun).as_secs());
        let body: Value = serde_json::from_slice(call.request.body()).unwrap();
        ids.push(body["events"][0]["id"].as_str().unwrap().to_owned());
        tokens.push(call.request.headers()["x-gigya-sig-jwt"].clone());
        bench.gigya.webhook_answered(bench.now, &call.api_key, &call.name, Ok(500));
    }
    // A second until the first attempt, then 10 s, 30 s, 1, 2, 5, 10, 20 and 30 minutes between attempts.
    assert_eq!(waits, [1, 11, 41, 101, 221, 521, 1121, 2321, 4121]);
    ids.dedup();
    assert_eq!(ids.len(), 1, "the same event");
    tokens.dedup();
    assert_eq!(tokens.len(), 9, "signed anew each time");
    assert_eq!(bench.gigya.dropped_webhook_events(), 1);
    let told = status(&mut bench);
    assert_eq!((&told["statusCode"], &told["message"]), (&json!(500), &json!("the receiver answered 500")));
    assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "ann"), ("data", r#"{"n":2}"#)]), 0);
    assert!(delivered(&mut bench, 200).is_some(), "the next event is delivered all the same");
    assert_eq!(status(&mut bench), json!({"statusCode": 200, "lastSent": bench.now.to_string()}));
    assert_eq!(
        bench.code("accounts.webhooks.getStatus", &[("url", "https://Hooks.brand.example/gigya")]),
        400_006
    );
}

#[test]
fn a_test_may_ask_for_copies_and_disorder() {
    let mut bench = bench();
    bench.account("ann", r#"{"email":"ann@example.org"}"#);
    bench.knob("gigya.webhook_copies", "2");
    bench.knob("gigya.webhook_order", "reversed");
    let mut call_ids = Vec::new();
    for n in 1..=3 {
        let data = format!(r#"{{"n":{n}}}"#);
        let answer = bench.call("accounts.setAccountInfo", &[("UID", "ann"), ("data", &data)]);
        call_ids.push(answer["callId"].clone());
        bench.wait(100);
    }
    call_ids.reverse();
    let (_, one) = delivered(&mut bench, 200).unwrap();
    let (_, two) = delivered(&mut bench, 200).unwrap();
    assert_eq!(one["events"], two["events"], "delivered twice");
    assert_ne!(one["nonce"], two["nonce"]);
    let told = |body: &Value| -> Vec<Value> {
        body["events"].as_array().unwrap().iter().map(|event| event["callId"].clone()).collect()
    };
    assert_eq!(told(&one), call_ids);
    assert!(delivered(&mut bench, 200).is_none());
}

#[test]
fn nothing_is_sent_where_nobody_listens() {
    let mut bench = Bench::new();
    bench.account("ann", r#"{"email":"ann@example.org"}"#);
    assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "ann"), ("data", r#"{"n":1}"#)]), 0);
    hook(&mut bench, &[("active", "false")]);
    assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "ann"), ("data", r#"{"n":2}"#)]), 0);
    assert!(delivered(&mut bench, 200).is_none());
    hook(&mut bench, &[("active", "true")]);
    assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "ann"), ("data", r#"{"n":3}"#)]), 0);
    assert_eq!(bench.code("accounts.webhooks.delete", &[("name", "sync")]), 0);
    assert!(delivered(&mut bench, 200).is_none(), "what was on its way is forgotten");
}

#[test]
fn another_uid_and_forgotten_consents() {
    let mut bench = Bench::seeded(&json!({"accounts": [
        {"UID": "ann", "profile": {"email": "ann@example.org"}, "preferences": {"terms": {"tos": {"isConsentGranted": true}}}},
    ]}));
    let events = "accountCreated,accountUpdated,accountDeleted,accountUidChanged,sitePreferencesReset,\
                  subscriptionUpdated,consentUpdated";
    hook(&mut bench, &[("events", events)]);
    let reset = [("UID", "ann"), ("resetPreferencesApiKey", crate::DEFAULT_API_KEY)];
    assert_eq!(bench.code("accounts.resetSitePreferences", &reset), 0);
    assert_eq!(told(&mut bench), ["accountUpdated", "sitePreferencesReset"]);
    assert_eq!(bench.code("socialize.setUID", &[("UID", "ann"), ("siteUID", "crm-1")]), 0);
    let (_, body) = delivered(&mut bench, 200).unwrap();
    assert_eq!(kinds(&body), ["accountUidChanged"]);
    assert_eq!(body["events"][0]["data"], json!({"accountType": "full", "uid": "ann", "newUid": "crm-1"}));
    assert_eq!(bench.code("accounts.importAccount", &[("UID", "crm-2")]), 0);
    assert_eq!(told(&mut bench), Vec::<String>::new(), "an import keeps it to itself");
}
