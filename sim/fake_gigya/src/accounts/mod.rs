//! The `accounts` namespace, one method a file.
//!
//! What several methods share: [`session`] (who is meant, sessions, what is shown of an account), [`write`]
//! (how parameters change an account), [`gate`] (what stands between a person and a session) and [`social`]
//! (people whom a provider brings); [`sources`] is what `FROM` names in a search.

pub(crate) mod communication_settings;
pub(crate) mod consent_statements;
pub(crate) mod delete_account;
pub(crate) mod delete_schema_fields;
pub(crate) mod emails;
pub(crate) mod exchange_uid_signature;
pub(crate) mod finalize_registration;
pub(crate) mod gate;
pub(crate) mod get_account_info;
pub(crate) mod get_conflicting_account;
pub(crate) mod get_jwt;
pub(crate) mod get_jwt_public_key;
pub(crate) mod get_policies;
pub(crate) mod get_schema;
pub(crate) mod get_screen_sets;
pub(crate) mod identifiers_create_token;
pub(crate) mod identifiers_find;
pub(crate) mod import_account;
pub(crate) mod import_full_account;
pub(crate) mod import_lite_account;
pub(crate) mod init_registration;
pub(crate) mod is_available_login_id;
pub(crate) mod legal_statements;
pub(crate) mod link_accounts;
pub(crate) mod lite;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod notify_login;
pub(crate) mod notify_social_login;
pub(crate) mod otp;
pub(crate) mod profile_photo;
pub(crate) mod rba_lock;
pub(crate) mod register;
pub(crate) mod resend_verification_code;
pub(crate) mod reset_password;
pub(crate) mod reset_site_preferences;
pub(crate) mod search;
pub(crate) mod session;
pub(crate) mod set_account_info;
pub(crate) mod set_policies;
pub(crate) mod set_schema;
pub(crate) mod set_screen_set;
pub(crate) mod social;
pub(crate) mod sources;
pub(crate) mod sso;
pub(crate) mod stream;
pub(crate) mod subscriptions;
pub(crate) mod tfa;
pub(crate) mod verify_email;
pub(crate) mod verify_login;
pub(crate) mod web_sdk_bootstrap;
pub(crate) mod webhooks;
pub(crate) mod write;
