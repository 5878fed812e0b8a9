//! Which drop a login means, where one shell stands before many.

use standin_fake_sftp::Drop;
use standin_ports::{Clock, Journal};
use std::sync::{Arc, Mutex};

/// A drop, and what its sessions need beside it.
#[derive(Clone)]
pub struct Door {
    /// The drop.
    pub drop: Arc<Mutex<Drop>>,
    /// What time it is there.
    pub clock: Arc<dyn Clock>,
    /// Where it is told what happens.
    pub journal: Arc<dyn Journal>,
}

/// Finds the door of a login name, and the name that counts behind it.
pub type Doors = Arc<dyn Fn(&str) -> (Door, String) + Send + Sync>;

/// The same door for everybody.
pub(crate) fn one(door: Door) -> Doors {
    Arc::new(move |user: &str| (door.clone(), user.to_owned()))
}
