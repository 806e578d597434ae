//! Password hashes (argon2id, RFC 9106). How many may be made at once is the caller's concern:
//! each takes 19 MiB and a core for some tens of milliseconds.

use std::hint::black_box;
use std::sync::Arc;

use argon2::password_hash::phc;
use argon2::{
    ARGON2ID_IDENT, Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version,
};
use trakt_core::ports::PasswordHasher;
use trakt_core::user::PasswordHash;
use trakt_core::{Entropy, Password};

/// 19 MiB, two passes, one lane: the least that the OWASP Password Storage Cheat Sheet advises.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The most that a stored hash may ask for, so that a row which somebody else wrote, or a later
/// version of ours, cannot take the memory of the service.
const MAX_MEMORY: u32 = 64 * 1024;
const MAX_PASSES: u32 = 8;
const MAX_LANES: u32 = 4;

/// Hashes with argon2id and checks what it hashed, also after its parameters were raised.
pub struct Argon2Hasher {
    argon2: Argon2<'static>,
    entropy: Arc<dyn Entropy>,
}

impl Argon2Hasher {
    /// A hasher with salts from `entropy`.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "the parameters are constants, and tested"
    )]
    pub fn new(entropy: Arc<dyn Entropy>) -> Self {
        let params = Params::new(MEMORY, PASSES, LANES, None).expect("parameters in range");
        Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            entropy,
        }
    }
}

impl PasswordHasher for Argon2Hasher {
    /// # Panics
    /// When there are no 19 MiB left. Nothing weaker may be stored in its place.
    #[expect(clippy::expect_used, reason = "no weaker hash may take its place")]
    fn hash(&self, password: &Password) -> PasswordHash {
        let mut salt = [0; 16];
        self.entropy.fill(&mut salt);
        let hash = self
            .argon2
            .hash_password_with_salt(password.expose().as_bytes(), &salt)
            .expect("memory for a password hash");
        PasswordHash::from(hash.to_string())
    }

    fn verify(&self, password: &Password, hash: Option<&PasswordHash>) -> bool {
        let password = password.expose().as_bytes();
        match hash.and_then(readable) {
            Some(hash) => self.argon2.verify_password(password, &hash).is_ok(),
            None => {
                // The same work as above, for nothing.
                let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
                let _ = black_box(self.argon2.hash_password_into(password, &[0; 16], &mut out));
                black_box(out);
                false
            }
        }
    }
}

/// A stored hash, if it is argon2id and asks for no more than we are ready to give.
fn readable(stored: &PasswordHash) -> Option<phc::PasswordHash> {
    let hash = phc::PasswordHash::new(stored.expose()).ok();
    let fits = hash.filter(|hash| {
        hash.algorithm == ARGON2ID_IDENT
            && Params::try_from(hash).is_ok_and(|params| {
                params.m_cost() <= MAX_MEMORY
                    && params.t_cost() <= MAX_PASSES
                    && params.p_cost() <= MAX_LANES
            })
    });
    if fits.is_none() {
        log::error!("a stored password hash is not one of ours, and fits no password");
    }
    fits
}
