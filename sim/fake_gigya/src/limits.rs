//! How often, how much and how long: the limits that hold for every call.

use crate::call::Caller;
use crate::endpoints::Endpoint;
use crate::envelope::Refusal;
use crate::gigya::Gigya;
use crate::params::Params;
use imbl::OrdMap;
use standin_model::Instant;
use standin_ports::Request;
use standin_ports::http::Oversized;

/// What the documented rates tell apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Class {
    Search,
    Identity,
    ConsentSearch,
    Consent,
}

impl Class {
    fn of(method: &str) -> Self {
        let name = method.to_ascii_lowercase();
        let consent = ["consent", "legalstatement", "sitepreferences"].iter().any(|word| name.contains(word));
        match (consent, name.ends_with("search")) {
            (false, false) => Self::Identity,
            (false, true) => Self::Search,
            (true, false) => Self::Consent,
            (true, true) => Self::ConsentSearch,
        }
    }
}

/// Calls in a second, by the size of the licence.
struct Profile {
    name: &'static str,
    search: u64,
    identity: u64,
    consent_search: u64,
    consent: u64,
}

const PROFILES: &[Profile] = &[
    Profile { name: "5M", search: 10, identity: 120, consent_search: 5, consent: 50 },
    Profile { name: "10M", search: 15, identity: 180, consent_search: 5, consent: 70 },
    Profile { name: "20M", search: 20, identity: 280, consent_search: 10, consent: 110 },
    Profile { name: "50M", search: 30, identity: 420, consent_search: 15, consent: 160 },
    Profile { name: "more", search: 50, identity: 630, consent_search: 20, consent: 250 },
];

impl Profile {
    fn rate(&self, class: Class) -> u64 {
        match class {
            Class::Search => self.search,
            Class::Identity => self.identity,
            Class::ConsentSearch => self.consent_search,
            Class::Consent => self.consent,
        }
    }
}

/// How many callers are counted at once; then counting starts anew.
const MOST: usize = 100_000;

/// What was counted so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// The present second, and its calls.
    second: i64,
    calls: OrdMap<(String, Class, String), u64>,
}

impl Counts {
    /// Counts a call; whether it is one too many.
    fn call(&mut self, now: Instant, who: (String, Class, String), most: u64) -> bool {
        if self.second != now.seconds() || self.calls.len() >= MOST {
            self.second = now.seconds();
            self.calls.clear();
        }
        let count = self.calls.entry(who).or_default();
        *count += 1;
        *count > most
    }
}

impl Gigya {
    /// Refuses what is too long before anything of it is looked at.
    pub(crate) fn check_sizes(&self, request: &Request, params: &Params) -> Result<(), Refusal> {
        let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
        if over(target, self.knobs.number("gigya.url_limit")) {
            return Err(Refusal::new(414_000));
        }
        let oversized = request.extensions().get::<Oversized>().is_some();
        if oversized || over(request.body().len(), self.knobs.number("gigya.body_limit")) {
            return Err(Refusal::because(413_001, "the body is too large"));
        }
        for name in ["context", "cid"] {
            let Some(text) = params.raw(name) else { continue };
            let limit = self.knobs.number("gigya.control_limit");
            if over(text.chars().count(), limit) {
                return Err(Refusal::because(400_006, format!("{name} is longer than {limit} characters")));
            }
        }
        Ok(())
    }

    /// Counts the call against the rates of its site.
    pub(crate) fn check_rates(
        &mut self,
        now: Instant,
        address: &str,
        endpoint: &Endpoint,
        api_key: &str,
        caller: &Caller,
    ) -> Result<(), Refusal> {
        let profile = self.knobs.text("gigya.rate_profile");
        let profile = PROFILES.iter().find(|it| it.name == profile);
        let most_by_client = self.knobs.number("gigya.client_rate");
        let (class, who, most) = match (caller, profile) {
            (Caller::Server { .. }, Some(profile)) => {
                let class = Class::of(endpoint.name);
                (class, String::new(), profile.rate(class))
            }
            (Caller::Server { .. }, None) => return Ok(()),
            _ if most_by_client == 0 => return Ok(()),
            _ => (Class::of(endpoint.name), address.to_owned(), most_by_client),
        };
        if self.counts.call(now, (api_key.to_owned(), class, who), most) {
            return Err(Refusal::new(403_048));
        }
        Ok(())
    }
}

