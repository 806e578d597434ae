//! Whether a token may be handed out, by the clock of the database and by its seal.

use trakt_core::link::LinkStatus;
use trakt_core::ports::{HeldToken, TokenStore};
use trakt_core::{PortError, SystemEntropy, UserId};

use super::{Kept, linked};
use crate::scene::{Scene, profile};

fn held(kept: &Kept) -> HeldToken {
    kept.scene.store.held(kept.user).unwrap().unwrap().unwrap()
}

#[test]
fn a_token_comes_with_its_generation_and_its_end() {
    let kept = Kept::new();
    let token = held(&kept);
    assert_eq!(token.link, kept.link);
    assert_eq!((token.generation, token.status), (1, LinkStatus::Active));
    assert_eq!(token.access.unwrap().expose(), "token");
    assert!(token.good && token.reason.is_none());
    assert_eq!(token.expires_at, Some(crate::scene::token_end()));
    kept.store_pair(1, "second");
    let token = held(&kept);
    assert_eq!(token.generation, 2);
    assert_eq!(token.access.unwrap().expose(), "second");
}

#[test]
fn no_user_and_no_link_and_no_token_are_told_apart() {
    let scene = Scene::new();
    let nobody = UserId::random(&SystemEntropy);
    assert!(scene.store.held(nobody).unwrap().is_none());
    let user = scene.user("ana@example.org");
    assert!(scene.store.held(user).unwrap().unwrap().is_none());
    scene.associate(user, &profile(None, "sean"));
    let token = scene.store.held(user).unwrap().unwrap().unwrap();
    assert_eq!(token.status, LinkStatus::Unverified);
    assert!(token.access.is_none() && !token.good);
}

#[test]
fn a_token_is_good_while_it_has_time_left_and_trakt_takes_it() {
    let kept = Kept::new();
    for (columns, good) in [
        ("token_expires_at = now() + interval '1 min'", true),
        ("token_expires_at = now() + interval '4 s'", false),
        ("token_expires_at = now() - interval '1 s'", false),
        (
            "token_expires_at = now() + interval '1 h', refused_generation = 1",
            false,
        ),
        ("refused_generation = 0", true),
    ] {
        kept.set(columns);
        assert_eq!(held(&kept).good, good, "{columns}");
    }
}

/// Expects that the token of the user is refused.
fn assert_refused(kept: &Kept, what: &str) {
    let error = kept.scene.store.held(kept.user).unwrap_err();
    assert!(matches!(error, PortError::Corrupt(_)), "{what}: {error}");
    assert!(!error.to_string().contains("v1."), "{error}");
}

/// Expects that the trail says so often that the token was refused.
fn assert_noted(kept: &Kept, times: usize) {
    let entries = format!(
        "audit_log WHERE event = 'token_unreadable' AND outcome = 'refused' \
         AND subject_id = '{}' AND link_id = '{}'",
        kept.user, kept.link
    );
    assert_eq!(kept.scene.count(&entries), times.to_string());
}

#[test]
fn a_token_that_was_moved_is_not_served() {
    let kept = Kept::new();
    let (ben, _) = linked(&kept.scene, "ben");
    kept.store_pair(1, "second");
    let access = kept.get("access_token");
    for source in [
        // Of another user.
        "(SELECT o.access_token FROM trakt_users o WHERE o.trakt_slug = 'ben')",
        "refresh_token",
        "previous_refresh_token",
    ] {
        kept.set(&format!("access_token = {source}"));
        assert_refused(&kept, source);
    }
    kept.set(&format!("access_token = '{access}'"));
    for generation in [0, 1, 3] {
        kept.set(&format!("generation = {generation}"));
        assert_refused(&kept, &format!("generation {generation}"));
    }
    assert_noted(&kept, 6);
    kept.set("generation = 2");
    assert_eq!(held(&kept).access.unwrap().expose(), "second");
    let token = kept.scene.store.held(ben).unwrap().unwrap().unwrap();
    assert_eq!(token.access.unwrap().expose(), "token");
}

#[test]
fn an_earlier_token_does_not_come_back() {
    let kept = Kept::new();
    let first = kept.get("access_token");
    kept.store_pair(1, "second");
    kept.set(&format!("access_token = '{first}'"));
    assert_refused(&kept, "the token of the first generation");
}
