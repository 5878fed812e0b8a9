//! `standin new`: files to begin with.

use crate::args::{NewCommand, Template};
use crate::{Stop, say};
use std::io::Write;

/// A scenario that runs, with a word on every part.
const SCENARIO: &str = include_str!("new/scenario.yaml");

pub(crate) fn new(command: &NewCommand) -> Result<u8, Stop> {
    let text = match command.what {
        Template::Scenario => SCENARIO,
    };
    let Some(place) = &command.file else {
        say(text);
        return Ok(0);
    };
    let refused = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Stop::wrong(format!("error: {} is there already, and stays as it is", place.display()))
        }
        kind => Stop::wrong(format!("error: {} cannot be written: {kind}", place.display())),
    };
    let mut file = std::fs::File::create_new(place).map_err(refused)?;
    file.write_all(text.as_bytes()).map_err(refused)?;
    say(&format!("{0} is written; `standin run {0} --steps` runs it\n", place.display()));
    Ok(0)
}
