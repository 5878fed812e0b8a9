//! One participant's way through a campaign.

use crate::campaign::{Campaign, Channel, Question, Step};
use crate::form::FormError;
use crate::problem::Warning;
use imbl::OrdMap;
use serde_json::{Value, json};
use standin_model::{Host, Instant};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The most warnings that one participation keeps.
const MOST_WARNINGS: usize = 50;

/// Where somebody stands before the form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SsoState {
    /// The page asks Gigya whether there is a session.
    Check,
    /// The participant may leave for the login page, by this address.
    RedirectOffered(String),
    /// The participant left for the login page, by this address: whoever comes now comes back.
    Redirected(String),
    /// The screen-set of this name is shown.
    ScreenSet(String),
    /// It did not work; a button tries again.
    Failed(&'static str),
}

impl SsoState {
    /// Its name on the page.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::RedirectOffered(_) => "redirect_offered",
            Self::Redirected(_) => "redirected",
            Self::ScreenSet(_) => "screen_set",
            Self::Failed(_) => "failed",
        }
    }
}

/// Where the page's browser reaches Gigya.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reach {
    /// The host that the browser calls.
    pub api_host: String,
    /// The Custom API Domain Prefix, if one is enabled.
    pub prefix: Option<String>,
    /// Whether that name cannot exist.
    pub impossible: bool,
}

/// Somebody whose identity Gigya confirmed.
#[derive(Clone, PartialEq, Debug)]
pub struct Identified {
    /// The UID.
    pub uid: String,
    /// The e-mail address at that moment.
    pub email: String,
    /// The profile at that moment.
    pub profile: Value,
    /// Which variables of the form it filled in.
    pub known: BTreeSet<String>,
}

/// One participation under way.
#[derive(Clone, Debug)]
pub struct Participation {
    /// Its id in the statistics.
    pub id: String,
    /// Its key in URLs.
    pub uk: String,
    /// Its session in URLs.
    pub cfid: String,
    /// The cookie of the browser that it belongs to.
    pub visitor: String,
    /// The campaign as it was at the start.
    pub campaign: Arc<Campaign>,
    /// Which of its channels.
    pub channel_guid: String,
    /// Scheme, host and path of its pages.
    pub base: String,
    /// The host alone.
    pub host: Host,
    /// The page that embeds it, as the browser named it.
    pub parent: Option<String>,
    /// `desktop`, `tablet` or `mobile`.
    pub device: &'static str,
    /// The browser's `User-Agent`.
    pub agent: String,
    /// The participant's address in the network.
    pub ip: String,
    /// When it started.
    pub started: Instant,
    /// Position in the campaign's steps.
    pub at: usize,
    /// Page inside the step, from 0.
    pub part: usize,
    /// Number of the page, from 1.
    pub page: u32,
    /// The query of the address under which its page stands.
    pub address_query: String,
    /// Where it stands before the form.
    pub sso: SsoState,
    /// Where Gigya is reached; unknown until asked.
    pub reach: Option<Reach>,
    /// Whether the browser came back from the login page and nobody has looked yet.
    pub returned: bool,
    /// How often it came back without a session.
    pub attempts: u64,
    /// Whether a redirect may go without a click: once, and not after anything failed.
    pub may_redirect: bool,
    /// Who it is.
    pub identity: Option<Identified>,
    /// Form values from URL and profile, by variable.
    pub prefill: BTreeMap<String, String>,
    /// Values of a page that was refused, by control name.
    pub typed: BTreeMap<String, String>,
    /// Why they were refused, by control name.
    pub errors: BTreeMap<String, FormError>,
    /// Why the whole form was refused.
    pub refusal: Option<&'static str>,
    /// Answers of the interaction by question.
    pub answers: OrdMap<u64, String>,
    /// The limit that refused it.
    pub limited: Option<&'static str>,
    /// What the interaction earned.
    pub score: u64,
    /// The number of its row, once the form was accepted.
    pub row: Option<u64>,
    /// Whether this is the page right after the form.
    pub just_submitted: bool,
    /// Whether the form came again after it had been accepted.
    pub repeated: bool,
    /// Whether the browser has shown its cookie.
    pub seen: bool,
    /// What was noticed, in order.
    pub warnings: Vec<Warning>,
}

