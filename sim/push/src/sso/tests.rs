use super::*;
use crate::scripted::{Answer, SECRET, Site, UID, access, code};
use serde_json::json;
use standin_ports::HttpError;

const NOW: Instant = Instant::START;

fn exchanged(uid: &str, secret: &str, at: i64) -> Answer {
    let timestamp = (NOW.seconds() + at).to_string();
    let signature = uid_signature::sign(&Secret::new(secret), uid, &timestamp).unwrap();
    let body =
        json!({ "errorCode": 0, "UID": uid, "UIDSignature": signature, "signatureTimestamp": timestamp });
    Ok((200, body.to_string()))
}

fn answer(body: &Value) -> Answer {
    Ok((200, body.to_string()))
}

fn ask(site: &Arc<Site>, access: &GigyaAccess, uid: &str, age: i64) -> Result<Identified, IdentifyError> {
    let timestamp = (NOW.seconds() - age).to_string();
    let variables = ["lastname".to_owned(), "birthday".to_owned()];
    pollster::block_on(identify(site.clone(), access, NOW, uid, "their-signature", &timestamp, &variables))
}

#[test]
fn who_it_is_and_what_is_known() {
    let profile = json!({ "email": "ann&amp;bob@b.be", "lastName": "A &amp; B", "birthYear": 1959 });
    let site = Site::failing(profile.clone(), vec![exchanged(UID, SECRET, 0)], vec![]);
    let got = ask(&site, &access(), UID, 0);
    let expected = Identified {
        uid: UID.to_owned(),
        email: Some("ann&bob@b.be".to_owned()),
        registered: true,
        profile,
        prefill: vec![("lastname".to_owned(), "A & B".to_owned())],
        warnings: vec![],
    };
    assert_eq!(got, Ok(expected));
    assert_eq!(site.methods(), ["accounts.exchangeUIDSignature", "accounts.getAccountInfo"]);
    for (name, expected) in [
        ("UID", UID),
        ("UIDSignature", "their-signature"),
        ("signatureTimestamp", "1767600000"),
        ("userKey", "AU"),
    ] {
        assert_eq!(site.param(0, name).as_deref(), Some(expected), "{name}");
    }
    let extra = site.param(1, "extraProfileFields");
    assert_eq!(extra.as_deref(), Some("phones,languages,address,username"));
}

#[test]
fn worth_knowing_and_no_reason_to_refuse() {
    for (uid, profile, registered, email, warnings) in [
        (UID, json!({}), true, None, &[][..]),
        (UID, json!({ "email": " " }), true, None, &[]),
        (UID, json!({ "email": "ann@localhost" }), true, Some("ann@localhost"), &["UnusualEmail"]),
        ("ann", json!({ "email": "a@b.be" }), false, Some("a@b.be"), &["UidLength"]),
    ] {
        let account = json!({ "errorCode": 0, "UID": uid, "isRegistered": registered, "profile": profile });
        let site = Site::failing(json!({}), vec![exchanged(uid, SECRET, 0), answer(&account)], vec![]);
        let got = ask(&site, &access(), uid, 0).unwrap();
        assert_eq!((got.email.as_deref(), got.registered), (email, registered));
        assert_eq!(got.warnings, warnings);
    }
}

fn word(error: &IdentifyError) -> &'static str {
    match error {
        IdentifyError::GigyaUnreachable { .. } => "unreachable",
        IdentifyError::CredentialsRejected { .. } => "credentials",
        IdentifyError::InvalidSignature => "signature",
        IdentifyError::StaleTimestamp => "stale",
        IdentifyError::AccountDisabled => "disabled",
        IdentifyError::UnknownUser => "unknown",
    }
}

#[test]
fn refusals() {
    let fine = || exchanged(UID, SECRET, 0);
    let details = |code: i64, details: &str| answer(&json!({ "errorCode": code, "errorDetails": details }));
    let account = |uid: &str, active: bool| {
        answer(&json!({ "errorCode": 0, "UID": uid, "isActive": active, "profile": {} }))
    };
    for (answers, expected) in [
        (vec![Err(HttpError::Timeout { host: "x".to_owned() })], "unreachable"),
        (vec![Ok((502, "<html>".to_owned()))], "unreachable"),
        (vec![code(500_001)], "unreachable"),
        (vec![fine(), code(403_048)], "unreachable"),
        (vec![code(403_010)], "credentials"),
        (vec![code(400_093)], "credentials"),
        (vec![details(403_005, "The supplied userkey was not found")], "credentials"),
        (vec![fine(), code(403_007)], "credentials"),
        (vec![code(403_003)], "signature"),
        (vec![exchanged("other", SECRET, 0)], "signature"),
        (vec![exchanged(UID, "c29tZSBvdGhlciBzZWNyZXQ=", 0)], "signature"),
        (vec![answer(&json!({ "errorCode": 0 }))], "signature"),
        (vec![code(400_128)], "stale"),
        (vec![exchanged(UID, SECRET, 181)], "stale"),
        (vec![exchanged(UID, SECRET, -181)], "stale"),
        (vec![fine(), account(UID, false)], "disabled"),
        (vec![fine(), code(403_041)], "disabled"),
        (vec![fine(), code(403_005)], "unknown"),
        (vec![fine(), account("other", true)], "unknown"),
    ] {
        let told = format!("{answers:?}");
        let site = Site::failing(json!({}), answers, vec![]);
        let error = ask(&site, &access(), UID, 0).unwrap_err();
        assert_eq!(word(&error), expected, "{told}");
    }
}

#[test]
fn what_is_refused_without_a_call() {
    let none = GigyaAccess { proof: Proof::None, ..access() };
    for (access, uid, age, expected) in [
        (&none, UID, 0, "credentials"),
        (&access(), UID, 181, "stale"),
        (&access(), UID, -181, "stale"),
        (&access(), "a b", 0, "signature"),
        (&access(), "", 0, "signature"),
    ] {
        let site = Site::new(json!({}));
        let error = ask(&site, access, uid, age).unwrap_err();
        assert_eq!(word(&error), expected);
        assert_eq!(site.methods(), [""; 0]);
    }
}

#[test]
fn what_a_site_allows() {
    let config = |prefix, trusted: &[&str]| SiteConfig {
        custom_api_domain_prefix: prefix,
        trusted_site_urls: trusted.iter().map(|url| (*url).to_owned()).collect(),
        base_domain: None,
        data_center: None,
    };
    for (body, expected) in [
        (
            json!({ "errorCode": 0, "customAPIDomainPrefix": "login", "trustedSiteURLs": ["*.brand.be/*"] }),
            config(Some("login".to_owned()), &["*.brand.be/*"]),
        ),
        (
            json!({ "errorCode": 0, "gigyaSettings": { "customAPIDomainPrefix": "id" } }),
            config(Some("id".to_owned()), &[]),
        ),
        (json!({ "errorCode": 0, "customAPIDomainPrefix": "", "trustedSiteURLs": "x" }), config(None, &[])),
    ] {
        let site = Site::failing(json!({}), vec![answer(&body)], vec![]);
        let got = pollster::block_on(site_config(site.clone(), &access(), NOW));
        assert_eq!(got, Ok(expected));
        assert_eq!(site.methods(), ["admin.getSiteConfig"]);
    }
    let site = Site::failing(json!({}), vec![code(403_007)], vec![]);
    assert!(pollster::block_on(site_config(site, &access(), NOW)).is_err());
}
