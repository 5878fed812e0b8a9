//! Contacts over the REST API.

use crate::eloqua::Eloqua;
use crate::field::{self, Field, Kind};
use crate::import;
use crate::reply::{self, Refused};
use crate::rest_page::{Depth, Order, Page, list, number, text};
use crate::router::Call;
use crate::search::Search;
use crate::store::{Address, Contact, Store};
use crate::time::{self, Zone};
use crate::value;
use serde_json::{Map, Value, json};
use standin_model::Instant;
use standin_ports::Response;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Members that stand for fields, in the order in which answers carry them.
const MEMBERS: [(&str, u32); 14] = [
    ("firstName", field::FIRST_NAME),
    ("lastName", field::LAST_NAME),
    ("accountName", field::COMPANY),
    ("address1", 100_006),
    ("address2", 100_007),
    ("address3", 100_008),
    ("city", 100_009),
    ("province", 100_010),
    ("postalCode", 100_011),
    ("country", 100_012),
    ("businessPhone", 100_013),
    ("mobilePhone", 100_014),
    ("fax", 100_015),
    ("title", 100_016),
];
const SALES_PERSON: (&str, u32) = ("salesPerson", 100_022);

fn members_of_fields() -> impl Iterator<Item = (&'static str, u32)> {
    MEMBERS.into_iter().chain([SALES_PERSON])
}

fn has_member(id: u32) -> bool {
    id == field::EMAIL || members_of_fields().any(|(_, known)| known == id)
}

/// A contact as answers carry it.
fn view(store: &Store, contact: &Contact, depth: Depth, put: bool, second: bool) -> Value {
    let extra = store.extras.get(&contact.id).cloned().unwrap_or_default();
    let mut out = Map::new();
    let mut add = |name: &str, value: String| {
        if !value.is_empty() {
            out.insert(name.to_owned(), Value::from(value));
        }
    };
    let address = store.address(contact.email());
    add("type", "Contact".to_owned());
    if depth > Depth::Minimal {
        add("currentStatus", "Awaiting action".to_owned());
    }
    add("id", contact.id.to_string());
    if put {
        add("initialId", contact.id.to_string());
    }
    add("createdAt", contact.created.seconds().to_string());
    add("depth", depth.word().to_owned());
    add("name", contact.email().to_owned());
    add("updatedAt", contact.updated.seconds().to_string());
    add("emailAddress", contact.email().to_owned());
    if depth == Depth::Minimal {
        return Value::Object(out);
    }
    add("emailFormatPreference", contact.format.to_owned());
    if depth == Depth::Complete {
        out.insert("fieldValues".to_owned(), field_values(store, contact));
    }
    let mut add = |name: &str, value: String| {
        if !value.is_empty() {
            out.insert(name.to_owned(), Value::from(value));
        }
    };
    let own = |id: u32| contact.values.get(&id).map(str::to_owned).unwrap_or_default();
    let address = address.map(AsRef::as_ref);
    add("firstName", own(field::FIRST_NAME));
    add("isBounceback", address.is_some_and(|address: &Address| address.bounced).to_string());
    add("isSubscribed", address.is_none_or(|address| address.subscribed).to_string());
    add("lastName", own(field::LAST_NAME));
    let seconds = |at: Option<Instant>| at.map(|at| at.seconds().to_string()).unwrap_or_default();
    add("subscriptionDate", seconds(address.and_then(|address| address.subscribed_at)));
    add("unsubscriptionDate", seconds(address.and_then(|address| address.unsubscribed_at)));
    add("bouncebackDate", seconds(address.and_then(|address| address.bounced_at)));
    if let Some(account) = store.records.account_named(&own(field::COMPANY)) {
        add("accountId", account.id.to_string());
    }
    for (name, id) in members_of_fields().skip(2) {
        add(name, own(id));
    }
    add("description", extra.description);
    if let Some(sms) = extra.sms.filter(|_| second) {
        add("isSmsSubscribed", sms.to_string());
    }
    Value::Object(out)
}

fn field_values(store: &Store, contact: &Contact) -> Value {
    let one = |field: &Arc<Field>| {
        let mut out = json!({ "type": "FieldValue", "id": field.id.to_string() });
        let text = store.text(contact, field);
        let text = match field.kind {
            Kind::Date => seconds_of(&text),
            _ => text,
        };
        if !text.is_empty() {
            out["value"] = Value::from(text);
        }
        out
    };
    store.fields.iter().filter(|field| !has_member(field.id)).map(one).collect()
}

