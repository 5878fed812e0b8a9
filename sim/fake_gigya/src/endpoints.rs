//! The one list of methods.

use crate::call::Call;
use crate::envelope::Reply;
use crate::gigya::Gigya;
use crate::{accounts, admin, idx};
use standin_fake_kit::EndpointDoc;
use standin_model::Evidence;

/// Who may call a method.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Anybody who has the apiKey, and servers.
    Public,
    /// Servers with a key.
    Private,
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
    accounts::delete_account::ENDPOINT,
    accounts::exchange_uid_signature::ENDPOINT,
    accounts::finalize_registration::ENDPOINT,
    accounts::get_account_info::ENDPOINT,
    accounts::get_schema::ENDPOINT,
    accounts::identifiers_find::ENDPOINT,
    accounts::import_full_account::ENDPOINT,
    accounts::import_lite_account::ENDPOINT,
    accounts::init_registration::ENDPOINT,
    accounts::is_available_login_id::ENDPOINT,
    accounts::login::ENDPOINT,
    accounts::logout::ENDPOINT,
    accounts::notify_login::ENDPOINT,
    accounts::register::ENDPOINT,
    accounts::search::ENDPOINT,
    accounts::set_account_info::ENDPOINT,
    admin::get_site_config::ENDPOINT,
    admin::set_site_config::ENDPOINT,
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
];

/// The list for help, reference pages and coverage tests.
pub fn endpoints() -> Vec<EndpointDoc> {
    let doc = |it: &Endpoint| EndpointDoc { name: it.name, summary: it.summary, evidence: it.evidence };
    ENDPOINTS.iter().map(doc).collect()
}
