//! Campaigns and their single sign-on.

use super::typed::{LONGEST_TEXT, LONGEST_WORD, in_order, language, line, parent_page, text, within};
use super::{Call, editing, json_reply, refused, warnings_json};
use crate::campaign::{
    Campaign, Channel, ChannelKind, FIELD, MOST, Mode, OPTIN, QUESTION, Step, read_field, read_optin,
    read_question, read_steps,
};
use crate::exit_text;
use crate::integration::LoginScreen;
use crate::limits::{self, read_limits};
use crate::mapping::Kind;
use crate::problem::{Problem, Warning};
use crate::qualifio::{Keys, Pending, Qualifio};
use crate::turn::{Ask, AskFailed, GigyaConfig, SiteAnswer, Turn};
use serde_json::{Value, json};
use standin_fake_kit::{Part, Section, SeedError, Shape};
use standin_model::Instant;

/// The most campaigns of one account.
const MOST_CAMPAIGNS: usize = 100_000;

/// The largest number of a campaign.
const LARGEST: u64 = 9_999_999;

const OF_CHANNEL: Part = Part::Plain(&["channel", "website", "language", "parent_page", "starts", "ends"]);
const CHANNEL: Shape = &[OF_CHANNEL];
const THEME: Shape = &[Part::Plain(&["code", "description"])];

/// What a campaign may have; what is said of its one channel stands beside the rest.
pub(crate) const SHAPE: Shape = &[
    Part::Plain(&["id", "name", "title", "public_name", "mode", "steps"]),
    Part::Shorts("fields", FIELD),
    Part::Shorts("optins", OPTIN),
    Part::Shorts("questions", QUESTION),
    Part::Plain(&["questions_per_page", "exit_text"]),
    Part::Short("limit", limits::SHAPE),
    Part::Plain(&["sso", "auto_submit", "lite_registration", "preview", "type", "creator"]),
    Part::List("themes", THEME),
    Part::List("channels", CHANNEL),
    OF_CHANNEL,
];

pub(super) fn list(qualifio: &mut Qualifio, _: &Call<'_>) -> Result<Turn, Problem> {
    let campaigns: Value = qualifio.campaigns.values().map(|campaign| shown(qualifio, campaign)).collect();
    Ok(json_reply(200, &json!({"campaigns": campaigns})))
}

pub(super) fn shown(qualifio: &Qualifio, campaign: &Campaign) -> Value {
    let mut body = campaign.to_json();
    editing::complete(qualifio, campaign, &mut body);
    body["integration"] = if campaign.sso { qualifio.integration.name.as_str().into() } else { Value::Null };
    body
}

pub(super) fn known(qualifio: &Qualifio, call: &Call<'_>) -> Result<std::sync::Arc<Campaign>, Problem> {
    let id = call.number("campaign")?;
    qualifio.campaigns.get(&id).cloned().ok_or_else(|| Problem::NotFound(format!("campaign {id}")))
}

pub(super) fn get(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let campaign = known(qualifio, call)?;
    Ok(json_reply(200, &shown(qualifio, &campaign)))
}

pub(super) fn create(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let section = Section::root(&call.body);
    if let Some(sso) = section.get("sso") {
        return Err(sso.wrong("single sign-on is switched by a call of its own").into());
    }
    let campaign = add(qualifio, call.now, &section)?;
    Ok(json_reply(201, &shown(qualifio, &campaign)))
}

pub(super) fn change(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let campaign = known(qualifio, call)?;
    let (body, numbers) = editing::without_numbers(&call.body);
    let section = Section::root(&body);
    for fixed in ["id", "sso", "auto_submit", "channels"].iter().chain(OF_CHANNEL.names()) {
        if let Some(member) = section.get(fixed) {
            return Err(member.wrong("this is not changed here").into());
        }
    }
    section.shaped(SHAPE)?;
    let mut next = (*campaign).clone();
    read(qualifio, &section, &mut next)?;
    numbers.give_back(&campaign, &mut next)?;
    next.modified = call.now;
    if next.sso {
        next.check_sso()?;
    }
    qualifio.keep_campaign(next.clone());
    Ok(json_reply(200, &shown(qualifio, &next)))
}

