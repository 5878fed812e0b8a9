//! The customer's site: login pages, good ones and bad ones, and what surrounds them.
//!
//! Its pages run the Web SDK of Gigya; where that is missing or scripts are off, they are plain forms.

mod elsewhere;
mod page;
#[cfg(test)]
mod tests;
mod visit;

use crate::surface::ACTOR;
use bytes::Bytes;
use http::HeaderValue;
use serde_json::Value;
use standin_fake_kit::{Part, Section, SeedError, Shape};
use standin_ports::Request;
use std::net::SocketAddr;

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
    /// Leaves logging in to the central login page of the site's group, and has it send the participant back.
    Central,
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
    /// Where on this machine a program listens that serves this host in our place.
    pub at: Option<SocketAddr>,
}

/// Where accounts live whose site nobody knows.
const DATA_CENTER: &str = "eu1";

/// What each login page of a world may have.
pub const SHAPE: Shape =
    &[Part::Plain(&["host", "path", "parameter", "manner", "api_key", "data_center", "at"])];

/// All login pages of a world.
#[derive(Clone, Debug, Default)]
pub struct LoginPages(Vec<LoginPage>);

impl LoginPages {
    /// Reads a world file's `login_pages`. Without any, one good page stands at
    /// `https://www.brand.example/login?redirect=`. A page is in the data center of its accounts.
    pub fn seed(
        &mut self,
        section: &Value,
        data_center_of: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), SeedError> {
        let root = Section::root(section);
        let items = if section.is_null() { Vec::new() } else { root.items()? };
        for item in &items {
            item.shaped(SHAPE)?;
            let manner = match item.get("manner") {
                Some(manner) => {
                    match manner.word(&["honours", "ignores", "elsewhere", "bounces", "central"])? {
                        "ignores" => Manner::Ignores,
                        "elsewhere" => Manner::Elsewhere,
                        "bounces" => Manner::Bounces,
                        "central" => Manner::Central,
                        _ => Manner::Honours,
                    }
                }
                None => Manner::Honours,
            };
            let text = |name: &str, default: &str| -> Result<String, SeedError> {
                Ok(item.text_of(name)?.unwrap_or(default).to_owned())
            };
            let api_key = text("api_key", standin_fake_gigya::DEFAULT_API_KEY)?;
            let data_center = data_center_of(&api_key).unwrap_or_else(|| DATA_CENTER.to_owned());
            self.0.push(LoginPage {
                host: text("host", "www.brand.example")?.to_ascii_lowercase(),
                path: text("path", "/login")?,
                parameter: text("parameter", "redirect")?,
                manner,
                data_center: text("data_center", &data_center)?,
                api_key,
                at: item.text_of("at")?.map(|at| loopback(item, at)).transpose()?,
            });
        }
        if self.0.is_empty() {
            self.0.push(LoginPage {
                host: "www.brand.example".to_owned(),
                path: "/login".to_owned(),
                parameter: "redirect".to_owned(),
                manner: Manner::Honours,
                api_key: standin_fake_gigya::DEFAULT_API_KEY.to_owned(),
                data_center: data_center_of(standin_fake_gigya::DEFAULT_API_KEY)
                    .unwrap_or_else(|| DATA_CENTER.to_owned()),
                at: None,
            });
        }
        Ok(())
    }

    /// The first login page of a host, with whose accounts its other pages work, too.
    fn of(&self, host: &str) -> Option<LoginPage> {
        self.0.iter().find(|page| page.host == host).cloned()
    }

    /// Where somebody else's program listens that serves a host: its page's own, and every other of the site's domain
    /// that nobody else serves.
    pub(crate) fn elsewhere(
        &self,
        host: &str,
        domain_of: &dyn Fn(&LoginPage) -> String,
    ) -> Option<SocketAddr> {
        let is_under = |domain: &str| {
            host.strip_suffix(domain).is_some_and(|head| head.is_empty() || head.ends_with('.'))
        };
        match self.of(host) {
            Some(page) => page.at,
            None => {
                self.0.iter().filter(|page| page.at.is_some()).find(|page| is_under(&domain_of(page)))?.at
            }
        }
    }

    /// The addresses of all pages.
    pub fn addresses(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|page| format!("https://{}{}", page.host, page.path))
    }

    /// Whether some page is served under `host`.
    pub fn serves(&self, host: &str) -> bool {
        self.0.iter().any(|page| page.host == host)
    }

    fn at(&self, host: &str, path: &str) -> Option<LoginPage> {
        self.0.iter().find(|page| page.host == host && page.path == path).cloned()
    }
}

/// An address on this machine, and no other.
fn loopback(item: &Section<'_>, at: &str) -> Result<SocketAddr, SeedError> {
    let address = at.replace("localhost", "127.0.0.1").parse().ok();
    address.filter(|address: &SocketAddr| address.ip().is_loopback()).ok_or_else(|| {
        item.wrong_because(
            format!("`at` is `{at}`"),
            "an address on this machine with its port: 127.0.0.1:8000",
        )
    })
}

/// A request from a participant's browser to anybody.
pub(crate) fn from_participant(method: http::Method, url: &str, body: Bytes) -> Option<Request> {
    let mut request = http::Request::builder().method(method).uri(url).body(body).ok()?;
    request.headers_mut().insert(ACTOR, HeaderValue::from_static("participant"));
    Some(request)
}
