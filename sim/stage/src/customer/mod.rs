//! The customer's login pages: what a participant meets in Redirect, good ones and bad ones.

use crate::parts::Parts;
use crate::surface::{ACTOR, locked};
use bytes::Bytes;
use http::HeaderValue;
use serde_json::Value;
use standin_clients::gigya::{GigyaAccess, GigyaClient, GigyaError, Proof};
use standin_fake_kit::form::Form;
use standin_fake_kit::{Section, SeedError, answer};
use standin_model::Instant;
use standin_ports::{Request, Response};

/// What a login page does with the destination it is given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    /// Sends the participant to the destination.
    Honours,
    /// Forgets the destination: the participant stays on a welcome page.
    Ignores,
    /// Sends the participant to the customer's home page instead.
    Elsewhere,
    /// Takes the participant for logged in already and sends them to the destination at once.
    Bounces,
}

/// One login page.
#[derive(Clone, Debug)]
pub struct LoginPage {
    /// The host that serves it.
    pub host: String,
    /// Its path.
    pub path: String,
    /// The name of the parameter that carries the destination.
    pub parameter: String,
    /// What it does with the destination.
    pub manner: Manner,
    /// Whose accounts log in here.
    pub api_key: String,
    /// In which data centre they live.
    pub data_center: String,
}

/// All login pages of a world.
#[derive(Clone, Debug, Default)]
pub struct LoginPages(Vec<LoginPage>);

impl LoginPages {
    /// Reads a world file's `login_pages`. Without any, one good page stands at
    /// `https://www.brand.example/login?redirect=`.
    pub fn seed(&mut self, section: &Value) -> Result<(), SeedError> {
        let root = Section::root(section);
        let items = if section.is_null() { Vec::new() } else { root.items()? };
        for item in &items {
            item.only(&["host", "path", "parameter", "manner", "api_key", "data_center"])?;
            let manner = match item.get("manner") {
                Some(manner) => match manner.word(&["honours", "ignores", "elsewhere", "bounces"])? {
                    "ignores" => Manner::Ignores,
                    "elsewhere" => Manner::Elsewhere,
                    "bounces" => Manner::Bounces,
                    _ => Manner::Honours,
                },
                None => Manner::Honours,
            };
            let text = |name: &str, default: &str| -> Result<String, SeedError> {
                Ok(item.text_of(name)?.unwrap_or(default).to_owned())
            };
            self.0.push(LoginPage {
                host: text("host", "www.brand.example")?.to_ascii_lowercase(),
                path: text("path", "/login")?,
                parameter: text("parameter", "redirect")?,
                manner,
                api_key: text("api_key", standin_fake_gigya::DEFAULT_API_KEY)?,
                data_center: text("data_center", "eu1")?,
            });
        }
        if self.0.is_empty() {
            self.0.push(LoginPage {
                host: "www.brand.example".to_owned(),
                path: "/login".to_owned(),
                parameter: "redirect".to_owned(),
                manner: Manner::Honours,
                api_key: standin_fake_gigya::DEFAULT_API_KEY.to_owned(),
                data_center: "eu1".to_owned(),
            });
        }
        Ok(())
    }

    /// Whether some page is served under `host`.
    pub fn serves(&self, host: &str) -> bool {
        self.0.iter().any(|page| page.host == host)
    }

    fn at(&self, host: &str, path: &str) -> Option<LoginPage> {
        self.0.iter().find(|page| page.host == host && page.path == path).cloned()
    }
}

impl Parts {
    /// Answers as the customer's site does: the form on GET; log-in or registration at Gigya on POST, then
    /// the way that the page's manner prescribes.
    pub(crate) async fn login_page(&self, now: Instant, request: Request) -> Response {
        let host = standin_ports::http::host_of(&request);
        let Some(page) = locked(&self.login_pages).at(&host, request.uri().path()) else {
            if request.uri().path() == "/" {
                return answer::html(200, "<!doctype html><title>Home</title><h1>Welcome to our shop</h1>");
            }
            return answer::html(404, "<!doctype html><title>Not found</title><h1>Not found</h1>");
        };
        let destination = Form::query(&request).get(&page.parameter).unwrap_or_default().to_owned();
        if page.manner == Manner::Bounces && destination.starts_with("https://") {
            return answer::redirect(302, &destination);
        }
        if request.method() != http::Method::POST {
            return answer::html(200, form_page(""));
        }
        let fields = Form::parse(request.body());
        match self.sign_in(now, &page, &fields).await {
            Ok(cookie) => signed_in(&page, &destination, &cookie),
            Err(message) => answer::html(200, form_page(&message)),
        }
    }

    async fn sign_in(&self, now: Instant, page: &LoginPage, fields: &Form) -> Result<String, String> {
        let access = GigyaAccess {
            api_key: page.api_key.clone(),
            data_center: page.data_center.clone(),
            proof: Proof::None,
        };
        let client = GigyaClient::new(self.http(), access, "login-page");
        let value = |name: &str| fields.get(name).unwrap_or_default().to_owned();
        let answer = if fields.get("action") == Some("register") {
            let token = client.call(now, "accounts.initRegistration", &[]).await.map_err(told)?;
            let profile = serde_json::json!({
                "firstName": value("firstName"), "lastName": value("lastName"), "email": value("email"),
            });
            let params = [
                ("regToken", token["regToken"].as_str().unwrap_or_default().to_owned()),
                ("email", value("email")),
                ("password", value("password")),
                ("profile", profile.to_string()),
                ("finalizeRegistration", "true".to_owned()),
            ];
            client.call(now, "accounts.register", &params).await
        } else {
            let params = [("loginID", value("loginID")), ("password", value("password"))];
            client.call(now, "accounts.login", &params).await
        };
        let answer = answer.map_err(told)?;
        let session = &answer["sessionInfo"];
        let part = |name: &str| session[name].as_str().map(str::to_owned);
        match (part("cookieName"), part("cookieValue")) {
            (Some(name), Some(value)) => Ok(format!("{name}={value}; Path=/")),
            _ => Err("no session was opened".to_owned()),
        }
    }
}

fn told(error: GigyaError) -> String {
    error.to_string()
}

fn signed_in(page: &LoginPage, destination: &str, cookie: &str) -> Response {
    let mut response = match page.manner {
        Manner::Honours if destination.starts_with("https://") => answer::redirect(302, destination),
        Manner::Elsewhere => answer::redirect(302, &format!("https://{}/", page.host)),
        Manner::Honours | Manner::Ignores | Manner::Bounces => {
            answer::html(200, "<!doctype html><title>Welcome</title><h1>Welcome back</h1>")
        }
    };
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(http::header::SET_COOKIE, cookie);
    }
    response
}

fn form_page(message: &str) -> Bytes {
    let message = message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    Bytes::from(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Log in</title></head><body>\
         <h1>Log in</h1><p role=\"alert\">{message}</p>\
         <form method=\"post\"><input type=\"hidden\" name=\"action\" value=\"login\">\
         <label>E-mail <input name=\"loginID\" autocomplete=\"username\"></label>\
         <label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\"></label>\
         <button>Log in</button></form></body></html>"
    ))
}

/// A request from a participant's browser to anybody.
pub(crate) fn from_participant(method: http::Method, url: &str, body: Bytes) -> Option<Request> {
    let mut request = http::Request::builder().method(method).uri(url).body(body).ok()?;
    request.headers_mut().insert(ACTOR, HeaderValue::from_static("participant"));
    Some(request)
}
