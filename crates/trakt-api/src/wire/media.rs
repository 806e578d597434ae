//! Movies, shows, seasons and episodes.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

use super::{
    EpisodeType, Ids, Status, addresses, day, if_object, if_readable, maybe_object, strings,
};

/// A movie. Inside the lists of a user it is a snapshot that Trakt keeps: ask for the movie itself
/// where it matters. All but the first three is there only with [`Extended::Full`].
///
/// [`Extended::Full`]: crate::endpoints::Extended::Full
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Movie {
    /// Its title in English.
    #[serde(deserialize_with = "if_readable")]
    pub title: Option<String>,
    /// Of its release.
    #[serde(deserialize_with = "if_readable")]
    pub year: Option<i32>,
    /// All that are known.
    #[serde(deserialize_with = "if_object")]
    pub ids: Ids,
    /// What it is about.
    #[serde(deserialize_with = "if_readable")]
    pub overview: Option<String>,
    /// One line.
    #[serde(deserialize_with = "if_readable")]
    pub tagline: Option<String>,
    /// The day of its release.
    #[serde(deserialize_with = "day")]
    pub released: Option<NaiveDate>,
    /// In minutes.
    #[serde(deserialize_with = "if_readable")]
    pub runtime: Option<u32>,
    /// Two letters.
    #[serde(deserialize_with = "if_readable")]
    pub country: Option<String>,
    /// Two letters.
    #[serde(deserialize_with = "if_readable")]
    pub language: Option<String>,
    /// Whether it is out.
    #[serde(deserialize_with = "if_readable")]
    pub status: Option<Status>,
    /// Of all users, 0 to 10.
    #[serde(deserialize_with = "if_readable")]
    pub rating: Option<f64>,
    /// How many rated it.
    #[serde(deserialize_with = "if_readable")]
    pub votes: Option<u64>,
    /// By what age.
    #[serde(deserialize_with = "if_readable")]
    pub certification: Option<String>,
    /// By slug.
    #[serde(deserialize_with = "strings")]
    pub genres: Vec<String>,
    /// An address.
    #[serde(deserialize_with = "if_readable")]
    pub trailer: Option<String>,
    /// An address.
    #[serde(deserialize_with = "if_readable")]
    pub homepage: Option<String>,
    /// When Trakt changed it last.
    #[serde(deserialize_with = "if_readable")]
    pub updated_at: Option<DateTime<Utc>>,
    /// Addresses without their scheme.
    #[serde(deserialize_with = "maybe_object")]
    pub images: Option<Box<Images>>,
}

/// A show. See [`Movie`] for what is there.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Show {
    /// Its title in English.
    #[serde(deserialize_with = "if_readable")]
    pub title: Option<String>,
    /// Of its first episode.
    #[serde(deserialize_with = "if_readable")]
    pub year: Option<i32>,
    /// All that are known.
    #[serde(deserialize_with = "if_object")]
    pub ids: Ids,
    /// How many episodes have aired, specials left out.
    #[serde(deserialize_with = "if_readable")]
    pub aired_episodes: Option<u32>,
    /// What it is about.
    #[serde(deserialize_with = "if_readable")]
    pub overview: Option<String>,
    /// When its first episode aired.
    #[serde(deserialize_with = "if_readable")]
    pub first_aired: Option<DateTime<Utc>>,
    /// When it is on.
    #[serde(deserialize_with = "maybe_object")]
    pub airs: Option<Airs>,
    /// Of an episode, in minutes.
    #[serde(deserialize_with = "if_readable")]
    pub runtime: Option<u32>,
    /// By what age.
    #[serde(deserialize_with = "if_readable")]
    pub certification: Option<String>,
    /// Where it is on.
    #[serde(deserialize_with = "if_readable")]
    pub network: Option<String>,
    /// Two letters.
    #[serde(deserialize_with = "if_readable")]
    pub country: Option<String>,
    /// Two letters.
    #[serde(deserialize_with = "if_readable")]
    pub language: Option<String>,
    /// Whether it goes on.
    #[serde(deserialize_with = "if_readable")]
    pub status: Option<Status>,
    /// Of all users, 0 to 10.
    #[serde(deserialize_with = "if_readable")]
    pub rating: Option<f64>,
    /// How many rated it.
    #[serde(deserialize_with = "if_readable")]
    pub votes: Option<u64>,
    /// By slug.
    #[serde(deserialize_with = "strings")]
    pub genres: Vec<String>,
    /// An address.
    #[serde(deserialize_with = "if_readable")]
    pub trailer: Option<String>,
    /// An address.
    #[serde(deserialize_with = "if_readable")]
    pub homepage: Option<String>,
    /// When Trakt changed it last.
    #[serde(deserialize_with = "if_readable")]
    pub updated_at: Option<DateTime<Utc>>,
    /// Addresses without their scheme.
    #[serde(deserialize_with = "maybe_object")]
    pub images: Option<Box<Images>>,
}

