//! A visit to the customer's site: which page answers, and how people log in on the plain forms.

use super::page::{ASSETS, Page};
use super::{LoginPage, Manner};
use crate::parts::Parts;
use crate::surface::locked;
use http::{HeaderValue, Method, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use standin_clients::gigya::{GigyaAccess, GigyaClient, GigyaError, Proof};
use standin_fake_kit::form::{Form, cookies};
use standin_fake_kit::{answer, asset};
use standin_model::Instant;
use standin_ports::{Request, Response};
use std::net::SocketAddr;

/// What a page says about a destination that it does not go to.
const INVALID: &str = "Invalid redirect URI";

/// What the customer's site knows when somebody comes.
struct Visit<'p> {
    parts: &'p Parts,
    now: Instant,
    host: String,
    login: LoginPage,
    query: Form,
    /// Whether the connection is secure, so that cookies can be.
    secure: bool,
}

impl Parts {
    /// Where somebody else's program listens that is the customer's site under this host.
    pub(crate) fn customer_elsewhere(&self, host: &str) -> Option<SocketAddr> {
        let gigya = locked(&self.gigya);
        let domain_of = |page: &LoginPage| gigya.cookie_domain(&page.api_key, &page.host).to_owned();
        locked(&self.login_pages).elsewhere(host, &domain_of)
    }

    /// Answers as the customer's site does.
    pub(crate) async fn customer(&self, now: Instant, request: Request) -> Response {
        let host = standin_ports::http::host_of(&request);
        if let Some(address) = self.customer_elsewhere(&host) {
            return self.handed_on(address, request).await;
        }
        let path = request.uri().path().to_owned();
        if let Some(file) = asset::find(ASSETS, &path) {
            return file.answer();
        }
        let (at, any) = {
            let pages = locked(&self.login_pages);
            (pages.at(&host, &path), pages.of(&host))
        };
        let Some(login) = at.clone().or(any) else { return not_found() };
        let secure = request.uri().scheme_str() != Some("http");
        let query = Form::query(&request);
        let visit = Visit { parts: self, now, host, login, query, secure };
        match (at, path.as_str()) {
            (Some(_), _) => visit.login(&request).await,
            (None, "/") => home().answer(),
            (None, "/account") => visit.account(),
            (None, "/logout") => visit.logout(&request).await,
            (None, "/promo") => visit.promo(),
            _ => not_found(),
        }
    }
}

fn home() -> Page {
    Page::new("Welcome to our shop", include_str!("home.html"))
}

fn not_found() -> Response {
    Page::new("Not found", include_str!("not_found.html")).status(404).answer()
}

