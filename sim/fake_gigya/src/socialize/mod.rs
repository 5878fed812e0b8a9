//! The `socialize` namespace, one method a file.

pub(crate) mod exchange_uid_signature;
pub(crate) mod export_users;
pub(crate) mod get_ids;
pub(crate) mod get_token;
pub(crate) mod get_user_info;
pub(crate) mod set_uid;
