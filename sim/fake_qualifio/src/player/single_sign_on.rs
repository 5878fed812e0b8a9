//! From the question whether somebody is signed in to the form that knows them.

use super::flow::{edit, show};
use super::{page, submit};
use crate::campaign::{Channel, ChannelKind, Field, Step};
use crate::domain::{api_host, data_center_host, registrable};
use crate::integration::LoginScreen;
use crate::participation::{Identified, Participation, Reach, SsoState};
use crate::problem::Warning;
use crate::qualifio::{Keys, Pending, Qualifio};
use crate::turn::{Ask, Identity, IdentityRefused, SiteAnswer, Turn};
use standin_fake_kit::form::Form;
use standin_model::host::Verdict;
use standin_model::{Email, Host, Instant, Uid};
use std::collections::BTreeSet;

/// Whether a participation stands before a form that wants single sign-on first.
pub fn is_due(qualifio: &Qualifio, participation: &Participation) -> bool {
    participation.campaign.sso
        && qualifio.integration.enabled
        && participation.step() == Step::Form
        && participation.identity.is_none()
        && participation.row.is_none()
}

/// Asks how the Gigya site is set up, since that decides what the page's browser will find.
pub(super) fn look(qualifio: &mut Qualifio, participation: &Participation) -> Turn {
    let site = participation.channel().map_or(0, |channel| channel.website);
    if matches!(participation.sso, SsoState::Failed(_)) {
        return Turn::Reply(page::of(qualifio, participation));
    }
    match qualifio.integration.config(site) {
        Some(config) => qualifio.ask(Pending::Page { uk: participation.uk.clone() }, Ask::SiteConfig(config)),
        None => {
            let mut failed = participation.clone();
            failed.sso = SsoState::Failed("InvalidConfig");
            edit(qualifio, &participation.uk, |participation| participation.sso = failed.sso.clone());
            Turn::Reply(page::of(qualifio, &failed))
        }
    }
}

/// Goes on when the Gigya site is known. Without an answer nothing is assumed about it: whether Gigya can be
/// reached is then for the page's browser to find out.
pub fn site_known(qualifio: &mut Qualifio, uk: &str, site: Option<SiteAnswer>) -> Turn {
    let data_center = qualifio.integration.data_center.clone();
    let prefix = site.and_then(|site| site.custom_api_domain_prefix);
    edit(qualifio, uk, |participation| {
        let host = &participation.host;
        participation.reach = Some(Reach {
            api_host: api_host(&data_center, prefix.as_deref(), host),
            prefix: prefix.as_deref().map(str::trim).map(str::to_owned),
            impossible: host.verdict(prefix.as_deref()) == Verdict::Forbidden,
        });
    });
    let Some(participation) = qualifio.participations.get(uk).cloned() else {
        return show(qualifio, uk);
    };
    Turn::Reply(page::of(qualifio, &participation))
}

/// What the page's browser found out: no answer from Gigya, nobody signed in, or a signed identity.
pub(super) fn session(qualifio: &mut Qualifio, _: Instant, uk: &str, form: &Form) -> Turn {
    let Some(participation) = qualifio.participations.get(uk).cloned() else {
        return show(qualifio, uk);
    };
    // Before the Gigya site is known there is no page that could have asked it for a session.
    let asked = participation.reach.is_some() && !matches!(participation.sso, SsoState::Failed(_));
    if !is_due(qualifio, &participation) || !asked {
        return show(qualifio, uk);
    }
    // Nobody can be believed who says to have spoken with a host that cannot exist.
    let impossible = participation.reach.as_ref().is_some_and(|reach| reach.impossible);
    if impossible || form.get("unreachable") == Some("1") {
        return fail(qualifio, uk, "GigyaUnreachable");
    }
    let Some(identity) = Signed::read(form) else {
        return not_signed_in(qualifio, uk, &participation);
    };
    let in_screen_set = matches!(participation.sso, SsoState::ScreenSet(_));
    if !in_screen_set && is_hidden_from(qualifio, &participation) {
        return not_signed_in(qualifio, uk, &participation);
    }
    identity.verify(qualifio, &participation)
}

/// The signed identity that the screen-set's callback brings.
pub(super) fn identify(qualifio: &mut Qualifio, now: Instant, uk: &str, form: &Form) -> Turn {
    if Signed::read(form).is_none() {
        let participation = qualifio.participations.get(uk);
        let channel = participation.and_then(|participation| participation.channel());
        let refused = page::Message { status: 400, name: "NoIdentity", channel, again: None };
        return Turn::Reply(page::message(qualifio, refused));
    }
    session(qualifio, now, uk, form)
}

/// Somebody leaves for the login page. What the next visit finds is then a return.
pub(super) fn leave(qualifio: &mut Qualifio, _: Instant, uk: &str, _: &Form) -> Turn {
    edit(qualifio, uk, |participation| {
        if let SsoState::RedirectOffered(url) = &participation.sso {
            participation.sso = SsoState::Redirected(url.clone());
        }
    });
    show(qualifio, uk)
}