/// Adds a campaign out of a mapping, single sign-on included if that asks for it.
pub(crate) fn add(qualifio: &mut Qualifio, now: Instant, section: &Section<'_>) -> Result<Campaign, Problem> {
    section.shaped(SHAPE)?;
    if qualifio.campaigns.len() >= MOST_CAMPAIGNS {
        return Err(Problem::Full("100000 campaigns"));
    }
    let id = match section.get("id") {
        Some(id) => id.number()?,
        None => qualifio.numbers.campaign,
    };
    if id > LARGEST {
        return Err(Problem::InvalidField { field: "id", why: "is larger than a campaign's number gets" });
    }
    let taken = |id: u64| {
        let channel = |campaign: &Campaign| campaign.channels.iter().any(|channel| channel.id == id);
        qualifio.campaigns.contains_key(&id) || qualifio.campaigns.values().any(|campaign| channel(campaign))
    };
    if section.get("id").is_some() && taken(id) {
        return Err(Problem::InvalidField { field: "id", why: "is taken already" });
    }
    let mut campaign = blank(qualifio, now, id);
    campaign.channels = read_channels(qualifio, section, id)?;
    read(qualifio, section, &mut campaign)?;
    if section.get("fields").is_none() && campaign.mode == Mode::Identified {
        let ordinary = json!(["firstname", "lastname", "email"]);
        read_form(qualifio, &Section::root(&ordinary), &mut campaign)?;
    }
    check_form(&campaign)?;
    campaign.auto_submit = section.flag_of("auto_submit", false)?;
    if section.flag_of("sso", false)? {
        campaign.sso = true;
        campaign.check_sso()?;
    }
    let last = campaign.channels.iter().map(|channel| channel.id).max().unwrap_or(id);
    qualifio.numbers.campaign = qualifio.numbers.campaign.max(last.saturating_add(1));
    qualifio.keep_campaign(campaign.clone());
    Ok(campaign)
}

fn blank(qualifio: &mut Qualifio, now: Instant, id: u64) -> Campaign {
    Campaign {
        id,
        guid: qualifio.ids.guid(),
        title: format!("Campaign {id}"),
        public_name: String::new(),
        mode: Mode::Identified,
        steps: Vec::new(),
        fields: Vec::new(),
        optins: Vec::new(),
        questions: Vec::new(),
        questions_per_page: 0,
        exit_text: None,
        limits: Vec::new(),
        sso: false,
        auto_submit: false,
        lite_registration: false,
        preview: false,
        kind: "QUIZZ".to_owned(),
        themes: Vec::new(),
        creator: None,
        created: now,
        modified: now,
        channels: Vec::new(),
    }
}

fn read(qualifio: &mut Qualifio, section: &Section<'_>, campaign: &mut Campaign) -> Result<(), Problem> {
    if let Some(title) = line(section, "title")?.or(line(section, "name")?) {
        campaign.title = title;
    }
    if let Some(name) = line(section, "public_name")? {
        campaign.public_name = name;
    }
    if campaign.title.is_empty() {
        return Err(Problem::MissingField("title".to_owned()));
    }
    if campaign.public_name.is_empty() {
        campaign.public_name = campaign.title.clone();
    }
    if let Some(mode) = section.get("mode") {
        let mode = match mode.word(&["identified", "anonymous"])? {
            "anonymous" => Mode::Anonymous,
            _ => Mode::Identified,
        };
        if mode != campaign.mode {
            campaign.steps.clear();
        }
        campaign.mode = mode;
    }
    if let Some(fields) = section.get("fields") {
        read_form(qualifio, &fields, campaign)?;
    }
    read_parts(qualifio, section, campaign)?;
    exit_text::read(section, campaign)?;
    if let Some(count) = section.get("questions_per_page") {
        campaign.questions_per_page = count.number()?.try_into().unwrap_or(0);
    }
    if let Some(limit) = section.get("limit") {
        campaign.limits = read_limits(&limit)?;
    }
    campaign.lite_registration = section.flag_of("lite_registration", campaign.lite_registration)?;
    campaign.preview = section.flag_of("preview", campaign.preview)?;
    read_description(section, campaign)?;
    match section.get("steps") {
        Some(steps) => campaign.steps = read_steps(&steps, campaign.mode)?,
        None if campaign.steps.is_empty() => campaign.steps = usual_steps(campaign),
        None => {}
    }
    if campaign.mode == Mode::Anonymous {
        campaign.fields.clear();
        if campaign.sso {
            return Err(Problem::AnonymousCampaign);
        }
    }
    Ok(())
}

