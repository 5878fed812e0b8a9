//! gigya.js at work on a page.

use super::test_page::*;
use crate::signature::hmac_sha1;
use crate::testing::*;
use crate::{DEFAULT_API_KEY, DEFAULT_PARTNER_SECRET};
use serde_json::{Value, json};
use standin_ports::Secret;
use std::collections::VecDeque;

#[test]
fn a_page_boots_in_this_order() {
    let page = Page::open(ann(), PAGE, LISTENING);
    assert_eq!(
        page.events(),
        json!([
            "boot script",
            "boot config",
            "boot bootstrap",
            "GET accounts.webSdkBootstrap",
            "boot session",
            "boot url",
            "ready",
            "onGigyaServiceReady",
            "queue released",
            "local accounts.getAccountInfo 403005",
            "callback accounts.getAccountInfo 403005",
        ])
    );
    assert_eq!(
        page.eval("first"),
        json!({"status": "FAIL", "errorCode": 403_005, "errorMessage": "Unauthorized user",
            "statusMessage": "Unauthorized user", "operation": "/accounts.getAccountInfo", "requestParams": {}})
    );
    assert_eq!(page.eval("[gigya.isReady, gigya.thisScript.APIKey]"), json!([true, DEFAULT_API_KEY]));
}

#[test]
fn a_dead_host_looks_like_nobody_being_signed_in() {
    let bench = Bench::seeded(&json!({"sites": [{"custom_api_domain_prefix": "login"}]}));
    let page = Page::open(bench, "acme.brand.example", LISTENING);
    assert_eq!(
        page.events(),
        json!([
            "boot script",
            "boot config",
            "boot bootstrap",
            "GET accounts.webSdkBootstrap",
            "GET accounts.webSdkBootstrap again",
            "accounts.error stored",
            "socialize.error stored",
            "boot session",
            "boot url",
            "ready",
            "onGigyaServiceReady",
            "accounts.error delivered",
            "queue released",
            "local accounts.getAccountInfo 403005",
            "callback accounts.getAccountInfo 403005",
        ])
    );
    assert_eq!(
        page.eval("[error.errorCode, error.statusMessage, error.errorMessage]"),
        json!([
            500_026,
            "Web SDK bootstrap failure - APIService bootstrap",
            "Web SDK bootstrap failure: accounts.webSdkBootstrap failed: network error"
        ])
    );
    assert_eq!(page.eval("[first.errorCode, gigya.isReady]"), json!([403_005, true]));
    let later = page.call("accounts.isAvailableLoginID", &json!({"loginID": "x@y.be"}));
    assert_eq!(
        (&later["errorCode"], &later["errorDetails"]),
        (&json!(500_026), &json!("Request for accounts.isAvailableLoginID failed"))
    );
}

#[test]
fn a_storage_host_that_is_dead_is_asked_four_times() {
    let lost = VecDeque::from(vec![String::new(); 4]);
    let page = Page::with_answers(ann(), PAGE, "", &seen_before(), lost);
    assert_eq!(
        page.events(),
        json!([
            "boot script",
            "boot config",
            "boot config",
            "boot config",
            "boot config",
            "accounts.error stored",
            "socialize.error stored",
            "ready",
            "onGigyaServiceReady",
            "accounts.error delivered",
            "queue released",
            "local accounts.getAccountInfo 403005",
            "callback accounts.getAccountInfo 403005",
        ])
    );
    assert_eq!(
        page.eval("[error.errorCode, error.status, error.statusMessage, error.errorMessage]"),
        json!([
            500_026,
            "FAIL_TO_BOOTSTRAP",
            "Web SDK failed to bootstrap",
            "Web SDK failed to bootstrap: sdk.config.get failed"
        ])
    );
    assert_eq!(page.eval("document.cookie"), "", "the next page begins anew");
}

