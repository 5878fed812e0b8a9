//! `standin dataflow check` and `standin dataflow explain`.

use crate::args::{DataflowCheckCommand, DataflowCommand, DataflowExplainCommand};
use crate::file_later::FileLater;
use crate::file_later::why;
use crate::{Stop, say};
use standin_dataflow::{Document, Problem, Severity};
use standin_report::terminal::counted;
use standin_scenario::Diagnostic;
use standin_scenario::source::Source;
use std::io::{IsTerminal, Read};
use std::path::Path;

pub(crate) fn dataflow(command: &DataflowCommand) -> Result<u8, Stop> {
    match command {
        DataflowCommand::Check(command) => check(command),
        DataflowCommand::Explain(command) => explain(command),
        DataflowCommand::Run(command) => crate::dataflow_run::run(command),
    }
}

/// A larger file is no dataflow.
const MOST_BYTES: u64 = 16 << 20;

fn check(command: &DataflowCheckCommand) -> Result<u8, Stop> {
    let (mut good, mut refused) = (Vec::new(), Vec::new());
    for file in &command.files {
        match sound(file) {
            Ok((document, told)) => {
                let flow = format!(
                    "{}: `{}`, {}",
                    file.display(),
                    document.name,
                    counted(document.steps.len(), "step")
                );
                let masked = document.masked_secrets();
                let secrets = match masked.as_slice() {
                    [] => String::new(),
                    masked => {
                        format!("  masked, to be typed again before it can run: {}\n", masked.join(", "))
                    }
                };
                good.push(format!("{told}{flow}\n{secrets}"));
            }
            Err(stop) => refused.push(stop.text),
        }
    }
    say(&good.concat());
    if refused.is_empty() { Ok(0) } else { Err(Stop::wrong(refused.join("\n\n"))) }
}

fn explain(command: &DataflowExplainCommand) -> Result<u8, Stop> {
    let picture = command.svg.as_ref().map(FileLater::at).transpose()?;
    let (document, _) = read(&command.file)?;
    say(&standin_dataflow::explain(&document));
    if let Some(picture) = picture {
        picture.write(&standin_dataflow::svg(&document))?;
    }
    Ok(0)
}

/// The document and its warnings, or everything that is wrong.
fn read(file: &Path) -> Result<(Document, String), Stop> {
    parsed(&source(file)?)
}

/// The same, and no expression or script in it is wrong.
pub(crate) fn sound(file: &Path) -> Result<(Document, String), Stop> {
    let source = source(file)?;
    let (document, warnings) = parsed(&source)?;
    let problems = standin_dataflow::inspect(&source.text);
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(Stop::wrong(all_shown(&problems, &source)));
    }
    Ok((document, warnings + warned(&problems, &source).as_str()))
}

fn source(file: &Path) -> Result<Source, Stop> {
    let failed = |why: String| Stop::wrong(format!("error: {} cannot be read: {why}", file.display()));
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(|error| failed(why(&error)))?;
    opened.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| failed(why(&error)))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(failed(format!("it is larger than {} megabytes", MOST_BYTES >> 20)));
    }
    let text = String::from_utf8(bytes).map_err(|_| failed("it is not UTF-8".to_owned()))?;
    Ok(Source::new(file.display().to_string(), text))
}

fn parsed(source: &Source) -> Result<(Document, String), Stop> {
    match Document::parse(&source.text) {
        Ok((document, warnings)) => Ok((document, warned(&warnings, source))),
        Err(problems) => Err(Stop::wrong(all_shown(&problems, source))),
    }
}

fn warned(problems: &[Problem], source: &Source) -> String {
    let colour = std::io::stdout().is_terminal();
    problems.iter().map(|problem| shown(problem, source, colour) + "\n\n").collect()
}

fn all_shown(problems: &[Problem], source: &Source) -> String {
    let colour = std::io::stderr().is_terminal();
    let told: Vec<String> = problems.iter().map(|problem| shown(problem, source, colour)).collect();
    told.join("\n\n")
}

fn shown(problem: &Problem, source: &Source, colour: bool) -> String {
    let diagnostic = Diagnostic::new(&problem.message, source.word_at(problem.line, problem.column));
    let hint = (!problem.hint.is_empty()).then(|| problem.hint.clone());
    let diagnostic = Diagnostic { hint, ..diagnostic };
    match problem.severity {
        Severity::Error => diagnostic.render(source, colour),
        Severity::Warning => diagnostic.render_warning(source, colour),
    }
}
