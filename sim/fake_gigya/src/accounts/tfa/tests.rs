use crate::accounts::tfa::totp::at_step;
use crate::testing::*;
use serde_json::{Value, json};

fn bench() -> Bench {
    Bench::seeded(&json!({"accounts": [
        {"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org"}},
    ]}))
}

fn text(answer: &Value, name: &str) -> String {
    answer[name].as_str().unwrap_or_else(|| panic!("no {name} in {answer}")).to_owned()
}

fn login(bench: &mut Bench, more: &[(&str, &str)]) -> Value {
    let params = [&[("loginID", "ann@example.org"), ("password", "secret1")][..], more].concat();
    bench.client("accounts.login", &params)
}

fn last(bench: &Bench) -> Value {
    bench.gigya.outbox().last().cloned().unwrap()
}

fn init(bench: &mut Bench, token: &str, provider: &str, mode: &str) -> String {
    let params = [("regToken", token), ("provider", provider), ("mode", mode)];
    text(&bench.client("accounts.tfa.initTFA", &params), "gigyaAssertion")
}

fn finalize(bench: &mut Bench, token: &str, first: &str, second: &str) -> Value {
    let params = [
        ("regToken", token),
        ("gigyaAssertion", first),
        ("providerAssertion", second),
        ("tempDevice", "true"),
    ];
    assert_eq!(bench.client("accounts.tfa.finalizeTFA", &params)["errorCode"], 0);
    bench.client("accounts.finalizeRegistration", &[("regToken", token)])
}

fn import_phone(bench: &mut Bench) {
    let params = [("UID", "ann"), ("provider", "gigyaPhone"), ("phone", "+32470112233")];
    assert_eq!(bench.code("accounts.tfa.importTFA", &params), 0);
}

/// Shows the phone that is set up, as far as the second assertion.
fn show_phone(bench: &mut Bench, token: &str) -> (String, String) {
    let first = init(bench, token, "gigyaPhone", "verify");
    let phones = bench.client("accounts.tfa.phone.getRegisteredPhoneNumbers", &[("gigyaAssertion", &first)]);
    let id = text(&phones["phones"][0], "id");
    let params = [("gigyaAssertion", first.as_str()), ("phoneID", id.as_str())];
    let sent = text(&bench.client("accounts.tfa.phone.sendVerificationCode", &params), "phvToken");
    let code = text(&last(bench), "code");
    let params = [("gigyaAssertion", first.as_str()), ("phvToken", sent.as_str()), ("code", code.as_str())];
    let second = text(&bench.client("accounts.tfa.phone.completeVerification", &params), "providerAssertion");
    (first, second)
}

#[test]
fn a_phone_is_the_second_factor() {
    let mut bench = bench();
    assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "ann"), ("tfaStatus", "forceOn")]), 0);
    let answer = login(&mut bench, &[]);
    assert_eq!((&answer["errorCode"], answer.get("sessionInfo")), (&json!(403_102), None));
    let token = text(&answer, "regToken");
    let early = bench.client("accounts.finalizeRegistration", &[("regToken", &token)]);
    assert_eq!(early["errorCode"], 403_102, "nobody gets around it");
    let providers = bench.client("accounts.tfa.getProviders", &[("regToken", &token)]);
    assert_eq!(providers["activeProviders"], json!([]));
    assert_eq!(
        providers["inactiveProviders"],
        json!([{"name": "gigyaPhone"}, {"name": "gigyaEmail"}, {"name": "gigyaTotp"}])
    );
    let first = init(&mut bench, &token, "gigyaPhone", "register");
    let params = [("gigyaAssertion", first.as_str()), ("phone", "+32 470 11 22 33")];
    let sent = text(&bench.client("accounts.tfa.phone.sendVerificationCode", &params), "phvToken");
    let message = last(&bench);
    assert_eq!((&message["channel"], &message["to"]), (&json!("sms"), &json!("+32470112233")));
    let base = [("gigyaAssertion", first.as_str()), ("phvToken", sent.as_str())];
    let wrong =
        bench.client("accounts.tfa.phone.completeVerification", &[&base[..], &[("code", "x")]].concat());
    assert_eq!(wrong["errorCode"], 400_006);
    let code = text(&message, "code");
    let params = [&base[..], &[("code", code.as_str())]].concat();
    let second = text(&bench.client("accounts.tfa.phone.completeVerification", &params), "providerAssertion");
    assert_eq!(finalize(&mut bench, &token, &first, &second)["errorCode"], 0);

    let answer = login(&mut bench, &[]);
    assert_eq!(answer["errorCode"], 403_101, "from now on it is asked");
    let token = text(&answer, "regToken");
    let (first, second) = show_phone(&mut bench, &token);
    let answer = finalize(&mut bench, &token, &first, &second);
    assert_eq!((&answer["errorCode"], &answer["UID"]), (&json!(0), &json!("ann")));
    assert!(answer["sessionInfo"]["cookieValue"].is_string());
}