/// A stored date in Unix seconds.
fn seconds_of(text: &str) -> String {
    let at = time::civil(text).and_then(|civil| Zone::Eastern.instant(civil));
    at.map(|at| at.seconds().to_string()).unwrap_or_default()
}

fn find(eloqua: &Eloqua, call: &Call<'_>) -> Result<Arc<Contact>, Refused> {
    let id = call.rest_id()?;
    eloqua.store.contacts.get(&id).cloned().ok_or_else(reply::absent)
}

/// What a body wants of a contact.
struct Wishes {
    values: BTreeMap<u32, String>,
    subscribed: Option<bool>,
    bounced: Option<bool>,
    format: Option<String>,
    description: Option<String>,
    sms: Option<bool>,
}

fn wishes(eloqua: &Eloqua, members: &Map<String, Value>, id: Option<u64>) -> Result<Wishes, Refused> {
    let store = &eloqua.store;
    let wrong = |property: &str, requirement: &str, value: &str| {
        reply::invalid(400, ("Contact", id.map(|id| id.to_string())), property, requirement, value)
    };
    let mut values = BTreeMap::new();
    for (name, field) in [("emailAddress", field::EMAIL)].into_iter().chain(members_of_fields()) {
        if let Some(text) = text(members, name)? {
            values.insert(field, text);
        }
    }
    for item in list(members, "fieldValues")? {
        let item = item.as_object().ok_or_else(reply::unusable)?;
        let Some(given) = text(item, "id")? else { continue };
        let value = text(item, "value")?.unwrap_or_default();
        let field = given.trim().parse().ok().and_then(|id| store.fields.get(id));
        let field = field.ok_or_else(|| wrong("fieldValues", "RelationshipRequirement", &given))?;
        if !field.read_only {
            let value = if field.kind == Kind::Date { stored_date(&value) } else { value };
            values.insert(field.id, value);
        }
    }
    for (id, value) in &values {
        let Some(field) = store.fields.get(*id) else { continue };
        let may_lack = value.trim().is_empty() && eloqua.knobs.on("eloqua.contacts_without_address");
        if *id == field::EMAIL && !may_lack && !value::is_address(value::trimmed(value)) {
            return Err(wrong("emailAddress", "EmailAddressRequirement", value));
        }
        if *id != field::EMAIL && !value.is_empty() && !import::accepts(field, value) {
            let requirement = match field.kind {
                Kind::Date => "DateRequirement",
                Kind::Numeric => "IntegerRequirement",
                _ => "ValidTextLengthRequirement",
            };
            let name =
                members_of_fields().find(|(_, known)| known == id).map_or("fieldValues", |(name, _)| name);
            return Err(wrong(name, requirement, value));
        }
    }
    if let Some(email) = values.get_mut(&field::EMAIL) {
        *email = value::trimmed(email).to_owned();
    }
    let flag = |name: &str| -> Result<Option<bool>, Refused> {
        let Some(text) = text(members, name)?.filter(|text| !text.is_empty()) else { return Ok(None) };
        value::flag(&text).map(Some).ok_or_else(|| wrong(name, "BooleanRequirement", &text))
    };
    let format = text(members, "emailFormatPreference")?
        .filter(|text| !text.is_empty())
        .map(|text| text.to_lowercase());
    if let Some(format) = &format
        && !["unspecified", "text", "html"].contains(&format.as_str())
    {
        return Err(wrong("emailFormatPreference", "EnumRequirement", format));
    }
    Ok(Wishes {
        values,
        subscribed: flag("isSubscribed")?,
        bounced: flag("isBounceback")?,
        format,
        description: text(members, "description")?,
        sms: flag("isSmsSubscribed")?,
    })
}

/// Dates come in Unix seconds; one that is written as a date is taken as well.
fn stored_date(text: &str) -> String {
    let seconds = text.strip_prefix('-').unwrap_or(text);
    if seconds.is_empty() || seconds.len() > 11 || !seconds.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.to_owned();
    }
    match text.parse().map(Instant::from_seconds) {
        Ok(at) => Zone::Eastern.civil(at).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => text.to_owned(),
    }
}

fn taken(eloqua: &Eloqua, id: Option<u64>, email: &str) -> Refused {
    let object = ("Contact", id.map(|id| id.to_string()));
    if eloqua.knobs.text("eloqua.duplicate_contact") == "400" {
        reply::invalid(400, object, "emailAddress", "UniquenessRequirement", email)
    } else {
        reply::invalid(409, object, "emailAddress", "NoDuplicatesRequirement", email)
    }
}

