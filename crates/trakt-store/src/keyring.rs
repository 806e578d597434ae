//! The keys that seal secrets at rest, as the setting `TOKEN_KEYS` gives them. What is sealed
//! and how it is bound to its place is the business of [`crate::seal`].

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use trakt_core::Entropy;

/// Base64 as people paste it: with its padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// One or more keys, each with a name. The first seals, all open: so a key is replaced by
/// putting a new one in front and dropping the old one when nothing is sealed with it any more.
pub struct Keyring {
    first: Key,
    others: Vec<Key>,
}

pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) cipher: XChaCha20Poly1305,
}

/// Why a text is no keyring. Says which entry is meant, from 1, and nothing that stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyringError {
    /// An entry without a colon; also an empty text.
    #[error("key {0} is not of the form id:base64")]
    Form(usize),
    /// The id is not 1 to 32 letters, digits, `-` or `_`.
    #[error("key {0}: the id must be 1 to 32 letters, digits, '-' or '_'")]
    Id(usize),
    /// The key is not base64 of 32 bytes.
    #[error("key {0}: the key must be base64 of 32 bytes")]
    Key(usize),
    /// The id stands there twice.
    #[error("key {0} has the id of an earlier one")]
    Duplicate(usize),
}

impl Keyring {
    /// Reads `id:base64-of-32-bytes,…`. White space around an entry does not count.
    ///
    /// # Errors
    /// [`KeyringError`] for the first entry that is none.
    pub fn parse(text: &str) -> Result<Self, KeyringError> {
        let mut keys: Vec<Key> = Vec::new();
        for (index, entry) in text.split(',').enumerate() {
            let number = index + 1;
            let key = Key::parse(entry.trim(), number)?;
            if keys.iter().any(|known| known.id == key.id) {
                return Err(KeyringError::Duplicate(number));
            }
            keys.push(key);
        }
        let mut keys = keys.into_iter();
        let first = keys.next().ok_or(KeyringError::Form(1))?;
        Ok(Self {
            first,
            others: keys.collect(),
        })
    }

    /// A text for [`Self::parse`] with one new key. Its id is random too: should the text be lost
    /// and made anew, the service names the key that is missing instead of failing to open.
    #[must_use]
    pub fn generate(entropy: &dyn Entropy) -> SecretString {
        let mut id = [0; 4];
        let mut key = Zeroizing::new([0; 32]);
        entropy.fill(&mut id);
        entropy.fill(&mut *key);
        let key = Zeroizing::new(BASE64_STANDARD.encode(key.as_slice()));
        format!("k{:08x}:{}", u32::from_be_bytes(id), *key).into()
    }

    /// Whether this can be the id of a key: up to 32 letters, digits, `-` and `_`.
    #[must_use]
    pub fn names(id: &str) -> bool {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        (1..=32).contains(&id.len()) && id.chars().all(plain)
    }

    /// The ids, that of the sealing key first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys().map(|key| key.id.as_str())
    }

    pub(crate) fn first(&self) -> &Key {
        &self.first
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl Key {
    fn parse(entry: &str, number: usize) -> Result<Self, KeyringError> {
        let (id, key) = entry.split_once(':').ok_or(KeyringError::Form(number))?;
        if !Keyring::names(id) {
            return Err(KeyringError::Id(number));
        }
        let bytes = BASE64.decode(key).map(Zeroizing::new);
        let cipher = bytes
            .ok()
            .and_then(|bytes| XChaCha20Poly1305::new_from_slice(&bytes).ok())
            .ok_or(KeyringError::Key(number))?;
        Ok(Self {
            id: id.to_owned(),
            cipher,
        })
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use trakt_core::SystemEntropy;

    use super::*;

    fn key(byte: u8) -> String {
        BASE64_STANDARD.encode([byte; 32])
    }

    #[test]
    fn the_first_key_seals_and_the_order_is_kept() {
        let text = format!(
            " new:{} , old-1_:{}\n",
            key(1),
            key(2).trim_end_matches('=')
        );
        let ring = Keyring::parse(&text).unwrap();
        assert_eq!(ring.ids().collect::<Vec<_>>(), ["new", "old-1_"]);
        assert_eq!(ring.first().id, "new");
    }

    #[test]
    fn what_is_no_keyring_is_refused_by_number() {
        let long = "x".repeat(33);
        for (text, error) in [
            (String::new(), KeyringError::Form(1)),
            ("nocolon".to_owned(), KeyringError::Form(1)),
            (format!("a:{},", key(1)), KeyringError::Form(2)),
            (format!(":{}", key(1)), KeyringError::Id(1)),
            (format!("a.b:{}", key(1)), KeyringError::Id(1)),
            (format!("{long}:{}", key(1)), KeyringError::Id(1)),
            (format!("a:{},b:", key(1)), KeyringError::Key(2)),
            ("a:%%%".to_owned(), KeyringError::Key(1)),
            (
                format!("a:{}", BASE64_STANDARD.encode([1; 31])),
                KeyringError::Key(1),
            ),
            (
                format!("a:{}", BASE64_STANDARD.encode([1; 33])),
                KeyringError::Key(1),
            ),
            (
                format!("a:{},a:{}", key(1), key(2)),
                KeyringError::Duplicate(2),
            ),
        ] {
            assert_eq!(Keyring::parse(&text).err(), Some(error), "{text:?}");
        }
    }

    #[test]
    fn a_generated_key_is_a_keyring_and_differs_each_time() {
        let one = Keyring::generate(&SystemEntropy);
        let two = Keyring::generate(&SystemEntropy);
        assert!(Keyring::parse(one.expose_secret()).is_ok());
        assert_ne!(one.expose_secret(), two.expose_secret());
    }

    #[test]
    fn debug_shows_ids_alone() {
        let ring = Keyring::parse(&format!("a:{}", key(7))).unwrap();
        assert_eq!(format!("{ring:?}"), r#"["a"]"#);
    }
}
