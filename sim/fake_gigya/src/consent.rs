//! Consents: the statements of a site, and how a person's answers to them are written.

use crate::envelope::{Object, Problem, Refusal};
use crate::merge::Writer;
use crate::schema::{Kind, Write};
use imbl::OrdMap;
use serde_json::{Value, json};
use standin_model::Instant;
use std::cmp::Ordering;

/// Where a write comes from: imports may set what the platform sets otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    Call,
    Import,
}

/// Which text a consent was given to: a number or a date.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Doc {
    Version(f64),
    Date(Instant),
}

impl Doc {
    fn json(&self) -> Value {
        match self {
            Self::Version(number) => (*number).into(),
            Self::Date(at) => at.to_string().into(),
        }
    }

    /// The member that tells it, `docVersion` or `docDate`.
    fn member(&self) -> &'static str {
        match self {
            Self::Version(_) => "docVersion",
            Self::Date(_) => "docDate",
        }
    }

    /// What an entry was given to, if it is told in the same kind.
    fn of(&self, entry: &Object) -> Option<Self> {
        let value = entry.get(self.member())?;
        match self {
            Self::Version(_) => value.as_f64().map(Self::Version),
            Self::Date(_) => value.as_str()?.parse().ok().map(Self::Date),
        }
    }

    fn is_after(&self, other: Option<&Self>) -> bool {
        match (self, other) {
            (_, None) => true,
            (Self::Version(a), Some(Self::Version(b))) => a.partial_cmp(b) == Some(Ordering::Greater),
            (Self::Date(a), Some(Self::Date(b))) => a > b,
            _ => true,
        }
    }
}

/// One consent statement.
#[derive(Clone, Debug)]
pub(crate) struct Consent {
    pub(crate) required: bool,
    pub(crate) write: Write,
    pub(crate) is_active: bool,
    pub(crate) langs: Vec<String>,
    pub(crate) default_lang: String,
    pub(crate) enforce_locale_reconsent: bool,
    pub(crate) custom_data: Vec<Value>,
    pub(crate) entitlements: Vec<Value>,
    /// Months.
    pub(crate) retention: u64,
    pub(crate) current: Doc,
    pub(crate) min: Option<Doc>,
    /// Legal statements by language.
    pub(crate) legal: OrdMap<String, Object>,
}

impl Default for Consent {
    fn default() -> Self {
        Self {
            required: false,
            write: Write::ClientModify,
            is_active: true,
            langs: Vec::new(),
            default_lang: "en".to_owned(),
            enforce_locale_reconsent: false,
            custom_data: Vec::new(),
            entitlements: Vec::new(),
            retention: 36,
            current: Doc::Version(1.0),
            min: None,
            legal: OrdMap::new(),
        }
    }
}

/// How many consent statements, or subscriptions, a site may have.
const MOST: usize = 1_000;

/// Checks the ids of statements or subscriptions: words with dots between them, and not too many.
pub(crate) fn check_ids<'i>(ids: impl Iterator<Item = &'i String>) -> Result<(), Refusal> {
    let mut count = 0;
    for id in ids {
        count += 1;
        let word = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
        };
        if id.len() > 255 || !id.split('.').all(word) {
            return Err(Refusal::because(400_006, format!("invalid id: {}", crate::params::brief(id))));
        }
    }
    match count > MOST {
        true => Err(Refusal::because(400_124, format!("a site has at most {MOST} of these"))),
        false => Ok(()),
    }
}

fn custom_data(value: &Value) -> Option<Vec<Value>> {
    let list = value.as_array().filter(|list| list.len() <= 50)?;
    let fits = |item: &Value| {
        let short = |name: &str, most: usize| {
            item.get(name).and_then(Value::as_str).is_some_and(|text| text.chars().count() <= most)
        };
        short("key", 20) && short("value", 256)
    };
    list.iter().all(fits).then(|| list.clone())
}

