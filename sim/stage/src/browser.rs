//! A participant at the level of HTTP: follows redirects, keeps cookies and the Gigya session, and does what
//! the scripts of a campaign page would do.

use crate::customer::from_participant;
use crate::html::{Misfit, Page};
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use serde_json::Value;
use standin_browser::Device;
use standin_fake_kit::form::Form;
use standin_ports::http::host_of;
use standin_ports::{Http, HttpError, Response};
use std::collections::BTreeMap;
use std::sync::Arc;
use url::Url;

/// How many redirects and scripted moves one action may bring before the browser gives up.
const MOVES: usize = 25;

const DESKTOP: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36";

/// One participant's browser.
pub struct Browser {
    http: Arc<dyn Http>,
    agent: &'static str,
    cookies: Vec<Cookie>,
    sessions: BTreeMap<String, String>,
    /// Where it is.
    pub url: String,
    /// The state that a campaign page carries, or null on any other page.
    pub state: Value,
    /// The page as it came.
    pub html: String,
    /// The HTTP status that the page came with.
    pub status: u16,
    /// Every address it went to, in order.
    pub trail: Vec<String>,
    /// What each of them answered, in a line: status, where it sent the browser, and the names of cookies.
    pub answers: Vec<String>,
}

struct Cookie {
    name: String,
    value: String,
    /// The host that it is for.
    domain: String,
    /// Whether it is for the hosts under that as well.
    wide: bool,
}

/// The browser could not go on.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// A page could not be loaded.
    #[error("{url} does not load")]
    Dead {
        /// Where it wanted to go.
        url: String,
        /// Why.
        #[source]
        source: HttpError,
    },
    /// A page answered with an error.
    #[error("{url} answers {status}: {text}")]
    Status {
        /// Where.
        url: String,
        /// HTTP status.
        status: u16,
        /// Start of the body.
        text: String,
    },
    /// Redirect after redirect.
    #[error("no end of redirects after {}", .0.join(" -> "))]
    Loop(Vec<String>),
    /// Gigya refused the participant.
    #[error("Gigya refused: {code} {message}")]
    Gigya {
        /// Gigya's error code.
        code: i64,
        /// Gigya's error message.
        message: String,
    },
    /// The action does not fit the page.
    #[error("{0}")]
    Unfit(String),
    /// Somebody's page works in a way that this browser does not understand.
    #[error("{url} is not understood: {why}")]
    Strange {
        /// Where.
        url: String,
        /// What is strange about it.
        why: String,
    },
}

