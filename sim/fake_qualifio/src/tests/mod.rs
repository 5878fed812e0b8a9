//! The machine as a whole, driven as a browser and an operator would.

mod configuration;
mod identity;
mod laws;
mod pages;
mod player;
mod results;
mod world;
