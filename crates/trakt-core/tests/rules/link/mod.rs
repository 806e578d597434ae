//! Linking: the device flow, step by step.

mod approved;
mod current;
mod deadline;
mod poll;
mod start;
mod stored;

use std::sync::Arc;
use std::time::Duration;

use trakt_core::link::{CheckLink, FlowEnd, LinkProgress, LinkService, TokenPair};
use trakt_core::ports::{
    DevicePoll, DueFlow, FlowStep, MockLinkStore, PollClaim, PollOutcome, Revocation, TokenGrant,
};
use trakt_core::testing::CountingEntropy;
use trakt_core::{AccessToken, DeviceCode, FlowHandle, FlowId, RefreshToken, TraktIdentity};
use uuid::Uuid;

use crate::bench::{World, now, slug, stamp, trakt_uuid, user_id};

const ATTEMPT: i32 = 3;

fn flow() -> FlowId {
    Uuid::from_u128(900).into()
}

fn service(store: MockLinkStore, world: World) -> LinkService {
    let (trakt, revoker, clock) = world.parts();
    let entropy = Arc::new(CountingEntropy::default());
    LinkService::new(Arc::new(store), trakt, revoker, clock, entropy)
}

fn check() -> CheckLink {
    CheckLink {
        user: user_id(1),
        handle: FlowHandle::from("handle-1".to_owned()),
        stamp: stamp(),
    }
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn poll_step() -> FlowStep {
    FlowStep::Poll(DeviceCode::from("code-1".to_owned()))
}

fn identify_step() -> FlowStep {
    FlowStep::Identify(TokenPair {
        access: AccessToken::from("access-1".to_owned()),
        refresh: RefreshToken::from("refresh-1".to_owned()),
        expires_at: now() + secs(604_800),
    })
}

fn due(interval: Duration, step: FlowStep) -> PollClaim {
    PollClaim::Due(DueFlow {
        flow: flow(),
        attempt: ATTEMPT,
        interval,
        step,
    })
}

fn grant() -> DevicePoll {
    DevicePoll::Approved(TokenGrant {
        access: AccessToken::from("access-1".to_owned()),
        refresh: RefreshToken::from("refresh-1".to_owned()),
        expires_in: 604_800,
    })
}

fn identity() -> TraktIdentity {
    TraktIdentity {
        uuid: trakt_uuid("uuid-sean"),
        slug: slug("sean"),
        username: "Sean".to_owned(),
    }
}

/// A store whose next claim gives `step` with an interval of 5 s.
fn claimed(step: FlowStep) -> MockLinkStore {
    let mut store = MockLinkStore::new();
    store
        .expect_claim_poll()
        .once()
        .return_once(move |_| Ok(due(secs(5), step)));
    store
}

/// Expects that this claim is settled so, once.
fn settles(store: &mut MockLinkStore, outcome: PollOutcome, revocations: Vec<Revocation>) {
    store
        .expect_settle_poll()
        .withf(move |cmd| {
            cmd.flow == flow()
                && cmd.attempt == ATTEMPT
                && cmd.outcome == outcome
                && cmd.stamp == stamp()
        })
        .once()
        .return_once(move |_| Ok(revocations));
}

fn ends(store: &mut MockLinkStore, end: FlowEnd, revocations: Vec<Revocation>) {
    settles(store, PollOutcome::End(end), revocations);
}

fn goes_on(store: &mut MockLinkStore, interval: Duration) {
    let wait = interval;
    settles(store, PollOutcome::Again { wait, interval }, Vec::new());
}

/// Expects one poll with the flow's own code, and answers it.
fn polled(world: &mut World, answer: Result<DevicePoll, trakt_core::ports::TraktFault>) {
    world
        .trakt
        .expect_device_token()
        .withf(|code, _| code.expose() == "code-1")
        .once()
        .return_once(move |_, _| answer);
}

fn wait_of(progress: &LinkProgress) -> Duration {
    let LinkProgress::Pending(wait) = progress else {
        panic!("not pending: {progress:?}");
    };
    *wait
}
