//! The history, as it is served: one statement, whatever is asked for.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use trakt_core::watch::{
    Episode, HistoryCursor, HistoryQuery, Item, ItemKind, Listing, MediaIds, Play, Titled,
};

use crate::error::{Failure, corrupt};

/// `$4` to `$7` are times, all but the last may be null; a play without one comes after all others.
const SQL: &str = "\
SELECT s.read_at, p.id, p.watched_at, p.action, m.kind, m.trakt, m.slug, m.imdb, m.tmdb, m.tvdb, \
    m.title, m.year, m.season, m.number, o.trakt AS show_trakt, o.slug AS show_slug, \
    o.imdb AS show_imdb, o.tmdb AS show_tmdb, o.tvdb AS show_tvdb, o.title AS show_title, \
    o.year AS show_year \
FROM (SELECT read_at FROM watch_states WHERE user_id = $1) AS s \
LEFT JOIN LATERAL ( \
    SELECT * FROM plays \
    WHERE user_id = $1 \
        AND ($2 IS NULL OR kind = $2) \
        AND ($4 IS NULL OR watched_at >= $4) \
        AND ($5 IS NULL OR watched_at < $5) \
        AND ($6 IS NULL OR (coalesce(watched_at, '-infinity'), id) < (coalesce($7, '-infinity'), $6)) \
    ORDER BY coalesce(watched_at, '-infinity') DESC, id DESC \
    LIMIT $3) AS p ON true \
LEFT JOIN media AS m ON m.kind = p.kind AND m.trakt = p.item \
LEFT JOIN media AS o ON o.kind = 'show' AND o.trakt = m.show \
ORDER BY coalesce(p.watched_at, '-infinity') DESC, p.id DESC";

#[derive(QueryableByName)]
struct PlayRow {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    read_at: Option<DateTime<Utc>>,
    /// Null in the one row of a list without plays.
    #[diesel(sql_type = Nullable<BigInt>)]
    id: Option<i64>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    watched_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    action: Option<String>,
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

/// See `WatchStore::history`.
pub(super) fn history(
    conn: &mut PgConnection,
    query: &HistoryQuery,
) -> Result<Listing<Play, HistoryCursor>, Failure> {
    let after = query.after;
    let rows: Vec<PlayRow> = diesel::sql_query(SQL)
        .bind::<SqlUuid, _>(query.user.uuid())
        .bind::<Nullable<Text>, _>(query.kind.map(ItemKind::as_str))
        // One more tells whether there is more.
        .bind::<BigInt, _>(i64::from(query.limit) + 1)
        .bind::<Nullable<Timestamptz>, _>(query.since)
        .bind::<Nullable<Timestamptz>, _>(query.until)
        .bind::<Nullable<BigInt>, _>(after.map(|after| after.id))
        .bind::<Nullable<Timestamptz>, _>(after.and_then(|after| after.watched_at))
        .load(conn)?;
    let as_of = rows.first().and_then(|row| row.read_at);
    let plays = rows.into_iter().filter_map(PlayRow::play);
    let mut items: Vec<Play> = plays.collect::<Result<_, _>>()?;
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    Ok(Listing {
        next: items.last().filter(|_| more).map(Play::cursor),
        items,
        as_of,
    })
}

impl PlayRow {
    fn play(self) -> Option<Result<Play, Failure>> {
        let id = self.id?;
        let (watched_at, action) = (self.watched_at, self.action.clone());
        let play = self.item().map(|item| Play {
            id,
            watched_at,
            action,
            item,
        });
        Some(play.ok_or_else(|| Failure::Port(corrupt(format!("media of play {id}")))))
    }

    fn item(self) -> Option<Item> {
        let ids = MediaIds {
            trakt: self.trakt?,
            slug: self.slug,
            imdb: self.imdb,
            tmdb: self.tmdb,
            tvdb: self.tvdb,
        };
        let (title, year) = (self.title, self.year);
        if self.kind? == ItemKind::Movie.as_str() {
            return Some(Item::Movie(Titled { ids, title, year }));
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
        let episode = Episode {
            ids,
            season: self.season?,
            number: self.number?,
            title,
        };
        Some(Item::Episode { show, episode })
    }
}
