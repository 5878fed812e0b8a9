//! A world file's section: sites and accounts.

use crate::account::Account;
use crate::accounts::social::{ProviderUser, token_key};
use crate::communications::write_communications;
use crate::consent::{Consent, Consenting, Source, check_ids, write_preferences};
use crate::envelope::{Object, Problem};
use crate::gigya::Gigya;
use crate::jwt::PublicKey;
use crate::merge::{self, Merge, Rules, Writer};
use crate::password::Password;
use crate::policies::SECTIONS;
use crate::schema::{Field, Format, Kind, Write};
use crate::screen_sets::ScreenSet;
use crate::site::{DEFAULT_API_KEY, Key, Site, trusted_by_default};
use crate::subscriptions::{Subscribing, Subscription, write_subscriptions};
use base64::Engine as _;
use imbl::OrdMap;
use serde_json::Value;
use standin_fake_kit::{Fake, Part, Section, SeedError, Shape};
use standin_model::Instant;
use standin_ports::Secret;
use std::sync::Arc;

/// What a world's section may have.
pub const SHAPE: Shape =
    &[Part::List("sites", SITE), Part::List("accounts", ACCOUNT), Part::List("social_users", SOCIAL_USER)];
const SITE: Shape = &[
    Part::Plain(&[
        "api_key",
        "data_center",
        "base_domain",
        "description",
        "custom_api_domain_prefix",
        "trusted_site_urls",
        "site_id",
        "partner_secret",
        "parent",
        "enable_sso",
        "sso_segment",
        "central_login_page",
        "logout_url",
    ]),
    Part::One("policies", POLICIES),
    Part::List("screen_sets", SCREEN_SET),
    Part::One("data_schema", DATA_SCHEMA),
    Part::One("profile_schema", PROFILE_SCHEMA),
    Part::One("subscriptions_schema", SUBSCRIPTIONS_SCHEMA),
    Part::One("preferences_schema", PREFERENCES_SCHEMA),
    Part::One("communications", COMMUNICATIONS),
    Part::List("keys", KEY),
];
const POLICIES: Shape = &[Part::Plain(SECTIONS), Part::One("accountOptions", ACCOUNT_OPTIONS)];
const SCREEN_SET: Shape = &[Part::Plain(&["id", "html", "css", "javascript", "translations"])];
const DATA_SCHEMA: Shape = &[Part::Named("fields", FIELD), Part::Plain(&["dynamicSchema"])];
const PROFILE_SCHEMA: Shape = &[Part::Named("fields", FIELD)];
const SUBSCRIPTIONS_SCHEMA: Shape = &[Part::Named("fields", SUBSCRIPTION)];
const PREFERENCES_SCHEMA: Shape = &[Part::Named("fields", PREFERENCE)];
const FIELD: Shape = &[Part::Plain(&["type", "required", "allowNull", "writeAccess", "format", "encrypt"])];
const SUBSCRIPTION: Shape = &[Part::Plain(&[
    "doubleOptIn",
    "enableConditionalDoubleOptIn",
    "required",
    "writeAccess",
    "description",
])];
const PREFERENCE: Shape = &[Part::Plain(&[
    "required",
    "writeAccess",
    "langs",
    "defaultLang",
    "enforceLocaleReconsent",
    "customData",
    "entitlements",
    "consentVaultRetentionPeriod",
    "currentDocVersion",
    "currentDocDate",
    "minDocVersion",
    "minDocDate",
])];
const COMMUNICATIONS: Shape = &[Part::Plain(&["channels"]), Part::List("topics", TOPIC)];
const TOPIC: Shape = &[Part::Plain(&["channel", "topic", "description"])];
const KEY: Shape = &[Part::Plain(&["user_key", "secret", "public_key", "permissions"])];
const SOCIAL_USER: Shape = &[Part::Plain(&["provider", "authToken", "providerUID", "profile"])];
const ACCOUNT: Shape = &[
    Part::Plain(&[
        "UID",
        "api_key",
        "password",
        "profile",
        "data",
        "subscriptions",
        "preferences",
        "communications",
        "internal",
        "customIdentifiers",
        "username",
        "phoneNumber",
        "isActive",
        "isRegistered",
        "isVerified",
        "created",
        "registered",
        "verified",
        "lastLogin",
        "lastUpdated",
        "regSource",
        "lang",
    ]),
    Part::One("emails", EMAILS),
    Part::One("loginIDs", LOGIN_IDS),
];
const EMAILS: Shape = &[Part::Plain(&["verified", "unverified"])];
const LOGIN_IDS: Shape = &[Part::Plain(&["emails", "username", "unverifiedEmails"])];
/// Policies that this fake acts on.
const ACCOUNT_OPTIONS: Shape = &[Part::Plain(&[
    "verifyEmail",
    "allowUnverifiedLogin",
    "preventLoginIDHarvesting",
    "loginIdentifiers",
    "loginIdentifierConflict",
    "defaultLanguage",
    "verifyProviderEmail",
    "useCodeVerification",
    "sendWelcomeEmail",
    "sendAccountDeletedEmail",
])];

