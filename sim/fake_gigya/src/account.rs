//! One person's record, and the shapes in which answers show it.

use crate::envelope::Object;
use crate::packed::{Packed, Packet};
use crate::password::Password;
use crate::profile_schema::EXTRA;
use crate::query::document::{NEVER, Node};
use crate::rare::{Identity, Rare};
use serde_json::{Value, json};
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

/// In which method's answer an account is shown: their time fields differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// accounts.getAccountInfo: milliseconds, some cut to the second.
    Info,
    /// accounts.login and its like: those are seconds.
    Login,
    /// accounts.search: exact milliseconds.
    Search,
}

/// What `include`, `includeCommunications` and `extraProfileFields` ask for.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) sections: Vec<String>,
    pub(crate) extra: Vec<String>,
    pub(crate) communications: bool,
}

impl View {
    pub(crate) fn of(sections: &[&str]) -> Self {
        let sections = sections.iter().map(|name| (*name).to_owned()).collect();
        Self { sections, extra: Vec::new(), communications: false }
    }

    fn has(&self, section: &str) -> bool {
        self.sections.iter().any(|name| name.eq_ignore_ascii_case(section))
    }
}

/// Members of a record in `emailAccounts`, in their order.
const ADDRESS: &[&str] = &[
    "email",
    "UID",
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

/// Phones as they were written, always as a list, or a list of one as an object.
pub(crate) fn shape_phones(profile: &mut Object, shape: &str) {
    let Some(value) = profile.get_mut("phones") else { return };
    match (shape, &mut *value) {
        ("array", Value::Object(one)) => *value = json!([one]),
        ("single", Value::Array(list)) if list.len() == 1 => *value = list.remove(0),
        _ => {}
    }
}

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

    /// The account in the shape of a method's answer.
    pub(crate) fn show(&self, shape: Shape, view: &View, phones: &str, now: Instant) -> Object {
        let mut out = Object::new();
        self.show_always(shape, &mut out);
        let mut section = |name: &str, value: Value| {
            if view.has(name) {
                out.insert(name.to_owned(), value);
            }
        };
        section("profile", Value::Object(self.profile_view(view, phones, now)));
        section("data", Value::from(&self.data));
        section("emails", self.emails());
        section("loginIDs", self.login_ids_view());
        section("preferences", Value::from(&self.preferences));
        section("internal", Value::from(&self.internal));
        section("customIdentifiers", Value::from(&self.custom_identifiers));
        section("isLockedOut", self.locked(now).is_some().into());
        if let Some(until) = self.locked(now).filter(|_| view.has("isLockedOut")) {
            out.insert("lockedUntil".into(), until.to_string().into());
        }
        if view.has("subscriptions") && !self.subscriptions.is_empty() {
            out.insert("subscriptions".into(), Value::from(&self.subscriptions));
        }
        if let (true, Some(source)) = (view.has("regSource"), &self.reg_source) {
            out.insert("regSource".into(), source.as_str().into());
        }
        if let (true, Some(password)) = (view.has("password"), &self.password) {
            out.insert("password".into(), password.show());
        }
        if ["identities-all", "identities-active", "identities-global"].iter().any(|name| view.has(name)) {
            let site = self.has_site_identity().then(|| self.site_identity());
            let social = self.identities().iter().map(Identity::show);
            out.insert("identities".into(), site.into_iter().chain(social).collect());
        }
        if view.communications {
            out.insert("communications".into(), Value::from(&self.communications));
        }
        out
    }

    /// The members that are there whatever `include` says.
    fn show_always(&self, shape: Shape, out: &mut Object) {
        let rough = |at: Instant| match shape {
            Shape::Info => Value::from(at.seconds() * 1000),
            Shape::Login => Value::from(at.seconds()),
            Shape::Search => Value::from(at.millis()),
        };
        let mut time = |name: &str, at: Instant, stamp: Value| {
            out.insert(name.to_owned(), at.to_string().into());
            out.insert(format!("{name}Timestamp"), stamp);
        };
        time("created", self.created, rough(self.created));
        if let Some(at) = self.registered {
            time("registered", at, rough(at));
        }
        if let Some(at) = self.verified {
            time("verified", at, at.millis().into());
        }
        if let Some(at) = self.last_login {
            time("lastLogin", at, rough(at));
        }
        time("lastUpdated", self.last_updated, self.last_updated.millis().into());
        time("oldestDataUpdated", self.oldest_data_updated, self.oldest_data_updated.millis().into());
        if shape == Shape::Search && self.last_login.is_none() {
            out.insert("lastLogin".into(), NEVER.into());
            out.insert("lastLoginTimestamp".into(), 0.into());
        }
        out.insert("UID".into(), self.uid.as_str().into());
        out.insert("isActive".into(), self.is_active.into());
        out.insert("isRegistered".into(), self.is_registered.into());
        out.insert("isVerified".into(), self.is_verified.into());
        out.insert("loginProvider".into(), self.login_provider().into());
        out.insert("socialProviders".into(), self.providers().join(",").into());
        if let Some(number) = &self.phone_number {
            out.insert("phoneNumber".into(), number.as_str().into());
        }
    }

    /// The profile without the fields that nobody asked for, phones in the shape that is set.
    fn profile_view(&self, view: &View, phones: &str, now: Instant) -> Object {
        let wanted = |name: &str| !EXTRA.contains(&name) || view.extra.iter().any(|extra| extra == name);
        let mut profile = Object::new();
        for (name, value) in self.profile.members().filter(|(name, _)| wanted(name)) {
            profile.insert(name.to_owned(), value.value());
        }
        if let Some(age) = self.age(now).filter(|_| wanted("age")) {
            profile.insert("age".into(), age.into());
        }
        shape_phones(&mut profile, phones);
        profile
    }

    /// The profile with everything: computed age, and phones as they were written.
    pub(crate) fn whole_profile(&self, now: Instant) -> Object {
        let mut profile = self.profile.object();
        if let Some(age) = self.age(now) {
            profile.insert("age".into(), age.into());
        }
        profile
    }

    /// The age as the index has it: that of the last change.
    pub(crate) fn shown_age(&self) -> Option<i64> {
        self.age(self.last_updated)
    }

    fn age(&self, now: Instant) -> Option<i64> {
        let part = |name: &str| self.profile.get(name).and_then(Packet::as_i64);
        let year = part("birthYear")?;
        let today = now.timestamp().strftime("%Y %m %d").to_string();
        let mut today = today.split(' ').map(|text| text.parse::<i64>().unwrap_or_default());
        let (this_year, month, day) = (today.next()?, today.next()?, today.next()?);
        let birthday = (part("birthMonth").unwrap_or(1), part("birthDay").unwrap_or(1));
        let age = this_year.checked_sub(year)? - i64::from((month, day) < birthday);
        (0..=150).contains(&age).then_some(age)
    }

    /// Whether there is more than what social providers tell.
    pub(crate) fn has_site_identity(&self) -> bool {
        self.password.is_some() || self.identities().is_empty()
    }

    /// With what the person came in last.
    fn login_provider(&self) -> &str {
        self.rare.as_deref().and_then(|rare| rare.login_provider.as_deref()).unwrap_or("site")
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

    pub(crate) fn emails(&self) -> Value {
        json!({"verified": self.verified_emails, "unverified": self.unverified_emails})
    }

    pub(crate) fn login_ids_view(&self) -> Value {
        let mut out = json!({"emails": self.login_emails, "unverifiedEmails": []});
        if let Some(username) = &self.username {
            out["username"] = username.as_str().into();
        }
        out
    }

    fn site_identity(&self) -> Value {
        let mut out = json!({
            "provider": "site",
            "providerUID": self.uid,
            "isLoginIdentity": true,
            "allowsLogin": true,
            "isExpiredSession": false,
            "lastUpdated": self.last_updated.to_string(),
            "lastUpdatedTimestamp": self.last_updated.millis(),
            "oldestDataUpdated": self.oldest_data_updated.to_string(),
            "oldestDataUpdatedTimestamp": self.oldest_data_updated.millis(),
        });
        for name in
            ["firstName", "lastName", "nickname", "email", "gender", "birthDay", "birthMonth", "birthYear"]
                .into_iter()
                .chain(["country", "city", "zip", "photoURL", "thumbnailURL", "profileURL"])
        {
            if let Some(value) = self.profile.get(name) {
                out[name] = value.value();
            }
        }
        out
    }

    /// What search shows of it: everything but password and subscriptions, with exact times.
    pub(crate) fn document(&self) -> Object {
        let view = View::of(&["data", "emails", "loginIDs", "preferences", "regSource", "customIdentifiers"]);
        let mut out = self.show(Shape::Search, &view, "stored", self.last_updated);
        out.insert("profile".into(), self.whole_profile(self.last_updated).into());
        for name in ["preferences", "customIdentifiers", "data"] {
            if out.get(name).and_then(Value::as_object).is_some_and(Object::is_empty) {
                out.remove(name);
            }
        }
        out
    }

    /// One member of [`document`](Self::document), without making the others.
    pub(crate) fn member(&self, name: &str) -> Option<Node<'_>> {
        let part = |it: &'_ Packed| !it.is_empty();
        let stamp = |at: Instant| Some(Node::Whole(at.millis()));
        match name {
            "UID" => Some(Node::Text(&self.uid)),
            "profile" => Some(Node::Profile(self)),
            "data" => Some(Node::Members(self.data.members())).filter(|_| part(&self.data)),
            "preferences" => {
                Some(Node::Members(self.preferences.members())).filter(|_| part(&self.preferences))
            }
            "customIdentifiers" => {
                let members = self.custom_identifiers.members();
                Some(Node::Members(members)).filter(|_| part(&self.custom_identifiers))
            }
            "emails" => Some(Node::Emails(self)),
            "loginIDs" => Some(Node::LoginIds(self)),
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

    /// The address's record in `emailAccounts`; whether it has a lite record beside the account.
    pub(crate) fn address(&self, lite: bool) -> Object {
        let mut out = Object::new();
        for name in ADDRESS {
            if let Some(node) = self.address_member(lite, name) {
                out.insert((*name).to_owned(), node.value());
            }
        }
        out
    }

    /// One member of [`address`](Self::address).
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

    /// Everything, for who looks at the world from outside.
    pub(crate) fn whole(&self, phones: &str, now: Instant) -> Object {
        let view = View {
            communications: !self.communications.is_empty(),
            ..View::of(&[
                "data",
                "emails",
                "loginIDs",
                "preferences",
                "subscriptions",
                "regSource",
                "isLockedOut",
            ])
        };
        let mut out = self.show(Shape::Search, &view, phones, now);
        let mut profile = self.whole_profile(now);
        shape_phones(&mut profile, phones);
        out.insert("profile".into(), profile.into());
        for (name, part) in [("internal", &self.internal), ("customIdentifiers", &self.custom_identifiers)] {
            if !part.is_empty() {
                out.insert(name.into(), part.into());
            }
        }
        out
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn age_is_computed() {
        let mut account = Account::new("u", Instant::START);
        let birthday = json!({"birthYear": 1990, "birthMonth": 1, "birthDay": 6});
        account.profile = Packed::of(birthday.as_object().unwrap());
        assert_eq!(account.age(Instant::START), Some(35));
        assert_eq!(account.age(Instant::START.plus(std::time::Duration::from_secs(86_400))), Some(36));
        account.profile.insert("birthYear", 0);
        assert_eq!(account.age(Instant::START), None);
    }

    #[test]
    fn times_by_method() {
        let mut account = Account::new("u", Instant::from_millis(1_700_000_000_880));
        account.last_updated = Instant::from_millis(1_700_000_400_321);
        for (shape, created) in [
            (Shape::Info, 1_700_000_000_000),
            (Shape::Login, 1_700_000_000),
            (Shape::Search, 1_700_000_000_880_i64),
        ] {
            let shown = account.show(shape, &View::of(&[]), "stored", Instant::START);
            assert_eq!(shown["createdTimestamp"], json!(created), "{shape:?}");
            assert_eq!(shown["created"], json!("2023-11-14T22:13:20.880Z"));
            assert_eq!(shown["lastUpdatedTimestamp"], json!(1_700_000_400_321_i64));
            assert_eq!(shown.contains_key("lastLogin"), shape == Shape::Search);
        }
    }
}
