//! The world file's part about Eloqua.

use crate::eloqua::Eloqua;
use crate::field::{self, Kind, NewField};
use crate::import;
use crate::user::User;
use crate::value;
use crate::{seed_job, seed_records};
use serde_json::Value;
use standin_fake_kit::{Part, Section, SeedError, Shape};
use standin_model::Instant;
use standin_ports::Secret;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a world's section may have.
pub const SHAPE: Shape = &[
    Part::One("site", SITE),
    Part::List("option_lists", OPTION_LIST),
    Part::Shorts("contact_fields", FIELD),
    Part::Shorts("email_groups", GROUP),
    Part::Plain(&["contacts"]),
    Part::List("addresses", ADDRESS),
    Part::List("imports", seed_job::IMPORT),
    Part::List("exports", seed_job::EXPORT),
    Part::Shorts("lists", seed_records::LIST),
    Part::List("segments", seed_records::SEGMENT),
    Part::List("filters", seed_records::SEGMENT),
    Part::Plain(&["accounts"]),
    Part::Shorts("account_lists", seed_records::LIST),
    Part::List("custom_objects", seed_records::OBJECT),
    Part::Plain(&["activities"]),
    Part::List("lead_scores", seed_records::MODEL),
];
const SITE: Shape = &[
    Part::Plain(&["name", "user", "password", "site_code", "pod", "id"]),
    Part::Plain(&["client_id", "client_secret", "redirect_uri", "without"]),
    Part::List("users", USER),
];
const USER: Shape = &[Part::Plain(&["name", "password", "enabled", "api", "without"])];
const OPTION_LIST: Shape = &[Part::Plain(&["name", "options"])];
const GROUP: Shape = &[Part::Plain(&["name", "require_opt_in"])];
const FIELD: Shape = &[Part::Plain(&["name", "dataType", "displayType", "updateType", "defaultValue"])];
const ADDRESS: Shape = &[Part::Plain(&["email", "subscribed", "bounced", "groups"])];

impl Eloqua {
    /// Puts a section of a world file into this instance.
    pub fn seed(&mut self, now: Instant, section: &Value) -> Result<(), SeedError> {
        let root = Section::root(section);
        root.shaped(SHAPE)?;
        if let Some(site) = root.get("site") {
            self.seed_site(&site)?;
        }
        for list in root.list("option_lists")? {
            self.seed_option_list(now, &list)?;
        }
        for group in root.list("email_groups")? {
            self.seed_group(now, &group)?;
        }
        for field in root.list("contact_fields")? {
            self.seed_field(now, &field)?;
        }
        for contact in root.list("contacts")? {
            self.seed_contact(now, &contact)?;
        }
        for address in root.list("addresses")? {
            self.seed_address(now, &address)?;
        }
        self.seed_records(now, &root)?;
        for job in root.list("imports")? {
            let direction = self.import_of(&job)?;
            self.seed_job(now, &job, direction)?;
        }
        for job in root.list("exports")? {
            let direction = seed_job::export_of(&job)?;
            self.seed_job(now, &job, direction)?;
        }
        Ok(())
    }

    fn seed_site(&mut self, site: &Section<'_>) -> Result<(), SeedError> {
        site.shaped(SITE)?;
        let words = [
            ("name", &mut self.site.name),
            ("user", &mut self.site.user),
            ("pod", &mut self.site.pod),
            ("site_code", &mut self.store.site_code),
            ("client_id", &mut self.site.client_id),
            ("redirect_uri", &mut self.site.redirect_uri),
        ];
        for (member, place) in words {
            if let Some(text) = site.get(member) {
                let plain = text.text()?;
                if plain.is_empty() || !plain.bytes().all(|byte| byte.is_ascii_graphic()) {
                    return Err(text.wrong("letters, digits and signs without blanks are wanted here"));
                }
                *place = plain.to_owned();
            }
        }
        if let Some(password) = site.text_of("password")? {
            self.site.password = Secret::new(password);
        }
        if let Some(secret) = site.text_of("client_secret")? {
            self.site.client_secret = Secret::new(secret);
        }
        if let Some(id) = site.get("id") {
            self.site.id = id.number()?;
        }
        self.site.without.extend(endpoints_of(site)?);
        for user in site.list("users")? {
            self.seed_user(&user)?;
        }
        Ok(())
    }

