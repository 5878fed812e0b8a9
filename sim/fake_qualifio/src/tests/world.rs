//! A Qualifio with somebody who answers for Gigya, a browser and an operator.

use crate::{Answer, Ask, AskFailed, Identity, IdentityRefused, Qualifio, SiteAnswer, Turn};
use http::header;
use serde_json::{Value, json};
use standin_model::Instant;
use standin_ports::{Request, Response};
use std::collections::BTreeMap;

pub(super) const SECRET: &str = "c2VjcmV0LXNlY3JldA==";
pub(super) const UID: &str = "0123456789abcdef0123456789abcdef";

/// Qualifio, the time, and what Gigya would say.
pub(super) struct World {
    pub(super) qualifio: Qualifio,
    pub(super) now: Instant,
    pub(super) site: Result<SiteAnswer, AskFailed>,
    pub(super) identity: Result<Identity, IdentityRefused>,
    pub(super) asked: Vec<Ask>,
}

pub(super) fn ann() -> Identity {
    Identity {
        uid: UID.to_owned(),
        email: Some("a@b.be".to_owned()),
        registered: true,
        active: true,
        profile: json!({"firstName": "Ann", "lastName": "A & B", "email": "a@b.be"}),
        prefill: vec![
            ("firstname".to_owned(), "Ann".to_owned()),
            ("lastname".to_owned(), "A & B".to_owned()),
        ],
        warnings: Vec::new(),
    }
}

pub(super) fn redirecting() -> Value {
    json!({
        "login_screen": "Redirect", "user_key": "AKey1234", "secret_key": SECRET, "api_key": "3_Key",
        "redirection_url": "https://login.brand.example/login?next=",
    })
}

pub(super) fn showing_screen_set() -> Value {
    json!({
        "login_screen": "Screen-Set", "user_key": "AKey1234", "secret_key": SECRET, "api_key": "3_Key",
        "screen_set": "Default-RegistrationLogin",
    })
}

impl World {
    pub(super) fn new(section: &Value) -> Self {
        let mut qualifio = Qualifio::new(7);
        if let Err(error) = qualifio.seed(Instant::START, section) {
            panic!("{error} {:?}", error.hint);
        }
        Self {
            qualifio,
            now: Instant::START,
            site: Ok(SiteAnswer::default()),
            identity: Ok(ann()),
            asked: Vec::new(),
        }
    }

    /// One campaign with single sign-on; `campaign` adds to it.
    pub(super) fn with_sso(gigya: Value, campaign: &Value) -> Self {
        let mut one = json!({"name": "Quiz", "sso": true, "fields": ["firstname", "lastname", "email"]});
        for (name, value) in campaign.as_object().into_iter().flatten() {
            one[name] = value.clone();
        }
        Self::new(&json!({"gigya_sso": gigya, "campaigns": [one]}))
    }

    pub(super) fn send(&mut self, request: Request) -> Response {
        let mut turn = self.qualifio.handle(self.now, request);
        loop {
            match turn {
                Turn::Reply(response) => return response,
                Turn::Ask { token, ask } => {
                    let answer = match &ask {
                        Ask::SiteConfig(_) => Answer::SiteConfig(self.site.clone()),
                        Ask::Identify { .. } => Answer::Identity(self.identity.clone()),
                    };
                    self.asked.push(ask);
                    turn = self.qualifio.resume(self.now, token, answer);
                }
            }
        }
    }

    /// A call of the manager API by an operator.
    pub(super) fn call(&mut self, operator: &str, line: &str, body: &Value) -> (u16, Value) {
        let (method, path) = line.split_once(' ').unwrap();
        let request = http::Request::builder()
            .method(method)
            .uri(format!("https://manager.qualifio.example/manager/api/{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {operator}"))
            .body(if body.is_null() { String::new() } else { body.to_string() }.into())
            .unwrap();
        let response = self.send(request);
        let body = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
        (response.status().as_u16(), body)
    }

    /// The outcome of a call in one word: its status, or the error's name and field.
    pub(super) fn outcome(&mut self, operator: &str, line: &str, body: &Value) -> String {
        let (status, body) = self.call(operator, line, body);
        match (body["error"]["name"].as_str(), body["error"]["field"].as_str()) {
            (Some(name), Some(field)) => format!("{name}({field})"),
            (Some(name), None) => name.to_owned(),
            _ => status.to_string(),
        }
    }

    pub(super) fn campaign(&self) -> u64 {
        self.qualifio.campaigns()[0]["id"].as_u64().unwrap()
    }

    pub(super) fn url(&self) -> String {
        self.qualifio.player_url(self.campaign()).unwrap()
    }

    pub(super) fn rows(&self) -> Vec<Value> {
        self.qualifio.statistics(self.campaign())
    }

    /// A browser that has just opened the campaign and left the welcome screen.
    pub(super) fn browser(&mut self) -> Browser {
        self.browser_with("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
    }

    pub(super) fn browser_with(&mut self, agent: &str) -> Browser {
        let mut browser = Browser::new(agent);
        let url = self.url();
        browser.open(self, &url);
        browser.post(self, &[("action", "start")]);
        browser
    }
}

/// Somebody who takes part: cookies, and the page in front of them.
#[derive(Clone)]
pub(super) struct Browser {
    cookies: BTreeMap<String, String>,
    keeps_cookies: bool,
    agent: String,
    ip: Option<String>,
    pub(super) status: u16,
    pub(super) html: String,
    pub(super) policy: String,
    pub(super) state: Value,
}

impl Browser {
    pub(super) fn new(agent: &str) -> Self {
        Self {
            cookies: BTreeMap::new(),
            keeps_cookies: true,
            agent: agent.to_owned(),
            ip: None,
            status: 0,
            html: String::new(),
            policy: String::new(),
            state: Value::Null,
        }
    }

