//! What the methods about a partner's sites share.

use crate::call::{Call, Caller};
use crate::envelope::Refusal;

/// The one partner that this platform has.
pub(crate) const PARTNER_ID: u64 = 77_000;

/// Refuses a partner whose sites the caller does not see.
pub(crate) fn check_partner(call: &Call, parameter: &str) -> Result<(), Refusal> {
    match call.params.number(parameter)? {
        Some(id) if id == PARTNER_ID as i64 => Ok(()),
        Some(_) => Err(Refusal::new(403_036)),
        None => Err(Refusal::missing(call.method, parameter)),
    }
}

/// The key with which the call came.
pub(crate) fn user_key(call: &Call) -> Result<&str, Refusal> {
    match &call.caller {
        Caller::Server { user_key } => Ok(user_key),
        _ => Err(Refusal::new(403_007)),
    }
}
