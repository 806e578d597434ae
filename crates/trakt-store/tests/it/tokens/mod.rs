//! Who may refresh, what a new pair does, and what becomes of a link without one. Time is moved in
//! the rows.

mod ends;

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use trakt_core::link::Link;
use trakt_core::ports::{
    ClaimDue, ClaimRefresh, ClaimedRefresh, HeldToken, LinkStore, PairStored, RefreshClaim,
    SettleRefresh, StorePair, TokenStore, Unlink,
};
use trakt_core::token::{AttemptOwner, Attempted, LossReason, NewPair};
use trakt_core::{AttemptId, Clock, LinkId, SystemClock, SystemEntropy, UserId};
use uuid::Uuid;

use crate::scene::{LEASE, Scene, identity, stamp, tokens_of};

fn owner(id: u128, boot: u128) -> AttemptOwner {
    AttemptOwner {
        id: Uuid::from_u128(id),
        boot: Uuid::from_u128(boot),
    }
}

fn linked(scene: &Scene, name: &str) -> (UserId, Link) {
    let user = scene.user(&format!("{name}@example.org"));
    let link = scene.link(user, &format!("token-{name}"), &identity(name, name));
    (user, link)
}

fn claim(scene: &Scene, link: LinkId, generation: i64, owner: AttemptOwner) -> RefreshClaim {
    let cmd = ClaimRefresh {
        link,
        generation,
        attempt: AttemptId::random(&SystemEntropy),
        owner,
        lease: Duration::from_secs(60),
    };
    scene.store.claim_refresh(&cmd).unwrap()
}

#[track_caller]
fn won(claim: RefreshClaim) -> ClaimedRefresh {
    match claim {
        RefreshClaim::Claimed(refresh) => *refresh,
        other => panic!("not claimed: {other:?}"),
    }
}

fn pair(link: LinkId, generation: i64, token: &str) -> StorePair {
    StorePair {
        link,
        generation,
        pair: NewPair {
            access: token.to_owned().into(),
            refresh: format!("{token}-refresh").into(),
            lifetime: Duration::from_secs(1000),
            received_at: SystemClock.now(),
        },
        age: Duration::from_secs(100),
        refresh_after: Duration::from_secs(600),
        detail: None,
    }
}

fn settle(scene: &Scene, refresh: &ClaimedRefresh, end: Attempted) {
    let cmd = SettleRefresh {
        link: refresh.link,
        generation: refresh.generation,
        attempt: refresh.attempt,
        end,
        jitter: 1.0,
    };
    scene.store.settle_refresh(&cmd).unwrap();
}

fn held(scene: &Scene, user: UserId) -> HeldToken {
    scene.store.held(user).unwrap().unwrap().unwrap()
}

/// Ends leases, backoffs and closures this long ago.
fn later(scene: &Scene, by: &str) {
    scene.db.sql(&format!(
        "UPDATE trakt_users SET lease_until = lease_until - interval '{by}', \
             next_try_at = next_try_at - interval '{by}', \
             refresh_due_at = refresh_due_at - interval '{by}'; \
         UPDATE trakt_gate SET closed_until = closed_until - interval '{by}', budget = rate"
    ));
}

fn state(scene: &Scene) -> String {
    scene.db.text(
        "SELECT concat_ws(' ', status, status_reason, refresh_state, replays) FROM trakt_users",
    )
}

