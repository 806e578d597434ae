//! A pull that would remove too much waits for the user's word.

use std::sync::Arc;

use trakt_core::ports::{
    Begun, Lease, MockRefreshJournal, MockTokenStore, MockTraktWatch, MockWatchStore, PullHold,
    Reading,
};
use trakt_core::scrobble::Brake;
use trakt_core::testing::{CountingEntropy, FixedClock};
use trakt_core::token::TokenService;
use trakt_core::watch::{
    Activities, Fact, Fingerprint, Held, Mark, Pace, Part, Pulled, WatchService,
};

use crate::bench::{World, held_token, now, user_id};

fn activities() -> Activities {
    Activities {
        watchlist: Some(now()),
        ..Activities::default()
    }
}

/// All parts stand as they did, but for the watchlist and those of which nothing is known.
fn mark() -> Option<Mark> {
    activities().mark(Part::Watchlist)
}

/// `held` rows are held and Trakt has none of the first `gone` of them.
fn pull(held: i64, gone: i64, hold: Option<PullHold>) -> (Pulled, Vec<String>) {
    let said = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut store = MockWatchStore::new();
    store.expect_begin_pull().returning(move |_| {
        Ok(Some(Begun {
            marks: Vec::new(),
            holds: hold.clone().into_iter().collect(),
            pace: Pace::default(),
        }))
    });
    store.expect_held().returning(move |_, part| {
        let rows = if part == Part::Watchlist { held } else { 0 };
        let fact = Fact::Hidden { hidden_at: None };
        let fingerprint = Fingerprint::of("movie", 1, fact.said());
        Ok((1..=rows).map(|key| Held { key, fingerprint }).collect())
    });
    store
        .expect_store_rows()
        .returning(|_| Ok(trakt_core::ports::Stored::Whole));
    let words = said.clone();
    store.expect_finish_part().returning(move |cmd| {
        if cmd.part == Part::Watchlist {
            words
                .lock()
                .unwrap()
                .push(format!("removed {}", cmd.removed.len()));
        }
        Ok(Lease::Kept)
    });
    let words = said.clone();
    store.expect_hold_part().returning(move |cmd| {
        assert_eq!((cmd.part, &cmd.mark), (Part::Watchlist, &mark()));
        let word = format!("held {} of {}", cmd.removes, cmd.held);
        words.lock().unwrap().push(word);
        Ok(Lease::Kept)
    });
    let words = said.clone();
    store.expect_end_pull().returning(move |cmd| {
        words.lock().unwrap().push(format!("{:?}", cmd.reason));
        Ok(Lease::Kept)
    });
    let mut trakt = MockTraktWatch::new();
    trakt.expect_activities().returning(|_, _| Ok(activities()));
    trakt.expect_read().returning(move |part, _, _, into| {
        if part == Part::Watchlist {
            into.page((gone + 1..=held).map(super::pull::row).collect())?;
        }
        Ok(Reading::Whole)
    });
    let mut tokens = MockTokenStore::new();
    tokens
        .expect_held()
        .returning(|_| Ok(Some(Some(held_token(4)))));
    let (gateway, revoker, _) = World::new().parts();
    let clock = Arc::new(FixedClock::at(now()));
    let entropy = Arc::new(CountingEntropy::default());
    let journal = Arc::new(MockRefreshJournal::new());
    let tokens = Arc::new(tokens);
    let tokens = TokenService::new(
        tokens,
        gateway,
        journal,
        revoker,
        clock.clone(),
        entropy.clone(),
    );
    let (store, trakt) = (Arc::new(store), Arc::new(trakt));
    let service = WatchService::new(store, trakt, tokens, clock, entropy);
    let pulled = service.pull(user_id(1)).unwrap();
    let said = said.lock().unwrap().clone();
    (pulled, said)
}

fn hold(removes: u64, meant: bool, mark: Option<Mark>) -> Option<PullHold> {
    Some(PullHold {
        part: Part::Watchlist,
        mark,
        removes,
        meant,
    })
}

#[test]
fn a_fifth_may_go_and_so_may_fifty_and_the_rest_waits() {
    for (held, gone, said) in [
        (50, 50, "removed 50"),
        (51, 51, "held 51 of 51"),
        (255, 51, "removed 51"),
        (254, 51, "held 51 of 254"),
        (1000, 200, "removed 200"),
        (1000, 201, "held 201 of 1000"),
    ] {
        let (pulled, words) = pull(held, gone, None);
        assert_eq!(words[0], said);
        let waits = said.starts_with("held");
        assert_eq!(pulled.held.contains(&Part::Watchlist), waits, "{said}");
        assert_eq!(words[1], if waits { "Some(\"held\")" } else { "None" });
    }
}

#[test]
fn what_is_meant_goes_on_and_so_does_a_little_more() {
    let (_, words) = pull(300, 250, hold(200, true, mark()));
    assert_eq!(words[0], "removed 250");
    let (_, words) = pull(300, 251, hold(200, true, mark()));
    assert_eq!(words[0], "held 251 of 300");
}

#[test]
fn what_waits_is_read_again_only_when_it_changed() {
    let (pulled, words) = pull(300, 200, hold(200, false, mark()));
    assert_eq!(words, ["Some(\"held\")"]);
    assert_eq!(pulled.held, [Part::Watchlist]);
    let other = Activities {
        watchlist: Some(now() - chrono::TimeDelta::seconds(1)),
        ..Activities::default()
    };
    let before = hold(200, false, other.mark(Part::Watchlist));
    assert_eq!(pull(300, 10, before).1[0], "removed 10");
    // Nobody knows how it stood.
    assert_eq!(pull(300, 10, hold(200, false, None)).1[0], "removed 10");
}

#[test]
fn a_list_of_nothing_can_lose_nothing() {
    assert!(!Brake::holds(0, 0));
    assert!(!Brake::holds(50, 0));
    assert!(Brake::holds(51, 0));
    assert!(!Brake::holds(51, u64::MAX));
}
