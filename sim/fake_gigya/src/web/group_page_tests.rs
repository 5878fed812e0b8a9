//! gigya.js at a site of a group: what it asks the group's frame, and what it does with the answers.

use super::test_page::*;
use crate::signature::hmac_sha1;
use crate::testing::*;
use crate::{DEFAULT_API_KEY, DEFAULT_PARTNER_SECRET};
use serde_json::{Value, json};
use standin_ports::Secret;

/// A frame in the place of sso.htm that answers from `group` and notes what it is asked.
const FRAME: &str = r"
const hearers = new Set();
globalThis.addEventListener = (_, hear) => hearers.add(hear);
globalThis.removeEventListener = (_, hear) => hearers.delete(hear);
globalThis.questions = [];
const modes = {
  getToken: () => (group.token ? { errorCode: 0, login_token: group.token, expires_in: 0, gltexp: group.gltexp } : { errorCode: 403005 }),
  checkTokenRenew: () => ({ errorCode: 0 }),
  getGroupApiDomain: () => ({ errorCode: 0, apiDomain: 'eu1.gigya.com' }),
  logout: () => ({ errorCode: 0, logoutURLs: '' }),
};
const frame = () => ({
  style: {}, setAttribute() {}, remove() {},
  set src(url) {
    const { m, callbackID, d, lid, sAPIKey, ...args } = Object.fromEntries(new URLSearchParams(url.split('#')[1]));
    questions.push([m, args]);
    const answer = new URLSearchParams(modes[m]?.() ?? { errorCode: 0 }).toString();
    for (const hear of [...hearers]) hear({ origin: 'https://cdns.eu1.gigya.com', data: `${callbackID}=${encodeURIComponent(answer)}` });
  },
});
document.createElement = frame;
document.documentElement = { append() {} };
";

fn group() -> Bench {
    Bench::seeded(&json!({
        "sites": [{"api_key": "3_parent", "enable_sso": true}, {"parent": "3_parent"}, {"api_key": "3_news", "parent": "3_parent"}],
        "accounts": [{"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org"}}],
    }))
}

/// A session of another site of the group, old enough to live by a signature alone.
fn dynamic_session(bench: &mut Bench) -> String {
    let params = [
        ("apiKey", "3_news"),
        ("loginID", "ann@example.org"),
        ("password", "secret1"),
        ("sessionExpiration", "-1"),
        ("targetEnv", "jssdk"),
    ];
    let answer = body(&bench.send(post("accounts.login", &params)));
    bench.wait(61_000);
    answer["sessionInfo"]["login_token"].as_str().unwrap().to_owned()
}

/// What the server of a site writes to keep a session alive for ten minutes.
fn signature(bench: &Bench, token: &str) -> String {
    let end = bench.now.seconds() + 600;
    let signed = hmac_sha1(&Secret::new(DEFAULT_PARTNER_SECRET), &format!("{token}_{end}")).unwrap();
    format!("{end}_{signed}")
}

fn open(bench: Bench, group: &Value, cookies: &[(String, &str)]) -> Page {
    let jar: String =
        cookies.iter().map(|(name, value)| format!("document.cookie = '{name}={value}; path=/';")).collect();
    Page::open(bench, PAGE, &format!("globalThis.group = {group};{FRAME}{jar}{LISTENING}"))
}

#[test]
fn a_session_of_the_group_comes_with_its_signature() {
    let mut bench = group();
    let token = dynamic_session(&mut bench);
    let gltexp = signature(&bench, &token);
    let page = open(bench, &json!({"token": token, "gltexp": gltexp}), &[]);
    assert_eq!(page.eval("[first.errorCode, first.UID, login.UID]"), json!([0, "ann", "ann"]));
    assert_eq!(page.eval("document.cookie.includes(`gltexp_${gigya.apiKey}=${group.gltexp}`)"), true);
    let mut bench = group();
    let token = dynamic_session(&mut bench);
    let page = open(bench, &json!({"token": token, "gltexp": ""}), &[]);
    assert_eq!(page.eval("first.errorCode"), 403_005, "without one it is over");
}

#[test]
fn a_signature_is_told_to_the_group_and_taken_from_it() {
    let mut bench = group();
    let token = dynamic_session(&mut bench);
    let gltexp = signature(&bench, &token);
    let cookies = [
        (format!("glt_{DEFAULT_API_KEY}"), token.as_str()),
        (format!("gltexp_{DEFAULT_API_KEY}"), gltexp.as_str()),
    ];
    let page = open(bench, &json!({"token": token, "gltexp": ""}), &cookies);
    assert_eq!(
        page.eval("questions.find(([mode]) => mode === 'setLoginTokenExp')"),
        json!(["setLoginTokenExp", {"gltexp": gltexp}])
    );
    assert_eq!(page.eval("first.UID"), "ann");
    // The server of this site has written none, that of another one has.
    let mut bench = group();
    let token = dynamic_session(&mut bench);
    let gltexp = signature(&bench, &token);
    let page = open(bench, &json!({"token": token, "gltexp": gltexp}), &cookies_of(&token));
    assert_eq!(page.eval("first.UID"), "ann");
    assert_eq!(
        page.events().as_array().unwrap().iter().filter(|it| **it == "POST accounts.getAccountInfo").count(),
        2,
        "refused, and asked again with the group's signature"
    );
}

fn cookies_of(token: &str) -> [(String, &str); 1] {
    [(format!("glt_{DEFAULT_API_KEY}"), token)]
}

#[test]
fn a_logout_where_the_session_is_dead_already_ends_the_groups_too() {
    let mut bench = group();
    let token = dynamic_session(&mut bench);
    let page = open(bench, &json!({"token": token, "gltexp": ""}), &cookies_of(&token));
    page.eval("questions.splice(0)");
    let token = dynamic_session(&mut page.bench.lock().unwrap());
    page.eval(&format!("document.cookie = 'glt_{DEFAULT_API_KEY}={token}; path=/'"));
    page.eval(&format!("group.token = '{token}'"));
    assert_eq!(page.call("accounts.logout", &json!({}))["errorCode"], 0);
    assert_eq!(page.eval("questions.map(([mode]) => mode)"), json!(["getToken", "logout"]));
}
