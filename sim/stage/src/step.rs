//! What a step is: its description, and what it does when its turn comes.

use crate::run::Run;
use serde_json::{Value, json};
use standin_fake_kit::knobs::span;
use standin_scenario::{Diagnostic, Kind, Node, Span, nearest};
use std::time::Duration;

/// A step of the language. The list of all of them is [`crate::steps::STEPS`]; help, checking and running
/// read it.
pub struct Step {
    /// The word that scenarios use.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// What it takes.
    pub args: &'static [Arg],
    /// The argument that may stand alone: `run_dataflow: outbound` is `run_dataflow: { name: outbound }`.
    pub alone: Option<&'static str>,
    /// Whether it takes further arguments of any name, such as the parameters of an API call.
    pub open: bool,
    /// One example.
    pub example: &'static str,
    /// What it does; the text it returns is its summary in reports.
    pub run: fn(&mut Run<'_>, &Args<'_>) -> Result<String, Miss>,
}

impl Step {
    /// Whether a real browser does it; the names of such steps say so.
    pub fn needs_browser(&self) -> bool {
        self.name.starts_with("browser_")
    }
}

/// One argument of a step.
pub struct Arg {
    /// Its name.
    pub name: &'static str,
    /// Whether it must be there.
    pub needed: bool,
    /// One that must be there may be left out where one of these is.
    pub instead: &'static [&'static str],
    /// What is written there; checked before anything runs.
    pub takes: Takes,
    /// Whether what comes late could break what it expects: there must be nothing, or nothing more.
    pub of_absence: bool,
    /// One sentence.
    pub summary: &'static str,
}

/// What an argument may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    /// Data, or what the step itself makes sense of.
    Anything,
    /// Text.
    Text,
    /// A whole number.
    Number,
    /// A whole number that is not below the first and not above the second.
    Between(u64, u64),
    /// `true` or `false`.
    Flag,
    /// A span of time such as `30s`.
    Span,
    /// One of these words.
    Word(&'static [&'static str]),
    /// The name of a dataflow that the world or an earlier step has made.
    Dataflow,
    /// A name under which later steps find a dataflow.
    NewDataflow,
    /// The name of one of Eloqua's own jobs.
    EloquaJob,
    /// The title of a campaign.
    Campaign,
    /// Text, or a mapping.
    TextOrMap,
    /// A list of texts, or a mapping to such lists.
    Lists,
}

/// An argument that must be there.
pub const fn needed(name: &'static str, summary: &'static str) -> Arg {
    Arg { name, needed: true, instead: &[], takes: Takes::Anything, of_absence: false, summary }
}

/// An argument that may be there.
pub const fn optional(name: &'static str, summary: &'static str) -> Arg {
    Arg { name, needed: false, instead: &[], takes: Takes::Anything, of_absence: false, summary }
}

impl Arg {
    /// The same, of this kind.
    pub const fn takes(self, takes: Takes) -> Self {
        Self { takes, ..self }
    }

