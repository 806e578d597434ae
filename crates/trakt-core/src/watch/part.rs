//! Which parts there are, and which of them changed.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::words::words;

words! {
    /// What is read of a user, each by calls of its own.
    Part {
        /// `GET /sync/history/movies`.
        MoviePlays = "movie_plays",
        /// `GET /sync/history/episodes`.
        EpisodePlays = "episode_plays",
        /// `GET /sync/watched/shows`: since when each is watched anew.
        Shows = "shows",
        /// `GET /sync/playback`.
        Playback = "playback",
        /// `GET /sync/ratings/movies`.
        MovieRatings = "movie_ratings",
        /// `GET /sync/ratings/shows`.
        ShowRatings = "show_ratings",
        /// `GET /sync/ratings/seasons`.
        SeasonRatings = "season_ratings",
        /// `GET /sync/ratings/episodes`.
        EpisodeRatings = "episode_ratings",
        /// `GET /sync/watchlist`.
        Watchlist = "watchlist",
        /// `GET /users/hidden/progress_watched`: shows that are not to be watched next.
        Hidden = "hidden",
        /// `GET /users/hidden/dropped`: shows that the user gave up.
        Dropped = "dropped",
    }
}

type Time = Option<DateTime<Utc>>;

/// When what of a user's changed last, by Trakt's clock (`GET /sync/last_activities`). `None`
/// where Trakt does not say, or not in a way that can be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activities {
    /// A movie was watched, or is no longer.
    pub movies_watched: Time,
    /// An episode was, or a show is watched anew.
    pub episodes_watched: Time,
    /// A player stopped in a movie.
    pub movies_paused: Time,
    /// In an episode.
    pub episodes_paused: Time,
    /// Ratings of movies.
    pub movies_rated: Time,
    /// Of shows.
    pub shows_rated: Time,
    /// Of seasons.
    pub seasons_rated: Time,
    /// Of episodes.
    pub episodes_rated: Time,
    /// The watchlist.
    pub watchlist: Time,
    /// Shows that are hidden.
    pub shows_hidden: Time,
    /// Shows that were given up.
    pub shows_dropped: Time,
}

/// How a part stood when it was read: the times that speak of it. It is compared with another for
/// equality alone, as it is by Trakt's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark(String);

impl Mark {
    /// As it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// As it was stored.
impl From<String> for Mark {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Activities {
    /// How a part stands; `None` where nobody knows, so that it has to be read.
    #[must_use]
    pub fn mark(&self, part: Part) -> Option<Mark> {
        let times = match part {
            Part::MoviePlays => [self.movies_watched].to_vec(),
            Part::EpisodePlays | Part::Shows => [self.episodes_watched].to_vec(),
            Part::Playback => [self.movies_paused, self.episodes_paused].to_vec(),
            Part::MovieRatings => [self.movies_rated].to_vec(),
            Part::ShowRatings => [self.shows_rated].to_vec(),
            Part::SeasonRatings => [self.seasons_rated].to_vec(),
            Part::EpisodeRatings => [self.episodes_rated].to_vec(),
            Part::Watchlist => [self.watchlist].to_vec(),
            Part::Hidden => [self.shows_hidden].to_vec(),
            Part::Dropped => [self.shows_dropped].to_vec(),
        };
        let times: Option<Vec<String>> = times
            .into_iter()
            .map(|time| Some(time?.to_rfc3339_opts(SecondsFormat::AutoSi, true)))
            .collect();
        Some(Mark(times?.join(" ")))
    }
}

/// The parts that are to be read, each with how it stood before the reading began. That is what is
/// to be held afterwards: what changes while it is read is then read again the next time.
#[must_use]
pub fn due(held: &[(Part, Mark)], now: &Activities) -> Vec<(Part, Option<Mark>)> {
    let marked = Part::ALL.iter().map(|part| (*part, now.mark(*part)));
    marked
        .filter(|(part, mark)| {
            let before = held.iter().find(|(of, _)| of == part);
            mark.is_none() || before.map(|(_, mark)| mark) != mark.as_ref()
        })
        .collect()
}
