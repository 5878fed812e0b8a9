//! The machine as a whole, driven as a browser and an operator would.

mod configuration;
mod console;
mod exports;
mod identity;
mod laws;
mod pages;
mod player;
mod results;
mod world;
