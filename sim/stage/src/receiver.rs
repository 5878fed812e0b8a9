//! The customer's receiver: what webhooks of Gigya and Qualifio and Eloqua's callbacks call, whatever host they
//! name in this world.

use crate::parts::Parts;
use crate::surface::{ACTOR, Begun, Platform, Surface, locked};
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderValue};
use imbl::Vector;
use serde_json::{Value, json};
use standin_fake_eloqua::Callback;
use standin_fake_gigya::WebhookCall;
use standin_fake_kit::answer;
use standin_model::Instant;
use standin_ports::{Clock, Http, HttpError, Request, Response};
use standin_wire::HttpClient;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// How many deliveries are kept; the oldest go first.
const KEPT: usize = 10_000;
/// How large a packed body may become, in bytes.
const LARGEST: u64 = 64 << 20;

/// What webhooks brought.
#[derive(Clone, Debug, Default)]
pub struct Receiver {
    received: Vector<Received>,
    taken: usize,
    forgotten: u64,
}

/// One delivery.
#[derive(Clone, Debug)]
pub struct Received {
    /// When.
    pub at: Instant,
    /// Where it was sent to.
    pub url: String,
    /// The token that signs it.
    pub jwt: Option<String>,
    /// All of its headers; printing them shows no value.
    pub headers: HeaderMap,
    /// The body as it was signed.
    pub body: Bytes,
    /// The events in it; a participation of Qualifio's is one.
    pub events: Vec<Value>,
}

impl Receiver {
    /// All deliveries that are kept, oldest first.
    pub fn received(&self) -> impl Iterator<Item = &Received> {
        self.received.iter()
    }

    /// How many deliveries are not kept any more.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// The deliveries that came since this was last asked, in the order in which they came.
    pub fn take_new(&mut self) -> Vec<Received> {
        let new = self.received.iter().skip(self.taken).cloned().collect();
        self.taken = self.received.len();
        new
    }

    /// Takes a delivery in; what is neither a list of events nor a participation is refused.
    fn receive(&mut self, now: Instant, request: &Request) -> Response {
        let Some(body) = unpacked(request) else { return answer::html(400, "the body cannot be unpacked") };
        let told: Value = serde_json::from_slice(&body).unwrap_or_default();
        let listed = told["events"].as_array().cloned();
        let participation = ["id", "state", "campaign"].iter().all(|name| !told[*name].is_null());
        let Some(events) = listed.or_else(|| participation.then(|| vec![told])) else {
            return answer::html(400, "the body has no events");
        };
        let jwt = request.headers().get("x-gigya-sig-jwt").and_then(|it| it.to_str().ok());
        if self.received.len() >= KEPT {
            self.received.pop_front();
            self.taken = self.taken.saturating_sub(1);
            self.forgotten += 1;
        }
        self.received.push_back(Received {
            at: now,
            url: request.uri().to_string(),
            jwt: jwt.map(str::to_owned),
            headers: unprinted(request.headers()),
            body,
            events,
        });
        answer::with_body(200, "application/json", json!({"ok": true}).to_string())
    }
}

fn unprinted(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    headers.values_mut().for_each(|value| value.set_sensitive(true));
    headers
}

fn unpacked(request: &Request) -> Option<Bytes> {
    let packed = request.headers().get(http::header::CONTENT_ENCODING).is_some_and(|it| it == "gzip");
    if !packed {
        return Some(request.body().clone());
    }
    let mut body = Vec::new();
    GzDecoder::new(&request.body()[..]).take(LARGEST).read_to_end(&mut body).ok()?;
    Some(Bytes::from(body))
}

impl Parts {
    /// Answers as the customer's receiver.
    pub(crate) fn receive(&self, now: Instant, request: &Request) -> Response {
        locked(&self.receiver).receive(now, request)
    }

    /// Delivers what is due at a webhook and tells Gigya what came of it.
    pub(crate) async fn deliver(&self, call: WebhookCall) {
        let WebhookCall { api_key, name, request, attempt } = call;
        let answer = self.sent("gigya", &name, request, attempt).await;
        locked(&self.gigya).webhook_answered(self.clock.now(), &api_key, &name, answer);
    }

    /// Delivers a participation and tells Qualifio what came of it.
    pub(crate) async fn deliver_participation(&self, call: standin_fake_qualifio::WebhookCall) {
        let standin_fake_qualifio::WebhookCall { delivery, webhook, request, attempt } = call;
        let answer = self.sent("qualifio", &webhook, request, attempt).await;
        locked(&self.qualifio).webhook_answered(self.clock.now(), delivery, answer);
    }

    /// Sends one attempt; tells the receiver's status, or why there was none.
    async fn sent(
        &self,
        who: &'static str,
        name: &str,
        mut request: Request,
        attempt: usize,
    ) -> Result<u16, String> {
        let sent = match self.outside(&request) {
            Some(http) => {
                let name = format!("{} {}", request.method(), request.uri().path());
                let call = Begun::of(Platform::Receiver, &request, name.into()).by(who);
                let sent = http.send(request).await;
                call.end(self, sent.as_ref().ok());
                sent
            }
            None => {
                request.headers_mut().insert(ACTOR, HeaderValue::from_static(who));
                self.http().send(request).await
            }
        };
        let answer = sent.map(|response| response.status().as_u16()).map_err(|error| told(&error));
        if let Err(why) = &answer {
            self.note(&format!("attempt {attempt} at webhook `{name}` failed: {why}"));
        }
        answer
    }

    /// Tells whoever started a sync of Eloqua's that it has ended. What is answered counts for nothing.
    pub(crate) async fn call_back(&self, callback: Callback) {
        let made = http::Request::post(&callback.url)
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(Bytes::from(callback.body));
        let Ok(mut request) = made else {
            self.note(&format!("the callback to `{}` goes nowhere: it is no address", callback.url));
            return;
        };
        let sent = match self.outside(&request) {
            Some(http) => http.send(request).await,
            None => {
                request.headers_mut().insert(ACTOR, HeaderValue::from_static("eloqua"));
                self.http().send(request).await
            }
        };
        if let Err(error) = sent {
            self.note(&format!("the callback to `{}` failed: {}", callback.url, told(&error)));
        }
    }

    /// The way to a receiver of somebody else's on this machine, on the wire.
    fn outside(&self, request: &Request) -> Option<Arc<dyn Http>> {
        let handle = self.outside.get()?;
        let host = request.uri().host()?.trim_matches(['[', ']']);
        let ip = match host {
            "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
            literal => literal.parse::<IpAddr>().ok().filter(IpAddr::is_loopback)?,
        };
        let address = SocketAddr::new(ip, request.uri().port_u16().unwrap_or(80));
        Some(Arc::new(HttpClient::new(handle.clone(), Arc::new(move |_: &str| Some(address)))))
    }
}

/// An error in words that are the same on both transports.
fn told(error: &HttpError) -> String {
    error.to_string()
}

/// The surface of the receiver in a world.
pub(crate) fn surface(parts: &Arc<Parts>) -> Arc<dyn Http> {
    Arc::new(Surface::new(Platform::Receiver, parts))
}
