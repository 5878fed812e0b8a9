//! The commands' whole output and exit codes.
