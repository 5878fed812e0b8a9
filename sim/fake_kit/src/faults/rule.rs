//! A rule as scenarios, programs and Rust write it: an object of JSON.

use super::{CERTAIN, Effect, Fault, KINDS, Kind, Place};
use crate::knobs::{Takes, span};
use serde_json::{Map, Value, json};
use standin_model::Instant;
use std::collections::BTreeMap;

/// Where a fault may be.
pub const PLATFORMS: &[&str] =
    &["gigya", "qualifio", "eloqua", "login-page", "webhook-receiver", "sftp", "*"];

/// What may be done at the drop.
pub const FILE_OPS: &[&str] = &["login", "list", "read", "write", "rename", "remove"];

const FROM_ONE: Takes = Takes::Between(1, u64::MAX);

/// The members of a rule besides those of the kinds, and what each says.
pub const MEMBERS: &[(&str, Takes, &str)] = &[
    ("platform", Takes::Word(PLATFORMS), "where the calls go; `*` is every platform but sftp"),
    (
        "call",
        Takes::Text,
        "the call's name or a part of it, all calls without it; at sftp what is done there, `write` without it",
    ),
    ("path", Takes::Text, "a part of the path that is asked for"),
    ("nth", FROM_ONE, "only this one of the matching calls, the first is 1"),
    ("skip", Takes::Number, "how many calls pass first, 0 without it"),
    (
        "times",
        FROM_ONE,
        "how many calls go wrong; 1 without it, all with `every`, `from`, `until` or `chance`",
    ),
    ("every", FROM_ONE, "only each so-many-th call goes wrong"),
    ("from", Takes::Text, "since when, as a time or as a span from now: 10min"),
    ("until", Takes::Text, "before when, as a time or as a span from now"),
    ("chance", Takes::Text, "how likely each call goes wrong: 10%; the world's seed draws"),
];

/// What is wrong with a rule.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct BadRule {
    /// The member that is wrong; empty where it is the whole rule.
    pub member: String,
    /// What is wrong with it.
    pub message: String,
    /// What would help.
    pub hint: Option<String>,
}

impl BadRule {
    /// A mistake in a member.
    pub fn at(member: &str, message: impl Into<String>) -> Self {
        Self { member: member.to_owned(), message: message.into(), hint: None }
    }

    /// With what would help.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

impl Fault {
    /// Reads a rule from JSON text, as [`read`](Self::read) does.
    ///
    /// ```
    /// use standin_fake_kit::faults::{Effect, Fault};
    /// use standin_model::Instant;
    ///
    /// let rule = Fault::parse(Instant::START, r#"{"platform": "gigya", "nth": 2, "code": 500001}"#)?;
    /// assert_eq!((rule.skip, rule.effect), (1, Effect::Code(500_001)));
    /// let bad = Fault::parse(Instant::START, r#"{"platform": "gigia", "code": 500001}"#).unwrap_err();
    /// assert_eq!(bad.member, "platform");
    /// assert_eq!(bad.hint.as_deref(), Some("did you mean `gigya`?"));
    /// # Ok::<(), standin_fake_kit::faults::BadRule>(())
    /// ```
    pub fn parse(now: Instant, text: &str) -> Result<Self, BadRule> {
        let rule =
            serde_json::from_str(text).map_err(|error| BadRule::at("", format!("no JSON: {error}")))?;
        Self::read(now, &rule)
    }