/// What feeds and webhooks say about a campaign.
fn read_description(section: &Section<'_>, campaign: &mut Campaign) -> Result<(), SeedError> {
    if let Some(kind) = text(section, "type", LONGEST_WORD)? {
        campaign.kind = kind;
    }
    if let Some(creator) = text(section, "creator", LONGEST_WORD)? {
        campaign.creator = Some(creator);
    }
    let Some(themes) = section.get("themes") else { return Ok(()) };
    campaign.themes.clear();
    for theme in bounded(&themes)? {
        theme.shaped(THEME)?;
        let code = within(&theme.need("code")?, LONGEST_WORD)?;
        let description = text(&theme, "description", LONGEST_TEXT)?.unwrap_or_default();
        campaign.themes.push((code, description));
    }
    Ok(())
}

fn usual_steps(campaign: &Campaign) -> Vec<Step> {
    match (campaign.mode, campaign.questions.is_empty()) {
        (Mode::Anonymous, _) => vec![Step::Intro, Step::Questions, Step::Exit],
        (Mode::Identified, true) => vec![Step::Intro, Step::Form, Step::Exit],
        (Mode::Identified, false) => vec![Step::Intro, Step::Questions, Step::Form, Step::Exit],
    }
}

fn bounded<'a>(section: &Section<'a>) -> Result<Vec<Section<'a>>, SeedError> {
    let items = section.items()?;
    if items.len() > MOST { Err(section.wrong(format!("no more than {MOST}"))) } else { Ok(items) }
}

fn read_form(qualifio: &mut Qualifio, section: &Section<'_>, campaign: &mut Campaign) -> Result<(), Problem> {
    campaign.fields.clear();
    for item in bounded(section)? {
        let mut field = read_field(&item, &mut qualifio.numbers)?;
        let label = qualifio.mapping.check(&item, &field.variable, Kind::Answer)?;
        if let (Some(label), None) = (label, item.get("label")) {
            field.label = label.to_owned();
        }
        campaign.fields.push(field);
    }
    check_form(campaign)
}

/// Whoever takes part is known by first name, last name and e-mail address.
fn check_form(campaign: &Campaign) -> Result<(), Problem> {
    if campaign.mode == Mode::Anonymous {
        return Ok(());
    }
    for needed in ["firstname", "lastname", "email"] {
        if !campaign.fields.iter().any(|field| field.variable == needed) {
            return Err(Problem::MissingField(needed.to_owned()));
        }
    }
    Ok(())
}

fn read_parts(
    qualifio: &mut Qualifio,
    section: &Section<'_>,
    campaign: &mut Campaign,
) -> Result<(), Problem> {
    if let Some(optins) = section.get("optins") {
        campaign.optins.clear();
        for item in bounded(&optins)? {
            let mut optin = read_optin(&item, &mut qualifio.numbers)?;
            let label = qualifio.mapping.check(&item, &optin.variable, Kind::Optin)?;
            if let (Some(label), None) = (label, item.get("label")) {
                optin.label = label.to_owned();
            }
            campaign.optins.push(optin);
        }
    }
    if let Some(questions) = section.get("questions") {
        campaign.questions.clear();
        for item in bounded(&questions)? {
            campaign.questions.push(read_question(&item, &mut qualifio.numbers)?);
        }
    }
    Ok(())
}

