//! The fake Gigya: accounts, search, site configuration and IdentitySync documents, as a state machine.
//!
//! Requests with the vendor's own form parameters go in, the vendor's envelopes come out. What a dataflow
//! does when it runs is not here: this crate keeps the documents, schedules and job records, and hands out
//! the jobs that are due.
//!
//! - [`gigya`]: the state, and what the stage asks of it.
//! - `call`, `params`, `envelope`, `limits`, `inventory`: what every call goes through.
//! - `auth`, `bearer`, `trust`, [`signature`], `jwt`: who calls, from which page, and what the platform signs.
//! - `sessions`, `auth_codes`, `machines`, `attempts`, `tickets`, `outbox`, `events`: who is in, with which browser,
//!   who failed to get in, what is under way, what was sent, what happened.
//! - `aftermath`, `changes`, `audit`, `webhooks`: what a call leaves behind.
//! - [`endpoints`]: the one list of methods; each lives in a file of its own under `accounts`, `admin`, `audit`,
//!   `ds`, `ids`, `idx`, `sdk`, `socialize`.
//! - `site`, `schema`, `profile_schema`, `policies`, `screen_sets`: settings of a site.
//! - `account`, `rare`, `packed`, `people`, `index`, `merge`, `sanitise`, `email`, `password`, `crypt`: what is known
//!   about people.
//! - `consent`, `subscriptions`, `communications`, `addresses`, `double_opt_in`: what people agreed to.
//! - `web`, `frames`: what browsers load, and the pages that sites load in hidden frames.
//! - `query`, `documents`: the search language, and searching what is no account.
//! - `console`: pages for operators.
//! - [`job`]: dataflow jobs as they leave and come back.
//! - [`knobs`]: what the sources leave open.
//! - `seed`: a world file's section.

mod account;
mod accounts;
mod addresses;
mod admin;
mod aftermath;
mod attempts;
mod audit;
mod auth;
mod auth_codes;
mod bearer;
mod call;
mod changes;
mod communications;
mod consent;
mod console;
mod crypt;
mod documents;
mod double_opt_in;
mod ds;
mod email;
pub mod endpoints;
mod envelope;
mod events;
mod expiring;
mod frames;
pub mod gigya;
mod ids;
mod idx;
mod index;
mod inventory;
pub mod job;
mod jwt;
pub mod knobs;
mod limits;
mod machines;
mod merge;
mod outbox;
mod outgoing;
mod packed;
mod params;
mod password;
mod people;
mod policies;
mod profile_schema;
mod query;
mod rare;
mod sanitise;
mod schema;
mod screen_sets;
mod sdk;
mod seed;
mod sessions;
mod shown;
pub mod signature;
mod site;
mod socialize;
mod subscriptions;
mod tickets;
mod trust;
mod views;
mod web;
mod webhooks;

#[cfg(test)]
mod browser_tests;
#[cfg(test)]
mod contract_tests;
#[cfg(test)]
mod credential_tests;
#[cfg(test)]
mod fuzz_tests;
#[cfg(test)]
mod group_tests;
#[cfg(test)]
mod store_tests;
#[cfg(test)]
mod testing;

pub use endpoints::{Access, ENDPOINTS, Endpoint, endpoints};
pub use gigya::Gigya;
pub use job::{IdxJob, JobEnd};
pub use knobs::KNOBS;
pub use outgoing::{Incoming, Outgoing};
pub use seed::SHAPE;
pub use site::{DEFAULT_API_KEY, DEFAULT_PARTNER_SECRET, DEFAULT_SECRET, DEFAULT_USER_KEY};
pub use webhooks::queue::WebhookCall;