    /// The same, unless one of these is there.
    pub const fn or(self, instead: &'static [&'static str]) -> Self {
        Self { instead, ..self }
    }

    /// The same, expecting that there is nothing, or nothing more.
    pub const fn of_absence(self) -> Self {
        Self { of_absence: true, ..self }
    }

    /// Its name and those that may stand instead, in words.
    pub fn or_others(&self) -> String {
        let Some((last, others)) = self.instead.split_last() else { return format!("`{}`", self.name) };
        let names: Vec<String> = [self.name].iter().chain(others).map(|name| format!("`{name}`")).collect();
        format!("{} or `{last}`", names.join(", "))
    }

    /// Holds the node against what the argument takes. A value that an earlier step saves is not known yet.
    fn check(&self, node: &Node) -> Result<(), Diagnostic> {
        if matches!(&node.kind, Kind::Text(text) if text.contains("${")) {
            return Ok(());
        }
        match self.takes {
            Takes::Anything => Ok(()),
            Takes::Text | Takes::Dataflow | Takes::NewDataflow | Takes::EloquaJob | Takes::Campaign => {
                node.text().map(drop)
            }
            Takes::TextOrMap => match node.kind {
                Kind::Map(_) => Ok(()),
                _ => node.text().map(drop),
            },
            Takes::Lists => {
                let texts = |list: &Node| list.list()?.iter().try_for_each(|item| item.text().map(drop));
                match node.kind {
                    Kind::Map(_) => node.map()?.iter().try_for_each(|(_, list)| texts(list)),
                    _ => texts(node),
                }
            }
            Takes::Number | Takes::Between(..) => node.number().map(drop),
            Takes::Flag => node.flag().map(drop),
            Takes::Span => span_of(node).map(drop),
            Takes::Word(words) => match node.text()? {
                word if words.contains(&word) => Ok(()),
                other => Err(named(node, &format!("`{}` takes no `{other}`", self.name), other, words)),
            },
        }
    }
}

/// The largest whole number that can be written in a scenario: 15 digits, which are a number to every reader.
const LARGEST: u64 = 999_999_999_999_999;

/// A whole number between two bounds, as JSON Schema.
pub fn between(least: u64, most: u64) -> Value {
    json!({"type": "integer", "minimum": least, "maximum": most.min(LARGEST)})
}

/// A mistake in a name, with the nearest that is known, or all of them.
pub fn named(node: &Node, message: &str, name: &str, known: &[&str]) -> Diagnostic {
    Diagnostic::new(message, node.span).hint(known_names(name, known))
}

/// What to say to somebody who asks for a `name` that is not `known` in this world.
pub(crate) fn known_names(name: &str, known: &[&str]) -> String {
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "this world has none".to_owned(),
        None => format!("known here: {}", known.join(", ")),
    }
}

fn span_of(node: &Node) -> Result<Duration, Diagnostic> {
    let text = node.text()?;
    span(text).ok_or_else(|| Diagnostic {
        label: "a number and one of ms, s, min, h, d".to_owned(),
        ..Diagnostic::new(format!("`{text}` is not a span of time"), node.span)
    })
}

/// Whether data expects somewhere that a member is absent, a list is empty or a number of things is none.
fn has_nothing(node: &Node) -> bool {
    match &node.kind {
        Kind::Null => true,
        Kind::List(items) => items.is_empty() || items.iter().any(has_nothing),
        Kind::Map(members) => members.iter().any(|(key, value)| {
            key.name == "count" && value.number().is_ok_and(|count| count == 0) || has_nothing(value)
        }),
        _ => false,
    }
}

/// Why a step did not hold.
#[derive(Debug)]
pub enum Miss {
    /// The scenario is written wrongly.
    Written(Diagnostic),
    /// The world is not as expected.
    Unmet(Unmet),
    /// Somebody else's system works in a way that the step does not understand, so nothing can be said of it.
    Strange(String),
    /// Somebody else's program cannot be started.
    NotStarted(String),
    /// The harness could not do its work.
    Broken(String),
}

/// An expectation that does not hold.
#[derive(Debug, Default)]
pub struct Unmet {
    /// What was expected, in a sentence.
    pub message: String,
    /// Expected value.
    pub expected: Option<String>,
    /// Actual value.
    pub actual: Option<String>,
    /// Which part of what was looked at differs: `profile.city`; empty for the whole.
    pub path: String,
    /// Where in the scenario the expectation stands.
    pub span: Option<Span>,
}

impl From<Diagnostic> for Miss {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Written(diagnostic)
    }
}

/// An expectation without values to compare.
pub fn unmet(message: impl Into<String>) -> Miss {
    Miss::Unmet(Unmet { message: message.into(), ..Unmet::default() })
}

/// What an expectation is there for.
pub(crate) const CONTROL: Arg = optional(
    "control",
    "true: this is not what is looked at, but has to hold for the rest to say anything; where it does not with a \
     partner's system, nothing is said",
)
.takes(Takes::Flag);

