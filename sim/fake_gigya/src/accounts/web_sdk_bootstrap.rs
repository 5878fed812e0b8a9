//! `accounts.webSdkBootstrap`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use crate::machines::GENERATION;
use standin_model::Evidence;

/// Lives for a year, also on pages of other domains.
const LASTS: &str = "Path=/; Max-Age=31536000; Secure; SameSite=None";

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.webSdkBootstrap",
    summary: "First call of a page: gives the browser its machine id.",
    evidence: Evidence::recorded("captured traffic of the Web SDK", "a_browser_gets_its_machine_id"),
    access: Access::Public,
    params: &["pageURL"],
    server_params: &[],
    run,
};

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let machine = gigya.machine_of(call);
    let client = gigya.client_of(call);
    gigya.cookies = vec![
        format!("gmid={machine}; {LASTS}; HttpOnly"),
        format!("ucid={client}; {LASTS}"),
        format!("hasGmid={GENERATION}; {LASTS}"),
    ];
    Ok(Object::from_iter([("hasGmid".into(), GENERATION.into())]))
}

#[cfg(test)]
mod tests {
    use crate::DEFAULT_API_KEY;
    use crate::testing::*;

    /// The cookies that an answer sets, whole.
    fn set(bench: &mut Bench, sent: &str) -> Vec<String> {
        let mut request = post("accounts.webSdkBootstrap", &[("apiKey", DEFAULT_API_KEY)]);
        if !sent.is_empty() {
            request.headers_mut().insert("cookie", sent.parse().unwrap());
        }
        let response = bench.send(request);
        let lines = response.headers().get_all("set-cookie").iter();
        lines.map(|line| line.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn cookies_go_to_pages_of_other_domains_and_stay_the_same() {
        let mut bench = Bench::new();
        let first = set(&mut bench, "");
        for cookie in &first {
            assert!(
                cookie.ends_with("; Path=/; Max-Age=31536000; Secure; SameSite=None")
                    || cookie.ends_with("; Path=/; Max-Age=31536000; Secure; SameSite=None; HttpOnly"),
                "{cookie}"
            );
        }
        assert!(first[0].ends_with("; HttpOnly") && first[0].starts_with("gmid=gmid.ver4."));
        let sent: Vec<&str> = first.iter().map(|line| line.split(';').next().unwrap()).collect();
        assert_eq!(set(&mut bench, &sent.join("; ")), first);
        assert_ne!(set(&mut bench, "gmid=forged; ucid=a b"), first);
    }

    #[test]
    fn a_browser_gets_its_machine_id() {
        let mut bench = Bench::new();
        let page = ("pageURL", "https://www.brand.example/");
        let mut request =
            post("accounts.webSdkBootstrap", &[("APIKey", DEFAULT_API_KEY), page, ("sdk", "js_latest")]);
        request.headers_mut().insert("origin", "https://www.brand.example".parse().unwrap());
        let response = bench.send(request);
        assert_eq!(body(&response)["hasGmid"], "ver4");
        assert!(body(&response).get("ignoredParams").is_none());
        let cookies = |response: &standin_ports::Response| -> Vec<String> {
            let lines = response.headers().get_all("set-cookie").iter();
            lines.map(|line| line.to_str().unwrap().split(['=', ';']).next().unwrap().to_owned()).collect()
        };
        assert_eq!(cookies(&response), ["gmid", "ucid", "hasGmid"]);
        assert_eq!(response.headers()["access-control-allow-origin"], "https://www.brand.example");
        assert_eq!(response.headers()["access-control-allow-credentials"], "true");
        let next = bench.send(post("accounts.initRegistration", &[("apiKey", DEFAULT_API_KEY)]));
        assert!(cookies(&next).is_empty(), "cookies go with their own answer");
        assert!(next.headers().get("access-control-allow-origin").is_none());
        let evil = bench.client("accounts.webSdkBootstrap", &[("pageURL", "https://evil.example/")]);
        assert_eq!(evil["errorCode"], 400_120);
    }
}