fn set_status(eloqua: &mut Eloqua, call: &Call<'_>, id: u64, wishes: &Wishes) {
    let email = eloqua.store.contacts.get(&id).map(|contact| contact.email().to_owned()).unwrap_or_default();
    if let Some(subscribed) = wishes.subscribed {
        eloqua.store.set_subscribed(call.now, &email, subscribed);
    }
    if let Some(bounced) = wishes.bounced {
        eloqua.store.set_bounced(call.now, &email, bounced);
    }
    if let Some(format) = &wishes.format {
        eloqua.store.set_format(call.now, id, format);
    }
    eloqua.store.set_extra(call.now, id, |extra| {
        if let Some(description) = &wishes.description {
            extra.description.clone_from(description);
        }
        extra.sms = wishes.sms.filter(|_| call.second).or(extra.sms);
    });
}

/// `POST /data/contact`.
pub(crate) fn create(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let wishes = wishes(eloqua, &call.object()?, None)?;
    let email = wishes.values.get(&field::EMAIL).cloned().unwrap_or_default();
    if email.is_empty() && !eloqua.knobs.on("eloqua.contacts_without_address") {
        return Err(reply::invalid(400, ("Contact", None), "emailAddress", "NotNullRequirement", ""));
    }
    let made = eloqua.store.create(call.now, wishes.values.clone());
    let id = made.map_err(|_| taken(eloqua, None, &email))?;
    set_status(eloqua, call, id, &wishes);
    let contact = eloqua.store.contacts.get(&id).ok_or_else(reply::absent)?;
    // Fields that hold their default are not told until the next answer.
    let mut told = (**contact).clone();
    told.values.retain(|field, _| wishes.values.get(field).is_some_and(|wish| !wish.is_empty()));
    Ok(reply::rest(201, &view(&eloqua.store, &told, Depth::Complete, false, call.second)))
}

/// `GET /data/contact/{id}`.
pub(crate) fn read(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let contact = find(eloqua, call)?;
    let depth = Depth::read(call, Depth::Complete);
    Ok(reply::rest(200, &view(&eloqua.store, &contact, depth, false, call.second)))
}

/// `PUT /data/contact/{id}`; the id in the path counts.
pub(crate) fn update(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let contact = find(eloqua, call)?;
    let mut wishes = wishes(eloqua, &call.object()?, Some(contact.id))?;
    if eloqua.knobs.text("eloqua.put_omitted") == "blank" {
        for field in eloqua.store.fields.iter().filter(|field| !field.read_only && field.id != field::EMAIL) {
            wishes.values.entry(field.id).or_default();
        }
    }
    let written = eloqua.store.write(call.now, contact.id, &wishes.values);
    if written.is_err() {
        let email = wishes.values.get(&field::EMAIL).cloned().unwrap_or_default();
        return Err(taken(eloqua, Some(contact.id), &email));
    }
    set_status(eloqua, call, contact.id, &wishes);
    let contact = find(eloqua, call)?;
    Ok(reply::rest(200, &view(&eloqua.store, &contact, Depth::Complete, true, call.second)))
}

/// `DELETE /data/contact/{id}`.
pub(crate) fn delete(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let contact = find(eloqua, call)?;
    eloqua.bury_contact(call.now, contact.id);
    Ok(reply::bare(eloqua.deleted_status()))
}

impl Eloqua {
    /// Deletes a contact, and remembers that it was there.
    pub(crate) fn bury_contact(&mut self, now: Instant, id: u64) -> bool {
        let Some(contact) = self.store.contacts.get(&id).cloned() else { return false };
        self.graves.add("Contact", now, view(&self.store, &contact, Depth::Minimal, false, true));
        self.store.delete(id)
    }

    /// The status of a deletion that was done.
    pub(crate) fn deleted_status(&self) -> u16 {
        if self.knobs.text("eloqua.delete_status") == "204" { 204 } else { 200 }
    }
}

/// One page of contacts, ascending by id unless told otherwise; `gone` are those that are no more.
pub(crate) fn page_of(
    eloqua: &Eloqua,
    call: &Call<'_>,
    mut found: Vec<Arc<Contact>>,
    gone: Vec<Value>,
) -> Result<Response, Refused> {
    let page = Page::read(call)?;
    let depth = Depth::read(call, Depth::Minimal);
    if let Some(order) = Order::read(call) {
        sort(eloqua, &mut found, &order);
    }
    let total = found.len() + gone.len();
    let here = page.range(total);
    let alive = found.iter().map(|contact| view(&eloqua.store, contact, depth, false, call.second));
    let elements = if here.end <= found.len() {
        let here = &found[here];
        here.iter().map(|contact| view(&eloqua.store, contact, depth, false, call.second)).collect()
    } else {
        alive.chain(gone).skip(here.start).take(here.len()).collect()
    };
    Ok(page.envelope(elements, total))
}

