//! Methods of the `sdk` namespace: what the Web SDK asks before it does anything else.

pub(crate) mod config_get;
