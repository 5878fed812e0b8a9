//! HTTP to real hosts: by name, encrypted, and with a certificate that this machine trusts.

use crate::http_client::exchange;
use crate::{task, tls};
use http::{HeaderName, Uri};
use reqwest::redirect::Policy;
use standin_ports::{Http, HttpError, Request, Response};
use std::time::Duration;
use tokio::runtime::Handle;

/// How long one request may take, connection and body included.
const TIMEOUT: Duration = Duration::from_secs(120);

/// By which our own clients tell a journal who they are. It is nobody else's business.
const ACTOR: HeaderName = HeaderName::from_static("x-standin-actor");

/// Sends requests to the hosts that they name, or all of them to one other server.
#[derive(Clone)]
pub struct LiveHttp {
    handle: Handle,
    base: Option<Uri>,
    client: reqwest::Client,
}

impl LiveHttp {
    /// A client that works on the runtime behind `handle`. With a `base`, scheme, host, port and the start of the
    /// path are the base's. Redirects are answers like any other, and nothing is sent twice.
    pub fn new(handle: Handle, base: Option<Uri>) -> Result<Self, String> {
        let builder = reqwest::Client::builder();
        // A proxy would see what goes to this machine without encryption.
        let plain = base.as_ref().is_some_and(|base| base.scheme_str() == Some("http"));
        let builder = if plain { builder.no_proxy() } else { builder };
        let client = builder
            .tls_backend_preconfigured(tls::trusting_this_machines()?)
            .http1_only()
            .gzip(false)
            .redirect(Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .tcp_nodelay(true)
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { handle, base, client })
    }

    fn outgoing(&self, request: Request) -> Result<reqwest::Request, String> {
        let (mut parts, body) = request.into_parts();
        if let Some(base) = &self.base {
            parts.uri = moved(&parts.uri, base)?;
        }
        if parts.uri.scheme_str() == Some("https") {
            parts.headers.remove(ACTOR);
        }
        reqwest::Request::try_from(http::Request::from_parts(parts, body)).map_err(|error| error.to_string())
    }
}

/// The same path and query at another place.
fn moved(uri: &Uri, base: &Uri) -> Result<Uri, String> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let (scheme, authority) =
        (base.scheme_str().unwrap_or("https"), base.authority().map_or("", |it| it.as_str()));
    let text = format!("{scheme}://{authority}{}{path}", base.path().trim_end_matches('/'));
    text.parse().map_err(|_| format!("`{text}` is no URL"))
}

#[async_trait::async_trait]
impl Http for LiveHttp {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let named = standin_ports::http::host_of(&request);
        let host = self.base.as_ref().and_then(Uri::host).map_or(named, str::to_owned);
        let unreachable = |why: String| HttpError::Unreachable { host: host.clone(), why };
        let outgoing = self.outgoing(request).map_err(unreachable)?;
        let sent = task::start(&self.handle, exchange(self.client.clone(), outgoing, host.clone()));
        sent.await.unwrap_or_else(|_| {
            Err(HttpError::Broken { host, why: "the network runtime stopped".to_owned() })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_move_to_the_base() {
        for (base, expected) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/accounts.search?a=1"),
            ("https://proxy.example/gigya/", "https://proxy.example/gigya/accounts.search?a=1"),
        ] {
            let uri = "https://accounts.eu1.gigya.com/accounts.search?a=1".parse().unwrap();
            assert_eq!(moved(&uri, &base.parse().unwrap()).unwrap().to_string(), expected);
        }
    }
}
