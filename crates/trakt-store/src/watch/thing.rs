//! What an item of a list is about, as its row has it.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use trakt_core::watch::{Episode, Item, ItemKind, MediaIds, Titled};

/// What is selected of `media AS m`, the thing, and `media AS o`, its show.
pub(crate) const THING: &str = "\
m.kind, m.trakt, m.slug, m.imdb, m.tmdb, m.tvdb, m.title, m.year, m.season, m.number, \
o.trakt AS show_trakt, o.slug AS show_slug, o.imdb AS show_imdb, o.tmdb AS show_tmdb, \
o.tvdb AS show_tvdb, o.title AS show_title, o.year AS show_year";

/// Null throughout in the one row of a list that is empty.
#[derive(QueryableByName)]
pub(crate) struct ThingRow {
    #[diesel(sql_type = Nullable<Text>)]
    kind: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    trakt: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    slug: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    imdb: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    tmdb: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    tvdb: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    title: Option<String>,
    #[diesel(sql_type = Nullable<Integer>)]
    year: Option<i32>,
    #[diesel(sql_type = Nullable<Integer>)]
    season: Option<i32>,
    #[diesel(sql_type = Nullable<Integer>)]
    number: Option<i32>,
    #[diesel(sql_type = Nullable<BigInt>)]
    show_trakt: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    show_slug: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    show_imdb: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    show_tmdb: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    show_tvdb: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    show_title: Option<String>,
    #[diesel(sql_type = Nullable<Integer>)]
    show_year: Option<i32>,
}

impl ThingRow {
    /// The thing; `None` where the row lacks what its kind needs.
    pub(crate) fn item(self) -> Option<Item> {
        let ids = MediaIds {
            trakt: self.trakt?,
            slug: self.slug,
            imdb: self.imdb,
            tmdb: self.tmdb,
            tvdb: self.tvdb,
        };
        let (title, year) = (self.title, self.year);
        let kind = self.kind?;
        if kind == ItemKind::Movie.as_str() {
            return Some(Item::Movie(Titled { ids, title, year }));
        }
        if kind == ItemKind::Show.as_str() {
            return Some(Item::Show(Titled { ids, title, year }));
        }
        let show = Titled {
            ids: MediaIds {
                trakt: self.show_trakt?,
                slug: self.show_slug,
                imdb: self.show_imdb,
                tmdb: self.show_tmdb,
                tvdb: self.show_tvdb,
            },
            title: self.show_title,
            year: self.show_year,
        };
        if kind == ItemKind::Season.as_str() {
            let number = self.season?;
            return Some(Item::Season { show, ids, number });
        }
        let episode = Episode {
            ids,
            season: self.season?,
            number: self.number?,
            title,
        };
        Some(Item::Episode { show, episode })
    }
}