#[test]
fn an_address_is_the_second_factor() {
    let mut bench = bench();
    assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "ann"), ("tfaStatus", "forceOn")]), 0);
    let token = text(&login(&mut bench, &[]), "regToken");
    let first = init(&mut bench, &token, "gigyaEmail", "register");
    let emails = bench.client("accounts.tfa.email.getEmails", &[("gigyaAssertion", &first)]);
    assert_eq!(emails["emails"][0]["obfuscated"], "an*@example.org");
    let id = text(&emails["emails"][0], "id");
    let params = [("gigyaAssertion", first.as_str()), ("emailID", id.as_str())];
    let sent = text(&bench.client("accounts.tfa.email.sendVerificationCode", &params), "phvToken");
    let code = text(&last(&bench), "code");
    assert_eq!(last(&bench)["kind"], "tfaEmail");
    let params = [("gigyaAssertion", first.as_str()), ("phvToken", sent.as_str()), ("code", code.as_str())];
    let second = text(&bench.client("accounts.tfa.email.completeVerification", &params), "providerAssertion");
    assert_eq!(finalize(&mut bench, &token, &first, &second)["errorCode"], 0);
    assert_eq!(login(&mut bench, &[])["errorCode"], 403_101);
}

#[test]
fn an_application_is_the_second_factor() {
    let mut bench = bench();
    assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", "ann"), ("tfaStatus", "forceOn")]), 0);
    let token = text(&login(&mut bench, &[]), "regToken");
    let first = init(&mut bench, &token, "gigyaTotp", "register");
    let made = bench.client("accounts.tfa.totp.register", &[("gigyaAssertion", &first)]);
    assert!(text(&made, "qrCode").starts_with("data:image/"));
    let sct = text(&made, "sctToken");
    let ticket = bench.gigya.tickets.any(bench.now, crate::DEFAULT_API_KEY, &sct).cloned().unwrap();
    let secret = ticket.code.unwrap();
    let code = at_step(&secret, bench.now.seconds() / 30).unwrap();
    let base = [("gigyaAssertion", first.as_str()), ("sctToken", sct.as_str())];
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let answer = bench.client("accounts.tfa.totp.verify", &[&base[..], &[("code", wrong)]].concat());
    assert_eq!(answer["errorCode"], 400_006);
    let params = [&base[..], &[("code", code.as_str())]].concat();
    let second = text(&bench.client("accounts.tfa.totp.verify", &params), "providerAssertion");
    assert_eq!(finalize(&mut bench, &token, &first, &second)["errorCode"], 0);
    bench.wait(60_000);
    let token = text(&login(&mut bench, &[]), "regToken");
    let first = init(&mut bench, &token, "gigyaTotp", "verify");
    let code = at_step(&secret, bench.now.seconds() / 30).unwrap();
    let params = [("gigyaAssertion", first.as_str()), ("code", code.as_str())];
    let second = text(&bench.client("accounts.tfa.totp.verify", &params), "providerAssertion");
    assert_eq!(finalize(&mut bench, &token, &first, &second)["errorCode"], 0);
}

