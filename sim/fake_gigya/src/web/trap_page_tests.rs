//! gigya.js at work: what pages are likely to get wrong about it.

use super::test_page::*;
use serde_json::{Value, json};

/// Notes what leaves the page.
const WATCHED: &str = "globalThis.sent = [];
const { send } = XMLHttpRequest.prototype;
XMLHttpRequest.prototype.send = function (body) { sent.push(`${this.url}?${body ?? ''}`); send.call(this, body); };";

fn login(more: Value) -> Value {
    let mut out = json!({"loginID": "ann@example.org", "password": "secret1"});
    for (name, value) in more.as_object().unwrap() {
        out[name] = value.clone();
    }
    out
}

/// The parameters of the last request.
fn last_sent(page: &Page) -> Vec<String> {
    let text = page.eval("sent.at(-1)");
    text.as_str().unwrap().split(['?', '&']).skip(1).map(str::to_owned).collect()
}

#[test]
fn a_session_that_is_there_already_is_told_to_nobody() {
    let page = Page::open(ann(), PAGE, "");
    page.call("accounts.login", &login(json!({})));
    let cookie = page.eval("document.cookie").as_str().unwrap().to_owned();
    let bench = std::mem::replace(&mut *page.bench.lock().unwrap(), crate::testing::Bench::new());
    let jar: String = cookie.split("; ").map(|pair| format!("document.cookie = '{pair}; path=/';")).collect();
    let page = Page::open(bench, PAGE, &format!("{jar}{LISTENING}"));
    assert_eq!(page.eval("[first.UID, globalThis.login ?? null]"), json!(["ann", null]));
}

#[test]
fn handlers_are_added_and_never_replaced() {
    let page = Page::open(ann(), PAGE, "globalThis.heard = [];");
    for name in ["a", "b", "b"] {
        page.eval(&format!(
            "gigya.accounts.addEventHandlers({{ onLogin: () => heard.push('{name}'), other: () => heard.push('x') }})"
        ));
    }
    page.call("accounts.login", &login(json!({})));
    assert_eq!(page.eval("heard"), json!(["a", "b", "b"]));
}

#[test]
fn a_registration_token_goes_instead_of_the_session() {
    let page = Page::open(ann(), PAGE, &format!("{WATCHED}{LISTENING}"));
    page.call("accounts.login", &login(json!({})));
    let has = |sent: &[String], name: &str| sent.iter().any(|pair| pair.starts_with(&format!("{name}=")));
    page.call("accounts.getAccountInfo", &json!({}));
    let sent = last_sent(&page);
    assert!(has(&sent, "login_token") && !has(&sent, "regToken"));
    page.call("accounts.getAccountInfo", &json!({"regToken": "RT1_x", "ignoreInterruptions": true}));
    let sent = last_sent(&page);
    assert!(has(&sent, "regToken") && !has(&sent, "login_token"));
    page.call("accounts.login", &login(json!({"regToken": "RT1_x", "ignoreInterruptions": true})));
    assert!(!has(&last_sent(&page), "regToken"), "a standard login leaves it out");
    let link = login(json!({"regToken": "RT1_x", "loginMode": "link", "ignoreInterruptions": true}));
    page.call("accounts.login", &link);
    assert!(has(&last_sent(&page), "regToken"));
}

/// Somebody who tries to log in with a provider is logged out, as with a mistyped password.
#[test]
fn a_login_with_a_provider_ends_the_session() {
    for (method, more, is_left) in [
        ("socialize.login", json!({}), false),
        ("accounts.socialLogin", json!({"loginMode": "standard"}), false),
        ("socialize.login", json!({"loginMode": "link"}), true),
        ("socialize.login", json!({"loginMode": "reAuth"}), true),
        ("socialize.login", json!({"APIKey": "3_other"}), true),
    ] {
        let page = Page::open(ann(), PAGE, &format!("{WATCHED}{LISTENING}"));
        page.call("accounts.login", &login(json!({})));
        let mut params = json!({"provider": "facebook"});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(page.call(method, &params)["errorCode"], 400_122, "{method} {more}");
        let seen = page.call("accounts.getAccountInfo", &json!({}));
        assert_eq!(seen["errorCode"] == 0, is_left, "{method} {more}: {seen}");
    }
}