    /// The same browser, somewhere in the network.
    pub(super) fn from(mut self, ip: &str) -> Self {
        self.ip = Some(ip.to_owned());
        self
    }

    /// The same browser, keeping no cookies.
    pub(super) fn without_cookies(self) -> Self {
        Self { keeps_cookies: false, ..self }
    }

    /// Opens an address and follows where it leads.
    pub(super) fn open(&mut self, world: &mut World, url: &str) {
        let mut url = url.to_owned();
        for _ in 0..5 {
            let request = self.request("GET", &url).body(bytes::Bytes::new()).unwrap();
            let response = world.send(request);
            let location = response.headers().get(header::LOCATION).cloned();
            self.take(&response);
            match location {
                Some(location) => url = location.to_str().unwrap().to_owned(),
                None => return,
            }
        }
        panic!("redirects without end");
    }

    /// Where an address redirects to.
    pub(super) fn redirected(&self, world: &mut World, url: &str) -> String {
        let response = world.send(self.request("GET", url).body(bytes::Bytes::new()).unwrap());
        response.headers()[header::LOCATION].to_str().unwrap().to_owned()
    }

    /// Posts to the page's own address.
    pub(super) fn post(&mut self, world: &mut World, form: &[(&str, &str)]) {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form);
        let url = self.state["action"].as_str().unwrap_or("https://x.example/").to_owned();
        let request = self
            .request("POST", &url)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.finish().into())
            .unwrap();
        let response = world.send(request);
        self.take(&response);
    }

    /// Posts an identity as Gigya's script gives it.
    pub(super) fn signed_in(&mut self, world: &mut World) {
        self.signed_in_as(world, UID);
    }

    /// Posts somebody's identity as Gigya's script gives it.
    pub(super) fn signed_in_as(&mut self, world: &mut World, uid: &str) {
        let form = [
            ("action", "session"),
            ("UID", uid),
            ("UIDSignature", "c2ln"),
            ("signatureTimestamp", "1767600000"),
        ];
        self.post(world, &form);
    }

    pub(super) fn signed_out(&mut self, world: &mut World) {
        self.post(world, &[("action", "session"), ("signed_in", "0")]);
    }

    /// Submits the form with values by variable; what is not named is sent as the page filled it in.
    pub(super) fn submit(&mut self, world: &mut World, values: &[(&str, &str)]) {
        let mut form = vec![("action".to_owned(), "form".to_owned())];
        for field in self.state["fields"]
            .as_array()
            .unwrap()
            .clone()
            .iter()
            .chain(self.state["optins"].as_array().unwrap())
        {
            let given = values.iter().find(|(variable, _)| field["variable"] == *variable);
            let value = given.map_or_else(|| field["value"].as_str().unwrap(), |(_, value)| value);
            form.push((field["name"].as_str().unwrap().to_owned(), value.to_owned()));
        }
        for (name, value) in
            values.iter().filter(|(name, _)| ["day", "month", "year", "email"].contains(name))
        {
            form.push(((*name).to_owned(), (*value).to_owned()));
        }
        let form: Vec<_> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(world, &form);
    }

    pub(super) fn step(&self) -> &str {
        self.state["step"].as_str().unwrap_or_default()
    }

    /// Step, and where in single sign-on.
    pub(super) fn place(&self) -> String {
        let error = self.state["sso"]["error"].as_str().map(|error| format!(" {error}")).unwrap_or_default();
        match self.state["sso"]["state"].as_str() {
            Some(state) => format!("{} {state}{error}", self.step()),
            None => self.step().to_owned(),
        }
    }

    pub(super) fn variables(&self) -> Vec<String> {
        let fields = self.state["fields"].as_array().unwrap();
        fields.iter().map(|field| field["variable"].as_str().unwrap().to_owned()).collect()
    }

    pub(super) fn texts(&self, member: &str) -> Vec<String> {
        let list = self.state[member].as_array().unwrap();
        list.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
    }

    fn request(&self, method: &str, url: &str) -> http::request::Builder {
        let mut builder = http::Request::builder().method(method).uri(url);
        builder = builder.header(header::USER_AGENT, &self.agent);
        if let Some(ip) = &self.ip {
            builder = builder.header("x-forwarded-for", ip);
        }
        for (name, value) in &self.cookies {
            builder = builder.header(header::COOKIE, format!("{name}={value}"));
        }
        builder
    }

    fn take(&mut self, response: &Response) {
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if self.keeps_cookies {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        self.status = response.status().as_u16();
        let policy = response.headers().get(header::CONTENT_SECURITY_POLICY);
        self.policy = policy.map(|policy| policy.to_str().unwrap().to_owned()).unwrap_or_default();
        self.html = String::from_utf8(response.body().to_vec()).unwrap();
        let start = "<script type=\"application/json\" id=\"qlf-state\">";
        self.state = match self.html.split_once(start).and_then(|(_, rest)| rest.split_once("</script>")) {
            Some((state, _)) => serde_json::from_str(state).unwrap(),
            None => Value::Null,
        };
    }
}
