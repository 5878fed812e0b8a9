//! Each platform as something that one can send requests to. Faults and the journal sit here, in front of
//! every fake alike, so that no fake knows of either and both transports behave the same.

use crate::journal::Crossing;
use crate::parts::Parts;
use crate::trouble::Taken;
use bytes::Bytes;
use http::{Method, Uri};
use standin_fake_eloqua::Eloqua;
use standin_fake_gigya::{Gigya, Incoming};
use standin_fake_kit::Fake;
use standin_fake_kit::answer;
use standin_fake_kit::faults::{Asked, Effect};
use standin_fake_qualifio::{Answer, Ask, Qualifio, Turn};
use standin_model::Instant;
use standin_ports::http::{File, Oversized, Unreadable, host_of};
use standin_ports::{Clock, Http, HttpError, Request, Response};
use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The header by which our own clients say who they are; anybody else is a `client`.
pub const ACTOR: &str = "x-standin-actor";

/// Who calls, by the names in journals.
pub const CALLERS: [&str; 10] = [
    "browser",
    "client",
    "dataflow",
    "eloqua",
    "gigya",
    "login-page",
    "operator",
    "participant",
    "push",
    "qualifio",
];

/// The call name of what is no request.
const UNREADABLE: &str = "unreadable";

/// The things on the stage that speak HTTP.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Platform {
    /// Gigya.
    Gigya,
    /// Qualifio: the player, the manager, its API.
    Qualifio,
    /// Eloqua.
    Eloqua,
    /// The customer's login pages.
    LoginPage,
    /// The customer's receiver of webhooks.
    Receiver,
}

impl Platform {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Gigya, Self::Qualifio, Self::Eloqua, Self::LoginPage, Self::Receiver];

    /// Their names.
    pub const NAMES: [&'static str; Self::ALL.len()] = {
        let mut names = [""; Self::ALL.len()];
        let mut at = 0;
        while at < names.len() {
            names[at] = Self::ALL[at].name();
            at += 1;
        }
        names
    };

    /// The name in journals and faults.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gigya => "gigya",
            Self::Qualifio => "qualifio",
            Self::Eloqua => "eloqua",
            Self::LoginPage => "login-page",
            Self::Receiver => "webhook-receiver",
        }
    }
}

/// One platform of one world, ready to be called or to be put on a socket.
pub struct Surface {
    platform: Platform,
    parts: Weak<Parts>,
}

impl Surface {
    /// The surface of `platform` in the world of `parts`.
    pub fn new(platform: Platform, parts: &Arc<Parts>) -> Self {
        Self { platform, parts: Arc::downgrade(parts) }
    }
}

#[async_trait::async_trait]
impl Http for Surface {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let Some(parts) = self.parts.upgrade() else {
            let why = "the world has ended".to_owned();
            return Err(HttpError::Unreachable { host: host_of(&request), why });
        };
        let now = parts.clock.now();
        let name = call_name(self.platform, &request);
        let crossing = Begun::of(self.platform, &request, name.clone());
        if let Some((_, http)) = parts.elsewhere.get().filter(|(platform, _)| *platform == self.platform) {
            let mut request = request;
            request.headers_mut().remove(ACTOR);
            let answer = http.send(request).await;
            crossing.end(&parts, answer.as_ref().ok());
            return answer;
        }
        let asked = Asked { platform: self.platform.name(), call: &name, path: request.uri().path() };
        let effect = locked(&parts.faults).consult(now, &asked);
        let Some(effect) = effect else {
            let response = parts.handle(self.platform, now, request).await;
            crossing.end(&parts, Some(&response));
            parts.overtaken(self.platform, &name).await;
            return Ok(response);
        };
        let arrives =
            !matches!(effect, Effect::CutBefore | Effect::Overtaken(_) | Effect::Code(_) | Effect::Http(_));
        let taken = Taken { platform: self.platform, name: &name, effect };
        let result = parts.taken(taken, crossing, request).await;
        if arrives {
            parts.overtaken(self.platform, &name).await;
        }
        result
    }

    fn unreadable(&self, what: &Unreadable) -> Response {
        // Before the others stands a web server that says so itself.
        let parts = self.parts.upgrade().filter(|_| self.platform == Platform::Gigya);
        let Some(parts) = parts else { return what.plain() };
        let response = locked(&parts.gigya).unreadable(parts.clock.now(), what);
        let mut request = Request::default();
        *request.uri_mut() = what.target.clone().map(Into::into).unwrap_or_default();
        Begun::of(self.platform, &request, UNREADABLE.into()).end(&parts, Some(&response));
        response
    }
}