#[test]
fn a_call_for_another_site_leaves_this_ones_session() {
    let bench = crate::testing::Bench::seeded(&json!({
        "sites": [{}, {"api_key": "3_other"}],
        "accounts": [{"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org"}}],
    }));
    let page = Page::open(bench, PAGE, &format!("{WATCHED}{LISTENING}"));
    page.call("accounts.login", &login(json!({})));
    let other = json!({"loginID": "x@y.be", "APIKey": "3_other"});
    assert_eq!(page.call("accounts.isAvailableLoginID", &other)["isAvailable"], true);
    assert!(!last_sent(&page).iter().any(|pair| pair.starts_with("login_token=")));
    assert_eq!(page.call("accounts.getAccountInfo", &json!({"APIKey": "3_other"}))["errorCode"], 403_005);
    assert_eq!(page.call("accounts.initRegistration", &json!({"APIKey": "3_other"}))["errorCode"], 0);
    assert_eq!(page.call("accounts.getAccountInfo", &json!({}))["UID"], "ann");
}

#[test]
fn a_cookie_that_its_domain_may_not_have_is_the_pages_own() {
    let page = Page::open(ann(), PAGE, "globalThis.refusedDomains = ['brand.example'];");
    assert_eq!(page.call("accounts.login", &login(json!({})))["errorCode"], 0);
    assert_eq!(page.call("accounts.getAccountInfo", &json!({}))["UID"], "ann");
    let written =
        page.eval(&format!("writes.filter((it) => it.startsWith('glt_{}='))", crate::DEFAULT_API_KEY));
    let attributes: Vec<_> = written
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap().split("; ").skip(1).collect::<Vec<_>>())
        .collect();
    assert_eq!(
        attributes,
        [
            vec!["path=/", "domain=brand.example", "Secure", "SameSite=None"],
            vec!["path=/", "Secure", "SameSite=None"],
        ]
    );
}

#[test]
fn a_switch_of_the_site_makes_network_failures_a_text() {
    let mut bench = ann();
    bench.knob("gigya.sdk_flags", "string_network_error");
    let page = Page::open(bench, PAGE, LISTENING);
    for (lost, told) in
        [("", "Request for accounts.isAvailableLoginID failed"), (TIMED_OUT, "API request timeout")]
    {
        page.instead.lock().unwrap().extend([lost.to_owned(), lost.to_owned()]);
        assert_eq!(page.call("accounts.isAvailableLoginID", &json!({"loginID": "x@y.be"})), told);
        page.instead.lock().unwrap().clear();
    }
}

#[test]
fn a_mistyped_password_ends_the_session_that_was_there() {
    let page = Page::open(ann(), PAGE, LISTENING);
    for (mode, ends) in [("standard", true), ("reAuth", false), ("link", false)] {
        page.call("accounts.login", &login(json!({})));
        page.events();
        let wrong = json!({"loginID": "ann@example.org", "password": "no", "loginMode": mode});
        assert_ne!(page.call("accounts.login", &wrong)["errorCode"], 0);
        assert_eq!(page.eval("gigya.auth.loginToken.get() === null"), ends, "{mode}");
        let events = page.events();
        assert!(!events.as_array().unwrap().iter().any(|it| *it == "accounts.logout"), "without a word");
    }
}

#[test]
fn a_cookie_of_the_session_may_be_read_and_have_a_tail() {
    let page = Page::open(ann(), PAGE, LISTENING);
    page.call("accounts.login", &login(json!({})));
    let name = format!("glt_{}", crate::DEFAULT_API_KEY);
    let shape = format!("/(^|; ){name}=st2\\.s\\.[\\w-]+\\.sc3(;|$)/.test(document.cookie)");
    assert_eq!(page.eval(&shape), true);
    page.eval(&format!("document.cookie = `{name}=${{gigya.auth.loginToken.get()}}|UUID=abc; path=/`"));
    assert_eq!(page.call("accounts.getAccountInfo", &json!({}))["UID"], "ann");
}

