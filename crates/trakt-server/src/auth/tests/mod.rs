//! Tokens and passwords, good and bad. Every key is made when the tests run.

mod accepted;
mod hostile;
mod identity;
mod jwks;
mod key_set;
mod mint;
mod mutated;
mod password;
mod provider;
mod source;

use std::sync::Arc;

use chrono::DateTime;
use trakt_core::testing::{CountingEntropy, FixedClock};
use uuid::Uuid;

use super::{AuthError, AuthSecret, LocalTokens, OutsideTokens, TokenRefused, Verifier};
use provider::Provider;

const ISSUER: &str = "https://id.example";
const AUDIENCE: &str = "trakt";
const SECRET: &str = "a secret of 32 bytes at the least";
const USER: Uuid = Uuid::from_u128(0x6b8a_0f2e_5d1c_4f6b_9b3a_2f4f_8c1d_7e90);
/// 2026-06-01, noon.
const NOW: i64 = 1_780_315_200;

fn clock() -> Arc<FixedClock> {
    Arc::new(FixedClock::at(DateTime::from_timestamp(NOW, 0).unwrap()))
}

fn local(clock: Arc<FixedClock>) -> LocalTokens {
    let secret = AuthSecret::new(SECRET).unwrap();
    LocalTokens::new(
        &secret,
        ISSUER,
        AUDIENCE,
        clock,
        Arc::new(CountingEntropy::default()),
    )
}

/// Both kinds, with the provider's usual keys.
fn verifier() -> (Verifier, Arc<Provider>) {
    let (clock, provider) = (clock(), Arc::new(Provider::new()));
    let outside = OutsideTokens::new(ISSUER, AUDIENCE, provider.clone(), clock.clone());
    (Verifier::new(local(clock), Some(outside)), provider)
}

fn refused<T>(why: TokenRefused) -> Result<T, AuthError> {
    Err(AuthError::Refused(why))
}
