//! What a query is asked of: accounts as they lie in memory, or JSON. Nothing is copied to look at a field.

use crate::account::{ADDRESS, Account};
use crate::addresses::token;
use crate::packed::{Kind, Members, Packet};
use crate::people::{LITE, Lite};
use crate::shown::{ProfileView, Put};
use crate::site::Site;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};
use standin_model::Instant;
use std::borrow::Cow;

/// One record of a source.
#[derive(Clone, Debug)]
pub(crate) enum Document<'d> {
    /// Of `accounts`.
    Account(&'d Account),
    /// Of `emailAccounts`: the address of an account, which may have a lite record too.
    Address { account: &'d Account, lite: bool, site: &'d Site },
    /// Of `emailAccounts`: an address without an account. Of `accounts` too, where the address has no token.
    Lite(&'d Lite, Option<&'d Site>),
    /// Of any other source.
    Json(Cow<'d, Value>),
}

/// A value somewhere in a document.
#[derive(Clone, Copy)]
pub(crate) enum Node<'d> {
    Json(&'d Value),
    Packed(Packet<'d>),
    Members(Members<'d>),
    /// An account's profile: the packed one and what is computed.
    Profile(ProfileView<'d>),
    Emails(&'d Account),
    /// Whether addresses that are not verified stand apart.
    LoginIds(&'d Account, bool),
    Texts(&'d [String]),
    Text(&'d str),
    /// The names of an account's providers, joined.
    Providers(&'d Account),
    /// The token of an address.
    Token(&'d Site, &'d str),
    /// As text, to the millisecond.
    Time(Instant),
    Whole(i64),
    Flag(bool),
}

/// A value without parts.
#[derive(Clone, Debug)]
pub(crate) enum Leaf<'d> {
    Null,
    Flag(bool),
    Whole(i64),
    Float(f64),
    Text(Cow<'d, str>),
}

/// `lastLogin` of somebody who never logged in.
pub(crate) const NEVER: &str = "0001-01-01T00:00:00Z";

impl Document<'_> {
    /// A member of the record.
    pub(crate) fn member(&self, name: &str) -> Option<Node<'_>> {
        match self {
            Self::Account(account) => account.member(name),
            Self::Address { account, site, .. } if name == "token" => {
                Some(Node::Token(site, account.email()?))
            }
            Self::Address { account, lite, .. } => account.address_member(*lite, name),
            Self::Lite(lite, Some(site)) if name == "token" => Some(Node::Token(site, &lite.email)),
            Self::Lite(lite, _) => lite.member(name),
            Self::Json(value) => value.get(name).map(Node::Json),
        }
    }

    /// The whole record as `SELECT *` shows it, member by member.
    pub(crate) fn tell(&self, put: &mut Put<'_>) {
        let each = |names: &[&str], put: &mut Put<'_>| {
            for name in names {
                if let Some(node) = self.member(name) {
                    put(name, node);
                }
            }
        };
        match self {
            Self::Account(account) => account.document(put),
            Self::Address { .. } => each(ADDRESS, put),
            Self::Lite(..) => each(LITE, put),
            Self::Json(value) => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    put(name, Node::Json(value));
                }
            }
        }
    }

    /// The whole record as an object.
    pub(crate) fn whole(&self) -> Value {
        let mut out = Map::new();
        self.tell(&mut |name, node| _ = out.insert(name.to_owned(), node.value()));
        out.into()
    }

    /// Whether `test` holds for a value at the path. Lists on the way and at the end count item by item.
    pub(crate) fn any(&self, path: &[Box<str>], test: &mut dyn FnMut(Node<'_>) -> bool) -> bool {
        let Some((name, rest)) = path.split_first() else { return false };
        self.member(name).is_some_and(|node| node.any(rest, test))
    }

    /// The first value at the path that is not null.
    pub(crate) fn first(&self, path: &[Box<str>]) -> Option<Value> {
        let mut found = None;
        self.any(path, &mut |node| match node.value() {
            Value::Null => false,
            value => {
                found = Some(value);
                true
            }
        });
        found
    }
}

impl<'d> Node<'d> {
    /// A member, if this is an object.
    pub(crate) fn get(self, name: &str) -> Option<Self> {
        match self {
            Self::Json(value) => value.get(name).map(Self::Json),
            Self::Members(members) => members.get(name).map(Self::Packed),
            Self::Packed(packet) => match packet.kind() {
                Kind::Object(members) => members.get(name).map(Self::Packed),
                _ => None,
            },
            Self::Profile(profile) => profile.get(name),
            Self::Emails(account) => match name {
                "verified" => Some(Self::Texts(&account.verified_emails)),
                "unverified" => Some(Self::Texts(&account.unverified_emails)),
                _ => None,
            },
            Self::LoginIds(account, _) => match name {
                "emails" => Some(Self::Texts(&account.login_emails)),
                "unverifiedEmails" => Some(Self::Texts(&[])),
                "username" => account.username.as_deref().map(Self::Text),
                _ => None,
            },
            _ => None,
        }
    }

    /// The items, if this is a list.
    pub(crate) fn items(self) -> Option<Box<dyn Iterator<Item = Self> + 'd>> {
        match self {
            Self::Json(Value::Array(items)) => Some(Box::new(items.iter().map(Self::Json))),
            Self::Packed(packet) => match packet.kind() {
                Kind::List(items) => Some(Box::new(items.map(Self::Packed))),
                _ => None,
            },
            Self::Texts(texts) => Some(Box::new(texts.iter().map(|text| Self::Text(text)))),
            _ => None,
        }
    }

    /// Whether `test` holds for a value at the path below.
    pub(crate) fn any(self, path: &[Box<str>], test: &mut dyn FnMut(Node<'_>) -> bool) -> bool {
        if let Some(mut items) = self.items() {
            return items.any(|item| item.any(path, test));
        }
        match path.split_first() {
            None => test(self),
            Some((name, rest)) => self.get(name).is_some_and(|node| node.any(rest, test)),
        }
    }

    /// The value without parts that this is; objects and lists are none.
    pub(crate) fn leaf(self) -> Option<Leaf<'d>> {
        Some(match self {
            Self::Json(Value::Null) => Leaf::Null,
            Self::Json(Value::Bool(flag)) => Leaf::Flag(*flag),
            Self::Json(Value::Number(number)) => match number.as_i64() {
                Some(whole) => Leaf::Whole(whole),
                None => Leaf::Float(number.as_f64()?),
            },
            Self::Json(Value::String(text)) => Leaf::Text(Cow::Borrowed(text)),
            Self::Packed(packet) => match packet.kind() {
                Kind::Null => Leaf::Null,
                Kind::Flag(flag) => Leaf::Flag(flag),
                Kind::Whole(number) => Leaf::Whole(number),
                Kind::Huge(number) => Leaf::Float(number as f64),
                Kind::Float(number) => Leaf::Float(number),
                Kind::Text(text) => Leaf::Text(Cow::Borrowed(text)),
                Kind::List(_) | Kind::Object(_) => return None,
            },
            Self::Text(text) => Leaf::Text(Cow::Borrowed(text)),
            Self::Providers(account) => Leaf::Text(Cow::Owned(account.providers().join(","))),
            Self::Token(site, email) => Leaf::Text(Cow::Owned(token(site, email))),
            Self::Time(at) => Leaf::Text(Cow::Owned(at.to_string())),
            Self::Whole(number) => Leaf::Whole(number),
            Self::Flag(flag) => Leaf::Flag(flag),
            _ => return None,
        })
    }

    /// As a value of its own.
    pub(crate) fn value(self) -> Value {
        match self {
            Self::Json(value) => value.clone(),
            Self::Packed(packet) => packet.value(),
            Self::Members(members) => members.object().into(),
            other => serde_json::to_value(other).unwrap_or_default(),
        }
    }

    /// The part at the names below, nested as it is there; the last name may be another.
    pub(crate) fn part(self, names: &[Box<str>], alias: Option<&str>) -> Option<Value> {
        let Some((name, rest)) = names.split_first() else { return Some(self.value()) };
        if let Some(items) = self.items() {
            let parts: Vec<Option<Value>> = items.map(|item| item.part(names, alias)).collect();
            let some = parts.iter().any(Option::is_some);
            return some
                .then(|| parts.into_iter().map(|it| it.unwrap_or_else(|| Map::new().into())).collect());
        }
        let inner = self.get(name)?.part(rest, alias)?;
        let shown = if rest.is_empty() { alias.unwrap_or(name) } else { name };
        Some(Map::from_iter([(shown.to_owned(), inner)]).into())
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Json(value) => value.serialize(serializer),
            Self::Packed(packet) => packet.serialize(serializer),
            Self::Members(members) => members.serialize(serializer),
            Self::Profile(profile) => profile.serialize(serializer),
            Self::Emails(account) => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("verified", &account.verified_emails)?;
                map.serialize_entry("unverified", &account.unverified_emails)?;
                map.end()
            }
            Self::LoginIds(account, apart) => {
                let (emails, unverified): (Vec<&String>, Vec<&String>) =
                    account.login_emails.iter().partition(|email| !apart || account.has_verified(email));
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("emails", &emails)?;
                map.serialize_entry("unverifiedEmails", &unverified)?;
                if let Some(username) = &account.username {
                    map.serialize_entry("username", username)?;
                }
                map.end()
            }
            Self::Texts(texts) => texts.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Providers(account) => serializer.serialize_str(&account.providers().join(",")),
            Self::Token(site, email) => serializer.serialize_str(&token(site, email)),
            Self::Time(at) => serializer.collect_str(at),
            Self::Whole(number) => serializer.serialize_i64(*number),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
        }
    }
}

/// The first value at a path that is not null.
pub(crate) fn first(document: &Value, path: &str) -> Option<Value> {
    Document::Json(Cow::Borrowed(document)).first(&cut(path))
}

/// Whether something that is not null stands at a path.
pub(crate) fn is_there(members: Members<'_>, path: &str) -> bool {
    Node::Members(members).any(&cut(path), &mut is_value)
}

/// The same of what is not packed.
pub(crate) fn is_in(object: &Map<String, Value>, path: &str) -> bool {
    let path = cut(path);
    let Some((first, rest)) = path.split_first() else { return false };
    object.get(first.as_ref()).is_some_and(|value| Node::Json(value).any(rest, &mut is_value))
}

fn is_value(node: Node<'_>) -> bool {
    !matches!(node.leaf(), Some(Leaf::Null))
}

fn cut(path: &str) -> Vec<Box<str>> {
    path.split('.').map(Box::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::Packed;
    use serde_json::json;

    fn object(value: &Value) -> Packed {
        Packed::of(value.as_object().unwrap())
    }

    fn filled() -> Account {
        let mut account = Account::new("ann", Instant::START);
        account.profile = object(&json!({"email": "ann@example.org", "birthYear": 1990, "city": "Diest"}));
        account.data = object(&json!({"club": {"tier": "gold"}}));
        account.preferences = object(&json!({"terms": {"isConsentGranted": true}}));
        account.subscriptions = object(&json!({"news": {"email": {"isSubscribed": true}}}));
        account.custom_identifiers = object(&json!({"crm": "77"}));
        account.verified = Some(Instant::START);
        account.registered = Some(Instant::START);
        account.phone_number = Some("+32470112233".into());
        account.reg_source = Some("web".into());
        account.username = Some("annie".into());
        account.add_email("ann@example.org", true);
        account.add_login_email("ann@example.org");
        account
    }

    /// What a condition sees of a record is what `SELECT *` shows of it.
    #[test]
    fn members_and_the_whole_agree() {
        let (full, bare) = (filled(), Account::new("bob", Instant::START));
        let mut logged_in = filled();
        logged_in.last_login = Some(Instant::START);
        let mut lite = Lite::new("l1".into(), "lite@example.org", Instant::START);
        lite.data = object(&json!({"n": 1}));
        let site = Site::new(crate::DEFAULT_API_KEY);
        let documents = [
            Document::Account(&full),
            Document::Account(&bare),
            Document::Account(&logged_in),
            Document::Address { account: &full, lite: true, site: &site },
            Document::Lite(&lite, Some(&site)),
            Document::Lite(&lite, None),
        ];
        let names: Vec<String> = documents
            .iter()
            .flat_map(|it| it.whole().as_object().unwrap().clone())
            .map(|(name, _)| name)
            .collect();
        for document in &documents {
            let whole = document.whole();
            for name in &names {
                assert_eq!(
                    document.member(name).map(Node::value).as_ref(),
                    whole.get(name),
                    "{name} of {whole}"
                );
            }
        }
    }
}