impl Visit<'_> {
    /// The way to log in here and then to come to the account.
    fn login_link(&self) -> String {
        let LoginPage { path, parameter, .. } = &self.login;
        let account = format!("https://{}/account", self.host);
        format!("{path}?{parameter}={}", utf8_percent_encode(&account, NON_ALPHANUMERIC))
    }

    fn gigya(&self) -> GigyaClient {
        let access = GigyaAccess {
            api_key: self.login.api_key.clone(),
            data_center: self.login.data_center.clone(),
            proof: Proof::None,
        };
        GigyaClient::new(self.parts.http(), access, "login-page")
    }

    fn domain(&self) -> &str {
        locked(&self.parts.gigya).cookie_domain(&self.login.api_key, &self.host)
    }

    /// The destination that came along.
    fn destination(&self) -> &str {
        self.query.get(&self.login.parameter).unwrap_or_default()
    }

    /// Where somebody goes who is logged in.
    fn then(&self) -> String {
        let destination = self.destination();
        let trusted = || locked(&self.parts.gigya).trusts(&self.login.api_key, destination);
        match self.login.manner {
            Manner::Honours | Manner::Bounces | Manner::Central if trusted() => destination.to_owned(),
            Manner::Honours | Manner::Bounces | Manner::Central => "/account?trouble=redirect".to_owned(),
            Manner::Ignores => "/account".to_owned(),
            Manner::Elsewhere => "/".to_owned(),
        }
    }

    /// The form on GET; log-in or registration at Gigya on POST, then the way that the page's manner prescribes.
    async fn login(&self, request: &Request) -> Response {
        if self.login.manner == Manner::Bounces && self.then() == self.destination() {
            return answer::redirect(302, self.destination());
        }
        if request.method() != Method::POST {
            return self.form("");
        }
        match self.sign_in(&Form::parse(request.body())).await {
            Ok(cookie) => {
                let mut response = answer::redirect(302, &self.then());
                set_cookie(&mut response, &cookie);
                response
            }
            Err(message) => self.form(&message),
        }
    }

    fn form(&self, message: &str) -> Response {
        Page::new("Your Brand account", include_str!("login.html"))
            .with("message", message)
            .with("then", self.then())
            .with("central", if self.login.manner == Manner::Central { "yes" } else { "no" })
            .with_markup("forms", include_str!("plain_forms.html").to_owned())
            .with_gigya("/customer/login.js", &self.login, self.domain())
            .answer()
    }

    async fn sign_in(&self, fields: &Form) -> Result<String, String> {
        let client = self.gigya();
        let value = |name: &str| fields.get(name).unwrap_or_default().to_owned();
        let told = |error: GigyaError| error.to_string();
        let answer = if fields.get("action") == Some("register") {
            let token = client.call(self.now, "accounts.initRegistration", &[]).await.map_err(told)?;
            let profile = json!({
                "firstName": value("firstName"), "lastName": value("lastName"), "email": value("email"),
            });
            let params = [
                ("regToken", token["regToken"].as_str().unwrap_or_default().to_owned()),
                ("email", value("email")),
                ("password", value("password")),
                ("profile", profile.to_string()),
                ("finalizeRegistration", "true".to_owned()),
            ];
            client.call(self.now, "accounts.register", &params).await
        } else {
            let params = [("loginID", value("loginID")), ("password", value("password"))];
            client.call(self.now, "accounts.login", &params).await
        };
        let answer = answer.map_err(told)?;
        let session = &answer["sessionInfo"];
        let part = |name: &str| session[name].as_str();
        match (part("cookieName"), part("cookieValue")) {
            (Some(name), Some(value)) => Ok(self.cookie(name, value, "")),
            _ => Err("no session was opened".to_owned()),
        }
    }

    /// A cookie as the Web SDK itself writes it, so that pages of the whole domain see one and the same.
    fn cookie(&self, name: &str, value: &str, more: &str) -> String {
        let domain = self.domain();
        let scope = if domain.contains('.') { format!("; Domain={domain}") } else { String::new() };
        let guard = if self.secure { "; Secure; SameSite=None" } else { "" };
        format!("{name}={value}; Path=/{scope}{guard}{more}")
    }

    fn account(&self) -> Response {
        let trouble = if self.query.get("trouble") == Some("redirect") { INVALID } else { "" };
        Page::new("My account", include_str!("account.html"))
            .with("message", trouble)
            .with("login", self.login_link())
            .with_gigya("/customer/account.js", &self.login, self.domain())
            .answer()
    }

    /// The script of the page ends the session, which it could not if the cookie were gone before. The plain
    /// form has the site do both.
    async fn logout(&self, request: &Request) -> Response {
        if request.method() == Method::POST {
            let name = format!("glt_{}", self.login.api_key);
            let mut response = answer::redirect(302, "/");
            if let Some((_, value)) = cookies(request).into_iter().find(|(known, _)| *known == name) {
                let token = value.split('|').next().unwrap_or_default().to_owned();
                // A session that is over already is no reason to keep the cookie.
                _ = self.gigya().call(self.now, "accounts.logout", &[("login_token", token)]).await;
                set_cookie(&mut response, &self.cookie(&name, "", "; Max-Age=0"));
            }
            return response;
        }
        let page = Page::new("Log out", include_str!("logout.html"))
            .with("login", self.login_link())
            .with_gigya("/customer/logout.js", &self.login, self.domain())
            .framed();
        page.answer()
    }

    /// A page of the customer with a campaign in it, by the code that Qualifio gives out for it: `campaign` is its
    /// number, the first that is made for other pages if it is not given; `how` is `tag` or `iframe`.
    fn promo(&self) -> Response {
        let in_frame = self.query.get("how") == Some("iframe");
        let code = {
            let qualifio = locked(&self.parts.qualifio);
            let id = match self.query.get("campaign") {
                Some(id) => id.parse().ok(),
                None => qualifio.widgets().next(),
            };
            id.and_then(|id| qualifio.embed_code(id))
        };
        let host = code.as_ref().and_then(|code| code.webview.parse::<http::Uri>().ok());
        let host = host.as_ref().and_then(|address| address.host());
        let (Some(code), Some(host)) = (&code, host) else {
            return Page::new("Our promotion", "<p>There is no game at the moment.</p>").answer();
        };
        let noscript = match in_frame {
            true => "",
            false => "JavaScript is switched off in this browser: the game cannot be shown here.",
        };
        Page::new("Our promotion", include_str!("promo.html"))
            .with("noscript", noscript)
            .with_code(if in_frame { &code.html } else { &code.javascript }, host)
            .answer()
    }
}

fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(cookie) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
