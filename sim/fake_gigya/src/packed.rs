//! A JSON object in few bytes: what an account keeps of a person is mostly small, and there are many people.
//!
//! Members keep their order. Names of the platform's own fields take one byte, other names and all texts their
//! length. Reading walks over the bytes and copies nothing; writing unpacks, changes and packs again.

use crate::envelope::Object;
use serde::ser::{Serialize, Serializer};
use serde_json::{Number, Value};

/// A packed object.
#[derive(Clone, Default)]
pub(crate) struct Packed(Box<[u8]>);

/// One packed value, somewhere in a [`Packed`].
#[derive(Clone, Copy)]
pub(crate) struct Packet<'p>(&'p [u8]);

/// What a packed value is.
#[derive(Clone, Copy)]
pub(crate) enum Kind<'p> {
    Null,
    Flag(bool),
    Whole(i64),
    /// Above the largest [`Self::Whole`].
    Huge(u64),
    Float(f64),
    Text(&'p str),
    List(Items<'p>),
    Object(Members<'p>),
}

/// The items of a packed list.
#[derive(Clone, Copy)]
pub(crate) struct Items<'p>(&'p [u8]);

/// The members of a packed object.
#[derive(Clone, Copy)]
pub(crate) struct Members<'p>(&'p [u8]);

/// Names that take one byte, in order.
const NAMES: &[&str] = &[
    "actionTimestamp",
    "activities",
    "address",
    "age",
    "authority",
    "bio",
    "birthDay",
    "birthMonth",
    "birthYear",
    "books",
    "category",
    "certifications",
    "channel",
    "city",
    "company",
    "companyID",
    "companySize",
    "confirmTime",
    "coordinates",
    "country",
    "date",
    "default",
    "degree",
    "description",
    "docDate",
    "docVersion",
    "doubleOptIn",
    "education",
    "educationLevel",
    "email",
    "emailSentTime",
    "endDate",
    "endYear",
    "favorites",
    "fieldOfStudy",
    "firstName",
    "followersCount",
    "followingCount",
    "gender",
    "hometown",
    "honors",
    "id",
    "industry",
    "interestedIn",
    "interests",
    "isConsentGranted",
    "isCurrent",
    "isSubscribed",
    "lang",
    "languages",
    "lastConsentModified",
    "lastLoginLocation",
    "lastModified",
    "lastName",
    "lastUpdatedSubscriptionState",
    "lat",
    "level",
    "likes",
    "locale",
    "location",
    "lon",
    "movies",
    "music",
    "name",
    "nickname",
    "number",
    "office",
    "oidcData",
    "optIn",
    "patents",
    "phones",
    "photoURL",
    "politicalView",
    "professionalHeadline",
    "profileURL",
    "proxyemail",
    "publications",
    "publisher",
    "relationshipStatus",
    "religion",
    "samlData",
    "school",
    "schoolType",
    "skill",
    "skills",
    "specialities",
    "startDate",
    "startYear",
    "state",
    "status",
    "summary",
    "tags",
    "television",
    "thumbnailURL",
    "time",
    "timestamp",
    "timezone",
    "title",
    "topic",
    "type",
    "url",
    "userActionTimestamp",
    "username",
    "verified",
    "work",
    "years",
    "zip",
];

const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const WHOLE: u8 = 3;
const HUGE: u8 = 4;
const FLOAT: u8 = 5;
const LONG_TEXT: u8 = 6;
const LIST: u8 = 7;
const OBJECT: u8 = 8;
/// From here on the tag itself tells how long a text is.
const TEXT: u8 = 16;

impl Packed {
    /// Packs an object.
    pub(crate) fn of(object: &Object) -> Self {
        let mut out = Vec::with_capacity(256);
        put_members(&mut out, object);
        Self(out.into_boxed_slice())
    }

