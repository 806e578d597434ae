//! The collection: what the user owns (Trakt's contract, `/sync/collection`).

use serde_json::Value;

use super::{Extended, PAGE_BYTES, Query, extended, json, segments};
use crate::{
    Auth, Batch, Changed, Collect, CollectedMovie, CollectedShow, Endpoint, Items, Method, Paged,
    Plain,
};

/// `GET /sync/collection/movies`: the movies of the collection.
#[derive(Clone, Copy, Debug, Default)]
pub struct GetCollectedMovies {
    /// How much of each.
    pub extended: Option<Extended>,
}

impl Endpoint for GetCollectedMovies {
    type Reply = Items<CollectedMovie>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["sync", "collection", "movies"])
    }

    fn query(&self) -> Query {
        extended(self.extended)
    }
}

impl Paged for GetCollectedMovies {
    type Item = CollectedMovie;
}

/// `GET /sync/collection/shows`: the shows of the collection, with their episodes.
#[derive(Clone, Copy, Debug, Default)]
pub struct GetCollectedShows {
    /// How much of each.
    pub extended: Option<Extended>,
}

impl Endpoint for GetCollectedShows {
    type Reply = Items<CollectedShow>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["sync", "collection", "shows"])
    }

    fn query(&self) -> Query {
        extended(self.extended)
    }
}

impl Paged for GetCollectedShows {
    type Item = CollectedShow;
}

/// `POST /sync/collection`: adds to it. 420 where the account's limit is reached.
///
/// ```no_run
/// # use trakt_api::{AccessToken, Call, Client};
/// use trakt_api::endpoints::AddToCollection;
/// use trakt_api::{Batch, Collect, Extent, Ids, SeasonEntry, ShowEntry};
/// # fn example(client: &Client, token: &AccessToken) -> Result<(), trakt_api::Error> {
/// let season = SeasonEntry { number: 1, extent: Extent::Whole(Collect::default()) };
/// let show = ShowEntry { item: Ids::tvdb(81189).into(), extent: Extent::Parts(vec![season]) };
/// let items = Batch { shows: vec![show], ..Batch::default() };
/// client.send(&AddToCollection { items: &items }, Call::of(token))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AddToCollection<'a> {
    /// What.
    pub items: &'a Batch<Collect>,
}

impl Endpoint for AddToCollection<'_> {
    type Reply = Changed;
    const METHOD: Method = Method::Post;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["sync", "collection"])
    }

    fn body(&self) -> Option<Value> {
        json(self.items)
    }
}

/// `POST /sync/collection/remove`: removes from it.
#[derive(Clone, Copy, Debug)]
pub struct RemoveFromCollection<'a> {
    /// What.
    pub items: &'a Batch<Plain>,
}

impl Endpoint for RemoveFromCollection<'_> {
    type Reply = Changed;
    const METHOD: Method = Method::Post;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["sync", "collection", "remove"])
    }

    fn body(&self) -> Option<Value> {
        json(self.items)
    }
}
