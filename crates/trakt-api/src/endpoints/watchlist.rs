//! The watchlist (Trakt's contract, `/sync/watchlist`).

use serde_json::Value;

use super::{Extended, Of, PAGE_BYTES, Query, extended, json, segments};
use crate::{Auth, Batch, Changed, Endpoint, Items, ListItem, Method, Note, Paged, Plain};

/// `GET /sync/watchlist[/{type}/{sort_by}/{sort_how}]`: what the user means to watch, in the order of their rank.
#[derive(Clone, Copy, Debug, Default)]
pub struct GetWatchlist {
    /// Of what.
    pub of: Of,
    /// How much of each.
    pub extended: Option<Extended>,
}

impl Endpoint for GetWatchlist {
    type Reply = Items<ListItem>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        let of = self.of.segment().unwrap_or("all");
        segments(["sync", "watchlist", of, "rank", "asc"])
    }

    fn query(&self) -> Query {
        extended(self.extended)
    }
}

impl Paged for GetWatchlist {
    type Item = ListItem;
}

/// `POST /sync/watchlist`: adds to it. What is there already is counted as such. 420 where the
/// account's limit is reached.
///
/// ```no_run
/// # use trakt_api::{AccessToken, Call, Client};
/// use trakt_api::endpoints::AddToWatchlist;
/// use trakt_api::{Batch, Class, Entry, Ids, Note};
/// # fn example(client: &Client, token: &AccessToken) -> Result<(), trakt_api::Error> {
/// let movie = Entry { item: Ids::tmdb(20526).into(), with: Note::default() };
/// let items = Batch { movies: vec![movie], ..Batch::default() };
/// match client.send(&AddToWatchlist { items: &items }, Call::of(token)) {
///     Ok(changed) => println!("{} new, {} there before", changed.added.movies, changed.existing.movies),
///     Err(error) if matches!(error.class(), Some(Class::AccountLimit { .. })) => println!("it is full"),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AddToWatchlist<'a> {
    /// What.
    pub items: &'a Batch<Note>,
}

impl Endpoint for AddToWatchlist<'_> {
    type Reply = Changed;
    const METHOD: Method = Method::Post;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["sync", "watchlist"])
    }

    fn body(&self) -> Option<Value> {
        json(self.items)
    }
}

/// `POST /sync/watchlist/remove`: removes from it.
#[derive(Clone, Copy, Debug)]
pub struct RemoveFromWatchlist<'a> {
    /// What.
    pub items: &'a Batch<Plain>,
}

impl Endpoint for RemoveFromWatchlist<'_> {
    type Reply = Changed;
    const METHOD: Method = Method::Post;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["sync", "watchlist", "remove"])
    }

    fn body(&self) -> Option<Value> {
        json(self.items)
    }
}
