//! A real browser for scenarios: headless Chromium, driven over WebDriver.
//!
//! Every host name is sent to one socket on loopback, so nothing that a page asks for leaves the machine. What a
//! step wants is waited for, within a bound, since a page does its work in its own time. This crate knows nothing
//! of platforms or worlds.
//!
//! - [`program`]: Chromium and its driver on this machine, or what is missing.
//! - [`session`]: one browser from start to quit, and what a person does in it.
//! - [`locate`]: how people name what they see.
//! - [`audit`]: whether everybody can use a page.

pub mod audit;
pub mod locate;
pub mod program;
pub mod session;

pub use audit::Finding;
pub use locate::FACTS;
pub use program::{Missing, PREFERENCES, Program, Window, preferences};
pub use session::{BrowserError, Device, Options, Session, Switch, flags};
