//! A new pair, by compare-and-swap on the generation.

use std::time::Duration;

use trakt_core::PortError;
use trakt_core::ports::{LinkStore, PairStored, TokenStore, Unlink};
use trakt_core::token::{Attempted, LossReason};

use super::{IDLE, Kept, claiming, opened, owner, pair};
use crate::races::at_once;
use crate::scene::{identity, profile, stamp, tokens_of};

fn held_token(kept: &Kept) -> String {
    let held = kept.scene.store.held(kept.user).unwrap().unwrap().unwrap();
    held.access.unwrap().expose().to_owned()
}

#[test]
fn a_pair_is_the_next_generation_and_all_trouble_is_forgotten() {
    let kept = Kept::new();
    kept.claim();
    kept.set("failures = 3, replays = 2, next_try_at = now() + interval '1 h'");
    let skip = kept.scene.trail(0).len();
    let stored = kept.store_pair(1, "second");
    assert!(matches!(stored, PairStored::Stored(2)), "{stored:?}");
    assert_eq!(
        kept.get(
            "(generation, status, refresh_state, attempt, attempt_owner, attempt_boot, \
             lease_until, next_try_at, failures, replays, key_id)"
        ),
        "(2,active,idle,,,,,,0,0,test)"
    );
    assert_eq!(held_token(&kept), "second");
    assert_eq!(kept.scene.trail(skip), ["token_refreshed succeeded"]);
    let about = format!(
        "audit_log WHERE event = 'token_refreshed' AND subject_id = '{}' AND link_id = '{}'",
        kept.user, kept.link
    );
    assert_eq!(kept.scene.count(&about), "1");
    let refresh = opened("refresh_token", kept.link, 2, &kept.get("refresh_token"));
    assert_eq!(refresh.as_deref(), Some("second-refresh"));
}

/// All that was left of its periods when it was stored; none began before that.
#[test]
fn the_times_of_a_pair_count_from_when_it_was_received() {
    let kept = Kept::new();
    let times = "(updated_at - token_issued_at, token_expires_at - updated_at, \
                 refresh_due_at - updated_at, probe_at - updated_at)";
    kept.store_pair(1, "second");
    assert_eq!(kept.get(times), "(00:01:40,00:15:00,00:08:20,00:00:00)");
    // One that lay in the journal until it had ended: to be refreshed at once.
    let mut late = pair(kept.link, 2, "third");
    late.age = Duration::from_secs(1001);
    kept.scene.store.store_pair(&late).unwrap();
    assert_eq!(kept.get(times), "(00:16:41,00:00:00,00:00:00,00:00:00)");
}

#[test]
fn only_the_latest_generation_is_replaced() {
    let kept = Kept::new();
    assert!(matches!(
        kept.store_pair(1, "second"),
        PairStored::Stored(2)
    ));
    let before = kept.row();
    let skip = kept.scene.trail(0).len();
    for generation in [0, 1, 3] {
        let stored = kept.store_pair(generation, "late");
        assert!(matches!(stored, PairStored::Superseded), "{generation}");
    }
    assert_eq!(kept.row(), before);
    assert_eq!(held_token(&kept), "second");
    assert_eq!(
        kept.scene.trail(skip),
        ["token_refreshed refused superseded"; 3]
    );
}

#[test]
fn of_many_pairs_for_one_generation_one_is_stored() {
    let kept = Kept::new();
    let stores = [kept.scene.store.clone(), kept.scene.db.store()];
    for generation in 1..6 {
        let jobs = (0..16).map(|i| {
            let store = stores[i % 2].clone();
            let cmd = pair(kept.link, generation, &format!("token-{i}"));
            move || (cmd.pair.access.clone(), store.store_pair(&cmd).unwrap())
        });
        let mut stored = at_once(jobs.collect());
        stored.retain(|(_, stored)| !matches!(stored, PairStored::Superseded));
        assert_eq!(stored.len(), 1);
        assert!(matches!(stored[0].1, PairStored::Stored(next) if next == generation + 1));
        assert_eq!(held_token(&kept), stored[0].0.expose());
    }
    assert_eq!(
        kept.scene
            .count("audit_log WHERE event = 'token_refreshed' AND outcome = 'succeeded'"),
        "5"
    );
}

#[test]
fn a_late_pair_brings_a_link_back_that_was_given_up() {
    let kept = Kept::new();
    kept.ends(Attempted::Lost(LossReason::LostAnswer));
    let status = "(status, status_reason, refresh_due_at IS NOT NULL)";
    assert_eq!(kept.get(status), "(needs_relink,lost_answer,f)");
    kept.set("status_since = now() - interval '1 day'");
    let mut late = pair(kept.link, 1, "second");
    late.detail = Some("adopted");
    let skip = kept.scene.trail(0).len();
    let stored = kept.scene.store.store_pair(&late).unwrap();
    assert!(matches!(stored, PairStored::Stored(2)), "{stored:?}");
    assert_eq!(kept.get(status), "(active,,t)");
    assert_eq!(kept.get("status_since = updated_at"), "true");
    assert_eq!(
        kept.scene.trail(skip),
        ["token_refreshed succeeded adopted"]
    );
    assert_eq!(held_token(&kept), "second");
}

