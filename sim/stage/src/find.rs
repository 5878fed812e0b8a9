//! Files that a scenario or world names.

use std::path::{Path, PathBuf};

/// The text of the file that `name` means when it is written in `file`: looked for beside `file` and then in
/// every folder above it, so that scenarios name files from the top of their project.
pub fn read_beside(file: &Path, name: &str) -> Result<String, String> {
    let path = beside(file, name)
        .ok_or_else(|| format!("no file `{name}` beside {} or in a folder above it", file.display()))?;
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
/// program was started, and no others.
pub const SENT: &str = "(sent)";

fn below_here(name: &str) -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?.canonicalize().ok()?;
    let path = here.join(name).canonicalize().ok().filter(|path| path.is_file())?;
    path.strip_prefix(&here).ok().map(Path::to_owned)
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
}
