//! The customer's site as a browser without scripts meets it.

use crate::{Transport, World};
use bytes::Bytes;
use http::{Method, header};
use serde_json::{Value, json};
use standin_ports::Response;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

const LOGIN: &str = "action=login&loginID=ann%40brand.example&password=correct+horse";

fn world(pages: Value) -> World {
    let gigya = json!({"accounts": [{"UID": "ann", "password": "correct horse", "isRegistered": true,
        "profile": {"email": "ann@brand.example"}}]});
    let quiz = json!({"websites": [{"name": "Brand BE", "domain": "jeux.brand.example", "country": "BE"}]});
    let builder = World::builder().transport(Transport::Memory).gigya(gigya).qualifio(quiz);
    builder.login_pages(pages).open().unwrap()
}

fn ask(world: &World, method: Method, url: &str, cookie: &str, body: &'static str) -> Response {
    let request = http::Request::builder().method(method).uri(url).header(header::COOKIE, cookie);
    let request = request
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Bytes::from_static(body.as_bytes()))
        .unwrap();
    world.wait(world.parts().http().send(request)).unwrap()
}

fn get(world: &World, path: &str) -> Response {
    ask(world, Method::GET, &format!("https://www.brand.example{path}"), "", "")
}

fn post(world: &World, path: &str, body: &'static str) -> Response {
    ask(world, Method::POST, &format!("https://www.brand.example{path}"), "", body)
}

fn text(response: &Response) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

fn location(response: &Response) -> &str {
    assert_eq!(response.status(), 302);
    response.headers()["location"].to_str().unwrap()
}

#[test]
fn a_login_leads_to_a_trusted_destination_and_nowhere_else() {
    let world = world(json!([{"parameter": "back"}]));
    let stays = "/account?trouble=redirect";
    for (destination, expected) in [
        (
            "back=https%3A%2F%2Fjeux.brand.example%2F20%2Fx%3Fa%3D1%26b%3D2",
            "https://jeux.brand.example/20/x?a=1&b=2",
        ),
        ("back=https%3A%2F%2Facme.qualifioapp.com%2F", "https://acme.qualifioapp.com/"),
        ("back=https%3A%2F%2Fevil.example%2F", stays),
        ("back=https%3A%2F%2Fnotbrand.example%2F", stays),
        ("back=https%3A%2F%2Fbrand.example.evil.example%2F", stays),
        ("back=https%3A%2F%2Fbrand.example%40evil.example%2F", stays),
        ("back=https%3A%2F%2Fevil.example%5C%40brand.example%2F", stays),
        ("back=%2F%2Fevil.example%2F", stays),
        ("back=%2Faccount", stays),
        ("back=javascript%3Aalert(1)%2F%2Fbrand.example", stays),
        ("back=https%3A%2F%2Fbrand.example%2F%0D%0Ax", stays),
        ("redirect=https%3A%2F%2Fjeux.brand.example%2F", stays),
        ("", stays),
    ] {
        let there = format!("/login?{destination}");
        assert_eq!(location(&post(&world, &there, LOGIN)), expected, "{destination}");
        let told = format!("data-then=\"{}\"", expected.replace('&', "&amp;"));
        assert!(text(&get(&world, &there)).contains(&told), "{destination}");
    }
    assert!(text(&get(&world, stays)).contains("id=\"trouble\">Invalid redirect URI</p>"));
    assert!(text(&get(&world, "/account")).contains("id=\"trouble\"></p>"));
}

#[test]
fn manners_of_login_pages() {
    for (manner, on_post) in [
        ("honours", "https://jeux.brand.example/"),
        ("ignores", "/account"),
        ("elsewhere", "/"),
        ("bounces", "https://jeux.brand.example/"),
        ("central", "https://jeux.brand.example/"),
    ] {
        let world = world(json!([{"manner": manner}]));
        let there = "/login?redirect=https%3A%2F%2Fjeux.brand.example%2F";
        assert_eq!(get(&world, there).status() == 302, manner == "bounces");
        assert_eq!(location(&post(&world, there, LOGIN)), on_post, "{manner}");
        if on_post.starts_with('/') {
            assert_eq!(get(&world, on_post).status(), 200);
        }
    }
}

/// The name and attributes that the Web SDK gives it, so that the campaign's pages see the session.
#[test]
fn the_session_is_a_cookie_of_the_whole_domain() {
    let world = world(json!([]));
    let wrong = post(&world, "/login", "action=login&loginID=ann%40brand.example&password=wrong");
    assert!(text(&wrong).contains("403042") && wrong.headers().get("set-cookie").is_none());
    let answer = post(&world, "/login", LOGIN);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; Domain=brand.example; Secure; SameSite=None");
    let token = pair.strip_prefix(&format!("glt_{}=", standin_fake_gigya::DEFAULT_API_KEY)).unwrap();
    let alive = |world: &World| {
        let params = format!("apiKey={}&login_token={token}", standin_fake_gigya::DEFAULT_API_KEY);
        let url = format!("https://accounts.eu1.gigya.com/accounts.session.verify?{params}");
        let answer = ask(world, Method::GET, &url, "", "");
        serde_json::from_slice::<Value>(answer.body()).unwrap()["errorCode"] == 0
    };
    assert!(alive(&world));
    let shown = ask(&world, Method::GET, "https://www.brand.example/logout", pair, "");
    assert!(shown.headers().get("set-cookie").is_none() && alive(&world), "its script needs the cookie");
    let left = ask(&world, Method::POST, "https://www.brand.example/logout", pair, "");
    assert_eq!(location(&left), "/");
    assert!(left.headers()["set-cookie"].to_str().unwrap().contains("=; Path=/; Domain=brand.example;"));
    assert!(!alive(&world));
}

