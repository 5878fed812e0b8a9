//! Writes files into an outlet in pieces of a bearable size, and starts another file where one is full.

use crate::component::FilePart;
use crate::run::{Outlet, Stop};
use bytes::Bytes;

/// Bytes that travel together.
pub(crate) const CHUNK: usize = 1 << 18;

/// A file that a formatter is writing.
pub(crate) struct FileSink {
    name: String,
    limit: u64,
    files: u32,
    buffer: Vec<u8>,
    size: u64,
}

impl FileSink {
    /// Files of this name, each of at most so many bytes (a single record may exceed them).
    pub(crate) fn new(name: String, limit: u64) -> Self {
        Self { name, limit, files: 0, buffer: Vec::new(), size: 0 }
    }

    /// Begins a file; from the second on its name is numbered.
    pub(crate) async fn start(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let name = numbered(&self.name, self.files);
        self.files += 1;
        self.size = 0;
        out.file(FilePart::Start(name)).await
    }

    /// Whether so many more bytes belong into another file.
    pub(crate) fn full(&self, more: usize) -> bool {
        self.size + more as u64 > self.limit
    }

    /// Adds bytes.
    pub(crate) async fn write(&mut self, bytes: &[u8], out: &mut Outlet<'_>) -> Result<(), Stop> {
        self.size += bytes.len() as u64;
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK { self.push(out).await } else { Ok(()) }
    }

    async fn push(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        let empty = Vec::with_capacity(if self.buffer.len() >= CHUNK { self.buffer.capacity() } else { 0 });
        let bytes = Bytes::from(std::mem::replace(&mut self.buffer, empty));
        if bytes.is_empty() { Ok(()) } else { out.file(FilePart::Bytes(bytes)).await }
    }

    /// Ends the file.
    pub(crate) async fn end(&mut self, out: &mut Outlet<'_>) -> Result<(), Stop> {
        self.push(out).await?;
        out.file(FilePart::End).await
    }
}

/// `_1`, `_2` before the extension.
fn numbered(name: &str, number: u32) -> String {
    if number == 0 {
        return name.to_owned();
    }
    let start = name.rfind('/').map_or(0, |at| at + 1);
    match name[start..].rfind('.') {
        Some(dot) if dot > 0 => format!("{}_{number}{}", &name[..start + dot], &name[start + dot..]),
        _ => format!("{name}_{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_files_are_numbered() {
        for (name, number, expected) in [
            ("a.csv", 0, "a.csv"),
            ("a.csv", 1, "a_1.csv"),
            ("x.d/a", 2, "x.d/a_2"),
            ("a.b.csv", 1, "a.b_1.csv"),
        ] {
            assert_eq!(numbered(name, number), expected);
        }
    }
}
