//! One person's record.

use crate::packed::{Packed, Packet};
use crate::password::Password;
use crate::query::document::{NEVER, Node};
use crate::rare::{Identity, Rare};
use crate::shown::ProfileView;
use standin_model::Instant;

/// A full account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    pub(crate) uid: String,
    pub(crate) created: Instant,
    pub(crate) registered: Option<Instant>,
    pub(crate) verified: Option<Instant>,
    pub(crate) last_login: Option<Instant>,
    pub(crate) last_updated: Instant,
    pub(crate) oldest_data_updated: Instant,
    pub(crate) is_active: bool,
    pub(crate) is_registered: bool,
    pub(crate) is_verified: bool,
    pub(crate) must_change_password: bool,
    pub(crate) profile: Packed,
    pub(crate) data: Packed,
    pub(crate) preferences: Packed,
    pub(crate) subscriptions: Packed,
    pub(crate) communications: Packed,
    pub(crate) internal: Packed,
    pub(crate) custom_identifiers: Packed,
    pub(crate) verified_emails: Vec<String>,
    pub(crate) unverified_emails: Vec<String>,
    pub(crate) login_emails: Vec<String>,
    pub(crate) username: Option<String>,
    pub(crate) phone_number: Option<String>,
    pub(crate) password: Option<Box<Password>>,
    pub(crate) rare: Option<Box<Rare>>,
    pub(crate) reg_source: Option<String>,
    pub(crate) lang: Option<String>,
}

/// Members of a record in `emailAccounts`, in their order.
pub(crate) const ADDRESS: &[&str] = &[
    "email",
    "UID",
    "token",
    "channel",
    "created",
    "createdTimestamp",
    "lastUpdated",
    "lastUpdatedTimestamp",
    "hasFullAccount",
    "hasLiteAccount",
    "profile",
    "data",
    "subscriptions",
];

impl Account {
    /// A new record that nothing is known about yet.
    pub(crate) fn new(uid: impl Into<String>, now: Instant) -> Self {
        Self {
            uid: uid.into(),
            created: now,
            last_updated: now,
            oldest_data_updated: now,
            is_active: true,
            ..Self::default()
        }
    }

    /// `profile.email`.
    pub(crate) fn email(&self) -> Option<&str> {
        self.profile.get("email").and_then(Packet::as_str).filter(|email| !email.is_empty())
    }

    /// Everything that must not be the same at two accounts, in the spelling that is compared.
    pub(crate) fn login_ids(&self) -> Vec<String> {
        let names = self.login_emails.iter().chain(&self.username).map(|name| crate::email::folded(name));
        let social = self.identities().iter().map(|it| Identity::key(&it.provider, &it.provider_uid));
        let phone = self.phone_number.iter().map(|number| phone_key(number));
        let custom = self.custom_identifiers.members();
        let custom = custom.filter_map(|(name, value)| Some(custom_key(name, value.as_str()?)));
        names.chain(social).chain(phone).chain(custom).collect()
    }

    /// Whether there is more than what social providers tell.
    pub(crate) fn has_site_identity(&self) -> bool {
        self.password.is_some() || self.identities().is_empty()
    }

    /// With what the person may come in: social providers, and `site`.
    pub(crate) fn providers(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for identity in self.identities() {
            if !names.contains(&identity.provider.as_str()) {
                names.push(&identity.provider);
            }
        }
        if self.has_site_identity() {
            names.push("site");
        }
        names
    }

