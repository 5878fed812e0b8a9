//! One call on its way through: decode, site, credentials, method, envelope.

use crate::bearer::signer_of;
use crate::endpoints::{Access, ENDPOINTS, Endpoint};
use crate::envelope::{self, Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::machines::Machine;
use crate::params::{Params, brief};
use crate::site::Site;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use standin_model::Instant;
use standin_ports::Request;
use standin_ports::http::Peer;
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Who calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Caller {
    /// Nothing but an apiKey: a browser.
    Anonymous,
    /// A server with a key.
    Server { user_key: String },
    /// A browser with a session.
    Session { uid: String, token: String },
    /// A browser with a query that its site signed.
    Query,
}

/// What an answer looks like; most are the envelope as JSON.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    #[default]
    Envelope,
    /// The envelope, but a success has no `errorCode`.
    WithoutCode,
    /// This text, if it is a success.
    Csv(String),
    /// The way to this address, if it is a success.
    Redirect(String),
}

/// What says which site a call is for.
enum Named<'r> {
    /// Its apiKey.
    Site(&'r str),
    /// A key that one or more sites have, or the apiKey of one.
    Client(Cow<'r, str>),
}

/// A call whose site and caller are known.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) now: Instant,
    pub(crate) method: &'static str,
    pub(crate) site: Arc<Site>,
    pub(crate) caller: Caller,
    pub(crate) params: Arc<Params>,
    /// Where it comes from, as an IP address.
    pub(crate) address: Cow<'static, str>,
    /// What the browser calls itself.
    pub(crate) machine: Machine,
}

impl Call {
    pub(crate) fn is_server(&self) -> bool {
        matches!(self.caller, Caller::Server { .. })
    }

    /// A parameter that the method cannot do without.
    pub(crate) fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.params.get(name).ok_or_else(|| Refusal::missing(self.method, name))
    }
}

/// The method that a path names, as the client spelt it; a name without a dot belongs to `socialize`.
pub(crate) fn method_of(request: &Request) -> Cow<'_, str> {
    let path = request.uri().path().trim_matches('/');
    let name = path.rsplit_once('/').map_or(path, |(_, last)| last);
    let name = percent_decode_str(name).decode_utf8_lossy();
    if name.is_empty() || name.contains('.') { name } else { format!("socialize.{name}").into() }
}

/// The endpoint that a path names, in any case.
pub(crate) fn endpoint_of(request: &Request) -> Option<&'static Endpoint> {
    let name = method_of(request);
    ENDPOINTS.iter().find(|endpoint| endpoint.name.eq_ignore_ascii_case(&name))
}

/// The vendor's data centre that a host names, if it is one of the vendor's hosts. A host without one is
/// the first data centre's.
pub(crate) fn data_center_of(host: &str) -> Option<&str> {
    let host = host.strip_suffix('.').unwrap_or(host);
    if ["cn1.sapcdm.cn", "cn1.gigya-api.cn"].iter().any(|cn| is_under(host, cn)) {
        return Some("cn1");
    }
    let labels = host.strip_suffix(".gigya.com")?;
    match labels.rsplit_once('.') {
        Some((_, dc)) => Some(dc),
        None if DATA_CENTERS.contains(&labels) => Some(labels),
        None => Some("us1"),
    }
}

fn is_under(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Where a call comes from: what a proxy tells, else the other end of the connection, else this machine.
fn address_of(request: &Request) -> Cow<'static, str> {
    let header = request.headers().get("x-forwarded-for").and_then(|value| value.to_str().ok());
    let first = header.and_then(|list| list.split(',').next()).map(str::trim).filter(|it| !it.is_empty());
    match (first, request.extensions().get::<Peer>()) {
        (Some(first), _) => match ip_of(first) {
            Some(address) => address.to_string().into(),
            None => first.chars().take(64).collect::<String>().into(),
        },
        (None, Some(Peer(address))) => address.to_canonical().to_string().into(),
        (None, None) => "127.0.0.1".into(),
    }
}

