//! Browsers: the ids that they keep in cookies, or in the page's own storage where cookies are blocked.

use crate::call::{Call, Caller};
use crate::endpoints::Endpoint;
use crate::envelope::Refusal;
use crate::gigya::Gigya;
use crate::params::Params;
use crate::site::Site;
use crate::tickets::{Purpose, Ticket};
use standin_fake_kit::form::cookies;
use standin_model::Instant;
use standin_ports::Request;
use std::time::Duration;

/// The generation of machine ids that this platform gives.
pub(crate) const GENERATION: &str = "ver4";
/// How long a page may send its ids as parameters before it asks for the next ticket.
pub(crate) const TICKET_LASTS: Duration = Duration::from_secs(3600);

/// Methods that a browser without ids may call.
const FIRST: &[&str] = &[
    "accounts.getScreenSets",
    "accounts.sso.continue",
    "accounts.sso.login",
    "accounts.webSdkBootstrap",
    "sdk.config.get",
    "socialize.getGmidTicket",
    "socialize.getIDs",
];

/// What a browser calls itself, as far as it could be this platform that named it.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Machine {
    gmid: Option<String>,
    ucid: Option<String>,
    ticket: Option<String>,
}

impl Machine {
    /// What the machine is known by, if it has been seen before.
    pub(crate) fn id(&self) -> Option<&str> {
        self.gmid.as_deref()
    }

    /// The cookies win over parameters.
    pub(crate) fn of(request: &Request, params: &Params) -> Self {
        let jar = cookies(request);
        let named = |name: &str| {
            let cookie = jar.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
            cookie.or_else(|| params.get(name).map(str::to_owned))
        };
        Self {
            gmid: named("gmid").filter(|it| is_machine(it)),
            ucid: named("ucid").filter(|it| is_token(it, 22)),
            ticket: params.get("gmidTicket").map(str::to_owned),
        }
    }
}

