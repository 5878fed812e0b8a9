//! The pure functions of gigya.js against known cases, in a script engine.

use rquickjs::{Context, Runtime};
use serde_json::{Value, json};

const PURE: &str = concat!(
    include_str!("core/domains.js"),
    include_str!("core/objects.js"),
    include_str!("core/cookies.js"),
    include_str!("screen_set/paths.js"),
);

/// The value of an expression, by way of JSON.
fn eval(expression: &str) -> Value {
    let runtime = Runtime::new().unwrap();
    let context = Context::full(&runtime).unwrap();
    // The engine has no browser around it; what addresses are made of is not under test here.
    let prelude = "class URLSearchParams { constructor(text) { this.pairs = String(text).split('&')\
        .filter(Boolean).map((pair) => pair.split('=')); } [Symbol.iterator]() { return this.pairs[Symbol.iterator](); } }";
    context.with(|context| {
        let source = format!("{prelude}\n(() => {{ {PURE}\nreturn JSON.stringify({expression}); }})()");
        let text: String = context.eval(source).unwrap_or_else(|error| panic!("{expression}: {error}"));
        serde_json::from_str(&text).unwrap()
    })
}

fn check(cases: &[(&str, Value)]) {
    for (expression, expected) in cases {
        assert_eq!(eval(expression), *expected, "{expression}");
    }
}

#[test]
fn cookies_belong_to_the_base_domain() {
    for (domains, page, domain, trusted) in [
        ("brand.be,brand.com", "www.brand.be", "brand.be", true),
        ("brand.be,brand.com", "jeux.brand.be", "brand.be", true),
        ("brand.be,brand.com", "brand.com", "brand.com", true),
        ("brand.be,brand.com", "notbrand.be", "notbrand.be", false),
        ("brand.be,brand.com", "acme.qualifioapp.com", "acme.qualifioapp.com", false),
        ("brand.be,brand.com,qualifioapp.com", "acme.qualifioapp.com", "qualifioapp.com", true),
        ("*.brand.be", "www.brand.be", "www.brand.be", true),
        ("*.brand.be", "brand.be", "brand.be", false),
        ("*.brand.be,brand.be", "www.brand.be", "www.brand.be", true),
        ("brand.be", "localhost", "localhost", true),
        ("brand.be", "login.eu1.gigya.com", "gigya.com", true),
        ("", "brand.be", "brand.be", false),
        ("brand.be", "brand.be.evil.org", "brand.be.evil.org", false),
        ("Brand.be", "WWW.brand.BE", "brand.be", true),
        ("brand.be", "", "", false),
    ] {
        let told = eval(&format!("baseDomainOf('{page}', '{domains}', 'gigya.com')"));
        assert_eq!(told, json!({"domain": domain, "trusted": trusted}), "{domains} {page}");
    }
}

#[test]
fn calls_go_to_the_hosts_of_the_table() {
    let same = "brand.be,brand.com";
    let more = "brand.be,brand.com,qualifioapp.com";
    for (domains, prefix, page, expected) in [
        (same, "", "www.brand.be", "accounts.eu1.gigya.com"),
        (same, "login", "jeux.brand.be", "login.brand.be"),
        (same, "login", "notbrand.be", "login.notbrand.be"),
        (same, "login", "acme.qualifioapp.com", "login.acme.qualifioapp.com"),
        (more, "login", "acme.qualifioapp.com", "login.qualifioapp.com"),
        (more, "", "acme.qualifioapp.com", "accounts.eu1.gigya.com"),
        ("*.brand.be", "login", "www.brand.be", "login.www.brand.be"),
        (same, "login", "localhost", "login.localhost"),
        (same, "login", "pages.gigya.com", "accounts.eu1.gigya.com"),
    ] {
        let told = eval(&format!(
            "apiHostOf('accounts', apiDomainOf({{prefix: '{prefix}', dataCenter: 'eu1', \
             baseDomain: baseDomainOf('{page}', '{domains}', 'gigya.com').domain}}))"
        ));
        assert_eq!(told, expected, "{domains} {prefix} {page}");
    }
    check(&[
        ("apiHostOf('socialize', 'eu1.gigya.com')", json!("socialize.eu1.gigya.com")),
        ("apiHostOf('sdk', 'eu1.gigya.com')", json!("accounts.eu1.gigya.com")),
        ("apiHostOf('oauth', 'eu1.gigya.com')", json!("accounts.eu1.gigya.com")),
        ("apiHostOf('socialize', 'login.brand.be')", json!("login.brand.be")),
        ("apiDomainOf({dataCenter: 'cn1'})", json!("cn1.sapcdm.cn")),
        (
            "apiDomainOf({override: 'x.y', prefix: 'login', baseDomain: 'b.be', dataCenter: 'eu1'})",
            json!("x.y"),
        ),
    ]);
}

#[test]
fn how_long_cookies_live() {
    const YEAR: u32 = 31_536_000;
    check(&[
        ("sessionLife('0')", json!(0)),
        ("sessionLife('3600')", json!(3600)),
        ("sessionLife(undefined, -1)", json!(YEAR)),
        ("sessionLife(undefined, -2)", json!(YEAR)),
        ("sessionLife('0', -2)", json!(YEAR)),
        ("sessionLife(undefined)", json!(YEAR)),
        ("sessionLife(undefined, 0)", json!(YEAR)),
        ("sessionLife('3600', -2)", json!(3600)),
        ("['', null, 'x', 0, 5, -1].map((it) => cookieLife(it))", json!([YEAR, YEAR, YEAR, 0, 5, -1])),
    ]);
    check(&[
        (
            "cookieText('glt_K', 'tok', {life: 0, domain: 'brand.be', secure: true, sameSite: 'None'})",
            json!("glt_K=tok; path=/; domain=brand.be; Secure; SameSite=None"),
        ),
        (
            "cookieText('glt_K', 'tok', {life: 60, domain: '', secure: false, sameSite: 'None'})",
            json!("glt_K=tok; path=/; max-age=60"),
        ),
        ("parentsOf('a.b.brand.be')", json!(["a.b.brand.be", "b.brand.be", "brand.be"])),
        ("parentsOf('localhost')", json!(["localhost"])),
    ]);
}