/// A call that waits for its answer.
pub(crate) struct Begun {
    from: Cow<'static, str>,
    to: &'static str,
    name: Cow<'static, str>,
    method: Method,
    uri: Uri,
    body: Bytes,
}

impl Begun {
    pub(crate) fn of(platform: Platform, request: &Request, name: Cow<'static, str>) -> Self {
        let actor = request.headers().get(ACTOR).and_then(|actor| actor.to_str().ok());
        let actor = actor.map(|actor| actor.chars().take(40).collect::<String>());
        Self {
            from: actor.map_or("client".into(), Cow::Owned),
            to: platform.name(),
            name,
            method: request.method().clone(),
            uri: request.uri().clone(),
            body: request.body().clone(),
        }
    }

    /// The same call by somebody who does not say who it is.
    pub(crate) fn by(self, who: &'static str) -> Self {
        Self { from: who.into(), ..self }
    }

    pub(crate) fn end(self, parts: &Parts, response: Option<&Response>) {
        let Self { from, to, name, method, uri, body } = self;
        let status = response.map_or(0, |response| response.status().as_u16());
        let told = response.filter(|response| response.extensions().get::<File>().is_none());
        let answer: &[u8] = told.map_or(&[], |response| response.body());
        let (method, uri) = (&method, &uri);
        parts.journal.crossed(Crossing { from, to, name, method, uri, request: &body, status, answer });
    }
}

/// The platform's own name for a call.
fn call_name(platform: Platform, request: &Request) -> Cow<'static, str> {
    match platform {
        Platform::Gigya => Gigya::call_name(request),
        Platform::Eloqua => Eloqua::call_name(request),
        Platform::Qualifio => Qualifio::call_name(request).into(),
        Platform::LoginPage | Platform::Receiver => {
            format!("{} {}", request.method(), request.uri().path()).into()
        }
    }
}

impl Parts {
    pub(crate) fn refuse(&self, platform: Platform, now: Instant, request: &Request, code: u32) -> Response {
        match platform {
            Platform::Gigya => locked(&self.gigya).refuse(now, request, code),
            Platform::Eloqua => locked(&self.eloqua).refuse(now, request, code),
            Platform::Qualifio => locked(&self.qualifio).refuse(now, request, code),
            Platform::LoginPage | Platform::Receiver => {
                answer::html(u16::try_from(code).unwrap_or(500), "<h1>error</h1>")
            }
        }
    }

    /// Lets the platform answer. No lock is held while Qualifio asks Gigya.
    pub(crate) async fn handle(&self, platform: Platform, now: Instant, request: Request) -> Response {
        // Gigya and Eloqua have answers of their own; for the others a web server in front of them speaks.
        if !matches!(platform, Platform::Gigya | Platform::Eloqua)
            && request.extensions().get::<Oversized>().is_some()
        {
            return answer::html(413, "<html><body><h1>413 Request Entity Too Large</h1></body></html>");
        }
        match platform {
            Platform::Gigya => {
                let incoming = Incoming::read(request);
                let outgoing = locked(&self.gigya).take(now, incoming);
                outgoing.write()
            }
            Platform::Eloqua => locked(&self.eloqua).handle(now, request),
            Platform::LoginPage => self.customer(now, request).await,
            Platform::Receiver => self.receive(now, &request),
            Platform::Qualifio => {
                let mut turn = locked(&self.qualifio).handle(now, request);
                loop {
                    match turn {
                        Turn::Reply(response) => return response,
                        Turn::Ask { token, ask } => {
                            let answer = self.answer(ask).await;
                            turn = locked(&self.qualifio).resume(self.clock.now(), token, answer);
                        }
                    }
                }
            }
        }
    }

    async fn answer(&self, ask: Ask) -> Answer {
        crate::sso::answer(self, ask).await
    }
}

/// A lock whose holder panicked is still a world that a report may want to read.
pub(crate) fn locked<T: ?Sized>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
