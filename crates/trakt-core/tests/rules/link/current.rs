//! The flow that a page shows, which holds no handle of it.

use trakt_core::FlowHandle;
use trakt_core::link::{FlowEnd, LinkError};
use trakt_core::ports::{CurrentFlow, DevicePoll, FlowState, MockLinkStore, PollClaim};

use super::{claimed, due, ends, goes_on, poll_step, polled, secs, service, wait_of};
use crate::bench::{World, revocation, stamp, store_down, user_id};

fn handle() -> FlowHandle {
    FlowHandle::from("handle-1".to_owned())
}

fn a_flow(state: FlowState) -> CurrentFlow {
    CurrentFlow {
        key: handle().key(),
        replace: false,
        state,
    }
}

fn over() -> CurrentFlow {
    a_flow(FlowState::Ended {
        end: FlowEnd::Denied,
        ago: secs(3),
    })
}

fn current(store: &mut MockLinkStore, flow: Option<CurrentFlow>) {
    store
        .expect_current_flow()
        .withf(|user| *user == user_id(1))
        .once()
        .return_once(move |_| Ok(flow));
}

#[test]
fn it_is_read_from_the_store_alone() {
    for flow in [None, Some(over())] {
        let mut store = MockLinkStore::new();
        current(&mut store, flow.clone());
        let shown = service(store, World::new()).current(user_id(1)).unwrap();
        assert_eq!(
            shown.map(|flow| (flow.key, flow.state)),
            flow.map(|flow| (flow.key, flow.state))
        );
    }
    let mut store = MockLinkStore::new();
    store
        .expect_current_flow()
        .once()
        .return_once(|_| Err(store_down()));
    let answer = service(store, World::new()).current(user_id(1));
    assert_eq!(answer.unwrap_err(), LinkError::Store(store_down()));
}

#[test]
fn it_is_taken_on_as_by_its_handle() {
    let mut store = MockLinkStore::new();
    current(
        &mut store,
        Some(a_flow(FlowState::Approved { wait: secs(1) })),
    );
    store
        .expect_claim_poll()
        .withf(|cmd| cmd.user == user_id(1) && cmd.key == handle().key() && cmd.stamp == stamp())
        .once()
        .return_once(|_| Ok(due(secs(5), poll_step())));
    let mut world = World::new();
    polled(&mut world, Ok(DevicePoll::Pending));
    goes_on(&mut store, secs(5));
    let progress = service(store, world).check_current(user_id(1), &stamp());
    assert_eq!(wait_of(&progress.unwrap()), secs(5));

    let (mut store, mut world) = (claimed(poll_step()), World::new());
    current(&mut store, Some(over()));
    polled(&mut world, Ok(DevicePoll::Denied));
    ends(&mut store, FlowEnd::Denied, vec![revocation(1)]);
    world.revokes(1);
    let heard = service(store, world).check_current(user_id(1), &stamp());
    assert_eq!(heard.unwrap_err(), LinkError::FlowDenied);
}

/// `World::new` expects no call to Trakt.
#[test]
fn too_early_or_without_one_trakt_is_not_asked() {
    let mut store = MockLinkStore::new();
    current(&mut store, Some(over()));
    store
        .expect_claim_poll()
        .once()
        .return_once(|_| Ok(PollClaim::TooSoon(secs(4))));
    let progress = service(store, World::new()).check_current(user_id(1), &stamp());
    assert_eq!(wait_of(&progress.unwrap()), secs(4));

    let mut store = MockLinkStore::new();
    current(&mut store, None);
    let heard = service(store, World::new()).check_current(user_id(1), &stamp());
    assert_eq!(heard.unwrap_err(), LinkError::FlowUnknown);

    let mut store = MockLinkStore::new();
    store
        .expect_current_flow()
        .once()
        .return_once(|_| Err(store_down()));
    let heard = service(store, World::new()).check_current(user_id(1), &stamp());
    assert_eq!(heard.unwrap_err(), LinkError::Store(store_down()));
}
