//! The Gigya SSO integration: its global and site blocks, and what Save accepts.

use crate::manager::typed::{LONGEST_TEXT, text};
use crate::problem::{Problem, Warning};
use crate::redirection::RedirectionUrl;
use crate::turn::{GigyaConfig, PhonePolicy, PushBack, SendMode};
use base64::Engine as _;
use imbl::OrdMap;
use serde_json::{Value, json};
use standin_fake_kit::{Section, SeedError};
use standin_ports::Secret;
use std::sync::Arc;

/// How a participant who is not signed in gets to the login.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LoginScreen {
    /// On the customer's own page.
    Redirect,
    /// In a Gigya screen-set inside the campaign.
    ScreenSet,
}

impl LoginScreen {
    /// As the back office writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Redirect => "Redirect",
            Self::ScreenSet => "Screen-Set",
        }
    }
}

/// One full configuration, global or a site's own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// How participants log in.
    pub login_screen: LoginScreen,
    /// User or application key.
    pub user_key: Secret,
    /// Its secret.
    pub secret_key: Secret,
    /// API key of the Gigya site.
    pub api_key: String,
    /// The screen-set's name; unused with Redirect.
    pub screen_set: Option<String>,
    /// The redirection URL; unused with Screen-Set.
    pub redirection_url: Option<RedirectionUrl>,
}

impl Block {
    /// The block as reads return it: no key in clear.
    pub fn to_json(&self) -> Value {
        json!({
            "login_screen": self.login_screen.name(),
            "user_key": mask(self.user_key.reveal()),
            "secret_key": mask(self.secret_key.reveal()),
            "api_key": mask(&self.api_key),
            "screen_set": self.screen_set,
            "redirection_url": self.redirection_url.as_ref().map(ToString::to_string),
        })
    }
}

/// What reads show of a key: dots and the last four characters.
pub fn mask(key: &str) -> String {
    let length = key.chars().count();
    let shown: String = if length > 4 { key.chars().skip(length - 4).collect() } else { String::new() };
    format!("••••{shown}")
}

/// A block as somebody typed it; what is absent was not touched.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TypedBlock {
    /// The login screen.
    pub login_screen: Option<LoginScreen>,
    /// The user key.
    pub user_key: Option<Secret>,
    /// The secret key.
    pub secret_key: Option<Secret>,
    /// The API key.
    pub api_key: Option<Secret>,
    /// The screen-set's name.
    pub screen_set: Option<String>,
    /// The redirection URL.
    pub redirection_url: Option<String>,
}

impl TypedBlock {
    /// The members of a block.
    pub const MEMBERS: &'static [&'static str] =
        &["login_screen", "user_key", "secret_key", "api_key", "screen_set", "redirection_url"];

    /// Reads the members of a block out of a mapping.
    pub fn read(section: &Section<'_>) -> Result<Self, SeedError> {
        let login_screen = match section.get("login_screen") {
            Some(word) => Some(match word.word(&["Redirect", "Screen-Set"])? {
                "Redirect" => LoginScreen::Redirect,
                _ => LoginScreen::ScreenSet,
            }),
            None => None,
        };
        let text = |name| text(section, name, LONGEST_TEXT);
        let secret = |name| Ok::<_, SeedError>(text(name)?.map(Secret::new));
        Ok(Self {
            login_screen,
            user_key: secret("user_key")?,
            secret_key: secret("secret_key")?,
            api_key: secret("api_key")?,
            screen_set: text("screen_set")?,
            redirection_url: text("redirection_url")?,
        })
    }

    /// What was typed, no key in clear.
    pub fn to_json(&self) -> Value {
        let masked = |key: &Option<Secret>| key.as_ref().map(|key| mask(key.reveal()));
        json!({
            "login_screen": self.login_screen.map(LoginScreen::name),
            "user_key": masked(&self.user_key),
            "secret_key": masked(&self.secret_key),
            "api_key": masked(&self.api_key),
            "screen_set": self.screen_set,
            "redirection_url": self.redirection_url,
        })
    }

    /// Keys that were typed before stay: nobody can read them to type them again.
    pub fn keep_keys(&mut self, earlier: &Self) {
        let pairs = [
            (&mut self.user_key, &earlier.user_key),
            (&mut self.secret_key, &earlier.secret_key),
            (&mut self.api_key, &earlier.api_key),
        ];
        for (key, before) in pairs {
            if key.is_none() {
                key.clone_from(before);
            }
        }
    }

    /// Whether nothing was typed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What Save makes of it. A key that was not typed, or that is the mask of the stored one, stays.
    pub fn save(&self, stored: Option<&Block>) -> Result<(Block, Vec<Warning>), Problem> {
        let login_screen = self
            .login_screen
            .or(stored.map(|block| block.login_screen))
            .ok_or_else(|| Problem::MissingField("login_screen".to_owned()))?;
        let user_key = key("user_key", self.user_key.as_ref(), stored.map(|block| block.user_key.reveal()))?;
        let secret_key =
            key("secret_key", self.secret_key.as_ref(), stored.map(|block| block.secret_key.reveal()))?;
        let api_key = key("api_key", self.api_key.as_ref(), stored.map(|block| block.api_key.as_str()))?;
        check_api_key(&api_key)?;
        check_secret(&secret_key)?;
        let screen_set = screen_set(self.screen_set.as_deref(), stored)?;
        let (redirection_url, warning) = redirection_url(self.redirection_url.as_deref(), stored)?;
        match login_screen {
            LoginScreen::Redirect if redirection_url.is_none() => {
                return Err(Problem::MissingField("redirection_url".to_owned()));
            }
            LoginScreen::ScreenSet if screen_set.is_none() => {
                return Err(Problem::MissingField("screen_set".to_owned()));
            }
            _ => {}
        }
        let block = Block {
            login_screen,
            user_key: Secret::new(user_key),
            secret_key: Secret::new(secret_key),
            api_key,
            screen_set,
            redirection_url,
        };
        Ok((block, warning.into_iter().collect()))
    }
}

