//! The favorites (Trakt's contract, `/sync/favorites`).

use serde_json::Value;

use super::{Extended, PAGE_BYTES, Query, extended, json, segments};
use crate::{Auth, Changed, Endpoint, Favorites, Items, ListItem, Method, Note, Paged, Plain};

/// Which part of the favorites.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FavoritesOf {
    /// All of them.
    #[default]
    All,
    /// The movies.
    Movies,
    /// The shows.
    Shows,
}

/// `GET /sync/favorites[/{type}/{sort_by}/{sort_how}]`: what the user would recommend, in the order
/// of their rank.
#[derive(Clone, Copy, Debug, Default)]
pub struct GetFavorites {
    /// Of what.
    pub of: FavoritesOf,
    /// How much of each.
    pub extended: Option<Extended>,
}

impl Endpoint for GetFavorites {
    type Reply = Items<ListItem>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        let of = match self.of {
            FavoritesOf::All => "media",
            FavoritesOf::Movies => "movies",
            FavoritesOf::Shows => "shows",
        };
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
    pub items: &'a Favorites<Note>,
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
/// use trakt_api::{Entry, Favorites, Ids, Plain};
/// # fn example(client: &Client, token: &AccessToken) -> Result<(), trakt_api::Error> {
/// let movie = Entry { item: Ids::trakt(1).into(), with: Plain {} };
/// let items = Favorites { movies: vec![movie], ..Favorites::default() };
/// let changed = client.send(&RemoveFromFavorites { items: &items }, Call::of(token))?;
/// println!("{} removed", changed.deleted.movies);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RemoveFromFavorites<'a> {
    /// What.
    pub items: &'a Favorites<Plain>,
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
