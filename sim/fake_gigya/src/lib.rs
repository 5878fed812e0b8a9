//! The fake Gigya: accounts, search, site configuration and IdentitySync documents, as a state machine.
//!
//! Requests with the vendor's own form parameters go in, the vendor's envelopes come out. What a dataflow
//! does when it runs is not here: this crate keeps the documents, schedules and job records, and hands out
//! the jobs that are due.
//!
//! - [`gigya`]: the state, and what the stage asks of it.
//! - `call`, `params`, `envelope`, `limits`, `inventory`: what every call goes through.
//! - `auth`, `bearer`, [`signature`], `jwt`: who calls, and what the platform signs.
//! - [`endpoints`]: the one list of methods; each lives in a file of its own under `accounts`, `admin`, `idx`,
//!   `socialize`.
//! - `site`, `schema`, `profile_schema`: settings of a site.
//! - `sessions`, `tickets`, `outbox`, `events`: who is in, what is under way, what was sent, what happened.
//! - `account`, `rare`, `people`, `merge`, `consent`, `sanitise`, `email`, `password`: what is known about people.
//! - `query`: the search language.
//! - [`job`]: dataflow jobs as they leave and come back.
//! - [`knobs`]: what the sources leave open.
//! - `seed`: a world file's section.

mod account;
mod accounts;
mod admin;
mod auth;
mod bearer;
mod call;
mod consent;
mod email;
pub mod endpoints;
mod envelope;
mod events;
mod expiring;
pub mod gigya;
mod idx;
mod inventory;
pub mod job;
mod jwt;
pub mod knobs;
mod limits;
mod merge;
mod outbox;
mod params;
mod password;
mod people;
mod profile_schema;
mod query;
mod rare;
mod sanitise;
mod schema;
mod seed;
mod sessions;
pub mod signature;
mod site;
mod socialize;
mod tickets;
mod views;

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
pub use site::{DEFAULT_API_KEY, DEFAULT_PARTNER_SECRET, DEFAULT_SECRET, DEFAULT_USER_KEY};