/// Whether a length is above its limit; 0 is no limit.
fn over(length: usize, limit: u64) -> bool {
    limit > 0 && u64::try_from(length).unwrap_or(u64::MAX) > limit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;
    use crate::{DEFAULT_API_KEY, DEFAULT_SECRET, DEFAULT_USER_KEY};
    use standin_ports::http::Peer;

    #[test]
    fn rates_by_class_and_licence() {
        for (profile, method, params, most) in [
            ("5M", "accounts.search", vec![("query", "SELECT * FROM accounts")], 10),
            ("10M", "accounts.search", vec![("query", "SELECT * FROM accounts")], 15),
            ("5M", "accounts.getSchema", vec![], 120),
            ("more", "accounts.getSchema", vec![], 630),
        ] {
            let mut bench = Bench::new();
            bench.knob("gigya.rate_profile", profile);
            for _ in 0..most {
                assert_eq!(bench.code(method, &params), 0, "{profile} {method}");
            }
            assert_eq!(bench.code(method, &params), 403_048, "{profile} {method}");
            assert_eq!(
                bench.code("admin.getSiteConfig", &[]),
                if method.ends_with("search") { 0 } else { 403_048 }
            );
            bench.wait(1000);
            assert_eq!(bench.code(method, &params), 0, "{profile} {method}");
        }
    }

    #[test]
    fn nothing_is_done_above_the_rate() {
        let mut bench = Bench::new();
        bench.account("ann", r#"{"firstName":"Ann"}"#);
        bench.knob("gigya.rate_profile", "5M");
        let params = [("UID", "ann"), ("profile", r#"{"firstName":"Eve"}"#)];
        for _ in 0..120 {
            bench.call("accounts.getSchema", &[]);
        }
        assert_eq!(bench.code("accounts.setAccountInfo", &params), 403_048);
        assert_eq!(bench.gigya.account("ann").unwrap()["profile"]["firstName"], "Ann");
    }

    #[test]
    fn browsers_are_counted_by_address() {
        let mut bench = Bench::new();
        bench.knob("gigya.client_rate", "2");
        let mut codes = Vec::new();
        for address in ["10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.1, 10.9.9.9"] {
            let mut request = post("accounts.initRegistration", &[("apiKey", DEFAULT_API_KEY)]);
            request.headers_mut().insert("x-forwarded-for", address.parse().unwrap());
            codes.push(body(&bench.send(request))["errorCode"].clone());
        }
        assert_eq!(codes, [0, 0, 0, 403_048]);
        let mut codes = Vec::new();
        for _ in 0..3 {
            let mut request = post("accounts.initRegistration", &[("apiKey", DEFAULT_API_KEY)]);
            request.extensions_mut().insert(Peer("10.0.0.3".parse().unwrap()));
            codes.push(body(&bench.send(request))["errorCode"].clone());
        }
        assert_eq!(codes, [0, 0, 403_048]);
        assert_eq!(bench.code("accounts.getSchema", &[]), 0, "servers have rates of their own");
    }

    #[test]
    fn sizes_of_a_call() {
        let long = "x".repeat(101);
        let server = [("apiKey", DEFAULT_API_KEY), ("userKey", DEFAULT_USER_KEY), ("secret", DEFAULT_SECRET)];
        let mut bench = Bench::new();
        for (name, length, expected) in
            [("context", 100, 0), ("context", 101, 400_006), ("cid", 101, 400_006)]
        {
            assert_eq!(
                bench.code("accounts.getSchema", &[(name, &long[..length])]),
                expected,
                "{name} {length}"
            );
        }
        bench.knob("gigya.body_limit", "1000");
        for (length, expected) in [(100, 0), (1000, 413_001)] {
            let mut params = server.to_vec();
            let text = "x".repeat(length);
            params.push(("stray", &text));
            assert_eq!(body(&bench.send(post("accounts.getSchema", &params)))["errorCode"], expected);
        }
        bench.knob("gigya.url_limit", "300");
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(server).finish();
        for (stray, expected) in [("", 0), ("x".repeat(200).as_str(), 414_000)] {
            let url = format!("https://accounts.eu1.gigya.com/accounts.getSchema?{form}&stray={stray}");
            let request = http::Request::get(url).body(bytes::Bytes::new()).unwrap();
            let answer = body(&bench.send(request));
            assert_eq!(answer["errorCode"], expected);
        }
        let mut request = post("accounts.getSchema", &server);
        request.extensions_mut().insert(Oversized);
        let answer = body(&bench.send(request));
        assert_eq!(
            (answer["errorCode"].as_u64(), answer["statusReason"].as_str()),
            (Some(413_001), Some("Request Entity Too Large"))
        );
    }
}
