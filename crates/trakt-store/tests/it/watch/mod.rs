//! What users watch: who may write it, what is held, and who is next.

mod catalogue;
mod choices;
mod during;
mod everything;
mod export;
mod held;
mod history;
mod pulls;
mod told;
mod written;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use trakt_core::ports::{
    BeginPull, Begun, EndPull, FinishPart, Lease, StoreRows, Stored, WatchStore,
};
use trakt_core::watch::{
    Activities, Episode, Fact, Fingerprint, Item, Mark, MediaIds, Part, Row, Titled,
};
use trakt_core::{PullId, SystemEntropy, UserId};

use crate::scene::{LEASE, Scene, identity};

fn ids(trakt: i64) -> MediaIds {
    MediaIds {
        trakt,
        slug: Some(format!("slug-{trakt}")),
        imdb: None,
        tmdb: Some(trakt * 10),
        tvdb: None,
    }
}

fn titled(trakt: i64, title: &str) -> Titled {
    Titled {
        ids: ids(trakt),
        title: Some(title.to_owned()),
        year: Some(2010),
    }
}

fn movie(trakt: i64) -> Item {
    Item::Movie(titled(trakt, "Heat"))
}

fn show(trakt: i64) -> Item {
    Item::Show(titled(trakt, "Lost"))
}

fn season(trakt: i64) -> Item {
    Item::Season {
        show: titled(4, "Lost"),
        ids: ids(trakt),
        number: 0,
    }
}

fn episode(trakt: i64) -> Item {
    Item::Episode {
        show: titled(4, "Lost"),
        episode: Episode {
            ids: ids(trakt),
            season: 1,
            number: 2,
            title: None,
        },
    }
}

fn time() -> Option<DateTime<Utc>> {
    "2026-09-01T20:00:00.123456789Z".parse().ok()
}

fn play(key: i64, item: Item, watched_at: Option<DateTime<Utc>>) -> Row {
    let action = watched_at.map(|_| "scrobble".to_owned());
    let fact = Fact::Play { watched_at, action };
    Row { key, item, fact }
}

/// Rows of each part, with all that there may be and with as little.
fn rows(part: Part) -> Vec<Row> {
    let rating = |item: Item, rating, rated_at| Row {
        key: item.ids().trakt,
        item,
        fact: Fact::Rating { rating, rated_at },
    };
    let shows = |fact: fn(Option<DateTime<Utc>>) -> Fact| {
        [(1, time()), (2, None)].map(|(trakt, at)| Row {
            key: trakt,
            item: show(trakt),
            fact: fact(at),
        })
    };
    let hidden = |hidden_at| Fact::Hidden { hidden_at };
    match part {
        Part::MoviePlays => vec![play(1, movie(1), time()), play(2, movie(1), None)],
        Part::EpisodePlays => vec![
            play(3, episode(1), time()),
            play(i64::MAX, episode(2), None),
        ],
        Part::Shows => shows(|reset_at| Fact::Watching { reset_at }).into(),
        Part::Playback => [(1, movie(1), time(), 0.1), (2, episode(1), None, 99.999)]
            .map(|(key, item, paused_at, progress)| Row {
                key,
                item,
                fact: Fact::Resume {
                    progress,
                    paused_at,
                },
            })
            .into(),
        Part::MovieRatings => vec![rating(movie(1), 1, time()), rating(movie(2), 10, None)],
        Part::ShowRatings => vec![rating(show(1), 5, time())],
        Part::SeasonRatings => vec![rating(season(1), 5, time())],
        Part::EpisodeRatings => vec![rating(episode(1), 5, time())],
        Part::Watchlist => [
            (1, season(1), Some(1), time(), Some("for the weekend")),
            (2, movie(1), None, None, None),
        ]
        .map(|(key, item, rank, listed_at, notes)| Row {
            key,
            item,
            fact: Fact::Listed {
                rank,
                listed_at,
                notes: notes.map(str::to_owned),
            },
        })
        .into(),
        Part::Hidden => shows(hidden).into(),
        Part::Dropped => shows(hidden)[..1].to_vec(),
        other => panic!("{other}"),
    }
}

fn mark(seconds: i64) -> Option<Mark> {
    let activities = Activities {
        movies_watched: DateTime::from_timestamp(seconds, 0),
        ..Activities::default()
    };
    activities.mark(Part::MoviePlays)
}

/// Somebody whose account is linked.
struct Viewer {
    scene: Scene,
    user: UserId,
}

impl Viewer {
    fn new() -> Self {
        let scene = Scene::new();
        let user = scene.user("viewer@example.org");
        scene.link(user, "token", &identity("viewer", "viewer"));
        Self { scene, user }
    }

    fn begin(&self) -> Option<(PullId, Begun)> {
        let pull = PullId::random(&SystemEntropy);
        let cmd = BeginPull {
            user: self.user,
            pull,
            lease: LEASE,
        };
        let begun = self.scene.store.begin_pull(&cmd).unwrap();
        begun.map(|begun| (pull, begun))
    }

    fn store(&self, pull: PullId, part: Part, rows: Vec<Row>) -> Lease {
        match self.stored(pull, part, rows) {
            Stored::Lost => Lease::Lost,
            Stored::Whole | Stored::Without => Lease::Kept,
        }
    }

    fn stored(&self, pull: PullId, part: Part, rows: Vec<Row>) -> Stored {
        let cmd = StoreRows {
            user: self.user,
            pull,
            lease: LEASE,
            part,
            seen: rows.len() as u64,
            items: rows.iter().map(|row| row.item.clone()).collect(),
            rows,
        };
        self.scene.store.store_rows(&cmd).unwrap()
    }

    fn finish(&self, pull: PullId, part: Part, removed: &[i64], mark: Option<Mark>) -> Lease {
        let cmd = FinishPart {
            user: self.user,
            pull,
            lease: LEASE,
            part,
            removed: removed.to_vec(),
            mark,
        };
        self.scene.store.finish_part(&cmd).unwrap()
    }

    fn end(&self, pull: PullId, reason: Option<&'static str>, next: Duration) -> Lease {
        let cmd = EndPull {
            user: self.user,
            pull,
            reason,
            next,
        };
        self.scene.store.end_pull(&cmd).unwrap()
    }

    fn held(&self, part: Part) -> BTreeMap<i64, Fingerprint> {
        let held = self.scene.store.held(self.user, part).unwrap();
        held.into_iter()
            .map(|held| (held.key, held.fingerprint))
            .collect()
    }
}

fn fingerprints(rows: &[Row]) -> BTreeMap<i64, Fingerprint> {
    rows.iter()
        .map(|row| (row.key, row.fingerprint()))
        .collect()
}
