//! Attempts that bring no pair, and pairs that have to prove themselves.

use std::thread;
use std::time::Duration;

use trakt_core::LinkId;
use trakt_core::link::LinkStatus;
use trakt_core::ports::{ClaimDue, PairStored, Probed, RefreshClaim, SettleProbe, TokenStore};
use trakt_core::token::{Attempted, GateReason, LossReason};
use uuid::Uuid;

use super::{claim, held, later, linked, owner, pair, settle, state, won};
use crate::scene::{LEASE, Scene};

#[test]
fn what_an_attempt_without_a_pair_leaves() {
    let wait = Some(Duration::from_secs(143));
    let again = Duration::from_secs(2);
    for (end, expected) in [
        (Attempted::NotSent, "active idle 0"),
        (Attempted::Refused { retry_after: None }, "active idle 0"),
        (Attempted::Refused { retry_after: wait }, "active idle 0"),
        (Attempted::Misconfigured, "active idle 0"),
        (
            Attempted::Uncertain {
                replay_after: again,
            },
            "active uncertain 0",
        ),
        (
            Attempted::Lost(LossReason::Revoked),
            "needs_relink revoked idle 0",
        ),
    ] {
        let scene = Scene::new();
        let (user, link) = linked(&scene, "ana");
        let refresh = won(claim(&scene, link.id, 1, owner(1, 1)));
        let before = scene.trail(0).len();
        settle(&scene, &refresh, end);
        assert_eq!(state(&scene), expected, "{end:?}");
        let lost = matches!(end, Attempted::Lost(_));
        let expected: &[&str] = if lost {
            &["needs_relink refused revoked"]
        } else {
            &[]
        };
        assert_eq!(scene.trail(before), expected);
        let again = claim(&scene, link.id, 1, owner(1, 1));
        if lost {
            assert!(matches!(again, RefreshClaim::Busy), "{again:?}");
            // The pair turns up after all.
            scene.store.store_pair(&pair(link.id, 1, "late")).unwrap();
            assert_eq!(held(&scene, user).status, LinkStatus::Active);
        } else {
            assert!(matches!(again, RefreshClaim::Wait(_)), "{again:?}");
            let reason = match end {
                Attempted::Refused {
                    retry_after: Some(_),
                } => Some(GateReason::RateLimited),
                Attempted::Misconfigured => Some(GateReason::Misconfigured),
                _ => None,
            };
            assert_eq!(scene.store.gate().unwrap(), reason, "{end:?}");
        }
    }
}

/// 429 says that this request was not used, and nothing of the one before it.
#[test]
fn an_uncertain_token_stays_uncertain() {
    let scene = Scene::new();
    let (_, link) = linked(&scene, "ana");
    let mine = owner(1, 1);
    let replay_after = Duration::from_secs(2);
    settle(
        &scene,
        &won(claim(&scene, link.id, 1, mine)),
        Attempted::Uncertain { replay_after },
    );
    later(&scene, "1 hour");
    let replay = won(claim(&scene, link.id, 1, mine));
    assert_eq!(replay.replays, 1);
    settle(&scene, &replay, Attempted::NotSent);
    assert_eq!(state(&scene), "active uncertain 0", "not sent, not counted");
    later(&scene, "1 hour");
    let replay = won(claim(&scene, link.id, 1, mine));
    settle(&scene, &replay, Attempted::Lost(LossReason::LostAnswer));
    assert_eq!(state(&scene), "needs_relink lost_answer idle 1");
}

#[test]
fn ten_calls_in_a_row_without_an_answer_close_the_gate_for_all() {
    let scene = Scene::new();
    let (_, link) = linked(&scene, "ana");
    for call in 1..=10 {
        assert_eq!(scene.store.gate().unwrap(), None, "{call}");
        later(&scene, "12 hours");
        let refresh = won(claim(&scene, link.id, 1, owner(1, 1)));
        settle(&scene, &refresh, Attempted::NotSent);
    }
    assert_eq!(scene.store.gate().unwrap(), Some(GateReason::Unavailable));
    let (_, other) = linked(&scene, "ben");
    match claim(&scene, other.id, 1, owner(2, 1)) {
        RefreshClaim::Wait(wait) => assert!(wait > Duration::from_secs(25), "{wait:?}"),
        other => panic!("{other:?}"),
    }
    let cmd = ClaimDue {
        limit: 10,
        owner: owner(2, 1),
        lease: LEASE,
    };
    assert!(scene.store.claim_due(&cmd).unwrap().is_empty());
    // One success, and all is well.
    scene.store.store_pair(&pair(other.id, 1, "new")).unwrap();
    assert_eq!(scene.db.text("SELECT failures FROM trakt_gate"), "0");
}

#[test]
fn of_many_that_are_refused_at_once_a_few_are_believed() {
    let scene = Scene::new();
    scene
        .db
        .sql("UPDATE trakt_gate SET rate = 1000, budget = 1000");
    let refreshes: Vec<_> = (0..24)
        .map(|n| linked(&scene, &format!("user{n}")).1)
        .map(|link| won(claim(&scene, link.id, 1, owner(1, 1))))
        .collect();
    thread::scope(|scope| {
        for part in refreshes.chunks(6) {
            let scene = &scene;
            scope.spawn(move || {
                for refresh in part {
                    settle(scene, refresh, Attempted::Lost(LossReason::Revoked));
                }
            });
        }
    });
    assert_eq!(
        scene.count("trakt_users WHERE status = 'needs_relink'"),
        "5"
    );
    assert_eq!(scene.count("audit_log WHERE event = 'brake_applied'"), "1");
    let braked = Some(GateReason::MassInvalidGrant);
    assert_eq!(scene.store.gate().unwrap(), braked);
    let still = "trakt_users WHERE status = 'active' AND refresh_state = 'idle'";
    assert_eq!(scene.count(still), "19");
    let alive = scene
        .db
        .text("SELECT id FROM trakt_users WHERE status = 'active' LIMIT 1");
    let alive: LinkId = Uuid::parse_str(&alive).unwrap().into();
    scene.store.store_pair(&pair(alive, 1, "well")).unwrap();
    assert_eq!(scene.db.text("SELECT brake FROM trakt_gate"), "false");
}

