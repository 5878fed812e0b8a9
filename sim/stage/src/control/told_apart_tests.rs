//! How a request finds its world by what it shows.

use super::api_tests::{Stand, placed, token_body, token_request};
use super::*;
use crate::surface::{Platform, locked};
use bytes::Bytes;
use standin_ports::Clock;

/// The world that a request means.
fn meant(stand: &Stand, platform: Platform, request: Request) -> String {
    let asker = stand.worlds.of(platform, &request).unwrap_or_else(|problem| panic!("{problem:?}"));
    asker.hosted.map_or_else(|| "nobody's".to_owned(), |hosted| hosted.name.clone())
}

fn quiz(title: &str) -> Value {
    let channels = json!([{"channel": "minisite"}, {"channel": "mobile"}]);
    json!({"campaigns": [{"title": title, "language": "en", "channels": channels, "fields": ["firstname", "lastname", "email", "locality"]}]})
}

fn guids(stand: &Stand, world: &str) -> Vec<String> {
    let parts = stand.worlds.named(world).unwrap();
    locked(&parts.parts().qualifio).channel_guids().map(str::to_owned).collect()
}

fn visit(guid: &str) -> Request {
    let request = http::Request::get(format!("http://127.0.0.1:9000/20/{guid}/v1.cfm?id={guid}"));
    request.body(Bytes::new()).unwrap()
}

#[test]
fn campaigns_of_one_seed_are_told_apart() {
    let (_server, stand) = placed();
    for name in ["a", "b"] {
        let made = json!({"name": name, "seed": 7, "world": {"qualifio": quiz("Quiz")}});
        let made = stand.post("/worlds", &made).fine();
        assert_eq!(made["credentials"]["qualifio_channel"].as_array().unwrap().len(), 2, "{made}");
    }
    for name in ["a", "b"] {
        for guid in guids(&stand, name) {
            assert_eq!(meant(&stand, Platform::Qualifio, visit(&guid)), name);
            // What the page asks for shows where it stands.
            let from = http::Request::get("http://127.0.0.1:9000/20/v1.cfm")
                .header("referer", visit(&guid).uri().to_string());
            assert_eq!(meant(&stand, Platform::Qualifio, from.body(Bytes::new()).unwrap()), name);
        }
    }
    // One that was made since leads there, too.
    let before = guids(&stand, "b");
    let hosted = stand.worlds.named("b").unwrap();
    locked(&hosted.parts().qualifio).seed(hosted.parts().clock.now(), &quiz("Another")).unwrap();
    let new: Vec<String> = guids(&stand, "b").into_iter().filter(|guid| !before.contains(guid)).collect();
    assert_eq!(new.len(), 2);
    for guid in new {
        assert_eq!(meant(&stand, Platform::Qualifio, visit(&guid.to_lowercase())), "b");
    }
}

#[test]
fn visitors_of_a_campaign_made_since_stay_where_they_were_after_a_fork() {
    let (_server, stand) = placed();
    stand.post("/worlds", &json!({"name": "a"})).fine();
    let hosted = stand.worlds.named("a").unwrap();
    locked(&hosted.parts().qualifio).seed(hosted.parts().clock.now(), &quiz("Quiz")).unwrap();
    stand.post("/worlds/a/fork", &json!({"name": "b"})).fine();
    for guid in guids(&stand, "b") {
        assert_eq!(meant(&stand, Platform::Qualifio, visit(&guid)), "a");
    }
}

/// A call may be on its way while its world is taken away.
#[test]
fn a_world_that_is_gone_learns_nothing() {
    let (_server, stand) = placed();
    for name in ["a", "b"] {
        stand.post("/worlds", &json!({"name": name})).fine();
    }
    let [gone, there] = ["a", "b"].map(|name| stand.worlds.named(name).unwrap());
    let request = token_request(&stand.get("/worlds/a").fine()["environment"]).body(Bytes::new()).unwrap();
    let asker = stand.worlds.of(Platform::Eloqua, &request).unwrap();
    stand.send("DELETE", "/worlds/a", "", "").fine();
    let answer = answer_with("x-none", "1", &json!({"access_token": "given late", "expires_in": 60}));
    for hosted in [&gone, &there] {
        stand.worlds.learn(hosted, Platform::Eloqua, &asker, &answer);
    }
    assert_eq!(meant(&stand, Platform::Eloqua, bearer("given late")), "b");
}

