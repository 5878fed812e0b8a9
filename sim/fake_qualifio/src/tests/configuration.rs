//! What operators may set up, and in which words they are refused.

use super::world::{World, redirecting, showing_screen_set};
use crate::{AskFailed, Qualifio, SiteAnswer};
use serde_json::{Value, json};
use standin_model::Instant;

fn prefixed() -> Result<SiteAnswer, AskFailed> {
    Ok(SiteAnswer { custom_api_domain_prefix: Some("login".to_owned()), ..SiteAnswer::default() })
}

fn with_all_roles() -> World {
    let roles =
        ["Organisation Owner", "Admin", "Marketer", "Editor", "External user", "Observer", "Qualifio expert"];
    let named = roles.iter().map(|role| json!({"name": role, "role": role}));
    let operators: Value = named.chain([json!({"name": "roleless"})]).collect();
    let mut gigya = redirecting();
    gigya["name"] = json!("Brand login");
    World::new(&json!({"operators": operators, "gigya_sso": gigya, "campaigns": [{"id": 700_101}]}))
}

#[test]
fn roles() {
    // A stands for Admin, M for Marketer, E for Editor, X for Qualifio expert, * for everybody.
    for (line, body, may) in [
        ("GET integrations/gigya-sso", Value::Null, "A"),
        ("PUT integrations/gigya-sso", json!({"name": "x"}), "A"),
        ("PUT integrations/gigya-sso/draft", json!({"name": "x"}), "A"),
        ("PUT integrations/gigya-sso/switch", json!({"enabled": true}), "A"),
        ("PUT integrations/gigya-sso/sites/4321", json!({"site_mode": "Inherit"}), "A"),
        ("PUT integrations/gigya-sso/expert", json!({"push_back": true}), "X"),
        ("DELETE integrations/gigya-sso/draft", Value::Null, "A"),
        ("GET integrations/gigya-sso/expert", Value::Null, "X"),
        ("GET me", Value::Null, "*"),
        ("GET websites", Value::Null, "*"),
        ("POST websites", json!({"name": "N", "domain": "n.example"}), "A"),
        ("PUT websites/4321", json!({"name": "N"}), "A"),
        ("GET campaigns", Value::Null, "*"),
        ("POST campaigns", json!({}), "AME"),
        ("PUT campaigns/700101", json!({}), "AME"),
        ("PUT campaigns/700101/sso", json!({"enabled": true}), "AME"),
        ("GET campaigns/700101/sso", Value::Null, "AME"),
        ("POST campaigns/700101/channels", json!({}), "AME"),
        ("PUT channels/700102", json!({}), "AME"),
        ("GET campaigns/700101/statistics.xlsx", Value::Null, "AM"),
        ("GET campaigns/700101/statistics", Value::Null, "AM"),
        ("GET campaigns/700101/statistics.csv", Value::Null, "AM"),
        ("GET participations", Value::Null, "AM"),
        ("GET crm/profiles", Value::Null, "AM"),
        ("GET pushes", Value::Null, "AM"),
    ] {
        for (role, letter) in [
            ("Organisation Owner", 'O'),
            ("Admin", 'A'),
            ("Marketer", 'M'),
            ("Editor", 'E'),
            ("External user", 'U'),
            ("Observer", 'R'),
            ("Qualifio expert", 'X'),
        ] {
            let outcome = with_all_roles().outcome(role, line, &body);
            let allowed = may == "*" || may.contains(letter);
            assert_eq!(outcome != "Forbidden", allowed, "{role}: {line} gave {outcome}");
            assert!(!allowed || outcome.starts_with('2'), "{role}: {line} gave {outcome}");
        }
        assert_eq!(with_all_roles().outcome("nobody", line, &body), "Unauthorized");
        let (as_nothing, as_observer) = (
            with_all_roles().outcome("roleless", line, &body),
            with_all_roles().outcome("Observer", line, &body),
        );
        assert_eq!(as_nothing, as_observer, "{line}");
    }
}