/// An address in one spelling, whatever port stands behind it.
pub(crate) fn ip_of(text: &str) -> Option<IpAddr> {
    let behind_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse::<IpAddr>().ok().or_else(behind_port).map(|address| address.to_canonical())
}

/// Whether a browser asks what it may send to here.
pub(crate) fn is_preflight(request: &Request) -> bool {
    let headers = request.headers();
    *request.method() == http::Method::OPTIONS
        && headers.contains_key(http::header::ORIGIN)
        && headers.contains_key(http::header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The data centres that have a domain under `gigya.com`.
const DATA_CENTERS: &[&str] = &["us1", "eu1", "eu2", "au1", "ru1", "il1", "global"];

/// Whether a site may live there.
pub fn is_data_center(name: &str) -> bool {
    name == "cn1" || (name != "global" && DATA_CENTERS.contains(&name))
}

/// Whether the call is about a partner and not about a site, which has a data centre.
fn names_no_site(endpoint: &Endpoint, params: &Params) -> bool {
    endpoint.access == Access::Partner && params.get("apiKey").is_none()
}

/// The domain of a data centre.
pub(crate) fn api_domain(data_center: &str) -> String {
    match data_center {
        "cn1" => "cn1.sapcdm.cn".to_owned(),
        dc => format!("{dc}.gigya.com"),
    }
}

impl Gigya {
    /// Answers a decoded call; everything that is wrong becomes a refusal.
    pub(crate) fn answer(&mut self, now: Instant, request: &Request, params: &Arc<Params>) -> Reply {
        if is_preflight(request) {
            return Ok(Object::new());
        }
        self.check_sizes(request, params)?;
        if let Some(fault) = params.fault() {
            return Err(fault.clone());
        }
        if !matches!(*request.method(), http::Method::GET | http::Method::POST) {
            return Err(Refusal::new(400_001));
        }
        let Some(endpoint) = endpoint_of(request) else { return Err(no_endpoint(&method_of(request))) };
        check_format(params, endpoint)?;
        let site = self.site_of(now, request, params, endpoint)?;
        if !names_no_site(endpoint, params) {
            check_data_center(request, endpoint, &site)?;
        }
        let caller = self.authenticate(now, request, params, endpoint, &site)?;
        let machine = Machine::of(request, params);
        let address = address_of(request);
        self.check_rates(now, &address, endpoint, &site.api_key, &caller)?;
        self.check_access(request, endpoint, &site, &caller, params)?;
        self.check_machine(now, endpoint, &site, &caller, &machine)?;
        let mut params = Arc::clone(params);
        let ignored = self.drop_ignored(endpoint, &caller, &mut params);
        let call = Call { now, method: endpoint.name, site, caller, params, address, machine };
        let reply = (endpoint.run)(self, &call);
        self.aftermath(&call, &reply);
        let mut body = reply?;
        if !ignored.is_empty() && self.knobs.on("gigya.ignored_params") {
            body.insert("ignoredParams".into(), ignored.into());
        }
        Ok(body)
    }

    fn site_of(
        &self,
        now: Instant,
        request: &Request,
        params: &Params,
        endpoint: &Endpoint,
    ) -> Result<Arc<Site>, Refusal> {
        match self.named(now, request, params, endpoint) {
            None => Err(Refusal::missing(endpoint.name, "apiKey")),
            Some(Named::Client(name)) => self.site_of_client(&name).ok_or_else(|| self.stranger(&name)),
            Some(Named::Site(api_key)) => match self.sites.get(api_key) {
                Some(site) => Ok(self.in_its_group(site)),
                None => Err(self.no_site(api_key)),
            },
        }
    }

    /// What of a call says which site it is for.
    fn named<'r>(
        &'r self,
        now: Instant,
        request: &Request,
        params: &'r Params,
        endpoint: &Endpoint,
    ) -> Option<Named<'r>> {
        let client = match endpoint.access {
            Access::Client => params.get("client_id").filter(|name| self.site_of_client(name).is_some()),
            _ if names_no_site(endpoint, params) => params.get("userKey"),
            _ => None,
        };
        let signer = || signer_of(request).filter(|_| names_no_site(endpoint, params));
        if let Some(name) = client.map(Cow::Borrowed).or_else(|| signer().map(Cow::Owned)) {
            return Some(Named::Client(name));
        }
        // Some clients send no apiKey beside a token, since the token says whose it is.
        params.get("apiKey").or_else(|| self.site_of_token(now, request, params)).map(Named::Site)
    }

    /// Why there is no site with a key.
    fn no_site(&self, api_key: &str) -> Refusal {
        if self.deleted_sites.contains(api_key) {
            return Refusal::because(403_007, "Site was deleted");
        }
        let versioned = ["2_", "3_", "4_"].iter().any(|prefix| api_key.starts_with(prefix));
        let details = match versioned {
            true => envelope::message(400_093).to_owned(),
            false => format!("GSKeyBase is invalid, no version: {}", brief(api_key)),
        };
        Refusal::because(400_093, details)
    }

    /// The site of an apiKey, or the first one that a user key belongs to.
    fn site_of_client(&self, client: &str) -> Option<Arc<Site>> {
        let holder = || self.sites.values().find(|site| site.keys.contains_key(client));
        self.sites.get(client).or_else(holder).map(|site| self.in_its_group(site))
    }

    /// A site as it works in its group, if it is a child of one.
    pub(crate) fn in_its_group(&self, site: &Arc<Site>) -> Arc<Site> {
        let parent = site.parent.as_ref().and_then(|key| self.sites.get(key));
        parent.map_or_else(|| site.clone(), |parent| Arc::new(site.within(parent)))
    }

    fn check_access(
        &self,
        request: &Request,
        endpoint: &Endpoint,
        site: &Site,
        caller: &Caller,
        params: &Params,
    ) -> Result<(), Refusal> {
        if let Caller::Server { user_key } = caller {
            let may = site.keys.get(user_key).is_none_or(|key| key.may(endpoint.name));
            return if may { Ok(()) } else { Err(Refusal::new(403_007)) };
        }
        match (endpoint.access, caller) {
            // A signed query may search, and only in one piece.
            (Access::Private, Caller::Query)
                if params.get("openCursor").is_none() && params.get("cursorId").is_none() => {}
            (Access::Private | Access::Partner, _) => return Err(Refusal::new(403_007)),
            (Access::Client | Access::Open, _) => return Ok(()),
            (Access::Public, _) => {}
        }
        self.check_page(request, site, caller, params)
    }

    /// Takes away the parameters that the method does not know or this caller may not use.
    fn drop_ignored(&self, endpoint: &Endpoint, caller: &Caller, params: &mut Arc<Params>) -> Vec<Value> {
        let server = matches!(caller, Caller::Server { .. });
        let lists: &[&[&str]] =
            if server { &[endpoint.params, endpoint.server_params] } else { &[endpoint.params] };
        let names: Vec<String> = params.unknown(lists).into_iter().map(str::to_owned).collect();
        if !names.is_empty() {
            Arc::make_mut(params).forget(&names.iter().map(String::as_str).collect::<Vec<_>>());
        }
        names.iter().map(|name| ignored(name)).collect()
    }
}

