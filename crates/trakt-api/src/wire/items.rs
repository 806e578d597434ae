//! Lists of which one bad item must not cost the others.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The items of a list, and which of them could not be read. A list of
/// more than [`Items::AT_MOST`] in one answer cannot be read at all. It is read from JSON in memory,
/// without a copy of it: from a stream it cannot be.
#[derive(Clone, Debug)]
pub struct Items<T> {
    /// Those that could, in Trakt's order.
    pub items: Vec<T>,
    /// Those that could not.
    pub bad: Vec<BadItem>,
}

/// An item that could not be read. Nothing of what it holds is kept: it may be anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadItem {
    /// Its place in the list as Trakt sent it, from 0.
    pub index: usize,
    /// Where in it the reading ended: the column of the item's own JSON text, from 1.
    pub column: usize,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            bad: Vec::new(),
        }
    }
}

impl<T> Items<T> {
    /// The most items in one answer: many more than a page has, or a month of a calendar, and few
    /// enough that a body of nothing but commas costs little.
    pub const AT_MOST: usize = 5000;

    /// How many Trakt sent, good and bad.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.items.len() + self.bad.len()
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct List<T>(PhantomData<T>);

        impl<'de, T: DeserializeOwned> Visitor<'de> for List<T> {
            type Value = Items<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Items<T>, A::Error> {
                let mut list = Items::default();
                while let Some(raw) = seq.next_element::<&RawValue>()? {
                    if list.sent() == Items::<T>::AT_MOST {
                        return Err(A::Error::custom("a list of too many items"));
                    }
                    match super::from_json(raw.get().as_bytes()) {
                        Ok(item) => list.items.push(item),
                        Err(error) => list.bad.push(BadItem {
                            index: list.sent(),
                            column: error.column(),
                        }),
                    }
                }
                Ok(list)
            }
        }

        from.deserialize_seq(List(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_item_costs_no_other() {
        let list: Items<u64> =
            serde_json::from_str("[1, \"two\", 18446744073709551615, null, 5]").unwrap();
        assert_eq!(list.items, [1, u64::MAX, 5]);
        let places: Vec<_> = list.bad.iter().map(|bad| bad.index).collect();
        assert_eq!(places, [1, 3]);
        assert_eq!(list.sent(), 5);
    }

    #[test]
    fn a_list_of_too_many_is_none() {
        let list = |items: usize| format!("[{}0]", "0,".repeat(items - 1));
        let most = Items::<u64>::AT_MOST;
        let read = serde_json::from_str::<Items<u64>>(&list(most)).unwrap();
        assert_eq!(read.sent(), most);
        assert!(serde_json::from_str::<Items<u64>>(&list(most + 1)).is_err());
    }

    #[test]
    fn only_a_list_is_one() {
        assert_eq!(serde_json::from_str::<Items<u64>>("[]").unwrap().sent(), 0);
        for text in ["null", "", "{}", "1", "\"\"", "[1", "[1,]"] {
            assert!(serde_json::from_str::<Items<u64>>(text).is_err(), "{text}");
        }
    }
}
