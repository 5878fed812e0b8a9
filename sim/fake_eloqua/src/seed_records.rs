//! The world file's part about what the Bulk API knows beside contacts: lists and segments, accounts, custom
//! objects, activities, lead scores.

use crate::activity;
use crate::eloqua::Eloqua;
use crate::field::{self, Field, Kind};
use crate::filter::Filter;
use crate::import;
use crate::records::{COMPANY_NAME, CustomObject, Owner, Table};
use crate::store::{ContactScore, List, Model, Segment};
use crate::values::Values;
use imbl::{OrdMap, OrdSet};
use standin_fake_kit::{Part, Section, SeedError, Shape, knobs, seed};
use standin_model::Instant;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What a segment or a filter may have.
pub(crate) const SEGMENT: Shape = &[Part::Plain(&["name", "filter", "members"])];
/// What a custom object may have.
pub(crate) const OBJECT: Shape =
    &[Part::Plain(&["name", "display", "email", "unique", "records"]), Part::Shorts("fields", OBJECT_FIELD)];
const OBJECT_FIELD: Shape = &[Part::Plain(&["name", "dataType"])];
/// What a lead scoring model may have.
pub(crate) const MODEL: Shape = &[Part::Plain(&["name"]), Part::List("scores", SCORE)];
const SCORE: Shape = &[Part::Plain(&["contact", "rating", "profile", "engagement"])];
/// What a list may have.
pub(crate) const LIST: Shape = &[Part::Plain(&["name", "members"])];

impl Eloqua {
    /// Seeds what belongs to contacts or stands beside them; contacts are there already.
    pub(crate) fn seed_records(&mut self, now: Instant, root: &Section<'_>) -> Result<(), SeedError> {
        for list in root.list("lists")? {
            let (name, members) = named(&list)?;
            let id = self.store.add_list(now, name);
            for member in members {
                let contact = self.contact_of(&member)?;
                self.store.set_member(now, id, contact, true);
            }
        }
        for (at, segment) in root.list("filters")?.iter().enumerate() {
            let made = self.segment_of(now, at as u64 + 1, segment)?;
            self.store.filters.insert(made.id, Arc::new(made));
        }
        // A segment may lean on what stands before it, so none can lean on itself.
        for (at, segment) in root.list("segments")?.iter().enumerate() {
            let made = self.segment_of(now, at as u64 + 1, segment)?;
            self.store.segments.insert(made.id, Arc::new(made));
        }
        for account in root.list("accounts")? {
            let values = values_of(&self.store.records.accounts, &account, &[])?;
            if !values.contains_key(&COMPANY_NAME) {
                return Err(account.wrong("`M_CompanyName` is missing"));
            }
            self.store.records.accounts.add(now, Values::of(values), None);
        }
        self.store.records.index_accounts();
        for (at, list) in root.list("account_lists")?.iter().enumerate() {
            self.seed_account_list(now, at as u64 + 1, list)?;
        }
        for (at, object) in root.list("custom_objects")?.iter().enumerate() {
            self.seed_object(now, at as u64 + 1, object)?;
        }
        for activity in root.list("activities")? {
            self.seed_activity(now, &activity)?;
        }
        for (at, model) in root.list("lead_scores")?.iter().enumerate() {
            self.seed_model(now, at as u64 + 1, model)?;
        }
        Ok(())
    }

    /// The contact that has an address.
    fn contact_of(&self, address: &Section<'_>) -> Result<u64, SeedError> {
        let text = address.text()?;
        self.store.with_email(text).ok_or_else(|| address.wrong(format!("no contact has the address {text}")))
    }

    fn segment_of(&self, now: Instant, id: u64, section: &Section<'_>) -> Result<Segment, SeedError> {
        section.shaped(SEGMENT)?;
        let criteria = match section.get("filter") {
            Some(filter) => Some(Filter::read(filter.text()?, &self.store).map_err(|why| filter.wrong(why))?),
            None => None,
        };
        let members = section.list("members")?;
        if criteria.is_some() && !members.is_empty() {
            return Err(section.wrong("either `filter` or `members` says who is in it"));
        }
        let members = members.iter().map(|member| self.contact_of(member));
        Ok(Segment {
            id,
            name: section.need("name")?.text()?.to_owned(),
            criteria,
            members: members.collect::<Result<OrdSet<u64>, SeedError>>()?,
            created: now,
        })
    }

    fn seed_account_list(&mut self, now: Instant, id: u64, section: &Section<'_>) -> Result<(), SeedError> {
        let (name, members) = named(section)?;
        let (name, by) = (name.to_owned(), Default::default());
        let mut list = List { id, name, members: OrdSet::new(), created: now, updated: now, by };
        for member in members {
            let account = self.store.records.account_named(member.text()?);
            let account = account.ok_or_else(|| member.wrong("no account has this company name"))?;
            list.members.insert(account.id);
        }
        self.store.account_lists.insert(id, Arc::new(list));
        Ok(())
    }