fn key(name: &'static str, typed: Option<&Secret>, stored: Option<&str>) -> Result<String, Problem> {
    let missing = || Problem::MissingField(name.to_owned());
    let Some(typed) = typed.map(|typed| typed.reveal().trim()) else {
        return stored.map(str::to_owned).ok_or_else(missing);
    };
    if typed.is_empty() {
        return Err(missing());
    }
    if let Some(stored) = stored
        && typed == mask(stored)
    {
        return Ok(stored.to_owned());
    }
    let fits = typed.len() <= 512 && typed.bytes().all(|byte| byte.is_ascii_graphic());
    match name {
        _ if fits => Ok(typed.to_owned()),
        // No Base64 has such characters either.
        "secret_key" => Err(Problem::InvalidSecret),
        _ => Err(Problem::InvalidField { field: name, why: "has characters that a key cannot hold" }),
    }
}

fn check_api_key(api_key: &str) -> Result<(), Problem> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    if api_key.bytes().all(allowed) {
        return Ok(());
    }
    Err(Problem::InvalidField { field: "api_key", why: "may have letters, digits and `_ . -` only" })
}

fn check_secret(secret: &str) -> Result<(), Problem> {
    match base64::engine::general_purpose::STANDARD.decode(secret) {
        Ok(_) => Ok(()),
        Err(_) => Err(Problem::InvalidSecret),
    }
}

fn screen_set(typed: Option<&str>, stored: Option<&Block>) -> Result<Option<String>, Problem> {
    let Some(typed) = typed.map(str::trim) else {
        return Ok(stored.and_then(|block| block.screen_set.clone()));
    };
    let field = "screen_set";
    if typed.chars().count() > 255 {
        return Err(Problem::InvalidField { field, why: "is longer than 255 characters" });
    }
    if typed.contains(['/', '?', '#']) || typed.contains(char::is_control) {
        return Err(Problem::InvalidField { field, why: "may not have `/`, `?` or `#`" });
    }
    Ok((!typed.is_empty()).then(|| typed.to_owned()))
}

type MaybeUrl = (Option<RedirectionUrl>, Option<Warning>);

fn redirection_url(typed: Option<&str>, stored: Option<&Block>) -> Result<MaybeUrl, Problem> {
    match typed.map(str::trim) {
        None => Ok((stored.and_then(|block| block.redirection_url.clone()), None)),
        Some("") => Ok((None, None)),
        Some(typed) => RedirectionUrl::parse(typed).map(|(url, warning)| (Some(url), warning)),
    }
}

/// The name of the integration: 1 to 100 characters.
pub fn integration_name(typed: &str) -> Result<String, Problem> {
    let typed = typed.trim();
    match typed.chars().count() {
        0 => Err(Problem::MissingField("name".to_owned())),
        1..=100 => Ok(typed.to_owned()),
        _ => Err(Problem::InvalidField { field: "name", why: "is longer than 100 characters" }),
    }
}

