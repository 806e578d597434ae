//! What Trakt recommends to a user.

use serde::de::IgnoredAny;

use super::{Extended, PAGE_BYTES, Query, extended, segments};
use crate::{Auth, Endpoint, Items, Method, Movie, PathId, Show};

/// Which recommendations are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// How many: 1 to 100, which is all that Trakt has. There are no pages.
    pub limit: u32,
    /// Whether what is collected is left out.
    pub ignore_collected: bool,
    /// Whether what is on the watchlist is left out.
    pub ignore_watchlisted: bool,
    /// Whether what was watched is left out.
    pub ignore_watched: bool,
    /// How much of each.
    pub extended: Option<Extended>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            limit: 10,
            ignore_collected: false,
            ignore_watchlisted: false,
            ignore_watched: false,
            extended: None,
        }
    }
}

impl Wanted {
    fn query(&self) -> Query {
        let flags = [
            ("ignore_collected", self.ignore_collected),
            ("ignore_watchlisted", self.ignore_watchlisted),
            ("ignore_watched", self.ignore_watched),
        ];
        let mut query = vec![("limit", self.limit.to_string())];
        let set = flags.into_iter().filter(|(_, set)| *set);
        query.extend(set.map(|(name, _)| (name, "true".to_owned())));
        query.extend(extended(self.extended));
        query
    }
}

/// `GET /recommendations/movies`: the best first.
///
/// ```no_run
/// # use trakt_api::{AccessToken, Call, Client};
/// use trakt_api::endpoints::{GetRecommendedMovies, HideMovie, Wanted};
/// # fn example(client: &Client, token: &AccessToken) -> Result<(), trakt_api::Error> {
/// let wanted = Wanted { limit: 50, ignore_watched: true, ..Wanted::default() };
/// let best = client.send(&GetRecommendedMovies { wanted }, Call::of(token))?;
/// if let Some(movie) = best.items.first().and_then(|movie| movie.ids.in_path()) {
///     client.send(&HideMovie { movie }, Call::of(token))?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct GetRecommendedMovies {
    /// Which.
    pub wanted: Wanted,
}

impl Endpoint for GetRecommendedMovies {
    type Reply = Items<Movie>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["recommendations", "movies"])
    }

    fn query(&self) -> Query {
        self.wanted.query()
    }
}

/// `GET /recommendations/shows`: the best first.
#[derive(Clone, Copy, Debug, Default)]
pub struct GetRecommendedShows {
    /// Which.
    pub wanted: Wanted,
}

impl Endpoint for GetRecommendedShows {
    type Reply = Items<Show>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["recommendations", "shows"])
    }

    fn query(&self) -> Query {
        self.wanted.query()
    }
}

/// `DELETE /recommendations/movies/{id}`: never recommend it again.
#[derive(Clone, Debug)]
pub struct HideMovie<'a> {
    /// Which.
    pub movie: PathId<'a>,
}

impl Endpoint for HideMovie<'_> {
    type Reply = IgnoredAny;
    const METHOD: Method = Method::Delete;
    const AUTH: Auth = Auth::User;

    fn path(&self) -> Vec<String> {
        segments(["recommendations", "movies", &self.movie.to_string()])
    }
}

/// `DELETE /recommendations/shows/{id}`: never recommend it again.
#[derive(Clone, Debug)]
pub struct HideShow<'a> {
    /// Which.
    pub show: PathId<'a>,
}

impl Endpoint for HideShow<'_> {
    type Reply = IgnoredAny;
    const METHOD: Method = Method::Delete;
    const AUTH: Auth = Auth::User;

    fn path(&self) -> Vec<String> {
        segments(["recommendations", "shows", &self.show.to_string()])
    }
}