fn read_channels(
    qualifio: &mut Qualifio,
    section: &Section<'_>,
    campaign: u64,
) -> Result<Vec<Channel>, Problem> {
    let Some(listed) = section.get("channels") else {
        return Ok(vec![read_channel(qualifio, section, None, campaign.saturating_add(1))?]);
    };
    let mut channels = Vec::new();
    for (at, item) in bounded(&listed)?.into_iter().enumerate() {
        item.shaped(CHANNEL)?;
        channels.push(read_channel(qualifio, &item, Some(section), campaign.saturating_add(at as u64 + 1))?);
    }
    if channels.is_empty() {
        return Err(listed.wrong("a campaign has at least one channel").into());
    }
    Ok(channels)
}

/// Reads a channel; what it does not say itself stands for all channels in `usual`.
pub(super) fn read_channel(
    qualifio: &mut Qualifio,
    section: &Section<'_>,
    usual: Option<&Section<'_>>,
    id: u64,
) -> Result<Channel, Problem> {
    let own = |member: &str| match usual {
        Some(usual) if section.value().get(member).is_none() => usual,
        _ => section,
    };
    let kind = match own("channel").get("channel") {
        Some(word) => match word.word(&["minisite", "widget", "mobile"])? {
            "widget" => ChannelKind::Widget,
            "mobile" => ChannelKind::Mobile,
            _ => ChannelKind::Minisite,
        },
        None => ChannelKind::Minisite,
    };
    let website = read_website(qualifio, own("website"))?;
    let spoken = qualifio.websites.get(&website).map_or("fr", |site| site.language.as_str());
    let time = |member: &str| match own(member).get(member) {
        Some(time) => {
            let parsed: Result<Instant, _> = time.text()?.parse();
            parsed.map(Some).map_err(|error| time.wrong(error.to_string()))
        }
        None => Ok::<_, SeedError>(None),
    };
    let (starts, ends) = (time("starts")?, time("ends")?);
    in_order(starts, ends)?;
    Ok(Channel {
        id,
        kind,
        website,
        language: language(own("language"))?.unwrap_or_else(|| spoken.to_owned()),
        parent_page: parent_page(own("parent_page"))?,
        starts,
        ends,
        guid: qualifio.channel_guid(),
    })
}

/// A website by name or number; the first one if none is named.
fn read_website(qualifio: &Qualifio, section: &Section<'_>) -> Result<u64, SeedError> {
    let Some(website) = section.get("website") else {
        return qualifio
            .websites
            .get_min()
            .map(|(id, _)| *id)
            .ok_or_else(|| section.wrong("there is no website to publish on"));
    };
    let found = match website.value().as_u64() {
        Some(id) => qualifio.websites.get(&id),
        None => {
            let name = website.text()?;
            qualifio.websites.values().find(|site| site.name == name)
        }
    };
    found.map(|site| site.id).ok_or_else(|| {
        let names = qualifio.websites.values().map(|site| site.name.clone()).collect::<Vec<_>>().join(", ");
        website.wrong_because("no website is called so", format!("known here: {names}"))
    })
}

/// What shall become of a campaign's single sign-on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SsoChange {
    pub(crate) enabled: bool,
    pub(crate) auto_submit: Option<bool>,
}

/// Tells what switching on would say, and changes nothing.
pub(super) fn look_at_sso(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let campaign = known(qualifio, call)?;
    Ok(match begin(qualifio, &campaign, None) {
        Ok(turn) => turn,
        Err(problem) => looked_at(qualifio, campaign.id, &Err(problem)),
    })
}

