//! What the control API is made of: operations in one list, which routing, the OpenAPI document and the tests read.

use super::operations::OPERATIONS;
use super::problem::{BROKEN, LARGE, MEDIA, METHOD, Problem, UNKNOWN, WRONG};
use super::worlds::{Hosted, Worlds};
use http::{Method, header};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use standin_fake_kit::answer;
use standin_fake_kit::asset::{self, OWN_HOST_ONLY};
use standin_fake_kit::form::Form;
use standin_ports::http::{Left, Oversized};
use standin_ports::{Request, Response};
use standin_scenario::nearest;
use standin_serve::http::BODY_LIMIT;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The largest body that the API reads, but for files.
pub const LARGEST: usize = 4 << 20;

/// The kind of body that holds an object.
pub const JSON: &str = "application/json";
/// The kind of body that holds a world or a scenario as it stands in a file.
pub const YAML: &str = "application/yaml";
/// The kind of body that holds a file of the drop.
pub const BYTES: &str = "application/octet-stream";
/// Lines of JSON.
pub const LINES: &str = "application/x-ndjson";
/// Server-sent events.
pub const EVENTS: &str = "text/event-stream";

/// One operation.
pub struct Operation {
    /// Its name.
    pub name: &'static str,
    /// How it is asked for.
    pub method: &'static str,
    /// Where; names in braces stand for one part.
    pub path: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What it takes beside its path and body.
    pub params: &'static [Param],
    /// What bodies it reads: kind and schema. JSON stands first.
    pub body: &'static [(&'static str, &'static str)],
    /// Its answer where it is done.
    pub answer: Answer,
    /// What it refuses beside what all refuse.
    pub refuses: &'static [u16],
    /// Whether it waits until nobody else changes the world as a whole.
    pub turn: Turn,
    /// The test that pins it.
    pub test: &'static str,
    /// What it does.
    pub run: fn(&Call<'_>) -> Result<Response, Problem>,
}

/// Whether an operation has its world to itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// It looks on.
    Looks,
    /// It waits for its turn.
    Waits,
    /// It waits for its turn and undoes what was done before, so whoever lets time pass has no need to go on.
    Undoes,
    /// It has a world of its own, of which there are only so many at once.
    Apart,
}

/// A parameter in the query or in a header.
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// `query` or `header`.
    pub place: &'static str,
    /// Its schema, as JSON.
    pub schema: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// Whether it has to be there.
    pub needed: bool,
}

/// An answer.
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its kind; empty where it has no body.
    pub kind: &'static str,
    /// The name of its schema.
    pub schema: &'static str,
    /// One sentence.
    pub summary: &'static str,
}

/// One call of an operation.
pub struct Call<'c> {
    /// The worlds of the server.
    pub worlds: &'c Arc<Worlds>,
    /// The world that its path names.
    hosted: Option<Arc<Hosted>>,
    /// The parts of its path by name.
    path: BTreeMap<&'static str, String>,
    query: Form,
    /// The request as it came.
    pub request: &'c Request,
}

impl Call<'_> {
    /// The world that the path names.
    pub fn hosted(&self) -> Result<&Arc<Hosted>, Problem> {
        self.hosted.as_ref().ok_or_else(|| Problem::new(&BROKEN, "this operation has no world in its path"))
    }

    /// Tells whether whoever calls has left.
    pub fn left(&self) -> Left {
        left(self.request)
    }

    /// A part of the path.
    pub fn part(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// A parameter of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name)
    }

    /// A number in the query, at most `most`.
    pub fn number(&self, name: &str, otherwise: u64, most: u64) -> Result<u64, Problem> {
        number(&self.query, name, otherwise, most)
    }

    /// The kind of the body, without its parameters; JSON where nothing is said.
    pub fn kind(&self) -> String {
        let kind = self.request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.unwrap_or(JSON).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/x-yaml" | "text/yaml" | "text/x-yaml" => YAML.to_owned(),
            _ => kind,
        }
    }

    /// The body as text.
    pub fn text(&self) -> Result<&str, Problem> {
        std::str::from_utf8(self.request.body())
            .map_err(|error| Problem::new(&WRONG, format!("the body is not UTF-8: {error}")).at("body"))
    }

    /// The members of a body in JSON, none of them unknown.
    pub fn members(&self, known: &[&str]) -> Result<serde_json::Map<String, Value>, Problem> {
        if self.request.body().is_empty() {
            return Ok(serde_json::Map::new());
        }
        let Once(value) = serde_json::from_str(self.text()?)
            .map_err(|error| Problem::new(&WRONG, format!("the body is not JSON: {error}")).at("body"))?;
        let Value::Object(members) = value else {
            return Err(Problem::new(&WRONG, "the body is no object").at("body"));
        };
        if let Some(name) = members.keys().find(|name| !known.contains(&name.as_str())) {
            let problem = Problem::new(&WRONG, format!("`{name}` is not known here"));
            return Err(problem.at("body").hint(known_here(name, known)));
        }
        Ok(members)
    }
}

