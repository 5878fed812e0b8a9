//! Pages of the platform that sites load in hidden frames.

#[cfg(test)]
mod sso_tests;

use crate::gigya::Gigya;
use crate::params::Params;
use crate::sdk::config_get::{logout_urls, valid_domains};
use crate::site::Site;
use crate::web::File;
use standin_fake_kit::answer::{html, with_body};
use standin_fake_kit::asset::{JAVASCRIPT, guard};
use standin_fake_kit::html::escaped;
use standin_model::Evidence;
use standin_ports::{Request, Response};

/// Whoever is asked decides by itself whom it answers, so anybody may show the page in a frame.
const POLICY: &str =
    "default-src 'none'; script-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *";

/// The page that keeps the session of a group.
pub(crate) const SSO: File = File {
    path: "/gs/sso.htm",
    summary: "The page in a hidden frame that keeps the session which the sites of a group share.",
    evidence: Evidence::recorded(
        "Web SDK builds in public repositories",
        "a_group_has_a_page_that_keeps_its_session",
    ),
    serve: sso,
};

/// What runs in it.
pub(crate) const SSO_SCRIPT: File = File {
    path: "/gs/sso.js",
    summary: "The script of the page that keeps the session of a group.",
    evidence: Evidence::decided(
        "a strict content-security policy wants it in a file of its own",
        "frames_load_what_they_need_from_their_own_host",
    ),
    serve: |_, _, _| guarded(with_body(200, JAVASCRIPT, include_str!("sso.js"))),
};

/// The frame of the older transport.
pub(crate) const API: File = File {
    path: "/gs/webSdk/Api.aspx",
    summary: "The frame of the older transport; pages call the API themselves here, so nothing happens in it.",
    evidence: Evidence::recorded(
        "Web SDK builds in public repositories",
        "frames_load_what_they_need_from_their_own_host",
    ),
    serve: |_, _, _| guarded(html(200, include_str!("api.htm"))),
};

fn sso(gigya: &Gigya, request: &Request, params: &Params) -> Response {
    let query = request.uri().query().unwrap_or_default().to_ascii_lowercase();
    let keys = query.split('&').filter(|pair| pair.starts_with("apikey=")).count();
    let key = params.get("apiKey").unwrap_or_default();
    let group = gigya.sites.get(key).filter(|site| site.parent.is_none() && site.enable_sso);
    let (Some(group), 1) = (group, keys) else {
        return guarded(html(
            400,
            "<!doctype html><html lang=\"en\"><title>Bad Request</title><h1>Bad Request</h1></html>",
        ));
    };
    let segment = params.get("ssoSegment").unwrap_or_default();
    let circle = Site { sso_segment: segment.to_owned(), ..group.as_ref().clone() };
    let mut text = include_str!("sso.htm").to_owned();
    for (place, value) in [
        ("{{ssoKey}}", key.to_owned()),
        ("{{validDomains}}", valid_domains(gigya, &circle).join(",")),
        ("{{logoutURLs}}", serde_json::Value::from(logout_urls(gigya, &circle)).to_string()),
        // What the page was asked with comes last, so that it can be no place.
        ("{{ssoSegment}}", segment.to_owned()),
    ] {
        text = text.replace(place, &escaped(&value));
    }
    guarded(html(200, text))
}

fn guarded(mut response: Response) -> Response {
    guard(response.headers_mut(), POLICY);
    response
}

#[cfg(test)]
mod tests {
    use crate::DEFAULT_API_KEY;
    use crate::testing::*;
    use bytes::Bytes;
    use serde_json::json;
    use standin_ports::Response;

    fn group() -> Bench {
        Bench::seeded(&json!({"sites": [
            {"api_key": DEFAULT_API_KEY, "enable_sso": true, "base_domain": "group.example"},
            {"api_key": "3_one", "parent": DEFAULT_API_KEY, "base_domain": "one.example",
                "logout_url": "https://www.one.example/out?a=1&b=\"2\""},
            {"api_key": "3_two", "parent": DEFAULT_API_KEY, "base_domain": "two.example", "sso_segment": "b"},
        ]}))
    }

    fn get(bench: &mut Bench, target: &str) -> Response {
        bench.send(
            http::Request::get(format!("https://cdns.eu1.gigya.com{target}")).body(Bytes::new()).unwrap(),
        )
    }

    fn attribute(response: &Response, name: &str) -> String {
        let text = std::str::from_utf8(response.body()).unwrap();
        text.split_once(&format!(" {name}=\"")).unwrap().1.split('"').next().unwrap().to_owned()
    }

    #[test]
    fn a_group_has_a_page_that_keeps_its_session() {
        let mut bench = group();
        let page =
            get(&mut bench, &format!("/gs/sso.htm?APIKey={DEFAULT_API_KEY}&ssoSegment=&version=latest"));
        assert_eq!(
            (page.status().as_u16(), page.headers()["content-type"].to_str().unwrap()),
            (200, "text/html; charset=utf-8")
        );
        assert_eq!(attribute(&page, "data-sso-key"), DEFAULT_API_KEY);
        assert_eq!(attribute(&page, "data-valid-domains"), "qualifioapp.com,group.example,one.example");
        assert_eq!(
            attribute(&page, "data-logout-urls"),
            "{&quot;3_one&quot;:&quot;https://www.one.example/out?a=1&amp;b=\\&quot;2\\&quot;&quot;}"
        );
        assert!(page.headers()["content-security-policy"].to_str().unwrap().ends_with("frame-ancestors *"));
        let segment = get(&mut bench, &format!("/GS/SSO.htm?apikey={DEFAULT_API_KEY}&ssoSegment=b"));
        assert_eq!(attribute(&segment, "data-valid-domains"), "qualifioapp.com,two.example");
        let strange = get(
            &mut bench,
            &format!("/gs/sso.htm?apikey={DEFAULT_API_KEY}&ssoSegment=%22%3E%7B%7BssoKey%7D%7D"),
        );
        assert_eq!(attribute(&strange, "data-sso-segment"), "&quot;&gt;{{ssoKey}}");
    }

    #[test]
    fn a_page_of_no_group_is_refused() {
        let mut bench = group();
        for query in [
            format!("APIKey={DEFAULT_API_KEY}&apikey={DEFAULT_API_KEY}"),
            "APIKey=3_nobody".to_owned(),
            "APIKey=3_one".to_owned(),
            String::new(),
        ] {
            let page = get(&mut bench, &format!("/gs/sso.htm?{query}"));
            assert_eq!(page.status(), 400, "{query}");
            assert!(!String::from_utf8_lossy(page.body()).contains("<script"), "{query}");
        }
    }

    #[test]
    fn frames_load_what_they_need_from_their_own_host() {
        let mut bench = Bench::new();
        let script = get(&mut bench, "/gs/sso.js");
        assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
        let frame = get(&mut bench, "/gs/webSdk/Api.aspx?apiKey=x&version=latest");
        assert_eq!(
            (frame.status().as_u16(), frame.headers()["content-type"].to_str().unwrap()),
            (200, "text/html; charset=utf-8")
        );
        assert!(!String::from_utf8_lossy(frame.body()).contains("<script"), "nothing happens in it");
        let keeper = get(&mut bench, &format!("/gs/sso.htm?apikey={DEFAULT_API_KEY}"));
        for answer in [script, frame, keeper] {
            let policy = answer.headers()["content-security-policy"].to_str().unwrap();
            assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
            for address in String::from_utf8_lossy(answer.body()).split(" src=\"").skip(1) {
                assert!(address.starts_with("sso.js\"") || address.starts_with("/gs/sso.js\""), "{address}");
            }
        }
    }
}