#[test]
fn a_password_alone_adds_no_factor() {
    let mut bench = bench();
    import_phone(&mut bench);
    let token = text(&login(&mut bench, &[]), "regToken");
    let params = [("regToken", token.as_str()), ("provider", "gigyaTotp"), ("mode", "register")];
    assert_eq!(bench.client("accounts.tfa.initTFA", &params)["errorCode"], 403_101);
}

#[test]
fn codes_end_after_ten_minutes_and_five_mistakes() {
    for (waited, mistakes, expected) in [(299_000, 4, 0), (0, 5, 403_025), (300_000, 0, 403_025)] {
        let mut bench = bench();
        import_phone(&mut bench);
        let token = text(&login(&mut bench, &[]), "regToken");
        let first = init(&mut bench, &token, "gigyaPhone", "verify");
        let phones =
            bench.client("accounts.tfa.phone.getRegisteredPhoneNumbers", &[("gigyaAssertion", &first)]);
        let id = text(&phones["phones"][0], "id");
        let params = [("gigyaAssertion", first.as_str()), ("phoneID", id.as_str())];
        let sent = text(&bench.client("accounts.tfa.phone.sendVerificationCode", &params), "phvToken");
        let code = text(&last(&bench), "code");
        let base = [("gigyaAssertion", first.as_str()), ("phvToken", sent.as_str())];
        for _ in 0..mistakes {
            let params = [&base[..], &[("code", "nonsense")]].concat();
            assert_eq!(
                bench.client("accounts.tfa.phone.completeVerification", &params)["errorCode"],
                400_006
            );
        }
        bench.wait(waited);
        let params = [&base[..], &[("code", code.as_str())]].concat();
        let answer = bench.client("accounts.tfa.phone.completeVerification", &params);
        assert_eq!(answer["errorCode"], expected, "{waited} {mistakes}");
    }
}

#[test]
fn a_backup_code_is_good_once() {
    let mut bench = bench();
    import_phone(&mut bench);
    let codes = bench.call("accounts.tfa.backupCodes.create", &[("UID", "ann")])["codes"].clone();
    assert_eq!(codes.as_array().unwrap().len(), 10);
    let code = codes[3].as_str().unwrap();
    for expected in [0, 400_006] {
        let token = text(&login(&mut bench, &[]), "regToken");
        let params = [("regToken", token.as_str())];
        let denied = bench.client("accounts.tfa.backupCodes.create", &params);
        assert_eq!(denied["errorCode"], 403_101, "a password alone makes none");
        let first = init(&mut bench, &token, "gigyaPhone", "verify");
        let params = [("gigyaAssertion", first.as_str()), ("code", code)];
        let answer = bench.client("accounts.tfa.backupCodes.verify", &params);
        assert_eq!(answer["errorCode"], expected);
        if expected == 0 {
            let second = text(&answer, "providerAssertion");
            assert_eq!(finalize(&mut bench, &token, &first, &second)["errorCode"], 0);
        }
    }
    let left = bench.call("accounts.tfa.backupCodes.get", &[("UID", "ann")])["codes"].clone();
    assert_eq!(left.as_array().unwrap().len(), 9);
}

#[test]
fn a_known_machine_is_not_asked_again() {
    let mut bench = bench();
    import_phone(&mut bench);
    let token = text(&login(&mut bench, &[]), "regToken");
    let (first, second) = show_phone(&mut bench, &token);
    let params = [
        ("regToken", token.as_str()),
        ("gigyaAssertion", first.as_str()),
        ("providerAssertion", second.as_str()),
        ("gmid", "machine-1"),
    ];
    assert_eq!(bench.client("accounts.tfa.finalizeTFA", &params)["errorCode"], 0);
    assert_eq!(login(&mut bench, &[("gmid", "machine-1")])["errorCode"], 0);
    assert_eq!(login(&mut bench, &[("gmid", "machine-2")])["errorCode"], 403_101);
    assert_eq!(bench.code("accounts.tfa.unregisterDevice", &[("UID", "ann")]), 0);
    assert_eq!(login(&mut bench, &[("gmid", "machine-1")])["errorCode"], 403_101);
}

