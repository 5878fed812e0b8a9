//! `accounts.setScreenSet` and `accounts.deleteScreenSet`.

use crate::accounts::get_screen_sets::unknown;
use crate::call::Call;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::screen_sets::{MOST, ScreenSet};
use standin_model::Evidence;
use std::sync::Arc;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    name: "accounts.setScreenSet",
    summary: "Stores a screen-set as its next version; what is not passed stays.",
    evidence: Evidence::documented("accounts.setScreenSet REST", "screen_sets_live"),
    access: Access::Private,
    params: &["screenSetID", "html", "css", "javascript", "translations", "metadata", "comment"],
    server_params: &[],
    run,
};

/// The end of a screen-set.
pub(crate) const DELETE: Endpoint = Endpoint {
    name: "accounts.deleteScreenSet",
    summary: "Deletes a screen-set.",
    evidence: Evidence::documented("accounts.deleteScreenSet REST", "screen_sets_live"),
    params: &["screenSetID"],
    run: delete,
    ..ENDPOINT
};

/// How large markup, style or script may be, in bytes.
const LARGEST: usize = 1 << 20;

fn run(gigya: &mut Gigya, call: &Call) -> Reply {
    let id = call.need("screenSetID")?;
    let html = call.need("html")?;
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if id.len() > 100 || !id.chars().all(word) {
        return Err(Refusal::because(400_006, "screenSetID is a word of at most 100 characters"));
    }
    let known = call.site.screen_set(id);
    if known.is_none() && call.site.screen_set_ids().len() >= MOST {
        return Err(Refusal::because(400_124, format!("a site has at most {MOST} screen-sets")));
    }
    let mut set = known.map_or_else(ScreenSet::default, |known| ScreenSet::clone(&known));
    set.html = html.to_owned();
    if let Some(css) = call.params.raw("css") {
        set.css = css.to_owned();
    }
    if let Some(script) = call.params.raw("javascript") {
        set.javascript = script.to_owned();
    }
    if let Some(texts) = call.params.object("translations")? {
        if texts.values().any(|texts| !texts.is_object()) {
            return Err(Refusal::because(400_006, "translations are objects by language"));
        }
        set.translations = texts;
    }
    if let Some(metadata) = call.params.object("metadata")? {
        set.metadata = metadata;
    }
    if [&set.html, &set.css, &set.javascript].iter().any(|text| text.len() > LARGEST) {
        return Err(Refusal::because(
            413_001,
            format!("a part of a screen-set may not exceed {LARGEST} bytes"),
        ));
    }
    set.next(call.now, call.params.raw("comment").unwrap_or_default().to_owned());
    put(gigya, call, id, Some(Arc::new(set)));
    Ok(Object::new())
}

fn delete(gigya: &mut Gigya, call: &Call) -> Reply {
    let id = call.need("screenSetID")?;
    call.site.screen_set(id).ok_or_else(|| unknown(id))?;
    put(gigya, call, id, None);
    Ok(Object::new())
}

fn put(gigya: &mut Gigya, call: &Call, id: &str, set: Option<Arc<ScreenSet>>) {
    let mut site = gigya.own_site(call);
    site.screen_sets.insert(id.to_owned(), set);
    gigya.sites.insert(site.api_key.clone(), Arc::new(site));
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::{Value, json};

    fn ids(answer: &Value) -> Vec<String> {
        let list = answer["screenSets"].as_array().unwrap().iter();
        list.map(|it| it["screenSetID"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn screen_sets_live() {
        let mut bench = Bench::new();
        let all = bench.client("accounts.getScreenSets", &[]);
        assert_eq!(ids(&all).len(), 8);
        let set = |bench: &mut Bench, html: &str, comment: &str| {
            let texts = r#"{"default":{"HEADER":"Hi"},"fr":{"HEADER":"Salut"}}"#;
            bench.code(
                "accounts.setScreenSet",
                &[
                    ("screenSetID", "Brand-Login"),
                    ("html", html),
                    ("css", ".x{}"),
                    ("translations", texts),
                    ("comment", comment),
                ],
            )
        };
        assert_eq!((set(&mut bench, "<div/>", "first"), set(&mut bench, "<p/>", "second")), (0, 0));
        let one = [("screenSetIDs", r#"["Brand-Login"]"#), ("lang", "fr")];
        let one = bench.client("accounts.getScreenSets", &one);
        assert_eq!(
            one["screenSets"],
            json!([{"screenSetID": "Brand-Login", "html": "<p/>", "css": ".x{}", "javascript": "",
                "translations": {"fr": {"HEADER": "Salut"}}, "rawTranslations": r#"{"fr":{"HEADER":"Salut"}}"#}])
        );
        let meta =
            [("screenSetIDs", "Brand-Login, Default-ProfileUpdate"), ("include", "screenSetID,metadata")];
        let meta = bench.call("accounts.getScreenSets", &meta);
        assert_eq!(ids(&meta), ["Brand-Login", "Default-ProfileUpdate"]);
        assert_eq!(meta["screenSets"][0]["metadata"]["version"], 2);
        assert_eq!(meta["screenSets"][0].get("html"), None);
        let versions = bench.call("accounts.getScreenSetVersions", &[("screenSetID", "Brand-Login")]);
        let comments: Vec<&Value> =
            versions["versions"].as_array().unwrap().iter().map(|it| &it["comment"]).collect();
        assert_eq!(comments, ["second", "first"]);
        for id in ["Brand-Login", "Default-Subscriptions"] {
            assert_eq!(bench.code("accounts.deleteScreenSet", &[("screenSetID", id)]), 0);
            let gone = bench.call("accounts.getScreenSets", &[("screenSetIDs", id)]);
            assert_eq!((&gone["errorCode"], &gone["screenSets"]), (&json!(0), &json!([])));
            assert_eq!(bench.code("accounts.deleteScreenSet", &[("screenSetID", id)]), 400_006);
        }
        assert_eq!(ids(&bench.call("accounts.getScreenSets", &[])).len(), 7);
        for (params, expected) in [
            (vec![("screenSetID", "x")], 400_002),
            (vec![("screenSetID", "a b"), ("html", "x")], 400_006),
            (vec![("screenSetID", "x"), ("html", "x"), ("translations", r#"{"en":1}"#)], 400_006),
        ] {
            assert_eq!(bench.code("accounts.setScreenSet", &params), expected, "{params:?}");
        }
        assert_eq!(bench.client("accounts.setScreenSet", &[("screenSetID", "x")])["errorCode"], 403_007);
    }
}
