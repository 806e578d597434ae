//! Which parts are to be read.

use chrono::{DateTime, TimeDelta, Utc};
use trakt_core::watch::{Activities, Mark, Part, due};

fn time(seconds: i64) -> Option<DateTime<Utc>> {
    Some(DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap())
}

/// All times are different, and known.
fn activities() -> Activities {
    Activities {
        movies_watched: time(1),
        episodes_watched: time(2),
        movies_paused: time(3),
        episodes_paused: time(4),
        movies_rated: time(5),
        shows_rated: time(6),
        seasons_rated: time(7),
        episodes_rated: time(8),
        watchlist: time(9),
        shows_hidden: time(10),
        shows_dropped: time(11),
    }
}

/// As it is after everything was read.
fn held(now: &Activities) -> Vec<(Part, Mark)> {
    let marks = Part::ALL.iter().map(|part| (*part, now.mark(*part)));
    marks.map(|(part, mark)| (part, mark.unwrap())).collect()
}

fn parts(held: &[(Part, Mark)], now: &Activities) -> Vec<Part> {
    due(held, now).into_iter().map(|(part, _)| part).collect()
}

#[test]
fn at_first_everything_is_read_and_then_nothing() {
    let now = activities();
    assert_eq!(parts(&[], &now), Part::ALL);
    assert_eq!(parts(&held(&now), &now), []);
    // Where Trakt says nothing, nobody knows that nothing changed.
    let unknown = Activities::default();
    assert_eq!(parts(&[], &unknown), Part::ALL);
    assert_eq!(parts(&held(&now), &unknown), Part::ALL);
}

#[test]
fn what_changed_is_read_and_nothing_else() {
    type Change = fn(&mut Activities) -> &mut Option<DateTime<Utc>>;
    let cases: [(Change, &[Part]); 11] = [
        (|a| &mut a.movies_watched, &[Part::MoviePlays]),
        (
            |a| &mut a.episodes_watched,
            &[Part::EpisodePlays, Part::Shows],
        ),
        (|a| &mut a.movies_paused, &[Part::Playback]),
        (|a| &mut a.episodes_paused, &[Part::Playback]),
        (|a| &mut a.movies_rated, &[Part::MovieRatings]),
        (|a| &mut a.shows_rated, &[Part::ShowRatings]),
        (|a| &mut a.seasons_rated, &[Part::SeasonRatings]),
        (|a| &mut a.episodes_rated, &[Part::EpisodeRatings]),
        (|a| &mut a.watchlist, &[Part::Watchlist]),
        (|a| &mut a.shows_hidden, &[Part::Hidden]),
        (|a| &mut a.shows_dropped, &[Part::Dropped]),
    ];
    let before = activities();
    for (field, expected) in cases {
        // A clock that went back at Trakt is a change too; a time that is gone may be one.
        let other = [TimeDelta::milliseconds(1), TimeDelta::days(-400)];
        let changes = other.map(|by| field(&mut activities()).map(|time| time + by));
        for change in changes.into_iter().chain([None]) {
            let mut now = before;
            *field(&mut now) = change;
            assert_eq!(parts(&held(&before), &now), expected, "{change:?}");
            let (_, mark) = due(&held(&before), &now).remove(0);
            assert_eq!(mark.is_none(), change.is_none());
        }
    }
}
