//! The right to refresh one generation.

use std::time::Duration;

use trakt_core::PortError;
use trakt_core::ports::{RefreshClaim, TokenStore};
use uuid::Uuid;

use super::{IDLE, Kept, OPEN, claiming, owner};
use crate::races::at_once;
use crate::scene::{Scene, profile};

fn claimed(claim: &RefreshClaim) -> bool {
    matches!(claim, RefreshClaim::Claimed(_))
}

fn busy(claim: &RefreshClaim) -> bool {
    matches!(claim, RefreshClaim::Busy)
}

/// Expects that the claim has to wait, for so many seconds.
fn assert_waits(claim: &RefreshClaim, seconds: u64) {
    let RefreshClaim::Wait(wait) = claim else {
        panic!("it does not wait: {claim:?}");
    };
    let longest = Duration::from_secs(seconds);
    assert!(*wait <= longest && *wait > longest.saturating_sub(Duration::from_secs(10)));
}

#[test]
fn of_32_claims_by_two_stores_one_wins() {
    let kept = Kept::new();
    let stores = [kept.scene.store.clone(), kept.scene.db.store()];
    for _ in 0..5 {
        kept.set(IDLE);
        let jobs = (0..32).map(|i| {
            let store = stores[i % 2].clone();
            let cmd = claiming(kept.link, 1, owner(i as u128, 1));
            move || (cmd.attempt, store.claim_refresh(&cmd).unwrap())
        });
        let claims = at_once(jobs.collect());
        let (won, lost): (Vec<_>, Vec<_>) = claims.iter().partition(|(_, c)| claimed(c));
        assert_eq!((won.len(), lost.len()), (1, 31));
        assert!(lost.iter().all(|(_, claim)| busy(claim)));
        assert_eq!(kept.get("attempt"), won[0].0.to_string());
    }
}

#[test]
fn a_claim_gives_the_token_and_keeps_everybody_else_away() {
    let kept = Kept::new();
    let refresh = kept.claim();
    assert_eq!(refresh.link, kept.link);
    assert_eq!(refresh.refresh.expose(), "token-refresh");
    assert_eq!((refresh.generation, refresh.replays), (1, 0));
    let me = owner(1, 1);
    assert_eq!(
        kept.get("(refresh_state, attempt, attempt_owner, attempt_boot, next_try_at, replays)"),
        format!("(sent,{},{},{},,0)", refresh.attempt, me.id, me.boot)
    );
    kept.assert_ahead("lease_until", 60);
    assert_eq!(kept.get("refresh_due_at = lease_until"), "true");
    let before = kept.row();
    for other in [me, owner(2, 1)] {
        assert!(busy(&kept.try_claim(1, other)));
    }
    assert_eq!(kept.row(), before);
}

#[test]
fn another_generation_is_not_claimed() {
    let kept = Kept::new();
    let before = kept.row();
    for generation in [0, 2, i64::MAX] {
        assert!(busy(&kept.try_claim(generation, owner(1, 1))));
    }
    assert_eq!(kept.row(), before);
}

#[test]
fn a_backoff_is_waited_for() {
    let kept = Kept::new();
    kept.set("next_try_at = now() + interval '90 s'");
    let before = kept.row();
    assert_waits(&kept.try_claim(1, owner(1, 1)), 90);
    // It is of this generation alone.
    assert!(busy(&kept.try_claim(2, owner(1, 1))));
    assert_eq!(kept.row(), before);
    kept.set("next_try_at = now()");
    assert!(claimed(&kept.try_claim(1, owner(1, 1))));
    // That of an attempt that may have used the token, too.
    kept.sent();
    kept.set("refresh_state = 'uncertain', next_try_at = now() + interval '90 s'");
    assert_waits(&kept.try_claim(1, owner(1, 2)), 90);
    kept.set("next_try_at = now()");
    assert!(claimed(&kept.try_claim(1, owner(1, 2))));
}

#[test]
fn a_link_that_only_a_person_can_help_is_not_claimed() {
    let kept = Kept::new();
    kept.set("status = 'needs_relink', status_reason = 'revoked'");
    assert!(busy(&kept.try_claim(1, owner(1, 1))));
    // A locked account keeps its tokens alive.
    kept.set("status = 'locked', status_reason = 'locked'");
    assert!(claimed(&kept.try_claim(1, owner(1, 1))));

    let scene = Scene::new();
    scene.db.sql(OPEN);
    let user = scene.user("ben@example.org");
    let (link, _) = scene.associate(user, &profile(None, "ben"));
    let cmd = claiming(link.id, 0, owner(1, 1));
    assert!(busy(&scene.store.claim_refresh(&cmd).unwrap()));
}

