//! `file.compress.gzip`

use crate::component::{Carries, Component, ComponentDoc, FilePart, Setup};
use crate::run::{Outlet, Stop};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use standin_model::Evidence;
use std::io::Write;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "file.compress.gzip",
    summary: "Compresses each file and adds `.gz` to its name",
    params: &[],
    input: Carries::Files,
    output: Carries::Files,
    evidence: Evidence::inferred(
        "SFTP export template of the IdentitySync console",
        "what_is_compressed_comes_back",
    ),
    build,
};

fn build(_setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    Ok(Box::new(Gzip { encoder: None }))
}

struct Gzip {
    encoder: Option<GzEncoder<Vec<u8>>>,
}

impl Gzip {
    async fn drain(buffer: &mut Vec<u8>, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let bytes = Bytes::from(std::mem::take(buffer));
        if bytes.is_empty() { Ok(()) } else { out.file(FilePart::Bytes(bytes)).await }
    }
}

#[async_trait::async_trait]
impl Component for Gzip {
    async fn file(&mut self, part: FilePart, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let failed = |error: std::io::Error| format!("cannot compress: {error}");
        match part {
            FilePart::Start(name) => {
                // The encoder's header carries no time, so that the same content is the same file.
                self.encoder = Some(GzEncoder::new(Vec::new(), Compression::default()));
                out.file(FilePart::Start(format!("{name}.gz"))).await
            }
            FilePart::Bytes(bytes) => {
                let Some(encoder) = &mut self.encoder else { return Ok(()) };
                encoder.write_all(&bytes).map_err(failed)?;
                Self::drain(encoder.get_mut(), out).await
            }
            FilePart::End => {
                let Some(encoder) = self.encoder.take() else { return Ok(()) };
                let mut rest = encoder.finish().map_err(failed)?;
                Self::drain(&mut rest, out).await?;
                out.file(FilePart::End).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{gunzipped, through_files};
    use serde_json::json;

    #[test]
    fn what_is_compressed_comes_back() {
        for text in ["", "a,b\n1,2\n", &"é\u{1F600}".repeat(100_000)] {
            let files =
                through_files(&[("file.compress.gzip", json!({}))], &[("a.csv", text.as_bytes())]).unwrap();
            assert_eq!(files.keys().collect::<Vec<_>>(), ["/out/a.csv.gz"]);
            assert_eq!(gunzipped(&files["/out/a.csv.gz"]), text);
            let back = [("file.compress.gzip", json!({})), ("file.uncompress.gzip", json!({}))];
            let files = through_files(&back, &[("a.csv", text.as_bytes())]).unwrap();
            assert_eq!(files["/out/a.csv"], text.as_bytes());
        }
    }
}