/// Tries again after a failure, from the beginning and without an automatic redirect.
pub(super) fn retry(qualifio: &mut Qualifio, _: Instant, uk: &str, _: &Form) -> Turn {
    edit(qualifio, uk, |participation| {
        if matches!(participation.sso, SsoState::Failed(_)) {
            participation.sso = SsoState::Check;
            participation.reach = None;
            participation.returned = false;
            participation.attempts = 0;
            participation.may_redirect = false;
        }
    });
    show(qualifio, uk)
}

struct Signed {
    uid: String,
    signature: String,
    timestamp: String,
}

impl Signed {
    fn read(form: &Form) -> Option<Self> {
        if form.get("signed_in") == Some("0") {
            return None;
        }
        let text = |name| Some(form.get(name)?.to_owned()).filter(|text: &String| !text.is_empty());
        let signature = text("UIDSignature").unwrap_or_default();
        let timestamp = text("signatureTimestamp").unwrap_or_default();
        Some(Self { uid: text("UID")?, signature, timestamp })
    }

    /// A UID that nobody signed is refused without a question.
    fn verify(self, qualifio: &mut Qualifio, participation: &Participation) -> Turn {
        let uk = participation.uk.clone();
        let fits =
            self.uid.parse::<Uid>().is_ok() && !self.signature.is_empty() && !self.timestamp.is_empty();
        if !fits {
            return fail(qualifio, &uk, "InvalidSignature");
        }
        let site = participation.channel().map_or(0, |channel| channel.website);
        let Some(config) = qualifio.integration.config(site) else {
            return fail(qualifio, &uk, "InvalidConfig");
        };
        let ask = Ask::Identify {
            config,
            uid: self.uid.clone(),
            uid_signature: self.signature,
            signature_timestamp: self.timestamp,
            variables: participation.campaign.prefillable(),
        };
        qualifio.ask(Pending::Session { uk, uid: self.uid }, ask)
    }
}

/// Whether a browser that blocks third-party cookies keeps the session from this page.
fn is_hidden_from(qualifio: &Qualifio, participation: &Participation) -> bool {
    if !qualifio.knobs.on("qualifio.block_third_party_cookies") {
        return false;
    }
    let own = data_center_host(&qualifio.integration.data_center);
    let gigya = participation.reach.as_ref().map_or(own, |reach| reach.api_host.clone());
    gigya.parse::<Host>().is_ok_and(|gigya| registrable(&gigya) != registrable(&participation.host))
}

fn fail(qualifio: &mut Qualifio, uk: &str, error: &'static str) -> Turn {
    edit(qualifio, uk, |participation| participation.sso = SsoState::Failed(error));
    show(qualifio, uk)
}

fn not_signed_in(qualifio: &mut Qualifio, uk: &str, participation: &Participation) -> Turn {
    let Some(channel) = participation.channel() else { return show(qualifio, uk) };
    let Some(block) = qualifio.integration.effective(channel.website).cloned() else {
        return fail(qualifio, uk, "InvalidConfig");
    };
    if block.login_screen == LoginScreen::ScreenSet {
        let name = block.screen_set.clone().unwrap_or_default();
        edit(qualifio, uk, |participation| {
            participation.sso = SsoState::ScreenSet(name);
            if participation.device == "mobile" {
                participation.warn(Warning::new("ScreenSetOnMobile"));
            }
        });
        return show(qualifio, uk);
    }
    let attempts = participation.attempts + u64::from(participation.returned);
    if attempts >= qualifio.knobs.number("qualifio.max_redirects") && participation.returned {
        edit(qualifio, uk, |participation| participation.attempts = attempts);
        return fail(qualifio, uk, "TooManyRedirects");
    }
    let url = destination(qualifio, participation, channel)
        .and_then(|destination| Some(block.redirection_url.as_ref()?.with_destination(&destination)));
    let Some(url) = url else { return fail(qualifio, uk, "InvalidDestination") };
    edit(qualifio, uk, |participation| {
        participation.attempts = attempts;
        participation.returned = false;
        participation.sso = SsoState::RedirectOffered(url);
    });
    show(qualifio, uk)
}

/// Where the login page shall send the participant: into this participation, on the campaign's own domain or
/// on the page that embeds it. Nothing else, or the login page would send people anywhere an address says.
fn destination(qualifio: &Qualifio, participation: &Participation, channel: &Channel) -> Option<String> {
    let website = qualifio.websites.get(&channel.website)?;
    let domain: Host = website.domain.parse().ok()?;
    if channel.kind == ChannelKind::Widget {
        return match participation.parent.as_deref().or(channel.parent_page.as_deref()) {
            Some(parent) => {
                embedding_page(parent, channel, &domain).map(|page| with_key(&page, &participation.uk))
            }
            None => Some(qualifio.channel_url(channel)),
        };
    }
    Some(format!("https://{domain}/20/{}/v1.cfm?{}", channel.guid, participation.query()))
}

