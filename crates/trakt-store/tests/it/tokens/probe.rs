//! What a trial of an access token says of it: refused, locked, or working.

use std::time::Duration;

use trakt_core::link::LinkStatus;
use trakt_core::ports::{ProbeDue, Probed, SettleProbe, TokenStore};
use trakt_core::token::{Attempted, LossReason};

use super::{IDLE, Kept, linked};

const LEASE: Duration = Duration::from_secs(200);

impl Kept {
    fn good(&self) -> bool {
        let held = self.scene.store.held(self.user).unwrap().unwrap().unwrap();
        held.good
    }

    fn refuse(&self, generation: i64) {
        self.scene.store.refuse(self.user, generation).unwrap();
    }

    fn probed(&self, generation: i64, end: Probed) {
        let cmd = SettleProbe {
            link: self.link,
            generation,
            end,
        };
        self.scene.store.settle_probe(&cmd).unwrap();
    }

    fn probes(&self, limit: u32) -> Vec<ProbeDue> {
        self.scene.store.due_probes(limit, LEASE).unwrap()
    }
}

#[test]
fn a_refused_token_is_not_good_and_a_refresh_is_due() {
    let kept = Kept::new();
    kept.set("token_issued_at = now() - interval '1 h', probe_at = now()");
    assert!(kept.good());
    kept.refuse(1);
    assert!(!kept.good());
    assert_eq!(
        kept.get("(refused_generation, refresh_due_at <= now(), next_try_at <= now(), probe_at)"),
        "(1,t,t,)"
    );
    // Told twice, it is the same.
    let before = kept.row();
    kept.refuse(1);
    assert_eq!(kept.row(), before);
    // The next pair is another matter.
    kept.claim();
    kept.store_pair(1, "second");
    assert!(kept.good());
}

#[test]
fn a_pair_that_is_refused_when_it_is_new_is_left_alone_for_a_moment() {
    let kept = Kept::new();
    kept.set("token_issued_at = now() - interval '20 s'");
    kept.refuse(1);
    assert!(!kept.good());
    assert_eq!(kept.get("next_try_at - token_issued_at"), "00:01:00");
    assert_eq!(kept.get("refresh_due_at = next_try_at"), "true");
}

/// A Trakt that gives tokens and refuses them would else be called in a circle.
#[test]
fn each_pair_in_a_row_that_is_refused_waits_twice_as_long() {
    let kept = Kept::new();
    let waits = ["00:01:00", "00:02:00", "00:04:00", "00:08:00"];
    for (generation, wait) in (1..).zip(waits) {
        kept.set("token_issued_at = now()");
        kept.refuse(generation);
        assert_eq!(kept.get("next_try_at - token_issued_at"), wait);
        kept.store_pair(generation, "token");
    }
    kept.set("refused_in_row = 1000, token_issued_at = now()");
    kept.refuse(5);
    assert_eq!(kept.get("next_try_at - token_issued_at"), "06:00:00");
    // One that works ends it.
    kept.store_pair(5, "token");
    kept.probed(6, Probed::Works);
    kept.set("token_issued_at = now()");
    kept.refuse(6);
    assert_eq!(kept.get("next_try_at - token_issued_at"), "00:01:00");
}

#[test]
fn a_refusal_shortens_no_backoff_and_disturbs_no_attempt() {
    let kept = Kept::new();
    kept.set(
        "token_issued_at = now() - interval '1 h', next_try_at = now() + interval '1 h', \
         refresh_due_at = now() + interval '1 h'",
    );
    kept.refuse(1);
    kept.assert_ahead("next_try_at", 3600);
    assert_eq!(kept.get("refresh_due_at = next_try_at"), "true");

    kept.set("refused_generation = NULL");
    kept.sent();
    let times = "(next_try_at, refresh_due_at, lease_until, attempt)";
    let before = kept.get(times);
    kept.refuse(1);
    assert!(!kept.good());
    assert_eq!(kept.get(times), before);
}

#[test]
fn what_is_said_of_another_generation_is_ignored() {
    let kept = Kept::new();
    kept.store_pair(1, "second");
    let before = kept.row();
    for generation in [0, 1, 3] {
        kept.refuse(generation);
        for end in [
            Probed::Works,
            Probed::Refused,
            Probed::Locked,
            Probed::Unknown,
        ] {
            kept.probed(generation, end);
        }
        kept.scene.store.lock(kept.user, generation).unwrap();
    }
    assert_eq!(kept.row(), before);
    assert!(kept.good());
}

