//! Callers with a token of ours or of an outside provider.

use mockall::Sequence;
use trakt_core::ports::PortError;
use trakt_core::user::{OutsideIdentity, Role, User, UserError};

use super::{ANA_ID, Ports, ana, email};
use crate::bench::{stamp, store_down, user_id};

#[test]
fn a_deleted_user_is_a_stranger() {
    for (stored, expected) in [
        (Ok(None), UserError::Stranger),
        (Err(store_down()), UserError::Store(store_down())),
    ] {
        let mut ports = Ports::default();
        ports
            .users
            .expect_by_id()
            .withf(|id| *id == user_id(ANA_ID))
            .once()
            .return_once(move |_| stored);
        let answer = ports.service().caller(user_id(ANA_ID));
        assert_eq!(answer.unwrap_err(), expected);
    }
}

fn outside(subject: &str, verified: Option<bool>, role: Option<Role>) -> OutsideIdentity {
    OutsideIdentity {
        subject: subject.to_owned(),
        email: Some(email()),
        email_verified: verified,
        role,
    }
}

fn by_subject(ports: &mut Ports, subject: &'static str, found: Option<User>) {
    ports
        .users
        .expect_by_subject()
        .withf(move |asked| asked == subject)
        .once()
        .return_once(move |_| Ok(found));
}

/// `by_id` and `provision` are not expected, even though the rest would fit.
#[test]
fn the_subject_decides_first() {
    const SUBJECT: &str = "00000000-0000-0000-0000-000000000001";
    let mut ports = Ports::default();
    by_subject(&mut ports, SUBJECT, Some(ana(Role::User, None)));
    let answer = ports
        .service()
        .outside_caller(&outside(SUBJECT, Some(true), None), &stamp());
    assert_eq!(answer.unwrap().id, user_id(ANA_ID));
}

/// `provision` is not expected.
#[test]
fn a_subject_that_is_the_id_of_a_user_comes_second() {
    const SUBJECT: &str = "00000000-0000-0000-0000-000000001234";
    let (mut ports, mut order) = (Ports::default(), Sequence::new());
    ports
        .users
        .expect_by_subject()
        .withf(|asked| asked == SUBJECT)
        .once()
        .in_sequence(&mut order)
        .return_once(|_| Ok(None));
    ports
        .users
        .expect_by_id()
        .withf(|id| *id == user_id(ANA_ID))
        .once()
        .in_sequence(&mut order)
        .return_once(|_| Ok(Some(ana(Role::User, None))));
    let answer = ports
        .service()
        .outside_caller(&outside(SUBJECT, Some(true), None), &stamp());
    assert_eq!(answer.unwrap().id, user_id(ANA_ID));
}

#[test]
fn an_address_comes_last_and_only_when_it_is_vouched_for() {
    for (verified, role, role_now) in [
        (Some(true), None, Role::User),
        (None, Some(Role::User), Role::User),
        (Some(true), Some(Role::Admin), Role::Admin),
    ] {
        let mut ports = Ports::default();
        by_subject(&mut ports, "auth|ana", None);
        ports
            .users
            .expect_provision()
            .withf(move |cmd| {
                cmd.email == email() && cmd.subject == "auth|ana" && cmd.stamp == stamp()
            })
            .once()
            .return_once(|_| Ok(ana(Role::User, None)));
        let answer = ports
            .service()
            .outside_caller(&outside("auth|ana", verified, role), &stamp());
        assert_eq!(answer.unwrap().role, role_now);
    }
}

/// Nobody is added: `provision` is not expected.
#[test]
fn without_a_vouched_address_an_unknown_caller_is_a_stranger() {
    let unverified = outside("auth|ana", Some(false), Some(Role::Admin));
    let nameless = OutsideIdentity {
        email: None,
        ..outside("auth|ana", Some(true), None)
    };
    for identity in [unverified, nameless] {
        let mut ports = Ports::default();
        by_subject(&mut ports, "auth|ana", None);
        let answer = ports.service().outside_caller(&identity, &stamp());
        assert_eq!(answer.unwrap_err(), UserError::Stranger);
    }
}

#[test]
fn an_address_tied_to_another_subject_makes_a_stranger() {
    for (error, expected) in [
        (PortError::Conflict("users.subject"), UserError::Stranger),
        (store_down(), UserError::Store(store_down())),
    ] {
        let mut ports = Ports::default();
        by_subject(&mut ports, "auth|eve", None);
        ports
            .users
            .expect_provision()
            .once()
            .return_once(move |_| Err(error));
        let answer = ports
            .service()
            .outside_caller(&outside("auth|eve", Some(true), None), &stamp());
        assert_eq!(answer.unwrap_err(), expected);
    }
}

#[test]
fn the_role_is_the_providers_where_it_gives_one() {
    for (stored, given, expected) in [
        (Role::User, Some(Role::Admin), Role::Admin),
        (Role::Admin, Some(Role::User), Role::User),
        (Role::Admin, None, Role::Admin),
        (Role::User, None, Role::User),
    ] {
        let mut ports = Ports::default();
        by_subject(&mut ports, "auth|ana", Some(ana(stored, None)));
        let answer = ports
            .service()
            .outside_caller(&outside("auth|ana", Some(false), given), &stamp());
        assert_eq!(answer.unwrap().role, expected);
    }
}