/// When a show is on, by the clock of where it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Airs {
    /// `Sunday`.
    #[serde(deserialize_with = "if_readable")]
    pub day: Option<String>,
    /// `21:00`.
    #[serde(deserialize_with = "if_readable")]
    pub time: Option<String>,
    /// `America/New_York`.
    #[serde(deserialize_with = "if_readable")]
    pub timezone: Option<String>,
}

/// A season of a show. See [`Movie`] for what is there.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Season {
    /// From 1; 0 are the specials.
    pub number: u32,
    /// All that are known.
    #[serde(default, deserialize_with = "if_object")]
    pub ids: Ids,
    /// Its name, where it has one.
    #[serde(default, deserialize_with = "if_readable")]
    pub title: Option<String>,
    /// What it is about.
    #[serde(default, deserialize_with = "if_readable")]
    pub overview: Option<String>,
    /// How many episodes it has.
    #[serde(default, deserialize_with = "if_readable")]
    pub episode_count: Option<u32>,
    /// How many of them have aired.
    #[serde(default, deserialize_with = "if_readable")]
    pub aired_episodes: Option<u32>,
    /// When its first episode aired.
    #[serde(default, deserialize_with = "if_readable")]
    pub first_aired: Option<DateTime<Utc>>,
    /// Of all users, 0 to 10.
    #[serde(default, deserialize_with = "if_readable")]
    pub rating: Option<f64>,
    /// How many rated it.
    #[serde(default, deserialize_with = "if_readable")]
    pub votes: Option<u64>,
}

/// An episode of a show. See [`Movie`] for what is there.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct Episode {
    /// The season's number: 0 are the specials.
    pub season: u32,
    /// Its number in the season.
    pub number: u32,
    /// All that are known.
    #[serde(default, deserialize_with = "if_object")]
    pub ids: Ids,
    /// Its title in English, where it has one.
    #[serde(default, deserialize_with = "if_readable")]
    pub title: Option<String>,
    /// Its number in the show, where that is usual.
    #[serde(default, deserialize_with = "if_readable")]
    pub number_abs: Option<u32>,
    /// What it is about.
    #[serde(default, deserialize_with = "if_readable")]
    pub overview: Option<String>,
    /// When it aired or will.
    #[serde(default, deserialize_with = "if_readable")]
    pub first_aired: Option<DateTime<Utc>>,
    /// In minutes.
    #[serde(default, deserialize_with = "if_readable")]
    pub runtime: Option<u32>,
    /// Its place in the season.
    #[serde(default, deserialize_with = "if_readable")]
    pub episode_type: Option<EpisodeType>,
    /// Of all users, 0 to 10.
    #[serde(default, deserialize_with = "if_readable")]
    pub rating: Option<f64>,
    /// How many rated it.
    #[serde(default, deserialize_with = "if_readable")]
    pub votes: Option<u64>,
    /// When Trakt changed it last.
    #[serde(default, deserialize_with = "if_readable")]
    pub updated_at: Option<DateTime<Utc>>,
    /// Addresses without their scheme.
    #[serde(default, deserialize_with = "maybe_object")]
    pub images: Option<Box<Images>>,
}

/// A person, as a search finds them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Person {
    /// Their name.
    #[serde(deserialize_with = "if_readable")]
    pub name: Option<String>,
    /// All that are known.
    #[serde(deserialize_with = "if_object")]
    pub ids: Ids,
}

/// Something that nothing but its ids names.
pub(super) trait Thing {
    fn ids(&self) -> &Ids;
}

macro_rules! thing {
    ($($name:ident)*) => {$(
        impl Thing for $name {
            fn ids(&self) -> &Ids {
                &self.ids
            }
        }
    )*};
}

thing!(Movie Show Person);

/// Addresses of images, without their scheme. Trakt wants them to be copied, not linked to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Images {
    /// Wide.
    #[serde(deserialize_with = "addresses")]
    pub fanart: Vec<String>,
    /// Tall.
    #[serde(deserialize_with = "addresses")]
    pub poster: Vec<String>,
    /// The title as it is drawn.
    #[serde(deserialize_with = "addresses")]
    pub logo: Vec<String>,
    /// Cut out.
    #[serde(deserialize_with = "addresses")]
    pub clearart: Vec<String>,
    /// Very wide.
    #[serde(deserialize_with = "addresses")]
    pub banner: Vec<String>,
    /// Small.
    #[serde(deserialize_with = "addresses")]
    pub thumb: Vec<String>,
    /// Of an episode.
    #[serde(deserialize_with = "addresses")]
    pub screenshot: Vec<String>,
}