/// Why no endpoint answers to a name: the platform has none, or this fake leaves it out.
fn no_endpoint(name: &str) -> Refusal {
    match crate::inventory::is_known(name) {
        true => Refusal::because(403_007, format!("{} is not available on this platform", brief(name))),
        false => Refusal::because(405_001, format!("Invalid API method: {}", brief(name))),
    }
}

fn ignored(name: &str) -> Value {
    let name = brief(name);
    json!({
        "paramName": name,
        "warningCode": 403_007,
        "message": format!(
            "This parameter is not valid for this method with the given credentials, \
             nor is it a standard control parameter: {name}"
        ),
    })
}

pub(crate) fn is_callback(name: &str) -> bool {
    name.len() <= 128
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_$.".contains(&byte))
        && name.bytes().next().is_some_and(|first| first.is_ascii_alphabetic() || b"_$".contains(&first))
}

/// Whether the method can answer in CSV. With that format its HTTP status is always the real one.
pub(crate) fn has_csv(endpoint: Option<&Endpoint>) -> bool {
    endpoint.is_some_and(|endpoint| endpoint.name == crate::socialize::export_users::ENDPOINT.name)
}

fn check_format(params: &Params, endpoint: &Endpoint) -> Result<(), Refusal> {
    match params.get("format").map(str::to_ascii_lowercase).as_deref() {
        None | Some("json") => Ok(()),
        Some("jsonp") => match params.get("callback") {
            None => Err(Refusal::missing(endpoint.name, "callback")),
            Some(name) if is_callback(name) => Ok(()),
            Some(_) => Err(Refusal::because(400_006, "callback is not a name")),
        },
        Some("csv") if has_csv(Some(endpoint)) => Ok(()),
        Some(other) => Err(Refusal::because(400_006, format!("format is not supported: {}", brief(other)))),
    }
}

