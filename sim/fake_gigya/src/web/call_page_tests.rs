//! gigya.js at work: calls whose answer is not the platform's, or not the first.

use super::test_page::*;
use crate::testing::*;
use serde_json::{Value, json};

const LOGIN: [(&str, &str); 2] = [("loginID", "ann@example.org"), ("password", "secret1")];

fn login() -> Value {
    LOGIN
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Ends all sessions of Ann's, elsewhere.
fn end_elsewhere(page: &Page) {
    assert_eq!(page.bench.lock().unwrap().code("accounts.logout", &[("UID", "ann")]), 0);
}

#[test]
fn a_logout_where_the_session_is_dead_already_is_one() {
    for method in ["accounts.logout", "socialize.logout"] {
        let page = Page::open(ann(), PAGE, LISTENING);
        page.eval(
            "gigya.accounts.addEventHandlers({ onLogout: (it) => { globalThis.logout = it.eventName; } })",
        );
        page.call("accounts.login", &login());
        end_elsewhere(&page);
        page.events();
        let answer = page.call(method, &json!({}));
        assert_eq!((&answer["errorCode"], &answer["status"]), (&json!(0), &json!("OK")), "{answer}");
        let expected = [
            &format!("POST {method}"),
            "glt_ removed",
            "accounts.logout",
            "socialize.logout",
            &format!("callback {method} 0"),
        ];
        assert_eq!(page.events(), json!(expected));
        assert_eq!(page.eval("globalThis.logout"), "logout");
        assert_eq!(page.eval("gigya.auth.loginToken.get()"), Value::Null);
    }
}

#[test]
fn a_logout_leaves_the_sessions_of_other_browsers() {
    let page = Page::open(ann(), PAGE, LISTENING);
    let other = page.bench.lock().unwrap().session("ann");
    page.call("accounts.login", &login());
    assert_eq!(page.call("accounts.logout", &json!({}))["errorCode"], 0);
    let params = [("login_token", other.as_str())];
    assert_eq!(page.bench.lock().unwrap().client("accounts.getAccountInfo", &params)["UID"], "ann");
}

#[test]
fn a_context_comes_back_whatever_it_is() {
    let page = Page::open(ann(), PAGE, LISTENING);
    page.events();
    let call = "(globalThis.ring = { name: 'ring' }, ring.self = ring, \
        gigya.accounts.isAvailableLoginID({ loginID: 'x@y.be', context: ring, callback: (it) => { globalThis.got = it; } }), null)";
    page.eval(call);
    assert_eq!(page.eval("[got.errorCode, got.isAvailable, got.context === ring]"), json!([0, true, true]));
    assert_eq!(
        page.events(),
        json!(["GET accounts.isAvailableLoginID", "callback accounts.isAvailableLoginID 0"])
    );
}

#[test]
fn what_no_request_can_carry_is_no_failure_of_the_network() {
    let page = Page::open(ann(), PAGE, LISTENING);
    page.call("accounts.login", &login());
    page.events();
    for more in ["", ", cacheTimeout: 60"] {
        page.eval(&format!(
            "(globalThis.ring = {{}}, ring.self = ring, gigya.accounts.setAccountInfo({{ data: ring{more}, \
             callback: (it) => {{ globalThis.got = it; }} }}), null)"
        ));
        assert_eq!(
            page.eval("[got.errorCode, got.status, got.errorMessage, got.errorDetails]"),
            json!([400_006, "FAIL", "Invalid parameter value", "data is no JSON"])
        );
        assert_eq!(page.events(), json!(["callback accounts.setAccountInfo 400006"]), "nothing is sent");
    }
}

#[test]
fn an_answer_may_be_as_old_as_its_caller_lets_it_be() {
    let page = Page::open(ann(), PAGE, LISTENING);
    page.events();
    for (context, sent) in [("a", true), ("b", false)] {
        let params = json!({"loginID": "x@y.be", "cacheTimeout": 60, "context": context});
        let answer = page.call("accounts.isAvailableLoginID", &params);
        assert_eq!((&answer["isAvailable"], &answer["context"]), (&json!(true), &json!(context)));
        assert_eq!(page.events().as_array().unwrap().len(), if sent { 2 } else { 1 });
    }
}

#[test]
fn who_wants_to_hear_of_interruptions_also_does_on_the_way() {
    let section = json!({"accounts": [
        {"UID": "new", "password": "secret1", "isVerified": false, "profile": {"email": "new@example.org"}},
    ]});
    for (ignore, opened) in [(true, false), (false, true)] {
        let watch = "document.createElement = () => { globalThis.opened = true; throw new Error('no'); };";
        let page = Page::open(Bench::seeded(&section), PAGE, &format!("{watch}{LISTENING}"));
        page.call("accounts.login", &json!({"loginID": "new@example.org", "password": "secret1"}));
        let verify = [("accountOptions", r#"{"verifyEmail":true}"#)];
        assert_eq!(page.bench.lock().unwrap().code("accounts.setPolicies", &verify), 0);
        let answer = page.call("accounts.getJWT", &json!({"ignoreInterruptions": ignore}));
        assert_eq!(answer["errorCode"], 403_013);
        assert_eq!(page.eval("globalThis.opened ?? false"), opened, "a screen-set over the page");
    }
}