#[test]
fn tokens_and_signatures_of_sessions() {
    check(&[
        ("splitToken('tok123|UUID=abc')", json!({"token": "tok123", "params": {"UUID": "abc"}})),
        (
            "splitToken('st2.s.FAKE-token-0001.sc3')",
            json!({"token": "st2.s.FAKE-token-0001.sc3", "params": {}}),
        ),
        ("isFresh('1735690500_AppKey01_b11jppUCeIhC0pa/JCNLx9YsFrA=', 1735690499)", json!(true)),
        ("isFresh('1735690500_AppKey01_b11jppUCeIhC0pa/JCNLx9YsFrA=', 1735690500)", json!(false)),
        ("isFresh('soon', 1)", json!(false)),
    ]);
}

#[test]
fn what_include_becomes() {
    check(&[
        ("includeOnTheWire('profile,data,')", json!("profile,data,,")),
        ("csv(includeOnTheWire('profile,data'))", json!(["profile", "data"])),
        ("includeOnTheWire('')", json!("profile,data")),
        ("includeOnTheWire('emails')", json!("emails,")),
        ("csv('profile, data')", json!(["profile", "data"])),
    ]);
}

#[test]
fn the_later_source_of_configuration_wins() {
    let sources = "{plugins: {a: 1, b: 1, c: 1, d: 1, e: 1}, group: {b: 2, c: 2, d: 2, e: 2}, \
        site: {c: 3, d: 3, e: 3}, tag: {d: 4, e: 4}, page: {e: 5}}";
    check(&[
        (&format!("mergedConfiguration({sources})"), json!({"a": 1, "b": 2, "c": 3, "d": 4, "e": 5})),
        ("merged({a: 1}, null, {a: undefined, b: 2}, 'x')", json!({"a": 1, "b": 2})),
        ("merged(JSON.parse('{\"__proto__\": {\"bad\": 1}}')).bad === undefined", json!(true)),
        (
            "languageOf('pt-BR')",
            json!({"full": "pt-br", "langCode": "pt", "countryCode": "br", "originalLang": "pt-BR"}),
        ),
        ("languageOf(undefined).full", json!("en")),
        ("anyCase({apiKey: 'k'}, 'APIKEY')", json!("k")),
    ]);
}

#[test]
fn fields_of_forms_and_what_they_are_bound_to() {
    let schema = "{profileSchema: {fields: {zip: {}, both: {}}}, dataSchema: {fields: {both: {}}}}";
    check(&[
        ("boundPath('gigya-login-form', 'loginID')", json!("loginID")),
        ("boundPath('gigya-register-form', 'email')", json!("email")),
        ("boundPath('gigya-profile-form', 'email')", json!("data.email")),
        ("boundPath('gigya-register-form', 'profile.phones.number')", json!("profile.phones.number")),
        (
            "boundPath('gigya-profile-form', 'preferences.terms.isConsentGranted')",
            json!("preferences.terms.isConsentGranted"),
        ),
        (&format!("boundPath('gigya-profile-form', 'zip', {schema})"), json!("profile.zip")),
        (&format!("boundPath('gigya-profile-form', 'both', {schema})"), json!("data.both")),
        ("setPath({a: {b: 1}}, 'a.c', 2)", json!({"a": {"b": 1, "c": 2}})),
        ("setPath({a: 'text'}, 'a.c', 2)", json!({"a": {"c": 2}})),
        ("(setPath({}, '__proto__.bad', 1), {}).bad === undefined", json!(true)),
        ("getPath({a: {b: [1]}}, 'a.b')", json!([1])),
        (
            "setInArray({profile: {phones: [{type: 'home', number: '1'}]}}, \
             {root: 'profile.phones', keyField: 'type', keyValue: 'work', member: 'number'}, '2')",
            json!({"profile": {"phones": [{"type": "home", "number": "1"}, {"type": "work", "number": "2"}]}}),
        ),
        (
            "setInArray({profile: {phones: [{type: 'home', number: '1'}]}}, \
             {root: 'profile.phones', keyField: 'type', keyValue: 'home', member: 'number'}, '2')",
            json!({"profile": {"phones": [{"type": "home", "number": "2"}]}}),
        ),
    ]);
}

#[test]
fn where_references_lead_and_when_conditions_hold() {
    check(&[
        ("screenReference('gigya-login-screen')", json!({"screen": "gigya-login-screen"})),
        ("screenReference('Set/screen')", json!({"set": "Set", "screen": "screen"})),
        ("screenReference('a:1,b:3,c:2')", json!({"screen": "b"})),
        ("screenReference('_finish')", json!({"end": "finish"})),
        ("screenReference('_skip')", json!({"end": "skip"})),
        ("screenReference('_cancel')", json!({"end": "cancel"})),
        ("screenReference('')", json!({"screen": ""})),
        ("holds('profile.zip', {profile: {zip: '3290'}})", json!(true)),
        ("holds('!profile.zip', {profile: {zip: '3290'}})", json!(false)),
        ("holds(\"profile.zip == '3290' && !data.x\", {profile: {zip: 3290}})", json!(true)),
        ("holds(\"profile.zip != '3290'\", {profile: {zip: 3290}})", json!(false)),
        ("holds('alert(1)', {})", json!(false)),
    ]);
}
