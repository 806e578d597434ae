//! The history: every play of a user's (Trakt's contract, `/sync/history`).

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::{Extended, PAGE_BYTES, Query, between, extended, json, segments};
use crate::{
    Auth, Batch, Changed, Endpoint, HistoryItem, Items, LastActivities, Method, Paged, Plain, Play,
};

/// `GET /sync/last_activities`: when what of the user's changed last. The cheap question that
/// comes before any other.
///
/// ```no_run
/// # use trakt_api::{AccessToken, Call, Client};
/// use trakt_api::endpoints::GetLastActivities;
/// # fn example(client: &Client, token: &AccessToken) -> Result<(), trakt_api::Error> {
/// let last = client.send(&GetLastActivities, Call::of(token))?;
/// # let stored = None;
/// if last.movies.watched_at.is_none() || last.movies.watched_at != stored {
///     // Movies were watched, or removed from the history, or nobody knows: read them again.
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct GetLastActivities;

impl Endpoint for GetLastActivities {
    type Reply = LastActivities;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;

    fn path(&self) -> Vec<String> {
        segments(["sync", "last_activities"])
    }
}

/// Which part of the history. A single thing goes by Trakt's number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistoryOf {
    /// All of it.
    #[default]
    All,
    /// The plays of movies.
    Movies,
    /// The plays of episodes.
    Episodes,
    /// The plays of a movie.
    Movie(i64),
    /// The plays of a show's episodes.
    Show(i64),
    /// The plays of a season's episodes.
    Season(i64),
    /// The plays of an episode.
    Episode(i64),
}

/// `GET /sync/history[/{type}[/{id}]]`: plays, the newest first. The times are those of
/// watching: a play that is added today for last year is not among those of today.
///
/// ```no_run
/// # use trakt_api::{AccessToken, Call, Client};
/// use trakt_api::endpoints::{GetHistory, HistoryOf};
/// # fn example(client: &Client, token: &AccessToken) -> Result<(), trakt_api::Error> {
/// let movies = GetHistory { of: HistoryOf::Movies, ..GetHistory::default() };
/// for page in client.pages(&movies, Call::of(token)) {
///     for play in page?.items {
///         println!("{}: {:?} at {:?}", play.id, play.media, play.watched_at);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct GetHistory {
    /// Of what.
    pub of: HistoryOf,
    /// None that was watched before.
    pub start_at: Option<DateTime<Utc>>,
    /// None that was watched after.
    pub end_at: Option<DateTime<Utc>>,
    /// How much of each.
    pub extended: Option<Extended>,
}

impl Endpoint for GetHistory {
    type Reply = Items<HistoryItem>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        let mut path = segments(["sync", "history"]);
        let (kind, id) = match self.of {
            HistoryOf::All => return path,
            HistoryOf::Movies => ("movies", None),
            HistoryOf::Episodes => ("episodes", None),
            HistoryOf::Movie(id) => ("movies", Some(id)),
            HistoryOf::Show(id) => ("shows", Some(id)),
            HistoryOf::Season(id) => ("seasons", Some(id)),
            HistoryOf::Episode(id) => ("episodes", Some(id)),
        };
        path.push(kind.to_owned());
        path.extend(id.map(|id| id.to_string()));
        path
    }

    fn query(&self) -> Query {
        let mut query = between(self.start_at, self.end_at);
        query.extend(extended(self.extended));
        query
    }
}

impl Paged for GetHistory {
    type Item = HistoryItem;
}

/// `POST /sync/history`: adds plays. **Trakt keeps each that it is sent**: the same one twice is
/// two plays. After an answer that did not come, read the history before you send it again.
///
/// ```no_run
/// # use trakt_api::{AccessToken, Call, Client};
/// use trakt_api::endpoints::AddToHistory;
/// use trakt_api::{Batch, Entry, Ids, Outcome, Play, WatchedAt};
/// # fn example(client: &Client, token: &AccessToken) -> Result<(), trakt_api::Error> {
/// let movie = Entry { item: Ids::imdb("tt0372784").into(), with: Play { watched_at: WatchedAt::Released } };
/// let plays = Batch { movies: vec![movie], ..Batch::default() };
/// match client.send(&AddToHistory { plays: &plays }, Call::of(token)) {
///     Ok(changed) => println!("{} added, all known: {}", changed.added.movies, changed.not_found.is_empty()),
///     Err(error) if error.outcome() == Outcome::Unknown => println!("look before you send it again"),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AddToHistory<'a> {
    /// What, and when. A show without seasons is all of its episodes.
    pub plays: &'a Batch<Play>,
}

impl Endpoint for AddToHistory<'_> {
    type Reply = Changed;
    const METHOD: Method = Method::Post;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["sync", "history"])
    }

    fn body(&self) -> Option<Value> {
        json(self.plays)
    }
}

/// `POST /sync/history/remove`: removes single plays by their ids, or all plays of a thing.
#[derive(Clone, Copy, Debug)]
pub struct RemoveFromHistory<'a> {
    /// Single plays: [`HistoryItem::id`].
    pub ids: &'a [i64],
    /// **All** plays of these.
    pub all_of: &'a Batch<Plain>,
}

impl Endpoint for RemoveFromHistory<'_> {
    type Reply = Changed;
    const METHOD: Method = Method::Post;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["sync", "history", "remove"])
    }

    fn body(&self) -> Option<Value> {
        #[derive(Serialize)]
        struct Body<'a> {
            #[serde(flatten)]
            all_of: &'a Batch<Plain>,
            #[serde(skip_serializing_if = "<[i64]>::is_empty")]
            ids: &'a [i64],
        }
        json(&Body {
            all_of: self.all_of,
            ids: self.ids,
        })
    }
}
