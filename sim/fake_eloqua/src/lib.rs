//! Oracle Eloqua as a state machine: a request and the present time go in, a response comes out.
//!
//! It knows contacts, their fields and addresses, the REST API that concerns them, the Bulk API with accounts,
//! custom objects and activities, and Eloqua's own import and export jobs over SFTP. It is not for campaigns and
//! e-mails, and it opens no connection: a job says what it wants fetched or delivered, and is told.
//!
//! - [`eloqua`]: the platform as a whole, and what can be seen of it from outside.
//! - `field`, `store`, `value`, `time`: contact fields; contacts and addresses; the rules for single values.
//!   `group`, `option_list`: e-mail groups and the values of picklists. `grave`: what was deleted. `digest`: hashes.
//! - `records`, `activity`: accounts, custom object records, activities. `values`: how values are kept.
//! - `statement`, `filter`, `condition`, `search`: the markup language, the filters of exports as text and as what
//!   they mean, the `search` of REST.
//! - `sheet`: rows as they were sent. `import`, `export`: what happens to rows, and what rows are made; the same
//!   for the API and for files.
//! - [`elq`]: the status codes of syncs.
//! - [`job`]: Eloqua's own jobs; `load` is what an import does with a file, `load_plan` and `load_kind` what its
//!   columns and its kind mean, `table` and `archive` read and write files.
//! - `router`: the list of endpoints, and what stands in their way: `user`, `limits`.
//! - `login`, `authorize`, `oauth`: who calls. `rest_*`: the REST API; `rest_page` and `rest_asset` are what its
//!   lists share. `bulk`, `bulk_group`, `listing`: the Bulk API. `reply`: shapes of answers.
//! - `setup`: pages for people.
//! - [`knobs`]: behaviour that a user may set.
//! - `seed`, `seed_job`, `seed_records`: the world file's section.

mod activity;
mod archive;
mod authorize;
mod bulk;
mod bulk_group;
#[cfg(test)]
mod caller;
mod condition;
mod digest;
pub mod eloqua;
pub mod elq;
mod export;
mod field;
mod filter;
#[cfg(test)]
mod golden;
mod grave;
mod group;
#[cfg(test)]
mod identity_laws;
mod import;
pub mod job;
#[cfg(test)]
mod job_tests;
#[cfg(test)]
mod knob_tests;
pub mod knobs;
#[cfg(test)]
mod laws;
mod limits;
mod listing;
mod load;
mod load_kind;
mod load_plan;
mod login;
#[cfg(test)]
mod login_tests;
pub mod oauth;
mod option_list;
mod records;
mod reply;
mod rest_activity;
mod rest_asset;
mod rest_contact;
mod rest_empty;
mod rest_field;
mod rest_group;
mod rest_list;
mod rest_option;
mod rest_page;
mod rest_segment;
mod rest_subscription;
#[cfg(test)]
mod rest_tests;
mod router;
#[cfg(test)]
mod samples;
mod search;
mod seed;
mod seed_job;
mod seed_records;
mod setup;
mod sheet;
mod statement;
mod store;
mod table;
mod time;
mod user;
mod value;
mod values;

pub use bulk::Callback;
pub use eloqua::{DEFAULT_PASSWORD, DEFAULT_SITE, DEFAULT_USER, Eloqua};
pub use job::{JobRun, LARGEST_FILE, Work};
pub use knobs::KNOBS;
pub use load::RowLoaded;
pub use seed::SHAPE;
