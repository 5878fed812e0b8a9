//! Responses in Eloqua's shapes.

use http::HeaderValue;
use serde_json::{Value, json};
use standin_fake_kit::answer::{empty, with_body, with_reason};
use standin_ports::Response;

/// A call that is refused: the response itself.
pub(crate) type Refused = Box<Response>;

const REST: &str = "application/json";
const BULK: &str = "application/json; charset=utf-8";

/// The phrase beside a status.
fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Success",
        204 => "No Content",
        301 => "Login required",
        304 => "Not Modified",
        400 => "There was a validation error.",
        401 => "You are not authorized to make this request",
        403 => "Forbidden",
        404 => "The requested resource was not found.",
        409 => "There was a conflict.",
        410 => "The requested resource is no longer available.",
        412 => "The resource you are attempting to delete has dependencies, and cannot be deleted",
        413 => "Storage space exceeded.",
        429 => "Too Many Requests",
        502 => "Bad Gateway",
        503 => "There was a timeout processing the request",
        _ => "The service has encountered an error.",
    }
}

/// JSON of the REST API, whose content type names no charset.
pub(crate) fn rest(status: u16, body: &Value) -> Response {
    with_reason(with_body(status, REST, body.to_string()), phrase(status))
}

/// JSON of the Bulk API and of the login.
pub(crate) fn bulk(status: u16, body: &Value) -> Response {
    with_reason(with_body(status, BULK, body.to_string()), phrase(status))
}

/// JSON of the Bulk API that is already written.
pub(crate) fn bulk_text(status: u16, body: String) -> Response {
    with_reason(with_body(status, BULK, body), phrase(status))
}

/// CSV of the Bulk API.
pub(crate) fn csv(body: bytes::Bytes) -> Response {
    with_reason(with_body(200, "text/csv; charset=utf-8", body), phrase(200))
}

/// A status and its phrase alone.
pub(crate) fn bare(status: u16) -> Response {
    with_reason(empty(status), phrase(status))
}

/// A status with another phrase than its usual one.
pub(crate) fn bare_as(status: u16, phrase: &'static str) -> Response {
    with_reason(empty(status), phrase)
}

/// What the platform itself answers when it is in trouble of this kind.
pub(crate) fn refusal(status: u16) -> Response {
    // The platform's own table has a 301 that says "Login required".
    let status = if status == 301 || (400..600).contains(&status) { status } else { 500 };
    bare(status)
}

/// The body is no JSON, or none that this call can read.
pub(crate) fn unreadable() -> Refused {
    Box::new(with_reason(empty(400), "There was a parsing error."))
}

/// The body is JSON, but nothing that this call can take, or it is in another language.
pub(crate) fn unusable() -> Refused {
    Box::new(bare_as(400, "There was a serialization error."))
}

/// Nothing is there.
pub(crate) fn absent() -> Refused {
    Box::new(bare(404))
}

/// One thing that the Bulk API found wrong with a body or a parameter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Failure {
    pub(crate) field: String,
    pub(crate) value: Option<String>,
    pub(crate) constraint: String,
}

impl Failure {
    pub(crate) fn new(field: &str, value: Option<&str>, constraint: &str) -> Self {
        Self { field: field.to_owned(), value: value.map(str::to_owned), constraint: constraint.to_owned() }
    }
}

/// The Bulk API's refusal.
pub(crate) fn failures(all: &[Failure]) -> Refused {
    let one = |failure: &Failure| {
        let mut out = json!({ "field": failure.field });
        if let Some(value) = &failure.value {
            out["value"] = Value::from(value.clone());
        }
        out["constraint"] = Value::from(failure.constraint.clone());
        out
    };
    Box::new(bulk(400, &json!({ "failures": all.iter().map(one).collect::<Vec<_>>() })))
}

/// The REST API's refusal of one property of an object.
pub(crate) fn invalid(
    status: u16,
    object: (&str, Option<String>),
    property: &str,
    requirement: &str,
    value: &str,
) -> Refused {
    let mut container = json!({ "type": "ObjectKey", "objectType": object.0 });
    if let Some(id) = object.1 {
        container["objectId"] = Value::from(id);
    }
    let error = json!([{
        "type": "ObjectValidationError",
        "container": container,
        "property": property,
        "requirement": { "type": requirement },
        "value": value,
    }]);
    Box::new(rest(status, &error))
}

/// The REST API's refusal of a parameter.
pub(crate) fn bad_parameter(parameter: &str, requirement: &Value, value: &str) -> Refused {
    let error = json!([{
        "type": "EndpointParameterError",
        "parameter": parameter,
        "requirement": requirement,
        "value": value,
    }]);
    Box::new(rest(400, &error))
}

/// The same response with its `X-Request-Id`.
pub(crate) fn with_request_id(mut response: Response, id: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}
