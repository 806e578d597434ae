//! A refresh that an operator asks for: due at once, and made as every other is.

use trakt_core::ports::{AdminStore, AskRefresh, ClaimDue, RefreshAsk, RefreshClaim, TokenStore};
use trakt_core::token::Attempted;
use trakt_core::{AttemptId, LinkId, SystemEntropy};

use super::{Kept, LEASE, OPEN, owner};
use crate::scene::{profile, stamp};

fn ask(kept: &Kept, link: LinkId) -> Option<RefreshAsk> {
    let cmd = AskRefresh {
        link,
        stamp: stamp(),
    };
    kept.scene.store.ask_refresh(&cmd).unwrap()
}

/// How many links the worker finds due.
fn due(kept: &Kept) -> usize {
    let cmd = ClaimDue {
        attempts: vec![AttemptId::random(&SystemEntropy)],
        owner: owner(2, 2),
        lease: LEASE,
    };
    kept.scene.store.claim_due(&cmd).unwrap().len()
}

#[test]
fn it_is_due_at_once_and_claimed_as_ever() {
    for status in ["active", "locked"] {
        let kept = Kept::new();
        kept.set(&format!(
            "status = '{status}', refresh_due_at = now() + interval '1 day'"
        ));
        let skip = kept.scene.trail(0).len();
        assert_eq!(due(&kept), 0);
        assert_eq!(ask(&kept, kept.link), Some(RefreshAsk::Asked));
        // Nothing else has changed: it is the one who claims who says that it is under way.
        assert_eq!(
            kept.get("(refresh_state, generation, attempt)"),
            "(idle,1,)"
        );
        kept.assert_ahead("refresh_due_at", 0);
        assert_eq!(kept.scene.trail(skip), ["refresh_asked succeeded"]);
        let entry = format!(
            "audit_log WHERE event = 'refresh_asked' AND subject_id = '{}' AND link_id = '{}' \
             AND request_id = 'request-1'",
            kept.user, kept.link
        );
        assert_eq!(kept.scene.count(&entry), "1");
        assert_eq!(due(&kept), 1);
        assert_eq!(due(&kept), 0, "claimed");
    }
}

#[test]
fn an_attempt_that_is_under_way_is_left_alone() {
    let kept = Kept::new();
    for state in ["sent", "uncertain"] {
        kept.sent();
        kept.set(&format!(
            "refresh_state = '{state}', refresh_due_at = now() + interval '1 h'"
        ));
        let before = kept.row();
        let skip = kept.scene.trail(0).len();
        assert_eq!(ask(&kept, kept.link), Some(RefreshAsk::UnderWay));
        assert_eq!(kept.row(), before);
        assert!(kept.scene.trail(skip).is_empty());
    }
}

#[test]
fn a_wait_that_trouble_has_brought_is_not_cut_short() {
    let kept = Kept::new();
    let wait = std::time::Duration::from_secs(600);
    kept.ends(Attempted::Refused {
        retry_after: Some(wait),
    });
    kept.scene.db.sql(OPEN);
    assert_eq!(ask(&kept, kept.link), Some(RefreshAsk::Asked));
    kept.assert_ahead("refresh_due_at", 600);
    kept.assert_ahead("next_try_at", 600);
    assert_eq!(due(&kept), 0);
    assert!(matches!(
        kept.try_claim(1, owner(1, 1)),
        RefreshClaim::Wait(_)
    ));
}

#[test]
fn what_cannot_be_refreshed_is_said_to_be() {
    let kept = Kept::new();
    assert_eq!(ask(&kept, LinkId::random(&SystemEntropy)), None);
    let other = kept.scene.user("bo@example.org");
    let (claim, _) = kept.scene.associate(other, &profile(None, "bo"));
    kept.set("status = 'needs_relink', status_reason = 'revoked', refresh_due_at = NULL");
    let (before, skip) = (kept.row(), kept.scene.trail(0).len());
    assert_eq!(ask(&kept, claim.id), Some(RefreshAsk::NoTokens));
    assert_eq!(ask(&kept, kept.link), Some(RefreshAsk::NeedsRelink));
    assert_eq!(kept.row(), before);
    assert!(kept.scene.trail(skip).is_empty());
}
