//! `accounts.webSdkBootstrap`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Reply};
use crate::gigya::Gigya;
use standin_model::Evidence;

/// The generation of machine ids that this platform gives.
const GENERATION: &str = "ver4";
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

fn run(gigya: &mut Gigya, _: &Call) -> Reply {
    let machine = format!("gmid.{GENERATION}.{}.sc3", gigya.ids.token(43));
    let client = gigya.ids.token(22);
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
