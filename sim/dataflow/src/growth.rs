//! Keeps files that unpack into something out of proportion from filling memory and disk.

/// Up to here any ratio is fine: small files of blanks are no attack.
const HARMLESS: u64 = 16 << 20;

/// Beyond that, what comes out may be so many times what went in.
const RATIO: u64 = 200;

/// Nothing may become larger.
const LIMIT: u64 = 4 << 30;

/// What went into one file's unpacking, and what came out.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Growth {
    read: u64,
    made: u64,
}

impl Growth {
    /// Bytes went in.
    pub(crate) fn read(&mut self, bytes: usize) {
        self.read += bytes as u64;
    }

    /// Whether nothing went in.
    pub(crate) fn unfed(&self) -> bool {
        self.read == 0
    }

    /// Bytes came out of the file of this name; refused where they are too many.
    pub(crate) fn made(&mut self, bytes: usize, name: &str) -> Result<(), String> {
        self.made += bytes as u64;
        if self.made > LIMIT || (self.made > HARMLESS && self.made / RATIO > self.read) {
            return Err(format!("{name} grows beyond {RATIO} times its size or {LIMIT} bytes: refused"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds() {
        for (read, made, fine) in [
            (0, 16 << 20, true),
            (1, (16 << 20) + 1, false),
            (1 << 20, 200 << 20, true),
            (1 << 20, 202 << 20, false),
            (1 << 30, 4 << 30, true),
            (1 << 30, (4 << 30) + 1, false),
        ] {
            let mut growth = Growth::default();
            growth.read(read);
            assert_eq!(growth.made(made, "x").is_ok(), fine, "{read} {made}");
        }
    }
}