/// Whether a site uses the global block or its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SiteMode {
    /// The global one.
    #[default]
    Inherit,
    /// Its own, and nothing of the global one.
    Independent,
}

impl SiteMode {
    /// As the back office writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inherit => "Inherit",
            Self::Independent => "Independent",
        }
    }

    /// Reads it.
    pub fn read(section: &Section<'_>) -> Result<Self, SeedError> {
        Ok(match section.word(&["Inherit", "Independent"])? {
            "Independent" => Self::Independent,
            _ => Self::Inherit,
        })
    }
}

/// What is stored for one site. A block outlives a time of inheriting.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SiteSettings {
    /// Which block counts.
    pub mode: SiteMode,
    /// The site's own block.
    pub block: Option<Arc<Block>>,
}

/// The integration of one account.
#[derive(Clone, Debug)]
pub struct Integration {
    /// ON or OFF.
    pub enabled: bool,
    /// What campaigns see it called.
    pub name: String,
    /// The global block, once saved.
    pub global: Option<Arc<Block>>,
    /// Sites with settings of their own, by id.
    pub sites: OrdMap<u64, SiteSettings>,
    /// Typed but not saved: name and global block.
    pub draft: Option<Arc<(Option<String>, TypedBlock)>>,
    /// Whether accepted forms are written back.
    pub push_back: PushBack,
    /// What happens to other phone numbers.
    pub phone_policy: PhonePolicy,
    /// Which values are sent.
    pub send_mode: SendMode,
    /// Whether an emptied field clears the profile's.
    pub clear_on_empty: bool,
    /// Gigya's data centre.
    pub data_center: String,
    /// Whether the Gigya subscription includes single sign-on.
    pub subscription_sso: bool,
}

impl Default for Integration {
    fn default() -> Self {
        Self {
            enabled: false,
            name: "Gigya SSO".to_owned(),
            global: None,
            sites: OrdMap::new(),
            draft: None,
            push_back: PushBack::On,
            phone_policy: PhonePolicy::Overwrite,
            send_mode: SendMode::AllSubmitted,
            clear_on_empty: false,
            data_center: "eu1".to_owned(),
            subscription_sso: true,
        }
    }
}

impl Integration {
    /// Whether anything is stored that a campaign could use.
    pub fn is_configured(&self) -> bool {
        self.global.is_some() || !self.sites.is_empty()
    }

    /// The block that counts for a site.
    pub fn effective(&self, site: u64) -> Option<&Arc<Block>> {
        match self.sites.get(&site) {
            Some(SiteSettings { mode: SiteMode::Independent, block }) => block.as_ref(),
            _ => self.global.as_ref(),
        }
    }

    /// The credentials that count for a site.
    pub fn config(&self, site: u64) -> Option<GigyaConfig> {
        let block = self.effective(site)?;
        Some(GigyaConfig {
            api_key: block.api_key.clone(),
            user_key: block.user_key.clone(),
            secret: block.secret_key.clone(),
            data_center: self.data_center.clone(),
        })
    }
}

/// Reads what only Qualifio's staff sets, where it is given.
pub fn read_expert(integration: &mut Integration, section: &Section<'_>) -> Result<(), SeedError> {
    if let Some(flag) = section.get("push_back") {
        integration.push_back = if flag.flag()? { PushBack::On } else { PushBack::Off };
    }
    if let Some(word) = section.get("phone_policy") {
        integration.phone_policy = match word.word(&["Overwrite", "Append"])? {
            "Append" => PhonePolicy::Append,
            _ => PhonePolicy::Overwrite,
        };
    }
    if let Some(word) = section.get("send_mode") {
        integration.send_mode = match word.word(&["AllSubmitted", "ChangedOnly"])? {
            "ChangedOnly" => SendMode::ChangedOnly,
            _ => SendMode::AllSubmitted,
        };
    }
    integration.clear_on_empty = section.flag_of("clear_on_empty", integration.clear_on_empty)?;
    if let Some(word) = section.get("data_center") {
        integration.data_center = word.word(&["us1", "eu1", "eu2", "au1", "ru1", "cn1"])?.to_owned();
    }
    Ok(())
}

/// The members that [`read_expert`] reads.
pub const EXPERT_MEMBERS: &[&str] =
    &["push_back", "phone_policy", "send_mode", "clear_on_empty", "data_center"];

