//! What browsers load: gigya.js and the files that it loads later.
//!
//! The scripts stand in `core/` and `screen_set/` as readable files, and are served one behind the other. They
//! run under a strict content-security policy: no eval, no inline handler, no style that is not an object.
//! What the generic part has to know about a site is written before it by `site_part`.

#[cfg(test)]
mod call_page_tests;
#[cfg(test)]
mod group_page_tests;
#[cfg(test)]
mod page_tests;
mod site_part;
#[cfg(test)]
mod test_page;
#[cfg(test)]
mod trap_page_tests;
#[cfg(test)]
mod vector_tests;

use crate::gigya::Gigya;
use crate::params::Params;
use http::{HeaderValue, Method, header};
use standin_fake_kit::EndpointDoc;
use standin_fake_kit::answer::{empty, with_body};
use standin_fake_kit::asset::JAVASCRIPT;
use standin_model::Evidence;
use standin_ports::{Request, Response};

/// A file at an address of its own.
pub(crate) struct File {
    /// Its path, in any case.
    pub(crate) path: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) evidence: Evidence,
    pub(crate) serve: fn(&Gigya, &Request, &Params) -> Response,
}

/// Every file for browsers.
pub(crate) const FILES: &[File] = &[
    File {
        path: "/js/gigya.js",
        summary: "The Web SDK of a site, with what it has to know about the site in front.",
        evidence: Evidence::documented("developers.gigya.com: Web SDK", "every_site_has_its_own_script"),
        serve: sdk,
    },
    File {
        path: "/js/socialize.js",
        summary: "The Web SDK under its older name.",
        evidence: Evidence::documented("developers.gigya.com: FAQs", "every_site_has_its_own_script"),
        serve: sdk,
    },
    File {
        path: "/js/gigya.services.plugins.base.js",
        summary: "What plug-ins of the Web SDK are built from: dialogs and styles.",
        evidence: Evidence::recorded("Web SDK builds in public repositories", "later_files_are_scripts"),
        serve: |_, _, _| script(BASE.to_owned()),
    },
    File {
        path: "/js/gigya.services.accounts.plugins.screenSet.js",
        summary: "The plug-in that shows screen-sets.",
        evidence: Evidence::recorded("Web SDK builds in public repositories", "later_files_are_scripts"),
        serve: |_, _, _| script(SCREEN_SET.to_owned()),
    },
    crate::frames::SSO,
    crate::frames::SSO_SCRIPT,
    crate::frames::API,
];

/// The generic part of gigya.js.
const CORE: &str = concat!(
    include_str!("core/domains.js"),
    include_str!("core/objects.js"),
    include_str!("core/cookies.js"),
    include_str!("core/storage.js"),
    include_str!("core/journal.js"),
    include_str!("core/script.js"),
    include_str!("core/hosts.js"),
    include_str!("core/events.js"),
    include_str!("core/wire.js"),
    include_str!("core/methods.js"),
    include_str!("core/session.js"),
    include_str!("core/answers.js"),
    include_str!("core/call.js"),
    include_str!("core/interruptions.js"),
    include_str!("core/groups.js"),
    include_str!("core/returning.js"),
    include_str!("core/central_login.js"),
    include_str!("core/plugins.js"),
    include_str!("core/boot.js"),
    include_str!("core/public.js"),
);

const BASE: &str = concat!(
    "gigya._.addPlugin('base', (gigya, sdk) => {\n'use strict';\n",
    include_str!("screen_set/styles.js"),
    include_str!("screen_set/dialog.js"),
    "return { sheet, withSheet, Dialog };\n});\n",
);

const SCREEN_SET: &str = concat!(
    "gigya._.addPlugin('screenSet', (gigya, sdk, base) => {\n'use strict';\n",
    include_str!("screen_set/paths.js"),
    include_str!("screen_set/built_in_texts.js"),
    include_str!("screen_set/texts.js"),
    include_str!("screen_set/templates.js"),
    include_str!("screen_set/handlers.js"),
    include_str!("screen_set/binding.js"),
    include_str!("screen_set/validation.js"),
    include_str!("screen_set/widgets.js"),
    include_str!("screen_set/second_factor.js"),
    include_str!("screen_set/forms.js"),
    include_str!("screen_set/flow.js"),
    include_str!("screen_set/instance.js"),
    include_str!("screen_set/plugin.js"),
    "return { showScreenSet, hideScreenSet, switchScreen };\n});\n",
);

/// The file that a request asks for.
pub(crate) fn file_of(request: &Request) -> Option<&'static File> {
    FILES.iter().find(|file| file.path.eq_ignore_ascii_case(request.uri().path()))
}

/// The answer to a request for a file.
pub(crate) fn answer(gigya: &Gigya, file: &File, request: &Request, params: &Params) -> Response {
    match *request.method() {
        Method::GET | Method::HEAD => (file.serve)(gigya, request, params),
        _ => empty(405),
    }
}