fn looked_at(qualifio: &Qualifio, id: u64, outcome: &Result<Vec<Warning>, Problem>) -> Turn {
    let Some(campaign) = qualifio.campaigns.get(&id) else {
        return Turn::Reply(refused(&Problem::NotFound(format!("campaign {id}"))));
    };
    let (warnings, refusal) = match outcome {
        Ok(warnings) => (warnings_json(warnings), Value::Null),
        Err(problem) => (json!([]), problem.to_json()["error"].take()),
    };
    let body = json!({
        "sso": {"enabled": campaign.sso, "auto_submit": campaign.auto_submit},
        "integration": {"enabled": qualifio.integration.enabled, "name": qualifio.integration.name},
        "warnings": warnings, "refusal": refusal,
    });
    json_reply(200, &body)
}

pub(super) fn sso(qualifio: &mut Qualifio, call: &Call<'_>) -> Result<Turn, Problem> {
    let campaign = known(qualifio, call)?;
    let section = Section::root(&call.body);
    section.only(&["enabled", "auto_submit"])?;
    let auto_submit = section.get("auto_submit").map(|flag| flag.flag()).transpose()?;
    let change = SsoChange { enabled: section.flag_of("enabled", campaign.sso)?, auto_submit };
    if !change.enabled {
        return Ok(keep_sso(qualifio, campaign.id, &change, &[]));
    }
    begin(qualifio, &campaign, Some(change))
}

fn begin(qualifio: &mut Qualifio, campaign: &Campaign, change: Option<SsoChange>) -> Result<Turn, Problem> {
    if !qualifio.integration.subscription_sso {
        return Err(Problem::SsoNotInSubscription);
    }
    campaign.check_sso()?;
    qualifio.check_configs(campaign)?;
    let mut configs = Vec::new();
    for channel in &campaign.channels {
        let config = qualifio.integration.config(channel.website);
        configs.extend(config.filter(|config| !configs.contains(config)));
    }
    let round = SsoRound { campaign: campaign.id, change, configs, warnings: Vec::new() };
    Ok(ask_next(qualifio, round))
}

/// Switching single sign-on on: each Gigya site behind the campaign's channels is asked once.
#[derive(Clone, Debug)]
pub(crate) struct SsoRound {
    campaign: u64,
    /// Nothing if somebody only looks.
    change: Option<SsoChange>,
    /// Those that are still to answer; the first is being asked.
    configs: Vec<GigyaConfig>,
    warnings: Vec<Warning>,
}

fn ask_next(qualifio: &mut Qualifio, round: SsoRound) -> Turn {
    match round.configs.first().cloned() {
        Some(config) => qualifio.ask(Pending::Sso(round), Ask::SiteConfig(config)),
        None => {
            let advice = advice(qualifio, &round);
            decided(qualifio, &round, advice)
        }
    }
}

fn decided(qualifio: &mut Qualifio, round: &SsoRound, advice: Result<Vec<Warning>, Problem>) -> Turn {
    match (round.change, advice) {
        (None, advice) => looked_at(qualifio, round.campaign, &advice),
        (Some(change), Ok(warnings)) => keep_sso(qualifio, round.campaign, &change, &warnings),
        (Some(_), Err(problem)) => Turn::Reply(refused(&problem)),
    }
}

/// Goes on when one Gigya site is known.
pub(crate) fn sso_site_known(
    qualifio: &mut Qualifio,
    mut round: SsoRound,
    site: Result<SiteAnswer, AskFailed>,
) -> Turn {
    let config = round.configs.remove(0);
    note_keys(qualifio, round.campaign, &config, &site);
    match domains_advice(qualifio, round.campaign, &config, &site) {
        Ok(warnings) => round.warnings.extend(warnings),
        Err(problem) => return decided(qualifio, &round, Err(problem)),
    }
    ask_next(qualifio, round)
}