impl Consent {
    /// Sets the members that are passed, in the words of the preferences schema and of the consent
    /// statements alike.
    pub(crate) fn set_schema(&mut self, id: &str, properties: &Object) -> Result<(), Refusal> {
        for (name, value) in properties {
            let wrong =
                || Refusal::because(400_006, format!("consent {id}: invalid value for {name}: {value}"));
            let flag = |default: bool| match value {
                Value::Null => Ok(default),
                value => Kind::Boolean.coerce(value).and_then(|flag| flag.as_bool()).ok_or_else(wrong),
            };
            let date = || value.as_str().and_then(|it| it.parse().ok()).map(Doc::Date).ok_or_else(wrong);
            let number = || Kind::Float.coerce(value).and_then(|number| number.as_f64());
            let version = || number().map(Doc::Version).ok_or_else(wrong);
            let plain = Self::default();
            match name.as_str() {
                "type" if value != "consent" && !value.is_null() => return Err(wrong()),
                "required" | "isMandatory" => self.required = flag(plain.required)?,
                "isActive" => self.is_active = flag(plain.is_active)?,
                "enforceLocaleReconsent" => {
                    self.enforce_locale_reconsent = flag(plain.enforce_locale_reconsent)?;
                }
                "writeAccess" if value.is_null() => self.write = plain.write,
                "writeAccess" => self.write = Write::of(value).ok_or_else(wrong)?,
                "langs" => {
                    let list = value.as_array().filter(|list| list.iter().all(Value::is_string));
                    list.ok_or_else(wrong)?;
                    self.langs = crate::accounts::write::texts(Some(value));
                }
                "defaultLang" => self.default_lang = value.as_str().ok_or_else(wrong)?.to_owned(),
                "customData" => self.custom_data = custom_data(value).ok_or_else(wrong)?,
                "entitlements" => self.entitlements = value.as_array().ok_or_else(wrong)?.clone(),
                "consentVaultRetentionPeriod" if value.is_null() => self.retention = plain.retention,
                "consentVaultRetentionPeriod" => {
                    let months = Kind::Long.coerce(value).and_then(|months| months.as_u64());
                    self.retention = months.ok_or_else(wrong)?;
                }
                "currentDocVersion" => self.current = version()?,
                "currentDocDate" => self.current = date()?,
                "minDocVersion" | "minDocDate" if value.is_null() => self.min = None,
                "minDocVersion" => self.min = Some(version()?),
                "minDocDate" => self.min = Some(date()?),
                _ => {}
            }
        }
        Ok(())
    }

    /// As accounts.getSchema tells it.
    pub(crate) fn schema_json(&self) -> Value {
        let mut out = json!({
            "type": "consent",
            "format": "true",
            "required": self.required,
            "writeAccess": self.write.word(),
            "customData": self.custom_data,
            "consentVaultRetentionPeriod": self.retention,
            "langs": self.langs,
        });
        let kind = |doc: &Doc| match doc {
            Doc::Version(_) => "Version",
            Doc::Date(_) => "Date",
        };
        out[format!("currentDoc{}", kind(&self.current))] = self.current.json();
        if let Some(min) = &self.min {
            out[format!("minDoc{}", kind(min))] = min.json();
        }
        out
    }

    /// As accounts.getConsentStatements tells it.
    pub(crate) fn statement_json(&self) -> Value {
        json!({
            "isActive": self.is_active,
            "isMandatory": self.required,
            "langs": self.langs,
            "customData": self.custom_data,
            "consentVaultRetentionPeriod": self.retention,
            "defaultLang": self.default_lang,
            "enforceLocaleReconsent": self.enforce_locale_reconsent,
        })
    }

    /// Whether an answer is a consent that still counts: one to an older text than the oldest that is
    /// accepted has to be renewed, and one to another language's where the statement says so.
    fn holds(&self, entry: &Object, lang: Option<&str>) -> bool {
        let granted = entry.get("isConsentGranted") == Some(&Value::Bool(true));
        granted
            && self.min.as_ref().is_none_or(|min| !min.is_after(min.of(entry).as_ref()))
            && !self.lacks_locale(entry, lang)
    }

    /// Whether the text in this language is still to be agreed to.
    fn lacks_locale(&self, entry: &Object, lang: Option<&str>) -> bool {
        let Some(lang) = lang.filter(|_| self.enforce_locale_reconsent) else { return false };
        let agreed = entry.get("locales").is_some_and(|locales| locales.get(lang).is_some());
        self.langs.iter().any(|it| it == lang) && !agreed
    }
}

