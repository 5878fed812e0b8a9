//! What an accepted form brings.

use serde_json::Value;
use standin_clients::GigyaAccess;

/// One accepted form of an identified participant, with the settings that count for it.
#[derive(Clone, PartialEq, Debug)]
pub struct Participation {
    /// Its id: a second push under the same id is the same push.
    pub id: String,
    /// The campaign.
    pub campaign_id: u64,
    /// The website of the campaign.
    pub site_id: u64,
    /// The website's country, alpha-2 code: the one in which national telephone numbers are read.
    pub site_country: String,
    /// Who took part.
    pub uid: String,
    /// The profile's e-mail address when the participant was identified.
    pub email_at_identification: String,
    /// The campaign's language, `fr` or `fr-BE`.
    pub language: String,
    /// Variables and values as submitted, in the order of the form.
    pub submitted: Vec<(String, String)>,
    /// The profile when the participant was identified.
    pub profile_at_identification: Value,
    /// The Gigya site and the credentials for it.
    pub access: GigyaAccess,
    /// What a submitted telephone number does to those already there.
    pub phone_policy: PhonePolicy,
    /// Whether values are sent that nobody changed.
    pub send_mode: SendMode,
    /// Whether a field left empty is emptied in Gigya, too.
    pub clear_on_empty: bool,
    /// Whether the customer has anything written to Gigya.
    pub push_back: PushBack,
    /// Whether this was only a preview of the campaign.
    pub preview: bool,
}

/// What a submitted telephone number does to those already there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PhonePolicy {
    /// It takes the place of all.
    #[default]
    Overwrite,
    /// It joins them.
    Append,
}

/// Whether values are sent that nobody changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SendMode {
    /// Every submitted value is sent.
    #[default]
    AllSubmitted,
    /// Only what differs from the profile at identification, so that a value pre-filled long ago does not
    /// undo a newer one.
    ChangedOnly,
}

/// Whether the customer has anything written to Gigya.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PushBack {
    /// Yes.
    #[default]
    On,
    /// No: sign-in and statistics only.
    Off,
}
