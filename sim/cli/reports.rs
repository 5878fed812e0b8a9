//! The reports that a command is asked for.

use crate::Stop;
use crate::file_later::FileLater;
use standin_report::{FORMATS, Format, Needs, Results, format_of};

/// Reports with their files, which are asked for before the work, so that a name that cannot be written is not told
/// after it.
pub(crate) struct Reports(Vec<(&'static Format, FileLater)>);

impl Reports {
    /// Those of `--report FORMAT=FILE`.
    pub(crate) fn asked(asked: &[(String, String)]) -> Result<Self, Stop> {
        let mut formats = Vec::with_capacity(asked.len());
        for (at, (name, file)) in asked.iter().enumerate() {
            let Some(format) = format_of(name) else {
                let known: Vec<&str> = FORMATS.iter().map(|format| format.name).collect();
                let known = known.join(", ");
                return Err(Stop::wrong(format!(
                    "error: no report format is called `{name}`; known: {known}"
                )));
            };
            if asked[..at].iter().any(|(_, other)| other == file) {
                return Err(Stop::wrong(format!("error: two reports are to be written to {file}")));
            }
            formats.push((format, file));
        }
        let files = formats.into_iter().map(|(format, file)| Ok((format, FileLater::at(file)?)));
        files.collect::<Result<_, _>>().map(Self)
    }

    /// Whether one of them tells the whole of what happened.
    pub(crate) fn tell_the_story(&self) -> bool {
        self.0.iter().any(|(format, _)| format.needs == Needs::Story)
    }

    /// Writes each of them.
    pub(crate) fn write(self, results: &Results<'_>) -> Result<(), Stop> {
        for (format, file) in self.0 {
            file.write(&(format.write)(results).map_err(|error| Stop::broke(format!("error: {error}")))?)?;
        }
        Ok(())
    }
}
