//! Files that a scenario or world names.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::{PoisonError, RwLock};

/// The text of the file that `name` means when it is written in `file`: looked for beside `file` and then in
/// every folder above it, so that scenarios name files from the top of their project.
pub fn read_beside(file: &Path, name: &str) -> Result<String, String> {
    let path = beside(file, name)
        .ok_or_else(|| format!("no file `{name}` beside {} or in a folder above it", file.display()))?;
    // A mistake in it is shown with its line, and the line of another file is nobody's business.
    let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
    if file == Path::new(SENT) && !["yaml", "yml", "json"].contains(&kind) {
        return Err(format!("`{name}` is no file in YAML or JSON by its name"));
    }
    std::fs::read_to_string(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))
}

/// The path of the file that `name` means when it is written in `file`: relative where that is found, so that
/// messages call a file by a path from where the program was started.
pub fn beside(file: &Path, name: &str) -> Option<PathBuf> {
    if file == Path::new(SENT) {
        return below_here(name);
    }
    let start = std::path::absolute(file).ok()?;
    let folders = file.ancestors().chain(start.ancestors());
    folders.map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// In the place of a file's path: a text that came over the control API. It names files below the folder in which the
/// program was started, and no others; none that is hidden, and none that is [withheld](withhold).
pub const SENT: &str = "(sent)";

/// Files with secrets that the program itself was told of.
static WITHHELD: RwLock<BTreeSet<PathBuf>> = RwLock::new(BTreeSet::new());

/// Lets no text that is sent name this file, under whatever name, be it there already or not.
pub fn withhold(file: &Path) {
    if let Ok(file) = std::path::absolute(file) {
        WITHHELD.write().unwrap_or_else(PoisonError::into_inner).insert(file);
    }
}

fn below_here(name: &str) -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?.canonicalize().ok()?;
    let path = here.join(name).canonicalize().ok().filter(|path| path.is_file())?;
    let withheld = WITHHELD.read().unwrap_or_else(PoisonError::into_inner);
    if withheld.iter().any(|file| file.canonicalize().is_ok_and(|file| file == path)) {
        return None;
    }
    let hidden = |path: &Path| {
        path.components()
            .any(|part| matches!(part, Component::Normal(name) if name.as_encoded_bytes()[0] == b'.'))
    };
    let path = path.strip_prefix(&here).ok()?;
    (!hidden(path) && !hidden(Path::new(name))).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_names_no_file_outside() {
        for (name, expected) in [
            ("Cargo.toml", true),
            ("src/find.rs", true),
            ("../ports/Cargo.toml", false),
            ("/etc/hosts", false),
        ] {
            assert_eq!(beside(Path::new(SENT), name).is_some(), expected, "{name}");
        }
    }

    #[test]
    fn what_is_sent_names_no_file_of_secrets() {
        let folder = Path::new(".find-test");
        let below = |name: &str| beside(Path::new(SENT), name).is_some();
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join("a.yaml"), "secret: s3cr3t\n").unwrap();
        let hidden = below(".find-test/a.yaml") || below("src/../.find-test/a.yaml");
        std::fs::remove_dir_all(folder).unwrap();
        assert!(!hidden);
        withhold(Path::new("src/lib.rs"));
        assert!(!below("src/lib.rs") && !below("src/../src/lib.rs") && below("./src/find.rs"));
        let other = read_beside(Path::new(SENT), "src/find.rs").unwrap_err();
        assert_eq!(other, "`src/find.rs` is no file in YAML or JSON by its name");
    }
}
