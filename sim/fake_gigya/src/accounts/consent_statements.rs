//! `accounts.getConsentStatements`, `setConsentStatements`, `deleteConsentStatement` and
//! `getSiteConsentDetails`.

use crate::accounts::set_schema::fields_of;
use crate::call::Call;
use crate::consent::check_ids;
use crate::endpoints::{Access, Endpoint};
use crate::envelope::{Object, Refusal, Reply};
use crate::gigya::Gigya;
use crate::params::brief;
use standin_model::Evidence;
use std::sync::Arc;

/// The statements.
pub(crate) const GET: Endpoint = Endpoint {
    name: "accounts.getConsentStatements",
    summary: "Tells the consent statements of a site.",
    evidence: Evidence::documented("accounts.getConsentStatements REST", "consent_statements_live"),
    access: Access::Private,
    params: &[],
    server_params: &[],
    run: get,
};

/// A change of statements.
pub(crate) const SET: Endpoint = Endpoint {
    name: "accounts.setConsentStatements",
    summary: "Adds consent statements and changes what is passed of them.",
    evidence: Evidence::documented("accounts.setConsentStatements REST", "consent_statements_live"),
    params: &["preferences"],
    run: set,
    ..GET
};

/// The end of a statement.
pub(crate) const DELETE: Endpoint = Endpoint {
    name: "accounts.deleteConsentStatement",
    summary: "Deletes a consent statement; what people answered stays.",
    evidence: Evidence::documented("the vendor's list of methods", "consent_statements_live"),
    params: &["consentId"],
    run: delete,
    ..GET
};

/// The statements for pages.
pub(crate) const DETAILS: Endpoint = Endpoint {
    name: "accounts.getSiteConsentDetails",
    summary: "Tells the active consent statements; anybody may ask.",
    evidence: Evidence::inferred("fixtures of sap-customer-data-cloud-toolkit", "consent_statements_live"),
    access: Access::Public,
    params: &[],
    run: details,
    ..GET
};

fn get(_: &mut Gigya, call: &Call) -> Reply {
    let told = call.site.consents.iter().map(|(id, it)| (id.clone(), it.statement_json()));
    Ok(Object::from_iter([("preferences".into(), told.collect::<Object>().into())]))
}

fn details(_: &mut Gigya, call: &Call) -> Reply {
    let active = call.site.consents.iter().filter(|(_, it)| it.is_active);
    let told = active.map(|(id, it)| (id.clone(), it.statement_json()));
    Ok(Object::from_iter([("siteConsentDetails".into(), told.collect::<Object>().into())]))
}

fn set(gigya: &mut Gigya, call: &Call) -> Reply {
    call.need("preferences")?;
    let given = call.params.object("preferences")?.unwrap_or_default();
    let given = Object::from_iter([("fields".to_owned(), given.into())]);
    let mut site = gigya.home_site(call);
    for (id, members) in fields_of("preferences", &given)? {
        let mut consent = site.consents.get(&id).cloned().unwrap_or_default();
        consent.set_schema(&id, &members)?;
        site.consents.insert(id, consent);
    }
    check_ids(site.consents.keys())?;
    gigya.sites.insert(site.api_key.clone(), Arc::new(site));
    Ok(Object::new())
}

fn delete(gigya: &mut Gigya, call: &Call) -> Reply {
    let id = call.need("consentId")?;
    let mut site = gigya.home_site(call);
    site.consents.remove(id).ok_or_else(|| unknown(id))?;
    gigya.sites.insert(site.api_key.clone(), Arc::new(site));
    Ok(Object::new())
}

