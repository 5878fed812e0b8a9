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
        let withheld = WITHHELD.read().unwrap_or_else(PoisonError::into_inner);
        return below(&std::env::current_dir().ok()?, name, &withheld);
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

/// The file of this name below a folder, as it is called from there, if whoever sends a text may name it.
fn below(folder: &Path, name: &str, withheld: &BTreeSet<PathBuf>) -> Option<PathBuf> {
    let folder = folder.canonicalize().ok()?;
    let path = folder.join(name).canonicalize().ok().filter(|path| path.is_file())?;
    if withheld.iter().any(|file| file.canonicalize().is_ok_and(|file| file == path)) {
        return None;
    }
    let hidden = |path: &Path| {
        path.components()
            .any(|part| matches!(part, Component::Normal(name) if name.as_encoded_bytes()[0] == b'.'))
    };
    let path = path.strip_prefix(&folder).ok()?;
    (!hidden(path) && !hidden(Path::new(name))).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_names_no_file_outside_and_none_of_secrets() {
        let whole = tempfile::tempdir().unwrap();
        let here = whole.path().join("here");
        for file in
            ["here/a.yaml", "here/src/b.yaml", "here/src/keys.yaml", "here/.env/c.yaml", "beside.yaml"]
        {
            let file = whole.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "secret: s3cr3t\n").unwrap();
        }
        let withheld = BTreeSet::from([here.join("src/keys.yaml"), here.join("not-there.yaml")]);
        let outside = whole.path().join("beside.yaml").display().to_string();
        for (name, expected) in [
            ("a.yaml", Some("a.yaml")),
            ("src/b.yaml", Some("src/b.yaml")),
            ("./src/../a.yaml", Some("a.yaml")),
            ("src", None),
            ("c.yaml", None),
            ("../beside.yaml", None),
            ("../here/a.yaml", Some("a.yaml")),
            (&outside, None),
            (".env/c.yaml", None),
            ("src/../.env/c.yaml", None),
            ("src/keys.yaml", None),
            ("src/../src/keys.yaml", None),
        ] {
            assert_eq!(below(&here, name, &withheld).as_deref(), expected.map(Path::new), "{name}");
        }
    }

    #[test]
    fn what_is_sent_names_yaml_and_json_alone() {
        let bad = read_beside(Path::new(SENT), "src/find.rs").unwrap_err();
        assert_eq!(bad, "`src/find.rs` is no file in YAML or JSON by its name");
        let none = read_beside(Path::new(SENT), "/etc/hosts").unwrap_err();
        assert_eq!(none, "no file `/etc/hosts` beside (sent) or in a folder above it");
    }
}
