//! Finding, listing, adding and removing local accounts.

use trakt_core::ports::{PortError, Revocation};
use trakt_core::user::{Role, UserError, UserService};
use trakt_core::{Password, UserId};

use super::{ANA_ID, Ports, ana, email, hash};
use crate::bench::{World, revocation, stamp, store_down, user_id};

#[test]
fn a_user_is_found_by_address() {
    for (stored, expected) in [
        (Ok(Some(ana(Role::User, None))), Ok(user_id(ANA_ID))),
        (Ok(None), Err(UserError::NotFound)),
        (Err(store_down()), Err(UserError::Store(store_down()))),
    ] {
        let mut ports = Ports::default();
        ports
            .users
            .expect_by_email()
            .withf(|asked| *asked == email())
            .once()
            .return_once(move |_| stored);
        let answer = ports.service().find(&email());
        assert_eq!(answer.map(|user| user.id), expected);
    }
}

#[test]
fn the_list_is_the_stores() {
    for (stored, expected) in [
        (Ok(vec![ana(Role::User, None)]), Ok(vec![user_id(ANA_ID)])),
        (Err(store_down()), Err(UserError::Store(store_down()))),
    ] {
        let mut ports = Ports::default();
        ports.users.expect_list().once().return_once(move || stored);
        let ids = ports
            .service()
            .list()
            .map(|users| users.iter().map(|user| user.id).collect::<Vec<_>>());
        assert_eq!(ids, expected);
    }
}

#[test]
fn a_password_has_eight_characters_at_least() {
    for (typed, fits) in [
        ("", false),
        ("1234567", false),
        ("ééééééé", false),
        ("12345678", true),
        ("éééééééé", true),
    ] {
        let mut ports = Ports::default();
        if fits {
            ports
                .hasher
                .expect_hash()
                .withf(move |password| password.expose() == typed)
                .once()
                .return_once(|_| hash());
            ports
                .users
                .expect_add()
                .withf(|cmd| cmd.password_hash == Some(hash()) && cmd.stamp == stamp())
                .once()
                .return_once(|cmd| Ok(ana(cmd.role, cmd.password_hash.clone())));
        }
        let typed = Password::from(typed.to_owned());
        let answer = ports
            .service()
            .add(email(), Role::User, Some(&typed), &stamp());
        let refused = (!fits).then_some(UserError::PasswordTooShort);
        assert_eq!(answer.err(), refused);
    }
}

#[test]
fn a_user_is_added_with_an_id_of_its_own() {
    let (tell, told) = std::sync::mpsc::channel::<UserId>();
    let mut ports = Ports::default();
    ports
        .users
        .expect_add()
        .withf(|cmd| cmd.email == email() && cmd.role == Role::Admin && cmd.password_hash.is_none())
        .times(2)
        .returning(move |cmd| {
            tell.send(cmd.id).unwrap();
            Ok(ana(cmd.role, None))
        });
    let service = ports.service();
    for _ in 0..2 {
        assert!(service.add(email(), Role::Admin, None, &stamp()).is_ok());
    }
    assert_ne!(told.recv(), told.recv());
}

#[test]
fn a_taken_address_is_told_from_a_failing_store() {
    for (error, expected) in [
        (PortError::Conflict("users.email"), UserError::EmailTaken),
        (store_down(), UserError::Store(store_down())),
    ] {
        let mut ports = Ports::default();
        ports
            .users
            .expect_add()
            .once()
            .return_once(move |_| Err(error));
        let answer = ports.service().add(email(), Role::User, None, &stamp());
        assert_eq!(answer.unwrap_err(), expected);
    }
}

fn removes(answer: Result<Option<Vec<Revocation>>, PortError>) -> UserService {
    let mut ports = Ports::default();
    ports
        .users
        .expect_remove()
        .withf(|cmd| cmd.email == email() && cmd.stamp == stamp())
        .once()
        .return_once(move |_| answer);
    ports.service()
}

#[test]
fn a_removed_users_tokens_are_revoked_at_once_where_that_is_possible() {
    let mut world = World::new();
    world.revokes(1);
    let (_, revoker, _) = world.parts();
    let service = removes(Ok(Some(vec![revocation(1)])));
    assert_eq!(service.remove(email(), &stamp(), Some(&revoker)), Ok(()));

    let service = removes(Ok(Some(vec![revocation(1)])));
    assert_eq!(service.remove(email(), &stamp(), None), Ok(()));
}

#[test]
fn a_user_that_was_not_removed_is_told() {
    for (answer, expected) in [
        (Ok(None), UserError::NotFound),
        (Err(store_down()), UserError::Store(store_down())),
    ] {
        let (_, revoker, _) = World::new().parts();
        let answer = removes(answer).remove(email(), &stamp(), Some(&revoker));
        assert_eq!(answer, Err(expected));
    }
}
