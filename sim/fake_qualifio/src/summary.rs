//! Figures over rows: how often, by how many people, with which consents.

use crate::campaign::Campaign;
use crate::manager::{Call, json_reply};
use crate::problem::Problem;
use crate::qualifio::Qualifio;
use crate::statistics::Row;
use crate::turn::Turn;
use serde_json::{Value, json};
use standin_model::email;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The figures of one campaign. Somebody is known by first name, last name and e-mail address.
pub(crate) fn campaign(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let id = call.number("campaign")?;
    let campaign = qualifio.campaigns.get(&id);
    let campaign = campaign.ok_or_else(|| Problem::NotFound(format!("campaign {id}")))?;
    Ok(json_reply(200, &figures(qualifio, campaign)))
}

fn figures(qualifio: &Qualifio, campaign: &Campaign) -> Value {
    let rows: Vec<&Arc<Row>> = qualifio.statistics.rows(campaign.id).collect();
    let known = rows.iter().filter(|row| row.is_identified());
    let people: BTreeSet<String> = known.map(|row| row.trigram().to_lowercase()).collect();
    let under_way = qualifio.participations.values();
    let under_way = under_way.filter(|one| one.campaign.id == campaign.id && one.row.is_none()).count();
    let by = |name: fn(&Row) -> &str| {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        rows.iter().for_each(|row| *counts.entry(name(row)).or_default() += 1);
        counts
    };
    let consent = |variable: &String| {
        let count = |wanted: &str| {
            rows.iter().filter(|row| row.optins.get(variable).is_some_and(|given| given == wanted)).count()
        };
        (variable.clone(), json!({"accepted": count("1"), "refused": count("0"), "unanswered": count("")}))
    };
    let variables: BTreeSet<&String> = rows.iter().flat_map(|row| row.optins.keys()).collect();
    json!({
        "campaign_id": campaign.id, "campaign_title": campaign.title,
        "participations": rows.len(), "in_progress": under_way,
        "unique_participants": people.len(),
        "anonymised": rows.iter().filter(|row| row.anonymised.is_some()).count(),
        "devices": by(|row| row.device), "channels": by(|row| row.channel),
        "websites": by(|row| &row.website), "languages": by(|row| &row.language),
        "optins": variables.into_iter().map(consent).collect::<serde_json::Map<_, _>>(),
    })
}

/// The figures of the account. Across campaigns, somebody is known by the e-mail address alone.
pub(crate) fn account(qualifio: &mut Qualifio, _: &Call<'_>) -> Result<Turn, Problem> {
    let mut people = BTreeSet::new();
    let mut campaigns = Vec::new();
    let mut participations = 0;
    for campaign in qualifio.campaigns.values() {
        let mut own = BTreeSet::new();
        let mut count = 0_u64;
        for row in qualifio.statistics.rows(campaign.id) {
            count += 1;
            if row.is_identified() {
                own.insert(email::comparable(row.value("email")));
            }
        }
        participations += count;
        campaigns.push(json!({
            "campaign_id": campaign.id, "campaign_title": campaign.title, "participations": count,
            "unique_participants": own.len(),
        }));
        people.extend(own);
    }
    let told = json!({
        "participations": participations, "unique_participants": people.len(), "campaigns": campaigns,
    });
    Ok(json_reply(200, &told))
}
