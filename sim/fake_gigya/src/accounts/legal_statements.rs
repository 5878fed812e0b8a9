//! `accounts.getLegalStatements`, `setLegalStatements` and `deleteLegalStatements`.

use crate::accounts::consent_statements::unknown;
use crate::call::Call;
use crate::consent::{Consent, Doc};
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use serde_json::{Value, json};
use standin_model::Evidence;
use std::sync::Arc;

/// The texts of a statement.
pub(crate) const GET: Endpoint = Endpoint {
    name: "accounts.getLegalStatements",
    summary: "Tells the versions of a consent's text in a language.",
    evidence: Evidence::documented("accounts.getLegalStatements REST", "legal_statements_are_published"),
    access: Access::Private,
    params: &["consentId"],
    server_params: &[],
    run: get,
};

/// A change of texts.
pub(crate) const SET: Endpoint = Endpoint {
    name: "accounts.setLegalStatements",
    summary: "Adds versions of a consent's text; the newest that is published becomes the current one.",
    evidence: Evidence::documented("accounts.setLegalStatements REST", "legal_statements_are_published"),
    params: &["consentId", "legalStatements"],
    run: set,
    ..GET
};

/// The end of the texts of a language.
pub(crate) const DELETE: Endpoint = Endpoint {
    name: "accounts.deleteLegalStatements",
    summary: "Deletes the texts of a consent in a language.",
    evidence: Evidence::documented("the vendor's list of methods", "legal_statements_are_published"),
    params: &["consentId"],
    run: delete,
    ..GET
};

/// How many versions one text may have.
const MOST_VERSIONS: usize = 1_000;

fn statement(call: &Call) -> Result<(&str, &Consent, String), Refusal> {
    let id = call.need("consentId")?;
    let consent = call.site.consents.get(id).ok_or_else(|| unknown(id))?;
    let lang = call.params.get("lang").unwrap_or(&consent.default_lang).to_owned();
    Ok((id, consent, lang))
}

fn get(_: &mut Gigya, call: &Call) -> Reply {
    let (_, consent, lang) = statement(call)?;
    let versions = consent.legal.get(&lang).cloned().unwrap_or_default();
    let mut out = json!({"versions": versions});
    if let Some((number, _)) = published(&versions) {
        out["publishedDocVersion"] = number.into();
    }
    let number = |doc: &Doc| match doc {
        Doc::Version(number) => Some(*number),
        Doc::Date(_) => None,
    };
    if let Some(current) = number(&consent.current) {
        out["currentDocVersion"] = current.into();
    }
    if let Some(min) = consent.min.as_ref().and_then(number) {
        out["minDocVersion"] = min.into();
    }
    Ok(Object::from_iter([("legalStatements".into(), out)]))
}

/// The newest published version.
fn published(versions: &Object) -> Option<(f64, String)> {
    let is_published = |text: &Value| text["LegalStatementStatus"] == "Published";
    let numbered = versions.iter().filter(|(_, text)| is_published(text));
    let each = numbered.filter_map(|(name, _)| Some((name.parse::<f64>().ok()?, name.clone())));
    each.max_by(|a, b| a.0.total_cmp(&b.0))
}

