//! What stands in cases for what is the partner's own.

use super::keeping::Keeping;
use super::places::Places;
use crate::verify::cases::Words;
use crate::verify::partner::PartnerFile;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use standin_fake_eloqua::Eloqua;
use standin_model::Instant;
use standin_scenario::Node;
use standin_stage::WorldSpec;
use standin_stage::runner::BadInput;

/// The words of a partner.
pub(super) fn words(
    partner: &PartnerFile,
    flows: &WorldSpec,
    places: &Places,
    keeping: &Keeping,
) -> Result<Words, BadInput> {
    let export = partner.text("export_file")?.unwrap_or("contacts_{yyyyMMdd}.csv").to_owned();
    let written = params_of(flows, "outbound", "file.format.dsv");
    let read = params_of(flows, "inbound", "file.parse.dsv");
    let import = partner.text("import_file")?.map_or_else(|| import_file(written), str::to_owned);
    let between = separator(partner, read)?;
    let carried = |flow: &str, columns: &[(&str, &str)]| -> String {
        let mentioned = columns.iter().filter(|(column, _)| mentions(flows, flow, column));
        mentioned.map(|(_, member)| *member).collect::<Vec<_>>().join(", ")
    };
    let [outbound, inbound] = places.ways.clone();
    let key = partner.text("key")?.unwrap_or(UID).to_owned();
    let uid = if key == "C_EmailAddress" { UID.to_owned() } else { key.clone() };
    let column = partner.text("subscription_column")?.unwrap_or(OPT_IN).to_owned();
    let fields = fields([&uid, &column]);
    known(partner, &fields)?;
    Ok(vec![
        ("in", outbound.trim_end_matches('/').to_owned()),
        ("out", inbound.trim_end_matches('/').to_owned()),
        ("fields", json!(fields).to_string()),
        ("uid", uid),
        ("key", key),
        ("column", column),
        ("host", places.host.clone()),
        ("import_file", import),
        ("import_separator", separator(partner, written)?),
        (";", between.clone()),
        ("export_separator", between),
        (
            "carried_out",
            carried(
                "outbound",
                &[
                    ("C_LastName", "C_LastName: \"<last>\""),
                    ("C_City", "C_City: \"<city>\""),
                    ("C_Zip_Postal", "C_Zip_Postal: \"<zip>\""),
                ],
            ),
        ),
        (
            "carried_in",
            carried(
                "inbound",
                &[
                    ("C_LastName", "lastName: \"<last>\""),
                    ("C_City", "city: \"<city>\""),
                    ("C_Zip_Postal", "zip: \"<zip>\""),
                ],
            ),
        ),
        (
            "place_in",
            carried("inbound", &[("C_Country", "country: Belgium"), ("C_Zip_Postal", "zip: \"03000\"")]),
        ),
        ("file", export.replace("{yyyyMMdd}", "20260105")),
        ("export", export),
        ("subscribed", keeping.clause.to_owned()),
        ("yes", keeping.yes.clone()),
        ("no", keeping.no.clone()),
        ("is_yes", keeping.is_yes.clone()),
        ("is_no", keeping.is_no.clone()),
        ("is_nothing", keeping.is_nothing.clone()),
    ])
}

/// The contact fields that cases build on if the partner names no others.
const UID: &str = "C_Gigya_UID1";
const OPT_IN: &str = "C_Newsletter_Opt_In1";

/// The contact fields that an administrator has added, by their display names: ours, and those that a partner uses in their
/// place, whose database names are made of the display name and a 1.
fn fields(names: [&str; 2]) -> Vec<String> {
    let own = names.into_iter().filter(|name| ![UID, OPT_IN].contains(name));
    let stems = own.filter_map(|name| name.strip_prefix("C_")?.strip_suffix('1'));
    let own = stems.map(|stem| stem.replace('_', " "));
    ["Gigya UID", "Newsletter Opt In", "Gigya Last Updated"]
        .map(str::to_owned)
        .into_iter()
        .chain(own)
        .collect()
}

/// Holds that Eloqua has the contact fields which the partner names, if `fields` were added or what the partner adds
/// instead.
fn known(partner: &PartnerFile, fields: &[String]) -> Result<(), BadInput> {
    let added = partner.root.get("world").and_then(|world| world.get("eloqua")?.get("contact_fields"));
    let added = partner.shown(added.map(Node::to_json).transpose())?.unwrap_or_else(|| json!(fields));
    let mut eloqua = Eloqua::new(1);
    // What is wrong about the partner's own fields is told where the world is read.
    let Ok(()) = eloqua.seed(Instant::START, &json!({"contact_fields": added})) else { return Ok(()) };
    let known = eloqua.contact_fields();
    for name in ["key", "subscription_column"] {
        if let Some(field) = partner.text(name)?.filter(|field| !known.iter().any(|one| one == field)) {
            let message =
                format!("no contact field is called `{field}`: add it to `contact_fields` under `world`");
            return Err(partner.mistake(name, message));
        }
    }
    Ok(())
}

/// The parameters of the first step of a type, or null.
fn params_of<'f>(flows: &'f WorldSpec, flow: &str, of_type: &str) -> &'f Value {
    let steps = flows.dataflows.get(flow).and_then(|document| document["steps"].as_array());
    let mut steps = steps.into_iter().flatten();
    let fits =
        |step: &&Value| step["type"].as_str().is_some_and(|text| text.trim().eq_ignore_ascii_case(of_type));
    steps.find(fits).map_or(&Value::Null, |step| &step["params"])
}

/// Whether a dataflow speaks of a column, in its parameters or in a script.
fn mentions(flows: &WorldSpec, flow: &str, column: &str) -> bool {
    let Some(document) = flows.dataflows.get(flow) else { return false };
    let steps = document["steps"].as_array();
    let scripts = steps.into_iter().flatten().filter_map(|step| step["params"]["script"].as_str());
    let mut scripts = scripts.filter_map(|script| STANDARD.decode(script.trim()).ok());
    document.to_string().contains(column)
        || scripts.any(|script| String::from_utf8_lossy(&script).contains(column))
}

/// What Eloqua's import and export take for a separator.
const SEPARATORS: [&str; 3] = [",", ";", "|"];

/// What stands between cells of one direction: as the partner says, or as the dataflow has it if Eloqua takes that.
fn separator(partner: &PartnerFile, params: &Value) -> Result<String, BadInput> {
    if let Some(text) = partner.text("separator")? {
        return match SEPARATORS.contains(&text) {
            true => Ok(text.to_owned()),
            false => Err(partner.mistake("separator", format!("Eloqua takes `,`, `;` or `|`, not `{text}`"))),
        };
    }
    let own = params["columnSeparator"].as_str().filter(|text| SEPARATORS.contains(text));
    Ok(own.unwrap_or(",").to_owned())
}

/// The files that Eloqua's import takes: of a kind that it reads.
fn import_file(params: &Value) -> String {
    let ending = params["fileName"].as_str().and_then(|name| name.rsplit_once('.')).map(|(_, ending)| ending);
    let read = ending.filter(|ending| ["csv", "txt"].contains(&ending.to_ascii_lowercase().as_str()));
    format!("*.{}", read.unwrap_or("csv"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eloquas_jobs_are_set_up_as_the_files_are() {
        for (name, expected) in
            [("a_${now}.csv", "*.csv"), ("a.TXT", "*.TXT"), ("a.csv.gz", "*.csv"), ("a", "*.csv")]
        {
            assert_eq!(import_file(&json!({"fileName": name})), expected);
        }
    }
}
