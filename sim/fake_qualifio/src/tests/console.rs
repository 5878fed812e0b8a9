//! The operators' pages, who is signed in, and what the pages read from the API.

use super::world::{World, redirecting, showing_screen_set};
use crate::console::ASSETS;
use crate::manager::session::COOKIE;
use crate::{AskFailed, Qualifio, SiteAnswer};
use http::header;
use serde_json::{Value, json};
use standin_ports::{Request, Response};
use std::time::Duration;

const HOST: &str = "https://manager.qualifioapp.com";

const ROLES: &[&str] =
    &["Organisation Owner", "Admin", "Marketer", "Editor", "External user", "Observer", "Qualifio expert"];

fn world() -> World {
    let operators: Value = ROLES.iter().map(|role| json!({"name": role, "role": role})).collect();
    World::new(&json!({
        "operators": operators, "gigya_sso": redirecting(), "campaigns": [{"id": 700_101, "name": "Quiz"}],
    }))
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Request {
    let mut request = http::Request::builder().method(method).uri(format!("{HOST}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(if body.is_null() { String::new() } else { body.to_string() }.into()).unwrap()
}

fn json_of(response: &Response) -> Value {
    serde_json::from_slice(response.body()).unwrap_or(Value::Null)
}

fn cookie_of(response: &Response) -> String {
    response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned()
}

/// The `Cookie` line of somebody who has signed in.
fn signed_in(world: &mut World, operator: &str) -> String {
    let answer = world.send(request(
        "POST",
        "/manager/api/session",
        &[("origin", HOST)],
        &json!({"operator": operator}),
    ));
    assert_eq!(answer.status(), 200, "{operator}");
    cookie_of(&answer).split(';').next().unwrap().to_owned()
}

#[test]
fn pages_are_served_and_guarded() {
    let mut world = world();
    for asset in ASSETS {
        let mut get = |host: &str| {
            world.send(http::Request::get(format!("{host}{}", asset.path)).body(bytes::Bytes::new()).unwrap())
        };
        assert_eq!(
            get("https://jeux.brand.example").status(),
            404,
            "a campaign's host is not the back office"
        );
        for host in [HOST, "http://127.0.0.1:8080"] {
            let answer = get(host);
            assert_eq!((answer.status().as_u16(), answer.body()), (200, &bytes::Bytes::from(asset.text)));
            let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
        }
        assert_eq!(Qualifio::call_name(&request("GET", asset.path, &[], &Value::Null)), "manager page");
    }
    for (method, path, expected) in [
        ("GET", "/", 301),
        ("GET", "/manager", 301),
        ("GET", "/console/console.js", 200),
        ("GET", "/console/console.css", 200),
        ("POST", "/manager/", 405),
        ("GET", "/manager/else", 404),
    ] {
        assert_eq!(
            world.send(request(method, path, &[], &Value::Null)).status().as_u16(),
            expected,
            "{path}"
        );
    }
}

/// What a page loads is served, and nothing in it would be refused by its policy.
#[test]
fn pages_load_what_is_served_and_nothing_inline() {
    let paths: Vec<&str> = ASSETS.iter().map(|asset| asset.path).collect();
    for asset in ASSETS {
        let quoted =
            asset.text.split(['"', '\'']).filter(|part| part.ends_with(".js") || part.ends_with(".css"));
        for name in quoted {
            let path = name.strip_prefix("./").map_or(name.to_owned(), |name| format!("/manager/{name}"));
            assert!(
                paths.contains(&path.as_str()) || path.starts_with("/console/"),
                "{}: {name}",
                asset.path
            );
        }
        for forbidden in
            ["innerHTML", "insertAdjacentHTML", "eval(", "document.write", "style=", " onclick=\""]
        {
            assert!(!asset.text.contains(forbidden), "{} has {forbidden}", asset.path);
        }
    }
}

#[test]
fn signing_in_and_out() {
    let mut world = world();
    let listed = json_of(&world.send(request("GET", "/manager/api/operators", &[], &Value::Null)));
    assert_eq!(listed["operators"][0], json!({"name": "Admin", "role": "Admin"}));
    let answer = world.send(request("POST", "/manager/api/session", &[], &json!({"operator": "Marketer"})));
    let set = cookie_of(&answer);
    let (pair, attributes) = set.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/manager/; Max-Age=28800; HttpOnly; SameSite=Strict; Secure");
    assert_eq!(pair.len(), COOKIE.len() + 1 + 43);
    let me = |world: &mut World, cookie: &str| {
        let answer = world.send(request("GET", "/manager/api/me", &[("cookie", cookie)], &Value::Null));
        json_of(&answer)["operator"].as_str().map(str::to_owned)
    };
    assert_eq!(me(&mut world, pair).as_deref(), Some("Marketer"));
    assert_eq!(me(&mut world, &format!("{COOKIE}=x")), None);
    let out = world.send(request("DELETE", "/manager/api/session", &[("cookie", pair)], &Value::Null));
    assert!(cookie_of(&out).starts_with(&format!("{COOKIE}=; Path=/manager/; Max-Age=0;")));
    assert_eq!(me(&mut world, pair), None, "the session is over, whoever kept the cookie");
    for (body, expected) in [
        (json!({"operator": "nobody"}), "InvalidField"),
        (json!({}), "MissingField"),
        (json!({"operator": 7}), "Malformed"),
        (json!({"name": "Admin"}), "Malformed"),
    ] {
        let refused = world.send(request("POST", "/manager/api/session", &[], &body));
        assert_eq!(json_of(&refused)["error"]["name"], json!(expected), "{body}");
        assert!(!refused.headers().contains_key(header::SET_COOKIE));
    }
}

#[test]
fn the_same_seed_gives_the_same_session_and_moves_nothing_else() {
    let guid = |world: &mut World| {
        let (_, made) = world.call("Admin", "POST campaigns", &json!({}));
        made["guid"].as_str().unwrap().to_owned()
    };
    let (mut one, mut two) = (world(), world());
    assert_eq!(signed_in(&mut one, "Admin"), signed_in(&mut two, "Admin"));
    assert_eq!(guid(&mut one), guid(&mut world()));
}

#[test]
fn over_plain_http_the_cookie_is_not_secure() {
    let mut world = world();
    let request = http::Request::post("http://127.0.0.1:4601/manager/api/session")
        .body(json!({"operator": "Admin"}).to_string().into())
        .unwrap();
    assert!(cookie_of(&world.send(request)).ends_with("HttpOnly; SameSite=Strict"));
}

#[test]
fn sessions_end() {
    let mut world = world();
    let cookie = signed_in(&mut world, "Admin");
    for (hours, expected) in [(7, 200), (8, 401)] {
        world.now = standin_model::Instant::START.plus(Duration::from_secs(3600 * hours));
        let answer = world.send(request("GET", "/manager/api/me", &[("cookie", &cookie)], &Value::Null));
        assert_eq!(answer.status().as_u16(), expected, "after {hours} hours");
    }
}

#[test]
fn changes_by_cookie_come_from_our_own_pages() {
    let off = json!({"enabled": false});
    let path = "/manager/api/integrations/gigya-sso/switch";
    for (headers, expected) in [
        (vec![("origin", HOST)], 200),
        (vec![("origin", "https://MANAGER.qualifioapp.com")], 200),
        (vec![], 200),
        (vec![("sec-fetch-site", "same-origin"), ("origin", HOST)], 200),
        (vec![("origin", "https://evil.example")], 403),
        (vec![("origin", "https://manager.qualifioapp.com.evil.example")], 403),
        (vec![("origin", "https://jeux.qualifioapp.com")], 403),
        (vec![("origin", "null")], 403),
        (vec![("sec-fetch-site", "cross-site")], 403),
        (vec![("sec-fetch-site", "same-site"), ("origin", HOST)], 403),
    ] {
        let mut world = world();
        let cookie = signed_in(&mut world, "Admin");
        let headers: Vec<_> = headers.iter().copied().chain([("cookie", cookie.as_str())]).collect();
        let answer = world.send(request("PUT", path, &headers, &off));
        assert_eq!(answer.status().as_u16(), expected, "{headers:?}");
        if expected == 403 {
            assert_eq!(json_of(&answer)["error"]["name"], json!("Forbidden"));
            let (_, after) = world.call("Admin", "GET integrations/gigya-sso", &Value::Null);
            assert_eq!(after["enabled"], json!(true));
        }
    }
    let mut world = world();
    let bearer = [("origin", "https://tool.example"), ("authorization", "Bearer Admin")];
    assert_eq!(
        world.send(request("PUT", path, &bearer, &off)).status(),
        200,
        "a token is nobody's by accident"
    );
    let foreign = [("origin", "https://evil.example")];
    let login = world.send(request("POST", "/manager/api/session", &foreign, &json!({"operator": "Admin"})));
    assert_eq!(login.status(), 403);
    let cookie = signed_in(&mut world, "Admin");
    let wrong = [("cookie", cookie.as_str()), ("authorization", "Bearer nobody")];
    assert_eq!(world.send(request("GET", "/manager/api/me", &wrong, &Value::Null)).status(), 401);
}

#[test]
fn what_a_role_may_do() {
    for (role, expected) in [
        ("Organisation Owner", ""),
        ("Admin", "integrations websites campaigns data gdpr"),
        ("Marketer", "campaigns data"),
        ("Editor", "campaigns"),
        ("External user", ""),
        ("Observer", ""),
        ("Qualifio expert", "expert"),
    ] {
        let mut world = world();
        let cookie = signed_in(&mut world, role);
        let me =
            json_of(&world.send(request("GET", "/manager/api/me", &[("cookie", &cookie)], &Value::Null)));
        assert_eq!(json!([me["operator"], me["role"]]), json!([role, role]));
        let may = me["may"].as_object().unwrap().iter().filter(|(_, may)| may.as_bool() == Some(true));
        let may: Vec<&str> = may.map(|(name, _)| name.as_str()).collect();
        assert_eq!(may.join(" "), expected, "{role}");
    }
}

#[test]
fn answers_are_kept_by_nobody() {
    let mut world = world();
    for path in ["me", "integrations/gigya-sso", "campaigns/700101/statistics.csv", "nothing"] {
        let bearer = [("authorization", "Bearer Admin")];
        let answer = world.send(request("GET", &format!("/manager/api/{path}"), &bearer, &Value::Null));
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store", "{path}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{path}");
    }
}

#[test]
fn a_draft_is_shown_masked() {
    let mut world = world();
    let mut body = showing_screen_set();
    body["user_key"] = json!("BKey5678");
    body["name"] = json!("New name");
    world.call("Admin", "PUT integrations/gigya-sso/draft", &body);
    let line = "PUT integrations/gigya-sso/draft";
    let (_, shown) = world.call("Admin", line, &json!({"screen_set": "Other", "login_screen": "Screen-Set"}));
    let draft = &shown["draft"];
    assert_eq!(
        json!([draft["screen_set"], draft["user_key"], draft["secret_key"]]),
        json!(["Other", "••••5678", "••••dA=="]),
        "keys that were typed stay in the draft"
    );
    assert_eq!(json!([shown["unsaved"], shown["global"]["login_screen"]]), json!([true, "Redirect"]));
    assert!(!format!("{:?}", world.qualifio).contains("BKey5678"));
    let (_, after) = world.call("Admin", "DELETE integrations/gigya-sso/draft", &Value::Null);
    assert_eq!(json!([after["unsaved"], after["draft"]]), json!([false, null]));
    world.call("Admin", line, &body);
    let (_, saved) = world.call("Admin", "POST integrations/gigya-sso/draft/save", &Value::Null);
    assert_eq!(
        json!([saved["name"], saved["global"]["login_screen"], saved["global"]["user_key"], saved["draft"]]),
        json!(["New name", "Screen-Set", "••••5678", null])
    );
}

#[test]
fn the_page_knows_what_counts_on_each_site() {
    let mut gigya = redirecting();
    gigya["sites"] = json!({"NL": {"site_mode": "Independent"}, "FR": showing_screen_set()});
    let websites = json!([{"name": "BE"}, {"name": "NL", "domain": "nl.example"}, {"name": "FR", "domain": "fr.example"}]);
    let mut world = World::new(&json!({"websites": websites, "gigya_sso": gigya}));
    let (_, shown) = world.call("admin", "GET integrations/gigya-sso", &Value::Null);
    let sites = shown["sites"].as_array().unwrap().iter();
    let seen: Value = sites
        .map(|site| json!([site["domain"], site["site_mode"], site["effective_login_screen"]]))
        .collect();
    assert_eq!(
        seen,
        json!([
            ["jeux.brand.example", "Inherit", "Redirect"],
            ["nl.example", "Independent", null],
            ["fr.example", "Independent", "Screen-Set"],
        ])
    );
}

#[test]
fn single_sign_on_is_looked_at() {
    let prefixed = SiteAnswer { custom_api_domain_prefix: Some("login".to_owned()), ..SiteAnswer::default() };
    for (domain, campaign, site, warnings, refusal) in [
        ("jeux.brand.example", json!({}), Ok(prefixed.clone()), json!([]), Value::Null),
        ("b.qualifioapp.com", json!({}), Ok(prefixed.clone()), json!([]), json!("DomainForbidden")),
        ("b.qualifioapp.com", json!({}), Ok(SiteAnswer::default()), json!([]), Value::Null),
        (
            "jeux.brand.example",
            json!({"channel": "mobile"}),
            Ok(prefixed.clone()),
            json!([{"name": "ScreenSetOnMobile"}]),
            Value::Null,
        ),
        (
            "player.qualifio.com",
            json!({"lite_registration": true}),
            Err(AskFailed::CredentialsRejected),
            json!([
                {"name": "SharedQualifioHost", "field": "player.qualifio.com"}, {"name": "CredentialsRejected"},
                {"name": "LiteAndSsoTogether"},
            ]),
            Value::Null,
        ),
        (
            "jeux.brand.example",
            json!({"mode": "anonymous"}),
            Ok(prefixed),
            json!([]),
            json!("AnonymousCampaign"),
        ),
    ] {
        let websites = json!([{"name": "BE", "domain": domain}]);
        let mut world = World::new(
            &json!({"gigya_sso": showing_screen_set(), "websites": websites, "campaigns": [campaign]}),
        );
        world.site = site;
        let before = world.qualifio.campaigns();
        let (status, seen) =
            world.call("admin", &format!("GET campaigns/{}/sso", world.campaign()), &Value::Null);
        assert_eq!(status, 200);
        assert_eq!(
            (&seen["warnings"], &seen["refusal"]["name"]),
            (&warnings, &refusal),
            "{domain} {campaign}"
        );
        assert_eq!(seen["sso"], json!({"enabled": false, "auto_submit": false}));
        assert_eq!(world.qualifio.campaigns(), before, "looking changes nothing");
        let (_, gigya) = world.call("admin", "GET integrations/gigya-sso", &Value::Null);
        let refused = matches!(world.site, Err(AskFailed::CredentialsRejected));
        assert_eq!(gigya["sites"][0]["health"], json!(if refused { "red" } else { "green" }));
    }
}

#[test]
fn channels_are_added_and_dated() {
    let mut world = world();
    let (status, made) = world.call(
        "Editor",
        "POST campaigns/700101/channels",
        &json!({"channel": "widget", "language": "NL"}),
    );
    let channel = &made["channels"][1];
    assert_eq!(
        (status, json!([channel["id"], channel["channel"], channel["language"], channel["domain"]])),
        (201, json!([700_103, "widget", "nl", "jeux.brand.example"]))
    );
    let url = channel["url"].as_str().unwrap().to_owned();
    assert!(channel["embed"]["html"].as_str().unwrap().contains(url.trim_start_matches("https:")));
    let (_, next) = world.call("Editor", "POST campaigns", &json!({}));
    assert_eq!(next["id"], json!(700_104), "numbers come from one counter");
    for (line, body, expected) in [
        (
            "PUT channels/700103",
            json!({"starts": "2026-03-01T00:00:00Z", "parent_page": "https://www.brand.example/"}),
            "200",
        ),
        ("PUT channels/700103", json!({"starts": "tomorrow"}), "Malformed(starts)"),
        ("PUT channels/700103", json!({"website": 1}), "Malformed(website)"),
        ("PUT channels/7", json!({}), "NotFound"),
        ("POST campaigns/700101/channels", json!({"website": "Nowhere"}), "Malformed(website)"),
        ("POST campaigns/7/channels", json!({}), "NotFound"),
    ] {
        assert_eq!(world.outcome("Editor", line, &body), expected, "{line} {body}");
    }
    let (_, shown) = world.call("Observer", "GET campaigns/700101", &Value::Null);
    assert_eq!(
        json!([shown["channels"][1]["starts"], shown["channels"][1]["parent_page"]]),
        json!(["2026-03-01T00:00:00.000Z", "https://www.brand.example/"])
    );
    world.call("Editor", "PUT channels/700103", &json!({"starts": null}));
    let (_, shown) = world.call("Observer", "GET campaigns/700101", &Value::Null);
    assert_eq!(
        json!([shown["channels"][1]["starts"], shown["channels"][1]["language"]]),
        json!([null, "nl"])
    );
    assert_eq!(world.outcome("Admin", "PUT campaigns/700101/sso", &json!({"enabled": true})), "200");
    world.call("Admin", "POST websites", &json!({"name": "NL", "domain": "nl.example"}));
    world.call("Admin", "PUT integrations/gigya-sso/sites/4322", &json!({"site_mode": "Independent"}));
    let outcome = world.outcome("Admin", "POST campaigns/700101/channels", &json!({"website": "NL"}));
    assert_eq!(outcome, "InvalidConfig(NL)");
}

#[test]
fn an_edited_form_keeps_its_numbers() {
    let fields = json!(["firstname", "lastname", "email", {"variable": "gender", "options": ["M", {"value": "X", "label": "Other", "gigya": "u"}]}]);
    let campaign = json!({
        "id": 700_101, "fields": fields, "optins": ["news"],
        "questions": [{"label": "Capital?", "answers": ["Brussels"], "correct": "Brussels", "score": 7}],
    });
    let mut world = World::new(&json!({"campaigns": [campaign]}));
    let (_, before) = world.call("admin", "GET campaigns/700101", &Value::Null);
    assert_eq!(
        before["fields"][3]["options"],
        json!([{"value": "M", "label": "M"}, {"value": "X", "label": "Other", "gigya": "u"}])
    );
    assert_eq!(
        json!([before["questions"][0]["correct"], before["questions"][0]["score"]]),
        json!(["Brussels", 7])
    );
    let own = |entry: &Value, members: &[&str]| -> Value {
        members.iter().map(|name| ((*name).to_owned(), entry[*name].clone())).collect()
    };
    let mut fields: Vec<Value> = before["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| {
            own(
                field,
                &["id", "variable", "label", "type", "mandatory", "hidden", "mask", "message", "options"],
            )
        })
        .collect();
    fields.swap(0, 3);
    fields.push(json!({"variable": "shoe_size"}));
    let body = json!({
        "fields": fields, "optins": [own(&before["optins"][0], &["id", "variable", "label", "mandatory"])],
        "questions": [own(&before["questions"][0], &["id", "label", "answers", "correct", "score"])],
    });
    let (status, after) = world.call("admin", "PUT campaigns/700101", &body);
    assert_eq!(status, 200, "{after}");
    assert_eq!(
        json!([after["fields"][0], after["fields"][3]]),
        json!([before["fields"][3], before["fields"][0]])
    );
    assert_eq!((&after["optins"], &after["questions"]), (&before["optins"], &before["questions"]));
    let numbers: std::collections::BTreeSet<u64> =
        after["fields"].as_array().unwrap().iter().map(|field| field["id"].as_u64().unwrap()).collect();
    assert_eq!(numbers.len(), 5, "the new field has a number of its own");
    let first = fields[0]["id"].clone();
    for (id, expected) in [
        (json!(9), "Malformed(fields[1].id)"),
        (first, "Malformed(fields[1].id)"),
        (json!("x"), "Malformed(fields[1].id)"),
    ] {
        let mut wrong = body.clone();
        wrong["fields"][1]["id"] = id;
        assert_eq!(world.outcome("admin", "PUT campaigns/700101", &wrong), expected);
    }
}

#[test]
fn names_in_paths_may_be_encoded() {
    let mut world = world();
    let variable = json!({"name": "größe", "type": "Answer"});
    assert_eq!(world.outcome("Admin", "POST mapping-variables", &variable), "201");
    let line = "PUT mapping-variables/gr%C3%B6%C3%9Fe";
    let (status, answer) = world.call("Admin", line, &json!({"label": "Size"}));
    assert_eq!((status, &answer["label"]), (200, &json!("Size")));
}

#[test]
fn hostile_values_go_through_unchanged() {
    for hostile in ["<script>alert(1)</script>", "\"onmouseover=\"x", "\u{202E}gnp.exe", &"n".repeat(255)] {
        let mut world = world();
        let (_, site) =
            world.call("Admin", "POST websites", &json!({"name": hostile, "domain": "x.example"}));
        let (_, made) =
            world.call("Admin", "POST campaigns", &json!({"title": hostile, "public_name": hostile}));
        assert_eq!(
            json!([site["name"], made["title"], made["public_name"]]),
            json!([hostile, hostile, hostile])
        );
        let (_, listed) = world.call("Observer", "GET campaigns", &Value::Null);
        assert_eq!(listed["campaigns"][1]["title"], json!(hostile));
    }
}
