//! A file that stands in its place whole or not at all.

use crate::Stop;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// A file to be written: made beside its place once there is something to write, and moved there once it is whole.
/// What is no file, a pipe or a device, is written to as it stands.
pub(crate) struct FileLater {
    place: PathBuf,
    readers: Readers,
}

#[derive(Clone, Copy)]
enum Readers {
    /// As far as the process's mask allows.
    Others,
    Owner,
}

impl FileLater {
    /// A file that others may read, as far as the process's mask allows.
    pub(crate) fn at(place: impl AsRef<Path>) -> Result<Self, Stop> {
        Self::made(place.as_ref(), Readers::Others)
    }

    /// A file for its owner alone.
    pub(crate) fn private(place: impl AsRef<Path>) -> Result<Self, Stop> {
        Self::made(place.as_ref(), Readers::Owner)
    }

    /// Fails now rather than after long work if nothing can be written there. Nothing is left if that work is broken off.
    fn made(place: &Path, readers: Readers) -> Result<Self, Stop> {
        // A link goes on leading to what it leads to.
        let target = if place.is_symlink() { std::fs::canonicalize(place).ok() } else { None };
        let target = target.filter(|_| !is_as_it_stands(place)).unwrap_or_else(|| place.to_owned());
        let later = Self { place: target, readers };
        if !is_as_it_stands(&later.place) {
            later.part().map_err(|error| refused(place, &error))?;
        }
        Ok(later)
    }

    fn part(&self) -> std::io::Result<NamedTempFile> {
        let mut builder = Builder::new();
        #[cfg(unix)]
        if let Readers::Others = self.readers {
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        }
        let folder = self.place.parent().filter(|folder| !folder.as_os_str().is_empty());
        builder.tempfile_in(folder.unwrap_or(Path::new(".")))
    }

    /// Writes it.
    pub(crate) fn write(self, text: &str) -> Result<(), Stop> {
        let written = if is_as_it_stands(&self.place) {
            let opened = OpenOptions::new().append(true).open(&self.place);
            opened.and_then(|mut file| file.write_all(text.as_bytes()))
        } else {
            self.part().and_then(|mut part| {
                part.write_all(text.as_bytes())?;
                part.persist(&self.place).map(drop).map_err(|error| error.error)
            })
        };
        written.map_err(|error| refused(&self.place, &error))
    }
}

/// Names of files that are open already, whatever they are.
const OPEN: &[&str] = &["/dev/fd", "/dev/stderr", "/dev/stdout", "/proc"];

/// Whether something stands there that another file must not replace: no regular file, or one that is open.
fn is_as_it_stands(place: &Path) -> bool {
    let special = std::fs::metadata(place).is_ok_and(|there| !there.is_file() && !there.is_dir());
    special || OPEN.iter().any(|open| place.starts_with(open))
}

fn refused(place: &Path, error: &std::io::Error) -> Stop {
    Stop::wrong(format!("error: {} cannot be written: {}", place.display(), why(error)))
}

/// Why a file or folder could not be used, in words that fit behind its name.
pub(crate) fn why(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        kind => kind.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(place: &Path) {
        let later = FileLater::at(place).unwrap_or_else(|stop| panic!("{}", stop.text));
        later.write("new").unwrap_or_else(|stop| panic!("{}", stop.text));
    }

    #[test]
    fn nothing_stands_there_before_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let later = FileLater::at(folder.path().join("a")).unwrap_or_else(|stop| panic!("{}", stop.text));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        later.write("new").unwrap_or_else(|stop| panic!("{}", stop.text));
        assert_eq!(std::fs::read_to_string(folder.path().join("a")).unwrap(), "new");
        let nowhere = FileLater::at(folder.path().join("b/c")).err().unwrap();
        assert!(nowhere.text.ends_with("b/c cannot be written: no such file or folder"), "{}", nowhere.text);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_pipes_stay_what_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link, pipe] = ["file", "link", "pipe"].map(|name| folder.path().join(name));
        std::fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        written(&link);
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read_to_string(pipe).unwrap()
        });
        written(&pipe);
        assert_eq!(reader.join().unwrap(), "new");
        assert!(!std::fs::metadata(&pipe).unwrap().is_file());
        written(Path::new("/dev/null"));
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_open_is_not_replaced() {
        use std::os::fd::AsRawFd;
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir_in("/dev/shm").unwrap();
        let place = folder.path().join("a");
        written(&place);
        let open = std::fs::File::open(&place).unwrap();
        written(&PathBuf::from(format!("/dev/fd/{}", open.as_raw_fd())));
        assert_eq!(std::fs::metadata(&place).unwrap().ino(), open.metadata().unwrap().ino());
        assert_eq!(std::fs::read_to_string(&place).unwrap(), "newnew");
    }
}
