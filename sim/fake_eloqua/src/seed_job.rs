//! The world file's part about Eloqua's own jobs.

use crate::condition::{Filter, Scope};
use crate::eloqua::Eloqua;
use crate::field::Field;
use crate::import::{ImportRule, UpdateRule};
use crate::job::{Direction, ExportJob, Heading, ImportJob, ImportKind, Job, Of, SetsSubscription};
use crate::records::Owner;
use crate::statement::Statement;
use crate::table::Format;
use crate::time::Zone;
use crate::value;
use standin_fake_kit::{Part, Section, SeedError, Shape, knobs};
use standin_model::Instant;
use standin_ports::{Credential, FilesTarget, Secret};
use std::sync::Arc;
use std::time::Duration;

const JOB: Part = Part::Plain(&[
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
]);
/// What an import may have.
pub(crate) const IMPORT: Shape = &[
    JOB,
    Part::Plain(&["key", "update_rule", "update_rules", "import_rule", "kind", "constants", "validate"]),
    Part::One("sets_subscription", SETS_SUBSCRIPTION),
];
const SETS_SUBSCRIPTION: Shape = &[Part::Plain(&["column", "yes", "no"])];
/// What an export may have.
pub(crate) const EXPORT: Shape = &[
    JOB,
    Part::Plain(&[
        "fields",
        "header",
        "filter",
        "changed_since_last_run",
        "timestamps",
        "of",
        "zip",
        "date_stamp",
    ]),
];

impl Eloqua {
    /// An import as a world file says it.
    pub(crate) fn import_of(&self, job: &Section<'_>) -> Result<Direction, SeedError> {
        job.shaped(IMPORT)?;
        let kind = match job.get("kind") {
            Some(kind) => {
                let word = kind.word(&ImportKind::WORDS.map(|(word, _)| word))?;
                ImportKind::WORDS.iter().find(|(known, _)| *known == word).map(|(_, kind)| *kind)
            }
            None => None,
        };
        let kind = kind.unwrap_or(ImportKind::Contacts);
        let key = match job.get("key") {
            Some(key) => {
                self.known(kind.of(), key.text()?, &key)?;
                key.text()?
            }
            None if kind.of() == Of::Contacts => "C_EmailAddress",
            None => "M_CompanyName",
        };
        let update_rule = match job.get("update_rule") {
            Some(rule) => update_rule_of(&rule)?,
            None => UpdateRule::Always,
        };
        let mut update_rules = Vec::new();
        for (column, rule) in each(job, "update_rules")? {
            update_rules.push((column.to_owned(), update_rule_of(&rule)?));
        }
        let mut constants = Vec::new();
        for (name, value) in each(job, "constants")? {
            if !self.known(kind.of(), name, &value)?.writable() {
                return Err(value.wrong(format!("{name} is read-only")));
            }
            constants.push((name.to_owned(), value.text()?.to_owned()));
        }
        let import_rule = match job.get("import_rule") {
            Some(rule) => {
                ImportRule::read(rule.word(&ImportRule::WORDS)?).unwrap_or(ImportRule::CreateAndUpdate)
            }
            None => ImportRule::CreateAndUpdate,
        };
        let sets_subscription = match job.get("sets_subscription") {
            Some(sets) => {
                sets.shaped(SETS_SUBSCRIPTION)?;
                Some(SetsSubscription {
                    column: sets.need("column")?.text()?.to_owned(),
                    yes: sets.text_of("yes")?.unwrap_or("true").to_owned(),
                    no: sets.text_of("no")?.unwrap_or("false").to_owned(),
                })
            }
            None => None,
        };
        Ok(Direction::Import(ImportJob {
            kind,
            key: key.to_owned(),
            update_rule,
            update_rules,
            import_rule,
            sets_subscription,
            constants,
            validate: job.flag_of("validate", true)?,
        }))
    }