    /// Reads a rule; spans of `from` and `until` count from `now`.
    pub fn read(now: Instant, rule: &Value) -> Result<Self, BadRule> {
        let Some(rule) = rule.as_object() else {
            let example = KINDS.first().map_or("", |kind| kind.example);
            return Err(BadRule::at("", "a fault is an object").hint(format!("for example: {example}")));
        };
        let given: BTreeMap<&str, &Value> = rule
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.as_str(), value))
            .collect();
        for name in given.keys() {
            known(name)?;
        }
        for (name, takes, _) in MEMBERS {
            given.get(name).map_or(Ok(()), |value| fits(name, *takes, value))?;
        }
        let read = Reader { rule, now };
        let platform = read.text("platform").ok_or_else(|| {
            BadRule::at("", "`platform` is missing").hint(format!("known here: {}", PLATFORMS.join(", ")))
        })?;
        let place = if platform == "sftp" { Place::Files } else { Place::Calls };
        let effect = effect(rule, place)?;
        let call = match (read.text("call"), place) {
            (Some(call), Place::Files) if !FILE_OPS.contains(&call) => {
                let message = format!("nothing that is done at sftp is called `{call}`");
                return Err(nearest(BadRule::at("call", message), call, FILE_OPS));
            }
            (Some(call), _) => call,
            (None, Place::Files) => "write",
            (None, Place::Calls) => "*",
        };
        if matches!(effect, Effect::FullAfter(_)) && call != "write" {
            return Err(BadRule::at("full_after", format!("a full disk stops `write`, not `{call}`")));
        }
        if let Effect::Code(code) = effect {
            let its_own = || (200_000..600_000).contains(&code) && matches!(platform, "gigya" | "*");
            let status = || (400..600).contains(&code) && platform != "gigya";
            if !its_own() && !status() {
                let errors = match platform {
                    "gigya" => "the errors of gigya have six digits, as 500001",
                    _ => "errors are HTTP statuses from 400 to 599, or Gigya's own of six digits",
                };
                return Err(BadRule::at("code", format!("{errors}, not {code}")));
            }
        }
        let nth = read.count("nth")?;
        if let Some(other) =
            ["skip", "times", "every", "chance"].into_iter().find(|name| given.contains_key(name))
            && nth.is_some()
        {
            return Err(BadRule::at(other, format!("`nth` says it all: no `{other}` beside it")));
        }
        let (from, until) = (read.time("from")?, read.time("until")?);
        // A span counts from a time that is not known where a scenario is checked.
        let alike = |text: Option<&str>| text.and_then(span).is_some();
        if let (Some(from), Some(until)) = (from, until)
            && until <= from
            && alike(read.text("from")) == alike(read.text("until"))
        {
            return Err(BadRule::at("until", "`until` is not after `from`"));
        }
        if let Some(until) = until
            && until <= now
        {
            return Err(BadRule::at("until", format!("`until` is over: it is {now} already")));
        }
        let open = ["every", "from", "until", "chance"].iter().any(|name| given.contains_key(name));
        Ok(Self {
            platform: platform.to_owned(),
            call: call.to_owned(),
            path: read.text("path").unwrap_or_default().to_owned(),
            skip: match nth {
                Some(nth) => nth - 1,
                None => read.count("skip")?.unwrap_or(0),
            },
            times: read.count("times")?.or((nth.is_some() || !open).then_some(1)),
            every: read.count("every")?.unwrap_or(1),
            from,
            until,
            chance: read.text("chance").map_or(Ok(CERTAIN), chance)?,
            effect,
        })
    }
}

/// What goes wrong: exactly one member says it.
fn effect(rule: &Map<String, Value>, place: Place) -> Result<Effect, BadRule> {
    let said = |kind: &&Kind| rule.get(kind.name).is_some_and(|value| !value.is_null());
    let mut kinds = KINDS.iter().filter(said);
    let Some(kind) = kinds.next() else {
        if place == Place::Files {
            return Ok(Effect::BreakAfter(0));
        }
        let names = KINDS.iter().filter(|kind| kind.place == place).map(|kind| format!("`{}`", kind.name));
        let names = names.collect::<Vec<_>>().join(", ");
        let hint = "`standin list faults` shows what each is";
        return Err(BadRule::at("", format!("a fault needs one of {names}")).hint(hint));
    };
    if let Some(other) = kinds.next() {
        let message = format!("one rule, one fault: `{}` and `{}` are two", kind.name, other.name);
        return Err(BadRule::at(other.name, message).hint("write two rules"));
    }
    if kind.place != place {
        return Err(BadRule::at(kind.name, format!("`{}` is for {}", kind.name, kind.place.words())));
    }
    let value = rule.get(kind.name).unwrap_or(&Value::Null);
    fits(kind.name, kind.takes, value)?;
    let unfit = || {
        let message = format!("`{}` cannot be {value}", kind.name);
        BadRule::at(kind.name, message).hint(format!("for example: {}", kind.example))
    };
    (kind.read)(value).ok_or_else(unfit)
}

/// What [`Fault::read`] says of kinds, as JSON Schema: exactly one, of those that strike where the rule strikes; at the
/// drop also none. `later` describes what may stand for a platform that is not known yet.
pub fn one_kind(later: Option<&Value>) -> Value {
    let at = |place: Place| {
        let drop = json!({"const": "sftp"});
        let here = if place == Place::Files { drop } else { json!({"not": drop}) };
        let all: Vec<Value> = [here].into_iter().chain(later.cloned()).collect();
        json!({"platform": {"anyOf": all}})
    };
    let kinds = KINDS.iter().map(|kind| {
        let mut properties = at(kind.place);
        properties[kind.name] = json!({"not": {"type": "null"}});
        json!({"required": [kind.name], "properties": properties})
    });
    let said = KINDS
        .iter()
        .map(|kind| json!({"required": [kind.name], "properties": {kind.name: {"not": {"type": "null"}}}}));
    let none = json!({"properties": at(Place::Files), "not": {"anyOf": said.collect::<Vec<_>>()}});
    json!({"oneOf": kinds.chain([none]).collect::<Vec<_>>()})
}

