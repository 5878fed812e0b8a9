//! The bytes of a file, shared between copies.

use bytes::{Bytes, BytesMut};
use imbl::Vector;
use std::sync::{Arc, LazyLock};

const PAGE: usize = 64 * 1024;
const PAGE_BYTES: u64 = PAGE as u64;

/// Files with holes all share this page.
static ZEROS: LazyLock<Arc<Vec<u8>>> = LazyLock::new(|| Arc::new(vec![0; PAGE]));

/// Bytes in pages. A copy costs nothing, a write copies the pages that it touches and that are shared.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// All full but the last.
    pages: Vector<Arc<Vec<u8>>>,
    size: u64,
}

impl Content {
    /// How many bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The bytes from `offset`, at most `max`; none at or past the end.
    pub fn read_at(&self, offset: u64, max: usize) -> Bytes {
        let left = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let wanted = left.min(max);
        let mut out = BytesMut::with_capacity(wanted);
        while out.len() < wanted {
            let (page, within) = place(offset + out.len() as u64);
            let Some(page) = self.pages.get(page) else { break };
            let end = page.len().min(within + wanted - out.len());
            out.extend_from_slice(&page[within..end]);
        }
        out.freeze()
    }

    /// All bytes.
    pub fn bytes(&self) -> Bytes {
        self.read_at(0, usize::MAX)
    }

    /// Puts `data` at `offset`; what lies between the old end and `offset` becomes zeros.
    pub(crate) fn write_at(&mut self, offset: u64, data: &[u8]) {
        let end = offset.saturating_add(data.len() as u64);
        if !data.is_empty() && end > self.size {
            self.grow(end);
        }
        let mut done = 0;
        while done < data.len() {
            let (page, within) = place(offset + done as u64);
            let Some(page) = self.pages.get_mut(page) else { break };
            let page = Arc::make_mut(page);
            let take = (page.len() - within).min(data.len() - done);
            page[within..within + take].copy_from_slice(&data[done..done + take]);
            done += take;
        }
    }

    /// Makes it `size` bytes long: cut off, or filled up with zeros.
    pub(crate) fn set_size(&mut self, size: u64) {
        if size >= self.size {
            return self.grow(size);
        }
        let (last, within) = place(size);
        self.pages.truncate(if within == 0 { last } else { last + 1 });
        if within > 0
            && let Some(page) = self.pages.back_mut()
        {
            Arc::make_mut(page).truncate(within);
        }
        self.size = size;
    }

    fn grow(&mut self, to: u64) {
        while self.size < to {
            let missing = to - self.size;
            let (_, within) = place(self.size);
            let room = PAGE_BYTES - within as u64;
            let added = missing.min(room);
            match self.pages.back_mut() {
                Some(page) if within > 0 => {
                    let page = Arc::make_mut(page);
                    page.resize(within + added as usize, 0);
                }
                _ if added == PAGE_BYTES => self.pages.push_back(Arc::clone(&ZEROS)),
                _ => self.pages.push_back(Arc::new(vec![0; added as usize])),
            }
            self.size += added;
        }
    }
}

impl From<&[u8]> for Content {
    fn from(data: &[u8]) -> Self {
        let pages = data.chunks(PAGE).map(|page| Arc::new(page.to_vec())).collect();
        Self { pages, size: data.len() as u64 }
    }
}

/// The page that a byte is on, and where on it.
fn place(offset: u64) -> (usize, usize) {
    (usize::try_from(offset / PAGE_BYTES).unwrap_or(usize::MAX), (offset % PAGE_BYTES) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Write(usize, Vec<u8>),
        Size(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        let near_a_border = prop_oneof![0..40usize, PAGE - 20..PAGE + 20, 2 * PAGE - 9..2 * PAGE + 9];
        let data = prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..50),
            (1..3 * PAGE, any::<u8>()).prop_map(|(length, byte)| vec![byte; length]),
        ];
        prop_oneof![
            (near_a_border.clone(), data).prop_map(|(at, data)| Step::Write(at, data)),
            near_a_border.prop_map(Step::Size),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn same_as_a_plain_vector(steps in proptest::collection::vec(step(), 1..12), at in 0..3 * PAGE) {
            let (mut content, mut model) = (Content::default(), Vec::new());
            for step in steps {
                let before = (content.clone(), model.clone());
                match step {
                    Step::Write(at, data) => {
                        content.write_at(at as u64, &data);
                        if !data.is_empty() && model.len() < at + data.len() {
                            model.resize(at + data.len(), 0);
                        }
                        if !data.is_empty() {
                            model[at..at + data.len()].copy_from_slice(&data);
                        }
                    }
                    Step::Size(size) => {
                        content.set_size(size as u64);
                        model.resize(size, 0);
                    }
                }
                prop_assert_eq!(content.size(), model.len() as u64);
                prop_assert!(content.bytes() == model);
                prop_assert!(before.0.bytes() == before.1, "a copy changed");
            }
            let end = model.len().min(at + 100);
            let expected = model.get(at..end).unwrap_or_default();
            prop_assert_eq!(content.read_at(at as u64, 100), expected.to_vec());
        }
    }
}
