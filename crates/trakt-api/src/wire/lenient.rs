//! Details that are no reason to drop what they stand beside. All of it reads on the fly: a tree of
//! a body would be many times as large as the body, and a server chooses what is in it.

use std::fmt;
use std::marker::PhantomData;

use chrono::NaiveDate;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess};
use serde::{Deserialize, Deserializer, de};

use super::media::Thing;

/// Reads a word, a number or a flag; whatever else comes as the default.
pub(super) fn if_readable<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: Default + DeserializeOwned,
    D: Deserializer<'de>,
{
    from.deserialize_any(Scalar(PhantomData))
}

/// Reads an object all of whose parts are lenient themselves; whatever else comes as the default.
pub(super) fn if_object<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(maybe_object(from)?.unwrap_or_default())
}

/// [`if_object`], of which it is known whether it was there.
pub(super) fn maybe_object<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    from.deserialize_any(Object(PhantomData))
}

/// Reads an object, and nothing in its place: serde would take a list for one.
pub(super) fn object<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let read: Option<T> = maybe_object(from)?;
    read.ok_or_else(|| Error::custom("an object is missing"))
}

/// Reads a thing that an item is of no use without.
pub(super) fn thing<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: Thing + Deserialize<'de>,
    D: Deserializer<'de>,
{
    let read: T = object(from)?;
    match read.ids().is_empty() {
        true => Err(D::Error::custom("it has no ids")),
        false => Ok(read),
    }
}

/// Reads a list of texts and leaves out what is none. Sixteen are kept: more than any genres of
/// Trakt's are. A list of one letter each costs fourteen times its JSON, and an answer may be full of
/// such lists.
pub(super) fn strings<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    from.deserialize_any(Strings::<16>)
}

/// As [`strings`], of the addresses of images. Trakt has one or two of a kind.
pub(super) fn addresses<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    from.deserialize_any(Strings::<4>)
}

/// Reads a day, also where it is a time: Trakt has both for the same field.
pub(super) fn day<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NaiveDate>, D::Error> {
    let text: Option<String> = if_readable(from)?;
    Ok(text.and_then(|text| text.get(..10)?.parse().ok()))
}

/// What does not hold anything is the default, and what holds something is passed over.
macro_rules! nothing {
    ($($of:ident($type:ty))*) => {$(
        fn $of<E: Error>(self, _: $type) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    )*};
    (unit) => {
        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
    (seq) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (map) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
}

struct Scalar<T>(PhantomData<T>);

macro_rules! scalar {
    ($($of:ident($type:ty))*) => {$(
        fn $of<E: Error>(self, value: $type) -> Result<T, E> {
            let from: Present<_> = Present(value.into_deserializer());
            Ok(T::deserialize(from).unwrap_or_else(|_: de::value::Error| T::default()))
        }
    )*};
}

impl<'de, T: Default + DeserializeOwned> de::Visitor<'de> for Scalar<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    scalar!(visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str)
        visit_string(String));
    nothing!(unit);
    nothing!(seq);
    nothing!(map);
}

/// A value that is there, for an `Option` as for anything else.
struct Present<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Present<D> {
    type Error = D::Error;

    fn deserialize_any<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    fn deserialize_option<V: de::Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        visitor.visit_some(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Object<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> de::Visitor<'de> for Object<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Option<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some)
    }

    nothing!(visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str));
    nothing!(unit);
    nothing!(seq);
}

struct Strings<const MOST: usize>;

impl<'de, const MOST: usize> de::Visitor<'de> for Strings<MOST> {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<String>, A::Error> {
        #[derive(Default, Deserialize)]
        struct Text(#[serde(deserialize_with = "if_readable")] Option<String>);

        let mut texts = Vec::new();
        while let Some(Text(text)) = seq.next_element()? {
            texts.extend(text.filter(|_| texts.len() < MOST));
        }
        Ok(texts)
    }

    nothing!(visit_bool(bool) visit_i64(i64) visit_u64(u64) visit_f64(f64) visit_str(&str));
    nothing!(unit);
    nothing!(map);
}
