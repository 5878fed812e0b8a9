//! What a contact did, over the REST API.

use crate::activity;
use crate::eloqua::Eloqua;
use crate::records::Record;
use crate::reply::{self, Refused};
use crate::rest_page::{Page, number};
use crate::router::Call;
use crate::store::Contact;
use crate::value;
use serde_json::{Value, json};
use standin_ports::Response;

/// Words of this API, and the types that they stand for.
const TYPES: [(&str, &str); 9] = [
    ("emailOpen", "EmailOpen"),
    ("emailSend", "EmailSend"),
    ("emailClickThrough", "EmailClickthrough"),
    ("emailSubscribe", "Subscribe"),
    ("emailUnsubscribe", "Unsubscribe"),
    ("emailBounceBack", "Bounceback"),
    ("formSubmit", "FormSubmit"),
    ("webVisit", "WebVisit"),
    ("pageView", "PageView"),
];

/// Whether an activity is a contact's: by its id, or by the address where no id is kept.
fn is_of(record: &Record, contact: &Contact) -> bool {
    match record.contact {
        Some(id) => id == contact.id,
        None => {
            let address = record.values.get(&activity::EMAIL_ADDRESS).unwrap_or_default();
            !address.is_empty() && value::folded(address) == value::folded(contact.email())
        }
    }
}

fn view(eloqua: &Eloqua, record: &Record, contact: &Contact) -> Value {
    let table = &eloqua.store.records.activities;
    let of = |name: &str| {
        let field = table.internal(name);
        field.and_then(|field| record.values.get(&field.id)).unwrap_or_default().to_owned()
    };
    let kind = record.values.get(&activity::TYPE).unwrap_or_default();
    let word = TYPES.iter().find(|(_, known)| *known == kind).map_or(kind, |(word, _)| *word);
    let mut out = json!({
        "type": "Activity",
        "id": record.id.to_string(),
        "activityDate": record.created.seconds().to_string(),
        "activityType": word,
    });
    for (member, name) in [("asset", "AssetId"), ("assetType", "AssetType")] {
        if !of(name).is_empty() {
            out[member] = Value::from(of(name));
        }
    }
    out["contact"] = Value::from(contact.id.to_string());
    let own = activity::type_of(kind).map(|kind| kind.own).unwrap_or_default();
    let detail =
        |name: &&&str| !["AssetId", "AssetType", "ContactId"].contains(*name) && !of(name).is_empty();
    let details = own.iter().filter(detail).map(|name| json!({ "Key": name, "Value": of(name) }));
    out["details"] = details.collect();
    out
}

/// `GET /data/activities/contact/{id}`: the newest first.
pub(crate) fn list(eloqua: &mut Eloqua, call: &Call<'_>) -> Result<Response, Refused> {
    let contact = eloqua.store.contacts.get(&call.rest_id()?).cloned().ok_or_else(reply::absent)?;
    let page = Page::read(call)?;
    let wanted = call.query.get_any_case("type").map(str::trim).filter(|word| !word.is_empty());
    let kind = match wanted {
        Some(word) => {
            let found = TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
            let requirement = json!({ "type": "EnumRequirement", "values": TYPES.map(|(word, _)| word) });
            Some(found.ok_or_else(|| reply::bad_parameter("type", &requirement, word))?.1)
        }
        None => None,
    };
    let (start, end) = (number(call, "startDate")?, number(call, "endDate")?);
    let fits = |record: &&std::sync::Arc<Record>| {
        let at = record.created.seconds();
        is_of(record, &contact)
            && kind.is_none_or(|kind| record.values.get(&activity::TYPE) == Some(kind))
            && start.is_none_or(|start| at >= start)
            && end.is_none_or(|end| at <= end)
    };
    let records = &eloqua.store.records.activities.records;
    let mut found: Vec<_> = records.values().filter(fits).cloned().collect();
    found.sort_by_key(|record| (std::cmp::Reverse(record.created), record.id));
    let all: Vec<Value> = page.of(&found).iter().map(|record| view(eloqua, record, &contact)).collect();
    Ok(reply::rest(200, &Value::from(all)))
}
