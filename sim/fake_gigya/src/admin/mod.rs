//! The `admin` namespace, one method a file.

pub(crate) mod create_site;
pub(crate) mod delete_site;
pub(crate) mod get_effective_acl;
pub(crate) mod get_site_config;
pub(crate) mod get_user_sites;
pub(crate) mod partner;
pub(crate) mod set_site_config;