fn set(gigya: &mut Gigya, call: &Call) -> Reply {
    let (id, consent, lang) = statement(call)?;
    call.need("legalStatements")?;
    let given = call.params.object("legalStatements")?.unwrap_or_default();
    let mut consent = consent.clone();
    let mut versions = consent.legal.get(&lang).cloned().unwrap_or_default();
    if let Some(new) = given.get("versions") {
        let wrong = |what: &str| Refusal::because(400_006, format!("legalStatements: {what}"));
        for (name, text) in new.as_object().ok_or_else(|| wrong("versions must be an object"))? {
            if !name.parse::<f64>().is_ok_and(|number| number.is_finite() && number > 0.0) {
                return Err(wrong("a version is a number"));
            }
            let status = text.get("LegalStatementStatus").and_then(Value::as_str).unwrap_or("Draft");
            if !text.is_object() || !["Published", "Historic", "Draft"].contains(&status) {
                return Err(wrong("LegalStatementStatus takes Published, Historic and Draft"));
            }
            let mut text = text.clone();
            text["LegalStatementStatus"] = status.into();
            versions.insert(name.clone(), text);
        }
    }
    if versions.len() > MOST_VERSIONS {
        return Err(Refusal::because(400_124, format!("a text has at most {MOST_VERSIONS} versions")));
    }
    if let Some((number, newest)) = published(&versions) {
        for (name, text) in &mut versions {
            if *name != newest && text["LegalStatementStatus"] == "Published" {
                text["LegalStatementStatus"] = "Historic".into();
            }
        }
        consent.current = Doc::Version(number);
    }
    let more = given.iter().filter(|(name, _)| *name == "minDocVersion" || *name == "currentDocVersion");
    let more: Object = more.map(|(name, value)| (name.clone(), value.clone())).collect();
    consent.set_schema(id, &more)?;
    if !consent.langs.contains(&lang) && !versions.is_empty() {
        consent.langs.push(lang.clone());
    }
    consent.legal.insert(lang, versions);
    put(gigya, call, id, consent);
    Ok(Object::new())
}

fn delete(gigya: &mut Gigya, call: &Call) -> Reply {
    let (id, consent, lang) = statement(call)?;
    let mut consent = consent.clone();
    if consent.legal.remove(&lang).is_none() {
        return Err(Refusal::because(400_006, format!("consent {id} has no text in {lang}")));
    }
    consent.langs.retain(|known| *known != lang);
    put(gigya, call, id, consent);
    Ok(Object::new())
}

fn put(gigya: &mut Gigya, call: &Call, id: &str, consent: Consent) {
    let mut site = gigya.home_site(call);
    site.consents.insert(id.to_owned(), consent);
    gigya.sites.insert(site.api_key.clone(), Arc::new(site));
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn legal_statements_are_published() {
        let mut bench = Bench::new();
        let terms = r#"{"terms":{"isMandatory":true}}"#;
        assert_eq!(bench.code("accounts.setConsentStatements", &[("preferences", terms)]), 0);
        let base = [("consentId", "terms"), ("lang", "fr")];
        let set = |bench: &mut Bench, text: &str| {
            bench.code("accounts.setLegalStatements", &[base[0], base[1], ("legalStatements", text)])
        };
        let first = r#"{"versions":{"1.0":{"purpose":"news","LegalStatementStatus":"Published"},"3":{"purpose":"later"}}}"#;
        assert_eq!(set(&mut bench, first), 0);
        assert_eq!(
            set(&mut bench, r#"{"versions":{"2":{"purpose":"more","LegalStatementStatus":"Published"}}}"#),
            0
        );
        let told = bench.call("accounts.getLegalStatements", &base);
        assert_eq!(
            told["legalStatements"],
            json!({
                "publishedDocVersion": 2.0, "currentDocVersion": 2.0,
                "versions": {
                    "1.0": {"purpose": "news", "LegalStatementStatus": "Historic"},
                    "2": {"purpose": "more", "LegalStatementStatus": "Published"},
                    "3": {"purpose": "later", "LegalStatementStatus": "Draft"},
                },
            })
        );
        for (text, expected) in [
            (r#"{"versions":{"x":{}}}"#, 400_006),
            (r#"{"versions":{"4":{"LegalStatementStatus":"Secret"}}}"#, 400_006),
            (r#"{"versions":[]}"#, 400_006),
            ("", 400_002),
        ] {
            assert_eq!(set(&mut bench, text), expected, "{text}");
        }
        assert_eq!(bench.code("accounts.getLegalStatements", &[("consentId", "nope")]), 400_006);
        assert_eq!(bench.code("accounts.deleteLegalStatements", &base), 0);
        assert_eq!(bench.code("accounts.deleteLegalStatements", &base), 400_006);
    }
}
