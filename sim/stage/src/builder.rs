//! A world, described member by member in a Rust test.

use crate::world::{Transport, World, WorldError, WorldSpec};
use serde_json::Value;

/// What a world is to be; everything that is not said is at its default.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct WorldBuilder {
    spec: WorldSpec,
    transport: Transport,
}

impl WorldBuilder {
    /// How its parts reach each other: over the wire, unless it is said here.
    pub fn transport(mut self, transport: Transport) -> Self {
        self.transport = transport;
        self
    }

    /// Where its identifiers start.
    pub fn seed(mut self, seed: u64) -> Self {
        self.spec.seed = seed;
        self
    }

    /// A knob, see `standin list knobs`.
    pub fn knob(mut self, name: &str, value: &str) -> Self {
        self.spec.knobs.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What Gigya holds, as the `gigya` section of a world file says it.
    pub fn gigya(self, section: Value) -> Self {
        self.section("gigya", section)
    }

    /// What Qualifio holds, as the `qualifio` section of a world file says it.
    pub fn qualifio(self, section: Value) -> Self {
        self.section("qualifio", section)
    }

    /// What Eloqua holds, as the `eloqua` section of a world file says it.
    pub fn eloqua(self, section: Value) -> Self {
        self.section("eloqua", section)
    }

    /// The drop's users and folders, as the `sftp` section of a world file says it.
    pub fn sftp(self, section: Value) -> Self {
        self.section("sftp", section)
    }

    /// The object stores' buckets, as the `stores` section of a world file says it.
    pub fn stores(self, section: Value) -> Self {
        self.section("stores", section)
    }

    /// The customer's login pages, as the `login_pages` section of a world file says it.
    pub fn login_pages(self, section: Value) -> Self {
        self.section("login_pages", section)
    }

    /// A dataflow document under the name that steps and [`World::dataflow_id`] use.
    pub fn dataflow(mut self, name: &str, document: Value) -> Self {
        self.spec.dataflows.insert(name.to_owned(), document);
        self
    }

    /// Makes the world.
    pub fn open(self) -> Result<World, WorldError> {
        World::open(&self.spec, self.transport)
    }

    fn section(mut self, name: &str, section: Value) -> Self {
        self.spec.sections.insert(name.to_owned(), section);
        self
    }
}
