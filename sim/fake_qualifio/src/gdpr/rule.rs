//! What was asked for about people, and how it stands.

use serde_json::{Value, json};
use standin_model::Instant;

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Forget them.
    ForgottenRight,
    /// Tell everything about them.
    ExportData,
}

impl Kind {
    /// The rule's type.
    pub fn name(self) -> &'static str {
        match self {
            Self::ForgottenRight => "GDPR_ForgottenRight",
            Self::ExportData => "GDPR_ExportData",
        }
    }
}

/// How far a rule has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// It waits for the Data Protection Officer.
    New,
    /// It waits for being carried out.
    Approved,
    /// It is carried out.
    Done,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Approved => "APPROVED",
            Self::Done => "DONE",
        }
    }
}

/// Whom a rule is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Profiles: number and trigram. The trigram goes when the person is forgotten.
    Profiles(Vec<(u64, String)>),
    /// Whoever took part from one moment to another.
    Between(Option<Instant>, Instant),
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    pub(super) number: u64,
    pub(super) id: String,
    pub(super) kind: Kind,
    pub(super) scope: Scope,
    pub(super) status: Status,
    pub(super) created: Instant,
    pub(super) updated: Instant,
    /// Whether nobody had to approve it.
    pub(super) auto: bool,
    /// Whether it only pretends.
    pub(super) test: bool,
    pub(super) justification: String,
    pub(super) user: Value,
    pub(super) result: Value,
}

impl Rule {
    pub(super) fn to_json(&self, client: u64) -> Value {
        let payload = match &self.scope {
            Scope::Profiles(profiles) => {
                let profiles = profiles.iter().map(|(id, key)| json!({"crmId": id, "crmKey": key}));
                json!({"profiles": profiles.collect::<Value>()})
            }
            Scope::Between(from, to) => {
                json!({"dateFrom": from.map(|from| from.to_string()), "dateTo": to.to_string()})
            }
        };
        let mut told = json!({
            "ruleStatus": {
                "status": self.status.name(), "updatedAt": self.updated.to_string(), "isAuto": self.auto,
            },
            "_id": self.id, "ruleType": self.kind.name(), "clientId": client, "ruleTypePayload": payload,
            "justification": self.justification, "userId": self.user, "test": self.test,
            "createdAt": self.created.to_string(),
        });
        if self.status == Status::Done {
            told["ruleResult"] = self.result.clone();
        }
        told
    }

    /// Removes what a rule says about people who are forgotten by now.
    pub(super) fn forget(&mut self, forgotten: &[u64]) {
        let Scope::Profiles(profiles) = &mut self.scope else { return };
        for (id, key) in profiles {
            if forgotten.contains(id) {
                key.clear();
            }
        }
        if let Some(people) = self.result["profiles"].as_array_mut() {
            people
                .retain(|person| !person["profile"]["id"].as_u64().is_some_and(|id| forgotten.contains(&id)));
        }
    }
}
