//! The world file's part about Eloqua.

use crate::eloqua::Eloqua;
use crate::field::{self, Kind, NewField};
use crate::import::{self, ImportRule, UpdateRule};
use crate::job::{Direction, Heading, ImportKind, Job, SetsSubscription};
use crate::table::Format;
use crate::time::Zone;
use crate::value;
use serde_json::Value;
use standin_fake_kit::{Section, SeedError, knobs};
use standin_model::Instant;
use standin_ports::{Credential, FilesTarget, Secret};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const JOB_MEMBERS: [&str; 15] = [
    "name",
    "host",
    "port",
    "user",
    "password",
    "private_key",
    "passphrase",
    "folder",
    "file",
    "separator",
    "charset",
    "mapping",
    "every",
    "notify",
    "starts",
];

impl Eloqua {
    /// Puts a section of a world file into this instance.
    pub fn seed(&mut self, now: Instant, section: &Value) -> Result<(), SeedError> {
        let root = Section::root(section);
        root.only(&["site", "contact_fields", "lists", "contacts", "addresses", "imports", "exports"])?;
        if let Some(site) = root.get("site") {
            self.seed_site(&site)?;
        }
        for field in root.list("contact_fields")? {
            self.seed_field(now, &field)?;
        }
        for list in root.list("lists")? {
            self.store.add_list(now, list.text()?);
        }
        for contact in root.list("contacts")? {
            self.seed_contact(now, &contact)?;
        }
        for address in root.list("addresses")? {
            self.seed_address(now, &address)?;
        }
        for job in root.list("imports")? {
            let direction = self.import_of(&job)?;
            self.seed_job(now, &job, direction)?;
        }
        for job in root.list("exports")? {
            let direction = export_of(&job)?;
            self.seed_job(now, &job, direction)?;
        }
        Ok(())
    }

