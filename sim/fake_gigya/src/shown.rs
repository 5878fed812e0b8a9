//! What answers show of an account: member by member, as JSON text or as an object.

use crate::account::Account;
use crate::envelope::{Object, Writer};
use crate::packed::{Kind, Packet};
use crate::profile_schema::EXTRA;
use crate::query::document::{NEVER, Node};
use crate::rare::Identity;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};
use standin_model::Instant;
use std::borrow::Cow;

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
    pub(crate) sections: Vec<Cow<'static, str>>,
    pub(crate) extra: Extra,
    pub(crate) communications: bool,
    /// Login addresses that are not verified stand apart.
    pub(crate) unverified_apart: bool,
}

/// Which of the profile's fields are shown that have to be asked for.
#[derive(Clone, Debug)]
pub(crate) enum Extra {
    All,
    Only(Vec<String>),
}

impl View {
    pub(crate) fn of(sections: &[&'static str]) -> Self {
        Self {
            sections: sections.iter().map(|name| Cow::Borrowed(*name)).collect(),
            extra: Extra::Only(Vec::new()),
            communications: false,
            unverified_apart: false,
        }
    }

    pub(crate) fn has(&self, section: &str) -> bool {
        self.sections.iter().any(|name| name.eq_ignore_ascii_case(section))
    }
}

/// A profile as it is shown: without the fields that nobody asked for, with the age of a day, phones in the shape
/// that is set.
#[derive(Clone, Copy)]
pub(crate) struct ProfileView<'d> {
    account: &'d Account,
    /// `None` shows all fields.
    extra: Option<&'d [String]>,
    phones: &'d str,
    now: Instant,
}

impl<'d> ProfileView<'d> {
    fn of(account: &'d Account, view: &'d View, phones: &'d str, now: Instant) -> Self {
        let extra = match &view.extra {
            Extra::All => None,
            Extra::Only(names) => Some(names.as_slice()),
        };
        Self { account, extra, phones, now }
    }

    /// Everything, with the age of a day.
    pub(crate) fn whole(account: &'d Account, now: Instant) -> Self {
        Self { account, extra: None, phones: "stored", now }
    }

    /// As the index has it: the age is that of the last change.
    pub(crate) fn indexed(account: &'d Account) -> Self {
        Self::whole(account, account.last_updated)
    }

    pub(crate) fn get(self, name: &str) -> Option<Node<'d>> {
        let age = if name == "age" { self.age() } else { None };
        age.map(Node::Whole).or_else(|| self.account.profile.get(name).map(Node::Packed))
    }

    fn wants(self, name: &str) -> bool {
        EXTRA.binary_search(&name).is_err()
            || self.extra.is_none_or(|extra| extra.iter().any(|wanted| wanted == name))
    }

    fn age(self) -> Option<i64> {
        let part = |name: &str| self.account.profile.get(name).and_then(Packet::as_i64);
        let year = part("birthYear")?;
        let today = jiff::tz::Offset::UTC.to_datetime(self.now.timestamp());
        let birthday = (part("birthMonth").unwrap_or(1), part("birthDay").unwrap_or(1));
        let before = (i64::from(today.month()), i64::from(today.day())) < birthday;
        let age = i64::from(today.year()).checked_sub(year)? - i64::from(before);
        (0..=150).contains(&age).then_some(age)
    }
}

impl Serialize for ProfileView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let age = if self.wants("age") { self.age() } else { None };
        for (name, value) in self.account.profile.members().filter(|(name, _)| self.wants(name)) {
            match (name, self.phones, value.kind()) {
                ("age", _, _) if age.is_some() => {}
                ("phones", "array", Kind::Object(_)) => map.serialize_entry(name, &[value])?,
                ("phones", "single", Kind::List(mut list)) if list.count() == 1 => {
                    map.serialize_entry(name, &list.next())?;
                }
                _ => map.serialize_entry(name, &value)?,
            }
        }
        if let Some(age) = age {
            map.serialize_entry("age", &age)?;
        }
        map.end()
    }
}

/// Phones as they were written, always as a list, or a list of one as an object.
pub(crate) fn shape_phones(profile: &mut Object, shape: &str) {
    let Some(value) = profile.get_mut("phones") else { return };
    match (shape, &mut *value) {
        ("array", Value::Object(one)) => *value = json!([one]),
        ("single", Value::Array(list)) if list.len() == 1 => *value = list.remove(0),
        _ => {}
    }
}

/// Takes one member of an answer.
pub(crate) type Put<'p> = dyn FnMut(&str, Node<'_>) + 'p;

impl Account {
    /// The account in the shape of a method's answer.
    pub(crate) fn show(&self, shape: Shape, view: &View, phones: &str, now: Instant) -> Object {
        let mut out = Object::new();
        self.tell(shape, view, phones, now, &mut |name, node| _ = out.insert(name.to_owned(), node.value()));
        out
    }

