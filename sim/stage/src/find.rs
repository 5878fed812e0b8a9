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
    let start = std::path::absolute(file).ok()?;
    let folders = file.ancestors().chain(start.ancestors());
    folders.map(|folder| folder.join(name)).find(|path| path.is_file())
}
