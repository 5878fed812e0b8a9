//! Tokens in the address of a campaign. The signatures are those of `openssl dgst -sha256 -hmac KEY -binary`.

use super::world::{Browser, World, redirecting};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// `{"sub":"1","campaignId":"700101","form":{"firstname":"Bea"}}`
const BY_HAND: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxIiwiY2FtcGFpZ25JZCI6IjcwMDEwMSIsImZvcm0iOnsiZmlyc3RuYW1lIjoiQmVhIn19.2mou3S6oE4hhZ4D7NPMHyQ2LEEY_1h8EDW52MgjN9I8";

fn world(sso: bool) -> World {
    let campaign = json!({
        "id": 700_101, "sso": sso, "fields": ["firstname", "lastname", "email", "locality"],
        "optins": ["news", "calls"],
    });
    let section = json!({"gigya_sso": redirecting(), "campaigns": [campaign], "secure_token": {"key": KEY}});
    World::new(&section)
}

fn signed(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(header), part(claims));
    let mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap().chain_update(&text);
    format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn claims(more: &Value) -> Value {
    let mut claims = json!({"sub": "1", "campaignId": "700101", "form": {"firstname": "Bea"}});
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

/// Somebody who opened the campaign by `address` and left the welcome screen.
fn arrived(world: &mut World, address: &str) -> Browser {
    let (mut browser, url) = (Browser::new(""), format!("{}&{address}", world.url()));
    browser.open(world, &url);
    browser.post(world, &[("action", "start")]);
    browser
}

#[test]
fn a_token_fills_in_the_form() {
    let mut world = world(false);
    let browser = arrived(&mut world, &format!("token={BY_HAND}"));
    assert_eq!((browser.texts("warnings"), &browser.state["fields"][0]["value"]), (vec![], &json!("Bea")));
    let action = browser.state["action"].as_str().unwrap();
    assert!(!action.contains("&token") && !browser.html.contains("eyJ"), "nobody else reads it: {action}");
    let long = "x".repeat(256);
    let more = json!({
        "form": {"firstname": "Bea", "lastname": long, "shoe_size": "42", "email": 7},
        "optin": {"news": "1", "calls": "yes"},
    });
    let token = signed(&json!({"alg": "HS256"}), &claims(&more));
    let mut browser =
        arrived(&mut world, &format!("firstname=Url&lastname=Url&locality=Diest&token={token}"));
    let values = |browser: &Browser, list: &str| {
        browser.state[list].as_array().unwrap().iter().map(|one| one["value"].clone()).collect::<Value>()
    };
    // Before the address, which fills in what the token does not know.
    assert_eq!(values(&browser, "fields"), json!(["Bea", "Url", "", "Diest"]));
    assert_eq!(values(&browser, "optins"), json!(["1", ""]));
    // Whoever unticks a box finds it so, whatever else was wrong.
    browser.post(&mut world, &[("action", "form"), ("email", "x")]);
    assert_eq!(values(&browser, "optins"), json!(["", ""]));
}

#[test]
fn what_gigya_knows_comes_before_a_token() {
    let mut world = world(true);
    let token = signed(
        &json!({"alg": "HS256"}),
        &claims(&json!({"form": {"firstname": "Bea", "locality": "Diest"}})),
    );
    let mut browser = arrived(&mut world, &format!("token={token}"));
    browser.signed_in(&mut world);
    let fields = &browser.state["fields"];
    assert_eq!(json!([fields[0]["value"], fields[2]["value"]]), json!(["Ann", "Diest"]));
}

#[test]
fn tokens_that_are_refused_bring_nothing() {
    let good = json!({"alg": "HS256"});
    let now = World::new(&json!({})).now.seconds();
    let token = signed(&good, &claims(&json!({})));
    let (body, _) = token.rsplit_once('.').unwrap();
    for (token, expected) in [
        (signed(&good, &claims(&json!({"exp": now + 1, "nbf": now, "iat": now, "iss": "x"}))), None),
        (signed(&good, &claims(&json!({"exp": now}))), Some("Expired")),
        (signed(&good, &claims(&json!({"exp": "soon"}))), Some("Malformed")),
        (signed(&good, &claims(&json!({"nbf": now + 1}))), Some("NotYet")),
        (signed(&good, &claims(&json!({"sub": null}))), Some("Claims")),
        (signed(&good, &claims(&json!({"campaignId": 700_101}))), Some("Claims")),
        (signed(&good, &claims(&json!({"campaignId": "700103"}))), Some("Campaign")),
        (signed(&json!({"alg": "none"}), &claims(&json!({}))), Some("Algorithm")),
        (signed(&json!({"alg": "HS512"}), &claims(&json!({}))), Some("Algorithm")),
        (format!("{body}."), Some("Signature")),
        (format!("{body}.AAAA"), Some("Signature")),
        (body.to_owned(), Some("Malformed")),
        ("x.y.z".to_owned(), Some("Malformed")),
        (String::new(), Some("Malformed")),
        (format!("{token}{}", "A".repeat(9_000)), Some("Malformed")),
    ] {
        let mut world = world(false);
        let browser = arrived(&mut world, &format!("token={token}"));
        let warned: Vec<String> =
            expected.map(|reason| format!("SecureTokenRefused({reason})")).into_iter().collect();
        assert_eq!(browser.texts("warnings"), warned, "{token}");
        let filled = if expected.is_none() { "Bea" } else { "" };
        assert_eq!(browser.state["fields"][0]["value"], json!(filled), "{token}");
    }
    let mut keyless = World::new(&json!({"campaigns": [{"id": 700_101}]}));
    assert_eq!(
        arrived(&mut keyless, &format!("token={token}")).texts("warnings"),
        ["SecureTokenRefused(Malformed)"]
    );
    let mut short = crate::Qualifio::new(7);
    let section = json!({"secure_token": {"key": "too short"}});
    assert!(short.seed(standin_model::Instant::START, &section).is_err());
}
