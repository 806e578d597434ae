//! Starting a flow.

use std::sync::Arc;
use std::time::Duration;

use mockall::Sequence;
use trakt_core::DeviceCode;
use trakt_core::link::{LinkError, StartLink};
use trakt_core::ports::{DeviceGrant, MockLinkStore, OpenFlow, PortError, TraktFault};

use super::{secs, service};
use crate::bench::{
    TEN_SECONDS, World, misconfigured, revocation, stamp, store_down, unavailable, user_id,
};

fn start(replace: bool) -> StartLink {
    StartLink {
        user: user_id(1),
        replace,
        stamp: stamp(),
    }
}

fn given(expires_in: i64, interval: Option<i64>) -> DeviceGrant {
    DeviceGrant {
        device_code: DeviceCode::from("code-1".to_owned()),
        user_code: "5055CC52".to_owned(),
        verification_url: "https://auth.trakt.tv/activate".to_owned(),
        expires_in,
        interval,
    }
}

/// What is stored and what is answered when Trakt gives these numbers: lifetime, interval.
fn periods(expires_in: i64, interval: Option<i64>) -> (Duration, Duration) {
    let (mut store, mut world) = (MockLinkStore::new(), World::new());
    world
        .trakt
        .expect_device_code()
        .once()
        .return_once(move |_| Ok(given(expires_in, interval)));
    let (tell, told) = std::sync::mpsc::channel();
    store.expect_open_flow().once().returning(move |cmd| {
        tell.send((cmd.lifetime, cmd.interval)).unwrap();
        Ok(Some(Vec::new()))
    });
    let started = service(store, world).start(&start(false)).unwrap();
    let stored = told.recv().unwrap();
    assert_eq!(stored, (started.expires_in, started.interval));
    stored
}

#[test]
fn the_flow_is_stored_and_the_client_gets_a_handle_of_our_own() {
    for replace in [false, true] {
        let (mut store, mut world) = (MockLinkStore::new(), World::new());
        let mut order = Sequence::new();
        world
            .trakt
            .expect_device_code()
            .withf(|within| *within == TEN_SECONDS)
            .once()
            .in_sequence(&mut order)
            .return_once(|_| Ok(given(600, Some(6))));
        let (tell, told) = std::sync::mpsc::channel::<OpenFlow>();
        store
            .expect_open_flow()
            .once()
            .in_sequence(&mut order)
            .returning(move |cmd| {
                tell.send(cmd.clone()).unwrap();
                Ok(Some(Vec::new()))
            });
        let started = service(store, world).start(&start(replace)).unwrap();
        let open = told.recv().unwrap();
        assert_eq!(open.key, started.handle.key());
        assert_eq!((open.user, open.replace), (user_id(1), replace));
        assert_eq!(open.device_code.expose(), "code-1");
        assert_eq!(open.user_code, "5055CC52");
        assert_eq!(open.verification_url, "https://auth.trakt.tv/activate");
        assert_eq!((open.lifetime, open.interval), (secs(600), secs(6)));
        assert_eq!(open.stamp, stamp());
        assert_eq!(started.user_code, "5055CC52");
        assert_eq!(started.verification_url, "https://auth.trakt.tv/activate");
        assert_eq!((started.expires_in, started.interval), (secs(600), secs(6)));
        assert_ne!(started.handle.expose(), "code-1", "Trakt's code stays here");
    }
}

#[test]
fn every_flow_has_its_own_handle_and_id() {
    let (mut store, mut world) = (MockLinkStore::new(), World::new());
    world
        .trakt
        .expect_device_code()
        .times(2)
        .returning(|_| Ok(given(600, None)));
    let (tell, told) = std::sync::mpsc::channel();
    store.expect_open_flow().times(2).returning(move |cmd| {
        tell.send((cmd.id, cmd.key)).unwrap();
        Ok(Some(Vec::new()))
    });
    let service = service(store, world);
    let one = service.start(&start(false)).unwrap();
    let two = service.start(&start(false)).unwrap();
    assert_ne!(one.handle.expose(), two.handle.expose());
    let (first, second) = (told.recv().unwrap(), told.recv().unwrap());
    assert_ne!(first.0, second.0);
    assert_ne!(first.1, second.1);
}

