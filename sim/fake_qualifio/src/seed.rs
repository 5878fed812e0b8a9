//! Reading a world file's section.

use crate::account::Role;
use crate::integration::{EXPERT_MEMBERS, LoginScreen, SiteMode, TypedBlock, read_expert};
use crate::manager::{campaigns, integrations, websites};
use crate::problem::Problem;
use crate::qualifio::Qualifio;
use crate::secure_token;
use crate::webhooks::settings;
use crate::{feed, gdpr, mapping};
use serde_json::Value;
use standin_fake_kit::{Part, Section, SeedError, Shape};
use standin_model::Instant;
use std::sync::Arc;

/// Reads the section into `qualifio`: what an administrator would have set up before the story begins. Roles
/// are not asked for; what would not be accepted from an administrator is not accepted here.
pub fn read(qualifio: &mut Qualifio, now: Instant, section: &Value) -> Result<(), SeedError> {
    let root = Section::root(section);
    root.shaped(SHAPE)?;
    if let Some(id) = root.get("client_id") {
        qualifio.client_id = id.number()?;
    }
    for item in root.list("operators")? {
        item.shaped(OPERATOR)?;
        // Whoever has no role may do what an observer may.
        let role = item.get("role").map_or(Ok(Role::Observer), |role| Role::read(&role))?;
        let name = item.need("name")?.text()?.to_owned();
        if item.flag_of("dpo", false)? {
            qualifio.officers.insert(name.clone());
        }
        qualifio.operators.insert(name, role);
    }
    read_websites(qualifio, &root)?;
    if let Some(gigya) = root.get("gigya_sso") {
        read_integration(qualifio, &gigya)?;
    }
    for item in root.list("mapping_variables")? {
        qualifio.mapping.add(&item).map_err(|problem| placed(problem, &item))?;
    }
    for item in root.list("campaigns")? {
        if item.flag_of("sso", false)? && !qualifio.integration.is_configured() {
            return Err(item.wrong_because("single sign-on has no configuration", "add `gigya_sso`"));
        }
        campaigns::add(qualifio, now, &item).map_err(|problem| placed(problem, &item))?;
    }
    for item in root.list("webhooks")? {
        settings::add(qualifio, now, &item).map_err(|problem| placed(problem, &item))?;
    }
    for item in root.list("feeds")? {
        feed::add(qualifio, &item).map_err(|problem| placed(problem, &item))?;
    }
    if let Some(section) = root.get("secure_token") {
        qualifio.token_key = Some(secure_token::read_key(&section)?);
    }
    if let Some(section) = root.get("gdpr") {
        gdpr::seed(qualifio, &section).map_err(|problem| placed(problem, &section))?;
    }
    Ok(())
}

/// What a world's section may have.
pub const SHAPE: Shape = &[
    Part::List("operators", OPERATOR),
    Part::Plain(&["client_id"]),
    Part::One("gigya_sso", INTEGRATION),
    Part::List("websites", websites::SHAPE),
    Part::List("mapping_variables", mapping::VARIABLE),
    Part::List("campaigns", campaigns::SHAPE),
    Part::List("webhooks", settings::SHAPE),
    Part::List("feeds", feed::SHAPE),
    Part::One("secure_token", secure_token::SHAPE),
    Part::One("gdpr", gdpr::SHAPE),
];
const OPERATOR: Shape = &[Part::Plain(&["name", "role", "dpo"])];
const INTEGRATION: Shape = &[
    Part::Plain(&["enabled", "name"]),
    Part::Named("sites", SITE),
    Part::One("gigya_subscription", SUBSCRIPTION),
    Part::Plain(TypedBlock::MEMBERS),
    Part::Plain(EXPERT_MEMBERS),
];
const SITE: Shape = &[Part::Plain(&["site_mode"]), Part::Plain(TypedBlock::MEMBERS)];
const SUBSCRIPTION: Shape = &[Part::Plain(&["sso"])];

/// The largest number of a website.
const LARGEST_WEBSITE: u64 = 4_000_000_000;

/// A refusal at the place of the section that it is about.
fn placed(problem: Problem, at: &Section<'_>) -> SeedError {
    let within = |field: &str| match at.path() {
        "" => field.to_owned(),
        path if field.starts_with(path) => field.to_owned(),
        path => format!("{path}.{field}"),
    };
    match problem {
        Problem::Malformed { field, message, hint } => SeedError { path: within(&field), message, hint },
        Problem::MissingField(field) => at.wrong(format!("`{field}` is missing")),
        problem => {
            let path = problem.field().filter(|field| at.get(field).is_some());
            let path = path.map_or_else(|| at.path().to_owned(), within);
            SeedError { path, message: format!("{}: {problem}", problem.name()), hint: None }
        }
    }
}

