//! A file that stands in its place whole or not at all.

use crate::Stop;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile};

/// A file to be written: made beside its place, and moved there once it is whole.
pub(crate) struct FileLater {
    place: PathBuf,
    part: NamedTempFile,
}

impl FileLater {
    /// A file that others may read, as far as the process's mask allows.
    pub(crate) fn at(place: impl AsRef<Path>) -> Result<Self, Stop> {
        let mut builder = Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        Self::made(place.as_ref(), &builder)
    }

    /// A file for its owner alone.
    pub(crate) fn private(place: impl AsRef<Path>) -> Result<Self, Stop> {
        Self::made(place.as_ref(), &Builder::new())
    }

    fn made(place: &Path, builder: &Builder<'_, '_>) -> Result<Self, Stop> {
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty());
        let part =
            builder.tempfile_in(folder.unwrap_or(Path::new("."))).map_err(|error| refused(place, &error))?;
        Ok(Self { place: place.to_owned(), part })
    }

    /// Writes it.
    pub(crate) fn write(mut self, text: &str) -> Result<(), Stop> {
        self.part.write_all(text.as_bytes()).map_err(|error| refused(&self.place, &error))?;
        self.part.persist(&self.place).map_err(|error| refused(&self.place, &error.error))?;
        Ok(())
    }
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
