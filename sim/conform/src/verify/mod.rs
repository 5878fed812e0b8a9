//! Partners: one role of the stage is somebody else's system, the others are ours, and each clause that concerns the
//! role is exercised.
//!
//! - [`role`]: the roles, and what a partner says of the system.
//! - [`partner`]: a partner's file, read.
//! - [`cases`]: the scenarios of a role, put into a partner's world.
//! - [`judgement`]: what became of each clause, and how two runs differ.
//! - [`secrets`]: what nobody is shown.
//! - [`csv`], [`dataflow`], [`drift`], [`login_page`], [`programs`], [`push`]: the roles, each in a module of its own.

pub mod cases;
pub mod csv;
pub mod dataflow;
pub mod drift;
pub mod judgement;
pub mod login_page;
pub mod partner;
pub mod programs;
pub mod push;
pub mod role;
pub mod secrets;

pub use judgement::{Judgement, Standing, excuse, judge};
pub use partner::PartnerFile;
pub use role::{ROLES, Role, Work, role_of};
