//! The CRM: one profile for each trigram, across campaigns.

use crate::statistics::Row;
use imbl::{OrdMap, Vector};
use serde_json::{Value, json};
use standin_model::{Email, email};
use std::sync::Arc;

/// A person as the CRM knows them.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its number.
    pub id: u64,
    /// First name, last name and e-mail address when it was made.
    pub key: String,
    /// As the GDPR API writes it.
    pub value: Value,
    /// The statistics' rows that it has part in: campaign and number.
    pub rows: Vector<(u64, u64)>,
}

/// All profiles of one account.
#[derive(Clone, Debug, Default)]
pub struct Crm {
    profiles: OrdMap<String, Arc<Profile>>,
    keys: OrdMap<u64, String>,
    last: u64,
}

impl Crm {
    /// Brings what a row says into the profile of its trigram.
    pub fn keep(&mut self, row: &Row, number: u64) {
        let key = row.trigram();
        let mut profile = match self.profiles.get(&key) {
            Some(known) => (**known).clone(),
            None => self.blank(&key),
        };
        let created = profile.value["createdAt"].as_str().map(str::to_owned);
        profile.value = written(row, profile.id, created);
        profile.rows.push_back((row.campaign_id, number));
        self.profiles.insert(key, Arc::new(profile));
    }

    fn blank(&mut self, key: &str) -> Profile {
        self.last += 1;
        self.keys.insert(self.last, key.to_owned());
        Profile { id: self.last, key: key.to_owned(), value: Value::Null, rows: Vector::new() }
    }

    /// The profile of a number.
    pub fn get(&self, id: u64) -> Option<&Arc<Profile>> {
        self.profiles.get(self.keys.get(&id)?)
    }

    /// All profiles, by key.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Profile>> {
        self.profiles.values()
    }

    /// The profiles that have all of these, whatever the case.
    pub fn search(&self, email: Option<&str>, first: Option<&str>, last: Option<&str>) -> Vec<Value> {
        let folded = |value: &Value| value.as_str().unwrap_or_default().trim().to_lowercase();
        let is = |value: &Value, wanted: Option<&str>| {
            wanted.is_none_or(|wanted| folded(value) == wanted.trim().to_lowercase())
        };
        let fits = |profile: &&Arc<Profile>| {
            let value = &profile.value;
            let address = value["email"].as_str().unwrap_or_default();
            email.is_none_or(|wanted| email::same(address, wanted))
                && is(&value["firstName"], first)
                && is(&value["lastName"], last)
        };
        let mut found: Vec<_> = self.all().filter(fits).collect();
        found.sort_by_key(|profile| profile.id);
        found.into_iter().map(|profile| profile.value.clone()).collect()
    }

    /// Takes rows out of a profile; one without any is deleted. Tells the numbers of those that are.
    pub fn forget(&mut self, key: &str, rows: &[(u64, u64)]) -> Option<u64> {
        let profile = Arc::make_mut(self.profiles.get_mut(key)?);
        profile.rows.retain(|row| !rows.contains(row));
        let id = profile.id;
        if !profile.rows.is_empty() {
            return None;
        }
        self.profiles.remove(key);
        self.keys.remove(&id);
        Some(id)
    }
}

/// Empty text is `""`, a missing date of birth is null.
fn written(row: &Row, id: u64, created: Option<String>) -> Value {
    let born = Some(row.value("birthday")).filter(|born| !born.is_empty());
    let function = [row.value("function"), row.value("position")].into_iter().find(|name| !name.is_empty());
    let language = Some(row.value("language")).filter(|code| !code.is_empty()).unwrap_or(&row.language);
    let at = row.completed.to_string();
    json!({
        "id": id, "firstName": row.value("firstname"), "lastName": row.value("lastname"),
        "function": function.unwrap_or_default(), "gender": row.value("gender"), "email": row.value("email"),
        "birthDay": born, "company": row.value("company"), "address": row.value("address"),
        "box": row.value("box"), "country": row.value("country"), "createdAt": created.unwrap_or(at.clone()),
        "updatedAt": at, "language": language.to_uppercase(), "ip": row.ip, "fb_uid": "0",
        "locality": row.value("locality"), "login": row.value("username"), "number": row.value("number"),
        "phone": row.value("phone"), "trigramme": row.trigram(), "zipcode": row.value("zipcode"),
        "isEmailValid": u8::from(row.value("email").parse::<Email>().is_ok()),
    })
}