#[test]
fn of_many_one_may_refresh() {
    let scene = Scene::new();
    let (_, link) = linked(&scene, "ana");
    let line = Barrier::new(16);
    let claims: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..16)
            .map(|n| {
                let (scene, line) = (&scene, &line);
                scope.spawn(move || {
                    line.wait();
                    claim(scene, link.id, 1, owner(n, n))
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let winners: Vec<_> = claims
        .iter()
        .filter(|claim| matches!(claim, RefreshClaim::Claimed(_)))
        .collect();
    assert_eq!(winners.len(), 1, "{claims:?}");
    let busy = |claim: &&RefreshClaim| matches!(claim, RefreshClaim::Busy);
    assert_eq!(claims.iter().filter(busy).count(), 15);
}

#[test]
fn an_attempt_is_taken_over_by_its_owner_at_once_and_by_others_late() {
    let scene = Scene::new();
    let (_, link) = linked(&scene, "ana");
    let mine = owner(1, 1);
    assert_eq!(won(claim(&scene, link.id, 1, mine)).replays, 0);
    let busy = |whose| matches!(claim(&scene, link.id, 1, whose), RefreshClaim::Busy);
    assert!(busy(mine) && busy(owner(2, 1)), "the lease runs");
    // A new process of the same journal: nobody is at work on it any more.
    assert_eq!(won(claim(&scene, link.id, 1, owner(1, 2))).replays, 1);
    later(&scene, "61 seconds");
    assert!(
        busy(owner(2, 1)),
        "its machine may come back with the answer"
    );
    later(&scene, "14 minutes");
    assert!(busy(owner(2, 1)));
    later(&scene, "1 minute");
    assert_eq!(won(claim(&scene, link.id, 1, owner(2, 1))).replays, 2);
    // With the access token about to end, waiting costs more.
    later(&scene, "61 seconds");
    assert!(busy(owner(3, 1)));
    scene
        .db
        .sql("UPDATE trakt_users SET token_expires_at = now() + interval '9 minutes'");
    assert_eq!(won(claim(&scene, link.id, 1, owner(3, 1))).replays, 3);
    assert!(matches!(
        claim(&scene, link.id, 2, mine),
        RefreshClaim::Busy
    ));
}

#[test]
fn attempts_of_an_earlier_process_are_due_at_once() {
    let scene = Scene::new();
    for (name, whose) in [("ana", owner(1, 1)), ("ben", owner(2, 1))] {
        let (_, link) = linked(&scene, name);
        won(claim(&scene, link.id, 1, whose));
    }
    let due = |owner| {
        let cmd = ClaimDue {
            limit: 10,
            owner,
            lease: LEASE,
        };
        scene.store.claim_due(&cmd).unwrap()
    };
    let next = owner(1, 2);
    assert!(due(next).is_empty());
    assert_eq!(scene.store.reclaim(next).unwrap(), 1);
    let taken = due(next);
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].replays, 1);
    assert_eq!(taken[0].refresh.expose(), "token-ana-refresh");
    assert_eq!(scene.store.reclaim(next).unwrap(), 0, "its own are not");
}

#[test]
fn a_new_pair_is_stored_for_its_generation_and_no_other() {
    let scene = Scene::new();
    let (user, link) = linked(&scene, "ana");
    let refresh = won(claim(&scene, link.id, 1, owner(1, 1)));
    let before = scene.trail(0).len();
    let stored = scene.store.store_pair(&pair(link.id, 1, "new")).unwrap();
    assert!(matches!(stored, PairStored::Stored(2)), "{stored:?}");
    assert_eq!(scene.trail(before), ["token_refreshed succeeded"]);
    let now_held = held(&scene, user);
    assert_eq!((now_held.generation, now_held.good), (2, true));
    assert_eq!(now_held.access.unwrap().expose(), "new");
    let times = "SELECT extract(epoch FROM token_expires_at - token_issued_at)::int || ' ' || \
                 extract(epoch FROM refresh_due_at - token_issued_at)::int || ' ' || \
                 (token_issued_at <= now() - interval '100 seconds') FROM trakt_users";
    assert_eq!(scene.db.text(times), "1000 600 true");
    // Too late, and of no consequence: another pair, and the end of the old attempt.
    let late = scene.store.store_pair(&pair(link.id, 1, "late")).unwrap();
    assert!(matches!(late, PairStored::Superseded), "{late:?}");
    settle(&scene, &refresh, Attempted::Lost(LossReason::Revoked));
    assert_eq!(held(&scene, user).access.unwrap().expose(), "new");
    assert_eq!(state(&scene), "active idle 0");
    // A link that is gone takes no pair: it is handed back.
    let cmd = Unlink {
        user,
        stamp: stamp(),
    };
    scene.store.unlink(&cmd).unwrap();
    match scene.store.store_pair(&pair(link.id, 2, "orphan")).unwrap() {
        PairStored::Gone(revocations) => assert_eq!(tokens_of(&revocations), ["orphan"]),
        other => panic!("{other:?}"),
    }
    assert_eq!(scene.queue(), ["new", "orphan"]);
}