#[test]
fn a_browser_is_known_by_its_cookie() {
    let mut bench = bench();
    import_phone(&mut bench);
    let machine = text(&bench.client("socialize.getIDs", &[]), "gcid");
    let in_browser = |bench: &mut Bench, method: &str, params: &[(&str, &str)]| {
        let mut request = post(method, &[&[("apiKey", crate::DEFAULT_API_KEY)][..], params].concat());
        request.headers_mut().insert("cookie", format!("gmid={machine}").parse().unwrap());
        body(&bench.send(request))
    };
    let token = text(&login(&mut bench, &[]), "regToken");
    let (first, second) = show_phone(&mut bench, &token);
    let params = [
        ("regToken", token.as_str()),
        ("gigyaAssertion", first.as_str()),
        ("providerAssertion", second.as_str()),
    ];
    assert_eq!(in_browser(&mut bench, "accounts.tfa.finalizeTFA", &params)["errorCode"], 0);
    let params = [("loginID", "ann@example.org"), ("password", "secret1")];
    assert_eq!(in_browser(&mut bench, "accounts.login", &params)["errorCode"], 0);
    assert_eq!(login(&mut bench, &[])["errorCode"], 403_101, "another browser is asked");
}

#[test]
fn factors_are_imported_and_removed() {
    let mut bench = bench();
    let base = ("UID", "ann");
    for (params, expected) in [
        (vec![base, ("provider", "gigyaPhone"), ("phone", "0470")], 400_006),
        (vec![base, ("provider", "gigyaPush")], 400_006),
        (vec![base, ("provider", "gigyaEmail")], 400_002),
        (vec![("UID", "nobody"), ("provider", "gigyaEmail"), ("email", "a@example.org")], 403_005),
        (vec![base, ("provider", "gigyaEmail"), ("email", "a@example.org")], 0),
        (vec![base, ("provider", "gigyaTotp"), ("sharedSecret", "GEZDGNBV")], 0),
    ] {
        assert_eq!(bench.code("accounts.tfa.importTFA", &params), expected, "{params:?}");
    }
    let active =
        |bench: &mut Bench| bench.call("accounts.tfa.getProviders", &[base])["activeProviders"].clone();
    assert_eq!(active(&mut bench), json!([{"name": "gigyaEmail"}, {"name": "gigyaTotp"}]));
    assert_eq!(bench.code("accounts.tfa.deactivateProvider", &[base, ("provider", "gigyaEmail")]), 0);
    assert_eq!(active(&mut bench), json!([{"name": "gigyaTotp"}]));
    assert_eq!(bench.code("accounts.setAccountInfo", &[base, ("tfaStatus", "forceOff")]), 0);
    assert_eq!(login(&mut bench, &[])["errorCode"], 0, "forced off");
    assert_eq!(bench.code("accounts.tfa.resetTFA", &[base]), 0);
    assert_eq!(active(&mut bench), json!([]));
}

#[test]
fn the_policy_names_the_providers() {
    let mut bench = Bench::seeded(&json!({
        "sites": [{"policies": {"twoFactorAuth": {"providers": [
            {"name": "gigyaEmail", "enabled": true}, {"name": "gigyaPhone", "enabled": false}]}}}],
        "accounts": [{"UID": "ann"}],
    }));
    let answer = bench.call("accounts.tfa.getProviders", &[("UID", "ann")]);
    assert_eq!(answer["inactiveProviders"], json!([{"name": "gigyaEmail"}]));
    let params = [("UID", "ann"), ("provider", "gigyaPhone"), ("mode", "register")];
    assert_eq!(bench.code("accounts.tfa.initTFA", &params), 400_006);
}