    fn seed_user(&mut self, section: &Section<'_>) -> Result<(), SeedError> {
        section.shaped(USER)?;
        let name = section.need("name")?;
        if name.text()?.is_empty() || name.text()?.contains(['\\', ':']) {
            return Err(name.wrong("a user's name has no colon and no backslash"));
        }
        if self.site.user_named(name.text()?).is_some() {
            return Err(name.wrong("another user has this name"));
        }
        let made = User {
            id: crate::user::OWN + 1 + self.site.others.len() as u64,
            name: name.text()?.to_owned(),
            password: Secret::new(section.need("password")?.text()?),
            enabled: section.flag_of("enabled", true)?,
            api: section.flag_of("api", true)?,
            without: endpoints_of(section)?,
        };
        self.site.others.push(made);
        Ok(())
    }

    fn seed_option_list(&mut self, now: Instant, section: &Section<'_>) -> Result<(), SeedError> {
        section.shaped(OPTION_LIST)?;
        let mut options = Vec::new();
        for option in section.list("options")? {
            options.push((option.text()?.to_owned(), option.text()?.to_owned()));
        }
        self.store.option_lists.add(now, section.need("name")?.text()?, options);
        Ok(())
    }

    fn seed_group(&mut self, now: Instant, section: &Section<'_>) -> Result<(), SeedError> {
        let (name, require_opt_in) = if section.value().is_object() {
            section.shaped(GROUP)?;
            (section.need("name")?, section.flag_of("require_opt_in", false)?)
        } else {
            (section.clone(), false)
        };
        if self.store.groups.named(name.text()?).is_some() {
            return Err(name.wrong("another e-mail group has this name"));
        }
        let mut group = self.store.groups.add(now, name.text()?);
        group.require_opt_in = require_opt_in;
        self.store.groups.put(group);
        Ok(())
    }

    fn seed_field(&mut self, now: Instant, section: &Section<'_>) -> Result<(), SeedError> {
        let mut new = if section.value().is_object() {
            section.shaped(FIELD)?;
            let mut new = NewField::text(section.need("name")?.text()?);
            if let Some(kind) = section.get("dataType") {
                let word = kind.word(&["text", "largeText", "numeric", "date"])?;
                new.kind = Kind::from_rest(word).unwrap_or(Kind::Text);
            }
            if let Some(display) = section.get("displayType") {
                let known = ["text", "textArea", "singleSelect", "multiSelect", "checkbox"];
                new.display_type = display.word(&known)?.to_owned();
            }
            if let Some(update) = section.get("updateType") {
                let known = ["always", "newNotBlank", "existingBlank", "newEmailAddress", "never"];
                new.update_type = update.word(&known)?.to_owned();
            }
            new.default = section.text_of("defaultValue")?.filter(|text| !text.is_empty()).map(str::to_owned);
            new
        } else {
            NewField::text(section.text()?)
        };
        new.name = new.name.trim().to_owned();
        if new.name.is_empty() || new.name.chars().count() > 100 {
            return Err(section.wrong("a field's name has 1 to 100 characters"));
        }
        if let Some(member) = new.unfit() {
            let place = section.get(member).unwrap_or_else(|| section.clone());
            return Err(place.wrong(format!("a {} field cannot have this", new.kind.rest())));
        }
        if self.store.fields.named(&new.name).is_some() {
            return Err(section.wrong(format!("there is a field `{}` already", new.name)));
        }
        if self.store.fields.custom() >= field::MOST_CUSTOM {
            return Err(section.wrong(format!("at most {} custom fields", field::MOST_CUSTOM)));
        }
        self.store.fields.add(now, new);
        Ok(())
    }

