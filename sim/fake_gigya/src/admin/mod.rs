//! The `admin` namespace, one method a file.

pub(crate) mod get_site_config;
pub(crate) mod set_site_config;
