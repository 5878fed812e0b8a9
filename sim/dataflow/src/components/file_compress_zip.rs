//! `file.compress.zip`

use crate::component::{Carries, Component, ComponentDoc, FilePart, Setup};
use crate::run::{Outlet, Stop};
use bytes::Bytes;
use standin_model::{Evidence, Instant};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "file.compress.zip",
    summary: "Puts each file into an archive of its own and adds `.zip` to its name",
    params: &[],
    input: Carries::Files,
    output: Carries::Files,
    evidence: Evidence::inferred("Component Repository", "what_is_zipped_comes_back"),
    build,
};

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    Ok(Box::new(Zip { modified: modified(setup.job.started), made: Made::default(), archive: None }))
}

/// The job's start, so that the same content is the same file.
fn modified(at: Instant) -> DateTime {
    let at = jiff::tz::Offset::UTC.to_datetime(at.timestamp());
    let part = |number: i8| u8::try_from(number).unwrap_or_default();
    let year = u16::try_from(at.year()).unwrap_or_default();
    DateTime::from_date_and_time(
        year,
        part(at.month()),
        part(at.day()),
        part(at.hour()),
        part(at.minute()),
        part(at.second()),
    )
    .unwrap_or_default()
}

/// What the archive's writer has made and nobody has sent on yet.
#[derive(Clone, Default)]
struct Made(Arc<Mutex<Vec<u8>>>);

impl Write for Made {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Zip {
    modified: DateTime,
    made: Made,
    archive: Option<ZipWriter<StreamWriter<Made>>>,
}

impl Zip {
    async fn drain(&self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let bytes = std::mem::take(&mut *self.made.0.lock().unwrap_or_else(PoisonError::into_inner));
        if bytes.is_empty() { Ok(()) } else { out.file(FilePart::Bytes(Bytes::from(bytes))).await }
    }
}

#[async_trait::async_trait]
impl Component for Zip {
    async fn file(&mut self, part: FilePart, out: &mut Outlet<'_>) -> Result<(), Stop> {
        match part {
            FilePart::Start(name) => {
                let mut archive = ZipWriter::new_stream(self.made.clone());
                let options = SimpleFileOptions::default()
                    .compression_method(CompressionMethod::Deflated)
                    .last_modified_time(self.modified)
                    .large_file(true);
                let entry = name.rsplit('/').next().unwrap_or(&name);
                archive.start_file(entry, options).map_err(|error| format!("cannot compress: {error}"))?;
                self.archive = Some(archive);
                out.file(FilePart::Start(format!("{name}.zip"))).await
            }
            FilePart::Bytes(bytes) => {
                let Some(archive) = &mut self.archive else { return Ok(()) };
                archive.write_all(&bytes).map_err(|error| format!("cannot compress: {error}"))?;
                self.drain(out).await
            }
            FilePart::End => {
                let Some(archive) = self.archive.take() else { return Ok(()) };
                archive.finish().map_err(|error| format!("cannot compress: {error}"))?;
                self.drain(out).await?;
                out.file(FilePart::End).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::through_files;
    use serde_json::json;

    #[test]
    fn what_is_zipped_comes_back() {
        for text in ["", "a,b\n1,2\n", &"é\u{1F600}".repeat(100_000)] {
            let zip = ("file.compress.zip", json!({}));
            let files = through_files(std::slice::from_ref(&zip), &[("a.csv", text.as_bytes())]).unwrap();
            assert_eq!(files.keys().collect::<Vec<_>>(), ["/out/a.csv.zip"]);
            assert!(files["/out/a.csv.zip"].starts_with(b"PK\x03\x04"));
            let back = [zip, ("file.uncompress.zip", json!({}))];
            let files = through_files(&back, &[("a.csv", text.as_bytes())]).unwrap();
            assert_eq!(files, [("/out/a.csv".to_owned(), text.as_bytes().to_vec())].into());
        }
    }
}