/// Calls `each` with the dotted id and the entry of everything in `from` that `is_entry` knows as one.
pub(crate) fn walk(
    prefix: &str,
    from: &Object,
    is_entry: fn(&Object) -> bool,
    each: &mut dyn FnMut(&str, &Object),
) {
    for (key, value) in from {
        let id = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value.as_object() {
            Some(members) if is_entry(members) => each(&id, members),
            Some(members) => walk(&id, members, is_entry, each),
            None => {}
        }
    }
}

/// The object at a dotted id, made where it is missing.
pub(crate) fn slot<'o>(into: &'o mut Object, id: &str) -> Option<&'o mut Object> {
    let mut at = into;
    for name in id.split('.') {
        at = at.entry(name).or_insert_with(|| json!({})).as_object_mut()?;
    }
    Some(at)
}

/// A person's answer to one statement.
fn entry<'o>(of: &'o Object, id: &str) -> Option<&'o Object> {
    id.split('.').try_fold(of, |at, name| at.get(name)?.as_object())
}

/// Under which rules consents are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Consenting<'s> {
    /// By id; with none declared every id is taken.
    pub(crate) statements: &'s OrdMap<String, Consent>,
    pub(crate) source: Source,
    pub(crate) writer: Writer,
    /// The `lang` parameter.
    pub(crate) lang: Option<&'s str>,
    /// The language when nobody says.
    pub(crate) or_lang: &'s str,
    pub(crate) now: Instant,
}

/// Writes consents: `isConsentGranted` alone, and tags with a change of it. An answer is locked to the text
/// that was current when it was given, until it changes or is renewed.
pub(crate) fn write_preferences(into: &mut Object, from: &Object, rules: Consenting<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let is_entry =
        |members: &Object| members.contains_key("isConsentGranted") || members.contains_key("tags");
    let nested = expanded(from);
    walk("", &nested, is_entry, &mut |id, wanted| {
        if let Err(problem) = write_one(into, id, wanted, rules) {
            problems.push(problem);
        }
    });
    problems
}

fn write_one(into: &mut Object, id: &str, wanted: &Object, rules: Consenting<'_>) -> Result<(), Problem> {
    let place = format!("preferences.{id}.isConsentGranted");
    let statement = rules.statements.get(id);
    if statement.is_none() && !rules.statements.is_empty() {
        let message = format!("consent {id} is not in the schema");
        return Err(Problem::new(400_024, format!("preferences.{id}"), message));
    }
    let Some(value) = wanted.get("isConsentGranted") else { return Ok(()) };
    let granted = Kind::Boolean.coerce(value).and_then(|flag| flag.as_bool());
    let granted = granted.ok_or_else(|| Problem::new(400_023, &place, "invalid value for type boolean"))?;
    let plain = Consent::default();
    let statement = statement.unwrap_or(&plain);
    let import = rules.source == Source::Import;
    if rules.lang.is_none() && statement.langs.len() > 1 && !import {
        return Err(Problem::new(
            400_002,
            "lang",
            format!("consent {id} has several locales: lang is needed"),
        ));
    }
    let empty = Object::new();
    let before = entry(into, id).unwrap_or(&empty);
    let answered = before.get("isConsentGranted").and_then(Value::as_bool);
    let outdated = statement.current.is_after(statement.current.of(before).as_ref());
    let renewed =
        granted && answered == Some(true) && (outdated || statement.lacks_locale(before, rules.lang));
    if answered == Some(granted) && !renewed {
        return Ok(());
    }
    if rules.writer == Writer::Client && !statement.write.lets_client(answered.is_some() && !renewed) {
        return Err(Problem::new(400_025, &place, format!("{place} may not be written by a client")));
    }
    let known = |lang: &&str| statement.langs.is_empty() || statement.langs.iter().any(|it| it == lang);
    let default = if statement.langs.is_empty() { rules.or_lang } else { &statement.default_lang };
    let lang = rules.lang.or(Some(rules.or_lang)).filter(known).unwrap_or(default);
    let now = rules.now.to_string();
    let Some(entry) = slot(into, id) else { return Ok(()) };
    entry.insert("isConsentGranted".into(), granted.into());
    if let Some(tags) = wanted.get("tags").filter(|tags| tags.is_array()) {
        entry.insert("tags".into(), tags.clone());
    }
    ["docVersion", "docDate"].iter().for_each(|name| _ = entry.shift_remove(*name));
    let doc = statement.current.member();
    entry.insert(doc.into(), statement.current.json());
    entry.insert("lang".into(), lang.into());
    entry.insert("lastConsentModified".into(), now.clone().into());
    entry.insert("actionTimestamp".into(), now.into());
    for (name, list) in [("customData", &statement.custom_data), ("entitlements", &statement.entitlements)] {
        if !list.is_empty() {
            entry.insert(name.into(), list.clone().into());
        }
    }
    if import {
        for name in
            ["docVersion", "docDate", "lang", "lastConsentModified", "actionTimestamp", "entitlements"]
        {
            if let Some(value) = wanted.get(name) {
                entry.insert(name.into(), value.clone());
            }
        }
    }
    if !statement.langs.is_empty() {
        let told = entry.get(doc).cloned().unwrap_or_default();
        let locale = Object::from_iter([(doc.to_owned(), told)]);
        if let Some(slot) = slot(entry, "locales") {
            slot.insert(lang.to_owned(), locale.into());
        }
    }
    Ok(())
}

