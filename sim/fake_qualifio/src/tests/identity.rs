//! The two login flows, and everything that must not work.

use super::world::{Browser, UID, World, ann, redirecting, showing_screen_set};
use crate::{Ask, AskFailed, IdentityRefused, SiteAnswer};
use serde_json::{Value, json};

const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148";

fn prefixed() -> Result<SiteAnswer, AskFailed> {
    Ok(SiteAnswer { custom_api_domain_prefix: Some("login".to_owned()), ..SiteAnswer::default() })
}

/// The destination at the end of a redirection URL.
fn destination(browser: &Browser) -> String {
    let url = browser.state["sso"]["url"].as_str().unwrap();
    let (_, encoded) = url.split_once("next=").unwrap();
    percent_encoding::percent_decode_str(encoded).decode_utf8().unwrap().into_owned()
}

#[test]
fn screen_set_walk() {
    let mut world = World::with_sso(showing_screen_set(), &json!({}));
    let mut browser = world.browser();
    assert_eq!(browser.place(), "sso check");
    browser.signed_out(&mut world);
    assert_eq!(browser.place(), "sso screen_set");
    assert_eq!(browser.state["sso"]["screen_set"], json!("Default-RegistrationLogin"));
    let form = [
        ("action", "identify"),
        ("UID", UID),
        ("UIDSignature", "c2ln"),
        ("signatureTimestamp", "1767600000"),
    ];
    browser.post(&mut world, &form);
    assert_eq!(browser.place(), "identityset");
    assert_eq!(browser.variables(), ["firstname", "lastname"]);
    assert_eq!(browser.state["fields"][1]["value"], json!("A & B"));
    browser.submit(&mut world, &[("firstname", "Anna")]);
    assert_eq!(browser.step(), "exit");
    let order = world.qualifio.take_pushes().remove(0);
    assert_eq!(
        order.submitted,
        [("firstname", "Anna"), ("lastname", "A & B")].map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
    assert_eq!((order.uid.as_str(), order.email_at_identification.as_str()), (UID, "a@b.be"));
    assert_eq!((order.language.as_str(), order.site_country.as_str()), ("fr", "BE"));
    assert!(world.qualifio.take_pushes().is_empty(), "taken once");
}

#[test]
fn no_login_for_those_who_are_signed_in() {
    for gigya in [redirecting(), showing_screen_set()] {
        let mut world = World::with_sso(gigya, &json!({}));
        let mut browser = world.browser();
        browser.signed_in(&mut world);
        assert_eq!(browser.place(), "identityset");
    }
}

#[test]
fn redirect_walk() {
    let mut world = World::with_sso(redirecting(), &json!({}));
    let mut browser = world.browser();
    browser.signed_out(&mut world);
    let place = |browser: &Browser| {
        let sso = &browser.state["sso"];
        format!("{} {} {}", browser.place(), sso["attempts"], sso["automatic"])
    };
    let mut seen = vec![place(&browser)];
    for _ in 0..3 {
        browser.come_back(&mut world);
        browser.signed_out(&mut world);
        seen.push(place(&browser));
    }
    // Only the first time may be automatic, and only in a minisite.
    let expected = [
        "sso redirect_offered 0 true",
        "sso redirect_offered 1 false",
        "sso redirect_offered 2 false",
        "sso failed TooManyRedirects 3 null",
    ];
    assert_eq!(seen, expected);
    assert_eq!(browser.texts("errors"), ["SsoFailed(TooManyRedirects)"]);
    browser.signed_in(&mut world);
    assert_eq!(browser.place(), "sso failed TooManyRedirects", "only the button goes on");
    browser.post(&mut world, &[("action", "retry")]);
    browser.signed_out(&mut world);
    assert_eq!(browser.place(), "sso redirect_offered");
    assert_eq!(browser.state["sso"]["automatic"], json!(false), "no loop without a click");
    browser.come_back(&mut world);
    browser.signed_in(&mut world);
    assert_eq!(browser.place(), "identityset");
}

impl Browser {
    /// Leaves for the login page and comes back as the destination says.
    fn come_back(&mut self, world: &mut World) {
        let back = destination(self);
        self.post(world, &[("action", "leave")]);
        assert_eq!(self.place(), "sso redirected");
        self.open(world, &back);
    }
}

/// A page that is loaded again, and a second one of the same browser, are no returns.
#[test]
fn only_who_left_comes_back() {
    let mut world = World::with_sso(redirecting(), &json!({}));
    let (mut browser, url) = (world.browser(), world.url());
    browser.signed_out(&mut world);
    let (here, uk) = (browser.state["action"].as_str().unwrap().to_owned(), browser.state["uk"].clone());
    for _ in 0..4 {
        browser.open(&mut world, &here);
        assert_eq!(
            (browser.place().as_str(), &browser.state["sso"]["returned"]),
            ("sso check", &json!(false))
        );
        browser.signed_out(&mut world);
        assert_eq!(
            (browser.place().as_str(), &browser.state["sso"]["attempts"]),
            ("sso redirect_offered", &json!(0))
        );
    }
    assert_eq!(browser.state["sso"]["automatic"], json!(false), "it was tried once");
    let mut second = browser.clone();
    second.open(&mut world, &url);
    assert_ne!(second.state["uk"], uk, "a second page takes part for itself");
    second.post(&mut world, &[("action", "start")]);
    second.signed_out(&mut world);
    second.open(&mut world, &here);
    second.signed_out(&mut world);
    assert_eq!((&second.state["uk"], &second.state["sso"]["attempts"]), (&uk, &json!(0)));
    for (leaves, expected) in [(1, 1), (2, 2), (0, 2)] {
        for _ in 0..leaves {
            browser.post(&mut world, &[("action", "leave")]);
        }
        browser.open(&mut world, &here);
        browser.signed_out(&mut world);
        assert_eq!(browser.state["sso"]["attempts"], json!(expected), "left {leaves} times");
    }
    // Whoever has not been offered to leave cannot.
    let mut early = Browser::new("");
    early.open(&mut world, &url);
    early.post(&mut world, &[("action", "leave")]);
    assert_eq!(early.place(), "intro");
}

#[test]
fn destination_leads_back() {
    let mut world = World::with_sso(redirecting(), &json!({}));
    let mut browser = world.browser();
    browser.signed_out(&mut world);
    let uk = browser.state["uk"].as_str().unwrap().to_owned();
    let guid = browser.state["channel_guid"].as_str().unwrap().to_owned();
    let back = destination(&browser);
    assert!(
        back.starts_with(&format!("https://jeux.brand.example/20/{guid}/v1.cfm?id={guid}&cfid=")),
        "{back}"
    );
    assert!(back.ends_with(&format!("&cftoken=0&uk={uk}&page=2")), "{back}");
    // A login page that loses the destination's query still leads to the same participation.
    browser.post(&mut world, &[("action", "leave")]);
    let url = world.url();
    browser.open(&mut world, &url);
    assert_eq!((browser.state["uk"].as_str(), browser.place().as_str()), (Some(&uk[..]), "sso check"));
    browser.signed_out(&mut world);
    assert_eq!(browser.state["sso"]["attempts"], json!(1));
    // What Gigya's script reads from the address stays there.
    browser.post(&mut world, &[("action", "leave")]);
    let url = format!("{url}&gig_actions=sso.login&authCode=a%26b");
    let location = browser.redirected(&mut world, &url);
    assert!(location.contains("&gig_actions=sso.login&authCode=a%26b&cfid="), "{location}");
    assert!(location.ends_with(&format!("&uk={uk}&page=2")), "{location}");
}

#[test]
fn browsers_without_cookies_are_not_sent_round() {
    let mut world = World::with_sso(redirecting(), &json!({"steps": ["identityset", "exit"]}));
    let (mut browser, url) = (Browser::new(""), world.url());
    browser.open(&mut world, &url);
    browser.signed_out(&mut world);
    assert_eq!(browser.state["sso"]["automatic"], json!(true));
    let back = destination(&browser);
    let mut forgetful = Browser::new("");
    forgetful.open(&mut world, &back);
    forgetful.signed_out(&mut world);
    assert_eq!(forgetful.state["sso"]["automatic"], json!(false));
}

#[test]
fn automatic_or_button() {
    for (channel, knob, expected) in [
        ("minisite", "by_channel", true),
        ("widget", "by_channel", false),
        ("mobile", "by_channel", false),
        ("minisite", "button", false),
        ("widget", "automatic", true),
    ] {
        let mut world = World::with_sso(redirecting(), &json!({"channel": channel}));
        world.qualifio.knobs_mut().set("qualifio.redirect", knob).unwrap();
        let mut browser = world.browser();
        browser.signed_out(&mut world);
        assert_eq!(browser.state["sso"]["automatic"], json!(expected), "{channel} {knob}");
        assert!(browser.html.contains("target=\"_top\""), "there is always something to click on");
    }
}

#[test]
fn widgets_go_back_to_the_page_around_them() {
    for (channel, address, expected) in [
        (json!({}), "", Ok("https://jeux.brand.example/20/{guid}/v1.cfm?id={guid}")),
        (json!({}), "&pdomain=https://www.brand.example", Ok("https://www.brand.example/?qlf_uk={uk}")),
        (
            json!({}),
            "&parentURL=https://www.brand.example/win%3Fa%3D1%23x",
            Ok("https://www.brand.example/win?a=1&qlf_uk={uk}"),
        ),
        (json!({"parent_page": "https://news.example/win"}), "", Ok("https://news.example/win?qlf_uk={uk}")),
        (
            json!({"parent_page": "https://news.example/win"}),
            "&pdomain=https://news.example",
            Ok("https://news.example/?qlf_uk={uk}"),
        ),
        (json!({}), "&pdomain=https://evil.example", Err("sso failed InvalidDestination")),
        (json!({}), "&parentURL=javascript:alert(1)", Err("sso failed InvalidDestination")),
        (
            json!({}),
            "&parentURL=https://evil.example/jeux.brand.example",
            Err("sso failed InvalidDestination"),
        ),
        (
            json!({}),
            "&parentURL=https://evil.example%5C@jeux.brand.example/",
            Err("sso failed InvalidDestination"),
        ),
        (
            json!({}),
            "&parentURL=https://jeux.brand.example@evil.example/",
            Err("sso failed InvalidDestination"),
        ),
    ] {
        let mut campaign = channel.clone();
        campaign["channel"] = json!("widget");
        let mut world = World::with_sso(redirecting(), &campaign);
        let mut browser = Browser::new("");
        let url = world.url() + address;
        browser.open(&mut world, &url);
        browser.post(&mut world, &[("action", "start")]);
        browser.signed_out(&mut world);
        let guid = browser.state["channel_guid"].as_str().unwrap();
        let uk = browser.state["uk"].as_str().unwrap().to_owned();
        let got = if browser.place() == "sso redirect_offered" {
            Ok(destination(&browser))
        } else {
            Err(browser.place())
        };
        let expected = expected.map(|text| text.replace("{guid}", guid).replace("{uk}", &uk));
        assert_eq!(got, expected.map_err(str::to_owned), "{channel} {address}");
        if got.is_ok() {
            let back = format!("{}&qlf_uk={uk}", world.url());
            browser.open(&mut world, &back);
            assert_eq!(
                (browser.state["uk"].as_str(), browser.place().as_str()),
                (Some(&uk[..]), "sso check")
            );
        }
    }
}

#[test]
fn forged_identities_are_refused() {
    let mut world = World::with_sso(redirecting(), &json!({}));
    let browser = world.browser();
    world.identity = Err(IdentityRefused::InvalidSignature);
    let asked = world.asked.len();
    for (form, asks) in [
        (vec![("UID", UID)], 0),
        (vec![("UID", UID), ("UIDSignature", "x")], 0),
        (vec![("UID", "a b"), ("UIDSignature", "x"), ("signatureTimestamp", "1")], 0),
        (vec![("UID", UID), ("UIDSignature", "x"), ("signatureTimestamp", "1")], 1),
    ] {
        let mut browser = browser.clone();
        let form: Vec<_> = [("action", "session")].into_iter().chain(form).collect();
        browser.post(&mut world, &form);
        assert_eq!(browser.place(), "sso failed InvalidSignature", "{form:?}");
        browser.post(&mut world, &[("action", "retry")]);
        let identify = world.asked.drain(asked..).filter(|ask| matches!(ask, Ask::Identify { .. })).count();
        assert_eq!(identify, asks, "{form:?}");
    }
    // An address that carries a UID means nothing.
    let mut browser = browser;
    let address = format!("{}&UID={UID}", browser.state["action"].as_str().unwrap());
    browser.open(&mut world, &address);
    assert_eq!(browser.place(), "sso check");
    // Gigya confirms somebody else than the page claimed.
    world.identity = Ok(ann());
    let form = [("action", "session"), ("UID", "bob"), ("UIDSignature", "x"), ("signatureTimestamp", "1")];
    browser.post(&mut world, &form);
    assert_eq!(browser.place(), "sso failed InvalidSignature");
    browser.submit_nothing(&mut world);
    assert_eq!(world.rows().len(), 0);
}

impl Browser {
    fn submit_nothing(&mut self, world: &mut World) {
        self.post(world, &[("action", "form")]);
    }
}

/// Switched on while somebody has the ordinary form before them, single sign-on begins with a look at the
/// Gigya site: an identity that comes before that would pass by the rule about domains.
#[test]
fn nobody_is_identified_before_the_site_is_known() {
    let mut world = World::with_sso(redirecting(), &json!({}));
    world.site = prefixed();
    world.call("admin", "PUT integrations/gigya-sso/switch", &json!({"enabled": false}));
    let mut browser = Browser::new("");
    let url = world.url().replace("jeux.brand.example", "brand.qualifioapp.com");
    browser.open(&mut world, &url);
    browser.post(&mut world, &[("action", "start")]);
    assert_eq!(browser.place(), "identityset");
    world.call("admin", "PUT integrations/gigya-sso/switch", &json!({"enabled": true}));
    browser.signed_in(&mut world);
    assert_eq!(browser.place(), "sso check");
    browser.signed_in(&mut world);
    assert_eq!(browser.place(), "sso failed GigyaUnreachable");
}

#[test]
fn refused_identities() {
    let change = |change: &dyn Fn(&mut crate::Identity)| {
        let mut identity = ann();
        change(&mut identity);
        Ok(identity)
    };
    for (identity, expected, error) in [
        (
            Err(IdentityRefused::GigyaUnreachable),
            "sso failed GigyaUnreachable",
            "SsoFailed(GigyaUnreachable)",
        ),
        (
            Err(IdentityRefused::CredentialsRejected),
            "sso failed CredentialsRejected",
            "SsoFailed(CredentialsRejected)",
        ),
        (Err(IdentityRefused::StaleTimestamp), "sso failed StaleTimestamp", "SsoFailed(StaleTimestamp)"),
        (Err(IdentityRefused::AccountDisabled), "sso failed AccountDisabled", "SsoFailed(AccountDisabled)"),
        (Err(IdentityRefused::UnknownUser), "sso failed UnknownUser", "SsoFailed(UnknownUser)"),
        (change(&|ann| ann.active = false), "sso failed AccountDisabled", "SsoFailed(AccountDisabled)"),
        (change(&|ann| ann.email = None), "sso failed MissingPrimaryKey", "MissingPrimaryKey"),
        (
            change(&|ann| ann.email = Some(" ".to_owned())),
            "sso failed MissingPrimaryKey",
            "MissingPrimaryKey",
        ),
        (change(&|ann| ann.registered = false), "sso redirect_offered", ""),
    ] {
        let mut world = World::with_sso(redirecting(), &json!({}));
        let mut browser = world.browser();
        world.identity = identity;
        browser.signed_in(&mut world);
        assert_eq!((browser.place().as_str(), browser.texts("errors").join(",").as_str()), (expected, error));
        let (_, body) = world.call("admin", "GET integrations/gigya-sso", &Value::Null);
        let health = if expected.ends_with("CredentialsRejected") { "red" } else { "green" };
        assert_eq!(body["health"], json!(health), "{expected}");
        browser.submit_nothing(&mut world);
        assert_eq!((world.rows().len(), world.qualifio.take_pushes().len()), (0, 0));
    }
}

#[test]
fn unusual_identities_draw_warnings() {
    let mut world = World::with_sso(redirecting(), &json!({}));
    let mut browser = world.browser();
    let mut identity = ann();
    identity.uid = UID.to_owned();
    identity.email = Some("a@b".to_owned());
    identity.warnings = vec!["FromGigya".to_owned(), "UnusualEmail".to_owned()];
    world.identity = Ok(identity);
    browser.signed_in(&mut world);
    assert_eq!(browser.texts("warnings"), ["FromGigya", "UnusualEmail"]);
}

#[test]
fn prefix_and_domain_at_run_time() {
    let check = |host: &str, site, expected: (&str, &str)| {
        let mut world = World::with_sso(redirecting(), &json!({}));
        world.site = site;
        let mut browser = Browser::new("");
        let url = world.url().replace("jeux.brand.example", host);
        browser.open(&mut world, &url);
        browser.post(&mut world, &[("action", "start")]);
        let api_host = browser.state["sso"]["api_host"].as_str().unwrap().to_owned();
        browser.signed_in(&mut world);
        assert_eq!((api_host.as_str(), browser.place().as_str()), expected, "{host}");
    };
    let (fine, broken) = ("identityset", "sso failed GigyaUnreachable");
    check("brand.qualifioapp.com", prefixed(), ("login.brand.qualifioapp.com", broken));
    check("BRAND.QualifioApp.com.", prefixed(), ("login.brand.qualifioapp.com", broken));
    check("jeux.brand.be", prefixed(), ("login.brand.be", fine));
    check("notqualifioapp.com", prefixed(), ("login.notqualifioapp.com", fine));
    check("brand.qualifioapp.com", Ok(SiteAnswer::default()), ("accounts.eu1.gigya.com", fine));
    check("brand.qualifioapp.com", Err(AskFailed::GigyaUnreachable), ("accounts.eu1.gigya.com", fine));
}

#[test]
fn browsers_that_cannot_reach_gigya_say_so() {
    let mut world = World::with_sso(redirecting(), &json!({}));
    let mut browser = world.browser();
    browser.post(&mut world, &[("action", "session"), ("unreachable", "1")]);
    assert_eq!(browser.place(), "sso failed GigyaUnreachable");
    browser.post(&mut world, &[("action", "retry")]);
    assert_eq!(browser.place(), "sso check");
}

#[test]
fn third_party_cookies() {
    for (block, site, expected) in [
        ("false", Ok(SiteAnswer::default()), "identityset"),
        ("true", Ok(SiteAnswer::default()), "sso redirect_offered"),
        ("true", prefixed(), "identityset"),
    ] {
        let mut world = World::with_sso(redirecting(), &json!({}));
        world.qualifio.knobs_mut().set("qualifio.block_third_party_cookies", block).unwrap();
        world.site = site;
        let mut browser = world.browser();
        browser.signed_in(&mut world);
        assert_eq!(browser.place(), expected);
    }
}

#[test]
fn screen_set_on_mobile_draws_a_warning() {
    for (gigya, agent, expected) in [
        (showing_screen_set(), PHONE, vec!["ScreenSetOnMobile"]),
        (showing_screen_set(), "", vec![]),
        (redirecting(), PHONE, vec![]),
    ] {
        let mut world = World::with_sso(gigya, &json!({}));
        let mut browser = world.browser_with(agent);
        browser.signed_out(&mut world);
        assert_eq!(browser.texts("warnings"), expected);
        browser.post(
            &mut world,
            &[("action", "session"), ("UID", UID), ("UIDSignature", "x"), ("signatureTimestamp", "1")],
        );
        assert_eq!(browser.step(), "identityset", "advice, not a ban");
    }
}

#[test]
fn off_is_the_ordinary_form() {
    let mut world = World::with_sso(redirecting(), &json!({}));
    world.call("admin", "PUT integrations/gigya-sso/switch", &json!({"enabled": false}));
    let mut browser = world.browser();
    assert_eq!(
        (browser.place().as_str(), browser.variables().join(",").as_str()),
        ("identityset", "firstname,lastname,email")
    );
    browser.submit(&mut world, &[("email", "a@b.be")]);
    assert_eq!(
        (world.rows().len(), world.qualifio.take_pushes().len(), world.qualifio.pushes().len()),
        (1, 0, 0)
    );
    assert_eq!(world.rows()[0]["external_id"], json!(""));
    let (_, kept) = world.call("admin", "GET integrations/gigya-sso", &Value::Null);
    assert_eq!(kept["global"]["user_key"], json!("••••1234"));
    world.call("admin", "PUT integrations/gigya-sso/switch", &json!({"enabled": true}));
    assert_eq!(world.browser().place(), "sso check");
}

#[test]
fn an_independent_site_without_a_block_fails() {
    let gigya = {
        let mut gigya = redirecting();
        gigya["sites"] = json!({"Brand BE": {"site_mode": "Independent"}});
        gigya
    };
    let mut world = World::with_sso(gigya, &json!({}));
    let browser = world.browser();
    assert_eq!(
        (browser.place().as_str(), browser.texts("errors").join(",").as_str()),
        ("sso failed InvalidConfig", "InvalidConfig")
    );
    assert!(world.asked.is_empty(), "nobody is asked with borrowed credentials");
}

#[test]
fn sites_with_different_login_screens() {
    let mut gigya = redirecting();
    gigya["sites"] = json!({"Brand NL": showing_screen_set()});
    let websites = json!([{"name": "Brand BE"}, {"name": "Brand NL", "domain": "spel.brand.example"}]);
    for (website, expected) in [("Brand BE", "sso redirect_offered"), ("Brand NL", "sso screen_set")] {
        let campaign = json!({"sso": true, "website": website});
        let mut world =
            World::new(&json!({"websites": websites, "gigya_sso": gigya, "campaigns": [campaign]}));
        let mut browser = world.browser();
        browser.signed_out(&mut world);
        assert_eq!(browser.place(), expected);
    }
}

#[test]
fn gender_is_an_option_or_nothing() {
    for (options, known, expected) in [
        (json!(["M", "F"]), "f", "F"),
        (json!(["M", "F"]), "M", "M"),
        (json!(["M", "F"]), "u", ""),
        (json!(["M", "F", "U"]), "u", "U"),
        (json!(["M", {"value": "X", "gigya": "u"}]), "u", "X"),
    ] {
        let gender = json!({"variable": "gender", "options": options});
        let fields = json!({"fields": ["firstname", "lastname", "email", gender]});
        let mut world = World::with_sso(redirecting(), &fields);
        let mut identity = ann();
        identity.prefill.push(("gender".to_owned(), known.to_owned()));
        world.identity = Ok(identity);
        let mut browser = world.browser();
        browser.signed_in(&mut world);
        assert_eq!(browser.state["fields"][2]["value"], json!(expected), "{options} {known}");
    }
}

#[test]
fn auto_submit() {
    let fields = |more: Value| {
        let mut fields = vec![json!("firstname"), json!("lastname"), json!("email")];
        fields.extend(more.as_array().unwrap().iter().cloned());
        fields
    };
    for (more, optins, on, expected) in [
        (json!([]), json!([]), true, "exit"),
        (json!([]), json!(["news"]), true, "exit"),
        (json!([]), json!([]), false, "identityset"),
        (json!(["phone"]), json!([]), true, "identityset"),
        (json!([{"variable": "phone", "hidden": true}]), json!([]), true, "exit"),
        (json!(["shoe_size"]), json!([]), true, "identityset"),
        (json!([]), json!([{"variable": "news", "mandatory": true}]), true, "identityset"),
    ] {
        let campaign = json!({"fields": fields(more.clone()), "optins": optins, "auto_submit": on});
        let mut world = World::with_sso(redirecting(), &campaign);
        let mut browser = world.browser();
        browser.signed_in(&mut world);
        assert_eq!(browser.step(), expected, "{more} {optins}");
        assert_eq!(world.rows().len(), usize::from(expected == "exit"));
        assert_eq!(world.qualifio.take_pushes().len(), usize::from(expected == "exit"));
    }
}

/// Whoever sends a link writes nothing into the profile of somebody who is signed in and clicks on it.
#[test]
fn an_address_fills_in_no_form_that_is_submitted_unseen() {
    let phone = |hidden: bool| json!({"variable": "phone", "hidden": hidden});
    for (hidden, expected, sent) in [(false, "identityset", ""), (true, "exit", "")] {
        let fields = json!(["firstname", "lastname", "email", phone(hidden)]);
        let mut world = World::with_sso(redirecting(), &json!({"fields": fields, "auto_submit": true}));
        let mut browser = Browser::new("");
        let url = format!("{}&phone=0900123&firstname=Mallory", world.url());
        browser.open(&mut world, &url);
        browser.post(&mut world, &[("action", "start")]);
        browser.signed_in(&mut world);
        assert_eq!(browser.step(), expected, "hidden {hidden}");
        for order in world.qualifio.take_pushes() {
            let phone = order.submitted.iter().find(|(variable, _)| variable == "phone");
            assert_eq!(phone.map(|(_, value)| value.as_str()), Some(sent));
            assert!(order.submitted.contains(&("firstname".to_owned(), "Ann".to_owned())));
        }
    }
}

#[test]
fn campaigns_without_it_are_untouched() {
    let section = json!({"gigya_sso": redirecting(), "campaigns": [{"sso": false}]});
    let mut world = World::new(&section);
    let mut browser = world.browser();
    assert_eq!(browser.place(), "identityset");
    browser.submit(&mut world, &[("email", "a@b.be")]);
    assert_eq!((world.rows().len(), world.asked.len(), world.qualifio.take_pushes().len()), (1, 0, 0));
}