fn is_token(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

fn is_machine(text: &str) -> bool {
    let inner = text.strip_prefix("gmid.").and_then(|rest| rest.strip_prefix(GENERATION));
    inner.and_then(|rest| rest.strip_prefix('.')?.strip_suffix(".sc3")).is_some_and(|it| is_token(it, 43))
}

impl Gigya {
    /// The machine id of the browser that calls: the one that it has, or a new one.
    pub(crate) fn machine_of(&mut self, call: &Call) -> String {
        let new = || format!("gmid.{GENERATION}.{}.sc3", self.ids.token(43));
        call.machine.gmid.clone().unwrap_or_else(new)
    }

    /// The client id of the browser that calls: the one that it has, or a new one.
    pub(crate) fn client_of(&mut self, call: &Call) -> String {
        call.machine.ucid.clone().unwrap_or_else(|| self.ids.token(22))
    }

    /// A ticket that goes with a machine id that travels as a parameter.
    pub(crate) fn new_machine_ticket(&mut self, call: &Call, machine: &str, lasts: Duration) -> String {
        let token = format!("GT1_{}", self.ids.token(48));
        let ticket = Ticket {
            home: call.site.home().to_owned(),
            purpose: Purpose::Machine,
            uid: machine.to_owned(),
            // Its own, so that another page of the same browser may go on with the ticket that it has.
            to: token.clone(),
            code: None,
        };
        self.tickets.issue(call.now.plus(lasts), token.clone(), ticket);
        token
    }

    /// Refuses a browser whose ticket is no longer good, or that has no ids where it needs them.
    pub(crate) fn check_machine(
        &self,
        now: Instant,
        endpoint: &Endpoint,
        site: &Site,
        caller: &Caller,
        machine: &Machine,
    ) -> Result<(), Refusal> {
        if matches!(caller, Caller::Server { .. }) || FIRST.contains(&endpoint.name) {
            return Ok(());
        }
        if let Some(token) = &machine.ticket {
            let known = self.tickets.find(now, site.home(), &Purpose::Machine, token);
            if known.is_none_or(|ticket| machine.gmid.as_ref() != Some(&ticket.uid)) {
                return Err(Refusal::new(409_012));
            }
        }
        if self.knobs.on("gigya.gmid_required") && machine.gmid.is_none() {
            return Err(Refusal::because(400_002, "Missing required parameter: gcid or ucid cookie"));
        }
        Ok(())
    }

    /// The token that a browser without ids gets, where the platform has it introduce itself first.
    pub(crate) fn placeholder(&mut self, call: &Call) -> Option<String> {
        let first = self.knobs.on("gigya.fake_token_first") && call.machine.gmid.is_none();
        first.then(|| format!("st2.ffs.{}", self.ids.token(64)))
    }
}

#[cfg(test)]
mod tests {
    use crate::DEFAULT_API_KEY;
    use crate::testing::*;
    use serde_json::{Value, json};

    const LOGIN: [(&str, &str); 3] =
        [("loginID", "ann@example.org"), ("password", "secret1"), ("targetEnv", "jssdk")];

    fn ann() -> Bench {
        Bench::seeded(&json!({"accounts": [
            {"UID": "ann", "password": "secret1", "profile": {"email": "ann@example.org"}}]}))
    }

    fn text(answer: &Value, name: &str) -> String {
        answer[name].as_str().unwrap_or_else(|| panic!("{name} in {answer}")).to_owned()
    }

    #[test]
    fn ids_without_cookies_go_with_a_ticket() {
        let mut bench = ann();
        let ids = bench.client("socialize.getIDs", &[("includeTicket", "true")]);
        let (machine, first) = (text(&ids, "gcid"), text(&ids, "gmidTicket"));
        assert!(text(&ids, "ucid").len() == 22 && machine.starts_with("gmid.ver4."));
        assert!(bench.client("socialize.getIDs", &[]).get("gmidTicket").is_none());
        let code = |bench: &mut Bench, machine: &str, ticket: &str| {
            let params = [("gmid", machine), ("gmidTicket", ticket)];
            bench.client("accounts.initRegistration", &params)["errorCode"].as_u64().unwrap()
        };
        bench.wait(3_599_999);
        assert_eq!(code(&mut bench, &machine, &first), 0);
        let next = [("gmid", machine.as_str()), ("expires", "60")];
        let second = text(&bench.client("socialize.getGmidTicket", &next), "gmidTicket");
        bench.wait(1);
        assert_eq!(code(&mut bench, &machine, &first), 409_012);
        assert_eq!(code(&mut bench, &machine, &second), 0);
        let other = text(&bench.client("socialize.getIDs", &[]), "gcid");
        assert_eq!(code(&mut bench, &other, &second), 409_012);
        bench.wait(60_000);
        assert_eq!(code(&mut bench, &machine, &second), 409_012);
        for (params, expected) in [
            (vec![], 400_002),
            (vec![("gmid", "forged")], 400_006),
            (vec![("gmid", machine.as_str()), ("expires", "0")], 400_006),
        ] {
            assert_eq!(bench.client("socialize.getGmidTicket", &params)["errorCode"], expected);
        }
    }

    #[test]
    fn a_browser_may_have_to_introduce_itself() {
        let mut bench = ann();
        bench.knob("gigya.gmid_required", "true");
        let refused = bench.client("accounts.login", &LOGIN);
        assert_eq!(refused["errorCode"], 400_002);
        assert_eq!(refused["errorDetails"], "Missing required parameter: gcid or ucid cookie");
        let machine = text(&bench.client("socialize.getIDs", &[]), "gcid");
        let mut request = post("accounts.login", &[&[("apiKey", DEFAULT_API_KEY)][..], &LOGIN].concat());
        request.headers_mut().insert("cookie", format!("a=b; gmid={machine}").parse().unwrap());
        assert_eq!(body(&bench.send(request))["errorCode"], 0);
        let by_parameter = [&LOGIN[..], &[("gmid", machine.as_str())]].concat();
        assert_eq!(bench.client("accounts.login", &by_parameter)["errorCode"], 0);
        assert_eq!(bench.code("accounts.getAccountInfo", &[("UID", "ann")]), 0, "servers have no ids");
    }

    #[test]
    fn the_first_token_may_be_a_placeholder() {
        let mut bench = ann();
        bench.knob("gigya.fake_token_first", "true");
        let token = text(&bench.client("accounts.login", &LOGIN)["sessionInfo"], "login_token");
        assert_eq!(token.split('.').nth(1), Some("ffs"));
        assert_eq!(bench.client("accounts.getAccountInfo", &[("login_token", &token)])["errorCode"], 403_005);
        let machine = text(&bench.client("socialize.getIDs", &[]), "gcid");
        let again = [&LOGIN[..], &[("gmid", machine.as_str())]].concat();
        let token = text(&bench.client("accounts.login", &again)["sessionInfo"], "login_token");
        assert_eq!(token.split('.').nth(1), Some("s"));
        assert_eq!(bench.client("accounts.getAccountInfo", &[("login_token", &token)])["errorCode"], 0);
    }
}