/// An attempt of owner 1, boot 1: its lease ends in so many seconds and its token in so many.
/// May this one send the token again?
#[test]
fn an_attempt_is_taken_over_when_that_does_least_harm() {
    const HOUR: i64 = 3600;
    let kept = Kept::new();
    let (me, next_me, other) = (owner(1, 1), owner(1, 2), owner(2, 1));
    for (who, lease, ends, takes) in [
        (me, 60, HOUR, false),
        (me, -1, HOUR, true),
        (next_me, 60, HOUR, true),
        (other, 60, 60, false),
        (other, -1, HOUR, false),
        (other, -14 * 60, HOUR, false),
        (other, -15 * 60 - 5, HOUR, true),
        (other, -1, 11 * 60, false),
        (other, -1, 10 * 60 - 5, true),
        (other, -1, -HOUR, true),
    ] {
        for state in ["sent", "uncertain"] {
            let before = kept.sent();
            kept.set(&format!(
                "refresh_state = '{state}', replays = 3, \
                 lease_until = now() + interval '{lease} s', \
                 token_expires_at = now() + interval '{ends} s'"
            ));
            kept.scene.db.sql(OPEN);
            let case = format!("{who:?}, {state}, {lease}, {ends}");
            match kept.try_claim(1, who) {
                RefreshClaim::Claimed(refresh) => {
                    assert!(takes, "{case}");
                    assert_eq!(refresh.replays, 4, "{case}");
                    assert_eq!(kept.get("(refresh_state, replays)"), "(sent,4)", "{case}");
                    assert_eq!(kept.get("attempt"), refresh.attempt.to_string());
                    assert_eq!(kept.get("attempt_boot"), who.boot.to_string());
                }
                claim => {
                    assert!(!takes && busy(&claim), "{case}: {claim:?}");
                    assert_eq!(kept.get("attempt"), before.to_string(), "{case}");
                }
            }
        }
    }
}

/// It cannot come back with the answer, so nobody waits for it beyond its lease.
#[test]
fn an_attempt_without_a_journal_is_taken_over_when_its_lease_ends() {
    let kept = Kept::new();
    for (lease, takes) in [(1, false), (-1, true)] {
        kept.sent();
        kept.set(&format!(
            "attempt_boot = '{}', lease_until = now() + interval '{lease} min', \
             token_expires_at = now() + interval '1 h'",
            Uuid::nil()
        ));
        assert_eq!(claimed(&kept.try_claim(1, owner(2, 1))), takes);
    }
}

#[test]
fn nothing_is_claimed_while_the_gate_is_closed() {
    let kept = Kept::new();
    let before = kept.row();
    let gate = "UPDATE trakt_gate SET closed_until = now()";
    kept.scene
        .db
        .sql(&format!("{gate} + interval '40 s', reason = 'unavailable'"));
    assert_waits(&kept.try_claim(1, owner(1, 1)), 40);
    assert_eq!(kept.row(), before);
    kept.scene.db.sql(gate);
    assert!(claimed(&kept.try_claim(1, owner(1, 1))));
}

#[test]
fn nothing_is_claimed_when_the_budget_is_spent() {
    let kept = Kept::new();
    let before = kept.row();
    let gate = "UPDATE trakt_gate SET budget = 0, budget_at = clock_timestamp()";
    kept.scene.db.sql(&format!("{gate} + interval '1 hour'"));
    assert_waits(&kept.try_claim(1, owner(1, 1)), 1);
    assert_eq!(kept.row(), before, "the claim was taken back");
    // Twenty a second: one in 50 ms.
    kept.scene.db.sql(&format!("{gate} - interval '60 ms'"));
    assert!(claimed(&kept.try_claim(1, owner(1, 1))));
}

#[test]
fn a_token_that_does_not_open_is_noted_and_left_alone() {
    let kept = Kept::new();
    let whole = kept.get("refresh_token");
    kept.set("refresh_token = access_token");
    let skip = kept.scene.trail(0).len();
    let cmd = claiming(kept.link, 1, owner(1, 1));
    let error = kept.scene.store.claim_refresh(&cmd).unwrap_err();
    assert!(matches!(error, PortError::Corrupt(_)), "{error}");
    assert_eq!(kept.scene.trail(skip), ["token_unreadable refused"]);
    let about = format!(
        "audit_log WHERE event = 'token_unreadable' AND subject_id = '{}' AND link_id = '{}'",
        kept.user, kept.link
    );
    assert_eq!(kept.scene.count(&about), "1");
    assert_waits(&kept.try_claim(1, owner(1, 1)), 6 * 3600);
    kept.assert_ahead("refresh_due_at", 6 * 3600);
    // The key comes back. As nothing was sent, whoever comes first sends it for the first time.
    kept.set(&format!("refresh_token = '{whole}', next_try_at = now()"));
    match kept.try_claim(1, owner(2, 2)) {
        RefreshClaim::Claimed(refresh) => assert_eq!(refresh.replays, 0),
        other => panic!("not claimed: {other:?}"),
    }
}

#[test]
fn an_unreadable_token_that_may_be_used_up_stays_uncertain() {
    let kept = Kept::new();
    kept.sent();
    kept.set("refresh_state = 'uncertain', replays = 1, refresh_token = access_token");
    let cmd = claiming(kept.link, 1, owner(1, 2));
    kept.scene.store.claim_refresh(&cmd).unwrap_err();
    let state = "(refresh_state, replays, attempt_boot)";
    let boot = owner(1, 2).boot;
    assert_eq!(kept.get(state), format!("(uncertain,1,{boot})"));
}