    fn seed_site(&mut self, site: &Section<'_>) -> Result<(), SeedError> {
        site.only(&["name", "user", "password", "site_code", "pod", "id", "client_id", "client_secret"])?;
        let words = [
            ("name", &mut self.site.name),
            ("user", &mut self.site.user),
            ("pod", &mut self.site.pod),
            ("site_code", &mut self.store.site_code),
            ("client_id", &mut self.site.client_id),
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
        Ok(())
    }

    fn seed_field(&mut self, now: Instant, section: &Section<'_>) -> Result<(), SeedError> {
        let mut new = if section.value().is_object() {
            section.only(&["name", "dataType", "displayType", "updateType", "defaultValue"])?;
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
            new.default = section.text_of("defaultValue")?.map(str::to_owned);
            new
        } else {
            NewField::text(section.text()?)
        };
        new.name = new.name.trim().to_owned();
        if new.name.is_empty() || new.name.chars().count() > 100 {
            return Err(section.wrong("a field's name has 1 to 100 characters"));
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
        section.only(&["email", "subscribed", "bounced"])?;
        let email = section.need("email")?;
        if !value::is_address(email.text()?) {
            return Err(email.wrong("an e-mail address is wanted here"));
        }
        self.store.set_subscribed(now, email.text()?, section.flag_of("subscribed", true)?);
        self.store.set_bounced(now, email.text()?, section.flag_of("bounced", false)?);
        Ok(())
    }

    fn import_of(&self, job: &Section<'_>) -> Result<Direction, SeedError> {
        let own = ["key", "update_rule", "import_rule", "kind", "sets_subscription"];
        job.only(&[&JOB_MEMBERS[..], &own[..]].concat())?;
        let kind = match job.get("kind") {
            Some(kind) => match kind.word(&["contacts", "unsubscribe", "update_addresses"])? {
                "unsubscribe" => ImportKind::Unsubscribe,
                "update_addresses" => ImportKind::UpdateAddresses,
                _ => ImportKind::Contacts,
            },
            None => ImportKind::Contacts,
        };
        let key = match job.get("key") {
            Some(key) => {
                if self.named_statement(key.text()?).is_none() {
                    let names = self.store.fields.iter().map(|field| field.internal.as_str());
                    let near = standin_fake_kit::seed::nearest(key.text()?, names);
                    let message = format!("no contact field is called `{}`", key.text()?);
                    return Err(match near {
                        Some(near) => key.wrong_because(message, format!("did you mean `{near}`?")),
                        None => key.wrong_because(message, "add its name to contact_fields"),
                    });
                }
                key.text()?.to_owned()
            }
            None => "C_EmailAddress".to_owned(),
        };
        let update_rule = match job.get("update_rule") {
            Some(rule) => UpdateRule::read(rule.word(&UpdateRule::WORDS)?).unwrap_or(UpdateRule::Always),
            None => UpdateRule::Always,
        };
        let import_rule = match job.get("import_rule") {
            Some(rule) => {
                ImportRule::read(rule.word(&ImportRule::WORDS)?).unwrap_or(ImportRule::CreateAndUpdate)
            }
            None => ImportRule::CreateAndUpdate,
        };
        let sets_subscription = match job.get("sets_subscription") {
            Some(sets) => {
                sets.only(&["column", "yes", "no"])?;
                Some(SetsSubscription {
                    column: sets.need("column")?.text()?.to_owned(),
                    yes: sets.text_of("yes")?.unwrap_or("true").to_owned(),
                    no: sets.text_of("no")?.unwrap_or("false").to_owned(),
                })
            }
            None => None,
        };
        Ok(Direction::Import { kind, key, update_rule, import_rule, sets_subscription })
    }

    fn seed_job(&mut self, now: Instant, job: &Section<'_>, direction: Direction) -> Result<(), SeedError> {
        let name = job.need("name")?;
        if self.jobs.all.contains_key(name.text()?) {
            return Err(name.wrong("another job has this name"));
        }
        let mapping = self.mapping_of(job, &direction)?;
        let (every, first) = schedule_of(job)?;
        let file = match (job.text_of("file")?, &direction) {
            (Some(file), _) => file,
            (None, Direction::Import { .. }) => "*.csv",
            (None, Direction::Export { .. }) => return Err(job.wrong("`file` is missing")),
        };
        let made = Job {
            name: name.text()?.to_owned(),
            target: target_of(job)?,
            folder: job.text_of("folder")?.unwrap_or("/").to_owned(),
            file: file.to_owned(),
            format: format_of(job)?,
            mapping,
            every,
            notify: job.text_of("notify")?.map(str::to_owned),
            direction,
        };
        if let Some(first) = first {
            self.jobs.agenda.add(now.plus(first), made.name.clone());
        }
        self.jobs.all.insert(made.name.clone(), Arc::new(made));
        Ok(())
    }

    fn mapping_of(
        &self,
        job: &Section<'_>,
        direction: &Direction,
    ) -> Result<Vec<(String, String)>, SeedError> {
        let roles = matches!(direction, Direction::Import { kind: ImportKind::UpdateAddresses, .. });
        let mut pairs = Vec::new();
        if let Some(mapping) = job.get("mapping") {
            for (column, name) in mapping.each()? {
                pairs.push((column.to_owned(), name));
            }
        }
        for name in job.list("fields")? {
            pairs.push((name.text()?.to_owned(), name));
        }
        let mut mapping = Vec::new();
        for (column, name) in pairs {
            let text = name.text()?;
            if roles {
                name.word(&["original", "new"])?;
            } else {
                match self.named_statement(text) {
                    None => {
                        self.field_named(text, &name)?;
                    }
                    Some(statement) => {
                        let import = matches!(direction, Direction::Import { .. });
                        if import && !statement.writable() && statement != crate::statement::Statement::Id {
                            return Err(name.wrong(format!("{text} is read-only")));
                        }
                    }
                }
            }
            mapping.push((column, text.to_owned()));
        }
        if mapping.is_empty() && matches!(direction, Direction::Export { .. }) {
            return Err(job.wrong_because("an export needs columns", "give `mapping` or `fields`"));
        }
        Ok(mapping)
    }
}

fn export_of(job: &Section<'_>) -> Result<Direction, SeedError> {
    let own = ["fields", "header", "filter", "changed_since_last_run", "timestamps"];
    job.only(&[&JOB_MEMBERS[..], &own[..]].concat())?;
    let heading = match job.get("header") {
        Some(header) if header.word(&["internal", "display"])? == "internal" => Heading::Internal,
        _ => Heading::Display,
    };
    let zone = match job.get("timestamps") {
        Some(zone) if zone.word(&["eastern", "utc"])? == "utc" => Zone::Utc,
        _ => Zone::Eastern,
    };
    if let Some(filter) = job.get("filter") {
        crate::filter::parse(filter.text()?).map_err(|why| filter.wrong(why))?;
    }
    Ok(Direction::Export {
        heading,
        filter: job.text_of("filter")?.map(str::to_owned),
        changed_since_last_run: job.flag_of("changed_since_last_run", false)?,
        zone,
    })
}

fn target_of(job: &Section<'_>) -> Result<FilesTarget, SeedError> {
    let port = match job.get("port") {
        Some(port) => u16::try_from(port.number()?).map_err(|_| port.wrong("no port has this number"))?,
        None => 22,
    };
    let credential = match job.text_of("private_key")? {
        Some(key) => Credential::PrivateKey {
            key: Secret::new(key),
            passphrase: job.text_of("passphrase")?.map(Secret::new),
        },
        None => Credential::Password(Secret::new(job.text_of("password")?.unwrap_or_default())),
    };
    Ok(FilesTarget {
        protocol: standin_ports::FileProtocol::Sftp,
        host: job.text_of("host")?.unwrap_or("sftp.exchange.example").to_owned(),
        port,
        username: job.need("user")?.text()?.to_owned(),
        credential,
        timeout: Duration::from_secs(60),
    })
}

fn format_of(job: &Section<'_>) -> Result<Format, SeedError> {
    let separator = match job.get("separator") {
        Some(separator) => match separator.text()? {
            "," | "comma" => b',',
            "|" | "pipe" => b'|',
            ";" | "semicolon" => b';',
            "\t" | "tab" => b'\t',
            _ => return Err(separator.wrong_because("no separator of Eloqua", "one of , ; | or tab")),
        },
        None => b',',
    };
    let charset = match job.get("charset") {
        Some(charset) => encoding_rs::Encoding::for_label(charset.text()?.as_bytes())
            .filter(|found| found.output_encoding() == *found)
            .ok_or_else(|| charset.wrong("no charset that Eloqua writes is called so"))?,
        None => encoding_rs::UTF_8,
    };
    Ok(Format { separator, charset })
}

/// How often, and when first after the seeding; neither for a job that only runs by hand.
fn schedule_of(job: &Section<'_>) -> Result<(Option<Duration>, Option<Duration>), SeedError> {
    let starts = match job.get("starts") {
        Some(starts) => Some(span_of(&starts)?),
        None => None,
    };
    let Some(every) = job.get("every") else { return Ok((None, starts)) };
    if every.text()? == "once" {
        return Ok((None, Some(starts.unwrap_or_default())));
    }
    let span = span_of(&every)?;
    if span < Duration::from_secs(1) {
        return Err(every.wrong("a job runs once a second at most"));
    }
    Ok((Some(span), Some(starts.unwrap_or(span))))
}

fn span_of(section: &Section<'_>) -> Result<Duration, SeedError> {
    knobs::span(section.text()?)
        .ok_or_else(|| section.wrong_because("a span of time is wanted here", "such as 30s, 5min, 1h, 1d"))
}