    /// One member of what search shows of it.
    pub(crate) fn member(&self, name: &str) -> Option<Node<'_>> {
        let part = |it: &'_ Packed| !it.is_empty();
        let stamp = |at: Instant| Some(Node::Whole(at.millis()));
        match name {
            "UID" => Some(Node::Text(&self.uid)),
            "profile" => Some(Node::Profile(ProfileView::indexed(self))),
            "data" => Some(Node::Members(self.data.members())).filter(|_| part(&self.data)),
            "preferences" => {
                Some(Node::Members(self.preferences.members())).filter(|_| part(&self.preferences))
            }
            "customIdentifiers" => {
                let members = self.custom_identifiers.members();
                Some(Node::Members(members)).filter(|_| part(&self.custom_identifiers))
            }
            "emails" => Some(Node::Emails(self)),
            "loginIDs" => Some(Node::LoginIds(self, false)),
            "created" => Some(Node::Time(self.created)),
            "createdTimestamp" => stamp(self.created),
            "registered" => self.registered.map(Node::Time),
            "registeredTimestamp" => self.registered.and_then(stamp),
            "verified" => self.verified.map(Node::Time),
            "verifiedTimestamp" => self.verified.and_then(stamp),
            "lastLogin" => Some(self.last_login.map_or(Node::Text(NEVER), Node::Time)),
            "lastLoginTimestamp" => Some(Node::Whole(self.last_login.map_or(0, Instant::millis))),
            "lastUpdated" => Some(Node::Time(self.last_updated)),
            "lastUpdatedTimestamp" => stamp(self.last_updated),
            "oldestDataUpdated" => Some(Node::Time(self.oldest_data_updated)),
            "oldestDataUpdatedTimestamp" => stamp(self.oldest_data_updated),
            "isActive" => Some(Node::Flag(self.is_active)),
            "isRegistered" => Some(Node::Flag(self.is_registered)),
            "isVerified" => Some(Node::Flag(self.is_verified)),
            "loginProvider" => Some(Node::Text(self.login_provider())),
            "socialProviders" => Some(Node::Providers(self)),
            "phoneNumber" => self.phone_number.as_deref().map(Node::Text),
            "regSource" => self.reg_source.as_deref().map(Node::Text),
            _ => None,
        }
    }

    /// One member of the address's record in `emailAccounts`; whether it has a lite record beside the account.
    pub(crate) fn address_member(&self, lite: bool, name: &str) -> Option<Node<'_>> {
        match name {
            "email" => self.email().map(Node::Text),
            "channel" => Some(Node::Text("email")),
            "hasFullAccount" => Some(Node::Flag(true)),
            "hasLiteAccount" => Some(Node::Flag(lite)),
            "subscriptions" if self.subscriptions.is_empty() => None,
            "subscriptions" => Some(Node::Members(self.subscriptions.members())),
            _ if ADDRESS.contains(&name) => self.member(name),
            _ => None,
        }
    }

    /// Makes `email` one of the account's addresses; already known, it stays where it is unless it is verified now.
    pub(crate) fn add_email(&mut self, email: &str, verified: bool) {
        let same = |other: &String| other.eq_ignore_ascii_case(email);
        if self.verified_emails.iter().any(same) {
            return;
        }
        match verified {
            true => {
                self.unverified_emails.retain(|other| !same(other));
                self.verified_emails.push(email.to_owned());
            }
            false if self.unverified_emails.iter().any(same) => {}
            false => self.unverified_emails.push(email.to_owned()),
        }
    }

    /// Whether an address is one of the verified ones.
    pub(crate) fn has_verified(&self, email: &str) -> bool {
        self.verified_emails.iter().any(|other| other.eq_ignore_ascii_case(email))
    }

    /// Makes `email` a login identifier.
    pub(crate) fn add_login_email(&mut self, email: &str) {
        if !self.login_emails.iter().any(|other| other.eq_ignore_ascii_case(email)) {
            self.login_emails.push(email.to_owned());
        }
    }

    /// All addresses count as verified from now on.
    pub(crate) fn verify(&mut self, now: Instant) {
        self.is_verified = true;
        self.verified.get_or_insert(now);
        for email in std::mem::take(&mut self.unverified_emails) {
            self.add_email(&email, true);
        }
    }

    /// Whether anything but times differs.
    pub(crate) fn same_content(&self, other: &Self) -> bool {
        let flags =
            |it: &Self| (it.is_active, it.is_registered, it.is_verified, it.must_change_password, it.created);
        flags(self) == flags(other)
            && self.profile == other.profile
            && self.data == other.data
            && self.preferences == other.preferences
            && self.subscriptions == other.subscriptions
            && self.communications == other.communications
            && self.internal == other.internal
            && self.custom_identifiers == other.custom_identifiers
            && self.verified_emails == other.verified_emails
            && self.unverified_emails == other.unverified_emails
            && self.login_emails == other.login_emails
            && self.username == other.username
            && self.phone_number == other.phone_number
            && self.reg_source == other.reg_source
            && self.lang == other.lang
            && self.rare == other.rare
            && self.password == other.password
    }
}

/// The name under which a phone number has one owner.
pub(crate) fn phone_key(number: &str) -> String {
    format!("phone\n{number}")
}

/// The name under which a custom identifier has one owner.
pub(crate) fn custom_key(name: &str, value: &str) -> String {
    format!("custom\n{name}\n{value}")
}
