//! What was deleted. Lists that ask for what changed since a time tell of it.

use imbl::Vector;
use serde_json::Value;
use standin_model::Instant;

/// How many are remembered; older ones are forgotten.
const KEPT: usize = 10_000;

/// Something that was deleted.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Grave {
    /// As its member `type` says.
    pub(crate) kind: &'static str,
    pub(crate) at: Instant,
    /// As lists showed it, at minimal depth.
    pub(crate) view: Value,
}

/// All that was deleted, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graves(Vector<Grave>);

impl Graves {
    /// Remembers something by how it looked; it changed for the last time when it was deleted.
    pub(crate) fn add(&mut self, kind: &'static str, at: Instant, mut view: Value) {
        view["updatedAt"] = Value::from(at.seconds().to_string());
        self.0.push_back(Grave { kind, at, view });
        while self.0.len() > KEPT {
            self.0.pop_front();
        }
    }

    /// Those of one kind that were deleted at `since` or later.
    pub(crate) fn since(&self, kind: &str, since: i64) -> impl Iterator<Item = &Value> {
        self.0
            .iter()
            .filter(move |grave| grave.kind == kind && grave.at.seconds() >= since)
            .map(|grave| &grave.view)
    }
}
