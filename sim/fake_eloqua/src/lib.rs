//! The fake Eloqua
pub mod elq;
mod field;
mod filter;
mod import;
mod knobs;
mod statement;
mod store;
mod time;
mod value;
