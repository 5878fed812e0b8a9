//! Seeded identifiers: the same seed gives the same ids in the same order.

/// A seed of its own for `salt`.
pub(crate) fn mixed(seed: u64, salt: &str) -> u64 {
    salt.bytes().fold(seed ^ 0x9e37_79b9_7f4a_7c15, |acc, byte| {
        (acc ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// A generator of identifiers in the shapes that the platforms use.
#[derive(Clone, Debug)]
pub struct Ids(fastrand::Rng);

impl Ids {
    /// Starts from `seed`; `salt` keeps the platforms of one world apart.
    pub fn new(seed: u64, salt: &str) -> Self {
        Self(fastrand::Rng::with_seed(mixed(seed, salt)))
    }

    fn text(&mut self, length: usize, alphabet: &[u8]) -> String {
        (0..length).map(|_| char::from(alphabet[self.0.usize(..alphabet.len())])).collect()
    }

    /// Lower-case hexadecimal digits.
    pub fn hex(&mut self, length: usize) -> String {
        self.text(length, b"0123456789abcdef")
    }

    /// An upper-case GUID, `5D0A2B11-90CE-4F0B-8E55-6B2F0F1A7E01`.
    pub fn guid(&mut self) -> String {
        let digits = self.text(32, b"0123456789ABCDEF");
        let (a, rest) = digits.split_at(8);
        format!(
            "{a}-{}-4{}-{}{}-{}",
            &rest[..4],
            &rest[5..8],
            ["8", "9", "A", "B"][self.0.usize(..4)],
            &rest[9..12],
            &rest[12..]
        )
    }

    /// Upper-case letters and digits.
    pub fn upper(&mut self, length: usize) -> String {
        self.text(length, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    }

    /// Decimal digits.
    pub fn digits(&mut self, length: usize) -> String {
        self.text(length, b"0123456789")
    }

    /// Characters of Base32.
    pub fn base32(&mut self, length: usize) -> String {
        self.text(length, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    }

    /// Characters of the URL-safe Base64 alphabet.
    pub fn token(&mut self, length: usize) -> String {
        self.text(length, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_ids() {
        let (mut one, mut two) = (Ids::new(7, "gigya"), Ids::new(7, "gigya"));
        assert_eq!((one.hex(32), one.guid()), (two.hex(32), two.guid()));
        assert_ne!(Ids::new(7, "gigya").hex(32), Ids::new(7, "eloqua").hex(32));
        assert_eq!(one.guid().len(), 36);
    }
}