#[test]
fn a_login_is_told_after_its_cookie() {
    let page = Page::open(ann(), PAGE, LISTENING);
    page.events();
    let wrong = page.call(
        "accounts.login",
        &json!({"loginID": "ann@example.org", "password": "no", "context": {"a": 1}}),
    );
    assert_eq!((&wrong["errorCode"], &wrong["errorMessage"]), (&json!(403_042), &json!("Invalid LoginID")));
    assert_eq!((&wrong["status"], &wrong["statusMessage"]), (&json!("FAIL"), &json!("Invalid LoginID")));
    assert_eq!(wrong["requestParams"], json!({"loginID": "ann@example.org", "context": {"a": 1}}));
    assert_eq!((&wrong["context"], &wrong["operation"]), (&json!({"a": 1}), &json!("/accounts.login")));
    assert!(wrong.get("statusCode").is_none() && wrong.get("statusReason").is_none());
    page.events();
    let right = page.call("accounts.login", &json!({"loginID": "ann@example.org", "password": "secret1"}));
    assert_eq!((&right["errorCode"], &right["UID"]), (&json!(0), &json!("ann")));
    assert!(right.get("login_token").is_none() && right.get("expires_in").is_none());
    assert_eq!(
        page.events(),
        json!([
            "POST accounts.login",
            "glt_ written",
            "accounts.login",
            "socialize.login",
            "callback accounts.login 0"
        ])
    );
    let mut event = page.eval("login");
    let signed =
        ["UIDSignature", "signatureTimestamp"].map(|name| event.as_object_mut().unwrap().shift_remove(name));
    assert!(signed.iter().all(|it| it.as_ref().is_some_and(Value::is_string)));
    assert_eq!(
        event,
        json!({"fullEventName": "accounts.login", "isGlobal": true, "eventName": "login", "UID": "ann",
            "remember": false, "newUser": false, "provider": "site", "loginMode": "standard",
            "profile": {"email": "ann@example.org", "firstName": "Ann"}, "data": {}, "expires_in": "0"})
    );
    let info = page.call("accounts.getAccountInfo", &json!({}));
    assert_eq!(info["profile"], json!({"email": "ann@example.org", "firstName": "Ann"}));
    let user = page.call("socialize.getUserInfo", &json!({}));
    assert_eq!((&user["errorCode"], &user["operation"]), (&json!(0), &json!("getUserInfo")));
}

#[test]
fn sessions_end_here_and_there() {
    let page = Page::open(ann(), PAGE, LISTENING);
    let login = json!({"loginID": "ann@example.org", "password": "secret1"});
    page.call("accounts.login", &login);
    page.events();
    let out = page.call("accounts.logout", &json!({}));
    assert_eq!((&out["errorCode"], &out["logoutActiveSession"]), (&json!(0), &json!(true)));
    let logout = ["glt_ removed", "accounts.logout", "socialize.logout", "callback accounts.logout 0"];
    let expected: Vec<&str> = std::iter::once("POST accounts.logout").chain(logout).collect();
    assert_eq!(page.events(), json!(expected));
    page.call("accounts.logout", &json!({}));
    let expected: Vec<&str> =
        std::iter::once("local accounts.logout 0").chain(logout[1..].to_vec()).collect();
    assert_eq!(page.events(), json!(expected), "without a session nobody is asked");
    page.call("accounts.login", &login);
    page.bench.lock().unwrap().call("accounts.logout", &[("UID", "ann")]);
    page.events();
    assert_eq!(page.call("accounts.getAccountInfo", &json!({}))["errorCode"], 403_005);
    assert_eq!(
        page.events(),
        json!(["POST accounts.getAccountInfo", "glt_ removed", "callback accounts.getAccountInfo 403005"])
    );
    page.call("accounts.login", &login);
    page.bench.lock().unwrap().call("accounts.logout", &[("UID", "ann")]);
    page.events();
    assert_eq!(page.call("accounts.isAvailableLoginID", &json!({"loginID": "x@y.be"}))["isAvailable"], true);
    assert_eq!(
        page.events(),
        json!([
            "POST accounts.isAvailableLoginID",
            "glt_ removed",
            "GET accounts.isAvailableLoginID",
            "callback accounts.isAvailableLoginID 0"
        ]),
        "a method that needs no session goes on without the token"
    );
    page.call("accounts.login", &login);
    page.events();
    page.call("accounts.initRegistration", &json!({}));
    assert_eq!(
        page.events(),
        json!(["glt_ removed", "GET accounts.initRegistration", "callback accounts.initRegistration 0"]),
        "whoever begins to register is logged out without a word"
    );
}

