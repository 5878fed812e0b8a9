//! `standin new`: files to begin with.

use crate::args::NewCommand;
use crate::file_later::why;
use crate::verify::role;
use crate::{Stop, say};
use std::io::Write;
use std::path::Path;

/// A scenario that runs, with a word on every part.
const SCENARIO: &str = include_str!("new/scenario.yaml");

pub(crate) fn new(command: &NewCommand) -> Result<u8, Stop> {
    match command {
        NewCommand::Scenario(scenario) => {
            let next = |place: &Path| format!("`standin run {} --steps` runs it", place.display());
            written(SCENARIO, scenario.file.as_deref(), next)
        }
        NewCommand::Verify(verify) => {
            let role = role(&verify.role)?;
            let next =
                |place: &Path| format!("`standin verify {} {}` comes next", role.name, place.display());
            written(role.template, verify.file.as_deref(), next)
        }
    }
}

/// Writes a text to a new file, or prints it.
fn written(text: &str, place: Option<&Path>, next: impl Fn(&Path) -> String) -> Result<u8, Stop> {
    let Some(place) = place else {
        say(text);
        return Ok(0);
    };
    let refused = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Stop::wrong(format!("error: {} is there already, and stays as it is", place.display()))
        }
        _ => Stop::wrong(format!("error: {} cannot be written: {}", place.display(), why(&error))),
    };
    let mut file = std::fs::File::create_new(place).map_err(refused)?;
    file.write_all(text.as_bytes()).map_err(refused)?;
    say(&format!("{} is written; {}\n", place.display(), next(place)));
    Ok(0)
}
