//! The world and the runner: the only place that knows everyone.