#[test]
fn keys_are_never_shown() {
    let mut world = with_all_roles();
    let (_, body) = world.call("admin", "GET integrations/gigya-sso", &Value::Null);
    let global = &body["global"];
    assert_eq!(
        json!([global["user_key"], global["secret_key"], global["api_key"]]),
        json!(["••••1234", "••••dA==", "••••_Key"])
    );
    let debug = format!("{:?}", world.qualifio);
    assert!(!debug.contains("AKey1234") && !debug.contains("c2VjcmV0"), "keys in a debug print");
}

#[test]
fn refusals_of_save() {
    let samples = include_str!("../../../../fixtures/contracts/qualifio/integration_refusals.json");
    let samples: Value = serde_json::from_str(samples).unwrap();
    for sample in samples.as_array().unwrap() {
        let mut world = World::new(&json!({}));
        let mut body = redirecting();
        for (name, value) in sample["change"].as_object().unwrap() {
            if value.is_null() {
                body.as_object_mut().unwrap().shift_remove(name);
            } else {
                body[name] = value.clone();
            }
        }
        let (status, answer) = world.call("admin", "PUT integrations/gigya-sso", &body);
        assert_eq!((json!(status), &answer), (sample["status"].clone(), &sample["answer"]), "{sample}");
        let (_, after) = world.call("admin", "GET integrations/gigya-sso", &Value::Null);
        assert_eq!(after["global"], Value::Null, "nothing of a refused save stays");
    }
}

#[test]
fn changes_count_from_save_on() {
    let mut world = World::with_sso(redirecting(), &json!({}));
    let place = |world: &mut World| {
        let mut browser = world.browser();
        browser.signed_out(world);
        browser.place()
    };
    let (_, body) = world.call("admin", "PUT integrations/gigya-sso/draft", &showing_screen_set());
    assert_eq!(json!([body["unsaved"], body["global"]["login_screen"]]), json!([true, "Redirect"]));
    assert_eq!(place(&mut world), "sso redirect_offered");
    assert_eq!(world.outcome("admin", "POST integrations/gigya-sso/draft/save", &Value::Null), "200");
    assert_eq!(place(&mut world), "sso screen_set");
    assert_eq!(world.outcome("admin", "POST integrations/gigya-sso/draft/save", &Value::Null), "NotFound");
}

#[test]
fn only_an_expert_sets_push_back() {
    let mut world = with_all_roles();
    let body = json!({"push_back": false, "phone_policy": "Append", "send_mode": "ChangedOnly"});
    assert_eq!(world.outcome("admin", "PUT integrations/gigya-sso/expert", &body), "Forbidden");
    assert_eq!(world.outcome("admin", "PUT integrations/gigya-sso", &body), "Malformed(push_back)");
    let (_, answer) = world.call("expert", "PUT integrations/gigya-sso/expert", &body);
    assert_eq!(
        json!([answer["push_back"], answer["phone_policy"], answer["send_mode"]]),
        json!([false, "Append", "ChangedOnly"])
    );
    let outcome =
        world.outcome("expert", "PUT integrations/gigya-sso/expert", &json!({"phone_policy": "Both"}));
    assert_eq!(outcome, "Malformed(phone_policy)");
}

#[test]
fn a_subscription_without_single_sign_on() {
    let mut gigya = redirecting();
    gigya["gigya_subscription"] = json!({"sso": false});
    let mut world = World::new(&json!({"gigya_sso": gigya, "campaigns": [{"id": 700_101}]}));
    for (line, body, expected) in [
        ("PUT integrations/gigya-sso", redirecting(), "SsoNotInSubscription"),
        ("PUT integrations/gigya-sso/sites/4321", redirecting(), "SsoNotInSubscription"),
        ("PUT integrations/gigya-sso/switch", json!({"enabled": true}), "SsoNotInSubscription"),
        ("PUT integrations/gigya-sso/switch", json!({"enabled": false}), "200"),
        ("PUT campaigns/700101/sso", json!({"enabled": true}), "SsoNotInSubscription"),
    ] {
        assert_eq!(world.outcome("admin", line, &body), expected, "{line}");
    }
}

