//! How a list of endpoints describes itself.

use standin_model::Evidence;

/// The part of an endpoint that help, reference pages and coverage tests read. Each fake keeps its endpoints
/// in one list; an entry carries one of these beside the function that answers.
#[derive(Clone, Copy, Debug)]
pub struct EndpointDoc {
    /// The platform's own name: `accounts.login`, `GET /data/contact/{id}`.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// How we know what it does.
    pub evidence: Evidence,
}
