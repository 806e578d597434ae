//! Words of Trakt's: a word that is not known here is kept as it came, so that one new word does
//! not cost a list.

/// An enum of words that can be read and written, with a place for those that are not known.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$note:meta])* $word:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$note])* $word,)+
            /// A word that is not known here, as it came.
            Other(Box<str>),
        }

        impl $name {
            /// The word as Trakt writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$word => $text,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    $($text => Self::$word,)+
                    other => Self::Other(other.into()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let word = std::borrow::Cow::<'_, str>::deserialize(from)?;
                Ok(Self::from(&*word))
            }
        }
    };
}

words! {
    /// What kind of thing an item is.
    Kind {
        /// A movie.
        Movie = "movie",
        /// A show as a whole.
        Show = "show",
        /// A season of a show.
        Season = "season",
        /// An episode of a show.
        Episode = "episode",
        /// A person.
        Person = "person",
        /// A list of a user's.
        List = "list",
    }
}

words! {
    /// How a play came to be, or what a scrobble did.
    Action {
        /// Added to the history.
        Watch = "watch",
        /// Watched to the end in a player.
        Scrobble = "scrobble",
        /// Checked in.
        Checkin = "checkin",
        /// A player began.
        Start = "start",
        /// A player stopped on the way: the progress is kept.
        Pause = "pause",
        /// What Trakt's contract calls [`Self::Scrobble`] in the answer of `scrobble/stop`.
        Stop = "stop",
    }
}

words! {
    /// Whether a show or a movie is out, and goes on.
    Status {
        /// Goes on.
        Returning = "returning series",
        /// Goes on, and a season is being made.
        Continuing = "continuing",
        /// Being made.
        InProduction = "in production",
        /// To be made.
        Planned = "planned",
        /// Announced.
        Upcoming = "upcoming",
        /// A first episode was made.
        Pilot = "pilot",
        /// Stopped before its end.
        Canceled = "canceled",
        /// At its end.
        Ended = "ended",
        /// A movie that is out.
        Released = "released",
        /// A movie that is cut.
        PostProduction = "post production",
        /// A movie of which nothing more is known.
        Rumored = "rumored",
    }
}

words! {
    /// The place of an episode in its season.
    EpisodeType {
        /// Any.
        Standard = "standard",
        /// The first of a show.
        SeriesPremiere = "series_premiere",
        /// The first of a season.
        SeasonPremiere = "season_premiere",
        /// The last before a break.
        MidSeasonFinale = "mid_season_finale",
        /// The first after a break.
        MidSeasonPremiere = "mid_season_premiere",
        /// The last of a season.
        SeasonFinale = "season_finale",
        /// The last of a show.
        SeriesFinale = "series_finale",
    }
}

words! {
    /// The ids that a search can begin with (`GET /search/{id_type}/{id}`).
    IdType {
        /// Trakt's number.
        Trakt = "trakt",
        /// `tt` and digits.
        Imdb = "imdb",
        /// The Movie Database.
        Tmdb = "tmdb",
        /// TheTVDB.
        Tvdb = "tvdb",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_not_known_is_kept() {
        for word in ["movie", "podcast", "", "Movie", "mov\\u0069e\\u2028"] {
            let json = format!("\"{word}\"");
            let text: String = serde_json::from_str(&json).unwrap();
            let kind: Kind = serde_json::from_str(&json).unwrap();
            assert_eq!(kind.as_str(), text);
            assert_eq!(kind == Kind::Movie, text == "movie");
            let written: String =
                serde_json::from_str(&serde_json::to_string(&kind).unwrap()).unwrap();
            assert_eq!(written, text);
        }
    }
}
