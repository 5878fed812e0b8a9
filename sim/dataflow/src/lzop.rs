//! The files of `lzop`: a head, blocks of LZO1X, and a mark where they end; several such files may follow each other.

use std::ops::Range;

/// Bytes of one block before it is compressed, as `lzop` makes them.
pub(crate) const BLOCK: usize = 256 * 1024;
/// The largest block that `lzop` reads.
const LARGEST_BLOCK: usize = 64 * 1024 * 1024;
/// The longest extra field that is passed over.
const LONGEST_EXTRA: usize = 1024 * 1024;

const MAGIC: [u8; 9] = [0x89, b'L', b'Z', b'O', 0, b'\r', b'\n', 0x1a, b'\n'];

const ADLER32_OF_PLAIN: u32 = 0x1;
const ADLER32_OF_PACKED: u32 = 0x2;
const EXTRA_FIELD: u32 = 0x40;
const CRC32_OF_PLAIN: u32 = 0x100;
const CRC32_OF_PACKED: u32 = 0x200;
const FILTER: u32 = 0x800;
const CRC32_OF_HEAD: u32 = 0x1000;
const UNIX: u32 = 0x0300_0000;

/// The head of a file without a name and a time, so that the same content is the same file.
pub(crate) fn head() -> Vec<u8> {
    let mut fields = Vec::new();
    for version in [0x1040_u16, 0x20a0, 0x0940] {
        fields.extend_from_slice(&version.to_be_bytes());
    }
    // LZO1X-1 at its usual level.
    fields.extend_from_slice(&[1, 5]);
    for word in [UNIX | ADLER32_OF_PLAIN, 0o100_644, 0, 0] {
        fields.extend_from_slice(&word.to_be_bytes());
    }
    fields.push(0);
    let checksum = adler2::adler32_slice(&fields);
    [&MAGIC[..], &fields, &checksum.to_be_bytes()].concat()
}

/// One block as it stands in a file.
pub(crate) fn block(plain: &[u8]) -> Result<Vec<u8>, String> {
    let packed = lzokay::compress::compress(plain).map_err(|error| format!("cannot compress: {error:?}"))?;
    // What does not become smaller stands there as it is.
    let body = if packed.len() < plain.len() { packed.as_slice() } else { plain };
    let mut out = Vec::with_capacity(body.len() + 12);
    for length in [plain.len(), body.len()] {
        out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    }
    out.extend_from_slice(&adler2::adler32_slice(plain).to_be_bytes());
    out.extend_from_slice(body);
    Ok(out)
}

/// What stands where the blocks end.
pub(crate) const END: [u8; 4] = [0; 4];

/// Reads a file piece by piece.
#[derive(Default)]
pub(crate) struct Reader {
    waiting: Vec<u8>,
    /// The flags of the head, while blocks follow.
    flags: Option<u32>,
    members: u64,
}