/// What [`read_expert`] reads, as the API writes it.
pub fn expert_json(integration: &Integration) -> Value {
    json!({
        "push_back": integration.push_back == PushBack::On,
        "phone_policy": match integration.phone_policy {
            PhonePolicy::Overwrite => "Overwrite",
            PhonePolicy::Append => "Append",
        },
        "send_mode": match integration.send_mode {
            SendMode::AllSubmitted => "AllSubmitted",
            SendMode::ChangedOnly => "ChangedOnly",
        },
        "clear_on_empty": integration.clear_on_empty,
        "data_center": integration.data_center,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(change: &[(&str, &str)]) -> TypedBlock {
        let mut members = json!({
            "login_screen": "Redirect", "user_key": " AKey ", "secret_key": "c2VjcmV0", "api_key": "3_K.-x",
            "redirection_url": "a.be/?r=", "screen_set": "Default-RegistrationLogin",
        });
        for (name, value) in change {
            members[*name] = if *value == "-" { Value::Null } else { (*value).into() };
        }
        TypedBlock::read(&Section::root(&members)).unwrap()
    }

    #[test]
    fn what_save_refuses() {
        let long = "x".repeat(256);
        for (change, expected) in [
            (vec![], Ok(())),
            (vec![("login_screen", "Screen-Set")], Ok(())),
            (vec![("login_screen", "-")], Err(("MissingField", Some("login_screen")))),
            (vec![("user_key", "-")], Err(("MissingField", Some("user_key")))),
            (vec![("user_key", "  ")], Err(("MissingField", Some("user_key")))),
            (vec![("secret_key", "-")], Err(("MissingField", Some("secret_key")))),
            (vec![("secret_key", "not base64!")], Err(("InvalidSecret", Some("secret_key")))),
            (vec![("secret_key", "é")], Err(("InvalidSecret", Some("secret_key")))),
            (vec![("user_key", "A Key")], Err(("InvalidField", Some("user_key")))),
            (vec![("secret_key", "abc")], Err(("InvalidSecret", Some("secret_key")))),
            (vec![("api_key", "-")], Err(("MissingField", Some("api_key")))),
            (vec![("api_key", "3/K")], Err(("InvalidField", Some("api_key")))),
            (vec![("redirection_url", "-")], Err(("MissingField", Some("redirection_url")))),
            (
                vec![("redirection_url", "https://a.be/login")],
                Err(("MissingRedirectParameter", Some("redirection_url"))),
            ),
            (
                vec![("login_screen", "Screen-Set"), ("screen_set", "-")],
                Err(("MissingField", Some("screen_set"))),
            ),
            (vec![("screen_set", "a/b")], Err(("InvalidField", Some("screen_set")))),
            (vec![("screen_set", "a#b")], Err(("InvalidField", Some("screen_set")))),
            (vec![("screen_set", long.as_str())], Err(("InvalidField", Some("screen_set")))),
        ] {
            let got = typed(&change).save(None);
            let got = got.as_ref().map(|_| ()).map_err(|problem| (problem.name(), problem.field()));
            assert_eq!(got, expected, "{change:?}");
        }
    }

    #[test]
    fn keys_that_were_not_typed_stay() {
        let (stored, _) = typed(&[]).save(None).unwrap();
        let masked = [("secret_key", "••••cmV0"), ("user_key", "-"), ("api_key", "••••.-x")];
        assert_eq!(mask("3_K.-x"), "••••K.-x");
        let error = typed(&masked).save(Some(&stored)).unwrap_err();
        assert_eq!(error.field(), Some("api_key"), "a mask of another key is no key");
        let masked = [("secret_key", "••••cmV0"), ("user_key", "-"), ("api_key", "••••K.-x")];
        assert_eq!(typed(&masked).save(Some(&stored)).unwrap().0, stored);
    }

    #[test]
    fn masks() {
        for (key, expected) in [("c2VjcmV0", "••••cmV0"), ("abcd", "••••"), ("", "••••")]
        {
            assert_eq!(mask(key), expected);
        }
    }

    #[test]
    fn an_independent_site_borrows_nothing() {
        let (block, _) = typed(&[]).save(None).unwrap();
        let mut integration = Integration { global: Some(Arc::new(block.clone())), ..Integration::default() };
        assert!(integration.effective(7).is_some());
        integration.sites.insert(7, SiteSettings { mode: SiteMode::Independent, block: None });
        assert!(integration.effective(7).is_none());
        integration.sites.insert(7, SiteSettings { mode: SiteMode::Inherit, block: Some(Arc::new(block)) });
        assert_eq!(integration.effective(7), integration.global.as_ref());
    }
}