    fn seed_object(&mut self, now: Instant, id: u64, section: &Section<'_>) -> Result<(), SeedError> {
        section.shaped(OBJECT)?;
        let mut fields: Vec<Arc<Field>> = Vec::new();
        for field in section.list("fields")? {
            let made = self.object_field(now, &field, &fields)?;
            fields.push(Arc::new(made));
        }
        let mut table = Table::new(Owner::CustomObject(id), fields, 1);
        let field = |member: &str| match section.get(member) {
            Some(name) => field_named(&table, name.text()?, &name).map(|field| Some(field.id)),
            None => Ok(None),
        };
        let (display_field, email_field, unique_field) =
            (field("display")?, field("email")?, field("unique")?);
        for record in section.list("records")? {
            let values = values_of(&table, &record, &["contact"])?;
            let contact = match record.get("contact") {
                Some(contact) => Some(self.contact_of(&contact)?),
                None => None,
            };
            table.add(now, Values::of(values), contact);
        }
        let name = section.need("name")?.text()?.to_owned();
        let made = CustomObject { name, display_field, email_field, unique_field, created: now, table };
        self.store.records.custom_objects.insert(id, Arc::new(made));
        Ok(())
    }

    /// Fields of custom objects are counted over all of them.
    fn object_field(
        &mut self,
        now: Instant,
        section: &Section<'_>,
        known: &[Arc<Field>],
    ) -> Result<Field, SeedError> {
        let (name, kind) = if section.value().is_object() {
            section.shaped(OBJECT_FIELD)?;
            let kind = match section.get("dataType") {
                Some(kind) => kind.word(&["text", "largeText", "numeric", "date"])?,
                None => "text",
            };
            (section.need("name")?.text()?, Kind::from_rest(kind).unwrap_or(Kind::Text))
        } else {
            (section.text()?, Kind::Text)
        };
        let internal = field::internal_name(name, |taken| {
            known.iter().any(|field| taken.strip_prefix("C_") == Some(field.internal.as_str()))
        });
        let id = self.store.records.next_field;
        self.store.records.next_field += 1;
        let internal = internal.strip_prefix("C_").unwrap_or(&internal);
        let mut field = Field::system(id, name, internal, kind, false);
        field.standard = false;
        (field.created, field.updated) = (Some(now), Some(now));
        Ok(field)
    }

    fn seed_activity(&mut self, now: Instant, section: &Section<'_>) -> Result<(), SeedError> {
        let types: Vec<&'static str> = activity::TYPES.iter().map(|kind| kind.name).collect();
        let kind = section.need("type")?.word(&types)?;
        let at = match section.get("ago") {
            Some(ago) => now.minus(span_of(&ago)?),
            None => now,
        };
        let contact = match section.get("contact") {
            Some(contact) => Some(self.contact_of(&contact)?),
            None => None,
        };
        let table = &mut self.store.records.activities;
        let mut values = values_of(table, section, &["type", "ago", "contact"])?;
        values.insert(activity::TYPE, kind.to_owned());
        if let Some(contact) = contact.and_then(|id| self.store.contacts.get(&id)) {
            values.entry(activity::EMAIL_ADDRESS).or_insert_with(|| contact.email().to_owned());
        }
        // Opt-outs are known by the address alone.
        let own = activity::type_of(kind).is_some_and(|kind| kind.own.contains(&"ContactId"));
        table.add(at, Values::of(values), contact.filter(|_| own));
        Ok(())
    }

    fn seed_model(&mut self, now: Instant, id: u64, section: &Section<'_>) -> Result<(), SeedError> {
        section.shaped(MODEL)?;
        let mut scores = OrdMap::new();
        for score in section.list("scores")? {
            score.shaped(SCORE)?;
            let made = ContactScore {
                rating: score.need("rating")?.text()?.to_owned(),
                profile: score.need("profile")?.text()?.to_owned(),
                engagement: score.need("engagement")?.number()?,
            };
            scores.insert(self.contact_of(&score.need("contact")?)?, made);
        }
        let name = section.need("name")?.text()?.to_owned();
        self.store.models.insert(id, Arc::new(Model { id, name, created: now, scores }));
        Ok(())
    }
}

/// A name alone, or a name with members.
fn named<'s>(section: &Section<'s>) -> Result<(&'s str, Vec<Section<'s>>), SeedError> {
    if !section.value().is_object() {
        return Ok((section.text()?, Vec::new()));
    }
    section.shaped(LIST)?;
    Ok((section.need("name")?.text()?, section.list("members")?))
}

fn span_of(section: &Section<'_>) -> Result<Duration, SeedError> {
    knobs::span(section.text()?)
        .ok_or_else(|| section.wrong_because("a span of time is wanted here", "such as 30s, 5min, 1h, 1d"))
}

fn field_named(table: &Table, name: &str, place: &Section<'_>) -> Result<Arc<Field>, SeedError> {
    let found = table.internal(name).or_else(|| table.fields.iter().find(|field| field.name == name));
    found.cloned().ok_or_else(|| {
        let names = table.fields.iter().map(|field| field.internal.as_str());
        let message = format!("no field is called `{name}`");
        match seed::nearest(name, names) {
            Some(near) => place.wrong_because(message, format!("did you mean `{near}`?")),
            None => place.wrong(message),
        }
    })
}

/// The members of a section as values of fields, but for those that are something else.
fn values_of(
    table: &Table,
    section: &Section<'_>,
    others: &[&str],
) -> Result<BTreeMap<u32, String>, SeedError> {
    let mut values = BTreeMap::new();
    for (name, member) in section.each()? {
        if others.contains(&name) {
            continue;
        }
        let field = field_named(table, name, &member)?;
        let text = member.text()?;
        if table.owner != Owner::Activities && field.read_only {
            return Err(member.wrong(format!("{} is read-only", field.internal)));
        }
        if !text.is_empty() && !import::accepts(&field, text) {
            return Err(member.wrong(format!("{} cannot hold this", field.internal)));
        }
        values.insert(field.id, text.to_owned());
    }
    Ok(values)
}
