//! The tests that look at more than one crate, in one binary.
//!
//! - [`house`]: boundaries between crates, lists against scenarios and clauses.
//! - [`scenarios`]: every file under `scenarios/`, on both transports.
//! - [`laws`]: the world at random.
//! - `mutants`: our own rules made wrong, one at a time.
//! - [`vectors`]: the known cases of Qualifio, each through the whole world.
//! - [`traps`]: what is easy to get wrong about dataflows, numbered.
//! - [`world`]: the Rust face.
//! - [`program`]: the commands' whole output and exit codes.
//! - [`clients`]: answers that no fake gives.
//! - [`control`]: the control API as test suites of others use it.
//! - [`exec`]: programs of others inside the stage. [`verify`]: systems of others in one of the roles.
//! - [`transport`]: Gigya over a socket, as foreign clients speak. [`eloqua`]: the same of Eloqua.

mod clients;
mod control;
mod eloqua;
mod exec;
mod house;
mod laws;
#[cfg(debug_assertions)]
mod mutants;
mod program;
mod scenarios;
mod transport;
mod traps;
mod vectors;
mod verify;
mod world;

use std::path::{Path, PathBuf};

/// The top of the checkout.
fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every scenario of the project, checked.
fn all_scenarios() -> Vec<standin::Ready> {
    let files = standin_stage::runner::find_files(&[top().join("scenarios")]).unwrap();
    let load = |file: &PathBuf| {
        standin::load(file, &standin::Extras::default(), false).unwrap_or_else(|bad| panic!("{bad}"))
    };
    files.iter().flat_map(load).collect()
}
