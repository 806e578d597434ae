//! Items of lists, and the answers of media calls.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use trakt_api::endpoints::{
    AddToHistory, GetHistory, GetLastActivities, GetMyMovies, GetMyShows, GetRecommendedMovies,
    GetStats, GetWatchedMovieIds, GetWatchedProgress, GetWatchedShowIds, GetWatchedShows,
    GetWatchlist, ResetWatchedProgress, ScrobbleStop, SearchByText,
};
use trakt_api::{
    AccessToken, Action, Batch, Call, Endpoint, Error, Ids, Kind, Media, Percent, Played,
    PlayedEpisode, PlayedMovie, Playing,
};

use crate::fake::client;

pub fn sent<E: Endpoint>(endpoint: &E, body: &Value) -> Result<E::Reply, Error> {
    let token = AccessToken::from("access".to_owned());
    client(200, &body.to_string()).send(endpoint, Call::of(&token))
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

#[test]
fn history() {
    let body = json!([
        {
            "id": 9_007_199_254_740_993_i64,
            "watched_at": "2014-09-01T09:10:11.123Z",
            "action": "scrobble",
            "type": "movie",
            "movie": {"title": "TRON", "year": 2010, "ids": {
                "trakt": 1, "slug": "tron", "imdb": "tt1104001", "tmdb": 20526,
                "plex": {"guid": "5d77", "slug": "tron"},
            }},
        },
        {
            "id": 2,
            "watched_at": "2014-03-31T11:28:53+02:00",
            "action": "teleport",
            "type": "episode",
            "episode": {"season": 0, "number": 1, "title": null, "ids": {"tvdb": 797_571}},
            "show": {"title": "Parks", "ids": {"trakt": 4}},
        },
        {"id": 3, "watched_at": null, "type": "movie", "movie": {"ids": {"tmdb": 1}}},
        {"id": 4, "watched_at": "2014-03-31T09:28:53.000Z", "action": "watch", "type": "movie"},
        {"id": 5, "type": "podcast", "podcast": {"title": "?"}},
        {"id": "six", "type": "movie", "movie": {"ids": {"tmdb": 1}}},
        {"id": 7, "type": "movie", "movie": {"title": "Heat", "ids": {"trakt": "one"}}},
        {"id": 8, "type": "episode", "episode": {"season": 1, "number": 1}},
    ]);
    let list = sent(&GetHistory::default(), &body).unwrap();
    let bad: Vec<_> = list.bad.iter().map(|bad| bad.index).collect();
    assert_eq!(bad, [3, 5, 6, 7]);
    let [movie, episode, bare, other] = &list.items[..] else {
        panic!("{list:?}");
    };
    assert_eq!(movie.id, 9_007_199_254_740_993);
    assert_eq!(movie.watched_at, Some(time("2014-09-01T09:10:11.123Z")));
    assert_eq!(movie.action, Some(Action::Scrobble));
    let Media::Movie(tron) = &movie.media else {
        panic!("{movie:?}");
    };
    assert_eq!(
        (tron.title.as_deref(), tron.year),
        (Some("TRON"), Some(2010))
    );
    let plex = tron.ids.plex.as_ref().unwrap();
    assert_eq!(plex.guid.as_deref(), Some("5d77"));
    assert_eq!(tron.ids.in_path(), Some(1.into()));

    assert_eq!(episode.watched_at, Some(time("2014-03-31T09:28:53.000Z")));
    assert_eq!(episode.action, Some(Action::Other("teleport".into())));
    let Media::Episode { episode, show } = &episode.media else {
        panic!("{episode:?}");
    };
    assert_eq!((episode.season, episode.number), (0, 1));
    assert_eq!(episode.ids, Ids::tvdb(797_571));
    assert_eq!(show.as_ref().unwrap().ids, Ids::trakt(4));

    assert_eq!((bare.watched_at, &bare.action), (None, &None));
    assert_eq!(other.media, Media::Other(Kind::Other("podcast".into())));
}

#[test]
fn watched_shows() {
    let show = |seasons: Value| {
        json!([{
            "plays": 2, "last_watched_at": "2014-10-11T17:00:54.000Z", "reset_at": null,
            "show": {"title": "Parks", "ids": {"trakt": 4}, "aired_episodes": 122},
            "seasons": seasons,
        }])
    };
    let read = |body| sent(&GetWatchedShows::default(), &body).unwrap();
    let list = read(show(json!([{"number": 1, "episodes": [
        {"number": 1, "plays": 1, "last_watched_at": "2014-10-11T17:00:54.000Z"},
    ]}])));
    let [parks] = &list.items[..] else {
        panic!("{list:?}");
    };
    assert_eq!((parks.plays, parks.reset_at), (2, None));
    let seasons = parks.seasons.as_ref().unwrap();
    assert_eq!(seasons[0].episodes[0].plays, 1);
    // Not asked for is not the same as none.
    assert_eq!(read(show(Value::Null)).items[0].seasons, None);
    // Half a set of episodes must not look like a whole one.
    let list = read(show(
        json!([{"number": 1, "episodes": [{"number": "one"}]}]),
    ));
    assert_eq!((list.items.len(), list.bad.len()), (0, 1));
}

#[test]
fn id_maps() {
    let at = "2014-10-11T17:00:54.000Z";
    let watched_at = Some(time(at));
    let body = json!({"12": [at, null], "7": [], "x": [at], "8": [{"at": at}]});
    let mut movies = sent(&GetWatchedMovieIds, &body).unwrap();
    movies.plays.sort_by_key(|play| play.movie);
    let play = |(movie, watched_at)| PlayedMovie { movie, watched_at };
    let expected = [(8, None), (12, watched_at), (12, None)].map(play);
    assert_eq!((&movies.plays[..], movies.bad), (&expected[..], 1));

    let body = json!({"1": {"0": {"16": [at]}, "-1": {"17": [at]}}, "y": {}});
    let shows = sent(&GetWatchedShowIds, &body).unwrap();
    let expected = PlayedEpisode {
        show: 1,
        season: 0,
        episode: 16,
        watched_at,
    };
    assert_eq!((shows.plays, shows.bad), (vec![expected], 2));

    for body in [
        json!(null),
        json!([]),
        json!({"12": at}),
        json!({"12": {"1": at}}),
    ] {
        assert!(sent(&GetWatchedMovieIds, &body).is_err(), "{body}");
        assert!(sent(&GetWatchedShowIds, &body).is_err(), "{body}");
    }
    let many = json!({"12": vec![Value::Null; Played::<PlayedMovie>::AT_MOST + 1]});
    assert!(sent(&GetWatchedMovieIds, &many).is_err());
}

/// An answer that is a list is not an object with nothing in it, nor the other way round.
#[test]
fn what_is_something_else_is_unreadable() {
    let plays = Batch::default();
    for body in [json!([]), json!([null]), json!(null), json!(7), json!("")] {
        assert!(sent(&GetLastActivities, &body).is_err(), "{body}");
        assert!(
            sent(&AddToHistory { plays: &plays }, &body).is_err(),
            "{body}"
        );
    }
    for body in [json!({}), json!(null), json!(7), json!("")] {
        assert!(
            sent(&GetRecommendedMovies::default(), &body).is_err(),
            "{body}"
        );
    }
    let stats = GetStats { slug: "me" };
    for body in [
        json!({}),
        json!({"error": "x"}),
        json!({"movies": {}}),
        json!({"episodes": {}}),
    ] {
        assert!(sent(&stats, &body).is_err(), "{body}");
    }
    assert!(sent(&stats, &json!({"movies": {}, "episodes": {}})).is_ok());
    let odd = json!({"movies": {"plays": "1"}, "episodes": {}});
    assert!(sent(&stats, &odd).is_err());
    let list = sent(&GetRecommendedMovies::default(), &json!([[], [[]], {}])).unwrap();
    assert_eq!((list.items.len(), list.bad.len()), (1, 2));
}

#[test]
fn lists_name_what_they_list() {
    let season = json!([{
        "rank": 1, "id": 101, "listed_at": "2014-09-01T09:10:11.000Z", "notes": "n",
        "type": "season", "season": {"number": 1, "ids": {"trakt": 3}}, "show": {"title": "Parks", "ids": {"trakt": 4}},
    }]);
    let list = sent(&GetWatchlist::default(), &season).unwrap();
    assert_eq!(list.items[0].rank, Some(1));
    assert_eq!(list.items[0].media.kind(), Kind::Season);
    assert_eq!(list.items[0].media.ids(), Some(&Ids::trakt(3)));

    let found = json!([
        {"type": "person", "score": 20.5, "person": {"name": "B", "ids": {"trakt": 1}}},
        {"type": "show", "score": null, "show": {"title": "Parks", "ids": {"trakt": 4}}},
    ]);
    let search = SearchByText {
        kinds: &[Kind::Person, Kind::Show],
        query: "b",
        extended: None,
    };
    let list = sent(&search, &found).unwrap();
    let Media::Person(person) = &list.items[0].media else {
        panic!("{list:?}");
    };
    assert_eq!(person.name.as_deref(), Some("B"));
    assert_eq!(person.ids, Ids::trakt(1));
    assert_eq!(list.items[0].score, Some(20.5));
    assert_eq!(list.items[1].media.kind(), Kind::Show);
}

#[test]
fn activities() {
    let body = json!({
        "all": "2014-11-20T07:01:32.378Z",
        "movies": {"watched_at": "2014-11-19T21:42:41.000Z", "hidden_at": "yesterday"},
        "episodes": null,
        "shows": 5,
        "watchlist": {"updated_at": "2014-11-20T06:51:30.000Z"},
        "podcasts": {"watched_at": "2014-11-19T21:42:41.000Z"},
    });
    let last = sent(&GetLastActivities, &body).unwrap();
    assert_eq!(last.all, Some(time("2014-11-20T07:01:32.378Z")));
    assert_eq!(
        last.movies.watched_at,
        Some(time("2014-11-19T21:42:41.000Z"))
    );
    assert_eq!(last.movies.hidden_at, None);
    assert_eq!(last.episodes, Default::default());
    assert_eq!(
        last.watchlist.updated_at,
        Some(time("2014-11-20T06:51:30.000Z"))
    );
}

#[test]
fn progress() {
    let endpoint = GetWatchedProgress {
        show: 1.into(),
        hidden: false,
        specials: false,
        count_specials: false,
    };
    let body = json!({
        "aired": 8, "completed": 6, "last_watched_at": "2015-03-21T19:03:58.000Z",
        "reset_at": "2015-01-01T00:00:00.000Z",
        "seasons": [{"number": 1, "title": null, "aired": 8, "completed": 6, "episodes": [
            {"number": 1, "completed": true, "last_watched_at": "2015-03-21T19:03:58.000Z"},
            {"number": 2, "completed": false, "last_watched_at": null},
        ]}],
        "hidden_seasons": [{"number": 2, "ids": {"trakt": 3051}}, {"number": "x"}],
        "next_episode": {"season": 1, "number": 7, "title": "Water", "ids": {"trakt": 62315}},
        "last_episode": null,
    });
    let progress = sent(&endpoint, &body).unwrap();
    assert_eq!((progress.aired, progress.completed), (8, 6));
    assert!(progress.reset_at.is_some());
    assert!(progress.seasons[0].episodes[0].completed);
    assert!(!progress.seasons[0].episodes[1].completed);
    assert_eq!(progress.hidden_seasons.len(), 1);
    assert_eq!(progress.next_episode.unwrap().number, 7);
    let done = sent(&endpoint, &json!({"aired": 1, "completed": 1})).unwrap();
    assert_eq!((done.next_episode, done.seasons), (None, Vec::new()));

    let reset = ResetWatchedProgress { show: 1.into() };
    assert_eq!(sent(&reset, &Value::Null).unwrap(), None);
    let at = json!({"reset_at": "2015-01-01T00:00:00.000Z"});
    assert_eq!(
        sent(&reset, &at).unwrap().unwrap().reset_at,
        Some(time("2015-01-01T00:00:00.000Z"))
    );
}

#[test]
fn writes() {
    let body = json!({
        "added": {"movies": 1, "episodes": 2, "people": 3},
        "not_found": {
            "movies": [{"ids": {"imdb": "tt0000111"}}, 7],
            "people": [{"name": "B"}],
            "ids": [23],
        },
        "list": {"updated_at": "2014-09-01T09:10:11.000Z", "item_count": 5},
    });
    let plays = Batch::default();
    let changed = sent(&AddToHistory { plays: &plays }, &body).unwrap();
    assert_eq!((changed.added.movies, changed.added.episodes), (1, 2));
    assert_eq!(changed.deleted, Default::default());
    assert_eq!(
        changed.not_found.movies.items[0].ids,
        Ids::imdb("tt0000111")
    );
    assert_eq!(changed.not_found.movies.bad.len(), 1);
    assert_eq!(changed.not_found.ids.items, [23]);
    assert!(!changed.not_found.is_empty());
    assert_eq!(changed.list.unwrap().item_count, Some(5));
    // What comes without a word of what was done is not known to have been done.
    for body in [
        json!({}),
        json!({"added": null}),
        json!({"list": {}}),
        json!({"not_found": []}),
        json!({"deleted": {"movies": "1"}}),
    ] {
        assert!(
            sent(&AddToHistory { plays: &plays }, &body).is_err(),
            "{body}"
        );
    }
    let found = json!({"deleted": {"movies": 1}});
    let changed = sent(&AddToHistory { plays: &plays }, &found).unwrap();
    assert!(changed.not_found.is_empty());

    let parts = json!({"added": null, "not_found": {"movies": null, "shows": [{
        "ids": {"tvdb": 4}, "seasons": [{"number": 1, "episodes": [{"number": 9}]}],
    }]}});
    let changed = sent(&AddToHistory { plays: &plays }, &parts).unwrap();
    let show = &changed.not_found.shows.items[0];
    let episode = show.seasons[0].episodes[0].number;
    assert_eq!(
        (show.ids.tvdb, show.seasons[0].number, episode),
        (Some(4), 1, 9)
    );
    // Nothing that cannot be read passes for found.
    let other = json!({"added": {}, "not_found": {"movies": {"ids": {}}}});
    assert!(sent(&AddToHistory { plays: &plays }, &other).is_err());
}

#[test]
fn scrobbles() {
    let playing = Playing::Episode(Ids::trakt(16));
    let progress = Percent::new(80.0).unwrap();
    let stop = ScrobbleStop {
        playing: &playing,
        progress,
    };
    let answer = |action: &str, id: i64| {
        let body = json!({
            "id": id, "action": action, "progress": 99.9,
            "episode": {"season": 1, "number": 1, "ids": {"trakt": 16}},
            "show": {"title": "Breaking Bad", "ids": {"trakt": 1}},
        });
        sent(&stop, &body).unwrap()
    };
    for action in ["scrobble", "stop"] {
        let scrobbled = answer(action, 3_373_536_622_000);
        assert!(scrobbled.is_watched());
        assert_eq!(scrobbled.id, 3_373_536_622_000);
        assert_eq!(scrobbled.media.unwrap().kind(), Kind::Episode);
    }
    // It took effect, whatever it is about.
    let body = json!({"id": 7, "action": "scrobble", "progress": 99.9});
    assert_eq!(sent(&stop, &body).unwrap().media, None);
    for action in ["pause", "start", "new"] {
        assert!(!answer(action, 0).is_watched());
    }
}

#[test]
fn calendars() {
    let days = |body: Value| {
        let (start_date, days, extended) = ("2026-11-23".parse().unwrap(), 7, None);
        let movies = GetMyMovies {
            start_date,
            days,
            extended,
        };
        sent(&movies, &body).unwrap().items
    };
    for released in ["2014-08-01", "2014-08-01T00:00:00.000Z"] {
        let items = days(json!([{"released": released, "movie": {"ids": {"trakt": 1}}}]));
        assert_eq!(items[0].released, "2014-08-01".parse().ok());
    }
    assert_eq!(
        days(json!([{"released": "é2014-08-01", "movie": {"ids": {"trakt": 1}}}]))[0].released,
        None
    );
    let (start_date, days, extended) = ("2026-11-23".parse().unwrap(), 7, None);
    let shows = GetMyShows {
        start_date,
        days,
        extended,
    };
    let list = sent(
        &shows,
        &json!([{
            "first_aired": "2014-07-14T01:00:00.000Z",
            "episode": {"season": 7, "number": 4, "episode_type": "series_finale"},
            "show": {"title": "True Blood", "ids": {"trakt": 1}},
        }, {"episode": {"season": 7, "number": 4}, "show": {}}]),
    )
    .unwrap();
    assert_eq!((list.items.len(), list.bad.len()), (1, 1));
}