fn check_data_center(request: &Request, endpoint: &Endpoint, site: &Site) -> Result<(), Refusal> {
    let host = standin_ports::http::host_of(request);
    let Some(named) = data_center_of(&host) else { return Ok(()) };
    if named == site.data_center || named == "global" {
        return Ok(());
    }
    let domain = api_domain(&site.data_center);
    let namespace = endpoint.name.split('.').next().unwrap_or_default();
    let place = format!("https://{namespace}.{domain}/{}", endpoint.name);
    let body = Object::from_iter([("apiDomain".into(), domain.into()), ("location".into(), place.into())]);
    Err(Refusal::because(301_001, "This API key is served by another data center.").with(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_name_data_centers() {
        for (host, expected) in [
            ("accounts.gigya.com", Some("us1")),
            ("accounts.eu1.gigya.com", Some("eu1")),
            ("mtls.accounts.au1.gigya.com", Some("au1")),
            ("idx.cn1.sapcdm.cn", Some("cn1")),
            ("accounts.cn1.gigya-api.cn", Some("cn1")),
            ("cn1.sapcdm.cn", Some("cn1")),
            ("eu1.gigya.com", Some("eu1")),
            ("cdns.gigya.com", Some("us1")),
            ("socialize.ru1.gigya.com.", Some("ru1")),
            ("accounts.global.gigya.com", Some("global")),
            ("7700001.gigya-api.com", None),
            ("evilcn1.sapcdm.cn", None),
            ("gigya.com.evil.example", None),
            ("login.brand.example", None),
            ("127.0.0.1", None),
        ] {
            assert_eq!(data_center_of(host), expected, "{host}");
        }
    }

    #[test]
    fn paths_name_methods() {
        for (path, expected) in [
            ("/accounts.login", "accounts.login"),
            ("//accounts.login/", "accounts.login"),
            ("/proxy/gigya/ACCOUNTS.Login", "ACCOUNTS.Login"),
            ("/accounts%2Elogin", "accounts.login"),
            ("/accounts.%FF", "accounts.\u{fffd}"),
            ("/getUserInfo", "socialize.getUserInfo"),
            ("/accounts.tfa.initTFA", "accounts.tfa.initTFA"),
            ("/..", ".."),
            ("/", ""),
        ] {
            let uri = format!("https://accounts.eu1.gigya.com{path}");
            let request = http::Request::get(uri).body(bytes::Bytes::new()).unwrap();
            assert_eq!(method_of(&request), expected, "{path}");
        }
    }
}
