//! The system's own programs, to compare with.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// A file under `fixtures/`.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Whether a program is on this machine. `.ci/run` installs all of them and says so, and then none may be missing.
#[expect(clippy::print_stderr, reason = "a test that looked at nothing has to say so")]
pub(crate) fn installed(name: &str) -> bool {
    let found = Command::new(name).arg("--version").stdin(Stdio::null()).output().is_ok();
    assert!(found || std::env::var_os("STANDIN_ALL_TOOLS").is_none(), "`{name}` is missing");
    if !found {
        eprintln!("`{name}` is not on this machine: a comparison with it looked at nothing");
    }
    found
}

/// What a program writes when it is given this input; what it complains about, if it fails.
pub(crate) fn program(folder: &Path, name: &str, args: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
    let command = Command::new(name)
        .args(args)
        .current_dir(folder)
        .env("GNUPGHOME", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = command.unwrap_or_else(|error| panic!("{name}: {error}"));
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    let writing = std::thread::spawn(move || stdin.write_all(&input));
    let done = child.wait_with_output().unwrap();
    let _ = writing.join().unwrap();
    if done.status.success() {
        Ok(done.stdout)
    } else {
        Err(String::from_utf8_lossy(&done.stderr).into_owned())
    }
}

/// What GnuPG decrypts with a key of `fixtures/pgp`.
pub(crate) fn gpg(key: &str, passphrase: &str, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let home = tempfile::tempdir().unwrap();
    let fixed = ["--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", passphrase];
    let call = |args: &[&str], input: &[u8]| program(home.path(), "gpg", &[&fixed, args].concat(), input);
    let imported = call(&["--import"], &fixture(&format!("pgp/{key}")));
    let plain = imported.and_then(|_| call(&["--decrypt"], bytes));
    // The agent would outlive the folder that it serves.
    let _ = program(home.path(), "gpgconf", &["--kill", "gpg-agent"], b"");
    plain
}