    /// The object again.
    pub(crate) fn object(&self) -> Object {
        self.members().object()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Changes it: whatever `change` leaves is packed again.
    pub(crate) fn edit<T>(&mut self, change: impl FnOnce(&mut Object) -> T) -> T {
        let mut object = self.object();
        let result = change(&mut object);
        *self = Self::of(&object);
        result
    }

    /// Changes some members: `change` sees only those that are `touched`, and the others stay as they lie. What
    /// it adds comes last.
    pub(crate) fn edit_some<T>(
        &mut self,
        touched: impl Fn(&str) -> bool,
        change: impl FnOnce(&mut Object) -> T,
    ) -> T {
        let seen = self.members().filter(|(name, _)| touched(name));
        let mut object: Object = seen.map(|(name, value)| (name.to_owned(), value.value())).collect();
        let result = change(&mut object);
        let mut out = Vec::with_capacity(self.0.len() + 64);
        let mut rest = self.members();
        while !rest.is_empty() {
            let whole = rest.0;
            let Some((name, _)) = rest.next() else { break };
            if !touched(name) {
                out.extend_from_slice(&whole[..whole.len() - rest.0.len()]);
            } else if let Some(value) = object.shift_remove(name) {
                put_member(&mut out, name, &value);
            }
        }
        put_members(&mut out, &object);
        self.0 = out.into_boxed_slice();
        result
    }

    /// Sets one member.
    pub(crate) fn insert(&mut self, name: &str, value: impl Into<Value>) {
        let own = |other: &str| other == name;
        self.edit_some(own, |object| _ = object.insert(name.to_owned(), value.into()));
    }

    /// Takes one member away; the others stay in their order.
    pub(crate) fn remove(&mut self, name: &str) {
        self.edit_some(|other| other == name, |object| _ = object.shift_remove(name));
    }

    /// One member.
    pub(crate) fn get(&self, name: &str) -> Option<Packet<'_>> {
        self.members().get(name)
    }

    /// All members, in order.
    pub(crate) fn members(&self) -> Members<'_> {
        Members(&self.0)
    }
}

impl From<Object> for Packed {
    fn from(object: Object) -> Self {
        Self::of(&object)
    }
}

impl From<&Packed> for Value {
    fn from(packed: &Packed) -> Self {
        Self::Object(packed.object())
    }
}

/// Like objects: the order of members makes no difference.
impl PartialEq for Packed {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.object() == other.object()
    }
}

impl std::fmt::Debug for Packed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.object().fmt(f)
    }
}

impl<'p> Packet<'p> {
    /// What it is.
    pub(crate) fn kind(self) -> Kind<'p> {
        let mut rest = self.0;
        match take(&mut rest) {
            FALSE => Kind::Flag(false),
            TRUE => Kind::Flag(true),
            WHOLE => {
                let folded = take_number(&mut rest);
                Kind::Whole((folded >> 1).cast_signed() ^ -(folded & 1).cast_signed())
            }
            HUGE => Kind::Huge(take_number(&mut rest)),
            FLOAT => Kind::Float(f64::from_bits(rest.first_chunk().map_or(0, |it| u64::from_le_bytes(*it)))),
            LONG_TEXT => Kind::Text(text(take_long(&mut rest))),
            LIST => Kind::List(Items(take_long(&mut rest))),
            OBJECT => Kind::Object(Members(take_long(&mut rest))),
            length if length >= TEXT => Kind::Text(text(take_bytes(&mut rest, usize::from(length - TEXT)))),
            _ => Kind::Null,
        }
    }

    /// As a value of its own.
    pub(crate) fn value(self) -> Value {
        match self.kind() {
            Kind::Null => Value::Null,
            Kind::Flag(flag) => flag.into(),
            Kind::Whole(number) => number.into(),
            Kind::Huge(number) => number.into(),
            Kind::Float(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
            Kind::Text(text) => text.into(),
            Kind::List(items) => items.map(Packet::value).collect(),
            Kind::Object(members) => Value::Object(members.object()),
        }
    }

    pub(crate) fn as_str(self) -> Option<&'p str> {
        match self.kind() {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_i64(self) -> Option<i64> {
        match self.kind() {
            Kind::Whole(number) => Some(number),
            _ => None,
        }
    }
}

impl Serialize for Packet<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.kind() {
            Kind::Null => serializer.serialize_unit(),
            Kind::Flag(flag) => serializer.serialize_bool(flag),
            Kind::Whole(number) => serializer.serialize_i64(number),
            Kind::Huge(number) => serializer.serialize_u64(number),
            Kind::Float(number) => serializer.serialize_f64(number),
            Kind::Text(text) => serializer.serialize_str(text),
            Kind::List(items) => serializer.collect_seq(items),
            Kind::Object(members) => members.serialize(serializer),
        }
    }
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(*self)
    }
}