    fn seed_contact(&mut self, now: Instant, section: &Section<'_>) -> Result<(), SeedError> {
        let mut values = BTreeMap::new();
        let (mut subscribed, mut bounced) = (true, false);
        for (name, member) in section.each()? {
            match name {
                "isSubscribed" => subscribed = member.flag()?,
                "isBounced" => bounced = member.flag()?,
                _ => {
                    let field = self.field_named(name, &member)?;
                    let text = member.text()?;
                    if !text.is_empty() && !import::accepts(&field, text) {
                        return Err(member.wrong(format!("{} cannot hold this", field.internal)));
                    }
                    values.insert(field.id, text.to_owned());
                }
            }
        }
        let email = values.get(&field::EMAIL).cloned().unwrap_or_default();
        if email.is_empty() {
            return Err(section.wrong("`C_EmailAddress` is missing"));
        }
        self.store
            .create(now, values)
            .map_err(|_| section.wrong(format!("there is a contact with the address {email} already")))?;
        if !subscribed {
            self.store.set_subscribed(now, &email, false);
        }
        if bounced {
            self.store.set_bounced(now, &email, true);
        }
        Ok(())
    }

    fn field_named(&self, name: &str, place: &Section<'_>) -> Result<Arc<field::Field>, SeedError> {
        match self.store.fields.internal(name) {
            Some(field) if field.read_only => Err(place.wrong(format!("{} is read-only", field.internal))),
            Some(field) => Ok(Arc::clone(field)),
            None => {
                let names = self.store.fields.iter().map(|field| field.internal.as_str());
                let message = format!("no contact field is called `{name}`");
                match standin_fake_kit::seed::nearest(name, names) {
                    Some(near) => Err(place.wrong_because(message, format!("did you mean `{near}`?"))),
                    None => Err(place.wrong_because(message, "add its name to contact_fields")),
                }
            }
        }
    }

    fn seed_address(&mut self, now: Instant, section: &Section<'_>) -> Result<(), SeedError> {
        section.shaped(ADDRESS)?;
        let email = section.need("email")?;
        if !value::is_address(email.text()?) {
            return Err(email.wrong("an e-mail address is wanted here"));
        }
        self.store.set_subscribed(now, email.text()?, section.flag_of("subscribed", true)?);
        self.store.set_bounced(now, email.text()?, section.flag_of("bounced", false)?);
        let groups = match section.get("groups") {
            Some(groups) => groups.each()?,
            None => Vec::new(),
        };
        for (name, on) in groups {
            let group = self.store.groups.named(name).map(|group| group.id);
            let group = group.ok_or_else(|| on.wrong(format!("no e-mail group is called `{name}`")))?;
            self.store.set_group(now, email.text()?, group, on.flag()?);
        }
        Ok(())
    }
}

/// Patterns of endpoints; one that names nothing is a mistake.
fn endpoints_of(section: &Section<'_>) -> Result<Vec<String>, SeedError> {
    let mut all = Vec::new();
    for pattern in section.list("without")? {
        let text = pattern.text()?.to_owned();
        let known = |endpoint: &crate::router::Endpoint| value::fits(&text, endpoint.doc.name, '*', None);
        if !crate::router::ENDPOINTS.iter().any(known) {
            let hint = "names such as those of `standin list endpoints`, with * for anything";
            return Err(pattern.wrong_because(format!("no endpoint of Eloqua is called `{text}`"), hint));
        }
        all.push(text);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn seeded_fields_are_checked_like_others() {
        for (field, fits) in [
            (json!({ "name": "A", "dataType": "numeric", "defaultValue": "many" }), false),
            (json!({ "name": "A", "dataType": "date", "defaultValue": "soon" }), false),
            (json!({ "name": "A", "defaultValue": "x".repeat(101) }), false),
            (json!({ "name": "A", "dataType": "numeric", "displayType": "singleSelect" }), false),
            (json!({ "name": "A", "displayType": "multiSelect", "defaultValue": "x".repeat(1001) }), false),
            (json!({ "name": "A", "displayType": "multiSelect", "defaultValue": "x".repeat(1000) }), true),
            (json!({ "name": "A", "dataType": "numeric", "defaultValue": "1.5" }), true),
            (json!({ "name": "A", "dataType": "numeric", "defaultValue": "" }), true),
        ] {
            let seeded = Eloqua::new(1).seed(Instant::START, &json!({ "contact_fields": [field] }));
            assert_eq!(seeded.is_ok(), fits, "{field}");
        }
    }
}
