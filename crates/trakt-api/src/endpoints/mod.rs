//! The calls themselves, a file for each area of Trakt's contract. An endpoint says what is sent
//! and what comes back; how it is sent is the transport's business.
//!
//! A call that is not here can be added from outside, and sent over any transport:
//!
//! ```
//! use std::sync::Arc;
//! use trakt_api::{
//!     Auth, BaseUrl, Call, Client, Config, Endpoint, Host, Method, RawReply, RawRequest, Transport,
//!     TransportError,
//! };
//!
//! struct CountWatchers {
//!     movie: String,
//! }
//!
//! impl Endpoint for CountWatchers {
//!     type Reply = Vec<serde_json::Value>;
//!     const METHOD: Method = Method::Get;
//!     const HOST: Host = Host::Api;
//!     const AUTH: Auth = Auth::Application;
//!
//!     fn path(&self) -> Vec<String> {
//!         vec!["movies".to_owned(), self.movie.clone(), "watching".to_owned()]
//!     }
//! }
//!
//! struct NobodyWatches;
//!
//! impl Transport for NobodyWatches {
//!     fn send(&self, request: RawRequest) -> Result<RawReply, TransportError> {
//!         assert_eq!(request.url.path(), "/movies/tron-legacy-2010/watching");
//!         Ok(RawReply { status: 200, headers: Vec::new(), body: b"[]".to_vec() })
//!     }
//! }
//!
//! let config = Config {
//!     api_url: BaseUrl::parse("https://api.trakt.tv")?,
//!     auth_url: BaseUrl::parse("https://auth.trakt.tv")?,
//!     client_id: "my application".to_owned(),
//!     client_secret: None,
//!     redirect_uri: "https://example.org/".to_owned(),
//!     user_agent: "my-app/1.0".to_owned(),
//! };
//! let client = Client::over(config, Arc::new(NobodyWatches))?;
//! let endpoint = CountWatchers { movie: "tron-legacy-2010".to_owned() };
//! assert!(client.send(&endpoint, Call::public())?.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod authorize;
mod calendar;
mod checkin;
mod collection;
mod device;
mod favorites;
mod hidden;
mod history;
mod playback;
mod progress;
mod ratings;
mod recommendations;
mod scrobble;
mod search;
mod summary;
mod token;
mod user;
mod watched;
mod watchlist;

use chrono::{DateTime, Utc};

use crate::wire::time_text;

pub use authorize::{Authorize, CodeVerifier, ExchangeCode};
pub use calendar::{GetMyMovies, GetMyShows};
pub use checkin::{Checkin, RemoveCheckin};
pub use collection::{
    AddToCollection, GetCollectedMovies, GetCollectedShows, RemoveFromCollection,
};
pub use device::{DeviceToken, GetDeviceCode, PollDeviceToken};
pub use favorites::{AddToFavorites, FavoritesOf, GetFavorites, RemoveFromFavorites};
pub use hidden::{GetHiddenShows, HiddenFrom, RemoveHidden};
pub use history::{AddToHistory, GetHistory, GetLastActivities, HistoryOf, RemoveFromHistory};
pub use playback::{GetPlayback, PlaybackOf, RemovePlayback};
pub use progress::{GetUpNext, GetWatchedProgress, ResetWatchedProgress, UndoWatchedReset};
pub use ratings::{AddRatings, GetRatings, RemoveRatings};
pub use recommendations::{GetRecommendedMovies, GetRecommendedShows, HideMovie, HideShow, Wanted};
pub use scrobble::{ScrobblePause, ScrobbleStart, ScrobbleStop};
pub use search::{SearchById, SearchByText};
pub use summary::{GetEpisode, GetMovie, GetSeason, GetSeasons, GetShow};
pub use token::{RefreshTokens, RevokeToken};
pub use user::{GetProfile, GetSettings, GetStats};
pub use watched::{GetWatchedMovieIds, GetWatchedMovies, GetWatchedShowIds, GetWatchedShows};
pub use watchlist::{AddToWatchlist, GetWatchlist, RemoveFromWatchlist};

/// How much of each thing is told (`?extended=`; Trakt's guide "Extended info").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extended {
    /// All of it. In the lists of a user it is what Trakt kept: ask for the thing itself where it
    /// matters.
    Full,
    /// Of the watched shows, each season and episode.
    Progress,
    /// [`Self::Full`] and [`Self::Progress`].
    FullProgress,
}

impl Extended {
    fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Progress => "progress",
            Self::FullProgress => "full,progress",
        }
    }
}

/// A list of one kind, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Of {
    /// All.
    #[default]
    All,
    /// Movies.
    Movies,
    /// Shows.
    Shows,
    /// Seasons.
    Seasons,
    /// Episodes.
    Episodes,
}

impl Of {
    fn segment(self) -> Option<&'static str> {
        match self {
            Self::All => None,
            Self::Movies => Some("movies"),
            Self::Shows => Some("shows"),
            Self::Seasons => Some("seasons"),
            Self::Episodes => Some("episodes"),
        }
    }
}

/// The most that is read of an answer that is one page of a list: some kilobytes for each of 250
/// items, or a hundred shows with six hundred episodes each. Where a page is larger all the same,
/// [`Pages::limit`](crate::Pages::limit) makes it smaller.
const PAGE_BYTES: u64 = 4 * 1024 * 1024;

/// The most that is read of the progress of a show: twenty thousand episodes.
const PROGRESS_BYTES: u64 = 2 * 1024 * 1024;

/// The most that is read of all episodes of a show: some six thousand, with all that Trakt tells of
/// each.
const SEASONS_BYTES: u64 = 8 * 1024 * 1024;

/// The most that is read of an id map, which has no pages: the times of some 280,000 plays.
const WHOLE_BYTES: u64 = 8 * 1024 * 1024;

type Query = Vec<(&'static str, String)>;

fn segments<const N: usize>(parts: [&str; N]) -> Vec<String> {
    parts.map(str::to_owned).to_vec()
}

fn extended(what: Option<Extended>) -> Query {
    what.map(|what| ("extended", what.as_str().to_owned()))
        .into_iter()
        .collect()
}

/// The pairs that narrow a list down to a time.
fn between(start_at: Option<DateTime<Utc>>, end_at: Option<DateTime<Utc>>) -> Query {
    let start = start_at.map(|time| ("start_at", time_text(&time)));
    let end = end_at.map(|time| ("end_at", time_text(&time)));
    start.into_iter().chain(end).collect()
}

/// A body of plain data, which always has a JSON form.
fn json(body: &impl serde::Serialize) -> Option<serde_json::Value> {
    serde_json::to_value(body).ok()
}
