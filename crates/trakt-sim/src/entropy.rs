//! Where codes, tokens and uuids come from. Nothing else in this crate draws random bytes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Without letters and digits that are easily taken for each other; 32 of them, so that five
/// bits choose one evenly.
const USER_CODE_ALPHABET: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// A source of bytes.
#[derive(Debug)]
pub(crate) enum Entropy {
    /// The operating system's generator.
    System,
    /// SplitMix64, the same in every run. Good enough to look random, not to be a secret.
    Seeded(u64),
}

impl Entropy {
    pub(crate) fn new(seed: Option<u64>) -> Self {
        seed.map_or(Self::System, Self::Seeded)
    }

    /// 32 bytes in the alphabet of base64url: a device code, an access or a refresh token.
    pub(crate) fn token(&mut self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }

    /// 8 capital letters and digits, as a person types them.
    pub(crate) fn user_code(&mut self) -> String {
        let letter = |byte: u8| char::from(USER_CODE_ALPHABET[usize::from(byte & 31)]);
        self.bytes::<8>().into_iter().map(letter).collect()
    }

    /// 40 hexadecimal digits, the shape of Trakt's `ids.uuid`.
    pub(crate) fn uuid(&mut self) -> String {
        self.bytes::<20>()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// This many bytes of no meaning.
    pub(crate) fn noise(&mut self, length: usize) -> Vec<u8> {
        let mut noise = Vec::with_capacity(length);
        while noise.len() < length {
            let bytes = self.bytes::<64>();
            let wanted = bytes.len().min(length - noise.len());
            noise.extend(&bytes[..wanted]);
        }
        noise
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        match self {
            Self::System => fill_from_system(&mut bytes),
            Self::Seeded(state) => {
                for chunk in bytes.chunks_mut(8) {
                    let next = split_mix(state).to_le_bytes();
                    chunk.copy_from_slice(&next[..chunk.len()]);
                }
            }
        }
        bytes
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is where the simulator draws randomness"
)]
#[expect(
    clippy::expect_used,
    reason = "tokens that are not unique would make tests lie"
)]
fn fill_from_system(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system gives no randomness");
}

/// Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014.
pub(crate) fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_seed_repeats_and_another_seed_does_not() {
        let first = |seed| Entropy::new(Some(seed)).token();
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
    }

    #[test]
    fn what_is_drawn_is_unique_and_has_its_shape() {
        for seed in [None, Some(7)] {
            let mut entropy = Entropy::new(seed);
            let tokens: HashSet<_> = (0..1000).map(|_| entropy.token()).collect();
            assert_eq!(tokens.len(), 1000);
            let url_safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            assert!(
                tokens
                    .iter()
                    .all(|t| t.len() == 43 && t.chars().all(url_safe))
            );

            let code = entropy.user_code();
            assert_eq!(code.len(), 8);
            assert!(
                code.bytes().all(|b| USER_CODE_ALPHABET.contains(&b)),
                "{code}"
            );
            let uuid = entropy.uuid();
            assert_eq!(uuid.len(), 40);
            assert!(uuid.bytes().all(|b| b.is_ascii_hexdigit()), "{uuid}");
        }
    }
}
