//! The script of sso.htm in a script engine: what it answers, and whom.

use rquickjs::{Context, Runtime};
use serde_json::{Value, json};

/// What a run of statements leaves in `told`, a list of answers.
fn told(statements: &str) -> Value {
    let runtime = Runtime::new().unwrap();
    let context = Context::full(&runtime).unwrap();
    context.with(|context| {
        let source = format!(
            "{}\n{}\n(() => {{ const told = []; {statements}; return JSON.stringify(told); }})()",
            include_str!("test_frame.js"),
            include_str!("sso.js")
        );
        let text: String = context.eval(source).unwrap_or_else(|error| panic!("{statements}: {error}"));
        serde_json::from_str(&text).unwrap()
    })
}

fn check(statements: &str, expected: Value) {
    assert_eq!(told(statements), expected, "{statements}");
}

const SET: &str = "ask('brand', 'setToken', { lt: 'one', expiration: '3600' });";

#[test]
fn a_token_is_handed_to_another_site_while_it_lasts() {
    check("told.push(ask('shop', 'getToken'))", json!([{"errorCode": "403005"}]));
    check(
        &format!(
            "{SET} later(600); told.push(ask('shop', 'getToken')); later(3000); told.push(ask('shop', 'getToken'))"
        ),
        json!([{"errorCode": "0", "login_token": "one", "expires_in": "3000"}, {"errorCode": "403005"}]),
    );
}

#[test]
fn a_session_dies_with_the_browser_and_one_without_end_does_not() {
    for (expiration, open, reopened) in [
        ("expiration: '0'", Some("0"), None),
        ("expiration: '-2'", Some("31536000"), Some("31536000")),
        ("other: 'x'", Some("31536000"), Some("31536000")),
        ("expiration: '60'", Some("60"), Some("60")),
    ] {
        let answer = |left: Option<&str>| match left {
            Some(left) => json!({"errorCode": "0", "login_token": "one", "expires_in": left}),
            None => json!({"errorCode": "403005"}),
        };
        check(
            &format!(
                "ask('brand', 'setToken', {{ lt: 'one', {expiration} }}); told.push(ask('shop', 'getToken')); \
                 closeBrowser(); told.push(ask('shop', 'getToken'))"
            ),
            json!([answer(open), answer(reopened)]),
        );
    }
}

#[test]
fn an_end_that_is_too_far_away_is_none() {
    check(
        "ask('brand', 'setToken', { lt: 'one', expiration: String(2 * 365 * 24 * 3600 + 1) }); \
         told.push(ask('shop', 'getToken'))",
        json!([{"errorCode": "403005"}]),
    );
}

#[test]
fn a_local_token_is_taken_over_renewed_or_found_revoked() {
    // Taken over by a group that has none, and the same again.
    check(
        "told.push(ask('brand', 'checkTokenRenew', { loginToken: 'one' }), \
         ask('brand', 'checkTokenRenew', { loginToken: 'one' }), ask('shop', 'getToken').login_token)",
        json!([{"errorCode": "0"}, {"errorCode": "0"}, "one"]),
    );
    // Somebody else logged in meanwhile.
    check(
        &format!(
            "{SET} ask('shop', 'setToken', {{ lt: 'two', expiration: '60' }}); \
            told.push(ask('brand', 'checkTokenRenew', {{ loginToken: 'one' }}))"
        ),
        json!([{"errorCode": "403032", "login_token": "two", "expires_in": "60"}]),
    );
    // Logged out on the other site.
    check(
        &format!(
            "{SET} told.push(ask('shop', 'logout').errorCode, ask('brand', 'checkTokenRenew', {{ loginToken: 'one' }}))"
        ),
        json!(["0", {"errorCode": "403025"}]),
    );
}

#[test]
fn a_logout_names_the_pages_of_the_other_sites_that_were_visited() {
    check(
        &format!(
            "{SET} told.push(ask('shop', 'logout').logoutURLs); {SET} ask('shop', 'getToken'); \
            told.push(ask('third', 'logout').logoutURLs, ask('third', 'logout').logoutURLs)"
        )
        .replace("'third'", "'https://third.shop.example'"),
        json!([
            "https://www.brand.example/out",
            "https://www.brand.example/out,https://www.shop.example/out",
            ""
        ]),
    );
}

#[test]
fn what_else_the_group_keeps() {
    check(
        &format!(
            "{SET} ask('brand', 'setLoginTokenExp', {{ gltexp: '17_a+b/c=' }}); \
            ask('brand', 'setGroupContext', {{ groupContext: 'x&y' }}); \
            ask('brand', 'setGroupApiDomain', {{ apiDomain: 'login.brand.example' }}); \
            told.push(ask('shop', 'getToken'), ask('shop', 'getLoginTokenExp').gltexp, \
            ask('shop', 'getGroupApiDomain').apiDomain, ask('shop', 'syncCanaryIndication').canary, \
            ask('shop', 'nothing').errorCode, ask('shop', 'toString').errorCode, ask('shop', 'setToken').errorCode)"
        ),
        json!([
            {"errorCode": "0", "login_token": "one", "expires_in": "3600", "gltexp": "17_a+b/c=", "groupContext": "x&y"},
            "17_a+b/c=",
            "login.brand.example",
            "false",
            "405001",
            "405001",
            "400002"
        ]),
    );
}

/// The domains are checked with the dot: a domain that only ends alike gets no answer.
#[test]
fn a_stranger_gets_no_answer() {
    for (origin, answered) in [
        ("https://brand.example", true),
        ("https://a.b.brand.example", true),
        ("https://accounts.eu1.gigya.com", true),
        ("http://localhost:3000", true),
        ("https://notbrand.example", false),
        ("https://brand.example.evil.example", false),
        ("https://evil.example", false),
        ("://brand.example", false),
        ("null", false),
    ] {
        let statements =
            format!("{SET} told.push(ask('{origin}', 'getToken') !== null)").replace("'null'", "'://'");
        check(&statements, json!([answered]));
    }
    check(
        "ask('https://evil.example', 'getToken'); told.push(...logged())",
        json!(["gigya sso: evil.example is not in valid domain: brand.example,shop.example"]),
    );
    check("told.push(ask('shop', 'getToken', { callbackID: 'a=b' }))", json!([null]));
}

#[test]
fn where_storage_is_blocked_the_group_knows_nobody() {
    check(
        &format!("globalThis.isBlocked = true; {SET} told.push(ask('shop', 'getToken'))"),
        json!([{"errorCode": "403005"}]),
    );
}

#[test]
fn only_so_many_revoked_tokens_are_remembered() {
    check(
        "for (let at = 0; at < 15; at += 1) { ask('brand', 'setToken', { lt: `t${at}`, expiration: '60' }); } \
         ask('brand', 'removeToken'); \
         told.push(ask('brand', 'checkTokenRenew', { loginToken: 't14' }).errorCode, \
         ask('brand', 'checkTokenRenew', { loginToken: 't5' }).errorCode, \
         ask('brand', 'checkTokenRenew', { loginToken: 't4' }).errorCode)",
        json!(["403025", "403025", "0"]),
    );
}
