//! Asking for a pull.

use std::sync::Arc;

use trakt_core::link::LinkStatus;
use trakt_core::ports::{
    Asked, MockRefreshJournal, MockTokenStore, MockTraktWatch, MockWatchStore,
};
use trakt_core::testing::{CountingEntropy, FixedClock};
use trakt_core::token::TokenService;
use trakt_core::watch::{WatchError, WatchService};

use crate::bench::{World, now, store_down, user_id};

#[test]
fn whoever_cannot_be_pulled_for_hears_why() {
    for (asked, answer) in [
        (Ok(Asked::Due), Ok(())),
        (Ok(Asked::SwitchedOff), Err(WatchError::SwitchedOff)),
        (Ok(Asked::NotLinked), Err(WatchError::NotLinked)),
        (
            Ok(Asked::Inactive(LinkStatus::Unverified)),
            Err(WatchError::NotLinked),
        ),
        (
            Ok(Asked::Inactive(LinkStatus::NeedsRelink)),
            Err(WatchError::NeedsRelink),
        ),
        (
            Ok(Asked::Inactive(LinkStatus::Locked)),
            Err(WatchError::Locked),
        ),
        (Err(store_down()), Err(WatchError::Store(store_down()))),
    ] {
        for confirm in [false, true] {
            let mut store = MockWatchStore::new();
            let said = asked.clone();
            store
                .expect_ask_pull()
                .withf(move |user, meant| (*user, *meant) == (user_id(1), confirm))
                .once()
                .return_once(move |_, _| said);
            assert_eq!(service(store).ask(user_id(1), confirm), answer);
        }
    }
}

fn service(store: MockWatchStore) -> WatchService {
    let (gateway, revoker, _) = World::new().parts();
    let clock = Arc::new(FixedClock::at(now()));
    let entropy = Arc::new(CountingEntropy::default());
    let tokens = TokenService::new(
        Arc::new(MockTokenStore::new()),
        gateway,
        Arc::new(MockRefreshJournal::new()),
        revoker,
        clock.clone(),
        entropy.clone(),
    );
    let trakt = Arc::new(MockTraktWatch::new());
    WatchService::new(Arc::new(store), trakt, tokens, clock, entropy)
}
