//! An attempt that brought no pair.

use std::time::Duration;

use trakt_core::AttemptId;
use trakt_core::SystemEntropy;
use trakt_core::ports::TokenStore;
use trakt_core::token::{Attempted, LossReason};

use super::{Kept, settling};

const STATE: &str = "(status, refresh_state, replays, failures)";
/// What came of it, with no more owner than it needs.
const FREE: &str = "num_nonnulls(attempt, attempt_owner, attempt_boot, lease_until)";

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

#[test]
fn an_unused_token_waits_for_the_backoff_which_grows() {
    for (end, waits) in [
        (Attempted::NotSent, [30, 60, 120]),
        (Attempted::Refused { retry_after: None }, [30, 60, 120]),
        (Attempted::Misconfigured, [30, 60, 120]),
        (
            Attempted::Refused {
                retry_after: Some(secs(900)),
            },
            [900, 900, 900],
        ),
    ] {
        let kept = Kept::new();
        let skip = kept.scene.trail(0).len();
        for (times, wait) in (1..).zip(waits) {
            kept.ends(end);
            assert_eq!(kept.get(STATE), format!("(active,idle,0,{times})"));
            assert_eq!(kept.get(FREE), "0");
            kept.assert_ahead("next_try_at", wait);
            assert_eq!(kept.get("refresh_due_at = next_try_at"), "true", "{end:?}");
        }
        assert!(kept.scene.trail(skip).is_empty());
    }
}

#[test]
fn chance_shortens_a_backoff_by_half_at_the_most() {
    let kept = Kept::new();
    kept.set("failures = 3");
    let mut cmd = settling(kept.link, kept.sent(), Attempted::NotSent);
    cmd.jitter = 0.0;
    kept.scene.store.settle_refresh(&cmd).unwrap();
    kept.assert_ahead("next_try_at", 120);
}

#[test]
fn a_lost_answer_leaves_the_token_uncertain_for_its_owner_to_repeat() {
    let kept = Kept::new();
    let attempt = kept.sent();
    kept.set("replays = 1");
    kept.settle(
        attempt,
        Attempted::Uncertain {
            replay_after: secs(10),
            retry_after: None,
        },
    );
    assert_eq!(kept.get(STATE), "(active,uncertain,1,1)");
    assert_eq!(kept.get("attempt"), attempt.to_string());
    assert_eq!(kept.get(FREE), "4");
    assert_eq!(kept.get("lease_until <= now()"), "true");
    assert_eq!(
        kept.get("(next_try_at - lease_until, refresh_due_at - lease_until)"),
        "(00:00:10,00:00:10)"
    );
}

/// An earlier attempt may have used the token. That this one did not, tells nothing of that.
#[test]
fn a_replay_that_used_nothing_leaves_the_token_uncertain_and_does_not_count() {
    for end in [
        Attempted::NotSent,
        Attempted::Refused { retry_after: None },
        Attempted::Refused {
            retry_after: Some(secs(30)),
        },
        Attempted::Misconfigured,
    ] {
        let kept = Kept::new();
        let attempt = kept.sent();
        kept.set("replays = 2");
        kept.settle(attempt, end);
        assert_eq!(kept.get(STATE), "(active,uncertain,1,1)", "{end:?}");
        assert_eq!(kept.get(FREE), "4");
        kept.assert_ahead("next_try_at", 30);
        assert_eq!(kept.get("refresh_due_at = next_try_at"), "true");
        assert_eq!(kept.get("lease_until <= now()"), "true");
    }
}

#[test]
fn what_an_older_attempt_reports_is_ignored() {
    let kept = Kept::new();
    let attempt = kept.sent();
    let ends = [
        Attempted::NotSent,
        Attempted::Uncertain {
            replay_after: secs(10),
            retry_after: None,
        },
        Attempted::Lost(LossReason::Revoked),
        Attempted::Misconfigured,
        Attempted::Refused {
            retry_after: Some(secs(100)),
        },
    ];
    let gate = "SELECT g FROM trakt_gate g";
    let before = (kept.row(), kept.scene.db.text(gate));
    for end in ends {
        kept.settle(AttemptId::random(&SystemEntropy), end);
        for generation in [0, 2] {
            let mut cmd = settling(kept.link, attempt, end);
            cmd.generation = generation;
            kept.scene.store.settle_refresh(&cmd).unwrap();
        }
    }
    assert_eq!((kept.row(), kept.scene.db.text(gate)), before);
    // Its own report counts once.
    for _ in 0..2 {
        kept.settle(attempt, ends[1]);
    }
    assert_eq!(kept.get(STATE), "(active,uncertain,0,1)");
}

#[test]
fn a_dead_token_needs_the_person_and_everybody_can_see_why() {
    for reason in LossReason::ALL {
        let kept = Kept::new();
        kept.set("status_since = now() - interval '1 day', probe_at = now(), replays = 2");
        let tokens = kept.get("(access_token, refresh_token, generation)");
        let skip = kept.scene.trail(0).len();
        kept.ends(Attempted::Lost(*reason));
        assert_eq!(
            kept.get("(status, status_reason, refresh_state)"),
            format!("(needs_relink,{reason},idle)")
        );
        assert_eq!(kept.get(FREE), "0");
        assert_eq!(
            kept.get("num_nonnulls(next_try_at, refresh_due_at, probe_at)"),
            "0"
        );
        assert_eq!(kept.get("status_since = updated_at"), "true");
        assert_eq!(
            kept.get("status_since > now() - interval '10 s'"),
            "true",
            "{reason}"
        );
        assert_eq!(
            kept.get("(access_token, refresh_token, generation)"),
            tokens
        );
        assert_eq!(
            kept.scene.trail(skip),
            [format!("needs_relink refused {reason}")]
        );
        let about = format!(
            "audit_log WHERE event = 'needs_relink' AND subject_id = '{}' AND link_id = '{}'",
            kept.user, kept.link
        );
        assert_eq!(kept.scene.count(&about), "1");
        let held = kept.scene.store.held(kept.user).unwrap().unwrap().unwrap();
        assert_eq!(held.reason, Some(*reason));
    }
}

/// Trakt may be down for a day: only then, and only after the replays, nobody waits any more.
#[test]
fn an_answer_that_never_comes_is_waited_for_until_the_token_is_long_dead() {
    for (replays, ended, lost) in [
        (2, "25 h", true),
        (3, "25 h", true),
        (1, "25 h", false),
        (2, "23 h", false),
        (20, "-1 h", false),
    ] {
        let kept = Kept::new();
        let attempt = kept.sent();
        kept.set(&format!(
            "replays = {replays}, token_expires_at = now() - interval '{ended}'"
        ));
        kept.settle(
            attempt,
            Attempted::Uncertain {
                replay_after: secs(10),
                retry_after: None,
            },
        );
        let expected = if lost {
            "(needs_relink,lost,idle)"
        } else {
            "(active,,uncertain)"
        };
        let state = kept.get("(status, status_reason, refresh_state)");
        assert_eq!(state, expected, "{replays} replays, ended {ended} ago");
        let events = kept.scene.count("audit_log WHERE event = 'needs_relink'");
        assert_eq!(events, u32::from(lost).to_string());
    }
}

#[test]
fn a_link_that_is_gone_is_nobodys_business() {
    let kept = Kept::new();
    let attempt = kept.sent();
    kept.scene.db.sql("DELETE FROM trakt_users");
    kept.settle(attempt, Attempted::Lost(LossReason::Revoked));
    assert_eq!(
        kept.scene.count("audit_log WHERE event = 'needs_relink'"),
        "0"
    );
}
