//! The watched sets (Trakt's contract, `/sync/watched`).

use super::{Extended, PAGE_BYTES, Query, WHOLE_BYTES, extended, segments};
use crate::{
    Auth, Endpoint, Items, Method, Paged, Played, PlayedEpisode, PlayedMovie, WatchedMovie,
    WatchedShow,
};

/// `GET /sync/watched/movies`: the movies that were watched.
#[derive(Clone, Copy, Debug, Default)]
pub struct GetWatchedMovies {
    /// How much of each.
    pub extended: Option<Extended>,
}

impl Endpoint for GetWatchedMovies {
    type Reply = Items<WatchedMovie>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["sync", "watched", "movies"])
    }

    fn query(&self) -> Query {
        extended(self.extended)
    }
}

impl Paged for GetWatchedMovies {
    type Item = WatchedMovie;
}

/// `GET /sync/watched/shows`: the shows of which something was watched; which episodes, only with
/// [`Extended::Progress`].
///
/// ```no_run
/// # use trakt_api::{AccessToken, Call, Client};
/// use trakt_api::endpoints::{Extended, GetWatchedShows};
/// # fn example(client: &Client, token: &AccessToken) -> Result<(), trakt_api::Error> {
/// let shows = GetWatchedShows { extended: Some(Extended::Progress), specials: true };
/// match client.pages(&shows, Call::of(token)).everything() {
///     Ok(shows) => println!("{} shows, and no others", shows.len()),
///     // Nothing may be taken for gone.
///     Err(incomplete) => println!("{incomplete}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct GetWatchedShows {
    /// How much of each.
    pub extended: Option<Extended>,
    /// Whether season 0 is among the seasons.
    pub specials: bool,
}

impl Endpoint for GetWatchedShows {
    type Reply = Items<WatchedShow>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["sync", "watched", "shows"])
    }

    fn query(&self) -> Query {
        let mut query = extended(self.extended);
        query.extend(self.specials.then(|| ("specials", "true".to_owned())));
        query
    }
}

impl Paged for GetWatchedShows {
    type Item = WatchedShow;
    /// What `extended=progress` is cut down to.
    const MAX_LIMIT: u32 = 100;
}

/// `GET /sync/watched/movies?extended=min`: when each movie was played, by ids, in one answer.
#[derive(Clone, Copy, Debug)]
pub struct GetWatchedMovieIds;

impl Endpoint for GetWatchedMovieIds {
    type Reply = Played<PlayedMovie>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = WHOLE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["sync", "watched", "movies"])
    }

    fn query(&self) -> Query {
        vec![("extended", "min".to_owned())]
    }
}

/// `GET /sync/watched/shows?extended=min`: when each episode was played, by ids, in one answer.
#[derive(Clone, Copy, Debug)]
pub struct GetWatchedShowIds;

impl Endpoint for GetWatchedShowIds {
    type Reply = Played<PlayedEpisode>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = WHOLE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["sync", "watched", "shows"])
    }

    fn query(&self) -> Query {
        vec![("extended", "min".to_owned())]
    }
}
