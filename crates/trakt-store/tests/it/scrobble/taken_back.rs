//! What is taken back.

use trakt_core::ports::{Accepted, BeginPull, StoreRows, Stored, WatchStore};
use trakt_core::scrobble::{Sought, SoughtIds, Target, Wish, Written};
use trakt_core::watch::{Episode, Fact, Item, ItemKind, MediaIds, Part, Row, Titled};
use trakt_core::{PullId, SystemEntropy};

use super::{Viewer, confirmed, earlier, play, refused, shown, stop, target};
use crate::scene::LEASE;

#[test]
fn a_play_that_was_not_sent_yet_can_be_taken_back() {
    let viewer = Viewer::new();
    let play = viewer.watched();
    let removal = viewer.take(Wish::TakeBack { write: play }, None);
    assert_eq!(viewer.state(removal), confirmed("never_sent"));
    assert_eq!(viewer.state(play), refused("withdrawn"));
    assert_eq!(viewer.shown(), shown("0", "0"));
    assert!(viewer.claim().is_none_or(|(_, writes)| writes.is_empty()));
    for gone in [play, removal] {
        let again = viewer.accept(Wish::TakeBack { write: gone }, None);
        assert_eq!(again, Accepted::NotFound);
    }
    // The same may be watched in the same minute after all.
    assert_ne!(viewer.watched(), play);
    assert_eq!(viewer.shown(), shown("1", "1"));
}

#[test]
fn a_play_that_may_be_at_trakt_is_not_taken_back() {
    let viewer = Viewer::new();
    let play = viewer.watched();
    for told in [Written::Unknown, Written::Again, Written::confirmed(None)] {
        viewer.sent(play, told);
        let refusal = viewer.accept(Wish::TakeBack { write: play }, None);
        assert_eq!(refusal, Accepted::NotYet);
    }
    assert_eq!(viewer.shown(), shown("1", "1"));
}

/// A pull brings Trakt's play 77 of the same thing.
fn pulled(viewer: &Viewer, part: Part, item: Item) {
    let pull = PullId::random(&SystemEntropy);
    let begin = BeginPull {
        user: viewer.user,
        pull,
        lease: LEASE,
    };
    assert!(viewer.scene.store.begin_pull(&begin).unwrap().is_some());
    let fact = Fact::Play {
        watched_at: Some(earlier(50)),
        action: None,
    };
    let rows = StoreRows {
        user: viewer.user,
        pull,
        lease: LEASE,
        part,
        seen: 1,
        items: vec![item.clone()],
        rows: vec![Row {
            key: 77,
            item,
            fact,
        }],
    };
    assert_eq!(viewer.scene.store.store_rows(&rows), Ok(Stored::Whole));
}

fn ids(trakt: i64) -> MediaIds {
    MediaIds {
        trakt,
        slug: None,
        imdb: None,
        tmdb: None,
        tvdb: None,
    }
}

fn titled(trakt: i64) -> Titled {
    Titled {
        ids: ids(trakt),
        title: None,
        year: None,
    }
}

/// The episode that [`target`] is, and a movie: both as a wish, and as Trakt has them.
fn things() -> [(Wish, Target, Part, Item); 2] {
    let kind = ItemKind::Movie;
    let movie = SoughtIds {
        trakt: Some(9),
        ..SoughtIds::default()
    };
    let wish = Wish::AddPlay {
        item: Sought::Own { kind, ids: movie },
        watched_at: Some(earlier(10)),
    };
    let trakt = 9;
    let episode = Item::Episode {
        show: titled(7),
        episode: Episode {
            ids: ids(71),
            season: 1,
            number: 1,
            title: None,
        },
    };
    let movie = Item::Movie(titled(trakt));
    [
        (
            play(Some(earlier(10))),
            target(),
            Part::EpisodePlays,
            episode,
        ),
        (wish, Target { kind, trakt }, Part::MoviePlays, movie),
    ]
}