#[test]
fn a_registration_is_finished_by_its_page() {
    let page = Page::open(Bench::new(), PAGE, LISTENING);
    page.events();
    let params = json!({"email": "new@example.org", "password": "secret1", "finalizeRegistration": true});
    assert_eq!(
        page.call("accounts.register", &params)["errorDetails"],
        "Missing required parameter: regToken"
    );
    let token = page.call("accounts.initRegistration", &json!({}))["regToken"].clone();
    page.events();
    let open = json!({"email": "new@example.org", "password": "secret1", "regToken": token, "ignoreInterruptions": true});
    let pending = page.call("accounts.register", &open);
    assert_eq!(pending["errorCode"], 206_001);
    let done = page.call("accounts.finalizeRegistration", &json!({"regToken": pending["regToken"]}));
    assert_eq!(done["errorCode"], 0);
    assert_eq!(
        page.events(),
        json!([
            "POST accounts.register",
            "accounts.pendingRegistration",
            "callback accounts.register 206001",
            "GET accounts.finalizeRegistration",
            "glt_ written",
            "accounts.login",
            "socialize.login",
            "callback accounts.finalizeRegistration 0"
        ])
    );
    assert_eq!(page.eval("login.newUser"), true);
}

#[test]
fn a_wrong_key_is_told_by_the_first_call() {
    let setup = format!("globalThis.__gigyaConf = {{ APIKey: '3_nobody' }};{LISTENING}");
    let page = Page::open(ann(), PAGE, &setup);
    assert_eq!(page.eval("gigya.thisScript.APIKey"), DEFAULT_API_KEY, "the script's own address wins");
    let answer = page.call("accounts.isAvailableLoginID", &json!({"loginID": "x", "APIKey": "3_nobody"}));
    assert_eq!(
        (&answer["errorCode"], &answer["errorDetails"]),
        (&json!(400_093), &json!("Invalid ApiKey parameter"))
    );
}

#[test]
fn a_dynamic_session_lives_by_the_signature_of_its_site() {
    let page = Page::open(ann(), PAGE, LISTENING);
    let login = json!({"loginID": "ann@example.org", "password": "secret1", "sessionExpiration": -1});
    page.call("accounts.login", &login);
    assert_eq!(
        page.eval("__gigyaFake.details.find((it) => it && 'life' in it)"),
        json!({"life": 31_536_000})
    );
    page.bench.lock().unwrap().wait(61_000);
    let token = page.eval("gigya.auth.loginToken.get()");
    let end = page.bench.lock().unwrap().now.seconds() + 600;
    let signed = format!("{}_{end}", token.as_str().unwrap());
    let signature = hmac_sha1(&Secret::new(DEFAULT_PARTNER_SECRET), &signed).unwrap();
    page.eval(&format!("document.cookie = 'gltexp_{DEFAULT_API_KEY}={end}_{signature}; path=/'"));
    assert_eq!(page.call("accounts.getAccountInfo", &json!({}))["UID"], "ann");
    page.eval(&format!("document.cookie = 'gltexp_{DEFAULT_API_KEY}=; max-age=0'"));
    assert_eq!(page.call("accounts.getAccountInfo", &json!({}))["errorCode"], 403_005);
    page.call("accounts.login", &login);
    assert_eq!(
        page.eval("document.cookie.includes('gltexp_')"),
        false,
        "a new login takes the signature away"
    );
}

