//! A participant at the level of HTTP: follows redirects, keeps cookies and the Gigya session, and does what
//! the scripts of a campaign page would do.

use crate::customer::from_participant;
use bytes::Bytes;
use http::{HeaderValue, Method, header};
use serde_json::Value;
use standin_browser::Device;
use standin_fake_kit::form::Form;
use standin_ports::http::host_of;
use standin_ports::{Http, HttpError, Response};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many redirects and scripted moves one action may bring before the browser gives up.
const MOVES: usize = 25;

const DESKTOP: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36";

/// One participant's browser.
pub struct Browser {
    http: Arc<dyn Http>,
    agent: &'static str,
    cookies: BTreeMap<String, BTreeMap<String, String>>,
    sessions: BTreeMap<String, String>,
    /// Where it is.
    pub url: String,
    /// The state that a campaign page carries, or null on any other page.
    pub state: Value,
    /// The page as it came.
    pub html: String,
    /// Every address it went to, in order.
    pub trail: Vec<String>,
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
}

impl Browser {
    /// A fresh browser.
    pub fn new(http: Arc<dyn Http>, device: Device) -> Self {
        Self {
            http,
            agent: device.agent().unwrap_or(DESKTOP),
            cookies: BTreeMap::new(),
            sessions: BTreeMap::new(),
            url: String::new(),
            state: Value::Null,
            html: String::new(),
            trail: Vec::new(),
        }
    }

    /// Goes to an address and does what the page's scripts do there.
    pub async fn visit(&mut self, url: &str) -> Result<(), BrowserError> {
        self.fetch(Method::GET, url, Bytes::new()).await?;
        self.scripts().await
    }

    /// Sends the form of the present campaign page, with its action and the given fields.
    pub async fn send(&mut self, action: &str, fields: &[(String, String)]) -> Result<(), BrowserError> {
        self.post(action, fields).await?;
        self.scripts().await
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

    /// Fills in the customer's login page, wherever it leads.
    pub async fn log_in_on_page(&mut self, fields: &[(String, String)]) -> Result<(), BrowserError> {
        let page = self.html.to_ascii_lowercase();
        if !["type=\"password\"", "type='password'", "type=password"].iter().any(|field| page.contains(field))
        {
            return Err(BrowserError::Unfit(format!("nobody can log in on this page ({})", self.summary())));
        }
        let url = self.url.clone();
        self.fetch(Method::POST, &url, encoded(fields)).await?;
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
        let (mut method, mut url, mut body) = (method, self.absolute(url), body);
        for _ in 0..MOVES {
            self.trail.push(url.clone());
            let response = self
                .ask(method.clone(), &url, body.clone(), By::Navigation)
                .await
                .map_err(|source| BrowserError::Dead { url: url.clone(), source })?;
            let status = response.status().as_u16();
            let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
            if let (301..=308, Some(location)) = (status, location) {
                self.url = url;
                url = self.absolute(location);
                (method, body) = (Method::GET, Bytes::new());
                continue;
            }
            self.arrive(url.clone(), &response);
            return if status < 400 {
                Ok(())
            } else {
                Err(BrowserError::Status { url, status, text: self.html.chars().take(200).collect() })
            };
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
            && let Ok(origin) = HeaderValue::from_str(self.origin())
        {
            headers.insert(header::ORIGIN, origin);
        }
        if let Some(jar) = self.cookies.get(&host) {
            let line: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
            if let Ok(line) = HeaderValue::from_str(&line.join("; ")) {
                headers.insert(header::COOKIE, line);
            }
        }
        let response = self.http.send(request).await?;
        self.keep_cookies(&host, &response);
        Ok(response)
    }

    fn keep_cookies(&mut self, host: &str, response: &Response) {
        for line in response.headers().get_all(header::SET_COOKIE) {
            let pair = line
                .to_str()
                .ok()
                .and_then(|line| line.split(';').next())
                .and_then(|pair| pair.split_once('='));
            let Some((name, value)) = pair else { continue };
            if let Some(api_key) = name.trim().strip_prefix("glt_") {
                self.sessions.insert(api_key.to_owned(), value.trim().to_owned());
            }
            self.cookies
                .entry(host.to_owned())
                .or_default()
                .insert(name.trim().to_owned(), value.trim().to_owned());
        }
    }

    fn arrive(&mut self, url: String, response: &Response) {
        self.html = String::from_utf8_lossy(response.body()).into_owned();
        self.state = page_state(&self.html);
        self.url = url;
    }

    /// An address as a browser understands it from where it is.
    fn absolute(&self, url: &str) -> String {
        if url.contains("://") {
            return url.to_owned();
        }
        if let Some(rest) = url.strip_prefix("//") {
            return format!("https://{rest}");
        }
        format!("{}/{}", self.origin(), url.trim_start_matches('/'))
    }

    /// Scheme and host of the page in front.
    fn origin(&self) -> &str {
        let host_starts = self.url.find("://").map_or(0, |at| at + 3);
        let host_ends = self.url[host_starts..].find(['/', '?', '#']);
        host_ends.map_or(self.url.as_str(), |at| &self.url[..host_starts + at])
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
            ("https://a.example", "b", "https://a.example/b"),
            ("https://a.example?x", "//b.example/c", "https://b.example/c"),
            ("https://a.example/", "http://b.example/", "http://b.example/"),
        ] {
            let mut browser = Browser::new(Arc::new(Nobody), Device::Desktop);
            browser.url = at.to_owned();
            assert_eq!(browser.absolute(link), expected, "{at}");
        }
    }

    #[test]
    fn state_is_read_from_the_page() {
        let html = r#"<html><script type="application/json" id="qlf-state">{"step":"exit"}</script></html>"#;
        assert_eq!(page_state(html)["step"], "exit");
        assert!(page_state("<html></html>").is_null());
    }
}
