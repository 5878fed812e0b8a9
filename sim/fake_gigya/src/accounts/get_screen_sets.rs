//! `accounts.getScreenSets` and `accounts.getScreenSetVersions`.

use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::params::brief;
use crate::screen_sets::ScreenSet;
use crate::site::Site;
use serde_json::{Value, json};
use standin_model::Evidence;
use std::sync::Arc;

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

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
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
        match gigya.inherited_screen_set(&call.site, &id) {
            Some(found) => shown.push(found.told(&id, wanted, call.params.get("lang"))),
            None if gigya.knobs.text("gigya.unknown_screen_set") == "400006" => return Err(unknown(&id)),
            None => {}
        }
    }
    Ok(Object::from_iter([("screenSets".into(), shown.into())]))
}

impl Gigya {
    /// A screen-set of a site; a child that has no copy of its own has that of its parent.
    fn inherited_screen_set(&self, site: &Site, id: &str) -> Option<Arc<ScreenSet>> {
        let parents = || {
            let parent = self.sites.get(site.parent.as_ref()?)?;
            parent.screen_sets.get(id).cloned().flatten()
        };
        let own = site.screen_sets.get(id).cloned().flatten();
        own.or_else(parents).or_else(|| site.screen_set(id))
    }
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

#[cfg(test)]
mod tests {
    use crate::DEFAULT_API_KEY;
    use crate::testing::*;
    use serde_json::{Value, json};

    fn ids(answer: &Value) -> Vec<&str> {
        answer["screenSets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["screenSetID"].as_str().unwrap())
            .collect()
    }

    #[test]
    fn an_unknown_screen_set_is_left_out() {
        let wanted = [("screenSetIDs", "Nobody-Login,Default-ReAuthentication")];
        let mut bench = Bench::new();
        assert_eq!(ids(&bench.client("accounts.getScreenSets", &wanted)), ["Default-ReAuthentication"]);
        bench.knob("gigya.unknown_screen_set", "400006");
        assert_eq!(bench.client("accounts.getScreenSets", &wanted)["errorCode"], 400_006);
    }

    #[test]
    fn texts_come_in_the_language_of_the_reader() {
        let mut bench = Bench::new();
        for (lang, told, text) in [
            ("fr", "fr", "Se connecter"),
            ("nl-be", "nl", "Inloggen"),
            ("DE", "de", "Anmelden"),
            ("en", "default", "Log in"),
            ("pt", "default", "Log in"),
        ] {
            let params =
                [("screenSetIDs", "Default-RegistrationLogin"), ("include", "translations"), ("lang", lang)];
            let answer = bench.client("accounts.getScreenSets", &params);
            let texts = answer["screenSets"][0]["translations"].as_object().unwrap();
            assert_eq!(texts.keys().collect::<Vec<_>>(), [told], "{lang}");
            assert_eq!(texts[told]["LOGIN_SUBMIT"], text, "{lang}");
            assert!(answer["screenSets"][0].get("html").is_none());
        }
    }

    #[test]
    fn a_child_has_the_screen_sets_of_its_parent() {
        let mut bench = Bench::seeded(&json!({"sites": [
            {"api_key": DEFAULT_API_KEY, "screen_sets": [
                {"id": "Brand-Login", "html": "<p>parent</p>"}, {"id": "Brand-Both", "html": "<p>parent</p>"}]},
            {"api_key": "3_child", "parent": DEFAULT_API_KEY, "screen_sets": [
                {"id": "Brand-Both", "html": "<p>child</p>", "css": "p{}", "translations": {"default": {"A": "a"}}}]},
        ]}));
        let ask = |bench: &mut Bench, params: &[(&str, &str)]| {
            let params = [&[("apiKey", "3_child"), ("include", "screenSetID,html")][..], params].concat();
            body(&bench.send(post("accounts.getScreenSets", &params)))
        };
        let both = ask(&mut bench, &[("screenSetIDs", "Brand-Login,Brand-Both")]);
        assert_eq!(ids(&both), ["Brand-Login", "Brand-Both"]);
        assert_eq!(
            (&both["screenSets"][0]["html"], &both["screenSets"][1]["html"]),
            (&json!("<p>parent</p>"), &json!("<p>child</p>"))
        );
        let all = ask(&mut bench, &[]);
        assert!(ids(&all).contains(&"Brand-Both") && !ids(&all).contains(&"Brand-Login"), "by id only");
    }
}