/// Holds that the text of the argument `contains`, if it is given, stands somewhere in what was found.
pub(crate) fn hold_text(args: &Args<'_>, found: &Value, what: &str) -> Result<(), Miss> {
    let Some(text) = args.text("contains")?.filter(|text| !stands_in(found, text)) else { return Ok(()) };
    Err(Miss::Unmet(Unmet {
        message: format!("{what} has `{text}` nowhere"),
        expected: Some(text.to_owned()),
        actual: Some(found.to_string()),
        span: Some(args.need("contains")?.span),
        ..Unmet::default()
    }))
}

fn stands_in(value: &Value, text: &str) -> bool {
    match value {
        Value::String(own) => own.contains(text),
        Value::Array(items) => items.iter().any(|item| stands_in(item, text)),
        Value::Object(members) => members.values().any(|member| stands_in(member, text)),
        _ => false,
    }
}

/// The arguments of one step in one scenario.
pub struct Args<'a> {
    step: &'static Step,
    node: &'a Node,
}

impl<'a> Args<'a> {
    /// Reads a step's arguments; unknown and missing ones are refused here, before anything runs.
    pub fn new(step: &'static Step, node: &'a Node) -> Result<Self, Diagnostic> {
        let args = Self { step, node };
        if matches!(node.kind, Kind::Map(_)) && !args.stands_alone() && !step.open {
            let known: Vec<&str> = step.args.iter().map(|arg| arg.name).collect();
            node.only(&known)?;
        }
        for arg in step.args.iter().filter(|arg| arg.needed) {
            if args.get(arg.name).is_none() && arg.instead.iter().all(|other| args.get(other).is_none()) {
                return Err(Diagnostic {
                    message: format!("{} is missing", arg.or_others()),
                    span: node.span,
                    label: format!("{}: {}", arg.name, arg.summary),
                    hint: Some(format!("for example: {}", step.example)),
                });
            }
        }
        for arg in step.args {
            args.get(arg.name).map_or(Ok(()), |node| arg.check(node))?;
        }
        Ok(args)
    }