#[test]
fn fields_beyond_the_plain_ones_have_to_be_asked_for() {
    let bench = crate::testing::Bench::seeded(&json!({"accounts": [{"UID": "ann", "password": "secret1",
        "profile": {"email": "ann@example.org", "languages": "fr,nl", "phones": [{"type": "home", "number": "1"}]}}]}));
    let page = Page::open(bench, PAGE, LISTENING);
    page.call("accounts.login", &login(json!({})));
    let plain = page.call("accounts.getAccountInfo", &json!({}));
    assert_eq!(plain["profile"], json!({"email": "ann@example.org"}));
    let more = page.call("accounts.getAccountInfo", &json!({"extraProfileFields": "languages,phones"}));
    assert_eq!(more["profile"]["languages"], "fr,nl");
    assert_eq!(more["profile"]["phones"], json!([{"type": "home", "number": "1"}]));
}

#[test]
fn switches_change_how_a_login_is_told_and_kept() {
    let mut bench = ann();
    let flags = "dispatchLoginEventWhenHandlerAdded,-setProviderFromResponse,sessionCookieLax";
    bench.knob("gigya.sdk_flags", flags);
    let page = Page::open(bench, PAGE, "");
    page.events();
    page.call("accounts.login", &login(json!({})));
    assert_eq!(
        page.events(),
        json!([
            "POST accounts.login",
            "glt_ written",
            "accounts.login stored",
            "socialize.login stored",
            "callback accounts.login 0"
        ])
    );
    page.eval("gigya.accounts.addEventHandlers({ onLogin: (it) => { globalThis.login = it; } })");
    assert_eq!(page.eval("[login.UID, login.provider]"), json!(["ann", ""]));
    let written = page.eval("writes.filter((it) => it.startsWith('glt_')).at(-1)");
    assert!(written.as_str().unwrap().ends_with("; Secure; SameSite=Lax"), "{written}");
}

#[test]
fn the_way_to_the_central_login_page_drops_the_session_first() {
    let conf = "globalThis.__gigyaConf = { storageDomainOverride: 'cdns.eu1.gigya.com' };";
    for (flags, kept) in [("", false), ("keepSessionOnSSOLogin", true)] {
        let mut bench = ann();
        bench.knob("gigya.sdk_flags", flags);
        let page = Page::open(bench, PAGE, conf);
        page.call("accounts.login", &login(json!({})));
        page.eval("(gigya.sso.login({ redirectURL: 'https://www.brand.example/x?y=1', state: 's' }), null)");
        let expected = format!(
            "https://accounts.eu1.gigya.com/accounts.sso.login?APIKey={}&\
             redirectURL=https%3A%2F%2Fwww.brand.example%2Fx%3Fy%3D1&state=s&sdk=js_latest&sdkBuild=15000",
            crate::DEFAULT_API_KEY
        );
        assert_eq!(page.eval("location.href"), expected);
        assert_eq!(page.eval("gigya.auth.loginToken.get() !== null"), kept, "{flags}");
    }
    let page = Page::open(ann(), PAGE, "");
    let before = page.eval("location.href");
    page.eval("(gigya.sso.login({}), null)");
    assert_eq!(page.eval("location.href"), before, "without a storage domain it does nothing");
}

#[test]
fn an_error_in_the_address_is_told_with_a_number() {
    for (query, expected) in [
        ("?mode=error&errorCode=403041&errorMessage=off", json!([403_041, "off"])),
        ("?mode=error&errorCode=%3Cb%3E&errorMessage=off", json!([500_001, "off"])),
        ("?mode=error", json!([500_001, null])),
    ] {
        let page = Page::with_query(ann(), PAGE, query, LISTENING);
        assert_eq!(page.eval("[error.errorCode, error.errorMessage ?? null]"), expected, "{query}");
    }
}
