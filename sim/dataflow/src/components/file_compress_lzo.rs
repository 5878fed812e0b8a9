//! `file.compress.lzo`

use crate::component::{Carries, Component, ComponentDoc, FilePart, Setup, optional};
use crate::lzop::{BLOCK, END, block, head};
use crate::run::{Outlet, Stop};
use bytes::Bytes;
use standin_model::Evidence;

/// The component.
pub(crate) const DOC: ComponentDoc = ComponentDoc {
    kind: "file.compress.lzo",
    summary: "Compresses each file as lzop does and adds `.lzo` to its name",
    params: &[optional(
        "createIndexFile",
        "false",
        "whether `<name>.lzo.index` follows, with the place of each block in eight bytes",
    )],
    input: Carries::Files,
    output: Carries::Files,
    evidence: Evidence::inferred(
        "component list of the IdentitySync console; the files are taken to be those of lzop, the index that of hadoop-lzo",
        "what_is_compressed_with_lzo_comes_back",
    ),
    build,
};

/// How many blocks an index may name.
const BLOCKS: usize = 1 << 20;

fn build(setup: &Setup<'_>) -> Result<Box<dyn Component>, String> {
    let indexed = setup.truth("createIndexFile", false)?;
    Ok(Box::new(Lzop { indexed, name: String::new(), waiting: Vec::new(), at: 0, index: Vec::new() }))
}

struct Lzop {
    indexed: bool,
    name: String,
    waiting: Vec<u8>,
    at: u64,
    index: Vec<u8>,
}

impl Lzop {
    async fn push(&mut self, bytes: Vec<u8>, out: &mut Outlet<'_>) -> Result<(), Stop> {
        self.at += bytes.len() as u64;
        out.file(FilePart::Bytes(Bytes::from(bytes))).await
    }

    async fn block(&mut self, length: usize, out: &mut Outlet<'_>) -> Result<(), Stop> {
        if self.indexed {
            if self.index.len() >= BLOCKS * 8 {
                return Err(Stop::Here(format!("{} is too large for an index", self.name)));
            }
            self.index.extend_from_slice(&self.at.to_be_bytes());
        }
        let packed = block(&self.waiting[..length])?;
        self.waiting.drain(..length);
        self.push(packed, out).await
    }
}

#[async_trait::async_trait]
impl Component for Lzop {
    async fn file(&mut self, part: FilePart, out: &mut Outlet<'_>) -> Result<(), Stop> {
        match part {
            FilePart::Start(name) => {
                self.name = format!("{name}.lzo");
                (self.at, self.index, self.waiting) = (0, Vec::new(), Vec::new());
                out.file(FilePart::Start(self.name.clone())).await?;
                self.push(head(), out).await
            }
            FilePart::Bytes(bytes) => {
                self.waiting.extend_from_slice(&bytes);
                while self.waiting.len() >= BLOCK {
                    self.block(BLOCK, out).await?;
                }
                Ok(())
            }
            FilePart::End => {
                if !self.waiting.is_empty() {
                    self.block(self.waiting.len(), out).await?;
                }
                self.push(END.to_vec(), out).await?;
                out.file(FilePart::End).await?;
                if self.indexed {
                    out.multiplied(1);
                    let index = Bytes::from(std::mem::take(&mut self.index));
                    out.file(FilePart::Start(format!("{}.index", self.name))).await?;
                    out.file(FilePart::Bytes(index)).await?;
                    out.file(FilePart::End).await?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lzop;
    use crate::testing::through_files;
    use serde_json::json;

    #[test]
    fn what_is_compressed_with_lzo_comes_back() {
        for text in ["", "a,b\n1,2\n", &"\u{e9}\u{1F600}".repeat(100_000)] {
            let back = [("file.compress.lzo", json!({})), ("file.uncompress.lzo", json!({}))];
            let files = through_files(&back, &[("a.csv", text.as_bytes())]).unwrap();
            assert_eq!(files["/out/a.csv"], text.as_bytes());
        }
    }

    #[test]
    fn an_index_names_the_place_of_each_block() {
        let text = "x".repeat(lzop::BLOCK + 1);
        let step = [("file.compress.lzo", json!({"createIndexFile": true}))];
        let files = through_files(&step, &[("a.csv", text.as_bytes())]).unwrap();
        let (file, index) = (&files["/out/a.csv.lzo"], &files["/out/a.csv.lzo.index"]);
        let first = lzop::head().len();
        let packed = u32::from_be_bytes(file[first + 4..first + 8].try_into().unwrap());
        let second = first + 12 + usize::try_from(packed).unwrap();
        assert_eq!(index, &[first as u64, second as u64].map(u64::to_be_bytes).concat());
        assert_eq!(file[second..second + 4], 1_u32.to_be_bytes());
    }
}
