//! Sealed values: how a secret stands in the database.
//!
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) with a random nonce of 24 bytes, written as
//! `v1.<key id>.<base64url of nonce and ciphertext>`. Table, column, row, generation, key id and
//! version are bound into it: a value that was moved, or put back after it was replaced, does
//! not open. Which keys there are is the business of [`crate::keyring`].

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chacha20poly1305::XNonce;
use chacha20poly1305::aead::{Aead, Payload};
use trakt_core::{Entropy, PortError};
use uuid::Uuid;

use crate::Keyring;
use crate::audit::OpenedKey;

const VERSION: &str = "v1";
const NONCE: usize = 24;

/// Where a sealed value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    pub(crate) row: Uuid,
    /// What tells the values of one place apart that follow each other; 0 where there is one.
    pub(crate) generation: i64,
}

/// Seals and opens.
pub(crate) struct Vault {
    pub(crate) keys: Keyring,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) chain: OpenedKey,
}

/// A value that does not open. Names the place and no content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}.{} of row {}: {fault}", place.table, place.column, place.row)]
pub(crate) struct SealError {
    place: Place,
    pub(crate) fault: SealFault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SealFault {
    /// It is no envelope of this version.
    Malformed,
    /// Its key is not in the keyring.
    UnknownKey,
    /// Wrong key, wrong place, or altered: nobody can tell which, and nobody should.
    Refused,
}

impl fmt::Display for SealFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a sealed value",
            Self::UnknownKey => "sealed with a key that is not in the keyring",
            Self::Refused => "the sealed value does not open",
        })
    }
}

impl From<SealError> for PortError {
    fn from(error: SealError) -> Self {
        Self::Corrupt(error.to_string())
    }
}

impl Place {
    pub(crate) fn error(self, fault: SealFault) -> SealError {
        SealError { place: self, fault }
    }

