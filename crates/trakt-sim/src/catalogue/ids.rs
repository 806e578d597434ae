//! The id spaces. An id is computed from an item's place in the catalogue and the other way
//! round, so that tens of thousands of episodes need no table.
//!
//! As at Trakt, each type of item counts its `trakt` ids from 1, so that movie 7 and show 7 are
//! different things, and no two spaces agree: a client that mixes them up finds the wrong item
//! or none.

use super::Item;

/// `base`, `base + step`, `base + 2 * step`, …
#[derive(Clone, Copy)]
struct Space {
    base: u64,
    step: u64,
}

impl Space {
    fn id(self, index: u32) -> u64 {
        self.base + self.step * u64::from(index)
    }

    fn index(self, id: u64) -> Option<u32> {
        let above = id.checked_sub(self.base)?;
        if above % self.step != 0 {
            return None;
        }
        u32::try_from(above / self.step).ok()
    }
}

/// The name of a space in `ids` and in the path of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdType {
    Trakt,
    Imdb,
    Tmdb,
    Tvdb,
}

impl IdType {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "trakt" => Some(Self::Trakt),
            "imdb" => Some(Self::Imdb),
            "tmdb" => Some(Self::Tmdb),
            "tvdb" => Some(Self::Tvdb),
            _ => None,
        }
    }
}

/// The types of item, each of which has spaces of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Movie,
    Show,
    Season,
    Episode,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Movie, Self::Show, Self::Season, Self::Episode];

    /// The item of this type at a place of the catalogue.
    pub(crate) fn item(self, index: u32) -> Item {
        match self {
            Self::Movie => Item::Movie(index),
            Self::Show => Item::Show(index),
            Self::Season => Item::Season(index),
            Self::Episode => Item::Episode(index),
        }
    }

    /// As in `type` of an answer.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Movie => "movie",
            Self::Show => "show",
            Self::Season => "season",
            Self::Episode => "episode",
        }
    }

    /// As in a path and in the groups of a body.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            Self::Movie => "movies",
            Self::Show => "shows",
            Self::Season => "seasons",
            Self::Episode => "episodes",
        }
    }

    /// By either name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == name || kind.plural() == name)
    }
}

fn space(kind: Kind, id_type: IdType) -> Option<Space> {
    let (base, step) = match (kind, id_type) {
        (_, IdType::Trakt) => (1, 1),
        (Kind::Movie, IdType::Imdb) => (100_000, 7),
        (Kind::Movie, IdType::Tmdb) => (5_000, 3),
        (Kind::Show, IdType::Imdb) => (1_500_000, 7),
        (Kind::Show, IdType::Tmdb) => (1_001, 5),
        (Kind::Show, IdType::Tvdb) => (70_000, 11),
        (Kind::Season, IdType::Tmdb) => (40_000, 3),
        (Kind::Season, IdType::Tvdb) => (20_000, 2),
        (Kind::Episode, IdType::Imdb) => (2_000_000, 3),
        (Kind::Episode, IdType::Tmdb) => (600_000, 2),
        (Kind::Episode, IdType::Tvdb) => (300_001, 2),
        (Kind::Movie, IdType::Tvdb) | (Kind::Season, IdType::Imdb) => return None,
    };
    Some(Space { base, step })
}

/// The number of an item in a space; `None` where the other site does not know the item, which
/// happens to one in twenty.
pub(crate) fn number(item: Item, id_type: IdType) -> Option<u64> {
    let (kind, index) = (item.kind(), item.index());
    let space = space(kind, id_type)?;
    let salt = id_type as u64 * 4 + kind as u64;
    let known = id_type == IdType::Trakt || !super::hash(u64::from(index), salt).is_multiple_of(20);
    known.then(|| space.id(index))
}

/// `tt0100007`.
pub(crate) fn imdb(item: Item) -> Option<String> {
    number(item, IdType::Imdb).map(|number| format!("tt{number:07}"))
}

/// The place that an id stands for, whether or not the catalogue reaches that far.
pub(super) fn index_of(kind: Kind, id_type: IdType, id: &str) -> Option<u32> {
    let digits = match id_type {
        IdType::Imdb => id.strip_prefix("tt")?,
        _ => id,
    };
    let index = space(kind, id_type)?.index(digits.parse().ok()?)?;
    number(kind.item(index), id_type).map(|_| index)
}
