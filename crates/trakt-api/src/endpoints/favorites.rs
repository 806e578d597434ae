//! The favorites (Trakt's contract, `/sync/favorites`).

use serde_json::Value;

use super::{Extended, Of, PAGE_BYTES, Query, extended, json, segments};
use crate::{Auth, Batch, Changed, Endpoint, Items, ListItem, Method, Note, Paged, Plain};

/// `GET /sync/favorites[/{type}/{sort_by}/{sort_how}]`: what the user would recommend, in the order of their rank.
#[derive(Clone, Copy, Debug, Default)]
pub struct GetFavorites {
    /// Of what: [`Of::All`], [`Of::Movies`] or [`Of::Shows`].
    pub of: Of,
    /// How much of each.
    pub extended: Option<Extended>,
}

impl Endpoint for GetFavorites {
    type Reply = Items<ListItem>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        let of = self.of.segment().unwrap_or("media");
        segments(["sync", "favorites", of, "rank", "asc"])
    }

    fn query(&self) -> Query {
        extended(self.extended)
    }
}

impl Paged for GetFavorites {
    type Item = ListItem;
}

/// `POST /sync/favorites`: adds to it. What is there already is counted as such. 420 where the
/// account's limit is reached.
#[derive(Clone, Copy, Debug)]
pub struct AddToFavorites<'a> {
    /// What.
    pub items: &'a Batch<Note>,
}

impl Endpoint for AddToFavorites<'_> {
    type Reply = Changed;
    const METHOD: Method = Method::Post;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["sync", "favorites"])
    }

    fn body(&self) -> Option<Value> {
        json(self.items)
    }
}

/// `POST /sync/favorites/remove`: removes from it.
///
/// ```no_run
/// # use trakt_api::{AccessToken, Call, Client};
/// use trakt_api::endpoints::RemoveFromFavorites;
/// use trakt_api::{Batch, Entry, Ids, Plain};
/// # fn example(client: &Client, token: &AccessToken) -> Result<(), trakt_api::Error> {
/// let movie = Entry { item: Ids::trakt(1).into(), with: Plain {} };
/// let items = Batch { movies: vec![movie], ..Batch::default() };
/// let changed = client.send(&RemoveFromFavorites { items: &items }, Call::of(token))?;
/// println!("{} removed", changed.deleted.movies);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RemoveFromFavorites<'a> {
    /// What.
    pub items: &'a Batch<Plain>,
}

impl Endpoint for RemoveFromFavorites<'_> {
    type Reply = Changed;
    const METHOD: Method = Method::Post;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["sync", "favorites", "remove"])
    }

    fn body(&self) -> Option<Value> {
        json(self.items)
    }
}