/// Reads a whole section; on a mistake nothing of it is taken.
pub(crate) fn seed(gigya: &mut Gigya, now: Instant, section: &Value) -> Result<(), SeedError> {
    let root = Section::root(section);
    root.shaped(SHAPE)?;
    let mut next = gigya.clone();
    let sites = root.list("sites")?;
    for (at, place) in sites.iter().enumerate() {
        let site = site(place)?;
        if at == 0 {
            next.sites.remove(&next.first_site.clone());
            next.first_site = site.api_key.clone();
        }
        if next.sites.insert(site.api_key.clone(), Arc::new(site)).is_some() {
            return Err(place.wrong("another site has the same api_key"));
        }
    }
    groups(&next, &root)?;
    for place in root.list("social_users")? {
        social_user(&mut next, &place)?;
    }
    for place in root.list("accounts")? {
        account(&mut next, now, &place)?;
    }
    next.settle_seeded(now);
    next.advance(now);
    *gigya = next;
    Ok(())
}

fn site(place: &Section<'_>) -> Result<Site, SeedError> {
    place.shaped(SITE)?;
    let mut site = Site::new(place.text_of("api_key")?.unwrap_or(DEFAULT_API_KEY));
    if let Some(text) = place.text_of("data_center")? {
        site.data_center = text.to_owned();
    }
    if let Some(text) = place.text_of("base_domain")? {
        site.base_domain = text.to_owned();
        site.trusted_site_urls = trusted_by_default(text);
    }
    if let Some(text) = place.text_of("description")? {
        site.description = text.to_owned();
    }
    site.custom_api_domain_prefix = place.text_of("custom_api_domain_prefix")?.map(str::to_owned);
    if place.get("trusted_site_urls").is_some() {
        let urls = place.list("trusted_site_urls")?;
        site.trusted_site_urls =
            urls.iter().map(|url| url.text().map(str::to_owned)).collect::<Result<_, _>>()?;
    }
    if let Some(id) = place.get("site_id") {
        site.site_id = id.number()?;
    }
    if let Some(secret) = place.get("partner_secret") {
        site.partner_secret = secret_of(&secret)?;
    }
    site.parent = place.text_of("parent")?.map(str::to_owned);
    site.enable_sso = place.flag_of("enable_sso", false)?;
    site.sso_segment = place.text_of("sso_segment")?.unwrap_or_default().to_owned();
    site.central_login_page = place.text_of("central_login_page")?.map(str::to_owned);
    if let Some(url) = place.text_of("logout_url")? {
        site.settings.insert("logoutURL".into(), url.into());
    }
    if let Some(policies) = place.get("policies") {
        policies.shaped(POLICIES)?;
        if let Some(options) = policies.get("accountOptions") {
            options.shaped(ACCOUNT_OPTIONS)?;
        }
        site.policies = policies.members()?.clone();
    }
    if let Some(schema) = place.get("data_schema") {
        schema.shaped(DATA_SCHEMA)?;
        site.data_schema.dynamic = schema.flag_of("dynamicSchema", true)?;
        fields(&schema, &mut site.data_schema.fields)?;
    }
    if let Some(schema) = place.get("profile_schema") {
        schema.shaped(PROFILE_SCHEMA)?;
        fields(&schema, &mut site.profile_schema.fields)?;
    }
    screen_sets(place, &mut site)?;
    subscriptions(place, &mut site)?;
    consents(place, &mut site)?;
    communications(place, &mut site)?;
    keys(place, &mut site)?;
    Ok(site)
}

