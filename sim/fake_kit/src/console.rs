//! What the operators' consoles of all platforms are drawn with: one script of building blocks, one style.
//!
//! A console is a page that loads `/console/console.css` and a module of its own, which imports
//! `/console/console.js` and speaks to the platform's JSON API like any other client.

use crate::asset::{Asset, CSS, JAVASCRIPT};

/// The files that every console loads.
pub const ASSETS: &[Asset] = &[
    Asset { path: "/console/console.js", kind: JAVASCRIPT, text: include_str!("console/console.js") },
    Asset { path: "/console/console.css", kind: CSS, text: include_str!("console/console.css") },
];
