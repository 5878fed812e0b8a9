//! The `accounts` namespace, one method a file.
//!
//! What several methods share: [`session`] (who is meant, sessions, what is shown of an account) and
//! [`write`] (how parameters change an account).

pub(crate) mod delete_account;
pub(crate) mod exchange_uid_signature;
pub(crate) mod finalize_registration;
pub(crate) mod get_account_info;
pub(crate) mod get_schema;
pub(crate) mod identifiers_find;
pub(crate) mod import_full_account;
pub(crate) mod import_lite_account;
pub(crate) mod init_registration;
pub(crate) mod is_available_login_id;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod notify_login;
pub(crate) mod register;
pub(crate) mod search;
pub(crate) mod session;
pub(crate) mod set_account_info;
pub(crate) mod write;