    /// What the step is given of this kind.
    pub fn given(&self, takes: Takes) -> impl Iterator<Item = &'a Node> {
        self.step.args.iter().filter(move |arg| arg.takes == takes).filter_map(|arg| self.get(arg.name))
    }

    /// Whether what comes late could break what is expected.
    pub fn expect_absence(&self) -> bool {
        let marked = self.step.args.iter().filter(|arg| arg.of_absence).filter_map(|arg| self.get(arg.name));
        marked.into_iter().any(|node| node.flag().unwrap_or(true)) || has_nothing(self.node)
    }

    /// Whether this has only to hold for the rest to say anything.
    pub fn is_control(&self) -> bool {
        let takes = |arg: &Arg| arg.name == CONTROL.name && arg.takes == CONTROL.takes;
        self.step.args.iter().any(takes) && self.flag(CONTROL.name).ok().flatten().unwrap_or(false)
    }

    /// A step whose only argument is a mapping or list of its own takes it as it stands.
    fn stands_alone(&self) -> bool {
        let Some(alone) = self.step.alone else { return false };
        match &self.node.kind {
            Kind::Map(members) => {
                self.step.args.len() == 1 && !members.iter().any(|(key, _)| key.name == alone)
            }
            Kind::Null => false,
            _ => true,
        }
    }

    /// The whole of the arguments.
    pub fn node(&self) -> &'a Node {
        self.node
    }

    /// One argument.
    pub fn get(&self, name: &str) -> Option<&'a Node> {
        if self.stands_alone() {
            return (self.step.alone == Some(name)).then_some(self.node);
        }
        self.node.get(name).filter(|node| !matches!(node.kind, Kind::Null))
    }

    /// One argument that must be there.
    pub fn need(&self, name: &str) -> Result<&'a Node, Diagnostic> {
        self.get(name).ok_or_else(|| Diagnostic {
            message: format!("`{name}` is missing"),
            span: self.node.span,
            label: String::new(),
            hint: None,
        })
    }

    /// Text.
    pub fn text(&self, name: &str) -> Result<Option<&'a str>, Diagnostic> {
        self.get(name).map(Node::text).transpose()
    }

    /// Text that must be there.
    pub fn need_text(&self, name: &str) -> Result<&'a str, Diagnostic> {
        self.need(name)?.text()
    }

    /// `true` or `false`.
    pub fn flag(&self, name: &str) -> Result<Option<bool>, Diagnostic> {
        self.get(name).map(Node::flag).transpose()
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Result<Option<u64>, Diagnostic> {
        self.get(name).map(Node::number).transpose()
    }

    /// A span of time.
    pub fn span(&self, name: &str) -> Result<Option<Duration>, Diagnostic> {
        self.get(name).map(span_of).transpose()
    }

    /// Data as it will travel.
    pub fn json(&self, name: &str) -> Result<Option<Value>, Diagnostic> {
        self.get(name).map(Node::to_json).transpose()
    }

    /// The arguments that are not in the step's own list, as they will travel.
    pub fn others(&self) -> Result<Vec<(String, Value)>, Diagnostic> {
        let Kind::Map(members) = &self.node.kind else { return Ok(Vec::new()) };
        let own = |name: &str| self.step.args.iter().any(|arg| arg.name == name);
        let others = members.iter().filter(|(key, _)| !own(&key.name));
        others.map(|(key, node)| Ok((key.name.clone(), node.to_json()?))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Args;
    use crate::steps::step_of;
    use standin_scenario::{Scenario, Source};

    /// A platform or service that is slow must not pass because nothing has come yet.
    #[test]
    fn what_comes_late_could_break_what_is_expected_absent() {
        let late = |step: &str| {
            let source = Source::new("a.yaml", format!("scenario: A\nsteps:\n  - {step}\n"));
            let scenarios = Scenario::parse(&source).unwrap();
            let step = &scenarios[0].steps[0];
            Args::new(step_of(&step.name.name).unwrap(), &step.args).unwrap().expect_absence()
        };
        for step in [
            "expect_account: { UID: ann, absent: true }",
            "expect_account: { UID: ann, profile: { city: null } }",
            "expect_account: { UID: ann, profile: { phones: [] } }",
            "expect_gigya_message: { to: ann@brand.example, absent: true }",
            "expect_contact: { where: { C_EmailAddress: ann@brand.example }, absent: true }",
            "expect_contact: { where: { C_EmailAddress: ann@brand.example }, whole: true, has: { C_City: Gent } }",
            "expect_contacts: []",
            "expect_contacts: [{ C_City: Gent }]",
            "expect_accounts: 2",
            "expect_pushes: [{ state: Succeeded }]",
            "expect_webhooks: { events: [{ type: accountUpdated }] }",
            "expect_calls: { from: client, count: 0 }",
            "expect_calls: { from: client, count: 1 }",
            "expect_files: { path: \"/in/*\", count: 1 }",
            "expect_page: { hidden: [email] }",
            "browser_expect_page: { hides: Log in }",
        ] {
            assert!(late(step), "{step}");
        }
        for step in [
            "expect_account: { UID: ann, profile: { city: Gent } }",
            "expect_account: { UID: ann, absent: false, profile: { city: Gent } }",
            "expect_contact: { where: { C_EmailAddress: ann@brand.example }, has: { C_City: Gent } }",
            "expect_account: { UID: ann, contains: Diest }",
            "expect_calls: { from: client, at_least: 1 }",
            "expect_files: { path: \"/in/*\", at_least: 1 }",
            "expect_page: { fields: { firstname: Ann } }",
        ] {
            assert!(!late(step), "{step}");
        }
    }
}