#[test]
fn a_spent_budget_claims_nothing() {
    let scene = Scene::new();
    let (_, link) = linked(&scene, "ana");
    scene
        .db
        .sql("UPDATE trakt_gate SET rate = 0.001, budget = 0, budget_at = now()");
    let answer = claim(&scene, link.id, 1, owner(1, 1));
    assert!(matches!(answer, RefreshClaim::Wait(_)), "{answer:?}");
    assert_eq!(state(&scene), "active idle 0");
    scene
        .db
        .sql("UPDATE trakt_users SET refresh_due_at = now()");
    let cmd = ClaimDue {
        limit: 10,
        owner: owner(1, 1),
        lease: LEASE,
    };
    assert!(scene.store.claim_due(&cmd).unwrap().is_empty());
    assert_eq!(state(&scene), "active idle 0");
}

#[test]
fn a_refused_token_is_not_served_and_not_refreshed_in_a_circle() {
    let scene = Scene::new();
    let (user, link) = linked(&scene, "ana");
    scene.store.refuse(user, 7).unwrap();
    assert!(held(&scene, user).good, "another generation");
    scene.store.refuse(user, 1).unwrap();
    assert!(!held(&scene, user).good);
    // It is quite new: a minute has to pass.
    let answer = claim(&scene, link.id, 1, owner(1, 1));
    assert!(matches!(answer, RefreshClaim::Wait(wait) if wait > Duration::from_secs(50)));
    later(&scene, "1 minute");
    won(claim(&scene, link.id, 1, owner(1, 1)));
}

#[test]
fn a_locked_account_is_tried_daily_and_opens_again() {
    let scene = Scene::new();
    let (user, link) = linked(&scene, "ana");
    let before = scene.trail(0).len();
    for _ in 0..2 {
        scene.store.lock(user, 1).unwrap();
    }
    assert_eq!(held(&scene, user).status, LinkStatus::Locked);
    assert!(scene.store.due_probes(10, LEASE).unwrap().is_empty());
    scene
        .db
        .sql("UPDATE trakt_users SET probe_at = probe_at - interval '1 day'");
    let due = scene.store.due_probes(10, LEASE).unwrap();
    assert_eq!(due[0].access.expose(), "token-ana");
    assert!(
        scene.store.due_probes(10, LEASE).unwrap().is_empty(),
        "taken"
    );
    let cmd = SettleProbe {
        link: link.id,
        generation: 1,
        end: Probed::Works,
    };
    scene.store.settle_probe(&cmd).unwrap();
    assert_eq!(held(&scene, user).status, LinkStatus::Active);
    let trail = ["account_locked refused", "account_unlocked succeeded"];
    assert_eq!(scene.trail(before), trail);
}

/// A pair of a token that was sent twice has to work twice.
#[test]
fn the_pair_before_is_kept_until_the_new_one_has_worked() {
    for replays in [0, 1] {
        let scene = Scene::new();
        let (_, link) = linked(&scene, "ana");
        won(claim(&scene, link.id, 1, owner(1, 1)));
        if replays > 0 {
            won(claim(&scene, link.id, 1, owner(1, 2)));
        }
        scene.store.store_pair(&pair(link.id, 1, "new")).unwrap();
        let kept = "trakt_users WHERE previous_refresh_token IS NOT NULL";
        for _ in 0..=replays {
            assert_eq!(scene.count(kept), "1");
            let due = scene.store.due_probes(10, LEASE).unwrap();
            assert_eq!(due[0].access.expose(), "new");
            let cmd = SettleProbe {
                link: link.id,
                generation: 2,
                end: Probed::Works,
            };
            scene.store.settle_probe(&cmd).unwrap();
            assert!(scene.store.due_probes(10, LEASE).unwrap().is_empty());
            scene
                .db
                .sql("UPDATE trakt_users SET probe_at = probe_at - interval '1 minute'");
        }
        assert_eq!(scene.count(kept), "0");
        assert!(scene.store.due_probes(10, LEASE).unwrap().is_empty());
    }
}

/// The account passed to another user by an admin's claim while its refresh was under way.
#[test]
fn a_late_pair_is_not_stored_where_the_tokens_were_taken_away() {
    let scene = Scene::new();
    let (_, link) = linked(&scene, "ana");
    won(claim(&scene, link.id, 1, owner(1, 1)));
    scene.db.sql(
        "UPDATE trakt_users SET status = 'unverified', access_token = NULL, \
         refresh_token = NULL, token_expires_at = NULL, key_id = NULL, refresh_state = 'idle', \
         attempt = NULL, attempt_owner = NULL, attempt_boot = NULL, lease_until = NULL, \
         refresh_due_at = NULL",
    );
    let stored = scene.store.store_pair(&pair(link.id, 1, "late")).unwrap();
    assert!(matches!(stored, PairStored::Gone(_)), "{stored:?}");
    assert_eq!(scene.queue(), ["late"]);
    assert_eq!(state(&scene), "unverified idle 0");
}