#[test]
fn requests_are_read_as_the_platforms_read_them() {
    let (_server, stand) = placed();
    let made = stand.post("/worlds", &json!({"name": "a"})).fine();
    let word = |name: &str| made["environment"][name].as_str().unwrap().to_owned();
    let (api_key, user_key) = (word("GIGYA_API_KEY"), word("GIGYA_USER_KEY"));
    let multipart =
        format!("--b\r\nContent-Disposition: form-data; name=\"apiKey\"\r\n\r\n{api_key}\r\n--b--\r\n");
    let form = format!("apiKey={}", api_key.replace('_', "%5F"));
    let operator = json!({"userKey": user_key, "secret": word("GIGYA_SECRET")}).to_string();
    let person = json!({"company": word("ELOQUA_SITE"), "user": "u", "password": "p"}).to_string();
    let named = json!({"username": format!("{}\\u", word("ELOQUA_SITE"))}).to_string();
    let method = "/accounts.getAccountInfo";
    for (platform, path, kind, body, expected) in [
        (Platform::Gigya, method, "application/x-www-form-urlencoded; charset=utf-8", form.as_str(), "a"),
        (Platform::Gigya, method, "multipart/form-data; boundary=b", &multipart, "a"),
        (Platform::Gigya, method, "", &form, "a"),
        (Platform::Gigya, "/console/session", "application/json", &operator, "a"),
        // No endpoint of Gigya's reads these.
        (Platform::Gigya, method, "text/plain", &form, "nobody's"),
        (Platform::Gigya, method, "application/json", &operator, "nobody's"),
        (Platform::Eloqua, "/login", "application/json", &person, "a"),
        (Platform::Eloqua, "/auth/oauth2/token", "application/json", &named, "a"),
        (
            Platform::Eloqua,
            "/auth/oauth2/token",
            "",
            &form_urlencoded::Serializer::new(String::new())
                .append_pair("username", &format!("{}\\u", word("ELOQUA_SITE")))
                .finish(),
            "a",
        ),
    ] {
        let request = http::Request::post(format!("http://127.0.0.1:9000{path}"));
        let request = if kind.is_empty() { request } else { request.header("content-type", kind) };
        let request = request.body(Bytes::from(body.to_owned())).unwrap();
        assert_eq!(meant(&stand, platform, request), expected, "{path} {kind}");
    }
}

fn bearer(token: &str) -> Request {
    let request = http::Request::get("http://127.0.0.1:9000/api/REST/1.0/data/contacts");
    request.header("authorization", format!("Bearer {token}")).body(Bytes::new()).unwrap()
}

#[test]
fn a_token_leads_to_the_last_world_that_has_it() {
    let (_server, stand) = placed();
    let made: Vec<Value> = ["a", "b"]
        .iter()
        .map(|name| stand.post("/worlds", &json!({"name": name, "seed": 7})).fine()["environment"].clone())
        .collect();
    let token = stand.token(&made[0]);
    assert_eq!(meant(&stand, Platform::Eloqua, bearer(&token)), "a");
    assert_eq!(stand.token(&made[1]), token, "the same seed");
    assert!(stand.worlds.of(Platform::Eloqua, &bearer(&token)).is_err());
    stand.send("DELETE", "/worlds/b", "", "").fine();
    assert_eq!(meant(&stand, Platform::Eloqua, bearer(&token)), "a", "nobody else has it any more");
    stand.send("DELETE", "/worlds/a", "", "").fine();
    let made = stand.post("/worlds", &json!({"name": "c", "seed": 7})).fine();
    assert_eq!(stand.token(&made["environment"]), token);
    assert_eq!(meant(&stand, Platform::Eloqua, bearer(&token)), "c");
}

/// Whoever calls a fork names it, before and after.
#[test]
fn a_fork_takes_no_token_from_its_parent() {
    let (_server, stand) = placed();
    for (parent, first) in [("a", true), ("b", false)] {
        let made = stand.post("/worlds", &json!({"name": parent})).fine();
        let (environment, fork) = (&made["environment"], format!("{parent}-fork"));
        stand.post(&format!("/worlds/{parent}/fork"), &json!({"name": fork})).fine();
        let in_fork = || {
            let request =
                token_request(environment).header("standin-world", &fork).body(token_body(environment));
            let answer = stand.platform(Platform::Eloqua, request.unwrap());
            let told: Value = serde_json::from_slice(answer.body()).unwrap();
            told["access_token"].as_str().unwrap().to_owned()
        };
        let own = first.then(|| stand.token(environment));
        let forks = in_fork();
        let own = own.unwrap_or_else(|| stand.token(environment));
        assert_eq!(own, forks, "they are the same to the byte");
        assert_eq!(meant(&stand, Platform::Eloqua, bearer(&own)), parent, "first: {first}");
    }
}