fn read_websites(qualifio: &mut Qualifio, root: &Section<'_>) -> Result<(), SeedError> {
    let items = root.list("websites")?;
    // A world that names its websites has those and no other.
    if !items.is_empty() && qualifio.campaigns.is_empty() {
        qualifio.websites.clear();
    }
    for (at, item) in items.iter().enumerate() {
        item.shaped(websites::SHAPE)?;
        let mut blank = websites::blank(qualifio);
        blank.id = crate::qualifio::DEFAULT_WEBSITE.max(blank.id);
        blank.name = if at == 0 { "Brand BE".to_owned() } else { String::new() };
        blank.domain = if at == 0 { "jeux.brand.example".to_owned() } else { String::new() };
        if let Some(id) = item.get("id") {
            blank.id = id.number()?;
            if blank.id > LARGEST_WEBSITE {
                return Err(id.wrong(format!("a website's number is at most {LARGEST_WEBSITE}")));
            }
        }
        let website = websites::read(item, blank).map_err(|problem| placed(problem, item))?;
        let same =
            |other: &Arc<crate::account::Website>| other.name == website.name || other.id == website.id;
        if qualifio.websites.values().any(same) {
            return Err(item.wrong("another website has this name or id"));
        }
        qualifio.websites.insert(website.id, Arc::new(website));
    }
    Ok(())
}

fn read_integration(qualifio: &mut Qualifio, section: &Section<'_>) -> Result<(), SeedError> {
    section.shaped(INTEGRATION)?;
    read_expert(&mut qualifio.integration, section)?;
    let name = section.text_of("name")?;
    let block = with_defaults(qualifio, TypedBlock::read(section)?);
    integrations::keep(qualifio, name, &block).map_err(|problem| placed(problem, section))?;
    for (name, site) in section.get("sites").map_or_else(|| Ok(Vec::new()), |sites| sites.each())? {
        read_site(qualifio, name, &site)?;
    }
    let mut licensed = true;
    if let Some(subscription) = section.get("gigya_subscription") {
        subscription.shaped(SUBSCRIPTION)?;
        licensed = subscription.flag_of("sso", true)?;
    }
    let enabled = section.flag_of("enabled", licensed)?;
    if enabled && !licensed {
        return Err(placed(Problem::SsoNotInSubscription, section));
    }
    qualifio.integration.enabled = enabled;
    qualifio.integration.subscription_sso = licensed;
    Ok(())
}

/// The credentials of the world's Gigya, where the section names none, and the login screen that fits.
fn with_defaults(qualifio: &Qualifio, mut block: TypedBlock) -> TypedBlock {
    if let Some(defaults) = &qualifio.defaults {
        block.user_key.get_or_insert_with(|| defaults.user_key.clone());
        block.secret_key.get_or_insert_with(|| defaults.secret.clone());
        block.api_key.get_or_insert_with(|| standin_ports::Secret::new(defaults.api_key.as_str()));
    }
    let redirect = block.redirection_url.is_some() && block.screen_set.is_none();
    let usual = if redirect { LoginScreen::Redirect } else { LoginScreen::ScreenSet };
    if *block.login_screen.get_or_insert(usual) == LoginScreen::ScreenSet {
        block.screen_set.get_or_insert_with(|| "Default-RegistrationLogin".to_owned());
    }
    block
}

fn read_site(qualifio: &mut Qualifio, name: &str, site: &Section<'_>) -> Result<(), SeedError> {
    site.shaped(SITE)?;
    let Some(id) = qualifio.websites.values().find(|website| website.name == name).map(|found| found.id)
    else {
        let names = qualifio.websites.values().map(|website| website.name.clone());
        let names = names.collect::<Vec<_>>().join(", ");
        return Err(site.wrong_because("no website is called so", format!("known here: {names}")));
    };
    let mode = site.get("site_mode").map(|mode| SiteMode::read(&mode)).transpose()?;
    let typed = TypedBlock::read(site)?;
    let block = if typed.is_empty() { typed } else { with_defaults(qualifio, typed) };
    integrations::keep_site(qualifio, id, mode, &block).map_err(|problem| placed(problem, site))?;
    Ok(())
}