impl Browser {
    /// A fresh browser.
    pub fn new(http: Arc<dyn Http>, device: Device) -> Self {
        Self {
            http,
            agent: device.agent().unwrap_or(DESKTOP),
            cookies: Vec::new(),
            sessions: BTreeMap::new(),
            url: String::new(),
            state: Value::Null,
            html: String::new(),
            status: 0,
            trail: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// Goes to an address and does what the page's scripts do there. A page that refuses something is a page.
    pub async fn visit(&mut self, url: &str) -> Result<(), BrowserError> {
        self.fetch(Method::GET, url, Bytes::new()).await?;
        self.scripts().await
    }

    /// Sends the form of the present campaign page, with its action and the given fields.
    pub async fn send(&mut self, action: &str, fields: &[(String, String)]) -> Result<(), BrowserError> {
        self.post(action, fields).await?;
        self.scripts().await?;
        self.refusal().map_or(Ok(()), Err)
    }

    /// What the page refuses, if it neither shows anything nor asks for a login.
    pub fn refusal(&self) -> Option<BrowserError> {
        let refused = self.status >= 400 && !self.asks_for_a_password();
        refused.then(|| self.error())
    }

    /// Whether the page asks for a password.
    pub fn asks_for_a_password(&self) -> bool {
        Page::read(&self.html).asks_for_a_password()
    }

    fn error(&self) -> BrowserError {
        let text = self.html.chars().take(200).collect();
        BrowserError::Status { url: self.url.clone(), status: self.status, text }
    }

    /// Clicks through to the customer's login page where a redirect is offered.
    pub async fn follow_redirect(&mut self) -> Result<(), BrowserError> {
        let url = self.text(&["sso", "url"]);
        if url.is_empty() {
            return Err(BrowserError::Unfit(format!(
                "no redirect is offered on this page ({})",
                self.summary()
            )));
        }
        self.tell_leave().await?;
        self.visit(&url).await
    }

    /// The page's script tells the campaign that the participant leaves for the login page.
    async fn tell_leave(&mut self) -> Result<(), BrowserError> {
        let url = self.text(&["action"]);
        let fields = [("action".to_owned(), "leave".to_owned())];
        let told = self.ask(Method::POST, &url, encoded(&fields), By::Script).await;
        told.map(drop).map_err(|source| BrowserError::Dead { url, source })
    }

    /// Fills in the form of the customer's login page that has fields of these names, wherever it leads.
    pub async fn log_in_on_page(&mut self, fields: &[(String, String)]) -> Result<(), BrowserError> {
        let page = Page::read(&self.html);
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        let form = page.form_with(&names).map_err(|misfit| match misfit {
            Misfit::NoPassword => {
                BrowserError::Unfit(format!("nobody can log in on this page ({})", self.summary()))
            }
            Misfit::Strange(why) => BrowserError::Strange { url: self.url.clone(), why },
        })?;
        let target = match form.action.as_str() {
            "" => self.url.clone(),
            action => self.resolved(page.base.as_deref(), action)?,
        };
        let sent = encoded(&form.filled(fields));
        if form.by_get {
            let query = String::from_utf8_lossy(&sent).into_owned();
            let place = target.split(['?', '#']).next().unwrap_or_default();
            self.fetch(Method::GET, &format!("{place}?{query}"), Bytes::new()).await?;
        } else {
            self.fetch(Method::POST, &target, sent).await?;
        }
        self.scripts().await
    }

    /// Logs in or registers in the screen-set of the present campaign page.
    pub async fn use_screen_set(
        &mut self,
        method: &str,
        params: &[(&str, String)],
    ) -> Result<(), BrowserError> {
        if self.state["sso"]["state"] != "screen_set" {
            return Err(BrowserError::Unfit(format!(
                "no screen-set is shown on this page ({})",
                self.summary()
            )));
        }
        let api_key = self.text(&["sso", "api_key"]);
        let mut params = params.to_vec();
        if method == "accounts.register" {
            let token = self.gigya("accounts.initRegistration", &[]).await?;
            params.push(("regToken", token["regToken"].as_str().unwrap_or_default().to_owned()));
            params.push(("finalizeRegistration", "true".to_owned()));
        }
        let answer = self.gigya(method, &params).await?;
        if let Some(token) = answer["sessionInfo"]["cookieValue"].as_str() {
            self.sessions.insert(api_key, token.to_owned());
        }
        let proof = proof(&answer);
        self.post("session", &proof).await?;
        self.scripts().await
    }

    /// Forgets the Gigya session, as after logging out.
    pub fn forget_session(&mut self) {
        self.sessions.clear();
    }

    /// Where it is, in a few words, for messages.
    pub fn summary(&self) -> String {
        if self.state.is_null() {
            return format!("at {}", self.url);
        }
        let sso = self.text(&["sso", "state"]);
        format!(
            "at step `{}`{}",
            self.text(&["step"]),
            if sso.is_empty() { sso } else { format!(", sso `{sso}`") }
        )
    }

    /// Text somewhere in the page's state; empty if it is not there.
    pub fn text(&self, path: &[&str]) -> String {
        let found = path.iter().try_fold(&self.state, |value, name| value.get(name));
        found.and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    async fn post(&mut self, action: &str, fields: &[(String, String)]) -> Result<(), BrowserError> {
        let target = self.text(&["action"]);
        if target.is_empty() {
            return Err(BrowserError::Unfit(format!("there is no form to send here ({})", self.summary())));
        }
        let mut all = vec![("action".to_owned(), action.to_owned())];
        all.extend_from_slice(fields);
        self.fetch(Method::POST, &target, encoded(&all)).await
    }

    /// What the page's scripts do without being asked: the session check, and an automatic redirect.
    async fn scripts(&mut self) -> Result<(), BrowserError> {
        for _ in 0..MOVES {
            let sso = self.state["sso"].clone();
            match sso["state"].as_str() {
                Some("check") => self.check_session().await?,
                Some("redirect_offered") if sso["automatic"] == true => {
                    let url = sso["url"].as_str().unwrap_or_default().to_owned();
                    self.tell_leave().await?;
                    self.fetch(Method::GET, &url, Bytes::new()).await?;
                }
                _ => return Ok(()),
            }
        }
        Err(BrowserError::Loop(self.trail.iter().rev().take(6).rev().cloned().collect()))
    }

    /// Asks Gigya for the session, as the page's Gigya script does, and tells the campaign.
    async fn check_session(&mut self) -> Result<(), BrowserError> {
        let token = self.sessions.get(&self.text(&["sso", "api_key"])).cloned().unwrap_or_default();
        let params = [("login_token", token), ("format", "json".to_owned())];
        let fields = match self.gigya("accounts.getAccountInfo", &params).await {
            Ok(answer) => proof(&answer),
            Err(BrowserError::Gigya { .. }) => vec![("signed_in".to_owned(), "0".to_owned())],
            Err(_) => vec![("unreachable".to_owned(), "1".to_owned())],
        };
        self.post("session", &fields).await
    }

    async fn fetch(&mut self, method: Method, url: &str, body: Bytes) -> Result<(), BrowserError> {
        let (mut method, mut url, mut body) = (method, self.absolute(url)?, body);
        for _ in 0..MOVES {
            self.trail.push(url.clone());
            let sent = self.ask(method.clone(), &url, body.clone(), By::Navigation).await;
            let response = sent.map_err(|source| {
                self.answers.push(format!("{method} {url} -> no answer"));
                BrowserError::Dead { url: url.clone(), source }
            })?;
            let (status, headers) = (response.status().as_u16(), response.headers());
            self.answers.push(format!("{method} {url} -> {}", answer(status, headers)));
            let location = headers.get(header::LOCATION).map(|value| latin_or_utf8(value.as_bytes()));
            if let (301 | 302 | 303 | 307 | 308, Some(location)) = (status, location) {
                self.url = url;
                url = self.absolute(&location)?;
                // Only these two have the browser send once more what it sent.
                if !matches!(status, 307 | 308) {
                    (method, body) = (Method::GET, Bytes::new());
                }
                continue;
            }
            self.arrive(url.clone(), &response);
            let page = Page::read(&self.html);
            match page.refresh.filter(|_| self.state.is_null()) {
                Some(next) => url = self.resolved(page.base.as_deref(), &next)?,
                None if status >= 500 => return Err(self.error()),
                None => return Ok(()),
            }
            (method, body) = (Method::GET, Bytes::new());
        }
        Err(BrowserError::Loop(self.trail.iter().rev().take(6).rev().cloned().collect()))
    }

    async fn ask(&mut self, method: Method, url: &str, body: Bytes, by: By) -> Result<Response, HttpError> {
        let unfit = || HttpError::Unreachable { host: url.to_owned(), why: "not an address".to_owned() };
        let form = method == Method::POST;
        let mut request = from_participant(method, url, body).ok_or_else(unfit)?;
        let host = host_of(&request);
        let headers = request.headers_mut();
        headers.insert(header::USER_AGENT, HeaderValue::from_static(self.agent));
        if form {
            headers
                .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        }
        if by == By::Script
            && let Ok(origin) = HeaderValue::from_str(&self.origin())
        {
            headers.insert(header::ORIGIN, origin);
        }
        let fitting = self.cookies.iter().filter(|cookie| cookie.is_for(&host));
        let line: Vec<String> = fitting.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        if !line.is_empty()
            && let Ok(line) = HeaderValue::from_str(&line.join("; "))
        {
            headers.insert(header::COOKIE, line);
        }
        let response = self.http.send(request).await?;
        self.keep_cookies(&host, &response);
        Ok(response)
    }

    fn keep_cookies(&mut self, host: &str, response: &Response) {
        for line in response.headers().get_all(header::SET_COOKIE) {
            let Some((cookie, gone)) = line.to_str().ok().and_then(|line| Cookie::read(host, line)) else {
                continue;
            };
            if let Some(api_key) = cookie.name.strip_prefix("glt_") {
                self.sessions.insert(api_key.to_owned(), cookie.value.clone());
            }
            let same = |known: &Cookie| known.name == cookie.name && known.domain == cookie.domain;
            self.cookies.retain(|known| !same(known));
            if !gone {
                self.cookies.push(cookie);
            }
        }
    }

    fn arrive(&mut self, url: String, response: &Response) {
        self.html = String::from_utf8_lossy(response.body()).into_owned();
        self.state = page_state(&self.html);
        self.status = response.status().as_u16();
        self.url = url;
    }

    /// An address as a browser understands it from where it is.
    fn absolute(&self, url: &str) -> Result<String, BrowserError> {
        self.resolved(None, url)
    }

    /// An address as a browser understands it in the page where it is, which may say what others start from.
    fn resolved(&self, base: Option<&str>, url: &str) -> Result<String, BrowserError> {
        let here = Url::parse(&self.url).ok();
        let base = base.and_then(|base| Url::options().base_url(here.as_ref()).parse(base).ok()).or(here);
        let found = Url::options().base_url(base.as_ref()).parse(url);
        found.map(String::from).map_err(|_| BrowserError::Unfit(format!("`{url}` is no address")))
    }

    /// Scheme and host of the page in front.
    fn origin(&self) -> String {
        Url::parse(&self.url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }

    /// A call of the page's Gigya script, to the host that the page names.
    async fn gigya(&mut self, method: &str, params: &[(&str, String)]) -> Result<Value, BrowserError> {
        let url = format!("https://{}/{method}", self.text(&["sso", "api_host"]));
        let mut fields = vec![("apiKey".to_owned(), self.text(&["sso", "api_key"]))];
        fields.extend(params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let sent = self.ask(Method::POST, &url, encoded(&fields), By::Script).await;
        let response = sent.map_err(|source| BrowserError::Dead { url: url.clone(), source })?;
        let answer: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        match answer["errorCode"].as_i64() {
            Some(0) => Ok(answer),
            Some(code) => {
                let message = answer["errorMessage"].as_str().unwrap_or_default().to_owned();
                Err(BrowserError::Gigya { code, message })
            }
            None => Err(BrowserError::Status {
                url,
                status: response.status().as_u16(),
                text: String::from_utf8_lossy(response.body()).chars().take(200).collect(),
            }),
        }
    }
}

impl Cookie {
    /// A cookie that a host sets, and whether it is set to be gone; none that the host may not set.
    fn read(host: &str, line: &str) -> Option<(Self, bool)> {
        let mut parts = line.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let attributes: Vec<(String, &str)> = parts
            .filter_map(|part| part.split_once('='))
            .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim()))
            .collect();
        let said =
            |wanted: &str| attributes.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| *value);
        let domain = said("domain").map(|domain| domain.trim_start_matches('.').to_ascii_lowercase());
        let domain = domain.filter(|domain| !domain.is_empty());
        let wide = domain.is_some();
        let cookie = Self {
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            domain: domain.unwrap_or_else(|| host.to_owned()),
            wide,
        };
        let gone = said("max-age").and_then(|age| age.parse::<i64>().ok()).is_some_and(|age| age <= 0);
        cookie.is_for(host).then_some((cookie, gone))
    }

    fn is_for(&self, host: &str) -> bool {
        let under = host.strip_suffix(self.domain.as_str());
        under.is_some_and(|head| head.is_empty() || self.wide && head.ends_with('.'))
    }
}

/// Status, target and cookies of an answer. The cookies' values stay secret.
fn answer(status: u16, headers: &http::HeaderMap) -> String {
    let mut told = status.to_string();
    if let Some(location) = headers.get(header::LOCATION) {
        told.push_str(&format!(", Location: {}", latin_or_utf8(location.as_bytes())));
    }
    for line in headers.get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
        let (name, rest) = line.split_once('=').unwrap_or((line, ""));
        let attributes = rest.split_once(';').map(|(_, attributes)| format!(";{attributes}"));
        told.push_str(&format!(", Set-Cookie: {name}=...{}", attributes.unwrap_or_default()));
    }
    told
}

fn latin_or_utf8(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| bytes.iter().copied().map(char::from).collect())
}

