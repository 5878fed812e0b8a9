//! What a partner's system can be.

use crate::verify::partner::PartnerFile;
use crate::verify::secrets::Secrets;
use crate::verify::{csv, dataflow, drift, login_page, programs, push};
use standin_ports::Clock;
use standin_scenario::Outcome;
use standin_stage::partner::{Part, Partner};
use standin_stage::runner::{BadInput, Extras, Ready};
use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One role.
pub struct Role {
    /// Its word.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The clauses that concern it, in the order of the list of clauses.
    pub clauses: &'static [&'static str],
    /// What a partner's file says of it beyond what all files say.
    pub members: &'static [Member],
    /// A commented file to start from.
    pub template: &'static str,
    /// The scenarios that exercise it: names and texts.
    pub cases: &'static [(&'static str, &'static str)],
    /// Cases on which others rest, the lowest first.
    pub bearing: &'static [Bearing],
    /// Cases that rest on none of these, since a step of their own looks whether anything can be said.
    pub apart: &'static [&'static str],
    /// What is to be done to verify a partner.
    pub work: fn(&Verification<'_>) -> Result<Vec<Work>, BadInput>,
}

/// A case without which others show nothing: what it looks at, they take for granted.
pub struct Bearing {
    /// Its name.
    pub case: &'static str,
    /// How the names of those begin that rest on it: all of them if this is empty.
    pub bears: &'static str,
}

/// One member of a partner's file.
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// Whether it must be there.
    pub needed: bool,
    /// What stands for it.
    pub takes: Takes,
    /// One sentence.
    pub summary: &'static str,
}

/// What stands for a member.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    /// Text.
    Text,
    /// A list of texts.
    Texts,
    /// A whole number.
    Number,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Texts by name.
    Names,
    /// A dataflow file, or one with parameters that are set.
    Dataflow,
}

pub(crate) const fn bearing(case: &'static str, bears: &'static str) -> Bearing {
    Bearing { case, bears }
}

pub(crate) const fn needed(name: &'static str, summary: &'static str) -> Member {
    Member { name, needed: true, takes: Takes::Text, summary }
}

pub(crate) const fn optional(name: &'static str, summary: &'static str) -> Member {
    Member { name, needed: false, takes: Takes::Text, summary }
}

impl Member {
    pub(crate) const fn takes(self, takes: Takes) -> Self {
        Self { takes, ..self }
    }
}

/// Every role.
pub const ROLES: &[Role] = &[
    push::ROLE,
    login_page::ROLE,
    dataflow::ROLE,
    programs::LOADER,
    programs::EXPORTER,
    csv::ROLE,
    drift::GIGYA,
    drift::ELOQUA,
];

impl Role {
    /// The name of a case within the role: `at-once` of `verify/push/at-once.yaml`. What is no case of its has none.
    pub fn case_of<'f>(&self, file: &'f str) -> Option<&'f str> {
        file.strip_prefix("verify/")?.strip_prefix(self.name)?.strip_prefix('/')?.strip_suffix(".yaml")
    }

    /// Whether others rest on a case.
    pub fn bears(&self, file: &str) -> bool {
        self.case_of(file).is_some_and(|case| self.bearing.iter().any(|bearing| bearing.case == case))
    }
}

/// The role of a name.
pub fn role_of(name: &str) -> Option<&'static Role> {
    ROLES.iter().find(|role| role.name == name)
}

/// A partner and what the command line adds.
pub struct Verification<'v> {
    /// The partner's file.
    pub partner: &'v PartnerFile,
    /// Seed and knobs.
    pub extras: &'v Extras,
    /// How a program is brought onto the stage.
    pub bring: &'v dyn Fn(Part, Programme) -> Arc<Partner>,
    /// The clock that others live by.
    pub clock: Arc<dyn Clock>,
    /// What the environment says, for what does not belong in a file.
    pub environment: &'v dyn Fn(&str) -> Option<String>,
    /// What the environment said, which nobody is shown.
    pub secrets: &'v RefCell<Secrets>,
    /// Whether somebody else's platform may be written to.
    pub allow_writes: bool,
    /// Set once the work is to end early.
    pub stopped: Arc<AtomicBool>,
    /// What was made at somebody else's platform and could not be removed.
    pub left: Arc<Mutex<Vec<String>>>,
    /// Lets time pass where only a wall clock counts.
    pub wait: Arc<dyn Fn(Duration) + Send + Sync>,
    /// Whether a real browser tries what people see.
    pub browser: bool,
    /// A port on loopback that nobody has.
    pub port: &'v dyn Fn() -> Result<u16, String>,
    /// Whether mistakes are shown in colour.
    pub colour: bool,
}

/// A partner's program as its file describes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Programme {
    /// The command and its arguments.
    pub command: Vec<String>,
    /// The folder in which it is started.
    pub folder: PathBuf,
    /// After how many seconds of work it is stopped; of a service, how long its work may take to be seen.
    pub patience: u64,
    /// The port on loopback where it is called, if it is a service.
    pub port: Option<u16>,
    /// What it finds in its environment beside what every program finds there.
    pub variables: Vec<(&'static str, String)>,
}

impl Programme {
    /// A program that ends by itself; it is not waited for.
    pub fn of(command: Vec<String>, folder: PathBuf) -> Self {
        Self { command, folder, patience: 0, port: None, variables: Vec::new() }
    }

    /// The same as a service that is called on a port on loopback.
    #[must_use]
    pub fn listening(mut self, port: u16) -> Self {
        self.port = Some(port);
        self.variables.push(("PORT", port.to_string()));
        self
    }
}

/// One thing that is done to verify a partner.
pub enum Work {
    /// A scenario that is to be run.
    Case(Box<Ready>),
    /// What was judged at once.
    Judged(Box<Outcome>),
}
