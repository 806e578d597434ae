//! What is found, recommended, and on.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

use super::{Episode, Media, Movie, Show, about, day, if_readable, object, thing};

about! {
    /// An item of `GET /search/{type}` and `GET /search/{id_type}/{id}`.
    SearchResult(Media) {
        /// How well it fits, the larger the better; without a text to fit to, none.
        #[serde(default, deserialize_with = "if_readable")]
        score: Option<f64>,
    }
}

/// An item of `GET /calendars/my/shows/{start_date}/{days}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CalendarShow {
    /// When it airs.
    pub first_aired: DateTime<Utc>,
    /// What.
    #[serde(deserialize_with = "object")]
    pub episode: Episode,
    /// Of what.
    #[serde(deserialize_with = "thing")]
    pub show: Show,
}

/// An item of `GET /calendars/my/movies/{start_date}/{days}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CalendarMovie {
    /// The day of its release.
    #[serde(default, deserialize_with = "day")]
    pub released: Option<NaiveDate>,
    /// What.
    #[serde(deserialize_with = "thing")]
    pub movie: Movie,
}
