//! What few accounts have, kept apart so that the many stay small.

use crate::account::Account;
use crate::envelope::Object;
use crate::password::Password;
use serde_json::{Value, json};
use standin_model::Instant;

/// The rare part of an account.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rare {
    pub(crate) failed_logins: u64,
    pub(crate) last_failure: Option<Instant>,
    pub(crate) locked_until: Option<Instant>,
    pub(crate) old_passwords: Vec<Password>,
    pub(crate) secret: Option<SecretQuestion>,
    pub(crate) identities: Vec<Identity>,
    /// The provider of the last login, if that was not the site itself.
    pub(crate) login_provider: Option<String>,
    pub(crate) second: SecondFactors,
    /// The photo that was handed in last, shown or not.
    pub(crate) photo: Option<String>,
}

/// What a person is asked who forgot the password.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SecretQuestion {
    pub(crate) question: String,
    pub(crate) answer: Password,
}

/// An account at a social provider.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Identity {
    pub(crate) provider: String,
    pub(crate) provider_uid: String,
    pub(crate) profile: Object,
    pub(crate) since: Instant,
    pub(crate) last_updated: Instant,
}

/// The second factors of a login.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SecondFactors {
    pub(crate) forced: Option<Forced>,
    pub(crate) phones: Vec<Contact>,
    pub(crate) emails: Vec<Contact>,
    /// Base32 of the secret that an authenticator application shares.
    pub(crate) totp: Option<String>,
    pub(crate) backup_codes: Vec<String>,
    /// Machines on which the second factor is not asked again.
    pub(crate) devices: Vec<String>,
}

/// What `tfaStatus` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forced {
    On,
    Off,
}

/// A phone or an address to which codes go.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Contact {
    pub(crate) id: String,
    pub(crate) to: String,
    pub(crate) since: Instant,
}

impl SecretQuestion {
    /// The answer is kept as a password is, in the spelling that is compared.
    pub(crate) fn new(question: &str, answer: &str, salt: String, now: Instant) -> Self {
        Self { question: question.to_owned(), answer: Password::new(&folded_answer(answer), salt, now) }
    }

    pub(crate) fn is(&self, answer: &str) -> bool {
        self.answer.is(&folded_answer(answer))
    }
}

/// Blanks around an answer and its case do not matter.
fn folded_answer(answer: &str) -> String {
    answer.trim().to_lowercase()
}

impl Identity {
    /// The name under which an identity has one owner.
    pub(crate) fn key(provider: &str, provider_uid: &str) -> String {
        format!("identity\n{provider}\n{provider_uid}")
    }

    /// As `identities` tells it.
    pub(crate) fn show(&self) -> Value {
        let mut out = json!({
            "provider": self.provider,
            "providerUID": self.provider_uid,
            "isLoginIdentity": true,
            "allowsLogin": true,
            "isExpiredSession": false,
            "lastUpdated": self.last_updated.to_string(),
            "lastUpdatedTimestamp": self.last_updated.millis(),
            "oldestDataUpdated": self.since.to_string(),
            "oldestDataUpdatedTimestamp": self.since.millis(),
        });
        for (name, value) in &self.profile {
            out[name] = value.clone();
        }
        out
    }
}

impl Account {
    /// The rare part, to change it.
    pub(crate) fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Forgets the rare part if nothing is in it.
    pub(crate) fn shrink(&mut self) {
        if self.rare.as_deref() == Some(&Rare::default()) {
            self.rare = None;
        }
    }

    pub(crate) fn identities(&self) -> &[Identity] {
        self.rare.as_deref().map_or(&[], |rare| &rare.identities)
    }

    /// Until when the account is locked, if it is.
    pub(crate) fn locked(&self, now: Instant) -> Option<Instant> {
        self.rare.as_deref()?.locked_until.filter(|until| *until > now)
    }

    /// Forgets failed logins and opens a locked account.
    pub(crate) fn unlock(&mut self) {
        if let Some(rare) = &mut self.rare {
            rare.failed_logins = 0;
            rare.last_failure = None;
            rare.locked_until = None;
        }
        self.shrink();
    }
}
