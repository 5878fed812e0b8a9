//! `file.uncompress.lzo`

use crate::component::{Carries, Component, ComponentDoc, FilePart, Setup};
use crate::growth::Growth;
use crate::lzop::Reader;
use crate::run::{Outlet, Stop};
use bytes::Bytes;
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "file.uncompress.lzo",
    summary: "Uncompresses each file of lzop and takes `.lzo` from its name; at most to 4 GiB, or 200 times its size beyond 16 MiB",
    params: &[],
    input: Carries::Files,
    output: Carries::Files,
    evidence: Evidence::inferred(
        "component list of the IdentitySync console; the files are taken to be those of lzop",
        "corrupt_files_of_lzop_fail_the_job",
    ),
    build,
};

/// Bytes fed at once.
const SIP: usize = 64 * 1024;

fn build(_setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    Ok(Box::new(Unlzop { name: String::new(), reader: None, growth: Growth::default() }))
}

struct Unlzop {
    name: String,
    reader: Option<Reader>,
    growth: Growth,
}

#[async_trait::async_trait]
impl Component for Unlzop {
    async fn file(&mut self, part: FilePart, out: &mut Outlet<'_>) -> Result<(), Stop> {
        match part {
            FilePart::Start(name) => {
                (self.growth, self.reader) = (Growth::default(), Some(Reader::default()));
                let short = name.len().checked_sub(4).filter(|at| name.is_char_boundary(*at));
                let plain = match short {
                    Some(at) if name[at..].eq_ignore_ascii_case(".lzo") => name[..at].to_owned(),
                    _ => name.clone(),
                };
                self.name = name;
                out.file(FilePart::Start(plain)).await
            }
            FilePart::Bytes(bytes) => {
                for sip in bytes.chunks(SIP) {
                    let Some(reader) = &mut self.reader else { return Ok(()) };
                    self.growth.read(sip.len());
                    let mut made = Vec::new();
                    reader
                        .feed(sip, &mut made)
                        .map_err(|why| format!("{} is no whole file of lzop: {why}", self.name))?;
                    self.growth.made(made.len(), &self.name)?;
                    if !made.is_empty() {
                        out.file(FilePart::Bytes(Bytes::from(made))).await?;
                    }
                }
                Ok(())
            }
            FilePart::End => {
                let Some(reader) = self.reader.take() else { return Ok(()) };
                if !reader.whole() {
                    return Err(Stop::Here(format!("{} is no whole file of lzop: it ends early", self.name)));
                }
                out.file(FilePart::End).await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lzop;
    use crate::testing::through_files;
    use serde_json::json;

    fn uncompressed(bytes: &[u8]) -> Result<Vec<u8>, String> {
        let files = through_files(&[("file.uncompress.lzo", json!({}))], &[("a.csv.LZO", bytes)])?;
        assert_eq!(files.keys().collect::<Vec<_>>(), ["/out/a.csv"]);
        Ok(files.into_values().next().unwrap())
    }

    /// `printf 'a,b\n1,2\n' | lzop -c`, of lzop 1.04.
    const BY_LZOP: &[u8] =
        b"\x89LZO\0\r\n\x1a\n\x10\x40\x20\xa0\x09\x40\x01\x05\x03\0\0\x0d\0\0\0\0\x6b\x08\x71\x0e\
        \0\0\0\0\0\x26\xca\x02\x62\0\0\0\x08\0\0\0\x08\x08\x78\x01\x93a,b\n1,2\n\0\0\0\0";

    #[test]
    fn a_file_of_lzop_is_read() {
        let whole = BY_LZOP.to_vec();
        assert_eq!(uncompressed(&whole), Ok(b"a,b\n1,2\n".to_vec()));
        let twice = [whole.clone(), whole].concat();
        assert_eq!(uncompressed(&twice), Ok(b"a,b\n1,2\na,b\n1,2\n".to_vec()));
    }

    #[test]
    fn corrupt_files_of_lzop_fail_the_job() {
        let plain = "a,b\n1,2\n".repeat(1000);
        let whole = [lzop::head(), lzop::block(plain.as_bytes()).unwrap(), lzop::END.to_vec()].concat();
        assert_eq!(uncompressed(&whole), Ok(plain.clone().into_bytes()));
        let changed = |at: usize| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            bytes
        };
        let head = lzop::head().len();
        for (bytes, expected) in [
            (b"plain text".to_vec(), "it does not begin as one"),
            (Vec::new(), "it ends early"),
            (whole[..whole.len() - 1].to_vec(), "it ends early"),
            (whole[..30].to_vec(), "it ends early"),
            (changed(10), "the checksum of its head is wrong"),
            (changed(head + 8), "a checksum is wrong"),
            ([whole.clone(), b"more".to_vec()].concat(), "it does not begin as one"),
            ([&whole[..head], &[255; 16]].concat(), "a block of 4294967295 bytes cannot become 4294967295"),
        ] {
            let told = uncompressed(&bytes).expect_err(expected);
            let wanted = format!("file.uncompress.lzo `s0`: a.csv.LZO is no whole file of lzop: {expected}");
            assert_eq!(told, wanted);
        }
        // A change may happen to say the same in other words, but nothing else ever comes out.
        let right = |made: Result<Vec<u8>, String>| made.is_err() || made == Ok(plain.clone().into_bytes());
        assert!((0..whole.len()).all(|at| right(uncompressed(&changed(at)))));
    }
}
