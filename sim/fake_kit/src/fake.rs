//! What the stage asks of every fake.

use standin_model::Instant;
use standin_ports::{Request, Response};
use std::borrow::Cow;

/// A platform as a state machine.
pub trait Fake: Send {
    /// The platform's name in journals and faults: `gigya`, `eloqua`.
    fn name(&self) -> &'static str;

    /// The platform's own name for a call, as its documents write it: `accounts.setAccountInfo`,
    /// `POST /data/contact`. Unknown calls keep their method and path.
    fn call_name(request: &Request) -> Cow<'static, str>;

    /// Answers one request.
    fn handle(&mut self, now: Instant, request: Request) -> Response;

    /// The answer with which the platform itself reports trouble `code`: a Gigya error code, an HTTP status.
    fn refuse(&mut self, now: Instant, request: &Request, code: u32) -> Response;

    /// When this fake next has work of its own to do.
    fn next_due(&self) -> Option<Instant>;

    /// Does all work that is due at or before `now`, in the order of its due times.
    fn advance(&mut self, now: Instant);
}