#[test]
fn mapping_takes_no_custom_variable() {
    let mut world = with_all_roles();
    for (variable, expected) in [
        ("shoe_size", "UnsupportedVariable(shoe_size)"),
        ("company", "UnsupportedVariable(company)"),
        ("phone", "AlreadyMapped(phone)"),
    ] {
        let body = json!({"variable": variable, "path": "data.x"});
        assert_eq!(world.outcome("admin", "POST integrations/gigya-sso/mapping", &body), expected);
    }
}

#[test]
fn sites_keep_their_block_while_they_inherit() {
    let mut world = with_all_roles();
    let line = "PUT integrations/gigya-sso/sites/4321";
    let modes = |world: &mut World, body: &Value| {
        let (_, body) = world.call("admin", line, body);
        format!("{} {}", body["site_mode"], body["block"]["login_screen"])
    };
    assert_eq!(modes(&mut world, &showing_screen_set()), "\"Independent\" \"Screen-Set\"");
    assert_eq!(modes(&mut world, &json!({"site_mode": "Inherit"})), "\"Inherit\" \"Screen-Set\"");
    assert_eq!(modes(&mut world, &json!({"site_mode": "Independent"})), "\"Independent\" \"Screen-Set\"");
    let partial = json!({"login_screen": "Redirect"});
    assert_eq!(world.outcome("admin", line, &partial), "MissingField(redirection_url)");
    assert_eq!(world.outcome("admin", "PUT integrations/gigya-sso/sites/9", &partial), "NotFound");
}

#[test]
fn websites_and_domains() {
    for (domain, site, expected) in [
        ("brand.qualifioapp.com", prefixed(), "DomainForbidden(brand.qualifioapp.com)"),
        ("BRAND.QualifioApp.com.", prefixed(), "DomainForbidden(brand.qualifioapp.com)"),
        ("jeux.brand.be", prefixed(), "200"),
        ("notqualifioapp.com", prefixed(), "200"),
        ("brand.qualifioapp.com", Ok(SiteAnswer::default()), "200"),
        ("brand.qualifioapp.com", Err(AskFailed::GigyaUnreachable), "200"),
        ("a b", prefixed(), "InvalidField(domain)"),
        ("manager.qualifioapp.com", Ok(SiteAnswer::default()), "DomainForbidden(manager.qualifioapp.com)"),
        ("qualifioapp.com", Ok(SiteAnswer::default()), "DomainForbidden(qualifioapp.com)"),
        ("api.qualifio.com", Ok(SiteAnswer::default()), "DomainForbidden(api.qualifio.com)"),
        ("Accounts.EU1.gigya.com", Ok(SiteAnswer::default()), "DomainForbidden(accounts.eu1.gigya.com)"),
        ("login.eloqua.com", Ok(SiteAnswer::default()), "DomainForbidden(login.eloqua.com)"),
        ("player.qualifio.com", Ok(SiteAnswer::default()), "200"),
        ("brand.qualif.io", Ok(SiteAnswer::default()), "200"),
        ("manager.brand.be", Ok(SiteAnswer::default()), "DomainForbidden(manager.brand.be)"),
        ("gigya.com.brand.be", Ok(SiteAnswer::default()), "200"),
    ] {
        let mut world = with_all_roles();
        let same_site = site.clone();
        world.site = site;
        let outcome = world.outcome("admin", "PUT websites/4321", &json!({"domain": domain}));
        assert_eq!(outcome, expected, "{domain}");
        let doubled = world.outcome("admin", "POST websites", &json!({"name": "N", "domain": domain}));
        assert_eq!(doubled, expected.replace("200", "InvalidField(domain)"), "{domain}");
        let mut world = with_all_roles();
        world.site = same_site;
        let created = world.outcome("admin", "POST websites", &json!({"name": "N", "domain": domain}));
        assert_eq!(created, expected.replace("200", "201"), "{domain}");
    }
    let mut world = World::new(&json!({}));
    world.site = prefixed();
    let outcome = world.outcome("admin", "PUT websites/4321", &json!({"domain": "brand.qualifioapp.com"}));
    assert_eq!((outcome.as_str(), world.asked.len()), ("200", 0), "no integration, no rule");
    assert_eq!(world.outcome("admin", "POST websites", &json!({"name": "N"})), "MissingField(domain)");
    assert_eq!(world.outcome("admin", "PUT websites/9", &json!({})), "NotFound");
}

