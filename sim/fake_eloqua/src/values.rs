//! The values of one contact or record in few bytes: there are many of them, and most values are short.

use std::collections::BTreeMap;

/// Values by field id, ascending; a blank value is not there.
///
/// Each takes the distance of its id from the one before, its length and its text, in one run of bytes.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Values(Box<[u8]>);

/// Walks over values in order of id.
pub(crate) struct Iter<'v> {
    rest: &'v [u8],
    id: u32,
}

fn put(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take(rest: &mut &[u8]) -> Option<u32> {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let (first, after) = rest.split_first()?;
        *rest = after;
        number |= u32::from(first & 0x7f).checked_shl(shift)?;
        if first & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

impl<'v> Iterator for Iter<'v> {
    type Item = (u32, &'v str);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        self.id += take(&mut self.rest)?;
        let length = take(&mut self.rest)? as usize;
        let (text, after) = self.rest.split_at_checked(length)?;
        self.rest = after;
        Some((self.id, std::str::from_utf8(text).ok()?))
    }
}

impl Values {
    /// From pairs in ascending order of id.
    pub(crate) fn of<T: AsRef<str>>(pairs: impl IntoIterator<Item = (u32, T)>) -> Self {
        let mut out = Vec::new();
        let mut last = 0;
        for (id, text) in pairs {
            let text = text.as_ref();
            if text.is_empty() {
                continue;
            }
            put(&mut out, id - last);
            put(&mut out, u32::try_from(text.len()).unwrap_or(u32::MAX));
            out.extend_from_slice(text.as_bytes());
            last = id;
        }
        Self(out.into_boxed_slice())
    }

    /// In order of id.
    pub(crate) fn iter(&self) -> Iter<'_> {
        Iter { rest: &self.0, id: 0 }
    }

    /// The value of a field.
    pub(crate) fn get(&self, id: &u32) -> Option<&str> {
        let mut rest = &self.0[..];
        let mut at = 0;
        while !rest.is_empty() {
            at += take(&mut rest)?;
            let length = take(&mut rest)? as usize;
            let (text, after) = rest.split_at_checked(length)?;
            if at >= *id {
                return if at == *id { std::str::from_utf8(text).ok() } else { None };
            }
            rest = after;
        }
        None
    }

    /// Whether a field has a value.
    pub(crate) fn contains_key(&self, id: &u32) -> bool {
        self.get(id).is_some()
    }

    /// The same with changes; a blank one takes its value out.
    pub(crate) fn with(&self, changes: &BTreeMap<u32, String>) -> Self {
        let changes: Vec<(u32, &str)> = changes.iter().map(|(id, text)| (*id, text.as_str())).collect();
        self.merged(&changes)
    }

    /// The same with changes in ascending order of id, each of another field.
    pub(crate) fn merged<T: AsRef<str>>(&self, changes: &[(u32, T)]) -> Self {
        let mut own = self.iter().peekable();
        let mut changes = changes.iter().peekable();
        Self::of(std::iter::from_fn(|| {
            let id = match (own.peek(), changes.peek()) {
                (Some((own, _)), Some((change, _))) => *own.min(change),
                (Some((id, _)), None) | (None, Some((id, _))) => *id,
                (None, None) => return None,
            };
            let kept = own.next_if(|(own, _)| *own == id);
            match changes.next_if(|(change, _)| *change == id) {
                Some((_, text)) => Some((id, text.as_ref())),
                None => kept,
            }
        }))
    }

    /// Keeps the values that `keep` wants.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&u32, &str) -> bool) {
        *self = Self::of(self.iter().filter(|(id, text)| keep(id, text)));
    }

    /// Takes a value out.
    pub(crate) fn remove(&mut self, id: &u32) {
        self.retain(|known, _| known != id);
    }
}

impl std::fmt::Debug for Values {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packed_values_are_those_of_a_map(
            first in proptest::collection::btree_map(0u32..500_000, "\\PC{0,9}", 0..12),
            changes in proptest::collection::btree_map(0u32..500_000, "\\PC{0,200}", 0..12),
            asked in 0u32..500_000,
        ) {
            let packed = Values::of(first.iter().map(|(id, text)| (*id, text))).with(&changes);
            let mut expected = first.clone();
            expected.extend(changes.clone());
            expected.retain(|_, text| !text.is_empty());
            let seen: BTreeMap<u32, String> = packed.iter().map(|(id, text)| (id, text.to_owned())).collect();
            prop_assert_eq!(&seen, &expected);
            for id in expected.keys().chain([&asked]) {
                prop_assert_eq!(packed.get(id), expected.get(id).map(String::as_str));
            }
            if let Some(id) = expected.keys().next() {
                let mut fewer = packed.clone();
                fewer.remove(id);
                prop_assert_eq!(fewer.iter().count(), expected.len() - 1);
            }
        }
    }

    #[test]
    fn ten_values_take_little_more_than_their_text() {
        let values = Values::of((100_001..100_011).map(|id| (id, "0123456789")));
        assert!(values.0.len() <= 10 * 12 + 2, "{}", values.0.len());
    }
}
