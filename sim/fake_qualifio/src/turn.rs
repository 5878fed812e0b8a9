//! What goes over the crate's border besides requests and responses.

use serde_json::Value;
use standin_ports::{Response, Secret};

/// The outcome of a step: an answer for the caller, or a question to Gigya that comes first.
#[derive(Clone, Debug)]
pub enum Turn {
    /// The response.
    Reply(Response),
    /// Ask this, then call [`crate::Qualifio::resume`] with the token and the answer.
    Ask {
        /// Which turn the answer belongs to.
        token: u64,
        /// What to ask.
        ask: Ask,
    },
}

/// What Qualifio's back end asks Gigya.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    /// How the Gigya site of these credentials is set up.
    SiteConfig(GigyaConfig),
    /// Whether this signed identity is genuine, and the profile behind it.
    Identify {
        /// The credentials to ask with.
        config: GigyaConfig,
        /// The UID that the browser brought.
        uid: String,
        /// Its signature.
        uid_signature: String,
        /// The signature's timestamp as text, in seconds.
        signature_timestamp: String,
        /// The form's variables that want to be filled in.
        variables: Vec<String>,
    },
}

/// The answer to an [`Ask`] of the same kind.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// To [`Ask::SiteConfig`].
    SiteConfig(Result<SiteAnswer, AskFailed>),
    /// To [`Ask::Identify`].
    Identity(Result<Identity, IdentityRefused>),
}

/// Credentials for calls to Gigya.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GigyaConfig {
    /// The Gigya site's API key.
    pub api_key: String,
    /// The user or application key.
    pub user_key: Secret,
    /// Its secret.
    pub secret: Secret,
    /// The data centre, `eu1`.
    pub data_center: String,
}

/// What Qualifio wants to know about a Gigya site.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SiteAnswer {
    /// The Custom API Domain Prefix, if one is enabled.
    pub custom_api_domain_prefix: Option<String>,
    /// The trusted site URLs.
    pub trusted_site_urls: Vec<String>,
}

/// Why a question found no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AskFailed {
    /// No answer came, or none that makes sense.
    GigyaUnreachable,
    /// Gigya refused the credentials.
    CredentialsRejected,
}

/// A genuine identity and the account behind it.
#[derive(Clone, PartialEq, Debug)]
pub struct Identity {
    /// The UID that Gigya confirms.
    pub uid: String,
    /// The account's e-mail address.
    pub email: Option<String>,
    /// Whether the registration is finalised.
    pub registered: bool,
    /// Whether the account is enabled.
    pub active: bool,
    /// The profile at this moment.
    pub profile: Value,
    /// Form values by variable.
    pub prefill: Vec<(String, String)>,
    /// Names of warnings.
    pub warnings: Vec<String>,
}

/// Why an identity was not accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IdentityRefused {
    /// No answer came, or none that makes sense.
    GigyaUnreachable,
    /// Gigya refused the credentials.
    CredentialsRejected,
    /// The signature does not verify.
    InvalidSignature,
    /// The signature is too old, or from the future.
    StaleTimestamp,
    /// The account is disabled.
    AccountDisabled,
    /// No account has this UID.
    UnknownUser,
}

/// What happens to the phone numbers that are in Gigya already.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PhonePolicy {
    /// One number remains.
    #[default]
    Overwrite,
    /// The number joins the others.
    Append,
}

/// Which submitted values are sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SendMode {
    /// All of them.
    #[default]
    AllSubmitted,
    /// Those that differ from the profile at identification.
    ChangedOnly,
}

/// Whether accepted forms are written back to Gigya.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PushBack {
    /// Yes.
    #[default]
    On,
    /// No, as arranged with a Qualifio expert.
    Off,
}

/// An accepted form of an identified participant, with all that a push needs.
#[derive(Clone, PartialEq, Debug)]
pub struct PushOrder {
    /// The participation's id.
    pub id: String,
    /// The campaign's id.
    pub campaign_id: u64,
    /// The website's id.
    pub site_id: u64,
    /// The website's country, ISO alpha-2.
    pub site_country: String,
    /// The participant's UID.
    pub uid: String,
    /// The e-mail address that the account had at identification.
    pub email_at_identification: String,
    /// The channel's language code.
    pub language: String,
    /// Submitted values by variable, in form order, after clean-up; a gender in the letter that the form's
    /// option is bound to.
    pub submitted: Vec<(String, String)>,
    /// The profile at identification.
    pub profile_at_identification: Value,
    /// The credentials at the moment of acceptance. What is sent later goes with those that count then, which
    /// [`crate::Qualifio::gigya_config`] tells.
    pub config: GigyaConfig,
    /// The account's phone policy.
    pub phone_policy: PhonePolicy,
    /// The account's send mode.
    pub send_mode: SendMode,
    /// Whether an emptied field clears the profile's value.
    pub clear_on_empty: bool,
    /// Whether the account writes back at all.
    pub push_back: PushBack,
    /// Whether the campaign is a preview.
    pub preview: bool,
}
