//! The stage: worlds, the steps of the scenario language, and the runner. The only place that knows everyone.
//!
//! Not for: platform behaviour (the fakes), mapping and transfer (push, dataflow), text (scenario, report).
//!
//! - [`world`], [`builder`]: a world made from a specification, and what one does with it.
//! - [`parts`]: what a world consists of, and how its hosts are found.
//! - [`surface`]: a platform as something to send requests to; faults and the journal sit here. [`trouble`]: what
//!   becomes of a call that a fault takes.
//! - [`agenda`]: what a world does by itself, in order.
//! - [`sso`]: where the real sync logic is plugged into Qualifio.
//! - [`customer`], [`browser`]: the customer's site with its login pages, and a participant at the level of HTTP.
//!   `html`: what it reads in a page of somebody else's.
//! - [`chromium`], [`front`]: participants' real browsers, and the socket on which they find every host.
//! - [`receiver`]: the customer's receiver of webhooks.
//! - [`partner`]: somebody else's system in one of the roles.
//! - [`stubs`]: what stands in the place of dataflows' steps.
//! - [`step`], [`steps`]: what a step is, and all of them.
//! - [`runner`]: scenario files in, outcomes out; [`story`]: how it came to them; `failure`: what did not hold.
//! - [`stores`]: the object stores of a world.
//! - [`control`]: the surface of the stage itself under `serve`.
//! - [`journal`], [`called`], [`lineage`], [`sought`], [`compare`], [`clock`], [`find`], [`run`]: what these are built from.

pub mod agenda;
pub mod browser;
pub mod builder;
pub mod called;
pub mod chromium;
pub mod clock;
pub mod compare;
pub mod control;
pub mod customer;
mod failure;
pub mod find;
pub mod front;
mod html;
pub mod journal;
pub mod lineage;
pub mod partner;
pub mod parts;
pub mod receiver;
pub mod run;
pub mod runner;
pub mod sought;
pub mod sso;
pub mod step;
pub mod steps;
pub mod stores;
pub mod story;
pub mod stubs;
pub mod surface;
pub mod trouble;
pub mod world;

pub use builder::WorldBuilder;
pub use world::{Listen, Transport, World, WorldError, WorldSpec};