#[test]
fn a_code_of_the_sites_server_signs_in_without_an_event() {
    let mut bench = ann();
    let session =
        bench.call("accounts.notifyLogin", &[("siteUID", "ann"), ("targetEnv", "browser")])["sessionInfo"]
            .clone();
    let cookie =
        ["cookieName", "cookieValue"].map(|name| session[name].as_str().unwrap().to_owned()).join("=");
    let page = Page::open(bench, PAGE, &format!("document.cookie = '{cookie}; path=/';{LISTENING}"));
    assert_eq!(
        page.events(),
        json!([
            "boot script",
            "boot config",
            "boot bootstrap",
            "GET accounts.webSdkBootstrap",
            "boot session",
            "gac_ removed",
            "POST socialize.notifyLogin",
            "glt_ written",
            "boot url",
            "ready",
            "onGigyaServiceReady",
            "queue released",
            "POST accounts.getAccountInfo",
            "callback accounts.getAccountInfo 0",
        ])
    );
    assert_eq!(page.eval("[first.UID, globalThis.login ?? null]"), json!(["ann", null]));
}

#[test]
fn a_redirect_that_comes_back_signed_in_is_told_to_the_first_handler() {
    let page = Page::open(ann(), PAGE, "");
    page.call("accounts.login", &json!({"loginID": "ann@example.org", "password": "secret1"}));
    let cookie = page.eval("document.cookie").as_str().unwrap().to_owned();
    let bench = std::mem::replace(&mut *page.bench.lock().unwrap(), Bench::new());
    let jar: String = cookie.split("; ").map(|pair| format!("document.cookie = '{pair}; path=/';")).collect();
    let page = Page::with_query(bench, PAGE, "?gig_events=accounts.login,socialize.login&errorCode=0", &jar);
    assert_eq!(
        page.events(),
        json!([
            "boot script",
            "boot config",
            "boot session",
            "boot url",
            "POST accounts.getAccountInfo",
            "accounts.login stored",
            "socialize.login stored",
            "ready",
            "queue released",
        ])
    );
    page.eval("gigya.accounts.addEventHandlers({ onLogin: (it) => { globalThis.login = it; } })");
    assert_eq!((page.eval("login.UID"), page.events()), (json!("ann"), json!(["accounts.login delivered"])));
    page.eval("gigya.accounts.addEventHandlers({ onLogin: () => { globalThis.login = 'again'; } })");
    assert_eq!(page.eval("login.UID"), "ann", "it is delivered once");
}

#[test]
fn a_browser_that_lost_its_id_gets_a_new_one_and_asks_again() {
    let mut bench = ann();
    bench.knob("gigya.gmid_required", "true");
    let page = Page::open(bench, PAGE, &seen_before());
    page.events();
    let answer = page.call("accounts.isAvailableLoginID", &json!({"loginID": "x@y.be"}));
    assert_eq!(answer["isAvailable"], true);
    assert_eq!(
        page.events(),
        json!([
            "GET accounts.isAvailableLoginID",
            "boot bootstrap",
            "GET accounts.webSdkBootstrap",
            "GET accounts.isAvailableLoginID",
            "callback accounts.isAvailableLoginID 0",
        ])
    );
    let mut bench = ann();
    bench.knob("gigya.fake_token_first", "true");
    let page = Page::open(bench, PAGE, &seen_before());
    page.events();
    page.call("accounts.login", &json!({"loginID": "ann@example.org", "password": "secret1"}));
    assert_eq!(
        page.events(),
        json!([
            "POST accounts.login",
            "boot bootstrap",
            "GET accounts.webSdkBootstrap",
            "POST accounts.login",
            "glt_ written",
            "accounts.login",
            "socialize.login",
            "callback accounts.login 0",
        ])
    );
    assert_eq!(page.call("accounts.getAccountInfo", &json!({}))["UID"], "ann");
}