/// A part of what is waiting, once all of it has arrived.
struct Taken<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Taken<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(taken)
    }

    fn number(&mut self, length: usize) -> Option<usize> {
        let bytes = self.take(length)?;
        Some(bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    fn word(&mut self) -> Option<u32> {
        self.number(4).and_then(|number| u32::try_from(number).ok())
    }

    fn since(&self, start: usize) -> Range<usize> {
        start..self.at
    }
}

impl Reader {
    /// Takes in the next bytes; what they complete goes to `made`.
    pub(crate) fn feed(&mut self, bytes: &[u8], made: &mut Vec<u8>) -> Result<(), String> {
        self.waiting.extend_from_slice(bytes);
        let mut waiting = std::mem::take(&mut self.waiting);
        let mut taken = Taken { bytes: &waiting, at: 0 };
        let mut used = 0;
        while used < waiting.len() {
            let done = match self.flags {
                None => self.head(&mut taken)?,
                Some(flags) => self.block(flags, &mut taken, made)?,
            };
            if done.is_none() {
                break;
            }
            used = taken.at;
        }
        waiting.drain(..used);
        self.waiting = waiting;
        Ok(())
    }

    /// Whether everything that began has ended.
    pub(crate) fn whole(&self) -> bool {
        self.members > 0 && self.flags.is_none() && self.waiting.is_empty()
    }

    /// Nothing, where bytes are missing.
    fn head(&mut self, taken: &mut Taken<'_>) -> Result<Option<()>, String> {
        let rest = &taken.bytes[taken.at..];
        let seen = rest.len().min(MAGIC.len());
        if rest[..seen] != MAGIC[..seen] {
            return Err("it does not begin as one".to_owned());
        }
        let Some(head) = Head::read(taken)? else { return Ok(None) };
        if let Some(why) = head.refused {
            return Err(why);
        }
        self.flags = Some(head.flags);
        Ok(Some(()))
    }

    fn block(&mut self, flags: u32, taken: &mut Taken<'_>, made: &mut Vec<u8>) -> Result<Option<()>, String> {
        let Some(length) = taken.number(4) else { return Ok(None) };
        if length == 0 {
            (self.flags, self.members) = (None, self.members + 1);
            return Ok(Some(()));
        }
        let Some(packed) = taken.number(4) else { return Ok(None) };
        if length > LARGEST_BLOCK || packed > length || packed == 0 {
            return Err(format!("a block of {packed} bytes cannot become {length}"));
        }
        let has = |flag: u32| flags & flag != 0;
        let mut sums = [None; 4];
        let wanted = [
            has(ADLER32_OF_PLAIN),
            has(CRC32_OF_PLAIN),
            has(ADLER32_OF_PACKED) && packed < length,
            has(CRC32_OF_PACKED) && packed < length,
        ];
        for (sum, wanted) in sums.iter_mut().zip(wanted) {
            if wanted {
                let Some(word) = taken.word() else { return Ok(None) };
                *sum = Some(word);
            }
        }
        let Some(body) = taken.take(packed) else { return Ok(None) };
        let start = made.len();
        if packed == length {
            made.extend_from_slice(body);
        } else {
            made.resize(start + length, 0);
            match lzokay::decompress::decompress(body, &mut made[start..]) {
                Ok(size) if size == length => {}
                _ => return Err("a block is damaged".to_owned()),
            }
        }
        let plain = &made[start..];
        let right = [adler2::adler32_slice as fn(&[u8]) -> u32, crc32, adler2::adler32_slice, crc32]
            .into_iter()
            .zip([plain, plain, body, body])
            .zip(sums)
            .all(|((sum, bytes), told)| told.is_none_or(|told| told == sum(bytes)));
        if right { Ok(Some(())) } else { Err("a checksum is wrong".to_owned()) }
    }
}

struct Head {
    flags: u32,
    refused: Option<String>,
}

impl Head {
    fn read(taken: &mut Taken<'_>) -> Result<Option<Self>, String> {
        let all = taken.bytes;
        let mut read = || {
            taken.take(MAGIC.len())?;
            let start = taken.at;
            let version = taken.number(2)?;
            let modern = version >= 0x0940;
            taken.number(2)?;
            let needed = if modern { taken.number(2)? } else { version };
            let method = taken.number(1)?;
            if modern {
                taken.number(1)?;
            }
            let flags = taken.word()?;
            let filter = if flags & FILTER != 0 { taken.word()? } else { 0 };
            taken.take(if modern { 12 } else { 8 })?;
            let name = taken.number(1)?;
            taken.take(name)?;
            let fields = taken.since(start);
            let told = taken.word()?;
            let refused = (needed > 0x1040, !(1..=3).contains(&method), filter != 0);
            Some((flags, refused, fields, told))
        };
        let Some((flags, refused, fields, told)) = read() else { return Ok(None) };
        let sum = if flags & CRC32_OF_HEAD != 0 { crc32 } else { adler2::adler32_slice };
        if sum(&all[fields]) != told {
            return Err("the checksum of its head is wrong".to_owned());
        }
        if flags & EXTRA_FIELD != 0 {
            let Some(length) = taken.number(4) else { return Ok(None) };
            if length > LONGEST_EXTRA {
                return Err("its extra field is too long".to_owned());
            }
            if taken.take(length + 4).is_none() {
                return Ok(None);
            }
        }
        let refused = match refused {
            (true, ..) => Some("a newer lzop is needed for it".to_owned()),
            (_, true, _) => Some("it is compressed in no way of LZO1X".to_owned()),
            (.., true) => Some("it went through a filter".to_owned()),
            _ => None,
        };
        Ok(Some(Self { flags, refused }))
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
