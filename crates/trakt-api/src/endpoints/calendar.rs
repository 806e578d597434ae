//! What of the user's is on (Trakt's contract, `/calendars`).

use chrono::NaiveDate;

use super::{Extended, PAGE_BYTES, Query, extended, segments};
use crate::{Auth, CalendarMovie, CalendarShow, Endpoint, Items, Method};

/// `GET /calendars/my/shows/{start_date}/{days}`: episodes of the user's shows that air then. The
/// days are those of UTC.
///
/// ```no_run
/// # use trakt_api::{AccessToken, Call, Client};
/// use trakt_api::endpoints::GetMyShows;
/// # fn example(client: &Client, token: &AccessToken) -> Result<(), trakt_api::Error> {
/// # let today = chrono::NaiveDate::default();
/// let week = GetMyShows { start_date: today, days: 7, extended: None };
/// for soon in client.send(&week, Call::of(token))?.items {
///     println!("{:?} at {}", soon.show.title, soon.first_aired);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct GetMyShows {
    /// The first day.
    pub start_date: NaiveDate,
    /// How many days: 1 to 33.
    pub days: u32,
    /// How much of each.
    pub extended: Option<Extended>,
}

impl Endpoint for GetMyShows {
    type Reply = Items<CalendarShow>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        path("shows", self.start_date, self.days)
    }

    fn query(&self) -> Query {
        extended(self.extended)
    }
}

/// `GET /calendars/my/movies/{start_date}/{days}`: the user's movies that are released then.
#[derive(Clone, Copy, Debug)]
pub struct GetMyMovies {
    /// The first day.
    pub start_date: NaiveDate,
    /// How many days: 1 to 33.
    pub days: u32,
    /// How much of each.
    pub extended: Option<Extended>,
}

impl Endpoint for GetMyMovies {
    type Reply = Items<CalendarMovie>;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;
    const MAX_REPLY: u64 = PAGE_BYTES;

    fn path(&self) -> Vec<String> {
        path("movies", self.start_date, self.days)
    }

    fn query(&self) -> Query {
        extended(self.extended)
    }
}

fn path(what: &str, start_date: NaiveDate, days: u32) -> Vec<String> {
    let (start_date, days) = (start_date.to_string(), days.to_string());
    segments(["calendars", "my", what, &start_date, &days])
}
