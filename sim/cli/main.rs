//! The program. Arguments in, exit code out: 0 all held, 1 an expectation failed, 2 the command line or an
//! input file is wrong, 3 the harness broke.

mod args;
mod authority;
mod clock;
mod compare;
mod dataflow;
mod dataflow_run;
mod exec;
mod file_later;
mod list;
mod new;
mod outfit;
mod reports;
mod run;
mod schema;
mod serve;
mod shell;
mod verify;

use args::{Arguments, Command};
use clap::Parser;
use std::io::Write;
use std::process::ExitCode;

/// What a command comes to when it cannot do its work.
pub(crate) struct Stop {
    /// The exit code.
    pub(crate) code: u8,
    /// What to say on standard error.
    pub(crate) text: String,
}

impl Stop {
    /// The command line or an input file is wrong.
    pub(crate) fn wrong(text: impl Into<String>) -> Self {
        Self { code: 2, text: text.into() }
    }

    /// The harness broke.
    pub(crate) fn broke(text: impl Into<String>) -> Self {
        Self { code: 3, text: text.into() }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Run(command) => run::run(&command),
        Command::Check(command) => run::check(&command),
        Command::List(command) => list::list(&command),
        Command::Dataflow(command) => dataflow::dataflow(&command),
        Command::Serve(command) => serve::serve(&command),
        Command::Exec(command) => exec::exec(&command),
        Command::Verify(command) => verify::verify(&command),
        Command::Compare(command) => compare::compare(&command),
        Command::New(command) => new::new(&command),
        Command::Ca(command) => authority::ca(&command),
        Command::Completions(command) => shell::completions(&command),
        Command::Man(command) => shell::man(&command),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(stop) => {
            let _ = writeln!(anstream::stderr(), "{}", stop.text.trim_end());
            ExitCode::from(stop.code)
        }
    }
}

/// Writes to standard output; a reader that went away is no error.
pub(crate) fn say(text: &str) {
    let _ = anstream::stdout().write_all(text.as_bytes());
}
