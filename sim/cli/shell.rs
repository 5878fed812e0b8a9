//! `standin completions` and `standin man`: the command line, told to shells and to `man`.

use crate::args::{Arguments, CompletionsCommand, ManCommand};
use crate::{Stop, say};
use clap::CommandFactory;

pub(crate) fn completions(command: &CompletionsCommand) -> Result<u8, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(command.shell, &mut Arguments::command(), "standin", &mut script);
    say(&String::from_utf8_lossy(&script));
    Ok(0)
}

pub(crate) fn man(command: &ManCommand) -> Result<u8, Stop> {
    let Some(folder) = &command.folder else {
        let mut page = Vec::new();
        let written = clap_mangen::Man::new(Arguments::command()).render(&mut page);
        written.map_err(|error| Stop::broke(format!("error: the page cannot be written: {error}")))?;
        say(&String::from_utf8_lossy(&page));
        return Ok(0);
    };
    let written =
        std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(Arguments::command(), folder));
    written
        .map_err(|error| Stop::wrong(format!("error: {} cannot be written: {error}", folder.display())))?;
    Ok(0)
}
