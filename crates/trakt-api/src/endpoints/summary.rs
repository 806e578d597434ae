//! Movies, shows, seasons and episodes by themselves.

use super::{Extended, PAGE_BYTES, Query, SEASONS_BYTES, extended, segments};
use crate::{Auth, Endpoint, Episode, Method, Movie, PathId, Season, Seasons, Show};

/// `GET /movies/{id}`: a movie.
#[derive(Clone, Debug)]
pub struct GetMovie<'a> {
    /// Which.
    pub movie: PathId<'a>,
    /// How much of it.
    pub extended: Option<Extended>,
}

impl Endpoint for GetMovie<'_> {
    type Reply = Movie;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::Optional;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["movies", &self.movie.to_string()])
    }

    fn query(&self) -> Query {
        extended(self.extended)
    }
}

/// `GET /shows/{id}`: a show.
#[derive(Clone, Debug)]
pub struct GetShow<'a> {
    /// Which.
    pub show: PathId<'a>,
    /// How much of it.
    pub extended: Option<Extended>,
}

impl Endpoint for GetShow<'_> {
    type Reply = Show;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::Optional;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["shows", &self.show.to_string()])
    }

    fn query(&self) -> Query {
        extended(self.extended)
    }
}

/// `GET /shows/{id}/seasons?extended=full,episodes`: all episodes of a show, those that are yet to
/// air too.
#[derive(Clone, Debug)]
pub struct GetSeasons<'a> {
    /// Of what.
    pub show: PathId<'a>,
}

impl Endpoint for GetSeasons<'_> {
    type Reply = Seasons;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::Optional;
    const MAX_REPLY: u64 = SEASONS_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["shows", &self.show.to_string(), "seasons"])
    }

    fn query(&self) -> Query {
        vec![("extended", "full,episodes".to_owned())]
    }
}

/// `GET /shows/{id}/seasons/{season}/info`: a season.
#[derive(Clone, Debug)]
pub struct GetSeason<'a> {
    /// Of what.
    pub show: PathId<'a>,
    /// Which: 0 are the specials.
    pub season: u32,
    /// How much of it.
    pub extended: Option<Extended>,
}

impl Endpoint for GetSeason<'_> {
    type Reply = Season;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::Optional;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        let (show, season) = (self.show.to_string(), self.season.to_string());
        segments(["shows", &show, "seasons", &season, "info"])
    }

    fn query(&self) -> Query {
        extended(self.extended)
    }
}

/// `GET /shows/{id}/seasons/{season}/episodes/{episode}`: an episode.
///
/// ```no_run
/// # use trakt_api::{AccessToken, Call, Client};
/// use trakt_api::endpoints::{Extended, GetEpisode};
/// # fn example(client: &Client, token: &AccessToken) -> Result<(), trakt_api::Error> {
/// let episode = GetEpisode {
///     show: 1390.into(),
///     season: 1,
///     number: 1,
///     extended: Some(Extended::Full),
/// };
/// let episode = client.send(&episode, Call::public())?;
/// println!("{:?} aired at {:?}", episode.title, episode.first_aired);
/// # let _ = token;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct GetEpisode<'a> {
    /// Of what.
    pub show: PathId<'a>,
    /// The season: 0 are the specials.
    pub season: u32,
    /// The number in the season.
    pub number: u32,
    /// How much of it.
    pub extended: Option<Extended>,
}

impl Endpoint for GetEpisode<'_> {
    type Reply = Episode;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::Optional;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        let (show, season) = (self.show.to_string(), self.season.to_string());
        let number = self.number.to_string();
        segments(["shows", &show, "seasons", &season, "episodes", &number])
    }

    fn query(&self) -> Query {
        extended(self.extended)
    }
}
