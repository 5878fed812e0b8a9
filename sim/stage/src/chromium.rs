//! The real browsers of one scenario.

use crate::step::Miss;
use crate::world::World;
use standin_browser::{Device, Options, Program, Session, Switch};
use std::collections::BTreeMap;
use std::future::Future;

/// Browsers by the names that steps give them; all are ended with this value.
#[derive(Default)]
pub struct Browsers {
    open: BTreeMap<String, Session>,
    /// The one that acted last.
    last: String,
}

impl Drop for Browsers {
    fn drop(&mut self) {
        for (_, session) in std::mem::take(&mut self.open) {
            outside(session.quit());
        }
    }
}

/// Why a scenario with steps for a real browser cannot be run here.
pub fn lacking() -> Option<String> {
    Program::find().err().map(|missing| missing.to_string())
}

/// Waits, wherever the caller is, for what needs the reactor of the runtime that sockets share.
pub(crate) fn outside<T>(future: impl Future<Output = T>) -> T {
    let _inside = crate::world::runtime().enter();
    pollster::block_on(future)
}

impl Browsers {
    /// A fresh browser in the place of one of that name, if there was any.
    pub(crate) fn start(
        &mut self,
        world: &World,
        name: &str,
        device: Device,
        without: Option<Switch>,
    ) -> Result<(), Miss> {
        if let Some(before) = self.open.remove(name) {
            outside(before.quit());
        }
        let broken = |why: String| Miss::Broken(why);
        let program = Program::find().map_err(|missing| broken(missing.to_string()))?;
        let front = world.front().map_err(|error| broken(crate::run::chain(&error)))?;
        let key_hash = front.authority().key_hash();
        let options =
            Options { front: front.address(), key_hash, device, without: without.into_iter().collect() };
        let session = outside(Session::start(program, &options));
        self.open.insert(name.to_owned(), session.map_err(|error| broken(crate::run::chain(&error)))?);
        Ok(())
    }

    /// Whether there is a browser of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.open.contains_key(name)
    }

    /// The browser of that name, which is about to act.
    pub(crate) fn get(&mut self, name: &str) -> Result<&Session, Miss> {
        let found = self.open.get(name);
        name.clone_into(&mut self.last);
        found.ok_or_else(|| crate::step::unmet("no browser is open yet; begin with `browser_visit`"))
    }

    /// What the browser that acted last shows, as a PNG.
    pub(crate) fn screenshot(&self) -> Option<Vec<u8>> {
        let session = self.open.get(&self.last)?;
        outside(session.screenshot()).ok()
    }
}