#[test]
fn a_campaign_stands_in_a_page_of_the_customer() {
    let campaign = |id: u64, channel: &str, name: &str| json!({"id": id, "name": name, "channel": channel});
    let quiz = json!({"campaigns": [campaign(700_101, "minisite", "Quiz"), campaign(700_201, "widget", "{{noscript}}<b>")]});
    let builder = World::builder().transport(Transport::Memory).gigya(json!({})).qualifio(quiz);
    let world = builder.login_pages(json!([])).open().unwrap();
    let code = crate::surface::locked(&world.parts().qualifio).embed_code(700_201).unwrap();
    assert!(code.html.contains("title=\"{{noscript}}&lt;b&gt;\""), "{}", code.html);
    let policy_of = |page: &Response| page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    for query in ["", "?campaign=700201"] {
        let page = get(&world, &format!("/promo{query}"));
        assert!(
            text(&page).contains(&format!("<div class=\"campaign\">{}</div>", code.javascript)),
            "{}",
            text(&page)
        );
        let (_, rest) = code.javascript.split_once("<script>").unwrap();
        let hash = super::page::sha256(rest.split_once("</script>").unwrap().0);
        let expected =
            format!("script-src 'self' https://jeux.brand.example 'sha256-{hash}'; style-src 'self'; ");
        assert!(policy_of(&page).contains(&expected), "{}", policy_of(&page));
    }
    let page = get(&world, "/promo?campaign=700201&how=iframe");
    assert!(text(&page).contains(&format!("<div class=\"campaign\">{}</div>", code.html)), "{}", text(&page));
    let policy = policy_of(&page);
    assert!(policy.contains("frame-src https://jeux.brand.example;"), "{policy}");
    // The hash of `border:0`.
    assert!(
        policy.contains(
            "style-src 'self' 'unsafe-hashes' 'sha256-ZDjCdTstFUpLDovBdF6MXbSPB35alPr6sy4CYtyHSA4=';"
        ),
        "{policy}"
    );
    for query in ["campaign=7", "campaign=", "campaign=%3Cscript%3E"] {
        let page = get(&world, &format!("/promo?{query}"));
        assert!(text(&page).contains("There is no game at the moment."), "{query}");
    }
}

#[test]
fn other_pages_are_there_and_are_guarded() {
    let world = world(json!([]));
    for (path, status) in [
        ("/", 200),
        ("/login", 200),
        ("/account", 200),
        ("/logout", 200),
        ("/promo", 200),
        ("/customer/site.css", 200),
        ("/customer/login.js", 200),
        ("/win", 404),
        ("/LOGIN", 404),
    ] {
        let answer = get(&world, path);
        assert_eq!(answer.status(), status, "{path}");
        assert!(answer.headers().contains_key("content-security-policy"), "{path}");
        assert!(!text(&answer).contains("{{"), "{path}");
    }
}

/// A program of the customer's own on this machine gets what participants ask of its host, as they ask it.
#[test]
fn a_site_may_be_a_program_elsewhere() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let program = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(Result::unwrap);
        let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
        let answer = "HTTP/1.1 302 Found\r\nLocation: /there\r\nSet-Cookie: a=1; Path=/\r\n\
            Transfer-Encoding: chunked\r\n\r\n3\r\nbye\r\n0\r\n\r\n";
        stream.write_all(answer.as_bytes()).unwrap();
        head
    });
    let pages = json!([{"at": address.to_string()}]);
    let world = World::builder().login_pages(pages).open().unwrap();
    let answer = get(&world, "/login?redirect=https%3A%2F%2Fjeux.brand.example%2F");
    assert_eq!((location(&answer), text(&answer)), ("/there", "bye"));
    assert_eq!(answer.headers()["set-cookie"], "a=1; Path=/");
    let head = program.join().unwrap();
    assert_eq!(head[0], "GET /login?redirect=https%3A%2F%2Fjeux.brand.example%2F HTTP/1.1");
    for line in ["host: www.brand.example", "x-forwarded-proto: https"] {
        assert!(head.iter().any(|told| told.eq_ignore_ascii_case(line)), "{line}: {head:?}");
    }
    let gone = get(&world, "/login");
    assert_eq!(gone.status(), 502);
    assert!(
        text(&gone).starts_with(&format!("the login page at {address} does not answer")),
        "{}",
        text(&gone)
    );
}

#[test]
fn a_site_elsewhere_is_on_this_machine_and_on_the_wire() {
    for at in ["brand.example:80", "192.0.2.1:80", "127.0.0.1", ""] {
        let opened = World::builder().login_pages(json!([{"at": at}])).open();
        assert!(opened.err().unwrap().to_string().contains("`at`"), "{at}");
    }
    let answer = get(&world(json!([{"at": "localhost:1"}])), "/login");
    assert!(answer.status() == 502 && text(&answer).contains("transport wire"));
}