#[test]
fn a_call_waits_while_the_data_are_pending() {
    let page = Page::open(ann(), PAGE, LISTENING);
    page.events();
    let pending =
        json!({"errorCode": 100_001, "errorMessage": "Data Pending", "statusCode": 200}).to_string();
    page.instead.lock().unwrap().extend([pending.clone(), pending.clone()]);
    assert_eq!(page.call("accounts.isAvailableLoginID", &json!({"loginID": "x@y.be"}))["errorCode"], 0);
    let asked = "GET accounts.isAvailableLoginID";
    assert_eq!(page.events(), json!([asked, asked, asked, "callback accounts.isAvailableLoginID 0"]));
    page.instead.lock().unwrap().extend(std::iter::repeat_n(pending, 50));
    assert_eq!(page.call("accounts.isAvailableLoginID", &json!({"loginID": "x@y.be"}))["errorCode"], 100_001);
    assert_eq!(page.events().as_array().unwrap().len(), 1 + 39 + 1, "it gives up in the end");
}

#[test]
fn the_first_request_that_is_lost_is_repeated_once() {
    let page = Page::open(ann(), PAGE, LISTENING);
    page.events();
    let broken = ["", "<html>", r#"{"errorCode":0}"#];
    for (at, body) in broken.into_iter().enumerate() {
        page.instead.lock().unwrap().push_back(body.to_owned());
        let code =
            page.call("accounts.isAvailableLoginID", &json!({"loginID": "x@y.be"}))["errorCode"].clone();
        assert_eq!(code, if at == 0 { 0 } else { 500_026 }, "{body}");
    }
    page.eval("gigya.updateConfiguration({ toggles: { string_network_error: true } })");
    page.instead.lock().unwrap().push_back(String::new());
    let told = page.call("accounts.isAvailableLoginID", &json!({"loginID": "x@y.be"}));
    assert_eq!(told, "Request for accounts.isAvailableLoginID failed", "some builds tell a bare text");
}

#[test]
fn an_unverified_person_is_looked_at_once_before_the_call_is_repeated() {
    let bench = Bench::seeded(&json!({"accounts": [
        {"UID": "new", "password": "secret1", "isVerified": false, "profile": {"email": "new@example.org"}},
    ]}));
    let page = Page::open(bench, PAGE, LISTENING);
    page.call("accounts.login", &json!({"loginID": "new@example.org", "password": "secret1"}));
    let verify = [("accountOptions", r#"{"verifyEmail":true}"#)];
    assert_eq!(page.bench.lock().unwrap().code("accounts.setPolicies", &verify), 0);
    page.events();
    assert_eq!(page.call("accounts.getJWT", &json!({}))["errorCode"], 403_013);
    assert_eq!(
        page.events(),
        json!([
            "POST accounts.getJWT",
            "POST accounts.verifyLogin",
            "POST accounts.getJWT",
            "callback accounts.getJWT 403013"
        ])
    );
}

#[test]
fn a_site_may_have_sessions_checked_at_each_load() {
    let page = Page::open(ann(), PAGE, "");
    page.call("accounts.login", &json!({"loginID": "ann@example.org", "password": "secret1"}));
    let cookie = page.eval("document.cookie").as_str().unwrap().to_owned();
    let mut bench = std::mem::replace(&mut *page.bench.lock().unwrap(), Bench::new());
    bench.call("accounts.logout", &[("UID", "ann")]);
    let jar: String = cookie.split("; ").map(|pair| format!("document.cookie = '{pair}; path=/';")).collect();
    let page =
        Page::open(bench, PAGE, &format!("globalThis.__gigyaConf = {{ verifyLoginInterval: 0 }};{jar}"));
    assert_eq!(
        page.events(),
        json!([
            "boot script",
            "boot config",
            "boot session",
            "POST accounts.verifyLogin",
            "glt_ removed",
            "accounts.logout",
            "socialize.logout",
            "boot url",
            "ready",
            "queue released",
        ])
    );
}
