//! Signing in with a password.

use mockall::Sequence;
use trakt_core::Password;
use trakt_core::audit::{AuditEvent, AuditOutcome};
use trakt_core::ports::PortError;
use trakt_core::user::{Role, User, UserError};

use super::{ANA_ID, Ports, ana, email, hash};
use crate::bench::{stamp, store_down, user_id};

fn password() -> Password {
    Password::from("correct horse".to_owned())
}

/// Signs in once: the store answers `found`, the hasher `fits`, the trail `written`.
/// In this order, each once, and the hasher sees exactly the hash there is.
fn sign_in(
    found: Option<User>,
    fits: bool,
    written: Result<(), PortError>,
) -> Result<User, UserError> {
    let (mut ports, mut order) = (Ports::default(), Sequence::new());
    let stored = found.as_ref().and_then(|user| user.password_hash.clone());
    let subject = found.as_ref().map(|user| user.id);
    ports
        .users
        .expect_by_email()
        .withf(|asked| *asked == email())
        .once()
        .in_sequence(&mut order)
        .return_once(move |_| Ok(found));
    ports
        .hasher
        .expect_verify()
        .withf(move |typed, hash| typed.expose() == "correct horse" && *hash == stored.as_ref())
        .once()
        .in_sequence(&mut order)
        .return_once(move |_, _| fits);
    ports
        .audit
        .expect_record()
        .withf(move |entry| {
            let (event, outcome) = if fits {
                (AuditEvent::SignInSucceeded, AuditOutcome::Succeeded)
            } else {
                (AuditEvent::SignInFailed, AuditOutcome::Refused)
            };
            entry.event == event
                && entry.outcome == outcome
                && entry.subject == subject
                && entry.stamp == stamp()
                && entry.detail.is_none()
        })
        .once()
        .in_sequence(&mut order)
        .return_once(move |_| written);
    ports
        .service()
        .sign_in(Some(&email()), &password(), &stamp())
}

#[test]
fn the_right_password_lets_in() {
    let user = sign_in(Some(ana(Role::Admin, Some(hash()))), true, Ok(())).unwrap();
    assert_eq!((user.id, user.role), (user_id(ANA_ID), Role::Admin));
}

#[test]
fn wrong_password_no_password_and_unknown_user_look_and_cost_the_same() {
    for found in [
        Some(ana(Role::User, Some(hash()))),
        Some(ana(Role::User, None)),
        None,
    ] {
        let answer = sign_in(found, false, Ok(()));
        assert_eq!(answer.unwrap_err(), UserError::WrongCredentials);
    }
}

/// An address that is none reaches no store, but costs a hash and leaves a trace all the same.
#[test]
fn an_address_that_is_none_is_an_unknown_user() {
    let mut ports = Ports::default();
    ports
        .hasher
        .expect_verify()
        .withf(|_, hash| hash.is_none())
        .once()
        .return_once(|_, _| false);
    ports
        .audit
        .expect_record()
        .withf(|entry| entry.event == AuditEvent::SignInFailed && entry.subject.is_none())
        .once()
        .return_once(|_| Ok(()));
    let answer = ports.service().sign_in(None, &password(), &stamp());
    assert_eq!(answer.unwrap_err(), UserError::WrongCredentials);
}

#[test]
fn a_trail_that_cannot_be_written_lets_nobody_in() {
    for (found, fits) in [(Some(ana(Role::User, Some(hash()))), true), (None, false)] {
        let answer = sign_in(found, fits, Err(store_down()));
        assert_eq!(answer.unwrap_err(), UserError::Store(store_down()));
    }
}

#[test]
fn a_failing_store_is_no_wrong_password() {
    let mut ports = Ports::default();
    ports
        .users
        .expect_by_email()
        .once()
        .return_once(|_| Err(store_down()));
    let answer = ports
        .service()
        .sign_in(Some(&email()), &password(), &stamp());
    assert_eq!(answer.unwrap_err(), UserError::Store(store_down()));
}
