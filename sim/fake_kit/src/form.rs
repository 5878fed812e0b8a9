//! Form bodies, queries and cookies.

use standin_ports::Request;

/// Parameters in the order in which they came.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// From `a=1&b=2`, percent-encoded; `+` is a blank.
    pub fn parse(text: &[u8]) -> Self {
        Self(
            form_urlencoded::parse(text)
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// The query of a request.
    pub fn query(request: &Request) -> Self {
        Self::parse(request.uri().query().unwrap_or_default().as_bytes())
    }

    /// The body of a request, if it says that it is a form.
    pub fn body(request: &Request) -> Self {
        let kind = request.headers().get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        match kind {
            Some(kind) if kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") => {
                Self::parse(request.body())
            }
            _ => Self::default(),
        }
    }

    /// Adds what `other` has, after what is here.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The last value under a name that is spelt exactly so.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The last value under a name in any case.
    pub fn get_any_case(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All pairs in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The cookies that a request carries, in order.
pub fn cookies(request: &Request) -> Vec<(String, String)> {
    let lines = request.headers().get_all(http::header::COOKIE);
    let texts = lines.iter().filter_map(|line| line.to_str().ok());
    let pairs = texts.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
