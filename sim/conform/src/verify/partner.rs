//! A partner's file: which role, what the system is, and what it leaves out.

use crate::clauses::clause_of;
use crate::verify::role::{ROLES, Role, role_of};
use standin_scenario::scenario::parse_world;
use standin_scenario::{Diagnostic, Node, Scenario, Source, Span, nearest};
use standin_stage::WorldSpec;
use standin_stage::runner::{BadInput, Extras, world_of};
use std::path::{Path, PathBuf};

/// What every partner's file may say.
const COMMON: &[&str] = &["verify", "name", "world", "leaves_out"];

/// A partner's file, read.
pub struct PartnerFile {
    /// The role.
    pub role: &'static Role,
    /// What the system is called.
    pub name: String,
    /// Clauses that the system does not take part in, and why.
    pub leaves_out: Vec<(String, String)>,
    /// Where the file is.
    pub path: PathBuf,
    /// Its text.
    pub source: Source,
    /// All of it.
    pub root: Node,
}

impl PartnerFile {
    /// Reads a file that must be of the role `wanted`.
    pub fn read(wanted: &'static Role, path: &Path, text: &str, colour: bool) -> Result<Self, BadInput> {
        let source = Source::new(path.display().to_string(), text);
        let shown = |diagnostic: Diagnostic| BadInput(diagnostic.render(&source, colour));
        let root = parse_world(&source).map_err(shown)?;
        let partner = Self {
            role: wanted,
            name: String::new(),
            leaves_out: Vec::new(),
            path: path.to_owned(),
            source: source.clone(),
            root,
        };
        partner.checked().map_err(shown)
    }

    fn checked(mut self) -> Result<Self, Diagnostic> {
        let start = Span { start: 0, end: 1 };
        let word = self.root.get("verify").ok_or_else(|| {
            Diagnostic::new("`verify` is missing", start)
                .hint(format!("begin with `verify: {}`", self.role.name))
        })?;
        let name = word.text()?;
        if role_of(name).is_none() {
            return Err(
                Diagnostic::new(format!("no role is called `{name}`"), word.span).hint(role_hint(name))
            );
        }
        if name != self.role.name {
            let message = format!("this file is of the role `{name}`, not `{}`", self.role.name);
            return Err(Diagnostic::new(message, word.span)
                .hint(format!("standin verify {name} {}", self.path.display())));
        }
        let known: Vec<&str> =
            COMMON.iter().copied().chain(self.role.members.iter().map(|member| member.name)).collect();
        self.root.only(&known)?;
        for member in self.role.members.iter().filter(|member| member.needed) {
            if self.root.get(member.name).is_none() {
                let message = format!("`{}` is missing", member.name);
                return Err(
                    Diagnostic::new(message, word.span).hint(format!("{}: {}", member.name, member.summary))
                );
            }
        }
        self.name = match self.root.get("name") {
            Some(name) => name.text()?.to_owned(),
            None => self.path.display().to_string(),
        };
        for (key, why) in self.root.get("leaves_out").map(Node::map).transpose()?.unwrap_or_default() {
            if !self.role.clauses.contains(&key.name.as_str()) {
                let hint = match clause_of(&key.name) {
                    Some(_) => format!("the clause does not concern the role `{}`", self.role.name),
                    None => nearest(&key.name, self.role.clauses.iter().copied()).map_or_else(
                        || format!("clauses of this role: {}", self.role.clauses.join(", ")),
                        |near| format!("did you mean `{near}`?"),
                    ),
                };
                return Err(
                    Diagnostic::new(format!("`{}` cannot be left out", key.name), key.span).hint(hint)
                );
            }
            self.leaves_out.push((key.name.clone(), why.text()?.to_owned()));
        }
        Ok(self)
    }

    /// Why a clause is left out, if it is.
    pub fn left_out(&self, id: &str) -> Option<&str> {
        self.leaves_out.iter().find(|(clause, _)| clause == id).map(|(_, why)| why.as_str())
    }

    /// Takes from a case the clauses that are left out; whether it has any other.
    pub(crate) fn keep_wanted(&self, scenario: &mut Scenario) -> bool {
        scenario.clauses.retain(|clause| self.left_out(&clause.name).is_none());
        !scenario.clauses.is_empty()
    }

    /// A member of the role's own, as text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, BadInput> {
        self.shown(self.root.get(name).map(Node::text).transpose())
    }

    /// Shows a mistake at its place in this file.
    pub(crate) fn shown<T>(&self, result: Result<T, Diagnostic>) -> Result<T, BadInput> {
        result.map_err(|diagnostic| BadInput(diagnostic.render(&self.source, false)))
    }

    /// A mistake at a member of this file.
    pub(crate) fn mistake(&self, name: &str, message: impl Into<String>) -> BadInput {
        let span = self.root.get(name).map_or(self.root.span, |node| node.span);
        BadInput(Diagnostic::new(message, span).render(&self.source, false))
    }

    /// What the partner's file says of the world, held against what the role's cases build on.
    pub(crate) fn world(&self, extras: &Extras, colour: bool) -> Result<WorldSpec, BadInput> {
        world_of(&self.path, &self.source, self.root.get("world"), extras, colour)
    }

    /// The folder that relative names are looked for in.
    pub(crate) fn folder(&self) -> PathBuf {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
    }
}

/// What to say of a role that nobody knows.
pub fn role_hint(name: &str) -> String {
    nearest(name, ROLES.iter().map(|role| role.name)).map_or_else(
        || format!("roles: {}", ROLES.iter().map(|role| role.name).collect::<Vec<_>>().join(", ")),
        |near| format!("did you mean `{near}`?"),
    )
}