/// Tells whether whoever sent a request has left.
pub(crate) fn left(request: &Request) -> Left {
    request.extensions().get::<Left>().cloned().unwrap_or_default()
}

/// A value of JSON in which no name stands twice in one object: which of the two was meant, nobody can say.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Once;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of JSON")
    }

    fn visit_unit<E>(self) -> Result<Once, E> {
        Ok(Once(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_string<E>(self, value: String) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Once, A::Error> {
        let mut all = Vec::new();
        while let Some(Once(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Once(all.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Once, A::Error> {
        let mut all = serde_json::Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if all.contains_key(&name) {
                return Err(A::Error::custom(format!("`{name}` stands twice in one object")));
            }
            let Once(value) = members.next_value()?;
            all.insert(name, value);
        }
        Ok(Once(all.into()))
    }
}

/// A number in a query, at most `most`.
pub(super) fn number(query: &Form, name: &str, otherwise: u64, most: u64) -> Result<u64, Problem> {
    let Some(text) = query.get(name) else { return Ok(otherwise) };
    let number = text.parse().ok().filter(|number| *number <= most);
    number.ok_or_else(|| {
        Problem::new(&WRONG, format!("`{text}` is no whole number from 0 to {most}"))
            .at(format!("query: {name}"))
    })
}

/// Whether a query has all that is needed, and nothing that is not known.
pub(super) fn check_query(query: &Form, params: &[Param]) -> Result<(), Problem> {
    let known: Vec<&str> =
        params.iter().filter(|param| param.place == "query").map(|param| param.name).collect();
    if let Some((name, _)) = query.iter().find(|(name, _)| !known.contains(name)) {
        let problem = Problem::new(&WRONG, format!("the query has `{name}`, which is not known here"));
        return Err(problem.at("query").hint(known_here(name, &known)));
    }
    if let Some(missing) = params.iter().find(|param| param.needed && query.get(param.name).is_none()) {
        let problem = Problem::new(&WRONG, format!("`{}` is missing", missing.name)).at("query");
        return Err(problem.hint(missing.summary));
    }
    Ok(())
}

/// A text among the members of a body.
pub fn text_of<'m>(
    members: &'m serde_json::Map<String, Value>,
    name: &str,
) -> Result<Option<&'m str>, Problem> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => {
            Err(Problem::new(&WRONG, format!("text is wanted, not `{other}`")).at(format!("body: {name}")))
        }
    }
}

/// An answer in JSON.
pub fn json(status: u16, value: &Value) -> Response {
    with(status, JSON, value.to_string())
}

/// An answer of a kind.
pub fn with(status: u16, kind: &'static str, body: impl Into<bytes::Bytes>) -> Response {
    guarded(answer::with_body(status, kind, body))
}

/// An answer without a body.
pub fn empty() -> Response {
    guarded(answer::empty(204))
}

fn guarded(mut answer: Response) -> Response {
    asset::guard(answer.headers_mut(), OWN_HOST_ONLY);
    answer
}

/// Answers a request to the API; none if its path is no path of the API's.
pub async fn answer(worlds: &Arc<Worlds>, request: &Request) -> Option<Response> {
    let path = request.uri().path();
    let here: Vec<(&Operation, BTreeMap<&'static str, String>)> =
        OPERATIONS.iter().filter_map(|operation| Some((operation, fits(operation.path, path)?))).collect();
    // Its answer has no body, which is the connection's business.
    let method = if request.method() == Method::HEAD { "GET" } else { request.method().as_str() };
    if here.is_empty() {
        let below = ["/worlds", "/scenarios", "/openapi.json"].iter().any(|own| path.starts_with(own));
        let problem = Problem::new(&UNKNOWN, format!("no operation has the path {path}"))
            .at("path")
            .hint("GET /openapi.json describes them all");
        return below.then(|| problem.answer());
    }
    let Some(at) = here.iter().position(|(operation, _)| operation.method == method) else {
        let methods: Vec<&str> = here.iter().map(|(operation, _)| operation.method).collect();
        let problem = Problem::new(&METHOD, format!("{path} does not answer to {}", request.method()));
        return Some(problem.allowing(&methods.join(", ")));
    };
    let (operation, path) = here.into_iter().nth(at)?;
    Some(taken(worlds, operation, path, request).await.unwrap_or_else(|problem| problem.answer()))
}

/// What to say to somebody who sends a `name` that an operation does not take.
fn known_here(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "nothing is taken there".to_owned(),
        None => format!("known here: {}", known.join(", ")),
    }
}

async fn taken(
    worlds: &Arc<Worlds>,
    operation: &'static Operation,
    path: BTreeMap<&'static str, String>,
    request: &Request,
) -> Result<Response, Problem> {
    let hosted = match path.get("world") {
        Some(name) => Some(worlds.named(name).map_err(|problem| problem.at("path: world"))?),
        None => None,
    };
    let query = Form::query(request);
    check_query(&query, operation.params)?;
    let limit = if operation.body.iter().any(|(kind, _)| *kind == BYTES) { BODY_LIMIT } else { LARGEST };
    if request.extensions().get::<Oversized>().is_some() || request.body().len() > limit {
        return Err(Problem::new(&LARGE, format!("a body has at most {limit} bytes here")).at("body"));
    }
    let call = Call { worlds, hosted: hosted.clone(), path, query, request };
    let kinds: Vec<&str> = operation.body.iter().map(|(kind, _)| *kind).collect();
    let kind = call.kind();
    if !kinds.is_empty()
        && !request.body().is_empty()
        && !kinds.contains(&kind.as_str())
        && !kinds.contains(&BYTES)
    {
        let problem = Problem::new(&MEDIA, format!("`{kind}` is not read here")).at("header: Content-Type");
        return Err(problem.hint(format!("send {}", kinds.join(" or "))));
    }
    let turn = match (operation.turn, &hosted) {
        (Turn::Waits, Some(hosted)) => Some(Arc::clone(&hosted.busy).lock_owned().await),
        (Turn::Undoes, Some(hosted)) => {
            let _undoing = hosted.to_be_undone();
            Some(Arc::clone(&hosted.busy).lock_owned().await)
        }
        _ => None,
    };
    let apart = match operation.turn {
        Turn::Apart => Arc::clone(&worlds.runs).acquire_owned().await.ok(),
        _ => None,
    };
    // Nobody else waits while something takes its time.
    let Call { hosted, path, query, .. } = call;
    let (worlds, request) = (Arc::clone(worlds), request.clone());
    let run = operation.run;
    let work = crate::world::runtime().spawn_blocking(move || {
        let _held = (turn, apart);
        let held = hosted.as_ref().filter(|_| operation.turn == Turn::Waits);
        let _asked = held.map(|hosted| hosted.parts().for_asker(left(&request)));
        let done = run(&Call { worlds: &worlds, hosted: hosted.clone(), path, query, request: &request });
        if let Some(hosted) = &hosted {
            hosted.touch();
        }
        done
    });
    work.await
        .unwrap_or_else(|error| Err(Problem::new(&BROKEN, format!("the operation ended early: {error}"))))
}

/// The parts that a pattern's names stand for, if the path fits it.
fn fits(pattern: &'static str, path: &str) -> Option<BTreeMap<&'static str, String>> {
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    if pattern.len() != path.len() {
        return None;
    }
    let mut parts = BTreeMap::new();
    for (own, given) in pattern.into_iter().zip(path) {
        match own.strip_prefix('{').and_then(|own| own.strip_suffix('}')) {
            Some(_) if given.is_empty() => return None,
            Some(name) => {
                let text = percent_encoding::percent_decode_str(given).decode_utf8().ok()?;
                parts.insert(name, text.into_owned());
            }
            None if own == given => {}
            None => return None,
        }
    }
    Some(parts)
}