#[test]
fn once_a_pull_has_brought_the_play_it_is_removed_by_its_id() {
    // Trakt has confirmed it, or has it though nobody sent it.
    for told in [Some(Written::confirmed(None)), None] {
        for (wish, target, part, item) in things() {
            let viewer = Viewer::new();
            let play = viewer.take(wish, Some(target));
            if let Some(told) = told.clone() {
                viewer.sent(play, told);
            }
            pulled(&viewer, part, item);
            assert_eq!(viewer.shown().1, "0");
            let removal = viewer.take(Wish::TakeBack { write: play }, None);
            assert_ne!(removal, play);
            let again = viewer.take(Wish::TakeBack { write: play }, None);
            assert_eq!(again, removal);
            // By its id it is the same too.
            assert_eq!(viewer.take(Wish::RemovePlay { id: 77 }, None), removal);
            let row = format!(
                "SELECT concat_ws(' ', deed, play, kind, item, state) FROM outbox \
                 WHERE id = '{removal}'"
            );
            let (kind, trakt) = (target.kind.as_str(), target.trakt);
            let expected = format!("history_remove 77 {kind} {trakt} queued");
            assert_eq!(viewer.scene.db.text(&row), expected);
            assert_eq!(viewer.scene.count("plays"), "0");
            let (_, writes) = viewer.claim().unwrap();
            assert_eq!(writes.len(), 1);
            assert_eq!((writes[0].id, writes[0].play), (removal, Some(77)));
        }
    }
}

#[test]
fn a_write_that_made_no_play_has_none_to_take_back() {
    let viewer = Viewer::new();
    viewer.sql(&format!(
        "INSERT INTO plays (user_id, id, kind, item, watched_at) \
         VALUES ('$', 5, 'episode', 71, '{}')",
        earlier(0)
    ));
    let there = viewer.take(play(Some(earlier(1))), Some(target()));
    assert_eq!(viewer.state(there), confirmed("already_there"));
    let refusal = viewer.accept(Wish::TakeBack { write: there }, None);
    assert_eq!(refusal, Accepted::NotFound);
    assert_eq!(viewer.scene.count("plays"), "1");
}

#[test]
fn a_show_of_which_nothing_was_watched_after_all_is_watched_no_more() {
    let viewer = Viewer::new();
    let watching = || viewer.scene.count("watching");
    let back = |write| viewer.take(Wish::TakeBack { write }, None);
    back(viewer.watched());
    assert_eq!(watching(), "0");
    let play = viewer.watched();
    assert_eq!(watching(), "1");
    viewer.sent(play, Written::Refused("account_limit"));
    assert_eq!(watching(), "0");
    // Another play of it is reason enough.
    viewer.sql(
        "INSERT INTO plays (user_id, id, kind, item, watched_at) \
         VALUES ('$', 5, 'episode', 72, now() - interval '1 day')",
    );
    back(viewer.watched());
    assert_eq!(watching(), "1");
    viewer.take(Wish::RemovePlay { id: 5 }, None);
    assert_eq!(watching(), "0");
}

#[test]
fn where_a_player_stopped_is_read_again_once_its_word_is_taken_back() {
    let viewer = Viewer::new();
    let parts = || {
        let parts = "SELECT string_agg(part, ' ' ORDER BY part) FROM watch_marks";
        viewer.scene.db.text(parts)
    };
    viewer.sql(
        "INSERT INTO watch_marks (user_id, part, mark, rows) \
         SELECT '$', part, 'mark', 0 FROM unnest(ARRAY['episode_plays', 'movie_plays', 'playback', \
             'watchlist']) AS part",
    );
    let back = |write| viewer.take(Wish::TakeBack { write }, None);
    // A play that was added and withdrawn changes nothing at Trakt, nor here.
    back(viewer.watched());
    assert_eq!(parts(), "episode_plays movie_plays playback watchlist");
    back(viewer.take(stop(), Some(target())));
    assert_eq!(parts(), "movie_plays watchlist");
}
