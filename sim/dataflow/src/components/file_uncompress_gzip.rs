//! `file.uncompress.gzip`

use crate::component::{Carries, Component, ComponentDoc, FilePart, Setup};
use crate::growth::Growth;
use crate::run::{Outlet, Stop};
use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use standin_model::Evidence;
use std::io::Write;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "file.uncompress.gzip",
    summary: "Uncompresses each file and takes `.gz` from its name; at most to 4 GiB, or 200 times its size beyond 16 MiB",
    params: &[],
    input: Carries::Files,
    output: Carries::Files,
    evidence: Evidence::inferred(
        "dataflows stored by sap-customer-data-cloud-toolkit users",
        "corrupt_files_and_bombs_fail_the_job",
    ),
    build,
};

/// Bytes fed at once; a bomb makes at most a thousand times as many of them.
const SIP: usize = 4096;

fn build(_setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    Ok(Box::new(Gunzip { name: String::new(), decoder: None, growth: Growth::default() }))
}

struct Gunzip {
    name: String,
    decoder: Option<MultiGzDecoder<Vec<u8>>>,
    growth: Growth,
}

impl Gunzip {
    async fn emit(&mut self, bytes: Vec<u8>, out: &mut Outlet<'_>) -> Result<(), Stop> {
        self.growth.made(bytes.len(), &self.name)?;
        if bytes.is_empty() { Ok(()) } else { out.file(FilePart::Bytes(Bytes::from(bytes))).await }
    }
}

#[async_trait::async_trait]
impl Component for Gunzip {
    async fn file(&mut self, part: FilePart, out: &mut Outlet<'_>) -> Result<(), Stop> {
        match part {
            FilePart::Start(name) => {
                self.growth = Growth::default();
                self.decoder = Some(MultiGzDecoder::new(Vec::new()));
                let short = name.len().checked_sub(3).filter(|at| name.is_char_boundary(*at));
                let plain = match short {
                    Some(at) if name[at..].eq_ignore_ascii_case(".gz") => name[..at].to_owned(),
                    _ => name.clone(),
                };
                self.name = name;
                out.file(FilePart::Start(plain)).await
            }
            FilePart::Bytes(bytes) => {
                for sip in bytes.chunks(SIP) {
                    let Some(decoder) = &mut self.decoder else { return Ok(()) };
                    self.growth.read(sip.len());
                    decoder
                        .write_all(sip)
                        .map_err(|error| format!("{} is no whole gzip file: {error}", self.name))?;
                    let made = std::mem::take(decoder.get_mut());
                    self.emit(made, out).await?;
                }
                Ok(())
            }
            FilePart::End => {
                let Some(decoder) = self.decoder.take() else { return Ok(()) };
                if self.growth.unfed() {
                    return Err(Stop::Here(format!("{} is empty, not a gzip file", self.name)));
                }
                let rest = decoder
                    .finish()
                    .map_err(|error| format!("{} is no whole gzip file: {error}", self.name))?;
                self.emit(rest, out).await?;
                out.file(FilePart::End).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{gzipped, through_files};
    use serde_json::json;

    fn refusal(bytes: &[u8]) -> String {
        through_files(&[("file.uncompress.gzip", json!({}))], &[("a.csv.gz", bytes)]).expect_err("refused")
    }

    #[test]
    fn corrupt_files_and_bombs_fail_the_job() {
        let whole = gzipped("a,b\n1,2\n".repeat(50).as_bytes());
        for (bytes, expected) in [
            (b"plain text, surely".as_slice(), "is no whole gzip file"),
            (&whole[..whole.len() - 3], "is no whole gzip file"),
            (b"", "is empty, not a gzip file"),
        ] {
            let told = refusal(bytes);
            assert!(
                told.starts_with("file.uncompress.gzip `s0`: a.csv.gz ") && told.contains(expected),
                "{told}"
            );
        }
        assert_eq!(
            refusal(&gzipped(&vec![0; 40 << 20])),
            "file.uncompress.gzip `s0`: a.csv.gz grows beyond 200 times its size or 4294967296 bytes: refused"
        );
    }
}
