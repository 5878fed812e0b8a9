//! `file.uncompress.zip`

use crate::component::{Carries, Component, ComponentDoc, FilePart, Setup};
use crate::file_sink::CHUNK;
use crate::growth::Growth;
use crate::run::{Outlet, Stop};
use crate::spool::Spool;
use bytes::Bytes;
use standin_model::Evidence;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "file.uncompress.zip",
    summary: "Takes every file out of each archive, under its own name; archives of at most 512 MiB and 10000 files, each at most to 4 GiB, or 200 times its size beyond 16 MiB",
    params: &[],
    input: Carries::Files,
    output: Carries::Files,
    evidence: Evidence::decided(
        "Component Repository names the component; what several entries become is ours",
        "archives_with_several_entries_give_several_files",
    ),
    build,
};

/// Bytes of an archive: its directory stands at its end, so it has to be held.
const ARCHIVE: usize = 512 << 20;

/// Files in one archive.
const ENTRIES: usize = 10_000;

fn build(_setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    Ok(Box::new(Unzip { name: String::new(), archive: Vec::new() }))
}

struct Unzip {
    name: String,
    archive: Vec<u8>,
}

#[async_trait::async_trait]
impl Component for Unzip {
    async fn file(&mut self, part: FilePart, out: &mut Outlet<'_>) -> Result<(), Stop> {
        match part {
            FilePart::Start(name) => self.name = name,
            FilePart::Bytes(bytes) => {
                self.archive.extend_from_slice(&bytes);
                if self.archive.len() > ARCHIVE {
                    return Err(Stop::Here(format!("{} is larger than {ARCHIVE} bytes: refused", self.name)));
                }
            }
            FilePart::End => {
                let archive = std::mem::take(&mut self.archive);
                self.unpack(archive, out).await?;
            }
        }
        Ok(())
    }
}

impl Unzip {
    async fn unpack(&self, bytes: Vec<u8>, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let mut growth = Growth::default();
        growth.read(bytes.len());
        let mut archive =
            ZipArchive::new(Cursor::new(bytes)).map_err(|error| self.broken(&error.to_string()))?;
        if archive.len() > ENTRIES {
            return Err(Stop::Here(format!("{} has more than {ENTRIES} files: refused", self.name)));
        }
        let mut files = 0_u64;
        for index in 0..archive.len() {
            let Some((name, spool)) = self.entry(&mut archive, index, &mut growth)? else { continue };
            files += 1;
            out.file(FilePart::Start(name)).await?;
            let mut pieces = spool.read().map_err(|error| error.to_string())?;
            while let Some(piece) = pieces.next().map_err(|error| error.to_string())? {
                out.file(FilePart::Bytes(Bytes::copy_from_slice(piece))).await?;
            }
            out.file(FilePart::End).await?;
        }
        match files.checked_sub(1) {
            Some(more) => out.multiplied(more),
            None => out.left_out(1),
        }
        Ok(())
    }

    /// One file with its name, read to its end so that nothing of it goes on if it is broken; none for a folder.
    fn entry(
        &self,
        archive: &mut ZipArchive<Cursor<Vec<u8>>>,
        index: usize,
        growth: &mut Growth,
    ) -> Result<Option<(String, Spool)>, Stop> {
        let mut entry = archive.by_index(index).map_err(|error| self.broken(&error.to_string()))?;
        if entry.is_dir() {
            return Ok(None);
        }
        let path = entry.enclosed_name();
        let Some(name) = path.as_deref().and_then(std::path::Path::to_str).map(str::to_owned) else {
            return Err(Stop::Here(format!("{} has a file outside of it: refused", self.name)));
        };
        // The checksum holds for what is there, so a false size is noticed here only.
        let said = entry.size();
        let (mut spool, mut buffer, mut whole) = (Spool::default(), vec![0; CHUNK], 0_u64);
        loop {
            let read = entry.read(&mut buffer).map_err(|error| self.broken(&error.to_string()))?;
            if read == 0 && whole != said {
                return Err(self.broken(&format!("{name} has {whole} bytes and is said to have {said}")));
            }
            if read == 0 {
                return Ok(Some((name, spool)));
            }
            whole += read as u64;
            growth.made(read, &self.name)?;
            spool.push(&buffer[..read]).map_err(|full| full.to_string())?;
        }
    }

    fn broken(&self, why: &str) -> Stop {
        Stop::Here(format!("{} is no whole zip archive: {why}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::through_files;
    use serde_json::json;
    use std::collections::BTreeMap;
    use std::io::{Cursor, Write};
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    fn unzipped(name: &str, bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, String> {
        through_files(&[("file.uncompress.zip", json!({}))], &[(name, bytes)])
    }

    fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            if name.ends_with('/') {
                writer.add_directory(*name, SimpleFileOptions::default()).unwrap();
            } else {
                writer.start_file(*name, SimpleFileOptions::default()).unwrap();
                writer.write_all(content).unwrap();
            }
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn archives_with_several_entries_give_several_files() {
        let files = unzipped("x.zip", &zipped(&[("b.csv", b"1"), ("sub/", b""), ("a.csv", b"")])).unwrap();
        assert_eq!(
            files,
            [("/out/b.csv".to_owned(), b"1".to_vec()), ("/out/a.csv".to_owned(), vec![])].into()
        );
        assert_eq!(unzipped("x.zip", &zipped(&[])), Ok([].into()));
    }

    #[test]
    fn corrupt_archives_bombs_and_climbing_names_fail_the_job() {
        let whole = zipped(&[("a.csv", b"a,b\n1,2\n")]);
        let mut flipped = whole.clone();
        flipped[40] ^= 0x55;
        for (bytes, expected) in [
            (b"plain text".to_vec(), "x.zip is no whole zip archive"),
            (Vec::new(), "x.zip is no whole zip archive"),
            (whole[..whole.len() - 5].to_vec(), "x.zip is no whole zip archive"),
            (flipped, "x.zip is no whole zip archive"),
            (zipped(&[("../a.csv", b"1")]), "x.zip has a file outside of it: refused"),
            (
                zipped(&[("a.csv", &vec![0; 40 << 20])]),
                "x.zip grows beyond 200 times its size or 4294967296 bytes: refused",
            ),
        ] {
            let told = unzipped("x.zip", &bytes).expect_err(expected);
            assert!(told.starts_with(&format!("file.uncompress.zip `s0`: {expected}")), "{told}");
        }
    }
}
