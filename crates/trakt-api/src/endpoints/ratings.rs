//! The ratings (Trakt's contract, `/sync/ratings`).

use serde_json::Value;

use super::{Extended, Of, PAGE_BYTES, Query, extended, json, segments};
use crate::{
    Auth, Batch, Changed, Endpoint, Items, Method, Paged, Plain, Rate, Rating, RatingItem,
};

/// `GET /sync/ratings[/{type}[/{rating}]]`: what the user rated.
#[derive(Clone, Copy, Debug, Default)]
pub struct GetRatings {
    /// Of what.
    pub of: Of,
    /// Only those with this rating. Only together with a kind: Trakt has no other path.
    pub rating: Option<Rating>,
    /// How much of each.
    pub extended: Option<Extended>,
}

impl Endpoint for GetRatings {
    type Reply = Items<RatingItem>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        let mut path = segments(["sync", "ratings"]);
        // `all` is Trakt's own word, wanted where a rating follows.
        let all = self.rating.map(|_| "all");
        path.extend(self.of.segment().or(all).map(str::to_owned));
        path.extend(self.rating.map(|rating| rating.get().to_string()));
        path
    }

    fn query(&self) -> Query {
        extended(self.extended)
    }
}

impl Paged for GetRatings {
    type Item = RatingItem;
}

/// `POST /sync/ratings`: rates; a rating that is there is replaced.
///
/// ```no_run
/// # use trakt_api::{AccessToken, Call, Client};
/// use trakt_api::endpoints::AddRatings;
/// use trakt_api::{Batch, Entry, Ids, Rate, Rating};
/// # fn example(client: &Client, token: &AccessToken) -> Result<(), trakt_api::Error> {
/// if let Some(rating) = Rating::new(9) {
///     let movie = Entry { item: Ids::trakt(1).into(), with: Rate { rating, rated_at: None } };
///     let ratings = Batch { movies: vec![movie], ..Batch::default() };
///     client.send(&AddRatings { ratings: &ratings }, Call::of(token))?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AddRatings<'a> {
    /// What, and how.
    pub ratings: &'a Batch<Rate>,
}

impl Endpoint for AddRatings<'_> {
    type Reply = Changed;
    const METHOD: Method = Method::Post;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["sync", "ratings"])
    }

    fn body(&self) -> Option<Value> {
        json(self.ratings)
    }
}

/// `POST /sync/ratings/remove`: takes ratings back.
#[derive(Clone, Copy, Debug)]
pub struct RemoveRatings<'a> {
    /// Of what.
    pub items: &'a Batch<Plain>,
}

impl Endpoint for RemoveRatings<'_> {
    type Reply = Changed;
    const METHOD: Method = Method::Post;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["sync", "ratings", "remove"])
    }

    fn body(&self) -> Option<Value> {
        json(self.items)
    }
}
