//! JSON in memory, read as the type that it is to be.

use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};

/// Reads a whole text. serde reads a list as an object whose fields come one after the other: here
/// an object is wanted, or `[]` would be an answer with nothing in it.
pub(crate) fn read<T: DeserializeOwned>(text: &[u8]) -> serde_json::Result<T> {
    let mut from = serde_json::Deserializer::from_slice(text);
    let value = T::deserialize(Strict(&mut from))?;
    from.end()?;
    Ok(value)
}

/// Objects come as objects.
struct Strict<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Strict<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LastActivities, Movie};

    #[test]
    fn a_list_is_no_object() {
        for text in ["[]", "[null]", "7", "\"\"", "null", "{} {}", ""] {
            assert!(read::<Movie>(text.as_bytes()).is_err(), "{text}");
            assert!(read::<LastActivities>(text.as_bytes()).is_err(), "{text}");
        }
        assert!(read::<Movie>(b" {} ").is_ok());
        assert_eq!(read::<Vec<u8>>(b"[1,2]").unwrap(), [1, 2]);
        assert_eq!(read::<Option<Movie>>(b"null").unwrap(), None);
    }
}