/// The refusal of an id that no statement has.
pub(crate) fn unknown(id: &str) -> Refusal {
    Refusal::because(400_006, format!("there is no consent statement {}", brief(id)))
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use serde_json::json;

    #[test]
    fn another_language_may_ask_again() {
        for (enforced, expected) in [("true", 206_001), ("false", 0)] {
            let mut bench = Bench::new();
            let terms = format!(
                r#"{{"terms":{{"isMandatory":true,"langs":["en","fr"],"defaultLang":"en","enforceLocaleReconsent":{enforced}}}}}"#
            );
            assert_eq!(bench.code("accounts.setConsentStatements", &[("preferences", &terms)]), 0);
            let grant = ("preferences", r#"{"terms":{"isConsentGranted":true}}"#);
            let register = [("email", "ann@example.org"), ("password", "secret1"), ("lang", "en")];
            let more = [("finalizeRegistration", "true"), grant];
            let uid = bench.call("accounts.register", &[&register[..], &more].concat())["UID"].clone();
            let login = |bench: &mut Bench, lang: &str| {
                let params = [("loginID", "ann@example.org"), ("password", "secret1"), ("lang", lang)];
                bench.client("accounts.login", &params)["errorCode"].clone()
            };
            assert_eq!((login(&mut bench, "en"), login(&mut bench, "fr")), (json!(0), json!(expected)));
            assert_eq!(login(&mut bench, "nl"), 0, "there is no text in this language");
            let params = [("UID", uid.as_str().unwrap()), grant, ("lang", "fr")];
            assert_eq!(bench.code("accounts.setAccountInfo", &params), 0);
            assert_eq!((login(&mut bench, "en"), login(&mut bench, "fr")), (json!(0), json!(0)));
        }
    }

    #[test]
    fn consent_statements_live() {
        let mut bench = Bench::new();
        let set = |bench: &mut Bench, text: &str| {
            bench.code("accounts.setConsentStatements", &[("preferences", text)])
        };
        let first =
            r#"{"terms.tos":{"isActive":true,"isMandatory":true,"langs":["en","fr"],"defaultLang":"en"}}"#;
        assert_eq!(set(&mut bench, first), 0);
        assert_eq!(
            set(&mut bench, r#"{"terms.tos":{"consentVaultRetentionPeriod":12},"extra":{"isActive":false}}"#),
            0
        );
        let statement = json!({"isActive": true, "isMandatory": true, "langs": ["en", "fr"], "customData": [],
            "consentVaultRetentionPeriod": 12, "defaultLang": "en", "enforceLocaleReconsent": false});
        let all = bench.call("accounts.getConsentStatements", &[]);
        assert_eq!(all["preferences"]["terms.tos"], statement);
        assert_eq!(all["preferences"]["extra"]["consentVaultRetentionPeriod"], 36);
        let details = bench.client("accounts.getSiteConsentDetails", &[]);
        assert_eq!(details["siteConsentDetails"], json!({"terms.tos": statement}));
        let schema = bench.call("accounts.getSchema", &[("include", "preferencesSchema")]);
        assert_eq!(schema["preferencesSchema"]["fields"]["terms.tos"]["currentDocVersion"], 1.0);
        assert_eq!(bench.code("accounts.deleteConsentStatement", &[("consentId", "extra")]), 0);
        assert_eq!(bench.code("accounts.deleteConsentStatement", &[("consentId", "extra")]), 400_006);
        for (text, expected) in [
            (r#"{"a b":{}}"#, 400_006),
            (r#"{"x":{"isActive":"perhaps"}}"#, 400_006),
            (r#"{"x":{"customData":[{"key":"a name that is far too long","value":""}]}}"#, 400_006),
            (r#"{"x":{"writeAccess":"all"}}"#, 400_006),
            (r#"{"x":5}"#, 400_006),
            ("", 400_002),
        ] {
            assert_eq!(set(&mut bench, text), expected, "{text}");
        }
    }

    /// A consent that is missing, refused, outdated and renewed, from registration to login.
    #[test]
    fn a_required_consent_holds_people_up_until_they_give_it() {
        let mut bench = Bench::new();
        let terms = r#"{"terms.tos":{"isMandatory":true}}"#;
        assert_eq!(bench.code("accounts.setConsentStatements", &[("preferences", terms)]), 0);
        let register =
            [("email", "ann@example.org"), ("password", "secret1"), ("finalizeRegistration", "true")];
        let answer = bench.call("accounts.register", &register);
        assert_eq!(
            (&answer["errorCode"], &answer["errorDetails"]),
            (
                &json!(206_001),
                &json!("Missing required fields for registration: preferences.terms.tos.isConsentGranted")
            )
        );
        let uid = answer["UID"].as_str().unwrap().to_owned();
        let token = answer["regToken"].as_str().unwrap().to_owned();
        let grant = r#"{"terms":{"tos":{"isConsentGranted":true}}}"#;
        assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", &uid), ("preferences", grant)]), 0);
        assert_eq!(bench.code("accounts.finalizeRegistration", &[("regToken", &token)]), 0);
        let login = |bench: &mut Bench| {
            let params = [("loginID", "ann@example.org"), ("password", "secret1")];
            bench.client("accounts.login", &params)["errorCode"].clone()
        };
        assert_eq!(login(&mut bench), 0);
        let legal = |bench: &mut Bench, text: &str| {
            let params = [("consentId", "terms.tos"), ("lang", "en"), ("legalStatements", text)];
            bench.code("accounts.setLegalStatements", &params)
        };
        assert_eq!(
            legal(&mut bench, r#"{"versions":{"2":{"purpose":"more","LegalStatementStatus":"Published"}}}"#),
            0
        );
        assert_eq!(login(&mut bench), 0, "an older text is still accepted");
        assert_eq!(legal(&mut bench, r#"{"minDocVersion":2.0}"#), 0);
        assert_eq!(login(&mut bench), 206_001);
        assert_eq!(bench.code("accounts.setAccountInfo", &[("UID", &uid), ("preferences", grant)]), 0);
        assert_eq!(bench.gigya.account(&uid).unwrap()["preferences"]["terms"]["tos"]["docVersion"], 2.0);
        assert_eq!(login(&mut bench), 0);
    }
}
