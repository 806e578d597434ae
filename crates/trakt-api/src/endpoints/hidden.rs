//! What a user does not want to see (Trakt's contract, `/users/hidden`).

use serde_json::Value;

use super::{Extended, PAGE_BYTES, Query, extended, json, segments};
use crate::{Auth, Changed, Endpoint, Favorites, HiddenItem, Items, Method, Paged, Plain};

/// From where things are hidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HiddenFrom {
    /// The calendars.
    Calendar,
    /// What is to be watched next.
    ProgressWatched,
    /// The recommendations.
    Recommendations,
    /// Everywhere: the user gave them up.
    Dropped,
}

impl HiddenFrom {
    fn section(self) -> &'static str {
        match self {
            Self::Calendar => "calendar",
            Self::ProgressWatched => "progress_watched",
            Self::Recommendations => "recommendations",
            Self::Dropped => "dropped",
        }
    }
}

/// `GET /users/hidden/{section}?type=show`: the shows that are hidden, the newest first.
///
/// ```no_run
/// # use trakt_api::{AccessToken, Call, Client};
/// use trakt_api::endpoints::{GetHiddenShows, HiddenFrom};
/// # fn example(client: &Client, token: &AccessToken) -> Result<(), trakt_api::Error> {
/// let dropped = GetHiddenShows { from: HiddenFrom::Dropped, extended: None };
/// for page in client.pages(&dropped, Call::of(token)) {
///     for show in page?.items {
///         println!("{:?} since {:?}", show.media.ids(), show.hidden_at);
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct GetHiddenShows {
    /// From where.
    pub from: HiddenFrom,
    /// How much of each.
    pub extended: Option<Extended>,
}

impl Endpoint for GetHiddenShows {
    type Reply = Items<HiddenItem>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["users", "hidden", self.from.section()])
    }

    fn query(&self) -> Query {
        // Only shows can be dropped, and that list has no such filter.
        let shows = self.from != HiddenFrom::Dropped;
        let kind = shows.then(|| ("type", "show".to_owned()));
        kind.into_iter().chain(extended(self.extended)).collect()
    }
}

impl Paged for GetHiddenShows {
    type Item = HiddenItem;
}

/// `POST /users/hidden/{section}/remove`: shows movies and shows again.
#[derive(Clone, Copy, Debug)]
pub struct RemoveHidden<'a> {
    /// Where.
    pub from: HiddenFrom,
    /// What.
    pub items: &'a Favorites<Plain>,
}

impl Endpoint for RemoveHidden<'_> {
    type Reply = Changed;
    const METHOD: Method = Method::Post;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        segments(["users", "hidden", self.from.section(), "remove"])
    }

    fn body(&self) -> Option<Value> {
        json(self.items)
    }
}