fn screen_sets(place: &Section<'_>, site: &mut Site) -> Result<(), SeedError> {
    for set in place.list("screen_sets")? {
        set.shaped(SCREEN_SET)?;
        let id = set.text_of("id")?.ok_or_else(|| set.wrong("a screen-set needs an id"))?;
        let text = |name: &str| Ok(set.text_of(name)?.unwrap_or_default().to_owned());
        let mut made = ScreenSet {
            html: text("html")?,
            css: text("css")?,
            javascript: text("javascript")?,
            ..ScreenSet::default()
        };
        if let Some(texts) = set.get("translations") {
            made.translations = texts.members()?.clone();
        }
        made.next(Instant::START, String::new());
        site.screen_sets.insert(id.to_owned(), Some(Arc::new(made)));
    }
    Ok(())
}

/// A parent is a site, and no child.
fn groups(gigya: &Gigya, root: &Section<'_>) -> Result<(), SeedError> {
    for place in root.list("sites")? {
        let Some(parent) = place.get("parent") else { continue };
        let key = parent.text()?;
        match gigya.sites.get(key) {
            None => return Err(parent.wrong(format!("no site has the api_key {key}"))),
            Some(site) if site.parent.is_some() => {
                return Err(parent.wrong("a child of a group cannot be a parent"));
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn social_user(gigya: &mut Gigya, place: &Section<'_>) -> Result<(), SeedError> {
    place.shaped(SOCIAL_USER)?;
    let provider = place.need("provider")?.text()?.to_lowercase();
    let token = place.need("authToken")?.text()?;
    let profile = place.get("profile").map_or(Ok(Object::new()), |it| it.members().cloned())?;
    let provider_uid = place.need("providerUID")?.text()?.to_owned();
    let key = token_key(&provider, token);
    gigya.provider_users.insert(key, Arc::new(ProviderUser { provider, provider_uid, profile }));
    Ok(())
}

fn secret_of(place: &Section<'_>) -> Result<Secret, SeedError> {
    let text = place.text()?;
    match base64::engine::general_purpose::STANDARD.decode(text) {
        Ok(_) => Ok(Secret::new(text)),
        Err(_) => Err(place.wrong("a secret is Base64 text")),
    }
}

fn public_key_of(place: &Section<'_>) -> Result<PublicKey, SeedError> {
    let key = PublicKey::from_pem(place.text()?);
    key.ok_or_else(|| {
        place.wrong("a public key is PEM, `PUBLIC KEY` or `RSA PUBLIC KEY`, of 2048 bits or more")
    })
}

fn fields(schema: &Section<'_>, into: &mut OrdMap<String, Field>) -> Result<(), SeedError> {
    let Some(list) = schema.get("fields") else { return Ok(()) };
    for (name, place) in list.each()? {
        place.shaped(FIELD)?;
        let mut field = into.get(name).cloned().unwrap_or_else(|| Field::new(Kind::String));
        if let Some(kind) = place.get("type") {
            let word = kind.word(&Kind::ALL.map(Kind::word))?;
            field.kind = Kind::ALL.into_iter().find(|kind| kind.word() == word).unwrap_or(Kind::String);
        }
        if let Some(write) = place.get("writeAccess") {
            let word = write.word(&Write::ALL.map(Write::word))?;
            field.write = Write::ALL.into_iter().find(|it| it.word() == word).unwrap_or(Write::ServerOnly);
        }
        if let Some(format) = place.get("format") {
            let parsed = Format::parse(format.text()?);
            field.format = Some(parsed.ok_or_else(|| format.wrong("a format is written regex('...')"))?);
        }
        field.required = place.flag_of("required", field.required)?;
        field.allow_null = place.flag_of("allowNull", field.allow_null)?;
        field.encrypted = field.encrypted || place.text_of("encrypt")?.is_some();
        into.insert(name.to_owned(), field);
    }
    Ok(())
}

fn subscriptions(place: &Section<'_>, site: &mut Site) -> Result<(), SeedError> {
    let Some(schema) = place.get("subscriptions_schema") else { return Ok(()) };
    schema.shaped(SUBSCRIPTIONS_SCHEMA)?;
    for (name, field) in schema.need("fields")?.each()? {
        field.shaped(SUBSCRIPTION)?;
        let mut subscription = Subscription::default();
        let set = subscription.set(name, field.members()?);
        set.map_err(|refusal| field.wrong(refusal.details))?;
        site.subscriptions.insert(name.to_owned(), subscription);
    }
    check_ids(site.subscriptions.keys()).map_err(|refusal| schema.wrong(refusal.details))
}

fn consents(place: &Section<'_>, site: &mut Site) -> Result<(), SeedError> {
    let Some(schema) = place.get("preferences_schema") else { return Ok(()) };
    schema.shaped(PREFERENCES_SCHEMA)?;
    for (name, field) in schema.need("fields")?.each()? {
        field.shaped(PREFERENCE)?;
        let mut consent = Consent::default();
        consent.set_schema(name, field.members()?).map_err(|refusal| field.wrong(refusal.details))?;
        site.consents.insert(name.to_owned(), consent);
    }
    check_ids(site.consents.keys()).map_err(|refusal| schema.wrong(refusal.details))
}

fn communications(place: &Section<'_>, site: &mut Site) -> Result<(), SeedError> {
    let Some(section) = place.get("communications") else { return Ok(()) };
    section.shaped(COMMUNICATIONS)?;
    if let Some(channels) = section.get("channels") {
        for (name, channel) in channels.each()? {
            site.communications.channels.insert(name.to_owned(), Value::Object(channel.members()?.clone()));
        }
    }
    for topic in section.list("topics")? {
        topic.shaped(TOPIC)?;
        let key = format!("{}_{}", topic.need("channel")?.text()?, topic.need("topic")?.text()?);
        site.communications.topics.insert(key, Value::Object(topic.members()?.clone()));
    }
    Ok(())
}

fn keys(place: &Section<'_>, site: &mut Site) -> Result<(), SeedError> {
    let list = place.list("keys")?;
    if list.is_empty() {
        return Ok(());
    }
    site.keys = OrdMap::new();
    for (at, key) in list.iter().enumerate() {
        key.shaped(KEY)?;
        let name = key.need("user_key")?.text()?;
        let permissions = match key.get("permissions") {
            None => None,
            Some(list) => {
                Some(list.items()?.iter().map(|it| it.text().map(str::to_owned)).collect::<Result<_, _>>()?)
            }
        };
        if at == 0 {
            site.first_key = name.to_owned();
        }
        let public = key.get("public_key").map(|place| public_key_of(&place)).transpose()?;
        let secret = match (key.get("secret"), &public) {
            (None, Some(_)) => Secret::default(),
            _ => secret_of(&key.need("secret")?)?,
        };
        site.keys.insert(name.to_owned(), Key { secret, public, permissions });
    }
    Ok(())
}

fn account(gigya: &mut Gigya, now: Instant, place: &Section<'_>) -> Result<(), SeedError> {
    place.shaped(ACCOUNT)?;
    let api_key = place.text_of("api_key")?.unwrap_or(&gigya.first_site).to_owned();
    let site = gigya.sites.get(&api_key).cloned();
    let site = site.ok_or_else(|| place.wrong(format!("no site has the api_key {api_key}")))?;
    let parent = site.parent.as_ref().and_then(|key| gigya.sites.get(key));
    let site = parent.map_or_else(|| site.clone(), |parent| Arc::new(site.within(parent)));
    let uid = match place.text_of("UID")? {
        Some(uid) => uid.to_owned(),
        None => gigya.ids.hex(32),
    };
    if crate::accounts::register::check_uid(&uid).is_err() {
        return Err(place.wrong("a UID is ASCII text of at most 252 characters"));
    }
    if gigya.people_of(&api_key).get(&uid).is_some() {
        return Err(place.wrong(format!("another account has the UID {uid}")));
    }
    let mut account = Account::new(uid, now);
    let new_fields = sections(gigya, place, &site, &mut account, now)?;
    times_and_flags(place, &mut account, now)?;
    identifiers(gigya, place, &site, &mut account)?;
    if let Some(password) = place.text_of("password")? {
        account.password = Some(Box::new(Password::new(password, gigya.ids.hex(16), now)));
    }
    if let Some(site) = gigya.sites.get_mut(site.home()).filter(|_| !new_fields.is_empty()) {
        Arc::make_mut(site).data_schema.fields.extend(new_fields);
    }
    gigya.people_of(&api_key).put(account, now);
    Ok(())
}

/// Profile, data and the consents, under the same rules as a server's write.
fn sections(
    gigya: &Gigya,
    place: &Section<'_>,
    site: &Site,
    account: &mut Account,
    now: Instant,
) -> Result<Vec<(String, Field)>, SeedError> {
    let sanitise = gigya.knobs.on("gigya.sanitise_html");
    let rules = Rules { writer: Writer::Server, append: false, ignore_unknown: false, sanitise };
    let object = |name: &str| -> Result<Object, SeedError> {
        place.get(name).map_or(Ok(Object::new()), |section| section.members().cloned())
    };
    let mut profile = Merge::new(&site.profile_schema, merge::Part::Profile, rules);
    let from = object("profile")?;
    account.profile.edit(|into| profile.object("", into, &from));
    let mut data = Merge::new(&site.data_schema, merge::Part::Data, rules);
    let from = object("data")?;
    account.data.edit(|into| data.object("", into, &from));
    let lang = place.text_of("lang")?.unwrap_or("en");
    let from = object("subscriptions")?;
    let mut problems = profile.problems;
    problems.append(&mut data.problems);
    let (source, writer) = (Source::Import, Writer::Server);
    let subscribing = Subscribing { declared: &site.subscriptions, source, writer, now };
    problems.extend(account.subscriptions.edit(|into| write_subscriptions(into, &from, subscribing)));
    let consenting =
        Consenting { statements: &site.consents, source, writer, lang: Some(lang), or_lang: lang, now };
    let from = object("preferences")?;
    problems.extend(account.preferences.edit(|into| write_preferences(into, &from, consenting)));
    let from = object("communications")?;
    let topics = &site.communications;
    let write = |into: &mut Object| write_communications(into, &from, topics, source, now);
    problems.extend(account.communications.edit(write));
    account.internal = object("internal")?.into();
    account.custom_identifiers = object("customIdentifiers")?.into();
    account.lang = place.text_of("lang")?.map(str::to_owned);
    account.reg_source = place.text_of("regSource")?.map(str::to_owned);
    account.phone_number = place.text_of("phoneNumber")?.map(str::to_owned);
    match problems.into_iter().next() {
        Some(problem) => Err(located(place, &problem)),
        None => Ok(data.new_fields),
    }
}

fn located(place: &Section<'_>, problem: &Problem) -> SeedError {
    SeedError {
        path: format!("{}.{}", place.path(), problem.field),
        message: problem.message.clone(),
        hint: None,
    }
}

fn times_and_flags(place: &Section<'_>, account: &mut Account, now: Instant) -> Result<(), SeedError> {
    let time = |name: &str| -> Result<Option<Instant>, SeedError> {
        let Some(section) = place.get(name) else { return Ok(None) };
        let wrong = |error: standin_model::instant::NotAnInstant| section.wrong(error.to_string());
        section.text()?.parse().map(Some).map_err(wrong)
    };
    account.created = time("created")?.unwrap_or(now);
    account.is_active = place.flag_of("isActive", true)?;
    account.is_registered = place.flag_of("isRegistered", true)?;
    account.registered = time("registered")?.or(account.is_registered.then_some(account.created));
    account.last_login = time("lastLogin")?;
    account.last_updated = time("lastUpdated")?.unwrap_or(account.created);
    account.oldest_data_updated = account.created;
    account.verified = time("verified")?;
    Ok(())
}

/// Addresses and user name: the profile's address is verified and logs in unless the section says otherwise.
fn identifiers(
    gigya: &mut Gigya,
    place: &Section<'_>,
    site: &Site,
    account: &mut Account,
) -> Result<(), SeedError> {
    let list = |section: &Section<'_>, name: &str| -> Result<Vec<String>, SeedError> {
        section.list(name)?.iter().map(|item| item.text().map(str::to_owned)).collect()
    };
    account.is_verified = place.flag_of("isVerified", account.email().is_some())?;
    if account.is_verified {
        account.verified.get_or_insert(account.created);
    }
    account.username = place.text_of("username")?.map(str::to_owned);
    if let Some(email) = account.email().map(str::to_owned) {
        account.add_email(&email, account.is_verified);
        if site.logs_in_by("email") {
            account.add_login_email(&email);
        }
    }
    if let Some(emails) = place.get("emails") {
        emails.shaped(EMAILS)?;
        account.verified_emails = list(&emails, "verified")?;
        account.unverified_emails = list(&emails, "unverified")?;
    }
    if let Some(ids) = place.get("loginIDs") {
        ids.shaped(LOGIN_IDS)?;
        account.login_emails = list(&ids, "emails")?;
        account.username = ids.text_of("username")?.map(str::to_owned).or(account.username.take());
    }
    let people = gigya.people_of(&site.api_key);
    let taken = account.login_ids().into_iter().find(|id| people.holder(id).is_some());
    taken.map_or(Ok(()), |id| {
        Err(place.wrong(format!("another account logs in with {}", id.replace('\n', " "))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn mistakes_have_places_and_change_nothing() {
        for (section, path) in [
            (json!({"account": []}), "account"),
            (json!({"sites": [{"apikey": "x"}]}), "sites[0].apikey"),
            (json!({"sites": [{"partner_secret": "!"}]}), "sites[0].partner_secret"),
            (
                json!({"sites": [{"keys": [{"user_key": "K", "public_key": "PEM"}]}]}),
                "sites[0].keys[0].public_key",
            ),
            (json!({"accounts": [{"UID": "a"}, {"UID": "a"}]}), "accounts[1]"),
            (json!({"accounts": [{"profile": {"gender": "X"}}]}), "accounts[0].profile.gender"),
            (json!({"accounts": [{"profile": {"nickName": "A"}}]}), "accounts[0].profile.nickName"),
            (
                json!({"accounts": [{"profile": {"email": "a@b.org"}}, {"profile": {"email": "A@b.org"}}]}),
                "accounts[1]",
            ),
            (json!({"accounts": [{"api_key": "3_nobody"}]}), "accounts[0]"),
            (json!({"accounts": [{"created": "yesterday"}]}), "accounts[0].created"),
        ] {
            let mut gigya = Gigya::new(1);
            assert_eq!(gigya.seed(Instant::START, &section).unwrap_err().path, path, "{section}");
            assert!(gigya.accounts().is_empty());
        }
    }

    #[test]
    fn seeded_accounts_are_found_at_once() {
        let mut gigya = Gigya::new(1);
        let section = json!({
            "sites": [{"custom_api_domain_prefix": "login"}],
            "accounts": [{"UID": "ann", "profile": {"email": "ann@example.org"}, "created": "2025-01-01T00:00:00Z"}],
        });
        gigya.seed(Instant::START, &section).unwrap();
        assert!(gigya.sites.contains_key(DEFAULT_API_KEY));
        let ann = gigya.account("ann").unwrap();
        assert_eq!(ann["emails"]["verified"], json!(["ann@example.org"]));
        assert_eq!(ann["lastUpdated"], "2025-01-01T00:00:00.000Z");
        assert_eq!(gigya.next_due(), None);
    }
}