    /// What is bound into the value. Each text has its length before it, the rest has a fixed
    /// length, so that no two places have the same bytes.
    fn bound(self, key_id: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(96);
        for text in [VERSION, key_id, self.table, self.column] {
            bytes.extend((text.len() as u64).to_be_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes.extend(self.row.as_bytes());
        bytes.extend(self.generation.to_be_bytes());
        bytes
    }
}

impl Vault {
    /// The id of the key that [`Self::seal`] uses: what the row's `key_id` says.
    pub(crate) fn key_id(&self) -> &str {
        &self.keys.first().id
    }

    pub(crate) fn seal(&self, place: Place, secret: &str) -> Result<String, SealError> {
        self.seal_with(self.keys.first(), place, secret)
    }

    pub(crate) fn seal_with(
        &self,
        key: &crate::keyring::Key,
        place: Place,
        secret: &str,
    ) -> Result<String, SealError> {
        let mut sealed = vec![0; NONCE];
        self.entropy.fill(&mut sealed);
        let nonce =
            XNonce::try_from(sealed.as_slice()).map_err(|_| place.error(SealFault::Malformed))?;
        let payload = Payload {
            msg: secret.as_bytes(),
            aad: &place.bound(&key.id),
        };
        let ciphertext = key.cipher.encrypt(&nonce, payload);
        sealed.extend(ciphertext.map_err(|_| place.error(SealFault::Refused))?);
        let sealed = BASE64_URL_SAFE_NO_PAD.encode(sealed);
        Ok(format!("{VERSION}.{}.{sealed}", key.id))
    }

    pub(crate) fn open(&self, place: Place, envelope: &str) -> Result<String, SealError> {
        let malformed = || place.error(SealFault::Malformed);
        let mut parts = envelope.splitn(3, '.');
        let (Some(VERSION), Some(key_id), Some(body)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(malformed());
        };
        let body = BASE64_URL_SAFE_NO_PAD
            .decode(body)
            .map_err(|_| malformed())?;
        let (nonce, ciphertext) = body.split_at_checked(NONCE).ok_or_else(malformed)?;
        let nonce = XNonce::try_from(nonce).map_err(|_| malformed())?;
        let key = self.keys.keys().find(|key| key.id == key_id);
        let key = key.ok_or_else(|| place.error(SealFault::UnknownKey))?;
        let payload = Payload {
            msg: ciphertext,
            aad: &place.bound(key_id),
        };
        let secret = key.cipher.decrypt(&nonce, payload).ok();
        secret
            .and_then(|secret| String::from_utf8(secret).ok())
            .ok_or_else(|| place.error(SealFault::Refused))
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::BASE64_STANDARD;
    use trakt_core::SystemEntropy;

    use super::*;

    const PLACE: Place = Place {
        table: "trakt_users",
        column: "access_token",
        row: Uuid::from_u128(7),
        generation: 3,
    };

    fn vault(keys: &[(&str, u8)]) -> Vault {
        let keys: Vec<_> = keys
            .iter()
            .map(|(id, byte)| format!("{id}:{}", BASE64_STANDARD.encode([*byte; 32])))
            .collect();
        Vault {
            keys: Keyring::parse(&keys.join(",")).unwrap(),
            entropy: Arc::new(SystemEntropy),
            chain: OpenedKey::default(),
        }
    }

    fn fault(vault: &Vault, place: Place, envelope: &str) -> SealFault {
        vault.open(place, envelope).unwrap_err().fault
    }

    #[test]
    fn opens_where_it_was_sealed_and_nowhere_else() {
        let vault = vault(&[("a", 1)]);
        let sealed = vault.seal(PLACE, "canary").unwrap();
        assert!(sealed.starts_with("v1.a."), "{sealed}");
        assert_eq!(vault.open(PLACE, &sealed).unwrap(), "canary");
        for place in [
            Place {
                table: "device_flows",
                ..PLACE
            },
            Place {
                column: "refresh_token",
                ..PLACE
            },
            Place {
                row: Uuid::from_u128(8),
                ..PLACE
            },
            Place {
                generation: 2,
                ..PLACE
            },
        ] {
            assert_eq!(
                fault(&vault, place, &sealed),
                SealFault::Refused,
                "{place:?}"
            );
        }
    }

    #[test]
    fn no_two_places_are_bound_alike() {
        // Without the lengths these would be the same bytes.
        let other = Place {
            table: "trakt_usersa",
            column: "ccess_token",
            ..PLACE
        };
        assert_ne!(PLACE.bound("a"), other.bound("a"));
        assert_ne!(PLACE.bound("a"), PLACE.bound("b"));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let vault = vault(&[("a", 1)]);
        let sealed = vault.seal(PLACE, "x").unwrap();
        let body = BASE64_URL_SAFE_NO_PAD
            .decode(&sealed["v1.a.".len()..])
            .unwrap();
        assert_eq!(body.len(), NONCE + 1 + 16);
        for bit in 0..body.len() * 8 {
            let mut changed = body.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let changed = format!("v1.a.{}", BASE64_URL_SAFE_NO_PAD.encode(changed));
            assert_eq!(
                fault(&vault, PLACE, &changed),
                SealFault::Refused,
                "bit {bit}"
            );
        }
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_still_opens() {
        let old = vault(&[("a", 1)]).seal(PLACE, "canary").unwrap();
        let both = vault(&[("b", 2), ("a", 1)]);
        assert_eq!(both.open(PLACE, &old).unwrap(), "canary");
        assert!(both.seal(PLACE, "canary").unwrap().starts_with("v1.b."));
        assert_eq!(
            fault(&vault(&[("b", 2)]), PLACE, &old),
            SealFault::UnknownKey
        );
        // The right name with the wrong key, and another key's name on the value.
        assert_eq!(fault(&vault(&[("a", 2)]), PLACE, &old), SealFault::Refused);
        let renamed = old.replacen("v1.a.", "v1.b.", 1);
        assert_eq!(
            fault(&vault(&[("b", 1)]), PLACE, &renamed),
            SealFault::Refused
        );
    }

    #[test]
    fn the_same_secret_never_looks_the_same() {
        let vault = vault(&[("a", 1)]);
        let seen: std::collections::HashSet<_> = (0..1000)
            .map(|_| vault.seal(PLACE, "canary").unwrap())
            .collect();
        assert_eq!(seen.len(), 1000);
    }

    #[test]
    fn what_is_no_envelope_is_refused_and_not_repeated() {
        let vault = vault(&[("a", 1)]);
        for text in [
            "",
            "canary",
            "v1.a",
            "v2.a.AAAA",
            "v1.a.AAAA",
            "v1.a.!!!!",
            "v1.a.",
        ] {
            let error = vault.open(PLACE, text).unwrap_err();
            assert_eq!(error.fault, SealFault::Malformed, "{text}");
            assert!(!error.to_string().contains("canary"));
        }
        assert_eq!(
            PortError::from(vault.open(PLACE, "").unwrap_err()).to_string(),
            "corrupt: trakt_users.access_token of row 00000000-0000-0000-0000-000000000007: \
             not a sealed value"
        );
    }
}
