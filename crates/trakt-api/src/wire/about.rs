//! An item that is about one of several kinds of things.

use super::{Episode, Ids, Kind, Movie, Person, Season, Show};

/// What an item of a list is about: the value of its `type`, and the objects beside it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Media {
    /// A movie.
    Movie(Box<Movie>),
    /// A show as a whole.
    Show(Box<Show>),
    /// A season.
    Season {
        /// Which.
        season: Box<Season>,
        /// Of what, where Trakt says so.
        show: Option<Box<Show>>,
    },
    /// An episode.
    Episode {
        /// Which.
        episode: Box<Episode>,
        /// Of what, where Trakt says so.
        show: Option<Box<Show>>,
    },
    /// A person.
    Person(Box<Person>),
    /// Something that this crate does not know (a list, something new).
    Other(Kind),
}

impl Media {
    /// What kind of thing it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Movie(_) => Kind::Movie,
            Self::Show(_) => Kind::Show,
            Self::Season { .. } => Kind::Season,
            Self::Episode { .. } => Kind::Episode,
            Self::Person(_) => Kind::Person,
            Self::Other(kind) => kind.clone(),
        }
    }

    /// The ids of the thing itself: of an episode, not of its show.
    #[must_use]
    pub fn ids(&self) -> Option<&Ids> {
        match self {
            Self::Movie(movie) => Some(&movie.ids),
            Self::Show(show) => Some(&show.ids),
            Self::Season { season, .. } => Some(&season.ids),
            Self::Episode { episode, .. } => Some(&episode.ids),
            Self::Person(person) => Some(&person.ids),
            Self::Other(_) => None,
        }
    }
}

/// The objects of an item as Trakt sends them, beside its own fields.
pub(super) struct Parts {
    pub kind: Option<Kind>,
    pub movie: Option<Box<Movie>>,
    pub show: Option<Box<Show>>,
    pub season: Option<Box<Season>>,
    pub episode: Option<Box<Episode>>,
    pub person: Option<Box<Person>>,
}

impl TryFrom<Parts> for Media {
    type Error = &'static str;

    /// Goes by `type`; where it is missing (scrobbles, check-ins), by what is there.
    fn try_from(parts: Parts) -> Result<Self, Self::Error> {
        let Parts {
            kind,
            movie,
            show,
            season,
            episode,
            person,
        } = parts;
        // What has no ids names nothing, and whoever compares by them would take it for gone.
        let movie = movie.filter(|movie| !movie.ids.is_empty());
        let show = show.filter(|show| !show.ids.is_empty());
        let person = person.filter(|person| !person.ids.is_empty());
        let kind = kind.or(match (&movie, &episode, &season, &show) {
            (Some(_), ..) => Some(Kind::Movie),
            (_, Some(_), ..) => Some(Kind::Episode),
            (_, _, Some(_), _) => Some(Kind::Season),
            (_, _, _, Some(_)) => Some(Kind::Show),
            _ => None,
        });
        match kind {
            None => Err("it is about nothing"),
            Some(Kind::Movie) => movie.map(Self::Movie).ok_or("a movie is missing"),
            Some(Kind::Show) => show.map(Self::Show).ok_or("a show is missing"),
            // By ids of its own, or by its numbers in a show.
            Some(Kind::Season) => season
                .filter(|season| show.is_some() || !season.ids.is_empty())
                .map(|season| Self::Season { season, show })
                .ok_or("a season is missing"),
            Some(Kind::Episode) => episode
                .filter(|episode| show.is_some() || !episode.ids.is_empty())
                .map(|episode| Self::Episode { episode, show })
                .ok_or("an episode is missing"),
            Some(Kind::Person) => person.map(Self::Person).ok_or("a person is missing"),
            Some(other) => Ok(Self::Other(other)),
        }
    }
}

/// Where an answer may say nothing of what it is about.
impl TryFrom<Parts> for Option<Media> {
    type Error = &'static str;

    fn try_from(parts: Parts) -> Result<Self, Self::Error> {
        Ok(Media::try_from(parts).ok())
    }
}

/// An item with fields of its own, and a [`Media`] beside them. Read on the fly: `flatten` would
/// make a tree of whatever else is there, many times as large as its JSON.
macro_rules! about {
    (
        $(#[doc = $doc:literal])*
        $item:ident($media:ty) {
            $($(#[doc = $note:literal])* #[serde($($how:tt)*)] $field:ident: $type:ty,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $item {
            $($(#[doc = $note])* pub $field: $type,)*
            /// What.
            pub media: $media,
        }

        impl<'de> serde::Deserialize<'de> for $item {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                #[derive(serde::Deserialize)]
                struct Sent {
                    $(#[serde($($how)*)] $field: $type,)*
                    #[serde(rename = "type", default)]
                    kind: Option<$crate::wire::Kind>,
                    #[serde(default, deserialize_with = "super::maybe_object")]
                    movie: Option<Box<$crate::wire::Movie>>,
                    #[serde(default, deserialize_with = "super::maybe_object")]
                    show: Option<Box<$crate::wire::Show>>,
                    #[serde(default, deserialize_with = "super::maybe_object")]
                    season: Option<Box<$crate::wire::Season>>,
                    #[serde(default, deserialize_with = "super::maybe_object")]
                    episode: Option<Box<$crate::wire::Episode>>,
                    #[serde(default, deserialize_with = "super::maybe_object")]
                    person: Option<Box<$crate::wire::Person>>,
                }
                let Sent { $($field,)* kind, movie, show, season, episode, person } =
                    serde::Deserialize::deserialize(from)?;
                let parts = $crate::wire::about::Parts {
                    kind, movie, show, season, episode, person,
                };
                let media = parts.try_into().map_err(serde::de::Error::custom)?;
                Ok(Self { $($field,)* media })
            }
        }
    };
}

pub(super) use about;
