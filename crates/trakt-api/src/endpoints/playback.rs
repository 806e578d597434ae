//! What is half watched (Trakt's contract, `/sync/playback`).

use chrono::{DateTime, Utc};
use serde::de::IgnoredAny;

use super::{Extended, PAGE_BYTES, Query, between, extended, segments};
use crate::{Auth, Endpoint, Items, Method, Paged, PlaybackItem};

/// Which part of what is half watched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlaybackOf {
    /// All of it.
    #[default]
    All,
    /// The movies.
    Movies,
    /// The episodes.
    Episodes,
}

/// `GET /sync/playback[/{type}]`: where players stopped, the newest first. Trakt keeps six months.
///
/// ```no_run
/// # use trakt_api::{AccessToken, Call, Client};
/// use trakt_api::endpoints::{GetPlayback, RemovePlayback};
/// # fn example(client: &Client, token: &AccessToken) -> Result<(), trakt_api::Error> {
/// for page in client.pages(&GetPlayback::default(), Call::of(token)) {
///     for half in page?.items.into_iter().filter(|half| half.progress > 95.0) {
///         client.send(&RemovePlayback { id: half.id }, Call::of(token))?;
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct GetPlayback {
    /// Of what.
    pub of: PlaybackOf,
    /// None that was paused before.
    pub start_at: Option<DateTime<Utc>>,
    /// None that was paused after.
    pub end_at: Option<DateTime<Utc>>,
    /// How much of each.
    pub extended: Option<Extended>,
}

impl Endpoint for GetPlayback {
    type Reply = Items<PlaybackItem>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        match self.of {
            PlaybackOf::All => segments(["sync", "playback"]),
            PlaybackOf::Movies => segments(["sync", "playback", "movies"]),
            PlaybackOf::Episodes => segments(["sync", "playback", "episodes"]),
        }
    }

    fn query(&self) -> Query {
        let mut query = between(self.start_at, self.end_at);
        query.extend(extended(self.extended));
        query
    }
}

impl Paged for GetPlayback {
    type Item = PlaybackItem;
}

/// `DELETE /sync/playback/{id}`: forgets where a player stopped. 404 where there is none.
#[derive(Clone, Copy, Debug)]
pub struct RemovePlayback {
    /// [`PlaybackItem::id`].
    pub id: i64,
}

impl Endpoint for RemovePlayback {
    type Reply = IgnoredAny;
    const METHOD: Method = Method::Delete;
    const AUTH: Auth = Auth::User;

    fn path(&self) -> Vec<String> {
        segments(["sync", "playback", &self.id.to_string()])
    }
}
