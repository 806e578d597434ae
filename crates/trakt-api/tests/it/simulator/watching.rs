//! Players and checkins, and what is on next.

use trakt_api::endpoints::{
    AddToHistory, AddToWatchlist, Checkin, Extended, GetEpisode, GetHistory, GetLastActivities,
    GetMovie, GetMyMovies, GetMyShows, GetPlayback, GetUpNext, GetWatchedMovieIds,
    GetWatchedProgress, PlaybackOf, RemoveCheckin, RemovePlayback, ScrobblePause, ScrobbleStart,
    ScrobbleStop,
};
use trakt_api::{Action, Class, Ids, Kind, Media, Note, Percent, Playing};

use super::{DAY, Viewer, at, episodes, movies};

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
    assert!(of(PlaybackOf::Movies).is_empty());
    let half = of(PlaybackOf::Episodes);
    let Media::Episode { episode, show } = &half[0].media else {
        panic!("{half:?}");
    };
    assert_eq!((half.len(), episode.season, episode.number), (1, 1, 1));
    assert_eq!(show.as_ref().unwrap().ids.trakt, Some(1));
    viewer.send(&RemovePlayback { id: half[0].id });
    let removed = viewer.send(&GetLastActivities);
    assert!(removed.episodes.paused_at > paused.episodes.paused_at);
    let again = viewer.class(&RemovePlayback { id: half[0].id });
    assert_eq!(again, Class::NotFound);

    let progress = percent(0.5);
    let class = viewer.class(&ScrobbleStop { playing, progress });
    assert_eq!(class, Class::Unprocessable);

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
    let ids = viewer.send(&GetWatchedMovieIds).plays;
    assert_eq!((ids.len(), ids[0].movie), (1, 4));
}

#[test]
fn a_checkin_that_is_taken_back_is_none() {
    let viewer = Viewer::new("sean");
    let (playing, message) = (&first(), None);
    let checkin = Checkin { playing, message };
    let media = viewer.send(&checkin).media.unwrap();
    assert_eq!(media.kind(), Kind::Episode);
    viewer.send(&RemoveCheckin);
    viewer.send(&checkin);
    viewer.send(&RemoveCheckin);
    viewer.sim.advance(24 * 60 * 60);
    assert!(viewer.all(&GetHistory::default()).is_empty());
}

#[test]
fn up_next_is_what_the_progress_says() {
    let viewer = Viewer::new("sean");
    assert!(viewer.all(&GetUpNext).is_empty());
    let plays = &episodes(1, &[1], &at(DAY));
    viewer.send(&AddToHistory { plays });
    let progress = viewer.send(&GetWatchedProgress {
        show: 1.into(),
        hidden: false,
        specials: false,
        count_specials: false,
    });
    let next = progress.next_episode.unwrap();
    assert_eq!((next.season, next.number), (1, 2));
    let up_next = viewer.all(&GetUpNext);
    assert_eq!(up_next.len(), 1);
    let first = &up_next[0];
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

    let plays = &episodes(1, &[1], &at(DAY));
    viewer.send(&AddToHistory { plays });
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
