//! One call on its way through: decode, site, credentials, method, envelope.

use crate::endpoints::{Access, ENDPOINTS, Endpoint};
use crate::envelope::{self, Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::params::{Params, brief};
use crate::site::Site;
use http::HeaderValue;
use serde_json::{Value, json};
use standin_fake_kit::answer::with_body;
use standin_model::Instant;
use standin_ports::{Request, Response};
use std::sync::Arc;

/// Who calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Caller {
    /// Nothing but an apiKey: a browser.
    Anonymous,
    /// A server with a key.
    Server { user_key: String },
    /// A browser with a session.
    Session { uid: String },
}

/// A call whose site and caller are known.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) now: Instant,
    pub(crate) method: &'static str,
    pub(crate) site: Arc<Site>,
    pub(crate) caller: Caller,
    pub(crate) params: Params,
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

/// The method that a path names, as the client spelt it.
pub(crate) fn method_of(request: &Request) -> &str {
    let path = request.uri().path().trim_matches('/');
    path.rsplit_once('/').map_or(path, |(_, last)| last)
}

/// The endpoint that a path names, in any case; a name without a dot belongs to `socialize`.
pub(crate) fn endpoint_of(request: &Request) -> Option<&'static Endpoint> {
    let name = method_of(request);
    ENDPOINTS.iter().find(|endpoint| endpoint.name.eq_ignore_ascii_case(name))
}

/// The vendor's data centre that a host names, if it is one of the vendor's hosts.
fn data_center_of(host: &str) -> Option<&str> {
    if let Some(labels) = host.strip_suffix(".gigya.com") {
        let (_, dc) = labels.rsplit_once('.').unwrap_or((labels, "us1"));
        return Some(dc);
    }
    let chinese = host.ends_with(".cn1.sapcdm.cn") || host.ends_with(".cn1.gigya-api.cn");
    chinese.then_some("cn1")
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
    pub(crate) fn answer(&mut self, now: Instant, request: &Request, params: &Params) -> Reply {
        if !matches!(*request.method(), http::Method::GET | http::Method::POST) {
            return Err(Refusal::new(400_001));
        }
        let Some(endpoint) = endpoint_of(request) else {
            let details = format!("Invalid API method: {}", brief(method_of(request)));
            return Err(Refusal::because(405_001, details));
        };
        check_format(params, endpoint)?;
        let site = self.site_of(params, endpoint)?;
        check_data_center(request, endpoint, &site)?;
        let caller = self.authenticate(now, request, params, &site)?;
        self.check_access(request, endpoint, &site, &caller)?;
        let mut params = params.clone();
        let ignored = self.drop_ignored(endpoint, &caller, &mut params);
        let call = Call { now, method: endpoint.name, site, caller, params };
        let mut body = (endpoint.run)(self, &call)?;
        if !ignored.is_empty() && self.knobs.on("gigya.ignored_params") {
            body.insert("ignoredParams".into(), ignored.into());
        }
        Ok(body)
    }

    fn site_of(&self, params: &Params, endpoint: &Endpoint) -> Result<Arc<Site>, Refusal> {
        let api_key = params.get("apiKey").ok_or_else(|| Refusal::missing(endpoint.name, "apiKey"))?;
        if let Some(site) = self.sites.get(api_key) {
            let parent = site.parent.as_ref().and_then(|key| self.sites.get(key));
            return Ok(parent.map_or_else(|| site.clone(), |parent| Arc::new(site.within(parent))));
        }
        let versioned = ["2_", "3_", "4_"].iter().any(|prefix| api_key.starts_with(prefix));
        let details = match versioned {
            true => envelope::message(400_093).to_owned(),
            false => format!("GSKeyBase is invalid, no version: {}", brief(api_key)),
        };
        Err(Refusal::because(400_093, details))
    }

    fn check_access(
        &self,
        request: &Request,
        endpoint: &Endpoint,
        site: &Site,
        caller: &Caller,
    ) -> Result<(), Refusal> {
        if let Caller::Server { user_key } = caller {
            let may = site.keys.get(user_key).is_none_or(|key| key.may(endpoint.name));
            return if may { Ok(()) } else { Err(Refusal::new(403_007)) };
        }
        if endpoint.access == Access::Private {
            return Err(Refusal::new(403_007));
        }
        let header = |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
        let page = header(http::header::ORIGIN).or_else(|| header(http::header::REFERER));
        match page {
            Some(page) if self.knobs.on("gigya.check_origin") && !site.trusts(page) => Err(Refusal::because(
                400_120,
                format!("the domain of {} is not trusted by this site", brief(page)),
            )),
            _ => Ok(()),
        }
    }

    /// Takes away the parameters that the method does not know or this caller may not use.
    fn drop_ignored(&self, endpoint: &Endpoint, caller: &Caller, params: &mut Params) -> Vec<Value> {
        let server = matches!(caller, Caller::Server { .. });
        let lists: &[&[&str]] =
            if server { &[endpoint.params, endpoint.server_params] } else { &[endpoint.params] };
        let names: Vec<String> = params.unknown(lists).into_iter().map(str::to_owned).collect();
        params.forget(&names.iter().map(String::as_str).collect::<Vec<_>>());
        names.iter().map(|name| ignored(name)).collect()
    }

    /// The envelope and the transport around a reply.
    pub(crate) fn respond(&mut self, now: Instant, params: &Params, reply: Reply) -> Response {
        let call_id = self.ids.hex(32);
        let code = reply.as_ref().err().map_or(0, |refusal| refusal.code);
        let body = envelope::wrap(now, call_id, params.raw("context"), reply);
        let text = Value::Object(body).to_string();
        let wanted =
            |name: &str, value: &str| params.get(name).is_some_and(|it| it.eq_ignore_ascii_case(value));
        let callback = params.get("callback").filter(|name| is_callback(name));
        let text = match callback.filter(|_| wanted("format", "jsonp")) {
            Some(callback) => format!("{callback}({text});"),
            None => text,
        };
        let honest = wanted("httpStatusCodes", "true") || wanted("httpStatusCodes", "1");
        let status = if honest { envelope::status(code).max(200) } else { 200 };
        let mut response = with_body(status, "text/javascript; charset=utf-8", text);
        let date = now.timestamp().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        if let Ok(date) = HeaderValue::from_str(&date) {
            response.headers_mut().insert(http::header::DATE, date);
        }
        response.headers_mut().insert("x-server", HeaderValue::from_static("standin"));
        if honest {
            standin_fake_kit::answer::with_reason(response, envelope::reason(status))
        } else {
            response
        }
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

fn is_callback(name: &str) -> bool {
    name.len() <= 128 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_$.".contains(&byte))
}

fn check_format(params: &Params, endpoint: &Endpoint) -> Result<(), Refusal> {
    match params.get("format").map(str::to_ascii_lowercase).as_deref() {
        None | Some("json") => Ok(()),
        Some("jsonp") => match params.get("callback") {
            None => Err(Refusal::missing(endpoint.name, "callback")),
            Some(name) if is_callback(name) => Ok(()),
            Some(_) => Err(Refusal::because(400_006, "callback is not a name")),
        },
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
            ("login.brand.example", None),
            ("127.0.0.1", None),
        ] {
            assert_eq!(data_center_of(host), expected, "{host}");
        }
    }
}