#[test]
fn whatever_is_typed_has_a_longest() {
    let mut world = with_all_roles();
    let long = |most: usize| "x".repeat(most + 1);
    let form = |member: &str, value: Value| {
        let mut field = json!({"variable": "shoe_size"});
        field[member] = value;
        json!({"fields": ["firstname", "lastname", "email", field]})
    };
    for (line, body, expected) in [
        ("PUT campaigns/700101", form("label", long(2_000).into()), "fields[3].label"),
        ("PUT campaigns/700101", form("message", long(2_000).into()), "fields[3].message"),
        ("PUT campaigns/700101", form("mask", long(100).into()), "fields[3].mask"),
        ("PUT campaigns/700101", form("options", vec!["x"; 1_001].into()), "fields[3].options"),
        (
            "PUT campaigns/700101",
            json!({"optins": [{"variable": "n", "description": long(2_000)}]}),
            "optins[0].description",
        ),
        (
            "PUT campaigns/700101",
            json!({"questions": [{"label": "?", "answers": [long(2_000)]}]}),
            "questions[0].answers[0]",
        ),
        ("PUT campaigns/700101", json!({"creator": long(100)}), "creator"),
        ("PUT integrations/gigya-sso/draft", json!({"name": long(255)}), "name"),
        ("PUT integrations/gigya-sso/draft", json!({"redirection_url": long(2_000)}), "redirection_url"),
        ("PUT integrations/gigya-sso/draft", json!({"secret_key": long(2_000)}), "secret_key"),
        (
            "POST integrations/webhooks",
            json!({"name": "n", "url": "https://a.example", "secret": long(2_000)}),
            "secret",
        ),
        (
            "POST integrations/webhooks",
            json!({"name": "n", "url": "https://a.example", "scope": {"campaigns": vec![1; 1_001]}}),
            "scope.campaigns",
        ),
        ("POST feeds", json!({"name": long(255)}), "name"),
        ("POST feeds", json!({"websites": vec![4321; 1_001]}), "websites"),
        (
            "POST websites",
            json!({"name": "n", "domain": format!("{}.example", "a.".repeat(124) + "a")}),
            "domain",
        ),
        (
            "POST gdpr/erasures",
            json!({"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "justification": long(2_000)}),
            "justification",
        ),
    ] {
        let (status, told) = world.call("Admin", line, &body);
        assert!((400..500).contains(&status), "{line} {expected}: {status}");
        assert_eq!(told["error"]["field"], expected, "{line}: {told}");
    }
    let (status, _) = world.call("Admin", "PUT campaigns/700101", &form("label", "x".repeat(2_000).into()));
    assert_eq!(status, 200);
}

#[test]
fn campaigns_are_created_and_edited() {
    let mut world = with_all_roles();
    let (status, made) =
        world.call("Marketer", "POST campaigns", &json!({"name": "Spring", "language": "NL"}));
    assert_eq!((status, &made["id"], &made["channels"][0]["id"]), (201, &json!(700_103), &json!(700_104)));
    assert_eq!(made["channels"][0]["language"], json!("nl"));
    let guid = made["channels"][0]["guid"].as_str().unwrap();
    assert_eq!(
        made["channels"][0]["url"],
        json!(format!("https://jeux.brand.example/20/{guid}/v1.cfm?id={guid}"))
    );
    for (line, body, expected) in [
        ("PUT campaigns/700103", json!({"fields": ["firstname", "lastname"]}), "MissingField(email)"),
        (
            "PUT campaigns/700103",
            json!({"fields": ["firstname", "lastname", "email", "a b"]}),
            "Malformed(fields[3])",
        ),
        ("PUT campaigns/700103", json!({"titel": "x"}), "Malformed(titel)"),
        ("PUT campaigns/700103", json!({"sso": true}), "Malformed(sso)"),
        ("PUT campaigns/700103", json!({"steps": ["exit", "intro"]}), "Malformed(steps[1])"),
        ("PUT campaigns/700103", json!({"title": "Summer", "limit": {"NPerEmail": 2}}), "200"),
        ("POST campaigns", json!({"sso": true}), "Malformed(sso)"),
        ("POST campaigns", json!({"website": "Nowhere"}), "Malformed(website)"),
        ("POST campaigns", json!([]), "Malformed"),
        ("GET campaigns/700103", Value::Null, "200"),
        ("GET campaigns/7", Value::Null, "NotFound"),
        ("GET campaigns/x", Value::Null, "NotFound"),
        ("DELETE campaigns/700103", Value::Null, "NotFound"),
    ] {
        assert_eq!(world.outcome("admin", line, &body), expected, "{line} {body}");
    }
    let (_, shown) = world.call("Observer", "GET campaigns/700103", &Value::Null);
    assert_eq!(json!([shown["title"], shown["limit"]]), json!(["Summer", {"NPerEmail": 2}]));
}

#[test]
fn enabling_single_sign_on() {
    let form = json!(["firstname", "lastname", "email"]);
    let custom = json!(["firstname", "lastname", "email", "shoe_size"]);
    let twice = json!(["firstname", "lastname", "email", "firstname"]);
    let domain = |domain: &str| json!([{"name": "Brand BE", "domain": domain}]);
    let own = domain("jeux.brand.example");
    for (gigya, websites, campaign, expected) in [
        (redirecting(), own.clone(), json!({"fields": form}), "[]"),
        (showing_screen_set(), own.clone(), json!({"channel": "mobile"}), r#"["ScreenSetOnMobile"]"#),
        (showing_screen_set(), own.clone(), json!({"channel": "widget"}), r#"["ScreenSetOnMobile"]"#),
        (showing_screen_set(), own.clone(), json!({"channel": "minisite"}), "[]"),
        (redirecting(), own.clone(), json!({"channel": "mobile"}), "[]"),
        (
            redirecting(),
            own.clone(),
            json!({"fields": custom, "optins": ["news"]}),
            r#"["UnsupportedFieldNotPushed(shoe_size)","UnsupportedFieldNotPushed(news)"]"#,
        ),
        (redirecting(), own.clone(), json!({"lite_registration": true}), r#"["LiteAndSsoTogether"]"#),
        (
            redirecting(),
            domain("player.qualifio.com"),
            json!({}),
            r#"["SharedQualifioHost(player.qualifio.com)"]"#,
        ),
        (redirecting(), domain("brand.qualifioapp.com"), json!({}), "DomainForbidden(brand.qualifioapp.com)"),
        (redirecting(), own.clone(), json!({"mode": "anonymous"}), "AnonymousCampaign"),
        (redirecting(), own.clone(), json!({"fields": twice}), "DuplicateVariable(firstname)"),
        (Value::Null, own.clone(), json!({}), "InvalidConfig(Brand BE)"),
    ] {
        let mut world =
            World::new(&json!({"gigya_sso": gigya, "websites": websites, "campaigns": [campaign]}));
        world.site = prefixed();
        let line = format!("PUT campaigns/{}/sso", world.campaign());
        let (_, answer) = world.call("admin", &line, &json!({"enabled": true}));
        let got = match answer["warnings"].as_array() {
            Some(warnings) => {
                let names: Value = warnings
                    .iter()
                    .map(|warning| match warning["field"].as_str() {
                        Some(field) => format!("{}({field})", warning["name"].as_str().unwrap()),
                        None => warning["name"].as_str().unwrap().to_owned(),
                    })
                    .collect();
                names.to_string()
            }
            None => world.outcome("admin", &line, &json!({"enabled": true})),
        };
        assert_eq!(got, expected, "{campaign} {websites}");
        let on = world.qualifio.campaigns()[0]["sso"]["enabled"].as_bool().unwrap();
        assert_eq!(on, expected.starts_with('['), "{campaign}");
    }
}

#[test]
fn each_gigya_site_is_asked_once() {
    let websites = json!([{"name": "BE"}, {"name": "NL", "domain": "nl.example"}, {"name": "FR", "domain": "fr.example"}]);
    let mut gigya = redirecting();
    let mut other = showing_screen_set();
    other["api_key"] = json!("3_Other");
    gigya["sites"] = json!({"NL": other});
    let channels = json!([{"website": "BE"}, {"website": "NL"}, {"website": "FR"}]);
    let section = json!({"websites": websites, "gigya_sso": gigya, "campaigns": [{"channels": channels}]});
    let mut world = World::new(&section);
    let line = format!("PUT campaigns/{}/sso", world.campaign());
    assert_eq!(world.outcome("admin", &line, &json!({"enabled": true})), "200");
    let keys = world.asked.iter().map(|ask| match ask {
        crate::Ask::SiteConfig(config) | crate::Ask::Identify { config, .. } => config.api_key.as_str(),
    });
    let keys: Vec<_> = keys.collect();
    assert_eq!(keys, ["3_Key", "3_Other"]);
}

#[test]
fn editing_a_campaign_with_single_sign_on() {
    let mut world = World::with_sso(redirecting(), &json!({}));
    let line = format!("PUT campaigns/{}", world.campaign());
    for (body, expected) in [
        (json!({"fields": ["firstname", "lastname", "email", "email"]}), "DuplicateVariable(email)"),
        (json!({"mode": "anonymous"}), "AnonymousCampaign"),
        (json!({"fields": ["firstname", "lastname", "email", "phone"]}), "200"),
    ] {
        assert_eq!(world.outcome("Editor", &line, &body), "Unauthorized");
        assert_eq!(world.outcome("admin", &line, &body), expected);
    }
}

#[test]
fn mistakes_in_a_world_have_places() {
    for (section, path, message) in [
        (json!({"campains": []}), "campains", "`campains` is not known here"),
        (json!({"gigya_sso": {}}), "gigya_sso", "`user_key` is missing"),
        (
            json!({"gigya_sso": {"user_key": "k", "api_key": "3_K", "secret_key": "?"}}),
            "gigya_sso.secret_key",
            "InvalidSecret: the secret key is not valid Base64",
        ),
        (
            json!({"gigya_sso": {"login_screen": "Redirekt"}}),
            "gigya_sso.login_screen",
            "`Redirekt` is not known here",
        ),
        (json!({"campaigns": [{"sso": true}]}), "campaigns[0]", "single sign-on has no configuration"),
        (json!({"campaigns": [{"website": "X"}]}), "campaigns[0].website", "no website is called so"),
        (json!({"campaigns": [{"fields": ["firstname"]}]}), "campaigns[0]", "`lastname` is missing"),
        (
            json!({"gigya_sso": redirecting(), "campaigns": [{"sso": true, "mode": "anonymous"}]}),
            "campaigns[0]",
            "AnonymousCampaign: an anonymous campaign has no form step and so no single sign-on",
        ),
        (
            json!({"campaigns": [{"id": 5}, {"id": 6}]}),
            "campaigns[1].id",
            "InvalidField: `id` is taken already",
        ),
        (
            json!({"operators": [{"name": "x", "role": "Boss"}]}),
            "operators[0].role",
            "`Boss` is not known here",
        ),
        (
            json!({"campaigns": [{"fields": ["firstname", "lastname", "email", "external_id"]}]}),
            "campaigns[0].fields[3]",
            "a column of the statistics has this name",
        ),
        (
            json!({"campaigns": [{"fields": [{"variable": "size", "options": [{"value": "L", "gigya": "m"}]}]}]}),
            "campaigns[0].fields[0].options[0].gigya",
            "only the options of a gender are bound to Gigya's letters",
        ),
        (
            json!({"websites": [{"domain": "a b"}]}),
            "websites[0].domain",
            "InvalidField: `domain` is not a host name",
        ),
    ] {
        let mut qualifio = Qualifio::new(1);
        let error = qualifio.seed(Instant::START, &section).unwrap_err();
        assert_eq!((error.path.as_str(), error.message.as_str()), (path, message));
    }
}

/// What a campaign says of all its channels holds for each that says nothing else.
#[test]
fn channels_have_what_the_campaign_says() {
    let mut world =
        World::new(&json!({"websites": [{"name": "BE"}, {"name": "NL", "domain": "nl.example"}]}));
    let (status, made) = world.call(
        "admin",
        "POST campaigns",
        &json!({
            "title": "Quiz", "website": "NL", "language": "nl", "channel": "mobile",
            "starts": "2026-02-01T00:00:00Z", "ends": "2026-03-01T00:00:00Z",
            "parent_page": "https://www.brand.example/x",
            "channels": [{}, {"channel": "widget", "website": "BE", "language": "fr", "ends": "2026-04-01T00:00:00Z"}],
        }),
    );
    assert_eq!(status, 201, "{made}");
    let told = made["channels"].as_array().unwrap().iter().map(|it| {
        json!([
            it["channel"],
            it["website_name"],
            it["language"],
            it["starts"],
            it["ends"],
            it["parent_page"]
        ])
    });
    let (start, page) = ("2026-02-01T00:00:00.000Z", "https://www.brand.example/x");
    assert_eq!(
        told.collect::<Value>(),
        json!([
            ["mobile", "NL", "nl", start, "2026-03-01T00:00:00.000Z", page],
            ["widget", "BE", "fr", start, "2026-04-01T00:00:00.000Z", page],
        ])
    );
    let line = format!("PUT campaigns/{}", made["id"]);
    assert_eq!(world.outcome("admin", &line, &json!({"language": "de"})), "Malformed(language)");
}

/// Screen-sets and phones meet whichever of them comes last.
#[test]
fn screen_sets_on_phones_are_told_of_when_they_meet() {
    let names = |body: &Value| {
        body["warnings"].as_array().unwrap().iter().map(|it| it["name"].clone()).collect::<Value>()
    };
    let advised = json!(["ScreenSetOnMobile"]);
    for (gigya, channel, expected) in [
        (showing_screen_set(), "mobile", &advised),
        (showing_screen_set(), "widget", &advised),
        (showing_screen_set(), "minisite", &json!([])),
        (redirecting(), "mobile", &json!([])),
    ] {
        let mut world = World::with_sso(gigya, &json!({}));
        let line = format!("POST campaigns/{}/channels", world.campaign());
        let (status, body) = world.call("admin", &line, &json!({"channel": channel}));
        assert_eq!((status, &names(&body)), (201, expected), "{channel}");
    }
    let site = "PUT integrations/gigya-sso/sites/";
    for (sso, channel, expected) in [
        (true, "widget", &advised),
        (true, "mobile", &advised),
        (true, "minisite", &json!([])),
        (false, "widget", &json!([])),
    ] {
        let mut world = World::with_sso(redirecting(), &json!({"channel": channel, "sso": sso}));
        let (_, body) = world.call("admin", "PUT integrations/gigya-sso", &redirecting());
        assert_eq!(names(&body), json!([]));
        let (status, body) = world.call("admin", "PUT integrations/gigya-sso", &showing_screen_set());
        assert_eq!((status, &names(&body)), (200, expected), "{sso} {channel}");
        let (_, all) = world.call("admin", "GET websites", &Value::Null);
        let id = all["websites"][0]["id"].clone();
        let (_, body) = world.call("admin", &format!("{site}{id}"), &redirecting());
        assert_eq!(names(&body), json!([]), "{body}");
        let (_, body) = world.call("admin", &format!("{site}{id}"), &json!({"site_mode": "Inherit"}));
        assert_eq!(&names(&body), expected, "{sso} {channel}: {body}");
    }
}
