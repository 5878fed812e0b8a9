//! `standin ca`: the certificate authority that is kept on this machine, for those who want to trust it for good.

use crate::args::CaCommand;
use crate::{Stop, say};
use standin_serve::authority::Authority;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const CERTIFICATE: &str = "authority.pem";
const KEY: &str = "authority.key";

pub(crate) fn ca(command: &CaCommand) -> Result<u8, Stop> {
    let folder = folder()?;
    if command.forget {
        for name in [CERTIFICATE, KEY] {
            match std::fs::remove_file(folder.join(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(unusable(&folder, &error));
                }
                _ => {}
            }
        }
        say("forgotten; whatever was told to trust it may be told otherwise now\n");
        return Ok(0);
    }
    let authority = match kept()? {
        Some(kept) => kept,
        None => keep(&folder)?,
    };
    say(authority.pem());
    Ok(0)
}

/// The authority that `standin ca` has made on this machine, if it has.
pub(crate) fn kept() -> Result<Option<Arc<Authority>>, Stop> {
    let Ok(folder) = folder() else { return Ok(None) };
    let read = |name: &str| match std::fs::read_to_string(folder.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unusable(&folder, &error)),
    };
    let (Some(key), Some(certificate)) = (read(KEY)?, read(CERTIFICATE)?) else { return Ok(None) };
    let kept = Authority::kept(&key, certificate).map_err(|error| {
        Stop::wrong(format!(
            "error: {}: {}\n  help: `standin ca --forget` makes room for a new one",
            folder.join(KEY).display(),
            crate::serve::told(&error)
        ))
    })?;
    Ok(Some(Arc::new(kept)))
}

/// Makes one and keeps it where only this user reads it.
fn keep(folder: &Path) -> Result<Arc<Authority>, Stop> {
    let authority =
        Authority::new().map_err(|error| Stop::broke(format!("error: {}", crate::serve::told(&error))))?;
    let write = || {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        for (name, text) in [(KEY, authority.key_pem()), (CERTIFICATE, authority.pem().to_owned())] {
            let mut options = std::fs::OpenOptions::new();
            let mut file =
                options.write(true).create(true).truncate(true).mode(0o600).open(folder.join(name))?;
            file.write_all(text.as_bytes())?;
        }
        Ok(())
    };
    write().map_err(|error| unusable(folder, &error))?;
    Ok(Arc::new(authority))
}

fn unusable(folder: &Path, error: &std::io::Error) -> Stop {
    Stop::wrong(format!("error: {} cannot be used: {error}", folder.display()))
}

#[expect(clippy::disallowed_methods, reason = "where a user's files are is told by the environment")]
fn folder() -> Result<PathBuf, Stop> {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share")));
    data.map(|data| data.join("standin")).ok_or_else(|| {
        Stop::wrong("error: there is no place to keep the authority\n  help: set HOME or XDG_DATA_HOME")
    })
}
