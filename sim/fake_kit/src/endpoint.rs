//! How a list of endpoints describes itself.

use http::Method;
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

impl EndpointDoc {
    /// What stands in place of `{id}` where a call is one of this endpoint, whose name is method, space, path;
    /// empty if the path has no `{id}`.
    pub fn id_in<'p>(&self, method: &Method, path: &'p str) -> Option<&'p str> {
        let (wanted, pattern) = self.name.split_once(' ')?;
        if wanted != method.as_str() {
            return None;
        }
        let Some((before, after)) = pattern.split_once("{id}") else {
            return (pattern == path).then_some("");
        };
        let id = path.strip_prefix(before)?.strip_suffix(after)?;
        (!id.is_empty() && !id.contains('/')).then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_fit_names() {
        for (name, method, path, expected) in [
            ("GET /a", Method::GET, "/a", Some("")),
            ("GET /a", Method::PUT, "/a", None),
            ("GET /a", Method::GET, "/a/", None),
            ("GET /a/{id}", Method::GET, "/a/7", Some("7")),
            ("GET /a/{id}", Method::GET, "/a/", None),
            ("GET /a/{id}", Method::GET, "/a/7/b", None),
            ("GET /a/{id}/b", Method::GET, "/a/7/b", Some("7")),
            ("player form", Method::POST, "/a", None),
        ] {
            let doc = EndpointDoc { name, summary: "", evidence: Evidence::documented("", "") };
            assert_eq!(doc.id_in(&method, path), expected, "{name} {method} {path}");
        }
    }
}