#[test]
fn a_locked_account_is_tried_once_a_day_until_it_is_open() {
    let kept = Kept::new();
    kept.store_pair(1, "second");
    kept.set("status_since = now() - interval '1 day'");
    let skip = kept.scene.trail(0).len();
    for _ in 0..2 {
        kept.scene.store.lock(kept.user, 2).unwrap();
    }
    let held = kept.scene.store.held(kept.user).unwrap().unwrap().unwrap();
    assert_eq!(held.status, LinkStatus::Locked);
    assert_eq!(kept.get("(status, status_reason)"), "(locked,locked)");
    assert_eq!(
        kept.get("status_since > now() - interval '10 s'"),
        "true",
        "since now"
    );
    kept.assert_ahead("probe_at", 86_400);
    assert_eq!(kept.scene.trail(skip), ["account_locked refused"]);
    let since = kept.get("status_since");
    kept.probed(2, Probed::Locked);
    assert_eq!(kept.get("status_since"), since);

    kept.probed(2, Probed::Works);
    assert_eq!(
        kept.get("(status, status_reason, probe_at, previous_refresh_token)"),
        "(active,,,)"
    );
    assert_ne!(kept.get("status_since"), since);
    let trail = ["account_locked refused", "account_unlocked succeeded"];
    assert_eq!(kept.scene.trail(skip), trail);
    let about = format!(
        "audit_log WHERE event LIKE 'account_%locked' AND subject_id = '{}' AND link_id = '{}'",
        kept.user, kept.link
    );
    assert_eq!(kept.scene.count(&about), "2");
}

#[test]
fn a_pair_that_works_needs_the_one_before_it_no_more() {
    let kept = Kept::new();
    kept.store_pair(1, "second");
    let columns = "num_nonnulls(previous_refresh_token, probe_at)";
    assert_eq!(kept.get(columns), "2");
    let skip = kept.scene.trail(0).len();
    kept.probed(2, Probed::Works);
    assert_eq!(kept.get(columns), "0");
    assert_eq!(kept.get("status"), "active");
    assert!(kept.scene.trail(skip).is_empty());
}

/// The first request may still be under way at Trakt, and kill what the second one brought.
#[test]
fn a_pair_of_a_token_that_was_sent_twice_has_to_work_twice() {
    let kept = Kept::new();
    kept.sent();
    kept.set("replays = 1");
    kept.store_pair(1, "second");
    kept.probed(2, Probed::Works);
    assert_eq!(kept.get("previous_refresh_token IS NOT NULL"), "true");
    kept.assert_ahead("probe_at", 60);
    kept.probed(2, Probed::Works);
    let columns = "num_nonnulls(previous_refresh_token, probe_at)";
    assert_eq!(kept.get(columns), "0");
}

#[test]
fn a_trial_is_due_once_and_again_when_its_lease_is_over() {
    let kept = Kept::new();
    let (_, ben) = linked(&kept.scene, "ben");
    linked(&kept.scene, "cleo");
    assert!(kept.probes(9).is_empty(), "nothing is due");
    kept.set("probe_at = now()");
    kept.scene.db.sql(&format!(
        "UPDATE trakt_users SET probe_at = now() - interval '1 h' WHERE id = '{ben}'"
    ));
    let first = kept.probes(1);
    assert_eq!((first.len(), first[0].link), (1, ben));
    let second = kept.probes(9);
    assert_eq!((second.len(), second[0].link), (1, kept.link));
    assert_eq!(second[0].generation, 1);
    assert_eq!(second[0].access.expose(), "token");
    kept.assert_ahead("probe_at", 200);
    assert!(kept.probes(9).is_empty());
    kept.set("probe_at = now()");
    assert_eq!(kept.probes(9).len(), 1);
    // One that told nothing is repeated.
    kept.probed(1, Probed::Unknown);
    kept.assert_ahead("probe_at", 300);
    // One that does not open cannot be tried, and holds up no other.
    kept.scene.db.sql("UPDATE trakt_users SET probe_at = now()");
    kept.set("access_token = refresh_token");
    let skip = kept.scene.trail(0).len();
    assert_eq!(kept.probes(9).len(), 2);
    assert_eq!(kept.scene.trail(skip), ["token_unreadable refused"]);
    assert_eq!(kept.get("probe_at IS NULL"), "true");
}

#[test]
fn a_trial_that_is_refused_makes_a_refresh_due() {
    let kept = Kept::new();
    kept.set("token_issued_at = now() - interval '1 h', probe_at = now()");
    kept.probed(1, Probed::Refused);
    assert!(!kept.good());
    assert_eq!(kept.get("(refresh_due_at <= now(), probe_at)"), "(t,)");
}

/// Or it would be tried every few minutes for good: only a refresh can tell what became of it.
#[test]
fn the_refused_token_of_a_locked_account_is_refreshed_and_not_tried_again() {
    let kept = Kept::new();
    kept.set("token_issued_at = now() - interval '1 h'");
    kept.scene.store.lock(kept.user, 1).unwrap();
    let refused = "(status, refused_generation, refresh_due_at <= now(), probe_at)";
    kept.set("probe_at = now()");
    assert_eq!(kept.probes(1).len(), 1);
    kept.probed(1, Probed::Refused);
    assert_eq!(kept.get(refused), "(locked,1,t,)");
    // Trakt said so before it said that the account is locked.
    kept.set(&format!("{IDLE}, probe_at = now()"));
    assert_eq!(kept.probes(1).len(), 1);
    kept.probed(1, Probed::Refused);
    assert_eq!(kept.get(refused), "(locked,1,t,)");
}

#[test]
fn a_link_that_is_lost_is_not_tried() {
    let kept = Kept::new();
    kept.ends(Attempted::Lost(LossReason::Revoked));
    let before = kept.row();
    kept.scene.store.lock(kept.user, 1).unwrap();
    kept.refuse(1);
    kept.probed(1, Probed::Unknown);
    kept.probed(1, Probed::Refused);
    assert_eq!(kept.row(), before);
}
