//! `accounts.getScreenSets` and `accounts.getScreenSetVersions`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::params::brief;
use serde_json::{Value, json};
use standin_model::Evidence;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.getScreenSets",
    summary: "Tells screen-sets: markup, style, script and texts.",
    evidence: Evidence::recorded(
        "accounts.getScreenSets REST; fixtures of sap-customer-data-cloud-toolkit",
        "screen_sets_live",
    ),
    access: Access::Public,
    params: &["screenSetIDs", "include"],
    server_params: &[],
    run,
};

/// The versions of one screen-set.
pub(crate) const VERSIONS: Endpoint = Endpoint {
    name: "accounts.getScreenSetVersions",
    summary: "Tells which versions of a screen-set there have been.",
    evidence: Evidence::decided("the method list names it; its answer is not documented", "screen_sets_live"),
    access: Access::Private,
    params: &["screenSetID"],
    server_params: &[],
    run: versions,
};

fn run(_: &mut Gigya, call: &Call) -> Reply {
    let ids = match call.params.get("screenSetIDs") {
        None => call.site.screen_set_ids(),
        Some(text) if text.trim_start().starts_with('[') => {
            let list = call.params.json("screenSetIDs")?;
            crate::accounts::write::texts(list.as_ref())
        }
        Some(_) => call.params.words("screenSetIDs").unwrap_or_default(),
    };
    let include = call.params.words("include").unwrap_or_else(|| {
        ["screenSetID", "html", "css", "javascript", "translations"].map(str::to_owned).to_vec()
    });
    let wanted = |name: &str| {
        include.iter().any(|it| it.eq_ignore_ascii_case(name))
            || (name == "rawTranslations" && include.iter().any(|it| it.eq_ignore_ascii_case("translations")))
    };
    let mut shown = Vec::new();
    for id in ids {
        let found = call.site.screen_set(&id).ok_or_else(|| unknown(&id))?;
        shown.push(found.told(&id, wanted, call.params.get("lang")));
    }
    Ok(Object::from_iter([("screenSets".into(), shown.into())]))
}

/// The refusal of an id that no screen-set has.
pub(crate) fn unknown(id: &str) -> Refusal {
    Refusal::because(400_006, format!("there is no screen-set {}", brief(id)))
}

fn versions(_: &mut Gigya, call: &Call) -> Reply {
    let id = call.need("screenSetID")?;
    let found = call.site.screen_set(id).ok_or_else(|| unknown(id))?;
    let told = |version: u64, at: standin_model::Instant, comment: &str| -> Value {
        json!({"version": version, "lastModified": at.to_string(), "comment": comment})
    };
    let mut list: Vec<Value> =
        found.before.iter().map(|it| told(it.version, it.modified, &it.comment)).collect();
    list.push(told(found.version, found.modified, &found.comment));
    list.reverse();
    Ok(Object::from_iter([("versions".into(), list.into())]))
}
