//! The things that rows are about, held once for all users.

use std::collections::BTreeMap;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text};
use trakt_core::watch::{Item, MediaIds, Titled};

/// A row of `media`.
struct Thing<'a> {
    ids: &'a MediaIds,
    title: Option<&'a str>,
    year: Option<i32>,
    show: Option<i64>,
    season: Option<i32>,
    number: Option<i32>,
}

type Things<'a> = BTreeMap<(&'static str, i64), Thing<'a>>;

fn titled<'a>(things: &mut Things<'a>, kind: &'static str, item: &'a Titled) {
    let thing = Thing {
        ids: &item.ids,
        title: item.title.as_deref(),
        year: item.year,
        show: None,
        season: None,
        number: None,
    };
    things.insert((kind, item.ids.trakt), thing);
}

/// Each thing once, and in an order that all keep: two who write the same ones do not wait for
/// each other in a circle.
fn things(items: &[Item]) -> Things<'_> {
    let mut things = Things::new();
    for item in items {
        let part = match item {
            Item::Movie(movie) => {
                titled(&mut things, "movie", movie);
                continue;
            }
            Item::Show(show) => {
                titled(&mut things, "show", show);
                continue;
            }
            Item::Season { show, ids, number } => (show, ids, None, *number, None),
            Item::Episode { show, episode } => (
                show,
                &episode.ids,
                episode.title.as_deref(),
                episode.season,
                Some(episode.number),
            ),
        };
        let (show, ids, title, season, number) = part;
        titled(&mut things, "show", show);
        let thing = Thing {
            ids,
            title,
            year: None,
            show: Some(show.ids.trakt),
            season: Some(season),
            number,
        };
        things.insert((item.kind().as_str(), ids.trakt), thing);
    }
    things
}

/// Stores the things, and writes no row that says the same already.
const UPSERT: &str = "\
INSERT INTO media (kind, trakt, slug, imdb, tmdb, tvdb, title, year, show, season, number) \
SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], \
    $7::text[], $8::integer[], $9::bigint[], $10::integer[], $11::integer[]) \
ON CONFLICT (kind, trakt) DO UPDATE SET \
    slug = excluded.slug, imdb = excluded.imdb, tmdb = excluded.tmdb, tvdb = excluded.tvdb, \
    title = excluded.title, year = excluded.year, show = excluded.show, \
    season = excluded.season, number = excluded.number, updated_at = now() \
WHERE (media.slug, media.imdb, media.tmdb, media.tvdb, media.title, media.year, media.show, \
    media.season, media.number) \
    IS DISTINCT FROM (excluded.slug, excluded.imdb, excluded.tmdb, excluded.tvdb, excluded.title, \
    excluded.year, excluded.show, excluded.season, excluded.number)";

/// Stores what is known of things.
pub(crate) fn upsert(conn: &mut PgConnection, items: &[Item]) -> QueryResult<()> {
    let things = things(items);
    if things.is_empty() {
        return Ok(());
    }
    let kinds: Vec<_> = things.keys().map(|(kind, _)| *kind).collect();
    let numbers: Vec<_> = things.keys().map(|(_, number)| *number).collect();
    let of = |field: fn(&MediaIds) -> Option<&str>| -> Vec<Option<&str>> {
        things.values().map(|thing| field(thing.ids)).collect()
    };
    let ids = |field: fn(&MediaIds) -> Option<i64>| -> Vec<Option<i64>> {
        things.values().map(|thing| field(thing.ids)).collect()
    };
    let each = |field: fn(&Thing<'_>) -> Option<i32>| -> Vec<Option<i32>> {
        things.values().map(field).collect()
    };
    let titles: Vec<_> = things.values().map(|thing| thing.title).collect();
    let shows: Vec<_> = things.values().map(|thing| thing.show).collect();
    diesel::sql_query(UPSERT)
        .bind::<Array<Text>, _>(kinds)
        .bind::<Array<BigInt>, _>(numbers)
        .bind::<Array<Nullable<Text>>, _>(of(|ids| ids.slug.as_deref()))
        .bind::<Array<Nullable<Text>>, _>(of(|ids| ids.imdb.as_deref()))
        .bind::<Array<Nullable<BigInt>>, _>(ids(|ids| ids.tmdb))
        .bind::<Array<Nullable<BigInt>>, _>(ids(|ids| ids.tvdb))
        .bind::<Array<Nullable<Text>>, _>(titles)
        .bind::<Array<Nullable<Integer>>, _>(each(|thing| thing.year))
        .bind::<Array<Nullable<BigInt>>, _>(shows)
        .bind::<Array<Nullable<Integer>>, _>(each(|thing| thing.season))
        .bind::<Array<Nullable<Integer>>, _>(each(|thing| thing.number))
        .execute(conn)
        .map(drop)
}
