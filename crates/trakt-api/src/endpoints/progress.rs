//! How far a user is with a show, and what comes next.

use serde::de::IgnoredAny;

use super::{PROGRESS_BYTES, Query, segments};
use crate::{
    Auth, Endpoint, Items, Method, Paged, PathId, ProgressReset, UpNextItem, WatchedProgress,
};

/// `GET /shows/{id}/progress/watched`: how far the user is with a show. It may lag some seconds
/// behind a write.
///
/// ```no_run
/// # use trakt_api::{AccessToken, Call, Client};
/// use trakt_api::endpoints::GetWatchedProgress;
/// # fn example(client: &Client, token: &AccessToken) -> Result<(), trakt_api::Error> {
/// let progress = client.send(
///     &GetWatchedProgress {
///         show: "game-of-thrones".into(),
///         hidden: false,
///         specials: false,
///         count_specials: false,
///     },
///     Call::of(token),
/// )?;
/// println!("{} of {}, next {:?}", progress.completed, progress.aired, progress.next_episode);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct GetWatchedProgress<'a> {
    /// Which show.
    pub show: PathId<'a>,
    /// Whether hidden seasons are told.
    pub hidden: bool,
    /// Whether season 0 is told.
    pub specials: bool,
    /// Whether season 0 counts.
    pub count_specials: bool,
}

impl Endpoint for GetWatchedProgress<'_> {
    type Reply = WatchedProgress;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PROGRESS_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["shows", &self.show.to_string(), "progress", "watched"])
    }

    fn query(&self) -> Query {
        vec![
            ("hidden", self.hidden.to_string()),
            ("specials", self.specials.to_string()),
            ("count_specials", self.count_specials.to_string()),
        ]
    }
}

/// `POST /shows/{id}/progress/watched/reset`: the user watches a show anew; plays before now count
/// no more.
#[derive(Clone, Debug)]
pub struct ResetWatchedProgress<'a> {
    /// Which show.
    pub show: PathId<'a>,
}

impl Endpoint for ResetWatchedProgress<'_> {
    type Reply = Option<ProgressReset>;
    const METHOD: Method = Method::Post;
    const AUTH: Auth = Auth::User;

    fn path(&self) -> Vec<String> {
        let show = self.show.to_string();
        segments(["shows", &show, "progress", "watched", "reset"])
    }
}

/// `DELETE /shows/{id}/progress/watched/reset`: all plays count again.
#[derive(Clone, Debug)]
pub struct UndoWatchedReset<'a> {
    /// Which show.
    pub show: PathId<'a>,
}

impl Endpoint for UndoWatchedReset<'_> {
    type Reply = IgnoredAny;
    const METHOD: Method = Method::Delete;
    const AUTH: Auth = Auth::User;

    fn path(&self) -> Vec<String> {
        let show = self.show.to_string();
        segments(["shows", &show, "progress", "watched", "reset"])
    }
}

/// `GET /sync/progress/up_next`: the next episode of each show that was begun. Trakt does not
/// promise it to every application: build on the history, and use it where it is there.
#[derive(Clone, Copy, Debug, Default)]
pub struct GetUpNext;

impl Endpoint for GetUpNext {
    type Reply = Items<UpNextItem>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PROGRESS_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["sync", "progress", "up_next"])
    }
}

impl Paged for GetUpNext {
    type Item = UpNextItem;
    /// Trakt states 1337 items, whatever there is (trakt/trakt-api#926).
    const COUNTED: bool = false;
}