impl<'p> Iterator for Items<'p> {
    type Item = Packet<'p>;

    fn next(&mut self) -> Option<Packet<'p>> {
        (!self.0.is_empty()).then(|| take_value(&mut self.0))
    }
}

impl<'p> Members<'p> {
    pub(crate) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// As an object of its own.
    pub(crate) fn object(self) -> Object {
        let mut object = Object::with_capacity(self.count());
        object.extend(self.map(|(name, value)| (name.to_owned(), value.value())));
        object
    }

    /// One member.
    pub(crate) fn get(self, name: &str) -> Option<Packet<'p>> {
        let wanted = code(name);
        let mut rest = self.0;
        while !rest.is_empty() {
            let found = match take(&mut rest) {
                0 => take_long(&mut rest) == name.as_bytes(),
                known => Some(known) == wanted,
            };
            let value = take_value(&mut rest);
            if found {
                return Some(value);
            }
        }
        None
    }
}

impl<'p> Iterator for Members<'p> {
    type Item = (&'p str, Packet<'p>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let name = match take(&mut self.0) {
            0 => text(take_long(&mut self.0)),
            known => NAMES.get(usize::from(known) - 1).copied().unwrap_or_default(),
        };
        Some((name, take_value(&mut self.0)))
    }
}

/// The byte of a known name.
fn code(name: &str) -> Option<u8> {
    let at = NAMES.binary_search(&name).ok()?;
    u8::try_from(at + 1).ok()
}

fn put_members(out: &mut Vec<u8>, object: &Object) {
    for (name, value) in object {
        put_member(out, name, value);
    }
}

fn put_member(out: &mut Vec<u8>, name: &str, value: &Value) {
    match code(name) {
        Some(known) => out.push(known),
        None => {
            out.push(0);
            put_number(out, name.len() as u64);
            out.extend_from_slice(name.as_bytes());
        }
    }
    put_value(out, value);
}

fn put_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(NULL),
        Value::Bool(false) => out.push(FALSE),
        Value::Bool(true) => out.push(TRUE),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => {
                out.push(WHOLE);
                put_number(out, ((whole << 1) ^ (whole >> 63)).cast_unsigned());
            }
            (None, Some(huge)) => {
                out.push(HUGE);
                put_number(out, huge);
            }
            (None, None) => {
                out.push(FLOAT);
                out.extend_from_slice(&number.as_f64().unwrap_or_default().to_bits().to_le_bytes());
            }
        },
        Value::String(text) => {
            match u8::try_from(text.len()).ok().and_then(|length| TEXT.checked_add(length)) {
                Some(tag) => out.push(tag),
                None => {
                    out.push(LONG_TEXT);
                    put_number(out, text.len() as u64);
                }
            }
            out.extend_from_slice(text.as_bytes());
        }
        Value::Array(items) => put_nested(out, LIST, |out| items.iter().for_each(|it| put_value(out, it))),
        Value::Object(members) => put_nested(out, OBJECT, |out| put_members(out, members)),
    }
}

