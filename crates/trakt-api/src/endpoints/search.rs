//! Search (Trakt's contract, `/search`).

use super::{Extended, PAGE_BYTES, Query, extended, segments};
use crate::{Auth, Endpoint, IdType, Items, Kind, Method, Paged, SearchResult};

/// `GET /search/{type}?query=`: things whose titles and texts fit, the best first.
#[derive(Clone, Copy, Debug)]
pub struct SearchByText<'a> {
    /// Of what kinds: not empty.
    pub kinds: &'a [Kind],
    /// The text.
    pub query: &'a str,
    /// How much of each.
    pub extended: Option<Extended>,
}

impl Endpoint for SearchByText<'_> {
    type Reply = Items<SearchResult>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::Optional;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["search", &kinds(self.kinds)])
    }

    fn query(&self) -> Query {
        let mut query = vec![("query", self.query.to_owned())];
        query.extend(extended(self.extended));
        query
    }
}

impl Paged for SearchByText<'_> {
    type Item = SearchResult;
}

/// `GET /search/{id_type}/{id}`: the things with this id. Movies, shows and episodes have TMDB ids
/// of their own: name the kinds.
///
/// ```no_run
/// # use trakt_api::{Call, Client};
/// use trakt_api::endpoints::SearchById;
/// use trakt_api::{IdType, Kind};
/// # fn example(client: &Client) -> Result<(), trakt_api::Error> {
/// let movie = SearchById { id_type: IdType::Tmdb, id: "20526", kinds: &[Kind::Movie], extended: None };
/// for page in client.pages(&movie, Call::public()) {
///     for found in page?.items {
///         println!("{:?}", found.media.ids());
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SearchById<'a> {
    /// Whose id it is.
    pub id_type: IdType,
    /// The id.
    pub id: &'a str,
    /// Of what kinds; empty is any.
    pub kinds: &'a [Kind],
    /// How much of each.
    pub extended: Option<Extended>,
}

impl Endpoint for SearchById<'_> {
    type Reply = Items<SearchResult>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::Optional;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["search", self.id_type.as_str(), self.id])
    }

    fn query(&self) -> Query {
        let some = (!self.kinds.is_empty()).then(|| ("type", kinds(self.kinds)));
        some.into_iter().chain(extended(self.extended)).collect()
    }
}

impl Paged for SearchById<'_> {
    type Item = SearchResult;
}

fn kinds(kinds: &[Kind]) -> String {
    let words: Vec<_> = kinds.iter().map(Kind::as_str).collect();
    words.join(",")
}