    /// What a name stands for; one that nobody knows is a mistake, with the nearest that is known.
    fn known(&self, of: Of, name: &str, place: &Section<'_>) -> Result<Statement, SeedError> {
        if let Some(statement) = self.statement_of(of, name) {
            return Ok(statement);
        }
        let fields: Vec<&Arc<Field>> = match of {
            Of::Contacts => self.store.fields.iter().collect(),
            Of::Records(owner) => {
                self.store.records.of(owner).into_iter().flat_map(|table| &*table.fields).collect()
            }
        };
        let names = fields.iter().map(|field| field.internal.as_str());
        let (what, remedy) = match of {
            Of::Contacts => ("contact field", "add its name to contact_fields"),
            Of::Records(_) => ("such field", "names are those of the Bulk API's list of fields"),
        };
        let message = format!("no {what} is called `{name}`");
        Err(match standin_fake_kit::seed::nearest(name, names) {
            Some(near) => place.wrong_because(message, format!("did you mean `{near}`?")),
            None => place.wrong_because(message, remedy),
        })
    }

    /// Puts a job of a world file to work.
    pub(crate) fn seed_job(
        &mut self,
        now: Instant,
        job: &Section<'_>,
        direction: Direction,
    ) -> Result<(), SeedError> {
        let name = job.need("name")?;
        if self.jobs.all.contains_key(name.text()?) {
            return Err(name.wrong("another job has this name"));
        }
        let mapping = self.mapping_of(job, &direction)?;
        if let (Direction::Export(export), Some(filter)) = (&direction, job.get("filter")) {
            let scope = match export.of {
                Of::Contacts => Scope::Contacts,
                Of::Records(owner) => Scope::Records(owner),
            };
            Filter::read_in(filter.text()?, scope, &self.store).map_err(|why| filter.wrong(why))?;
        }
        if let Some(notify) = job.get("notify")
            && !value::is_address(notify.text()?)
        {
            return Err(notify.wrong("an e-mail address is wanted here"));
        }
        let (every, first) = schedule_of(job)?;
        let file = match (job.text_of("file")?, &direction) {
            (Some(file), _) => file,
            (None, Direction::Import(_)) => "*.csv",
            (None, Direction::Export(_)) => return Err(job.wrong("`file` is missing")),
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
        let (of, roles) = match direction {
            Direction::Import(import) => (import.kind.of(), import.kind == ImportKind::UpdateAddresses),
            Direction::Export(export) => (export.of, false),
        };
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
                let statement = self.known(of, text, &name)?;
                let import = matches!(direction, Direction::Import(_));
                if import && !statement.writable() && !statement.identifies() {
                    return Err(name.wrong(format!("{text} is read-only")));
                }
            }
            mapping.push((column, text.to_owned()));
        }
        if mapping.is_empty() && matches!(direction, Direction::Export(_)) {
            return Err(job.wrong_because("an export needs columns", "give `mapping` or `fields`"));
        }
        Ok(mapping)
    }
}

/// The members of a member that is a mapping; none if it is absent.
fn each<'s>(job: &Section<'s>, member: &str) -> Result<Vec<(&'s str, Section<'s>)>, SeedError> {
    job.get(member).map_or_else(|| Ok(Vec::new()), |members| members.each())
}

fn update_rule_of(rule: &Section<'_>) -> Result<UpdateRule, SeedError> {
    Ok(UpdateRule::read(rule.word(&UpdateRule::WORDS)?).unwrap_or(UpdateRule::Always))
}

/// An export as a world file says it.
pub(crate) fn export_of(job: &Section<'_>) -> Result<Direction, SeedError> {
    job.shaped(EXPORT)?;
    let of = match job.get("of") {
        Some(of) => match of.word(&["contacts", "accounts", "activities"])? {
            "accounts" => Of::Records(Owner::Accounts),
            "activities" => Of::Records(Owner::Activities),
            _ => Of::Contacts,
        },
        None => Of::Contacts,
    };
    let heading = match job.get("header") {
        Some(header) if header.word(&["internal", "display"])? == "internal" => Heading::Internal,
        _ => Heading::Display,
    };
    let zone = match job.get("timestamps") {
        Some(zone) if zone.word(&["eastern", "utc"])? == "utc" => Zone::Utc,
        _ => Zone::Eastern,
    };
    Ok(Direction::Export(ExportJob {
        of,
        heading,
        filter: job.text_of("filter")?.map(str::to_owned),
        changed_since_last_run: job.flag_of("changed_since_last_run", false)?,
        zone,
        zip: job.flag_of("zip", false)?,
        date_stamp: job.flag_of("date_stamp", false)?,
    }))
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
        start: standin_ports::PathStart::Root,
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
