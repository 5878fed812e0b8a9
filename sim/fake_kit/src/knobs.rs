//! Behaviour that a user may set, by name.

use imbl::OrdMap;
use standin_model::Evidence;
use std::sync::Arc;
use std::time::Duration;

/// One setting of a fake: what the sources leave open, and what a test wants to stage.
#[derive(Clone, Copy, Debug)]
pub struct Knob {
    /// Full name, platform first: `gigya.index_delay`.
    pub name: &'static str,
    /// The value when nobody sets it.
    pub default: &'static str,
    /// The values it takes.
    pub takes: Takes,
    /// One sentence.
    pub summary: &'static str,
    /// Why the default is what it is.
    pub evidence: Evidence,
}

/// What a knob takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Number,
    /// A whole number that is not below the first and not above the second.
    Between(u64, u64),
    /// A span of time: `250ms`, `30s`, `5min`, `2h`, `7d`.
    Span,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any text.
    Text,
}

/// A knob could not be set.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KnobError {
    /// No knob has this name.
    #[error("no knob is called `{0}`")]
    Unknown(String),
    /// The value does not fit.
    #[error("knob `{name}` takes {takes}, not `{value}`")]
    BadValue {
        /// The knob.
        name: String,
        /// What it takes.
        takes: String,
        /// What was given.
        value: String,
    },
}

/// The knobs of one fake and what they are set to.
#[derive(Clone, Debug)]
pub struct Knobs {
    /// In the order of [`place`].
    list: Arc<[&'static Knob]>,
    set: OrdMap<&'static str, String>,
}

impl Knobs {
    /// All knobs at their defaults.
    pub fn new(list: &'static [Knob]) -> Self {
        let mut list: Vec<&Knob> = list.iter().collect();
        list.sort_unstable_by_key(|knob| place(knob.name));
        Self { list: list.into(), set: OrdMap::new() }
    }

    /// Sets one.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), KnobError> {
        let knob = self.find(name).ok_or_else(|| KnobError::Unknown(name.to_owned()))?;
        let fits = match knob.takes {
            Takes::Bool => matches!(value, "true" | "false"),
            Takes::Number => value.parse::<u64>().is_ok(),
            Takes::Between(least, most) => value.parse().is_ok_and(|number| (least..=most).contains(&number)),
            Takes::Span => span(value).is_some(),
            Takes::Word(words) => words.contains(&value),
            Takes::Text => true,
        };
        if !fits {
            return Err(KnobError::BadValue {
                name: name.to_owned(),
                takes: knob.takes.to_string(),
                value: value.to_owned(),
            });
        }
        self.set.insert(knob.name, value.to_owned());
        Ok(())
    }

    /// What a knob is set to. A name that is not in the list is a mistake in the fake.
    pub fn text(&self, name: &str) -> &str {
        if !self.set.is_empty()
            && let Some(value) = self.set.get(name)
        {
            return value;
        }
        let knob = self.find(name).unwrap_or_else(|| panic!("knob `{name}` is not in the fake's list"));
        knob.default
    }

    fn find(&self, name: &str) -> Option<&'static Knob> {
        let at = self.list.binary_search_by_key(&place(name), |knob| place(knob.name)).ok()?;
        Some(self.list[at])
    }

    /// A knob that takes `true` or `false`.
    pub fn on(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// A knob that takes a whole number.
    pub fn number(&self, name: &str) -> u64 {
        self.text(name).parse().unwrap_or_default()
    }

    /// A knob that takes a span of time.
    pub fn span(&self, name: &str) -> Duration {
        span(self.text(name)).unwrap_or_default()
    }
}

impl std::fmt::Display for Takes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool => f.write_str("true or false"),
            Self::Number => f.write_str("a whole number"),
            Self::Between(least, u64::MAX) => write!(f, "a number from {least} on"),
            Self::Between(least, most) => write!(f, "a number from {least} to {most}"),
            Self::Span => f.write_str("a span of time such as 250ms, 30s, 5min, 2h, 7d"),
            Self::Word(words) => f.write_str(&words.join(" or ")),
            Self::Text => f.write_str("text"),
        }
    }
}

/// Where a name stands in the list: most comparisons are of two lengths.
fn place(name: &str) -> (usize, &str) {
    (name.len(), name)
}

/// Reads a span of time: a whole number and one of `ms s min h d`.
pub fn span(text: &str) -> Option<Duration> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(at);
    let number: u64 = number.parse().ok()?;
    let millis = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "min" | "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &[Knob] = &[Knob {
        name: "x.delay",
        default: "1s",
        takes: Takes::Span,
        summary: "how late",
        evidence: Evidence::decided("a test", "knobs"),
    }];

    #[test]
    fn set_and_refuse() {
        let mut knobs = Knobs::new(LIST);
        assert_eq!(knobs.span("x.delay"), Duration::from_secs(1));
        knobs.set("x.delay", "5min").unwrap();
        assert_eq!(knobs.span("x.delay"), Duration::from_secs(300));
        assert_eq!(knobs.set("x.dely", "5s"), Err(KnobError::Unknown("x.dely".into())));
        assert_eq!(
            knobs.set("x.delay", "soon").unwrap_err().to_string(),
            "knob `x.delay` takes a span of time such as 250ms, 30s, 5min, 2h, 7d, not `soon`"
        );
    }
}