/// Paths of required consents that were not given, or have to be renewed, for somebody who is here in a
/// language.
pub(crate) fn missing(
    statements: &OrdMap<String, Consent>,
    preferences: &Object,
    lang: Option<&str>,
) -> Vec<String> {
    let lacks = |(id, it): &(&String, &Consent)| {
        it.required && it.is_active && !entry(preferences, id).is_some_and(|entry| it.holds(entry, lang))
    };
    let required = statements.iter().filter(lacks);
    required.map(|(id, _)| format!("preferences.{id}.isConsentGranted")).collect()
}

/// Dotted keys as nested objects: `terms.tos.isConsentGranted` and the nested form mean the same.
fn expanded(from: &Object) -> Object {
    let mut out = Object::new();
    for (key, value) in from {
        let value = value.as_object().map_or_else(|| value.clone(), |members| expanded(members).into());
        match key.rsplit_once('.') {
            Some((path, last)) => {
                if let Some(entry) = slot(&mut out, path) {
                    entry.insert(last.to_owned(), value);
                }
            }
            None => match (out.get_mut(key), value) {
                (Some(Value::Object(old)), Value::Object(new)) => old.extend(new),
                (_, value) => _ = out.insert(key.clone(), value),
            },
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn object(value: Value) -> Object {
        value.as_object().unwrap().clone()
    }

    fn statements(list: Value) -> OrdMap<String, Consent> {
        let each = |(id, properties): (&String, &Value)| {
            let mut consent = Consent::default();
            consent.set_schema(id, properties.as_object().unwrap()).unwrap();
            (id.clone(), consent)
        };
        list.as_object().unwrap().iter().map(each).collect()
    }

    fn rules(statements: &OrdMap<String, Consent>) -> Consenting<'_> {
        let (source, writer, now) = (Source::Call, Writer::Server, Instant::START);
        Consenting { statements, source, writer, lang: None, or_lang: "fr", now }
    }

    #[test]
    fn consents_keep_who_when_and_which() {
        let mut into = Object::new();
        let from = object(json!({"terms.tos.isConsentGranted": true, "privacy": {"tags": ["x"]}}));
        assert_eq!(write_preferences(&mut into, &from, rules(&OrdMap::new())), []);
        let time = "2026-01-05T08:00:00.000Z";
        assert_eq!(
            Value::Object(into),
            json!({"terms": {"tos": {"isConsentGranted": true, "docVersion": 1.0, "lang": "fr",
                "lastConsentModified": time, "actionTimestamp": time}}})
        );
    }

    #[test]
    fn an_answer_is_locked_to_its_text_until_it_is_renewed() {
        let one =
            statements(json!({"terms.tos": {"required": true, "customData": [{"key": "k", "value": "v"}]}}));
        let two = statements(json!({"terms.tos": {"required": true, "currentDocVersion": 2.0}}));
        let from_two = statements(
            json!({"terms.tos": {"required": true, "currentDocVersion": 2.0, "minDocVersion": 2.0}}),
        );
        let grant = object(json!({"terms": {"tos": {"isConsentGranted": true, "tags": ["a"]}}}));
        let mut into = Object::new();
        assert_eq!(missing(&one, &into, None), ["preferences.terms.tos.isConsentGranted"]);
        assert_eq!(write_preferences(&mut into, &grant, rules(&one)), []);
        assert_eq!(into["terms"]["tos"]["customData"], json!([{"key": "k", "value": "v"}]));
        assert_eq!((missing(&one, &into, None).len(), missing(&two, &into, None).len()), (0, 0));
        assert_eq!(missing(&from_two, &into, None), ["preferences.terms.tos.isConsentGranted"]);
        let given = into.clone();
        let later = Instant::START.plus(Duration::from_secs(60));
        assert_eq!(write_preferences(&mut into, &grant, Consenting { now: later, ..rules(&one) }), []);
        assert_eq!(into, given, "the same answer to the same text is no change");
        let renewal = Consenting { now: later, ..rules(&from_two) };
        assert_eq!(write_preferences(&mut into, &grant, renewal), []);
        let entry = &into["terms"]["tos"];
        assert_eq!(
            (&entry["docVersion"], &entry["lastConsentModified"]),
            (&json!(2.0), &json!(later.to_string()))
        );
        assert_eq!(missing(&from_two, &into, None).len(), 0);
        let withdrawn = object(json!({"terms": {"tos": {"isConsentGranted": false}}}));
        assert_eq!(write_preferences(&mut into, &withdrawn, rules(&from_two)), []);
        assert_eq!(missing(&from_two, &into, None).len(), 1);
    }

    #[test]
    fn texts_may_be_told_by_date() {
        let dated =
            statements(json!({"privacy": {"required": true, "currentDocDate": "2025-06-01T00:00:00Z",
            "minDocDate": "2025-06-01T00:00:00Z"}}));
        let import = Consenting { source: Source::Import, ..rules(&dated) };
        let mut into = Object::new();
        let from =
            object(json!({"privacy": {"isConsentGranted": true, "docDate": "2024-01-01T00:00:00.000Z"}}));
        assert_eq!(write_preferences(&mut into, &from, import), []);
        assert_eq!(missing(&dated, &into, None).len(), 1);
        let from = object(json!({"privacy": {"isConsentGranted": true}}));
        assert_eq!(write_preferences(&mut into, &from, rules(&dated)), []);
        assert_eq!(into["privacy"]["docDate"], "2025-06-01T00:00:00.000Z");
        assert_eq!(missing(&dated, &into, None).len(), 0);
    }

    #[test]
    fn what_consents_refuse() {
        let list = statements(json!({
            "terms": {"langs": ["en", "fr"], "defaultLang": "en"},
            "staff": {"writeAccess": "serverOnly"},
            "once": {"writeAccess": "clientCreate"},
        }));
        let client = Consenting { writer: Writer::Client, ..rules(&list) };
        for (rules, from, expected) in [
            (rules(&list), json!({"terms": {"isConsentGranted": true}}), Some((400_002, "lang"))),
            (
                Consenting { lang: Some("fr"), ..rules(&list) },
                json!({"terms": {"isConsentGranted": true}}),
                None,
            ),
            (rules(&list), json!({"trms": {"isConsentGranted": true}}), Some((400_024, "preferences.trms"))),
            (
                rules(&list),
                json!({"staff": {"isConsentGranted": "perhaps"}}),
                Some((400_023, "preferences.staff.isConsentGranted")),
            ),
            (
                client,
                json!({"staff": {"isConsentGranted": true}}),
                Some((400_025, "preferences.staff.isConsentGranted")),
            ),
        ] {
            let problems = write_preferences(&mut Object::new(), &object(from.clone()), rules);
            let found = problems.first().map(|problem| (problem.code, problem.field.as_str()));
            assert_eq!(found, expected, "{from}");
        }
        let mut into = Object::new();
        let answer = |granted: bool| object(json!({"once": {"isConsentGranted": granted}}));
        assert_eq!(write_preferences(&mut into, &answer(true), client), []);
        assert_eq!(write_preferences(&mut into, &answer(false), client)[0].code, 400_025);
        let fr = Consenting { lang: Some("fr"), ..rules(&list) };
        assert_eq!(
            write_preferences(&mut into, &object(json!({"terms": {"isConsentGranted": true}})), fr),
            []
        );
        assert_eq!(into["terms"]["locales"], json!({"fr": {"docVersion": 1.0}}));
    }
}
