//! The machine as a whole, driven as a browser and an operator would.

mod configuration;
mod console;
mod counting;
mod exports;
mod feeds;
mod gdpr;
mod identity;
mod laws;
mod names;
mod pages;
mod player;
mod results;
mod secure_token;
mod webhooks;
mod world;