    /// Tells the account member by member, in the shape of a method's answer.
    pub(crate) fn tell(&self, shape: Shape, view: &View, phones: &str, now: Instant, put: &mut Put<'_>) {
        self.tell_always(shape, put);
        let mut section = |name: &str, node: Node<'_>| {
            if view.has(name) {
                put(name, node);
            }
        };
        section("profile", Node::Profile(ProfileView::of(self, view, phones, now)));
        section("data", Node::Members(self.data.members()));
        section("emails", Node::Emails(self));
        section("loginIDs", Node::LoginIds(self, view.unverified_apart));
        section("preferences", Node::Members(self.preferences.members()));
        section("internal", Node::Members(self.internal.members()));
        section("customIdentifiers", Node::Members(self.custom_identifiers.members()));
        if view.has("isLockedOut") {
            let until = self.locked(now);
            put("isLockedOut", Node::Flag(until.is_some()));
            if let Some(until) = until {
                put("lockedUntil", Node::Time(until));
            }
        }
        if view.has("subscriptions") && !self.subscriptions.is_empty() {
            put("subscriptions", Node::Members(self.subscriptions.members()));
        }
        if let (true, Some(source)) = (view.has("regSource"), &self.reg_source) {
            put("regSource", Node::Text(source));
        }
        if let (true, Some(password)) = (view.has("password"), &self.password) {
            put("password", Node::Json(&password.show()));
        }
        if ["identities-all", "identities-active", "identities-global"].iter().any(|name| view.has(name)) {
            let site = self.has_site_identity().then(|| self.site_identity());
            let social = self.identities().iter().map(Identity::show);
            put("identities", Node::Json(&site.into_iter().chain(social).collect()));
        }
        if view.communications {
            put("communications", Node::Members(self.communications.members()));
        }
    }

    /// The members that are there whatever `include` says.
    fn tell_always(&self, shape: Shape, put: &mut Put<'_>) {
        let rough = |at: Instant| match shape {
            Shape::Info => at.seconds() * 1000,
            Shape::Login => at.seconds(),
            Shape::Search => at.millis(),
        };
        let mut time = |name: &str, stamp_name: &str, at: Instant, stamp: i64| {
            put(name, Node::Time(at));
            put(stamp_name, Node::Whole(stamp));
        };
        time("created", "createdTimestamp", self.created, rough(self.created));
        if let Some(at) = self.registered {
            time("registered", "registeredTimestamp", at, rough(at));
        }
        if let Some(at) = self.verified {
            time("verified", "verifiedTimestamp", at, at.millis());
        }
        if let Some(at) = self.last_login {
            time("lastLogin", "lastLoginTimestamp", at, rough(at));
        }
        time("lastUpdated", "lastUpdatedTimestamp", self.last_updated, self.last_updated.millis());
        let oldest = self.oldest_data_updated;
        time("oldestDataUpdated", "oldestDataUpdatedTimestamp", oldest, oldest.millis());
        if shape == Shape::Search && self.last_login.is_none() {
            put("lastLogin", Node::Text(NEVER));
            put("lastLoginTimestamp", Node::Whole(0));
        }
        put("UID", Node::Text(&self.uid));
        put("isActive", Node::Flag(self.is_active));
        put("isRegistered", Node::Flag(self.is_registered));
        put("isVerified", Node::Flag(self.is_verified));
        put("loginProvider", Node::Text(self.login_provider()));
        put("socialProviders", Node::Providers(self));
        if let Some(number) = &self.phone_number {
            put("phoneNumber", Node::Text(number));
        }
    }

    /// With what the person came in last.
    pub(crate) fn login_provider(&self) -> &str {
        self.rare.as_deref().and_then(|rare| rare.login_provider.as_deref()).unwrap_or("site")
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
    pub(crate) fn document(&self, put: &mut Put<'_>) {
        let sections =
            ["profile", "data", "emails", "loginIDs", "preferences", "regSource", "customIdentifiers"];
        let view = View { extra: Extra::All, ..View::of(&sections) };
        self.tell(Shape::Search, &view, "stored", self.last_updated, &mut |name, node| {
            let may_miss = ["preferences", "customIdentifiers", "data"].contains(&name);
            if !(may_miss && matches!(node, Node::Members(members) if members.is_empty())) {
                put(name, node);
            }
        });
    }

    /// Everything, for who looks at the world from outside.
    pub(crate) fn whole(&self, phones: &str, now: Instant) -> Object {
        let sections = [
            "profile",
            "data",
            "emails",
            "loginIDs",
            "preferences",
            "subscriptions",
            "regSource",
            "isLockedOut",
        ];
        let communications = !self.communications.is_empty();
        let view = View { communications, extra: Extra::All, ..View::of(&sections) };
        let mut out = self.show(Shape::Search, &view, phones, now);
        for (name, part) in [("internal", &self.internal), ("customIdentifiers", &self.custom_identifiers)] {
            if !part.is_empty() {
                out.insert(name.into(), part.into());
            }
        }
        out
    }
}

impl Writer {
    /// A member that a record tells.
    pub(crate) fn put(&mut self, name: &str, node: Node<'_>) {
        self.member(name, &node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::Packed;

    #[test]
    fn age_is_computed() {
        let mut account = Account::new("u", Instant::START);
        let birthday = json!({"birthYear": 1990, "birthMonth": 1, "birthDay": 6});
        account.profile = Packed::of(birthday.as_object().unwrap());
        let age = |account: &Account, now| ProfileView::whole(account, now).age();
        assert_eq!(age(&account, Instant::START), Some(35));
        assert_eq!(age(&account, Instant::START.plus(std::time::Duration::from_secs(86_400))), Some(36));
        account.profile.insert("birthYear", 0);
        assert_eq!(age(&account, Instant::START), None);
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