#[test]
fn what_a_file_says_passes_to_the_next_world_that_says_it() {
    let (_server, stand) = placed();
    let world = json!({"gigya": {"sites": [{"api_key": "3_KEY"}]}, "sftp": {"users": [{"name": "loader", "password": "p"}]}});
    for name in ["a", "b"] {
        stand.post("/worlds", &json!({"name": name, "credentials": "as_written", "world": world})).fine();
    }
    let call = || http::Request::get("http://127.0.0.1:9000/x?apiKey=3_KEY").body(Bytes::new()).unwrap();
    assert_eq!(meant(&stand, Platform::Gigya, call()), "a");
    stand.send("DELETE", "/worlds/a", "", "").fine();
    assert_eq!(meant(&stand, Platform::Gigya, call()), "b");
    let told = stand.get("/worlds/b").fine();
    assert_eq!(told["credentials"]["gigya_api_key"], json!(["3_KEY"]));
    assert_eq!(told["environment"]["SFTP_USER"], "loader");
}

fn answer_with(header: &'static str, value: &str, body: &Value) -> Response {
    let answer = http::Response::builder().header(header, value).body(Bytes::from(body.to_string()));
    answer.unwrap()
}

/// A browser takes its cookie along; a world that answers with it has not given it out.
#[test]
fn a_session_belongs_to_the_world_that_began_it() {
    let (_server, stand) = placed();
    let worlds = ["a", "b"].map(|name| {
        stand.post("/worlds", &json!({"name": name})).fine();
        stand.worlds.named(name).unwrap()
    });
    let page = |cookie: Option<&str>| {
        let request = http::Request::get("http://127.0.0.1:9000/20/v1.cfm");
        let request = cookie.iter().fold(request, |request, cookie| request.header("cookie", *cookie));
        request.body(Bytes::new()).unwrap()
    };
    let cookie = "CFID=0123456789abcdef0123";
    let answer = answer_with("set-cookie", cookie, &Value::Null);
    for (world, shown) in worlds.iter().zip([None, Some(cookie)]) {
        let asker = stand.worlds.of(Platform::Qualifio, &page(shown)).unwrap();
        stand.worlds.learn(world, Platform::Qualifio, &asker, &answer);
    }
    assert_eq!(meant(&stand, Platform::Qualifio, page(Some(cookie))), "a");
}

/// Sessions of browsers push no token out, and of tokens those go first that have expired.
#[test]
fn what_is_given_out_is_remembered_as_long_as_there_is_room() {
    let (_server, stand) = placed();
    stand.post("/worlds", &json!({"name": "a"})).fine();
    let hosted = stand.worlds.named("a").unwrap();
    let asker = stand
        .worlds
        .of(
            Platform::Eloqua,
            &token_request(&stand.get("/worlds/a").fine()["environment"]).body(Bytes::new()).unwrap(),
        )
        .unwrap();
    let gave = |token: &str, life: u64| {
        let told = json!({"access_token": token, "expires_in": life});
        stand.worlds.learn(&hosted, Platform::Eloqua, &asker, &answer_with("x-none", "1", &told));
    };
    gave("lasting", 36_000);
    gave("short", 60);
    for visitor in 0..3_000 {
        let cookie = answer_with("set-cookie", &format!("CFID=cookie-of-visitor-{visitor}"), &Value::Null);
        stand.worlds.learn(&hosted, Platform::Qualifio, &asker, &cookie);
    }
    (2..1_024).for_each(|number| gave(&format!("token {number}"), 36_000));
    let leads = |token: &str| meant(&stand, Platform::Eloqua, bearer(token)) == "a";
    assert!(leads("lasting") && leads("short"));
    stand.post("/worlds/a/clock/advance", &json!({"by": "2min"})).fine();
    gave("one more", 36_000);
    assert_eq!(["lasting", "short", "one more"].map(leads), [true, false, true]);
    gave("and one more", 36_000);
    assert_eq!(["lasting", "token 2", "and one more"].map(leads), [false, true, true]);
    let told = stand.get("/worlds/a/journal").body;
    let told = String::from_utf8_lossy(&told).matches("the oldest leads here no longer").count();
    assert_eq!(told, 1, "it says so, once");
}