/// The files for help and coverage tests.
pub(crate) fn docs() -> impl Iterator<Item = EndpointDoc> {
    FILES.iter().map(|file| EndpointDoc { name: file.path, summary: file.summary, evidence: file.evidence })
}

fn sdk(gigya: &Gigya, request: &Request, params: &Params) -> Response {
    let site = site_part::of(gigya, request, params);
    script(format!("((injected) => {{\n'use strict';\n{CORE}\n}})({site});\n"))
}

fn script(text: String) -> Response {
    let mut response = with_body(200, JAVASCRIPT, text);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response.extensions_mut().insert(standin_ports::http::File);
    response
}

#[cfg(test)]
mod tests {
    use crate::DEFAULT_API_KEY;
    use crate::testing::*;
    use bytes::Bytes;
    use serde_json::{Value, json};
    use standin_ports::Response;

    fn get(bench: &mut Bench, target: &str) -> Response {
        bench.send(
            http::Request::get(format!("https://cdns.eu1.gigya.com{target}")).body(Bytes::new()).unwrap(),
        )
    }

    /// What the script was told about the site.
    fn injected(response: &Response) -> Value {
        let text = std::str::from_utf8(response.body()).unwrap();
        let (_, last) = text.rsplit_once("\n})(").unwrap();
        serde_json::from_str(last.trim_end().trim_end_matches(");")).unwrap()
    }

    /// The body of a test in the sources of this folder and of the frames.
    fn body_of(test: &str) -> Option<&'static str> {
        let sources =
            [include_str!("mod.rs"), include_str!("../frames/mod.rs"), include_str!("page_tests.rs")];
        let head = format!("    #[test]\n    fn {test}() {{\n");
        sources.iter().find_map(|text| text.split_once(&head)?.1.split("\n    }\n").next())
    }

    #[test]
    fn what_a_files_evidence_names_asks_for_the_file() {
        for file in super::FILES {
            let name = file.path.rsplit('/').next().unwrap().to_ascii_lowercase();
            let body = body_of(file.evidence.test).map(str::to_ascii_lowercase);
            let asks = body.as_ref().is_some_and(|body| body.contains(&name) && body.contains("assert"));
            assert!(asks, "{}: {} does not ask for it", file.path, file.evidence.test);
        }
    }

    #[test]
    fn every_site_has_its_own_script() {
        let mut bench = Bench::seeded(&json!({"sites": [
            {"trusted_site_urls": ["*.brand.be/*", "brand.be/*"], "custom_api_domain_prefix": "login"},
            {"api_key": "3_group", "enable_sso": true},
            {"api_key": "3_child", "parent": "3_group", "sso_segment": "news"},
        ]}));
        for path in ["/js/gigya.js", "/JS/Gigya.js", "/js/socialize.js"] {
            for name in ["apikey", "apiKey", "APIKey"] {
                let response = get(&mut bench, &format!("{path}?{name}={DEFAULT_API_KEY}"));
                assert_eq!(response.headers()["content-type"], "text/javascript; charset=utf-8");
                assert_eq!(response.headers()["cache-control"], "no-store");
                let told = injected(&response);
                assert_eq!((&told["apiKey"], &told["dataCenter"]), (&json!(DEFAULT_API_KEY), &json!("eu1")));
                assert_eq!(told["partnerSettings"]["baseDomains"], "brand.be");
                assert_eq!(told["partnerSettings"]["customAPIDomainPrefix"], "login");
                assert!(told["partnerSettings"].get("ssoKey").is_none());
            }
        }
        let child = injected(&get(&mut bench, "/js/gigya.js?apikey=3_child"));
        assert_eq!(child["partnerSettings"]["ssoKey"], "3_group");
        assert_eq!(child["partnerSettings"]["ssoSegment"], "news");
        let stranger = injected(&get(&mut bench, "/js/gigya.js?apikey=%3C/script%3E"));
        assert_eq!(stranger["apiKey"], "</script>");
        assert_eq!(stranger["partnerSettings"]["baseDomains"], "");
        let text = get(&mut bench, "/js/gigya.js?apikey=%3C/script%3E%E2%80%A8");
        assert!(!std::str::from_utf8(text.body()).unwrap().contains("</script>"));
        let post = http::Request::post("https://cdns.eu1.gigya.com/js/gigya.js").body(Bytes::new()).unwrap();
        assert_eq!(bench.send(post).status(), 405);
    }

    #[test]
    fn later_files_are_scripts() {
        let mut bench = Bench::new();
        for name in ["gigya.services.plugins.base.js", "gigya.services.accounts.plugins.screenset.js"] {
            let response = get(&mut bench, &format!("/js/{name}?lang=en&version=latest&build=15000"));
            assert_eq!(response.headers()["content-type"], "text/javascript; charset=utf-8");
            assert!(response.body().starts_with(b"gigya._.addPlugin("));
        }
        assert_eq!(body(&get(&mut bench, "/js/nothing.js"))["errorCode"], 405_001);
    }
}