fn sort(eloqua: &Eloqua, found: &mut [Arc<Contact>], order: &Order) {
    match order.term.to_ascii_lowercase().as_str() {
        "id" => found.sort_by(|a, b| order.turned(a.id.cmp(&b.id))),
        "createdat" => found.sort_by(|a, b| order.turned(a.created.cmp(&b.created))),
        "updatedat" => found.sort_by(|a, b| order.turned(a.updated.cmp(&b.updated))),
        term => {
            let term = if ["name", "emailaddress"].contains(&term) { "C_EmailAddress" } else { term };
            let Some(field) = eloqua.store.fields.internal(term).cloned() else { return };
            let key = |contact: &Arc<Contact>| eloqua.store.text(contact, &field).to_lowercase();
            let mut keyed: Vec<_> = found.iter().map(|contact| (key(contact), Arc::clone(contact))).collect();
            keyed.sort_by(|(a, _), (b, _)| order.turned(a.cmp(b)));
            for (place, (_, contact)) in found.iter_mut().zip(keyed) {
                *place = contact;
            }
        }
    }
}

/// `GET /data/contacts`: ascending ids unless told otherwise.
pub(crate) fn search(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let text = call.query.get_any_case("search").unwrap_or_default();
    let search = Search::read(text, &eloqua.store)
        .map_err(|term| reply::bad_parameter("search", &json!({ "type": "SyntaxRequirement" }), &term))?;
    let since = number(call, "lastUpdatedAt")?;
    let wanted = |contact: &&Arc<Contact>| {
        since.is_none_or(|since| contact.updated.seconds() >= since) && search.finds(&eloqua.store, contact)
    };
    let contacts = &eloqua.store.contacts;
    let found = match search.candidates(&eloqua.store) {
        Some(ids) => ids.iter().filter_map(|id| contacts.get(id)).filter(wanted).cloned().collect(),
        None => contacts.values().filter(wanted).cloned().collect(),
    };
    let gone = match since.filter(|_| text.trim().is_empty() && eloqua.knobs.on("eloqua.list_deleted")) {
        Some(since) => eloqua.graves.since("Contact", since).cloned().collect(),
        None => Vec::new(),
    };
    page_of(eloqua, call, found, gone)
}

/// `POST /data/contacts` as SEARCH: up to 200 ids.
pub(crate) fn by_ids(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let overridden = call.request.headers().get("x-http-method-override");
    let searching = overridden
        .and_then(|name| name.to_str().ok())
        .is_some_and(|name| name.eq_ignore_ascii_case("SEARCH"));
    if !searching || !call.second {
        return Err(reply::absent());
    }
    let members = call.object()?;
    let mut ids = BTreeSet::new();
    for id in list(&members, "ids")? {
        let known = id.as_u64().or_else(|| id.as_str()?.trim().parse().ok());
        let text = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        let requirement = json!({ "type": "IdRequirement", "isRelativeAllowed": false });
        ids.insert(known.ok_or_else(|| reply::bad_parameter("ids", &requirement, &text))?);
    }
    if ids.len() > 200 {
        return Err(reply::bad_parameter(
            "ids",
            &json!({ "type": "ContentRequirement" }),
            &ids.len().to_string(),
        ));
    }
    let depth =
        text(&members, "depth")?.map_or(Depth::Minimal, |word| Depth::from_word(&word, Depth::Minimal));
    let found: Vec<Value> = ids
        .iter()
        .filter_map(|id| eloqua.store.contacts.get(id))
        .map(|contact| view(&eloqua.store, contact, depth, false, call.second))
        .collect();
    let page = Page::read(call)?;
    Ok(page.envelope(page.of(&found), found.len()))
}

/// `GET /data/contact/{id}/membership`.
pub(crate) fn membership(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let contact = find(eloqua, call)?;
    let lists = eloqua.store.lists.values().filter(|list| list.members.contains(&contact.id));
    let all: Vec<Value> = lists
        .map(|list| json!({ "type": "ContactList", "id": list.id.to_string(), "name": list.name }))
        .collect();
    Ok(reply::rest(200, &Value::from(all)))
}

/// `GET /data/contacts/list/{id}`.
pub(crate) fn members(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let list = eloqua.store.lists.get(&call.rest_id()?).ok_or_else(reply::absent)?;
    let found = list.members.iter().filter_map(|id| eloqua.store.contacts.get(id)).cloned().collect();
    page_of(eloqua, call, found, Vec::new())
}
