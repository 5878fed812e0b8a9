//! The control API as test suites of others use it.

use crate::top;
use std::process::{Command, Output};

/// What a suite prints, or nothing where its tool is missing.
fn suite(tool: &[&str], arguments: &[&str], folder: &str) -> Option<Output> {
    let run = |arguments: &[&str]| {
        Command::new(tool[0])
            .args(&tool[1..])
            .args(arguments)
            .env("STANDIN", env!("CARGO_BIN_EXE_standin"))
            .env_remove("STANDIN_URL")
            .current_dir(top().join("fixtures/examples").join(folder))
            .output()
    };
    if run(&["--version"]).is_ok_and(|output| output.status.success()) {
        return Some(run(arguments).unwrap());
    }
    assert!(std::env::var_os("STANDIN_ALL_TOOLS").is_none(), "{} is missing", tool.join(" "));
    None
}

#[test]
fn a_suite_with_pytest_passes() {
    let quiet = ["-q", "-p", "no:cacheprovider", "--no-header"];
    // Debian's is under its own Python, others may have one of their own first in their path.
    for python in ["python3", "/usr/bin/python3"] {
        let there = Command::new(python).args(["-m", "pytest", "--version"]).output();
        if there.is_ok_and(|output| output.status.success()) {
            let ran = suite(&[python, "-B", "-m", "pytest"], &quiet, "pytest").unwrap();
            let told = String::from_utf8_lossy(&ran.stdout);
            assert!(ran.status.success() && told.contains("7 passed"), "{ran:?}");
            return;
        }
    }
    assert!(std::env::var_os("STANDIN_ALL_TOOLS").is_none(), "pytest is missing");
}

/// Node's own runner stands in for vitest, which no distribution has.
#[test]
fn a_suite_in_javascript_passes() {
    let Some(ran) = suite(&["node"], &["--test"], "vitest") else { return };
    let told = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success() && told.contains("pass 4"), "{ran:?}");
}
