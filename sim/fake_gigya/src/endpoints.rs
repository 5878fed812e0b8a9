//! The one list of methods.

use crate::call::Call;
use crate::envelope::Reply;
use crate::gigya::Gigya;
use crate::{accounts, admin, audit, console, ds, ids, idx, sdk, socialize};
use standin_fake_kit::EndpointDoc;
use standin_model::Evidence;

/// Who may call a method.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Anybody who has the apiKey, and servers.
    Public,
    /// The same from any page, trusted or not.
    Open,
    /// Servers with a key.
    Private,
    /// Servers with a key, which need not name a site.
    Partner,
    /// Clients that show `client_id` and `client_secret`, which the method judges itself.
    Client,
}

/// One method.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint {
    /// Its name, `accounts.login`.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// How we know what it does.
    pub evidence: Evidence,
    /// Who may call it.
    pub access: Access,
    /// The parameters that it knows beside the control parameters.
    pub params: &'static [&'static str],
    /// Parameters that only a server may use.
    pub server_params: &'static [&'static str],
    pub(crate) run: fn(&mut Gigya, &Call) -> Reply,
}

/// Every method of this fake.
pub const ENDPOINTS: &[Endpoint] = &[
    accounts::communication_settings::GET_CHANNELS,
    accounts::communication_settings::SEARCH,
    accounts::communication_settings::SET,
    accounts::communication_settings::SET_CHANNELS,
    accounts::consent_statements::DELETE,
    accounts::consent_statements::DETAILS,
    accounts::consent_statements::GET,
    accounts::consent_statements::SET,
    accounts::delete_account::ENDPOINT,
    accounts::delete_account::SOCIALIZE,
    accounts::emails::ADD,
    accounts::emails::REMOVE,
    accounts::exchange_uid_signature::ENDPOINT,
    accounts::finalize_registration::ENDPOINT,
    accounts::get_account_info::ENDPOINT,
    accounts::get_conflicting_account::ENDPOINT,
    accounts::get_jwt::ENDPOINT,
    accounts::get_jwt_public_key::ENDPOINT,
    accounts::get_schema::ENDPOINT,
    accounts::identifiers_create_token::ENDPOINT,
    accounts::delete_schema_fields::ENDPOINT,
    accounts::get_policies::ENDPOINT,
    accounts::get_screen_sets::ENDPOINT,
    accounts::get_screen_sets::VERSIONS,
    accounts::identifiers_find::ENDPOINT,
    accounts::import_account::ENDPOINT,
    accounts::import_full_account::ENDPOINT,
    accounts::import_lite_account::ENDPOINT,
    accounts::init_registration::ENDPOINT,
    accounts::is_available_login_id::ENDPOINT,
    accounts::link_accounts::ENDPOINT,
    accounts::lite::DELETE,
    accounts::lite::GET_POLICY,
    accounts::lite::INVITE,
    accounts::lite::SET_POLICY,
    accounts::lite::TOKEN,
    accounts::legal_statements::DELETE,
    accounts::legal_statements::GET,
    accounts::legal_statements::SET,
    accounts::login::ENDPOINT,
    accounts::logout::ENDPOINT,
    accounts::logout::SOCIALIZE,
    accounts::notify_login::ENDPOINT,
    accounts::notify_login::SOCIALIZE,
    accounts::notify_social_login::ENDPOINT,
    accounts::otp::DELETE,
    accounts::otp::LOGIN,
    accounts::otp::SEND,
    accounts::otp::SEND_EMAIL,
    accounts::otp::UPDATE,
    accounts::profile_photo::IMPORT,
    accounts::profile_photo::PUBLISH,
    accounts::profile_photo::SET,
    accounts::rba_lock::LOCK,
    accounts::rba_lock::UNLOCK,
    accounts::register::ENDPOINT,
    accounts::resend_verification_code::ENDPOINT,
    accounts::reset_password::ENDPOINT,
    accounts::reset_site_preferences::ENDPOINT,
    accounts::search::ENDPOINT,
    accounts::set_account_info::ENDPOINT,
    accounts::sso::CONTEXT,
    accounts::sso::CONTINUE,
    accounts::sso::LOGIN,
    accounts::stream::CREATE,
    accounts::stream::READ,
    accounts::tfa::backup_codes::CREATE,
    accounts::tfa::backup_codes::GET,
    accounts::tfa::backup_codes::VERIFY,
    accounts::tfa::codes::EMAILS,
    accounts::tfa::codes::EMAIL_DONE,
    accounts::tfa::codes::PHONES,
    accounts::tfa::codes::PHONE_DONE,
    accounts::tfa::codes::SEND_TO_EMAIL,
    accounts::tfa::codes::SEND_TO_PHONE,
    accounts::tfa::finalize::ENDPOINT,
    accounts::tfa::get_providers::ENDPOINT,
    accounts::tfa::import::ENDPOINT,
    accounts::tfa::init::ENDPOINT,
    accounts::tfa::reset::ALL,
    accounts::tfa::reset::DEVICE,
    accounts::tfa::reset::ONE,
    accounts::tfa::totp::REGISTER,
    accounts::tfa::totp::VERIFY,
    accounts::verify_email::ENDPOINT,
    accounts::verify_login::ENDPOINT,
    accounts::verify_login::SESSION,
    accounts::web_sdk_bootstrap::ENDPOINT,
    accounts::set_policies::ENDPOINT,
    accounts::set_schema::ENDPOINT,
    accounts::set_screen_set::ENDPOINT,
    accounts::set_screen_set::DELETE,
    accounts::subscriptions::CONFIRM,
    accounts::subscriptions::RESEND,
    accounts::subscriptions::UNSUBSCRIBE,
    accounts::webhooks::DELETE,
    accounts::webhooks::GET_ALL,
    accounts::webhooks::GET_STATUS,
    accounts::webhooks::SET,
    admin::create_site::ENDPOINT,
    admin::delete_site::ENDPOINT,
    admin::get_effective_acl::ENDPOINT,
    admin::get_site_config::ENDPOINT,
    admin::get_user_sites::ENDPOINT,
    admin::set_site_config::ENDPOINT,
    audit::search::ENDPOINT,
    ds::delete::ENDPOINT,
    ds::get::ENDPOINT,
    ds::put::ENDPOINT,
    ds::schema::DELETE_FIELDS,
    ds::schema::GET,
    ds::schema::SET,
    ds::schema::TYPES,
    ds::search::ENDPOINT,
    ids::DELETE_ACCOUNT,
    ids::GET_ACCOUNT_INFO,
    ids::GET_SCHEMA,
    ids::SEARCH,
    ids::SET_ACCOUNT_INFO,
    ids::SET_SCHEMA,
    idx::create_dataflow::ENDPOINT,
    idx::create_dataflow::DRAFT,
    idx::create_scheduling::ENDPOINT,
    idx::delete_dataflow::ENDPOINT,
    idx::delete_scheduling::ENDPOINT,
    idx::get_dataflow::ENDPOINT,
    idx::get_scheduling::ENDPOINT,
    idx::search::ENDPOINT,
    idx::set_dataflow::ENDPOINT,
    idx::set_dataflow::DRAFT,
    idx::set_scheduling::ENDPOINT,
    sdk::config_get::ENDPOINT,
    socialize::exchange_uid_signature::ENDPOINT,
    socialize::export_users::ENDPOINT,
    socialize::get_ids::ENDPOINT,
    socialize::get_ids::TICKET,
    socialize::get_token::ENDPOINT,
    socialize::get_user_info::ENDPOINT,
    socialize::set_uid::ENDPOINT,
];

/// The list for help, reference pages and coverage tests.
pub fn endpoints() -> Vec<EndpointDoc> {
    let doc = |it: &Endpoint| EndpointDoc { name: it.name, summary: it.summary, evidence: it.evidence };
    let methods = ENDPOINTS.iter().map(doc);
    methods.chain(crate::web::docs()).chain(console::endpoints()).collect()
}