#[test]
fn a_pair_says_nothing_of_a_locked_account() {
    let kept = Kept::new();
    kept.scene.store.lock(kept.user, 1).unwrap();
    let status = "(status, status_reason, status_since)";
    let before = kept.get(status);
    assert!(before.starts_with("(locked,locked,"), "{before}");
    assert!(matches!(
        kept.store_pair(1, "second"),
        PairStored::Stored(2)
    ));
    assert_eq!(kept.get(status), before);
}

#[test]
fn the_trail_says_how_a_pair_came() {
    let kept = Kept::new();
    let skip = kept.scene.trail(0).len();
    for (generation, detail) in [(1, Some("replayed")), (2, Some("adopted")), (3, None)] {
        let mut cmd = pair(kept.link, generation, "token");
        cmd.detail = detail;
        kept.scene.store.store_pair(&cmd).unwrap();
    }
    assert_eq!(
        kept.scene.trail(skip),
        [
            "token_refreshed succeeded replayed",
            "token_refreshed succeeded adopted",
            "token_refreshed succeeded"
        ]
    );
}

#[test]
fn the_pair_of_a_link_that_is_gone_is_revoked() {
    let kept = Kept::new();
    kept.claim();
    let unlink = Unlink {
        purge: false,
        user: kept.user,
        stamp: stamp(),
    };
    kept.scene.store.unlink(&unlink).unwrap();
    match kept.store_pair(1, "second") {
        PairStored::Gone(revocations) => assert_eq!(tokens_of(&revocations), ["second"]),
        other => panic!("{other:?}"),
    }
    assert_eq!(kept.scene.queue(), ["second", "token"]);
    assert_eq!(kept.scene.count("trakt_users"), "0");
}

#[test]
fn a_pair_does_not_come_to_whom_an_admin_gave_the_account_meanwhile() {
    let kept = Kept::new();
    kept.claim();
    // The account is nobody's any more, and an admin says that it is Ben's.
    kept.set("user_id = NULL");
    let ben = kept.scene.user("ben@example.org");
    let account = profile(Some("uuid-ana"), "ana");
    let (link, _) = kept.scene.associate(ben, &account);
    assert_eq!(link.id, kept.link);
    let before = kept.row();
    match kept.store_pair(1, "second") {
        PairStored::Gone(revocations) => assert_eq!(tokens_of(&revocations), ["second"]),
        other => panic!("{other:?}"),
    }
    assert_eq!(kept.row(), before);
    assert_eq!(kept.scene.queue(), ["second", "token"]);
}

#[test]
fn the_refresh_token_before_is_kept_and_opens_nowhere_else() {
    let kept = Kept::new();
    kept.store_pair(1, "second");
    let previous = kept.get("previous_refresh_token");
    let opens = |column, generation| opened(column, kept.link, generation, &previous);
    assert_eq!(
        opens("previous_refresh_token", 1).as_deref(),
        Some("token-refresh")
    );
    for (column, generation) in [
        ("previous_refresh_token", 2),
        ("refresh_token", 1),
        ("access_token", 1),
    ] {
        assert_eq!(opens(column, generation), None, "{column} {generation}");
    }
    for generation in [1, 2] {
        kept.set(&format!("{IDLE}, generation = {generation}"));
        kept.set("refresh_token = previous_refresh_token");
        let cmd = claiming(kept.link, generation, owner(1, 1));
        let error = kept.scene.store.claim_refresh(&cmd).unwrap_err();
        assert!(matches!(error, PortError::Corrupt(_)), "{error}");
    }
}

/// It is of no use to anybody, and must not keep a good pair out.
#[test]
fn a_refresh_token_before_that_does_not_open_is_not_kept() {
    let kept = Kept::new();
    kept.set("refresh_token = access_token");
    let skip = kept.scene.trail(0).len();
    assert!(matches!(
        kept.store_pair(1, "second"),
        PairStored::Stored(2)
    ));
    let trail = ["token_unreadable refused", "token_refreshed succeeded"];
    assert_eq!(kept.scene.trail(skip), trail);
    assert_eq!(kept.get("previous_refresh_token IS NULL"), "true");
    assert_eq!(held_token(&kept), "second");
}

#[test]
fn linking_anew_ends_what_was_under_way() {
    let kept = Kept::new();
    let old = kept.claim();
    kept.set("failures = 2, replays = 1");
    let account = identity("uuid-ana", "ana");
    let link = kept.scene.link(kept.user, "anew", &account);
    assert_eq!(link.id, kept.link);
    let columns = "(generation, refresh_state, attempt, failures, replays, next_try_at)";
    assert_eq!(kept.get(columns), "(2,idle,,0,0,)");
    let before = kept.row();
    assert!(matches!(kept.store_pair(1, "late"), PairStored::Superseded));
    for end in [Attempted::NotSent, Attempted::Lost(LossReason::Revoked)] {
        kept.settle(old.attempt, end);
    }
    assert_eq!(kept.row(), before);
    assert_eq!(held_token(&kept), "anew");
}