impl Participation {
    /// The step that it stands at.
    pub fn step(&self) -> Step {
        self.campaign.steps.get(self.at).copied().unwrap_or(Step::Exit)
    }

    /// Its channel.
    pub fn channel(&self) -> Option<&Channel> {
        self.campaign.channels.iter().find(|channel| channel.guid == self.channel_guid)
    }

    /// Goes to the next step.
    pub fn forward(&mut self) {
        self.at = (self.at + 1).min(self.campaign.steps.len().saturating_sub(1));
        self.part = 0;
        self.page += 1;
        self.just_submitted = false;
        self.typed.clear();
        self.errors.clear();
    }

    /// Goes to the next page of the step.
    pub fn next_part(&mut self) {
        self.part += 1;
        self.page += 1;
        self.typed.clear();
        self.errors.clear();
    }

    /// The questions of the page where it stands.
    pub fn questions(&self) -> &[Question] {
        self.pages_of_questions().nth(self.part).unwrap_or_default()
    }

    /// The questions as they stand on pages.
    pub fn pages_of_questions(&self) -> impl ExactSizeIterator<Item = &[Question]> {
        let all = &self.campaign.questions;
        let each = match self.campaign.questions_per_page {
            0 => all.len().max(1),
            each => each,
        };
        all.chunks(each)
    }

    /// Notes something once.
    pub fn warn(&mut self, warning: Warning) {
        if self.warnings.len() < MOST_WARNINGS && !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// The address of its campaign.
    pub fn url(&self) -> String {
        format!("{}?id={}", self.base, self.channel_guid)
    }

    /// Path and query of its pages, with what finds it again.
    pub fn query(&self) -> String {
        format!("id={}&cfid={}&cftoken=0&uk={}&page={}", self.channel_guid, self.cfid, self.uk, self.page)
    }

    /// The participation as the API writes it.
    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "uk": self.uk,
            "campaign_id": self.campaign.id,
            "channel_guid": self.channel_guid,
            "started_at": self.started.to_string(),
            "state": if self.row.is_some() { "COMPLETED" } else { "INCOMPLETE" },
            "step": self.step().name(),
            "sso": self.sso.name(),
            "sso_error": match self.sso { SsoState::Failed(error) => Some(error), _ => None },
            "identified": self.identity.is_some(),
            "attempts": self.attempts,
            "device": self.device,
            "warnings": self.warnings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })
    }
}

/// The kind of device behind a `User-Agent`.
pub fn device(user_agent: &str) -> &'static str {
    let agent = user_agent.to_ascii_lowercase();
    let has = |word: &str| agent.contains(word);
    let phone = has("mobi") || has("opera mini") || has("windows phone");
    if has("ipad") || has("tablet") || has("kindle") || has("silk/") || has("android") && !phone {
        "tablet"
    } else if phone || has("iphone") || has("ipod") {
        "mobile"
    } else {
        "desktop"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices() {
        for (agent, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "desktop"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148", "mobile"),
            ("Mozilla/5.0 (Linux; Android 16; Pixel 9) Chrome/140.0 Mobile Safari/537.36", "mobile"),
            ("Mozilla/5.0 (Linux; Android 16; SM-X900) Chrome/140.0 Safari/537.36", "tablet"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 Safari/605.1.15", "desktop"),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Edg/140.0", "desktop"),
            ("Mozilla/5.0 (X11; CrOS x86_64 16181.61.0) Chrome/140.0 Safari/537.36", "desktop"),
            ("Mozilla/5.0 (Android 16; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "mobile"),
            ("Mozilla/5.0 (Android 16; Tablet; rv:140.0) Gecko/140.0 Firefox/140.0", "tablet"),
            ("Opera/9.80 (J2ME/MIDP; Opera Mini/7.1) Presto/2.8.119", "mobile"),
            ("Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1) Edge/15.15254", "mobile"),
            ("Mozilla/5.0 (Linux; Android 9; KFTRWI) AppleWebKit/537.36 Silk/120.0 Safari/537.36", "tablet"),
            ("curl/8.9.1", "desktop"),
            ("Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) Mobile/15E148", "tablet"),
            ("", "desktop"),
        ] {
            assert_eq!(device(agent), expected, "{agent}");
        }
    }
}
