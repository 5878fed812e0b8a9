//! A file of one line for each user, as two vendors of audiences want it.

use crate::file_sink::FileSink;
use crate::run::{Outlet, Stop};
use crate::spool::Spool;

/// Lines that wait until the last record has come.
pub(crate) struct UserLines {
    file_name: String,
    create_empty: bool,
    lines: Spool,
    records: u64,
    nameless: u64,
}

impl UserLines {
    /// Lines of a file of this name.
    pub(crate) fn new(file_name: String, create_empty: bool) -> Self {
        Self { file_name, create_empty, lines: Spool::default(), records: 0, nameless: 0 }
    }

    /// Takes a record's line; none if the record has no UID, since then there is nobody to tell about.
    pub(crate) fn take(&mut self, line: Option<String>, out: &mut Outlet<'_>) -> Result<(), String> {
        match line {
            Some(line) => {
                self.records += 1;
                self.lines.push(line.as_bytes()).map_err(|full| full.to_string())?;
            }
            None => {
                self.nameless += 1;
                out.left_out(1);
            }
        }
        Ok(())
    }

    /// Writes the file.
    pub(crate) async fn write(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        if self.nameless > 0 {
            out.trace(&format!("{} records without a UID left out", self.nameless));
        }
        if self.records == 0 && !self.create_empty {
            return Ok(());
        }
        let mut sink = FileSink::new(self.file_name.clone(), u64::MAX);
        sink.start(out).await?;
        let mut lines = std::mem::take(&mut self.lines).read().map_err(|error| error.to_string())?;
        while let Some(line) = lines.next().map_err(|error| error.to_string())? {
            sink.write(line, out).await?;
        }
        sink.end(out).await?;
        out.written(std::mem::take(&mut self.records));
        Ok(())
    }
}
