//! One scenario on its way through a world.

use crate::browser::Browser;
use crate::chromium::Browsers;
use crate::compare::{compare, plain};
use crate::partner::{Exchange, Playing};
use crate::parts::Direct;
use crate::step::{Miss, Unmet, named};
use crate::story::{Held, held};
use crate::surface::{ACTOR, locked};
use crate::world::World;
use base64::Engine;
use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use serde_json::Value;
use standin_clients::gigya::{GigyaAccess, GigyaClient, GigyaError, Proof};
use standin_ports::{Http, HttpError, Request, Response};
use standin_scenario::{Diagnostic, Node};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// What the steps of one scenario share.
pub struct Run<'w> {
    /// The world.
    pub world: &'w World,
    /// The scenario's file; other files are looked for beside it and in the folders above.
    pub file: PathBuf,
    /// The participants' browsers, at the level of HTTP.
    pub browsers: BTreeMap<String, Browser>,
    /// The participants' real browsers.
    pub chromium: Browsers,
    /// Dataflows that steps have made, by name.
    pub dataflows: BTreeMap<String, String>,
    /// The last job that a step has run.
    pub job: Value,
    /// Up to where calls have been counted.
    pub counted: u64,
    /// Values that steps have saved, by name.
    pub captures: BTreeMap<String, String>,
    /// The values that the step at hand held, and that were so.
    pub held: RefCell<Vec<Held>>,
    /// Whoever plays a role in the place of what is ours.
    pub partner: Option<Playing>,
    /// The calls of the step at hand, if somebody wants to see them.
    pub(crate) passed: Option<Arc<Passed>>,
}

/// An answer to a call.
pub struct Answered {
    /// HTTP status.
    pub status: u64,
    /// The body as text.
    pub text: String,
    /// The body as JSON; null if it is none.
    pub json: Value,
}

impl<'w> Run<'w> {
    /// A run at its start.
    pub fn new(world: &'w World, file: PathBuf) -> Self {
        let (browsers, dataflows, captures) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let chromium = Browsers::default();
        let (job, counted, partner, held, passed) = (Value::Null, 0, None, RefCell::default(), None);
        Self { world, file, browsers, chromium, dataflows, job, counted, captures, held, partner, passed }
    }

    /// The calls that passed since this was last asked.
    pub(crate) fn take_passed(&self) -> Vec<Exchange> {
        self.passed.as_ref().map(|passed| std::mem::take(&mut *locked(passed))).unwrap_or_default()
    }

    /// Whether each call of the step at hand, as far as anybody sees them, got an answer.
    pub(crate) fn is_answered(&self) -> bool {
        self.passed.as_ref().is_none_or(|passed| locked(passed).iter().all(|call| call.answer.is_ok()))
    }

    /// Gives a partner its whole time again, if one takes part: there is something new to be seen.
    pub fn begin_anew(&mut self) {
        if let Some(partner) = &mut self.partner {
            partner.session.begin_anew();
        }
    }

    /// Gives a partner a moment more, if one takes part and has not had its time.
    pub fn rest(&mut self) -> bool {
        let world = self.world;
        self.partner.as_mut().is_some_and(|partner| partner.session.rest(world))
    }

    /// How steps reach the platforms.
    pub fn http(&self) -> Arc<dyn Http> {
        let parts = self.world.parts();
        let http = match parts.elsewhere.get() {
            // A socket of ours on the way to somebody else's platform would hide what the network says.
            Some(_) => Arc::new(Direct(Arc::downgrade(parts))),
            None => parts.http(),
        };
        match &self.passed {
            Some(passed) => Arc::new(Noting { http, passed: Arc::clone(passed) }),
            None => http,
        }
    }

