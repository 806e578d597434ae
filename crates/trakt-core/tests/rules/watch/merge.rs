//! What a reading changes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use proptest::collection::{btree_map, vec};
use proptest::prelude::{Just, Strategy, any, prop_assert_eq, proptest};
use trakt_core::watch::{Fact, Held, Item, MediaIds, Merge, Row, Titled};

/// A movie that was watched at some time.
fn row(key: i64, seconds: i64) -> Row {
    let ids = MediaIds {
        trakt: key % 7,
        slug: None,
        imdb: None,
        tmdb: None,
        tvdb: None,
    };
    let movie = Titled {
        ids,
        title: None,
        year: None,
    };
    let watched_at: Option<DateTime<Utc>> = DateTime::from_timestamp(seconds, 0);
    let action = None;
    Row {
        key,
        item: Item::Movie(movie),
        fact: Fact::Play { watched_at, action },
    }
}

type State = BTreeMap<i64, i64>;

fn state() -> impl Strategy<Value = State> {
    btree_map(0..40_i64, 0..4_i64, 0..30)
}

fn held(state: &State) -> impl Iterator<Item = Held> + '_ {
    state.iter().map(|(key, seconds)| Held {
        key: *key,
        fingerprint: row(*key, *seconds).fingerprint(),
    })
}

/// Takes over what the pages say; tells how many rows were written and removed.
fn apply(local: &mut State, pages: &[Vec<(i64, i64)>]) -> (usize, usize) {
    let mut merge = Merge::new(held(local));
    let mut written = 0;
    for page in pages {
        let rows = page.iter().map(|(key, seconds)| row(*key, *seconds));
        for row in merge.page(rows.collect()) {
            let Fact::Play { watched_at, .. } = row.fact else {
                unreachable!()
            };
            local.insert(row.key, watched_at.unwrap().timestamp());
            written += 1;
        }
    }
    let (before, missing) = merge.missing();
    let gone = merge.into_missing();
    assert_eq!(gone.len(), missing);
    assert!(missing <= before);
    for key in &gone {
        assert!(local.remove(key).is_some());
    }
    (written, gone.len())
}

/// The pages of a list, in any order, some of them twice.
fn pages() -> impl Strategy<Value = (State, Vec<Vec<(i64, i64)>>)> {
    (state(), 1..9_usize).prop_flat_map(|(remote, length)| {
        let rows: Vec<_> = remote.iter().map(|(key, at)| (*key, *at)).collect();
        let pages: Vec<_> = rows.chunks(length).map(<[_]>::to_vec).collect();
        let again = vec(any::<proptest::sample::Index>(), 0..4);
        (Just(remote), Just(pages).prop_shuffle(), again).prop_map(|(remote, mut pages, again)| {
            for index in again.into_iter().filter(|_| !remote.is_empty()) {
                let page = pages[index.index(pages.len())].clone();
                pages.push(page);
            }
            (remote, pages)
        })
    })
}

proptest! {
    #[test]
    fn the_local_state_becomes_the_remote_one((remote, pages) in pages(), before in state()) {
        let mut local = before.clone();
        let (written, removed) = apply(&mut local, &pages);
        prop_assert_eq!(&local, &remote);
        let news = remote.iter().filter(|(key, at)| before.get(key) != Some(at)).count();
        let gone = before.keys().filter(|key| !remote.contains_key(key)).count();
        prop_assert_eq!((written, removed), (news, gone));
        // Once more changes nothing.
        prop_assert_eq!(apply(&mut local, &pages), (0, 0));
        prop_assert_eq!(&local, &remote);
    }
}
