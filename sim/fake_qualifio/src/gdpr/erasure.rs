//! Everything that forgetting somebody changes. Nothing happens at Gigya: another controller decides there.

use crate::participation::Participation;
use crate::qualifio::Qualifio;
use crate::statistics::Row;
use serde_json::{Value, json};
use standin_model::{Instant, email};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Forgets the people behind rows; tells how many people and participations that were.
pub(super) fn erase(qualifio: &mut Qualifio, now: Instant, rows: &[(u64, u64)]) -> Value {
    let delete = qualifio.gdpr.delete_anonymous;
    let forgotten = qualifio.statistics.forget(now, rows, delete);
    let keys: BTreeSet<String> = forgotten.iter().map(|row| row.trigram()).collect();
    let gone: Vec<u64> = keys.iter().filter_map(|key| qualifio.statistics.crm.forget(key, rows)).collect();
    let ids: BTreeSet<String> = forgotten.iter().map(|row| row.participation_id.clone()).collect();
    cancel_pushes(qualifio, now, &ids);
    qualifio.webhooks.queue.erase(now, &ids);
    end_participations(qualifio, &ids, &forgotten);
    let numbers: Vec<u64> = qualifio.gdpr.rules.keys().copied().collect();
    for number in numbers {
        super::set(qualifio, number, |rule| rule.forget(&gone));
    }
    qualifio.erasures.extend(ids);
    json!({"profiles": gone.len(), "participations": forgotten.len()})
}

/// How many profiles would have no row left.
pub(super) fn profiles_of(qualifio: &Qualifio, rows: &[(u64, u64)]) -> usize {
    qualifio.statistics.crm.all().filter(|profile| profile.rows.iter().all(|row| rows.contains(row))).count()
}

/// Pushes that nobody has taken yet end here; those on their way are told to whoever has them. The push log
/// keeps what became of each push, and forgets whose it was.
fn cancel_pushes(qualifio: &mut Qualifio, now: Instant, ids: &BTreeSet<String>) {
    let waiting = std::mem::take(&mut qualifio.orders);
    for order in waiting {
        if !ids.contains(&order.id) {
            qualifio.orders.push_back(order);
            continue;
        }
        qualifio.record_push(json!({
            "push_id": null, "participation_id": order.id, "campaign_id": order.campaign_id,
            "site_id": order.site_id, "uid": "", "attempt": 0, "at": now.to_string(),
            "state": "Dead(Erased)", "sent_fields": [], "skipped": [], "warnings": [],
        }));
    }
    for record in &mut qualifio.pushes {
        let about = record["participation_id"].as_str().is_some_and(|id| ids.contains(id));
        if about && record["uid"] != "" {
            Arc::make_mut(record)["uid"] = "".into();
        }
    }
}

/// Nobody goes on taking part as somebody who was forgotten.
fn end_participations(qualifio: &mut Qualifio, ids: &BTreeSet<String>, forgotten: &[Arc<Row>]) {
    let uids: BTreeSet<&str> =
        forgotten.iter().map(|row| row.external_id.as_str()).filter(|uid| !uid.is_empty()).collect();
    let addresses: BTreeSet<String> =
        forgotten.iter().map(|row| email::comparable(row.value("email"))).collect();
    let is_theirs = |participation: &Participation| {
        let identity = participation.identity.as_ref();
        let typed = participation.typed.values().chain(participation.prefill.values());
        let mut given = typed.chain(identity.map(|identity| &identity.email));
        ids.contains(&participation.id)
            || identity.is_some_and(|identity| uids.contains(identity.uid.as_str()))
            || given.any(|text| text.contains('@') && addresses.contains(&email::comparable(text)))
    };
    let ended: Vec<String> =
        qualifio.participations.iter().filter(|(_, one)| is_theirs(one)).map(|(uk, _)| uk.clone()).collect();
    for uk in ended {
        qualifio.end_participation(&uk);
    }
    let gone = qualifio.participations.clone();
    qualifio.pending = std::mem::take(&mut qualifio.pending)
        .into_iter()
        .filter(|(_, pending)| pending.participation().is_none_or(|uk| gone.contains_key(uk)))
        .collect();
}
