//! Passwords and their hashes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use trakt_core::ports::PasswordHasher as _;
use trakt_core::user::PasswordHash;
use trakt_core::{Password, SystemEntropy};

use crate::auth::Argon2Hasher;

fn hasher() -> Argon2Hasher {
    Argon2Hasher::new(Arc::new(SystemEntropy))
}

fn password(text: &str) -> Password {
    Password::from(text.to_owned())
}

fn stored(text: &str) -> PasswordHash {
    PasswordHash::from(text.to_owned())
}

#[test]
fn a_password_fits_its_hash_alone() {
    let hasher = hasher();
    let hash = hasher.hash(&password("correct horse"));
    assert!(
        hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{}",
        hash.expose()
    );
    assert!(hasher.verify(&password("correct horse"), Some(&hash)));
    for wrong in [
        "",
        "correct horse ",
        "Correct horse",
        "correct horse\0",
        "correct hors",
    ] {
        assert!(!hasher.verify(&password(wrong), Some(&hash)), "{wrong:?}");
    }
}

#[test]
fn equal_passwords_have_different_hashes() {
    let hasher = hasher();
    let (one, two) = (
        hasher.hash(&password("same")),
        hasher.hash(&password("same")),
    );
    assert_ne!(one.expose(), two.expose());
    assert!(hasher.verify(&password("same"), Some(&one)));
    assert!(hasher.verify(&password("same"), Some(&two)));
}

#[test]
fn a_hash_of_the_reference_program_fits() {
    // echo -n password | argon2 somesalt -id -t 2 -k 256 -p 1 -l 32 -e
    let hash = stored(
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    );
    assert!(hasher().verify(&password("password"), Some(&hash)));
    assert!(!hasher().verify(&password("passwore"), Some(&hash)));
}

#[test]
fn without_a_hash_the_answer_is_no_after_the_same_work() {
    let hasher = hasher();
    let hash = hasher.hash(&password("x"));
    let time = |hash: Option<&PasswordHash>| {
        let start = Instant::now();
        assert!(!hasher.verify(&password("y"), hash));
        start.elapsed()
    };
    // A busy machine only adds time, so the least of many runs is the work itself.
    let deadline = Instant::now() + Duration::from_secs(30);
    let (mut known, mut unknown) = (Duration::MAX, Duration::MAX);
    loop {
        known = known.min(time(Some(&hash)));
        unknown = unknown.min(time(None));
        if known < unknown.mul_f32(1.3) && unknown < known.mul_f32(1.3) {
            break;
        }
        assert!(Instant::now() < deadline, "{known:?} and {unknown:?}");
    }
}

#[test]
fn a_hash_that_asks_for_too_much_fits_nothing_and_costs_no_more() {
    let hasher = hasher();
    let start = Instant::now();
    for hash in [
        "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=65537,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=4294967295,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=65536,t=2,p=8192$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    ] {
        assert!(
            !hasher.verify(&password("password"), Some(&stored(hash))),
            "{hash}"
        );
    }
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn what_is_no_hash_of_ours_fits_nothing() {
    let hasher = hasher();
    for hash in [
        "",
        "password",
        "$",
        "$argon2id$",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$",
        "$argon2id$v=19$m=256,t=2$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4x",
        "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY",
        "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW",
    ] {
        assert!(
            !hasher.verify(&password("password"), Some(&stored(hash))),
            "{hash}"
        );
        assert!(!hasher.verify(&password(""), Some(&stored(hash))), "{hash}");
    }
}
