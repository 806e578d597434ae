//! Refusals with all that the simulator says about them.

use std::time::Duration;

use trakt_api::endpoints::{
    AddToHistory, AddToWatchlist, GetCollectedMovies, GetHistory, GetSettings,
};
use trakt_api::{Class, Edge, Fault as Whose, Note, Play, WatchedAt};
use trakt_sim::{AccountChange, Fault, ItemLimit, Limits, RateLimit, RateLimits, Settings};

use super::{Viewer, movies};

#[test]
fn an_account_that_is_full_says_how_much_it_holds() {
    let viewer = Viewer::new("justin");
    let limits = Limits {
        watchlist: ItemLimit { item_count: 2 },
        ..Limits::FREE
    };
    let change = AccountChange {
        limits: Some(limits),
        ..AccountChange::default()
    };
    viewer.sim.change_account("justin", change).unwrap();
    let two = &movies(&[1, 2], &Note::default());
    viewer.send(&AddToWatchlist { items: two });
    let third = &movies(&[3], &Note::default());
    let full = viewer.class(&AddToWatchlist { items: third });
    let told = Class::AccountLimit {
        vip: Some(false),
        limit: Some(2),
    };
    assert_eq!((&full, full.fault()), (&told, Whose::User));
    // As in practice.
    viewer.sim.set(Settings {
        limit_headers: Some(false),
        ..Settings::default()
    });
    let untold = Class::AccountLimit {
        vip: None,
        limit: None,
    };
    assert_eq!(viewer.class(&AddToWatchlist { items: third }), untold);
}

#[test]
fn an_account_that_is_locked_says_why() {
    for (locked, deactivated) in [(true, false), (false, true)] {
        let viewer = Viewer::new("justin");
        let change = AccountChange {
            locked: Some(locked),
            deactivated: Some(deactivated),
            ..AccountChange::default()
        };
        viewer.sim.change_account("justin", change).unwrap();
        let (locked, deactivated) = (Some(locked), Some(deactivated));
        let told = Class::Locked {
            locked,
            deactivated,
        };
        assert_eq!(viewer.class(&GetSettings), told);
    }
}

#[test]
fn what_is_for_vips_names_the_page_to_become_one() {
    let viewer = Viewer::new("justin");
    viewer.sim.set(Settings {
        vip_only: Some(vec!["GET /sync/collection*".to_owned()]),
        ..Settings::default()
    });
    let upgrade = "https://trakt.tv/vip".parse().ok();
    assert_eq!(
        viewer.class(&GetCollectedMovies::default()),
        Class::VipOnly { upgrade }
    );
    let vip = Some(true);
    let change = AccountChange {
        vip,
        ..AccountChange::default()
    };
    viewer.sim.change_account("justin", change).unwrap();
    assert_eq!(viewer.send(&GetCollectedMovies::default()).sent(), 0);
}

#[test]
fn a_rate_limit_names_its_bucket_and_the_wait() {
    let viewer = Viewer::new("sean");
    viewer.sim.set_speed(0);
    let (limit, period) = (2, 60);
    viewer.sim.set(Settings {
        rate_limits: Some(RateLimits {
            on: true,
            authed_get: RateLimit { limit, period },
            ..RateLimits::default()
        }),
        ..Settings::default()
    });
    let watched_at = WatchedAt::Released;
    let plays = &movies(&[1], &Play { watched_at });
    let write = AddToHistory { plays };
    let history = GetHistory::default();
    viewer.send(&history);
    viewer.send(&history);
    viewer.send(&write);
    let told = |error: &trakt_api::Error| match error.class() {
        Some(Class::RateLimited { limit: Some(limit) }) => limit.clone(),
        other => panic!("{other:?}"),
    };
    let error = viewer.error(&history);
    let reads = told(&error);
    assert_eq!(reads.name.as_deref(), Some("AUTHED_API_GET_LIMIT"));
    assert_eq!((reads.limit, reads.remaining), (Some(2), Some(0)));
    assert_eq!(reads.period, Some(Duration::from_secs(60)));
    assert!(reads.until.is_some());
    let wait = error.retry_after().unwrap();
    assert_eq!(wait, Duration::from_secs(60));
    let error = viewer.error(&write);
    assert_eq!(told(&error).name.as_deref(), Some("AUTHED_API_POST_LIMIT"));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(1)));
    viewer.sim.advance(wait.as_secs());
    viewer.send(&write);
    assert_eq!(viewer.send(&history).sent(), 2);
}

#[test]
fn a_page_of_the_edge_is_told_from_an_answer_of_trakt() {
    let viewer = Viewer::new("sean");
    for (status, class, retryable) in [
        (403, Class::Edge(Edge::Blocked), false),
        (429, Class::Edge(Edge::Banned), true),
        (502, Class::Overloaded, true),
        (503, Class::Overloaded, true),
        (504, Class::Overloaded, true),
        (520, Class::Overloaded, true),
        (521, Class::Overloaded, true),
        (522, Class::Overloaded, true),
    ] {
        let retry_after = (status == 429).then_some(30);
        let fault = Fault::Edge {
            status,
            retry_after,
        };
        viewer.sim.fault("GET /sync/history", fault).unwrap();
        let error = viewer.error(&GetHistory::default());
        assert_eq!(error.status(), Some(status));
        assert_eq!(error.class(), Some(&class), "{status}");
        assert!(error.is_html() && !error.is_config(), "{status}");
        assert_eq!(error.retryable(), retryable, "{status}");
        assert_eq!(error.retry_after(), retry_after.map(Duration::from_secs));
    }
    // A riddle with status 200.
    viewer.sim.fault("GET /sync/history", Fault::Html).unwrap();
    let challenge = Class::Edge(Edge::Challenge);
    assert_eq!(viewer.class(&GetHistory::default()), challenge);
    assert_eq!(viewer.send(&GetHistory::default()).sent(), 0);
}