fn known(name: &str) -> Result<(), BadRule> {
    let names: Vec<&str> =
        MEMBERS.iter().map(|(name, ..)| *name).chain(KINDS.iter().map(|kind| kind.name)).collect();
    if names.contains(&name) {
        return Ok(());
    }
    Err(nearest(BadRule::at(name, format!("a fault has no `{name}`")), name, &names))
}

fn nearest(bad: BadRule, name: &str, known: &[&str]) -> BadRule {
    let near = known.iter().map(|one| (strsim::damerau_levenshtein(name, one), one)).min();
    match near.filter(|(distance, _)| *distance <= 1 + name.len() / 4) {
        Some((_, near)) => bad.hint(format!("did you mean `{near}`?")),
        None => bad.hint(format!("known here: {}", known.join(", "))),
    }
}

fn fits(name: &str, takes: Takes, value: &Value) -> Result<(), BadRule> {
    let fits = match takes {
        Takes::Bool => value.is_boolean(),
        Takes::Number => value.is_u64(),
        Takes::Between(least, most) => value.as_u64().is_some_and(|number| (least..=most).contains(&number)),
        Takes::Span => value.as_str().is_some_and(|text| span(text).is_some()),
        Takes::Text => value.is_string(),
        Takes::Word(words) => {
            let Some(word) = value.as_str().filter(|word| !words.contains(word)) else {
                return if value.is_string() { Ok(()) } else { Err(unfit(name, takes, value)) };
            };
            return Err(nearest(BadRule::at(name, format!("`{word}` is no {name} here")), word, words));
        }
    };
    if fits { Ok(()) } else { Err(unfit(name, takes, value)) }
}

fn unfit(name: &str, takes: Takes, value: &Value) -> BadRule {
    BadRule::at(name, format!("`{name}` takes {takes}, not {value}"))
}

/// How [`chance`] is written, as a regular expression.
pub const CHANCE: &str = r"^(?![0.]+ *%$)(0?100(\.0{1,4})?|0{0,2}[0-9]{1,2}(\.[0-9]{1,4})?) *%$";

/// A share of all calls, in millionths.
fn chance(text: &str) -> Result<u32, BadRule> {
    let unfit = || BadRule::at("chance", format!("`chance` takes a share such as 10% or 0.5%, not `{text}`"));
    let number = text.strip_suffix('%').ok_or_else(unfit)?.trim();
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) {
        return Err(unfit());
    }
    let millionths = format!("{whole}{part:0<4}").parse().map_err(|_| unfit())?;
    // What never goes wrong is no fault.
    if (1..=CERTAIN).contains(&millionths) { Ok(millionths) } else { Err(unfit()) }
}

struct Reader<'a> {
    rule: &'a Map<String, Value>,
    now: Instant,
}

