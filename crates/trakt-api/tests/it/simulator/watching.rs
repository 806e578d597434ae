//! Players and checkins, and what is on next.

use trakt_api::endpoints::{
    AddToHistory, AddToWatchlist, Checkin, Extended, GetEpisode, GetHistory, GetLastActivities,
    GetMovie, GetMyMovies, GetMyShows, GetPlayback, GetRecommendedShows, GetUpNext,
    GetWatchedMovieIds, GetWatchedProgress, HideShow, Of, RemovePlayback, ScrobblePause,
    ScrobbleStart, ScrobbleStop,
};
use trakt_api::{
    Action, Batch, Class, Ids, Media, Note, Percent, Play, Playing, SeasonEntry, ShowEntry,
    WatchedAt,
};

use super::{Viewer, movies};

fn percent(of: f64) -> Percent {
    Percent::new(of).unwrap()
}

/// The first episode of show 1.
fn first() -> Playing {
    Playing::EpisodeOf {
        show: Ids::trakt(1).into(),
        season: 1,
        number: 1,
    }
}

#[test]
fn a_player_starts_pauses_goes_on_and_stops() {
    let viewer = Viewer::new("sean");
    let playing = &first();
    let started = viewer.send(&ScrobbleStart {
        playing,
        progress: percent(1.5),
    });
    assert_eq!(
        (started.action, started.progress),
        (Action::Start, Some(1.5))
    );
    let before = viewer.send(&GetLastActivities);
    let progress = percent(40.0);
    viewer.send(&ScrobblePause { playing, progress });
    let paused = viewer.send(&GetLastActivities);
    assert!(paused.episodes.paused_at > before.episodes.paused_at);
    assert_eq!(paused.movies.paused_at, before.movies.paused_at);

    let of = |of| {
        viewer.all(&GetPlayback {
            of,
            ..GetPlayback::default()
        })
    };
    assert!(of(Of::Movies).is_empty());
    let half = of(Of::Episodes);
    let Media::Episode { episode, show } = &half[0].media else {
        panic!("{half:?}");
    };
    assert_eq!((half.len(), episode.season, episode.number), (1, 1, 1));
    assert_eq!(show.as_ref().unwrap().ids.trakt, Some(1));
    viewer.send(&RemovePlayback { id: half[0].id });
    let removed = viewer.send(&GetLastActivities);
    assert!(removed.episodes.paused_at > paused.episodes.paused_at);

    let progress = percent(80.0);
    let stop = ScrobbleStop { playing, progress };
    let stopped = viewer.send(&stop);
    let history = viewer.all(&GetHistory::default());
    assert_eq!((history.len(), history[0].id), (1, stopped.id));
    assert_eq!(history[0].action, Some(Action::Scrobble));
    let Class::Conflict {
        watched_at,
        expires_at,
    } = viewer.class(&stop)
    else {
        panic!("it is counted again");
    };
    assert_eq!(watched_at, history[0].watched_at);
    assert!(expires_at > watched_at);
}

#[test]
fn a_checkin_is_a_play_when_its_time_is_over() {
    let viewer = Viewer::new("sean");
    let playing = &Playing::Movie(Ids::trakt(4).into());
    let message = Some("Great");
    let checkin = viewer.send(&Checkin { playing, message });
    let Class::Conflict {
        watched_at: None,
        expires_at: Some(until),
    } = viewer.class(&Checkin { playing, message })
    else {
        panic!("two at once");
    };
    assert!(Some(until) > checkin.watched_at);
    assert!(viewer.all(&GetHistory::default()).is_empty());
    // No movie is as long.
    viewer.sim.advance(24 * 60 * 60);
    let history = viewer.all(&GetHistory::default());
    assert_eq!((history.len(), history[0].id), (1, checkin.id));
    assert_eq!(history[0].action, Some(Action::Checkin));
    assert_eq!(viewer.send(&GetWatchedMovieIds)[&4].len(), 1);
}

/// Watches the first episode of show 1, without the player.
fn begin(viewer: &Viewer) {
    let watched_at = WatchedAt::At("2026-09-01T20:00:00Z".parse().unwrap());
    let episode = trakt_api::EpisodeEntry {
        number: 1,
        with: Play { watched_at },
    };
    let season = SeasonEntry {
        number: 1,
        with: None,
        episodes: vec![episode],
    };
    let show = ShowEntry {
        item: Ids::trakt(1).into(),
        with: None,
        seasons: vec![season],
    };
    let plays = &Batch {
        shows: vec![show],
        ..Batch::default()
    };
    let changed = viewer.send(&AddToHistory { plays });
    assert_eq!(changed.added.episodes, 1);
}

#[test]
fn up_next_is_what_the_progress_says() {
    let viewer = Viewer::new("sean");
    assert_eq!(viewer.send(&GetUpNext).sent(), 0);
    begin(&viewer);
    let progress = viewer.send(&GetWatchedProgress {
        show: 1.into(),
        hidden: false,
        specials: false,
        count_specials: false,
    });
    let next = progress.next_episode.unwrap();
    assert_eq!((next.season, next.number), (1, 2));
    let up_next = viewer.send(&GetUpNext);
    assert_eq!((up_next.items.len(), up_next.bad.len()), (1, 0));
    let first = &up_next.items[0];
    assert_eq!(first.show.ids.trakt, Some(1));
    let given = first.progress.next_episode.as_ref().unwrap();
    assert_eq!(given.ids, next.ids);
    assert_eq!(first.progress.completed, 1);
}

#[test]
fn the_calendar_has_what_is_watched_and_listed() {
    let viewer = Viewer::new("sean");
    let extended = Some(Extended::Full);
    let (season, number) = (1, 1);
    let episode = viewer.send(&GetEpisode {
        show: 1.into(),
        season,
        number,
        extended,
    });
    let movie = viewer.send(&GetMovie {
        movie: 1.into(),
        extended,
    });
    let aired = episode.first_aired.unwrap();
    let (days, extended) = (2, None);
    // From the day before, whose day it is being a matter of the time zone.
    let shows = GetMyShows {
        start_date: aired.date_naive().pred_opt().unwrap(),
        days: 3,
        extended,
    };
    let start_date = movie.released.unwrap();
    let movies_on = GetMyMovies {
        start_date,
        days,
        extended,
    };
    assert_eq!(viewer.send(&shows).sent(), 0);
    assert_eq!(viewer.send(&movies_on).sent(), 0);

    begin(&viewer);
    let items = &movies(&[1], &Note::default());
    viewer.send(&AddToWatchlist { items });
    let on = viewer.send(&shows);
    assert!(on.bad.is_empty());
    let found = on.items.iter().find(|one| one.episode.ids == episode.ids);
    assert_eq!(found.unwrap().first_aired, aired);
    assert_eq!(found.unwrap().show.ids.trakt, Some(1));
    let on = viewer.send(&movies_on);
    assert_eq!((on.items.len(), on.bad.len()), (1, 0));
    assert_eq!(on.items[0].movie.ids, movie.ids);
    assert_eq!(on.items[0].released, movie.released);
}

#[test]
fn a_show_that_is_hidden_is_recommended_no_more() {
    let viewer = Viewer::new("sean");
    let recommended = || viewer.send(&GetRecommendedShows::default()).items;
    let best = recommended();
    let show = best[0].ids.in_path().unwrap();
    viewer.send(&HideShow { show });
    let left = recommended();
    assert!(!left.is_empty());
    assert!(left.iter().all(|show| show.ids != best[0].ids));
}
