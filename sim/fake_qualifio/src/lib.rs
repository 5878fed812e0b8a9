//! The fake Qualifio: campaigns, the player, statistics, the Gigya SSO integration.
//!
//! A state machine: a request and the present time go in, a [`Turn`] comes out. Where the platform's back end
//! would ask Gigya something, the turn is a question instead of a response, and [`Qualifio::resume`] goes on
//! with the answer. The push of accepted forms to Gigya is deliberately not in here: accepted forms wait in
//! [`Qualifio::take_pushes`] for whoever pushes them.
//!
//! - [`turn`]: questions, answers and accepted forms, the crate's border types.
//! - [`qualifio`]: the state machine and everything that is its state.
//! - [`problem`]: named refusals and warnings.
//! - [`account`]: operators with their roles, websites.
//! - [`integration`]: the Gigya SSO integration, its global and site blocks, what Save accepts.
//! - [`redirection`]: the redirection URL and the destination that follows it.
//! - [`domain`]: hosts, registrable domains, where Gigya's browser API is reached.
//! - [`campaign`]: campaigns, channels, form fields.
//! - [`limits`]: how often one may take part, and what is counted for it.
//! - [`mapping`]: mapping variables of the account.
//! - [`form`]: what a submitted form may hold.
//! - [`exit_text`]: what the exit screen says in the operator's own words.
//! - [`participation`]: one participant's way through a campaign.
//! - [`player`]: the pages.
//! - [`secure_token`]: what a customer's page vouches for in a campaign's address.
//! - [`statistics`]: accepted forms as rows, the CSV export.
//! - [`workbook`]: the XLSX export.
//! - [`summary`]: figures over rows.
//! - [`crm`]: one profile for each trigram.
//! - [`webhooks`]: who is told of participations.
//! - [`feed`]: which campaigns are published where.
//! - [`gdpr`]: finding, exporting and forgetting people.
//! - [`api`]: the API for other systems, with feeds and GDPR.
//! - [`manager`]: the operators' JSON API.
//! - [`console`]: the operators' pages.
//! - [`seed`]: reading a world file's section.
//! - [`knobs`]: behaviour that a user may set.

pub mod account;
pub mod api;
pub mod campaign;
pub mod console;
pub mod crm;
pub mod domain;
pub mod exit_text;
pub mod feed;
pub mod form;
pub mod gdpr;
pub mod integration;
pub mod knobs;
pub mod limits;
pub mod manager;
pub mod mapping;
pub mod participation;
pub mod player;
pub mod problem;
pub mod qualifio;
pub mod redirection;
pub mod secure_token;
pub mod seed;
pub mod statistics;
pub mod summary;
pub mod turn;
pub mod webhooks;
pub mod workbook;

pub use knobs::KNOBS;
pub use qualifio::Qualifio;
pub use seed::SHAPE;
pub use turn::{
    Answer, Ask, AskFailed, GigyaConfig, Identity, IdentityRefused, PhonePolicy, PushBack, PushOrder,
    SendMode, SiteAnswer, Turn,
};
pub use webhooks::queue::WebhookCall;

#[cfg(test)]
mod tests;
mod views;