    /// A call to Gigya by the customer's own program.
    pub fn gigya(
        &self,
        method: &str,
        params: &[(&str, String)],
        anonymous: bool,
    ) -> Result<Value, GigyaError> {
        let site = {
            let gigya = locked(&self.world.parts().gigya);
            let given = params
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case("apiKey"))
                .map(|(_, value)| value.clone());
            let api_key = given.unwrap_or_else(|| gigya.first_site());
            let access = gigya.site_access(&api_key);
            (api_key, access)
        };
        let (api_key, access) = site;
        let (user_key, secret, data_center) = access.unwrap_or_default();
        let proof = if anonymous { Proof::None } else { Proof::Secret { user_key, secret } };
        let client = GigyaClient::new(self.http(), GigyaAccess { api_key, data_center, proof }, "operator");
        let params: Vec<(&str, String)> =
            params.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("apiKey")).cloned().collect();
        self.world.wait(client.call(self.world.now(), method, &params))
    }

    /// A call to Gigya that must succeed.
    pub fn answer(&self, method: &str, params: &[(&str, String)]) -> Result<Value, Miss> {
        self.gigya(method, params, false)
            .map_err(|error| crate::step::unmet(format!("{method} is refused: {}", chain(&error))))
    }

    /// A call with a JSON body to anybody.
    pub fn call_json(
        &self,
        method: &str,
        url: &str,
        authorization: Option<&str>,
        body: Option<Value>,
    ) -> Result<Answered, Miss> {
        self.call_with(method, url, authorization.map(|text| ("authorization", text.to_owned())), body)
    }

    /// A call with a JSON body and a header of one's own to anybody.
    pub fn call_with(
        &self,
        method: &str,
        url: &str,
        header: Option<(&'static str, String)>,
        body: Option<Value>,
    ) -> Result<Answered, Miss> {
        let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let broken = |error: http::Error| Miss::Broken(format!("{method} {url} is no request: {error}"));
        let mut request = http::Request::builder().method(method).uri(url).body(bytes).map_err(broken)?;
        let headers = request.headers_mut();
        headers.insert(ACTOR, HeaderValue::from_static("operator"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some((name, text)) = header
            && let Ok(value) = HeaderValue::from_str(&text)
        {
            headers.insert(name, value);
        }
        let response = self
            .world
            .wait(self.http().send(request))
            .map_err(|error| crate::step::unmet(error.to_string()))?;
        let text = String::from_utf8_lossy(response.body()).into_owned();
        Ok(Answered {
            status: u64::from(response.status().as_u16()),
            json: serde_json::from_str(&text).unwrap_or_default(),
            text,
        })
    }

    /// A call to Eloqua by the site's user, where the site lives: method and path.
    pub fn eloqua(&self, call: &str, body: Option<Value>) -> Result<Answered, Miss> {
        let mut words = call.split_whitespace();
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let url = format!("{}{path}", locked(&self.world.parts().eloqua).address());
        self.call_json(method, &url, Some(&self.eloqua_authorization()), body)
    }

    /// The Basic credentials of the Eloqua site's user.
    pub fn eloqua_authorization(&self) -> String {
        let (site, user, password) = locked(&self.world.parts().eloqua).credentials();
        let pair = format!("{site}\\{user}:{}", password.reveal());
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
    }

    /// Holds a value against what is expected; the span of the failure is that of the member that differs.
    pub fn hold(&self, node: &Node, expected: &Value, actual: &Value, what: &str) -> Result<(), Miss> {
        compare(expected, actual).map_err(|difference| {
            let place =
                if difference.path.is_empty() { String::new() } else { format!(" at {}", difference.path) };
            Miss::Unmet(Unmet {
                message: format!("{what}: not as expected{place}"),
                expected: Some(difference.expected),
                actual: Some(difference.actual),
                span: node.at_path(&difference.path).or(Some(node.span)),
                path: difference.path,
            })
        })?;
        held(&mut self.held.borrow_mut(), what, expected);
        Ok(())
    }

    /// Keeps members of an answer under names that later steps write as `${name}`.
    pub fn save(&mut self, node: Option<&Node>, answer: &Value) -> Result<(), Miss> {
        for (key, path) in node.map(Node::map).transpose()?.unwrap_or_default() {
            let pointer = format!("/{}", path.text()?.replace('.', "/"));
            let Some(found) = answer.pointer(&pointer) else {
                return Err(crate::step::unmet(format!("the answer has no {}", path.text()?)));
            };
            self.captures.insert(key.name.clone(), plain(found));
        }
        Ok(())
    }

    /// A mistake in the scenario.
    pub fn mistake(&self, node: &Node, message: &str) -> Miss {
        Miss::Written(Diagnostic::new(message, node.span))
    }

    /// A mistake in the scenario: a name that is not known, with the nearest that is.
    pub fn mistake_near(&self, node: &Node, message: &str, name: &str, known: &[&str]) -> Miss {
        Miss::Written(named(node, message, name, known))
    }

    /// The bytes of a file that a scenario names.
    pub fn bytes_beside(&self, node: &Node) -> Result<Vec<u8>, Miss> {
        let name = node.text()?;
        let path = crate::find::beside(&self.file, name);
        let missing =
            || self.mistake(node, &format!("no file `{name}` beside this one or in a folder above it"));
        let path = path.ok_or_else(missing)?;
        std::fs::read(&path)
            .map_err(|error| self.mistake(node, &format!("{} cannot be read: {error}", path.display())))
    }

    /// A file that a scenario names, found beside the scenario or in a folder above it.
    pub fn read_beside(&self, node: &Node) -> Result<String, Miss> {
        let name = node.text()?;
        crate::find::read_beside(&self.file, name).map_err(|why| self.mistake(node, &why))
    }
}

/// Calls in their order.
pub(crate) type Passed = Mutex<Vec<Exchange>>;

/// Notes the calls that pass.
struct Noting {
    http: Arc<dyn Http>,
    passed: Arc<Passed>,
}

#[async_trait::async_trait]
impl Http for Noting {
    async fn send(&self, request: Request) -> Result<Response, HttpError> {
        let answer = self.http.send(request.clone()).await;
        locked(&self.passed).push(Exchange { request, answer: answer.clone() });
        answer
    }
}

/// An error with its causes, on one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let said = next.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = next.source();
    }
    text
}

/// A value as a message shows it.
pub fn shown(value: &Value) -> String {
    plain(value)
}