impl<'a> Reader<'a> {
    fn text(&self, name: &str) -> Option<&'a str> {
        self.rule.get(name)?.as_str()
    }

    fn count(&self, name: &str) -> Result<Option<u32>, BadRule> {
        let number = self.rule.get(name).and_then(Value::as_u64).map(u32::try_from).transpose();
        number.map_err(|_| BadRule::at(name, format!("`{name}` is at most {}", u32::MAX)))
    }

    fn time(&self, name: &str) -> Result<Option<Instant>, BadRule> {
        let Some(text) = self.text(name) else { return Ok(None) };
        if let Some(span) = span(text) {
            return Ok(Some(self.now.plus(span)));
        }
        let unfit = |_| {
            let message = format!("`{text}` is neither a time nor a span of time");
            BadRule::at(name, message).hint("for example: 10min or 2026-01-05T08:00:00Z")
        };
        text.parse().map(Some).map_err(unfit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    fn read(rule: Value) -> Result<Fault, BadRule> {
        Fault::read(Instant::START, &rule)
    }

    #[test]
    fn rules_are_read() {
        let next = |effect| Fault::next("gigya", "*", effect);
        let later = |seconds| Some(Instant::START.plus(Duration::from_secs(seconds)));
        for (rule, expected) in [
            (json!({"code": 500_001}), next(Effect::Code(500_001))),
            (
                json!({"call": "accounts.", "path": "/x", "nth": 3, "cut": "half"}),
                Fault { call: "accounts.".into(), path: "/x".into(), skip: 2, ..next(Effect::Truncated) },
            ),
            (
                json!({"every": 2, "skip": 1, "delay": "3s"}),
                Fault { every: 2, skip: 1, times: None, ..next(Effect::Late(Duration::from_secs(3))) },
            ),
            (
                json!({"from": "2026-01-05T08:00:30Z", "until": "1min", "http": 502}),
                Fault { from: later(30), until: later(60), times: None, ..next(Effect::Http(502)) },
            ),
            (
                json!({"chance": "12.5%", "times": 2, "bytes_per_second": 7}),
                Fault { chance: 125_000, times: Some(2), ..next(Effect::Slow(7)) },
            ),
        ] {
            let mut rule = rule;
            rule["platform"] = json!("gigya");
            assert_eq!(read(rule.clone()), Ok(expected), "{rule}");
        }
        assert_eq!(
            read(json!({"platform": "sftp", "code": null})),
            Ok(Fault::next("sftp", "write", Effect::BreakAfter(0)))
        );
    }

    #[test]
    fn mistakes_are_told_with_their_place() {
        for (rule, member, message, hint) in [
            (json!(7), "", "a fault is an object", "for example: "),
            (json!({"code": 500_001}), "", "`platform` is missing", "known here: gigya"),
            (
                json!({"platform": "gigia"}),
                "platform",
                "`gigia` is no platform here",
                "did you mean `gigya`?",
            ),
            (
                json!({"platform": "gigya"}),
                "",
                "a fault needs one of `code`, `http`",
                "`standin list faults`",
            ),
            (
                json!({"platform": "gigya", "tims": 1}),
                "tims",
                "a fault has no `tims`",
                "did you mean `times`?",
            ),
            (
                json!({"platform": "gigya", "code": 500_001, "http": 502}),
                "http",
                "one rule, one fault",
                "two rules",
            ),
            (json!({"platform": "gigya", "full_after": 1}), "full_after", "`full_after` is for what is", ""),
            (json!({"platform": "sftp", "delay": "1s"}), "delay", "`delay` is for calls to gigya", ""),
            (json!({"platform": "sftp", "call": "wrte"}), "call", "nothing that is done at sftp", "`write`?"),
            (json!({"platform": "sftp", "call": "read", "full_after": 1}), "full_after", "a full disk", ""),
            (
                json!({"platform": "gigya", "http": 200}),
                "http",
                "`http` takes a number from 300 to 599, not 200",
                "",
            ),
            (json!({"platform": "eloqua", "code": 500_001}), "code", "errors are HTTP statuses", ""),
            (json!({"platform": "gigya", "delay": "soon"}), "delay", "`delay` takes a span of time", ""),
            (json!({"platform": "gigya", "cut": "befor"}), "cut", "`befor` is no cut here", "`before`?"),
            (
                json!({"platform": "gigya", "code": 500_001, "nth": 0}),
                "nth",
                "`nth` takes a number from 1 on, not 0",
                "",
            ),
            (
                json!({"platform": "gigya", "code": 500_001, "nth": 1, "times": 2}),
                "times",
                "`nth` says it all",
                "",
            ),
            (
                json!({"platform": "gigya", "code": 500_001, "chance": "110%"}),
                "chance",
                "`chance` takes a share",
                "",
            ),
            (
                json!({"platform": "gigya", "code": 500_001, "chance": 0}),
                "chance",
                "`chance` takes text, not 0",
                "",
            ),
            (
                json!({"platform": "gigya", "code": 500_001, "from": "noon"}),
                "from",
                "`noon` is neither",
                "10min",
            ),
            (
                json!({"platform": "gigya", "code": 500_001, "from": "2h", "until": "1h"}),
                "until",
                "`until` is not",
                "",
            ),
            (
                json!({"platform": "gigya", "code": 500_001, "until": "2026-01-05T08:00:00Z"}),
                "until",
                "`until` is over: it is 2026-01-05T08:00:00.000Z",
                "",
            ),
        ] {
            let bad = read(rule.clone()).unwrap_err();
            assert_eq!(bad.member, member, "{rule}: {bad}");
            assert!(bad.message.starts_with(message), "{rule}: {bad}");
            assert!(bad.hint.as_deref().unwrap_or_default().contains(hint), "{rule}: {:?}", bad.hint);
        }
    }

    /// The list's own examples are rules of the kinds that they stand with.
    #[test]
    fn examples_are_rules() {
        for kind in KINDS {
            let example: Value = serde_json::from_str(kind.example).unwrap();
            let read = read(example.clone()).unwrap_or_else(|bad| panic!("{}: {bad}", kind.name));
            assert_eq!((kind.read)(&example[kind.name]), Some(read.effect));
        }
    }
}
