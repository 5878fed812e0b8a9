//! The data store: objects of a type, with or without an owner. One method a file.
//!
//! - [`store`]: types, their schemas, and the objects in them.

pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod put;
pub(crate) mod schema;
pub(crate) mod search;
pub(crate) mod store;

use crate::call::{Call, Caller};
use crate::envelope::Refusal;

/// Whose objects a call is about: a server says, a person has only their own. Nobody is 403007.
pub(crate) fn owner(call: &Call) -> Result<Option<String>, Refusal> {
    let named = call.params.get("UID");
    match &call.caller {
        Caller::Session { uid, .. } => match named {
            Some(other) if other != uid => Err(Refusal::new(403_023)),
            _ => Ok(Some(uid.clone())),
        },
        _ if call.is_server() => Ok(named.map(str::to_owned)),
        _ => Err(Refusal::new(403_007)),
    }
}