/// What Gigya thinks of the keys is told for every website that uses them.
fn note_keys(qualifio: &mut Qualifio, id: u64, config: &GigyaConfig, site: &Result<SiteAnswer, AskFailed>) {
    let keys = match site {
        Ok(_) => Keys::Taken,
        Err(AskFailed::CredentialsRejected) => Keys::Refused,
        Err(AskFailed::GigyaUnreachable) => return,
    };
    let Some(campaign) = qualifio.campaigns.get(&id).cloned() else { return };
    for channel in &campaign.channels {
        if qualifio.integration.config(channel.website).as_ref() == Some(config) {
            qualifio.keys_are(keys, channel.website);
        }
    }
}

fn known_still(qualifio: &Qualifio, id: u64) -> Result<&Campaign, Problem> {
    let campaign = qualifio.campaigns.get(&id).ok_or_else(|| Problem::NotFound(format!("campaign {id}")))?;
    Ok(campaign)
}

/// What can be said about the domains whose Gigya site has just answered.
fn domains_advice(
    qualifio: &Qualifio,
    id: u64,
    config: &GigyaConfig,
    site: &Result<SiteAnswer, AskFailed>,
) -> Result<Vec<Warning>, Problem> {
    let mut warnings = Vec::new();
    for channel in &known_still(qualifio, id)?.channels {
        if qualifio.integration.config(channel.website).as_ref() == Some(config) {
            let domain = qualifio.websites.get(&channel.website).map_or("", |site| site.domain.as_str());
            warnings.extend(super::websites::domain_advice(domain, site.clone())?);
        }
    }
    Ok(warnings)
}

/// Everything that is advised, once nothing speaks against it.
fn advice(qualifio: &Qualifio, round: &SsoRound) -> Result<Vec<Warning>, Problem> {
    let campaign = known_still(qualifio, round.campaign)?;
    campaign.check_sso()?;
    qualifio.check_configs(campaign)?;
    let mut plain_http = false;
    for channel in &campaign.channels {
        if let Some(block) = qualifio.integration.effective(channel.website) {
            let url = block.redirection_url.as_ref().filter(|_| block.login_screen == LoginScreen::Redirect);
            plain_http |= url.is_some_and(|url| url.to_string().starts_with("http://"));
        }
    }
    let mut all = round.warnings.clone();
    all.extend(plain_http.then(|| Warning::new("HttpRedirectUrl")));
    all.extend(qualifio.screen_set_on_mobile(campaign, |_| true));
    all.extend(campaign.sso_warnings());
    let mut warnings = Vec::new();
    for warning in all {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    Ok(warnings)
}

impl Qualifio {
    /// What is advised where phones meet a campaign's screen-set, on the channels that are asked about.
    pub(super) fn screen_set_on_mobile(
        &self,
        campaign: &Campaign,
        asked: impl Fn(&Channel) -> bool,
    ) -> Option<Warning> {
        let shows_screen_set = |channel: &Channel| {
            let block = self.integration.effective(channel.website);
            block.is_some_and(|block| block.login_screen == LoginScreen::ScreenSet)
        };
        let mut meant = campaign.channels.iter().filter(|channel| asked(channel));
        meant
            .any(|channel| channel.kind != ChannelKind::Minisite && shows_screen_set(channel))
            .then(|| Warning::new("ScreenSetOnMobile"))
    }
}

fn keep_sso(qualifio: &mut Qualifio, id: u64, change: &SsoChange, warnings: &[Warning]) -> Turn {
    let Some(campaign) = qualifio.campaigns.get(&id) else {
        return Turn::Reply(refused(&Problem::NotFound(format!("campaign {id}"))));
    };
    let mut next = (**campaign).clone();
    next.sso = change.enabled;
    next.auto_submit = change.auto_submit.unwrap_or(next.auto_submit);
    let integration = next.sso.then(|| qualifio.integration.name.clone());
    let body = json!({
        "sso": {"enabled": next.sso, "auto_submit": next.auto_submit, "integration": integration},
        "warnings": warnings_json(warnings),
    });
    qualifio.keep_campaign(next);
    json_reply(200, &body)
}
