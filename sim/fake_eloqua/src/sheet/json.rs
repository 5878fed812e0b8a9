//! Rows in JSON: an array of flat objects, read straight into a sheet.

use crate::sheet::Reading;
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use std::fmt;

/// Reads an array of objects, or one of them alone.
pub(super) struct Rows<'r>(pub(super) &'r mut Reading);

impl<'de> DeserializeSeed<'de> for Rows<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<(), A::Error> {
        while source.next_element_seed(OneRow(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, source: A) -> Result<(), A::Error> {
        OneRow(self.0).visit_map(source)
    }
}

struct OneRow<'r>(&'r mut Reading);

impl<'de> DeserializeSeed<'de> for OneRow<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        source.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OneRow<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<(), A::Error> {
        self.0.row();
        let mut at = 0;
        while let Some(key) = source.next_key_seed(Key(self.0, at))? {
            source.next_value_seed(OneCell(self.0, key))?;
            at += 1;
        }
        Ok(())
    }
}

struct Key<'r>(&'r mut Reading, usize);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = u32;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<u32, D::Error> {
        source.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<u32, E> {
        self.0.key(key, self.1).ok_or_else(|| E::custom("too many keys"))
    }
}

struct OneCell<'r>(&'r mut Reading, u32);

impl<'de> DeserializeSeed<'de> for OneCell<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        source.deserialize_any(self)
    }
}

impl OneCell<'_> {
    fn put<E>(self, text: &str) -> Result<(), E> {
        self.0.cell(self.1, text);
        Ok(())
    }
}

impl<'de> Visitor<'de> for OneCell<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.put(text)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        self.put(if flag { "true" } else { "false" })
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        self.put(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.put(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<(), E> {
        self.put(&Value::from(number).to_string())
    }

    /// An explicit null is a blank.
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.put("")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, source: A) -> Result<(), A::Error> {
        // What is no plain value is taken as its text.
        let value = Value::deserialize(SeqAccessDeserializer::new(source))?;
        self.put(&value.to_string())
    }

    fn visit_map<A: MapAccess<'de>>(self, source: A) -> Result<(), A::Error> {
        let value = Value::deserialize(MapAccessDeserializer::new(source))?;
        self.put(&value.to_string())
    }
}
