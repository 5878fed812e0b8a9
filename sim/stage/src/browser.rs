//! A participant at the level of HTTP: follows redirects, keeps cookies, and does what the scripts of a campaign
//! page would do. The Gigya session is the cookie of Gigya's script, as that script sees it.

mod cookies;

use crate::customer::from_participant;
use crate::html::{Misfit, Page};
use bytes::Bytes;
use cookies::{Cookies, own_domain};
use http::{HeaderValue, Method, header};
use serde_json::Value;
use standin_browser::Device;
use standin_fake_kit::form::Form;
use standin_ports::journal::{masked, masked_address};
use standin_ports::{Clock, Http, HttpError, Response};
use std::sync::Arc;
use url::Url;

/// How many redirects and scripted moves one action may bring before the browser gives up.
const MOVES: usize = 25;

/// How many of the addresses that it went to a browser remembers, the last ones.
const REMEMBERED: usize = 50;

/// How much of a page a message quotes.
const QUOTED: usize = 200;

/// What the name of the cookie begins with that is somebody's session with Gigya; the API key follows.
const SESSION: &str = "glt_";

const DESKTOP: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36";

/// One participant's browser.
pub struct Browser {
    http: Arc<dyn Http>,
    clock: Arc<dyn Clock>,
    agent: &'static str,
    cookies: Cookies,
    /// Where it is.
    pub url: String,
    /// The state that a campaign page carries, or null on any other page.
    pub state: Value,
    /// The page as it came.
    pub html: String,
    /// The HTTP status that the page came with.
    pub status: u16,
    /// The last addresses that it went to, in order, without their secrets.
    trail: Vec<String>,
    /// What each of them answered, in a line: status, where it sent the browser, and the names of cookies.
    answers: Vec<String>,
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
    pub fn new(http: Arc<dyn Http>, clock: Arc<dyn Clock>, device: Device) -> Self {
        Self {
            http,
            clock,
            agent: device.agent().unwrap_or(DESKTOP),
            cookies: Cookies::default(),
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

    /// The page as an error.
    pub fn error(&self) -> BrowserError {
        BrowserError::Status { url: self.told_url(), status: self.status, text: quoted(&self.html, QUOTED) }
    }

    /// Where it is, without secrets.
    pub fn told_url(&self) -> String {
        masked_address(&self.url)
    }

    /// What the last addresses that it went to answered, at most so many lines.
    pub fn last_answers(&self, most: usize) -> &[String] {
        &self.answers[self.answers.len().saturating_sub(most)..]
    }

    /// The end of the way that it went.
    fn no_end(&self) -> BrowserError {
        BrowserError::Loop(self.trail[self.trail.len().saturating_sub(6)..].to_vec())
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
        told.map(drop).map_err(|source| dead(&url, source))
    }

    /// Fills in the form of the customer's login page that has fields of these names, wherever it leads.
    pub async fn log_in_on_page(&mut self, fields: &[(String, String)]) -> Result<(), BrowserError> {
        let page = Page::read(&self.html);
        let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
        let form = page.form_with(&names).map_err(|misfit| match misfit {
            Misfit::NoPassword => {
                BrowserError::Unfit(format!("nobody can log in on this page ({})", self.summary()))
            }
            Misfit::Strange(why) => BrowserError::Strange { url: self.told_url(), why },
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
        let page = Page::read(&self.html);
        let settled = !self.state.is_null() || self.status >= 400 || page.asks_for_a_password();
        if let Some(why) = page.may_move().filter(|_| !settled) {
            return Err(BrowserError::Strange { url: self.told_url(), why });
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
        if let (Some(token), Some(page)) = (answer["sessionInfo"]["cookieValue"].as_str(), self.place()) {
            let domain = own_domain(page.host_str().unwrap_or_default());
            let guard = if page.scheme() == "https" { "; Secure; SameSite=None" } else { "" };
            let line = format!("{SESSION}{api_key}={token}; Path=/; Domain={domain}{guard}");
            self.cookies.write(&page, &line, self.clock.now());
        }
        let proof = proof(&answer);
        self.post("session", &proof).await?;
        self.scripts().await
    }

    /// Forgets the Gigya session, as after logging out.
    pub fn forget_session(&mut self) {
        self.cookies.forget(SESSION);
    }

    /// Where it is, in a few words, for messages.
    pub fn summary(&self) -> String {
        if self.state.is_null() {
            return format!("at {}", self.told_url());
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
        Err(self.no_end())
    }

    /// Asks Gigya for the session, as the page's Gigya script does, and tells the campaign.
    async fn check_session(&mut self) -> Result<(), BrowserError> {
        let name = format!("{SESSION}{}", self.text(&["sso", "api_key"]));
        let now = self.clock.now();
        let kept = self.place().and_then(|page| self.cookies.seen(&page, &name, now).map(str::to_owned));
        // Behind a bar there are parameters.
        let token = kept.and_then(|kept| kept.split('|').next().map(str::to_owned)).unwrap_or_default();
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
            let told = masked_address(&url);
            remember(&mut self.trail, told.clone());
            let sent = self.ask(method.clone(), &url, body.clone(), By::Navigation).await;
            let response = sent.map_err(|source| {
                remember(&mut self.answers, format!("{method} {told} -> no answer"));
                dead(&url, source)
            })?;
            let (status, headers) = (response.status().as_u16(), response.headers());
            remember(&mut self.answers, format!("{method} {told} -> {}", answer(status, headers)));
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
        Err(self.no_end())
    }

    async fn ask(&mut self, method: Method, url: &str, body: Bytes, by: By) -> Result<Response, HttpError> {
        let unfit = || HttpError::Unreachable { host: masked_address(url), why: "not an address".to_owned() };
        let form = method == Method::POST;
        let mut request = from_participant(method, url, body).ok_or_else(unfit)?;
        let address = Url::parse(url).map_err(|_| unfit())?;
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
        let cookies = self.cookies.line(&address, self.clock.now());
        if !cookies.is_empty()
            && let Ok(cookies) = HeaderValue::from_str(&cookies)
        {
            headers.insert(header::COOKIE, cookies);
        }
        let response = self.http.send(request).await?;
        self.cookies.keep(&address, response.headers(), self.clock.now());
        Ok(response)
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
        let here = self.place();
        let base = base.and_then(|base| Url::options().base_url(here.as_ref()).parse(base).ok()).or(here);
        let found = Url::options().base_url(base.as_ref()).parse(url);
        let none = |_| BrowserError::Unfit(format!("`{}` is no address", masked_address(url)));
        found.map(String::from).map_err(none)
    }

    /// Scheme and host of the page in front.
    fn origin(&self) -> String {
        self.place().map(|url| url.origin().ascii_serialization()).unwrap_or_default()
    }

    fn place(&self) -> Option<Url> {
        Url::parse(&self.url).ok()
    }

    /// A call of the page's Gigya script, to the host that the page names.
    async fn gigya(&mut self, method: &str, params: &[(&str, String)]) -> Result<Value, BrowserError> {
        let url = format!("https://{}/{method}", self.text(&["sso", "api_host"]));
        let mut fields = vec![("apiKey".to_owned(), self.text(&["sso", "api_key"]))];
        fields.extend(params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let sent = self.ask(Method::POST, &url, encoded(&fields), By::Script).await;
        let response = sent.map_err(|source| dead(&url, source))?;
        let answer: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        match answer["errorCode"].as_i64() {
            Some(0) => Ok(answer),
            Some(code) => {
                let message = answer["errorMessage"].as_str().unwrap_or_default().to_owned();
                Err(BrowserError::Gigya { code, message })
            }
            None => {
                let text = quoted(&String::from_utf8_lossy(response.body()), QUOTED);
                Err(BrowserError::Status { url, status: response.status().as_u16(), text })
            }
        }
    }
}

/// Status, target and cookies of an answer. The cookies' values stay secret.
fn answer(status: u16, headers: &http::HeaderMap) -> String {
    let mut told = status.to_string();
    if let Some(location) = headers.get(header::LOCATION) {
        told.push_str(&format!(", Location: {}", masked_address(&latin_or_utf8(location.as_bytes()))));
    }
    for line in headers.get_all(header::SET_COOKIE).iter().filter_map(|line| line.to_str().ok()) {
        let (name, rest) = line.split_once('=').unwrap_or((line, ""));
        let attributes = rest.split_once(';').map(|(_, attributes)| format!(";{attributes}"));
        told.push_str(&format!(", Set-Cookie: {name}=...{}", attributes.unwrap_or_default()));
    }
    told
}

fn dead(url: &str, source: HttpError) -> BrowserError {
    BrowserError::Dead { url: masked_address(url), source }
}

fn remember(list: &mut Vec<String>, line: String) {
    if list.len() >= REMEMBERED {
        list.remove(0);
    }
    list.push(line);
}

/// The start of a page, without its secrets.
pub(crate) fn quoted(html: &str, most: usize) -> String {
    // What a name and a value need stands close together.
    let start = &html[..html.floor_char_boundary(10 * most)];
    masked(start.as_bytes()).chars().take(most).collect()
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
    use standin_model::Instant;
    use standin_ports::Request;
    use standin_ports::clock::VirtualClock;

    /// A web of one's own.
    struct Web(fn(&Request) -> Response);

    #[async_trait::async_trait]
    impl Http for Web {
        async fn send(&self, request: Request) -> Result<Response, HttpError> {
            Ok((self.0)(&request))
        }
    }

    /// A browser before a web of its own.
    fn before(web: fn(&Request) -> Response) -> Browser {
        let clock = Arc::new(VirtualClock::new(Instant::START));
        Browser::new(Arc::new(Web(web)), clock, Device::Desktop)
    }

    fn page(status: u16, html: &str) -> Response {
        http::Response::builder().status(status).body(Bytes::from(html.to_owned())).unwrap()
    }

    fn moved(to: &str) -> Response {
        http::Response::builder().status(302).header("location", to).body(Bytes::new()).unwrap()
    }

    /// A form without a method puts what is typed into the address.
    #[test]
    fn what_is_told_of_the_way_has_no_secrets() {
        let mut browser = before(|request| match (request.uri().path(), request.uri().query()) {
            ("/login", None) => {
                page(200, "<form action=in><input name=loginID><input type=password name=password></form>")
            }
            ("/in", Some("loginID=ann&password=s3cr3t+horse")) => {
                moved("/on?to=https%3A%2F%2Fa.example%2F%3FsessionToken%3Ds3cr3t&a=b#access_token=s3cr3t/x==")
            }
            ("/on", Some(_)) => page(503, "no room for <token>s3cr3t</token>"),
            ("/round", _) => moved("/round?secret=s3cr3t"),
            other => panic!("{other:?}"),
        });
        let typed = [("loginID", "ann"), ("password", "s3cr3t horse")];
        let typed = typed.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let failed = pollster::block_on(async {
            browser.visit("https://a.example/login").await.unwrap();
            browser.log_in_on_page(&typed).await.unwrap_err()
        });
        let on = "https://a.example/on?to=https%3A%2F%2Fa.example%2F%3FsessionToken%3D********&a=b#access_token=********";
        let expected = [
            "GET https://a.example/login -> 200".to_owned(),
            format!(
                "GET https://a.example/in?loginID=ann&password=******** -> 302, Location: {}",
                on.strip_prefix("https://a.example").unwrap()
            ),
            format!("GET {on} -> 503"),
        ];
        assert_eq!(browser.last_answers(8), expected);
        assert_eq!(failed.to_string(), format!("{on} answers 503: no room for <token>********</token>"));
        assert_eq!(browser.summary(), format!("at {on}"));
        let round = pollster::block_on(browser.visit("https://a.example/round")).unwrap_err();
        let round = round.to_string();
        assert_eq!(
            (round.matches("?secret=********").count(), round.contains("s3cr3t")),
            (6, false),
            "{round}"
        );
        assert_eq!((browser.trail.len(), browser.answers.len()), (28, 28));
        drop(pollster::block_on(browser.visit("https://a.example/round")));
        assert_eq!((browser.trail.len(), browser.answers.len()), (REMEMBERED, REMEMBERED));
    }

    /// The campaign's script finds the session in the cookies of its own page.
    #[test]
    fn a_session_is_what_a_script_of_the_campaign_sees() {
        let wide = "Domain=brand.example; Path=/";
        for (set, expected) in [
            (format!("glt_3_K=token; {wide}"), "token"),
            (format!("glt_3_K=token|UUID=a; {wide}; SameSite=Strict"), "token"),
            (format!("glt_3_K=token; {wide}; HttpOnly"), ""),
            ("glt_3_K=token; Domain=brand.example; Path=/in".to_owned(), ""),
            ("glt_3_K=token; Path=/".to_owned(), ""),
            (format!("glt_3_Other=token; {wide}"), ""),
            (format!("glt_3_K=token; {wide}; Max-Age=0"), ""),
        ] {
            let set = Arc::new(std::sync::Mutex::new((set, None)));
            let clock = Arc::new(VirtualClock::new(Instant::START));
            let mut browser = Browser::new(Arc::new(Campaign(Arc::clone(&set))), clock, Device::Desktop);
            let seen = pollster::block_on(async {
                browser.visit("https://www.brand.example/in").await.unwrap();
                browser.visit("https://jeux.brand.example/20/quiz").await.unwrap();
                set.lock().unwrap().1.take()
            });
            assert_eq!(seen.as_deref(), Some(expected), "{:?}", set.lock().unwrap().0);
        }
    }

    /// A login page that sets a cookie, a campaign that asks for the session, and the token that Gigya is told then.
    struct Campaign(Arc<std::sync::Mutex<(String, Option<String>)>>);

    #[async_trait::async_trait]
    impl Http for Campaign {
        async fn send(&self, request: Request) -> Result<Response, HttpError> {
            let mut known = self.0.lock().unwrap();
            let path = request.uri().path().to_owned();
            Ok(match (path.as_str(), request.method()) {
                ("/in", _) => {
                    let answer = http::Response::builder().header("set-cookie", known.0.as_str());
                    answer.body(Bytes::new()).unwrap()
                }
                ("/20/quiz", &Method::GET) => page(
                    200,
                    "<script id=\"qlf-state\">{\"action\":\"/20/quiz\",\"sso\":{\"state\":\"check\",\
                     \"api_host\":\"gigya.example\",\"api_key\":\"3_K\"}}</script>",
                ),
                ("/20/quiz", _) => page(200, "<script id=\"qlf-state\">{\"step\":\"identityset\"}</script>"),
                _ => {
                    known.1 = Form::parse(request.body()).get("login_token").map(str::to_owned);
                    page(200, "{\"errorCode\":403005}")
                }
            })
        }
    }

    #[test]
    fn addresses_from_where_the_browser_is() {
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
            let mut browser = before(|_| http::Response::new(Bytes::new()));
            browser.url = at.to_owned();
            assert_eq!(browser.absolute(link).unwrap(), expected, "{at}");
        }
    }

    #[test]
    fn state_is_read_from_the_page() {
        let html = r#"<html><script type="application/json" id="qlf-state">{"step":"exit"}</script></html>"#;
        assert_eq!(page_state(html)["step"], "exit");
        assert!(page_state("<html></html>").is_null());
    }
}