/// Who makes the browser send a request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    /// The participant, who goes somewhere.
    Navigation,
    /// A script of the page, for which the browser names the page's origin.
    Script,
}

fn proof(answer: &Value) -> Vec<(String, String)> {
    ["UID", "UIDSignature", "signatureTimestamp"]
        .into_iter()
        .map(|name| (name.to_owned(), answer[name].as_str().unwrap_or_default().to_owned()))
        .collect()
}

fn encoded(fields: &[(String, String)]) -> Bytes {
    let mut text = form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(fields);
    Bytes::from(text.finish())
}

/// The machine-readable state of a campaign page.
fn page_state(html: &str) -> Value {
    let Some(start) =
        html.find("id=\"qlf-state\"").and_then(|at| html[at..].find('>').map(|end| at + end + 1))
    else {
        return Value::Null;
    };
    let end = html[start..].find("</script>").map_or(html.len(), |at| start + at);
    serde_json::from_str(&html[start..end]).unwrap_or_default()
}

/// The fields of a form as a browser reads them from a query.
pub fn query_of(url: &str) -> Form {
    Form::parse(url.split_once('?').map_or("", |(_, query)| query).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_from_where_the_browser_is() {
        struct Nobody;
        #[async_trait::async_trait]
        impl Http for Nobody {
            async fn send(&self, request: standin_ports::Request) -> Result<Response, HttpError> {
                Err(HttpError::Unreachable { host: host_of(&request), why: String::new() })
            }
        }
        for (at, link, expected) in [
            ("https://a.example/x/y?z", "/b?c", "https://a.example/b?c"),
            (
                "https://a.example/x/y?z",
                "?error=1&z=https://b.example/",
                "https://a.example/x/y?error=1&z=https://b.example/",
            ),
            ("https://a.example/x/y?z", "../d", "https://a.example/d"),
            ("https://a.example/x", "/\\b.example/", "https://b.example/"),
            ("https://a.example/x", "HTTPS://B.example/C", "https://b.example/C"),
            ("https://a.example:8443/x", "/y", "https://a.example:8443/y"),
            ("https://a.example", "b", "https://a.example/b"),
            ("https://a.example?x", "//b.example/c", "https://b.example/c"),
            ("https://a.example/", "http://b.example/", "http://b.example/"),
        ] {
            let mut browser = Browser::new(Arc::new(Nobody), Device::Desktop);
            browser.url = at.to_owned();
            assert_eq!(browser.absolute(link).unwrap(), expected, "{at}");
        }
    }

    #[test]
    fn cookies_go_where_they_are_for() {
        for (line, host, name) in [
            ("a=1", "www.brand.example", true),
            ("a=1", "m.brand.example", false),
            ("a=1; Domain=brand.example; Secure", "m.brand.example", true),
            ("a=1; Domain=.brand.example", "m.brand.example", true),
            ("a=1; domain=brand.example", "notbrand.example", false),
            ("a=1; Domain=evil.example", "evil.example", false),
        ] {
            let read = Cookie::read("www.brand.example", line);
            assert_eq!(read.is_some_and(|(cookie, _)| cookie.is_for(host)), name, "{line} {host}");
        }
        let gone = Cookie::read("a.example", "a=; Max-Age=0").map(|(_, gone)| gone);
        assert_eq!(gone, Some(true));
    }

    #[test]
    fn state_is_read_from_the_page() {
        let html = r#"<html><script type="application/json" id="qlf-state">{"step":"exit"}</script></html>"#;
        assert_eq!(page_state(html)["step"], "exit");
        assert!(page_state("<html></html>").is_null());
    }
}