/// The embedding page, if it is on a host that may embed: the campaign's own domain or the operator's page.
fn embedding_page(parent: &str, channel: &Channel, domain: &Host) -> Option<String> {
    let host = address_host(parent)?;
    let named = channel.parent_page.as_deref().and_then(address_host);
    let fine = registrable(&host) == registrable(domain) || named.as_ref() == Some(&host);
    let page = parent.split('#').next().unwrap_or_default();
    (fine && page.bytes().all(|byte| byte.is_ascii_graphic())).then(|| page.to_owned())
}

/// The host of an http or https address.
pub(super) fn address_host(address: &str) -> Option<Host> {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))?;
    let authority = &rest[..rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len())];
    authority.parse().ok()
}

fn with_key(page: &str, uk: &str) -> String {
    let start = page.find("://").map_or(0, |at| at + 3);
    let slash = if page[start..].contains(['/', '?']) { "" } else { "/" };
    let joint = if page.contains('?') { '&' } else { '?' };
    format!("{page}{slash}{joint}qlf_uk={uk}")
}

/// Goes on when Gigya has judged an identity.
pub fn identified(
    qualifio: &mut Qualifio,
    now: Instant,
    uk: &str,
    uid: &str,
    judged: Result<Identity, IdentityRefused>,
) -> Turn {
    let Some(participation) = qualifio.participations.get(uk).cloned() else {
        return show(qualifio, uk);
    };
    if !is_due(qualifio, &participation) {
        return show(qualifio, uk);
    }
    let site = participation.channel().map_or(0, |channel| channel.website);
    match &judged {
        Ok(_) => qualifio.keys_are(Keys::Taken, site),
        Err(IdentityRefused::CredentialsRejected) => qualifio.keys_are(Keys::Refused, site),
        Err(_) => {}
    }
    let identity = match judged {
        Ok(identity) if identity.uid != uid => return fail(qualifio, uk, "InvalidSignature"),
        Ok(identity) if !identity.active => return fail(qualifio, uk, "AccountDisabled"),
        Ok(identity) if !identity.registered => return not_signed_in(qualifio, uk, &participation),
        Ok(identity) => identity,
        Err(refused) => return fail(qualifio, uk, refusal(refused)),
    };
    let Some(email) = identity.email.clone().filter(|email| !email.trim().is_empty()) else {
        return fail(qualifio, uk, "MissingPrimaryKey");
    };
    let uk = if participation.seen { uk.to_owned() } else { under_another_key(qualifio, &participation) };
    edit(qualifio, &uk, |participation| take_in(participation, identity, email));
    if let Some(turn) = submit::unseen(qualifio, now, &uk) {
        return turn;
    }
    show(qualifio, &uk)
}

/// Without a cookie the address is all that a browser shows, and others may know it: whoever made somebody come by an
/// address of theirs must not see with it who that is.
fn under_another_key(qualifio: &mut Qualifio, participation: &Participation) -> String {
    qualifio.end_participation(&participation.uk);
    let uk = qualifio.ids.upper(11);
    qualifio.begin_participation(Participation { uk: uk.clone(), ..participation.clone() });
    uk
}

fn refusal(refused: IdentityRefused) -> &'static str {
    match refused {
        IdentityRefused::GigyaUnreachable => "GigyaUnreachable",
        IdentityRefused::CredentialsRejected => "CredentialsRejected",
        IdentityRefused::InvalidSignature => "InvalidSignature",
        IdentityRefused::StaleTimestamp => "StaleTimestamp",
        IdentityRefused::AccountDisabled => "AccountDisabled",
        IdentityRefused::UnknownUser => "UnknownUser",
    }
}

/// A gender is one of the form's options or none of them; any other value stands as it is.
fn chosen(field: &Field, value: String) -> Option<String> {
    if field.variable != "gender" {
        return Some(value);
    }
    let option = field.options.iter().find(|option| option.in_gigya().eq_ignore_ascii_case(&value));
    option.map(|option| option.value.clone())
}

fn take_in(participation: &mut Participation, identity: Identity, email: String) {
    for name in &identity.warnings {
        participation.warn(Warning::new(name));
    }
    if !identity.uid.parse::<Uid>().is_ok_and(|uid| uid.has_usual_length()) {
        participation.warn(Warning::new("UidLength"));
    }
    if email.parse::<Email>().is_err() {
        participation.warn(Warning::new("UnusualEmail"));
    }
    let mut known = BTreeSet::new();
    for (variable, value) in identity.prefill {
        let field = participation.campaign.fields.iter().find(|field| field.variable == variable);
        let value = match field {
            Some(field) if field.variable != "email" => chosen(field, value),
            _ => None,
        };
        if let Some(value) = value {
            known.insert(variable.clone());
            participation.prefill.insert(variable, value);
        }
    }
    participation.prefill.remove("email");
    participation.identity = Some(Identified { uid: identity.uid, email, profile: identity.profile, known });
    participation.page += 1;
}