fn put_nested(out: &mut Vec<u8>, tag: u8, fill: impl FnOnce(&mut Vec<u8>)) {
    let mut inner = Vec::new();
    fill(&mut inner);
    out.push(tag);
    put_number(out, inner.len() as u64);
    out.extend_from_slice(&inner);
}

/// Seven bits a byte, the lowest first.
fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

fn take(rest: &mut &[u8]) -> u8 {
    let Some((first, behind)) = rest.split_first() else { return NULL };
    *rest = behind;
    *first
}

fn take_number(rest: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(rest);
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    number
}

fn take_bytes<'p>(rest: &mut &'p [u8], length: usize) -> &'p [u8] {
    let (taken, behind) = rest.split_at(length.min(rest.len()));
    *rest = behind;
    taken
}

fn take_long<'p>(rest: &mut &'p [u8]) -> &'p [u8] {
    let length = take_number(rest);
    take_bytes(rest, usize::try_from(length).unwrap_or(usize::MAX))
}

/// Cuts one value off the front.
fn take_value<'p>(rest: &mut &'p [u8]) -> Packet<'p> {
    let start = *rest;
    match take(rest) {
        WHOLE | HUGE => _ = take_number(rest),
        FLOAT => _ = take_bytes(rest, 8),
        LONG_TEXT | LIST | OBJECT => _ = take_long(rest),
        length if length >= TEXT => _ = take_bytes(rest, usize::from(length - TEXT)),
        _ => {}
    }
    Packet(&start[..start.len() - rest.len()])
}

/// Only what was text goes in, so only text comes out.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn any_value() -> impl Strategy<Value = Value> {
        let number = prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
        ];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            number,
            ".{0,8}".prop_map(Value::from),
            "[a-zé]{230,300}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                any_members(inner).prop_map(Value::Object),
            ]
        })
    }

    fn any_members(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Object> {
        let name = prop_oneof![prop::sample::select(NAMES).prop_map(str::to_owned), ".{0,6}"];
        prop::collection::vec((name, value), 0..6).prop_map(|members| members.into_iter().collect())
    }

    proptest! {
        #[test]
        fn unpacking_gives_what_was_packed(object in any_members(any_value())) {
            let packed = Packed::of(&object);
            let text = Value::Object(object.clone()).to_string();
            prop_assert_eq!(&Value::from(&packed).to_string(), &text);
            prop_assert_eq!(serde_json::to_string(&packed.members()).unwrap(), text);
            for (name, value) in &object {
                prop_assert_eq!(packed.get(name).map(Packet::value), Some(value.clone()));
            }
            prop_assert!(packed.get("no such name").is_none());
        }

        #[test]
        fn some_members_change_as_all_would(
            object in any_members(any_value()),
            change in any_members(any_value()),
            gone in prop::sample::select(NAMES),
        ) {
            prop_assume!(!change.contains_key(gone));
            let touched = |name: &str| name == gone || change.contains_key(name);
            let edit = |into: &mut Object| {
                into.shift_remove(gone);
                into.extend(change.clone());
            };
            let (mut some, mut all) = (Packed::of(&object), Packed::of(&object));
            some.edit_some(touched, edit);
            all.edit(edit);
            let text = |packed: &Packed| Value::from(packed).to_string();
            prop_assert_eq!(text(&some), text(&all));
        }
    }

    #[test]
    fn known_names_are_in_order_and_fit_a_byte() {
        assert!(NAMES.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(NAMES.len() < 256);
    }

    #[test]
    fn changes_keep_the_order() {
        let mut packed = Packed::of(json!({"b": 1, "city": "Diest", "a": 2}).as_object().unwrap());
        packed.insert("city", "Gent");
        packed.remove("b");
        packed.insert("c", true);
        assert_eq!(Value::from(&packed).to_string(), r#"{"city":"Gent","a":2,"c":true}"#);
        assert_eq!(packed, Packed::of(json!({"a": 2, "c": true, "city": "Gent"}).as_object().unwrap()));
    }
}
