//! Files in an archive, as exports are sent on request.

use bytes::Bytes;
use standin_model::Instant;
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{DateTime, ZipWriter};

fn number<T: TryInto<u8>>(part: T) -> u8 {
    part.try_into().unwrap_or_default()
}

/// The name of the archive and its bytes; the same content at the same time is the same file.
pub(crate) fn zipped(now: Instant, name: &str, bytes: &[u8]) -> Result<(String, Bytes), String> {
    let at = crate::time::Zone::Eastern.civil(now);
    let modified = DateTime::from_date_and_time(
        u16::try_from(at.year()).unwrap_or_default(),
        number(at.month()),
        number(at.day()),
        number(at.hour()),
        number(at.minute()),
        number(at.second()),
    );
    let options = SimpleFileOptions::default().last_modified_time(modified.unwrap_or_default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(name, options).map_err(|why| format!("cannot archive {name}: {why}"))?;
    archive.write_all(bytes).map_err(|why| format!("cannot archive {name}: {why}"))?;
    let whole = archive.finish().map_err(|why| format!("cannot archive {name}: {why}"))?;
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    Ok((format!("{stem}.zip"), Bytes::from(whole.into_inner())))
}