#[test]
fn an_interval_that_is_absent_or_insane_is_put_right() {
    for (interval, expected) in [
        (None, 5),
        (Some(0), 5),
        (Some(-1), 5),
        (Some(i64::MIN), 5),
        (Some(1), 1),
        (Some(5), 5),
        (Some(60), 60),
        (Some(61), 61),
        (Some(i64::MAX), 3600),
    ] {
        assert_eq!(periods(600, interval).1, secs(expected), "{interval:?}");
    }
}

#[test]
fn a_lifetime_that_is_insane_is_put_right() {
    let day = 24 * 3600;
    for (expires_in, expected) in [
        (600, 600),
        (0, 1),
        (-1, 1),
        (i64::MIN, 1),
        (86_400, day),
        (86_401, day),
        (i64::MAX, day),
    ] {
        assert_eq!(periods(expires_in, None).0, secs(expected), "{expires_in}");
    }
}

#[test]
fn nothing_is_stored_when_trakt_gives_no_code() {
    for fault in [unavailable(Some(143)), unavailable(None), misconfigured()] {
        let (store, mut world) = (MockLinkStore::new(), World::new());
        let said = fault.clone();
        world
            .trakt
            .expect_device_code()
            .once()
            .return_once(move |_| Err(said));
        let answer = service(store, world).start(&start(false));
        assert_eq!(answer.unwrap_err(), LinkError::Trakt(fault));
    }
}

#[test]
fn a_deleted_user_and_a_failing_store_start_nothing() {
    let cases: [(Result<_, PortError>, LinkError); 2] = [
        (Ok(None), LinkError::UserGone),
        (Err(store_down()), LinkError::Store(store_down())),
    ];
    for (answer, expected) in cases {
        let (mut store, mut world) = (MockLinkStore::new(), World::new());
        world
            .trakt
            .expect_device_code()
            .once()
            .return_once(|_| Ok(given(600, Some(5))));
        store.expect_open_flow().once().return_once(move |_| answer);
        let answer = service(store, world).start(&start(false));
        assert_eq!(answer.unwrap_err(), expected);
    }
}

#[test]
fn what_the_old_flow_had_received_is_revoked() {
    let (mut store, mut world) = (MockLinkStore::new(), World::new());
    world
        .trakt
        .expect_device_code()
        .once()
        .return_once(|_| Ok(given(600, Some(5))));
    store
        .expect_open_flow()
        .once()
        .return_once(|_| Ok(Some(vec![revocation(1), revocation(2)])));
    world.revokes(1);
    world.revokes(2);
    assert!(service(store, world).start(&start(false)).is_ok());
}

#[test]
fn a_slow_start_leaves_the_revoking_for_later() {
    let (mut store, mut world) = (MockLinkStore::new(), World::new());
    let clock = Arc::clone(&world.clock);
    world
        .trakt
        .expect_device_code()
        .once()
        .return_once(move |_| {
            clock.advance(Duration::from_millis(9_900));
            Ok(given(600, Some(5)))
        });
    store
        .expect_open_flow()
        .once()
        .return_once(|_| Ok(Some(vec![revocation(1)])));
    // Neither `revoke` nor `done` is expected.
    assert!(service(store, world).start(&start(false)).is_ok());
}

#[test]
fn trakt_being_down_does_not_spoil_a_started_flow() {
    let (mut store, mut world) = (MockLinkStore::new(), World::new());
    world
        .trakt
        .expect_device_code()
        .once()
        .return_once(|_| Ok(given(600, Some(5))));
    store
        .expect_open_flow()
        .once()
        .return_once(|_| Ok(Some(vec![revocation(1), revocation(2)])));
    // The first failure ends the round: the second is not even tried.
    world
        .trakt
        .expect_revoke()
        .once()
        .return_once(|_, _| Err::<(), TraktFault>(unavailable(None)));
    assert!(service(store, world).start(&start(false)).is_ok());
}
