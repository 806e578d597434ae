//! Movies and shows that were watched, as they are served: the things of a page, and the episodes of
//! its shows in a second statement.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use trakt_core::UserId;
use trakt_core::watch::{
    ById, HistoryCursor, ItemKind, Listing, Watched, WatchedEpisode, WatchedQuery, WatchedSeason,
};

use super::lists::{stretch, there};
use super::thing::{THING, ThingRow};
use crate::error::Failure;

#[derive(QueryableByName)]
struct WatchedRow {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    read_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    plays: Option<i64>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    last: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    reset_at: Option<DateTime<Utc>>,
    #[diesel(embed)]
    thing: ThingRow,
}

/// Movies by their plays; shows by what is kept of each, as their plays are those of episodes.
const MOVIES: &str = "\
SELECT item, count(*) AS plays, max(watched_at) AS last, NULL::timestamptz AS reset_at \
FROM plays WHERE user_id = $1 AND kind = 'movie' AND (NOT $2 OR item = ANY ($3)) GROUP BY item";
const SHOWS: &str = "\
SELECT show AS item, 0::bigint AS plays, last_watched_at AS last, reset_at \
FROM watching WHERE user_id = $1 AND (NOT $2 OR show = ANY ($3))";

/// See `WatchReads::watched`.
pub(super) fn watched(
    conn: &mut PgConnection,
    query: &WatchedQuery,
) -> Result<Listing<Watched, HistoryCursor>, Failure> {
    let among = match &query.among {
        Some(among) => Some(numbers(conn, query.kind, among)?),
        None => None,
    };
    // Of those that are asked for by their ids all come at once.
    let limit = match &among {
        Some(_) => u32::MAX,
        None => query.limit,
    };
    let source = match query.kind {
        ItemKind::Movie => MOVIES,
        _ => SHOWS,
    };
    let after = query.after;
    let rows: Vec<WatchedRow> = diesel::sql_query(format!(
        "SELECT s.read_at, w.plays, w.last, w.reset_at, {THING} \
         FROM (SELECT read_at FROM watch_states WHERE user_id = $1) AS s \
         LEFT JOIN LATERAL ( \
             SELECT * FROM ({source}) AS w \
             WHERE $5 IS NULL OR (coalesce(last, '-infinity'), item) \
                 < (coalesce($6, '-infinity'), $5) \
             ORDER BY coalesce(last, '-infinity') DESC, item DESC \
             LIMIT $4) AS w ON true \
         LEFT JOIN media AS m ON m.kind = $7 AND m.trakt = w.item \
         LEFT JOIN media AS o ON false \
         ORDER BY coalesce(w.last, '-infinity') DESC, w.item DESC"
    ))
    .bind::<SqlUuid, _>(query.user.uuid())
    .bind::<Bool, _>(among.is_some())
    .bind::<Array<BigInt>, _>(among.unwrap_or_default())
    .bind::<BigInt, _>(i64::from(limit) + 1)
    .bind::<Nullable<BigInt>, _>(after.map(|after| after.id))
    .bind::<Nullable<Timestamptz>, _>(after.and_then(|after| after.watched_at))
    .bind::<Text, _>(query.kind.as_str())
    .load(conn)?;
    let as_of = rows.first().and_then(|row| row.read_at);
    let items = rows.into_iter().filter_map(|row| {
        let plays = row.plays?.unsigned_abs();
        let (last_watched_at, reset_at) = (row.last, row.reset_at);
        Some(
            there(row.thing.item(), "what was watched").map(|item| Watched {
                item,
                plays,
                last_watched_at,
                reset_at,
                seasons: Vec::new(),
            }),
        )
    });
    let items = items.collect::<Result<_, _>>()?;
    let mut list = stretch(items, limit, as_of, Watched::cursor);
    if query.kind == ItemKind::Show {
        seasons(conn, query.user, &mut list.items)?;
    }
    Ok(list)
}

#[derive(QueryableByName)]
struct EpisodeRow {
    #[diesel(sql_type = BigInt)]
    show: i64,
    #[diesel(sql_type = Integer)]
    season: i32,
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = BigInt)]
    plays: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    last: Option<DateTime<Utc>>,
}

/// Puts the episodes that were watched into their shows.
fn seasons(conn: &mut PgConnection, user: UserId, shows: &mut [Watched]) -> QueryResult<()> {
    let numbers: Vec<i64> = shows.iter().map(|show| show.item.ids().trakt).collect();
    let rows: Vec<EpisodeRow> = diesel::sql_query(
        "SELECT m.show, m.season, m.number, count(*) AS plays, max(p.watched_at) AS last \
         FROM media AS m JOIN plays AS p ON p.user_id = $1 AND p.kind = 'episode' AND p.item = m.trakt \
         WHERE m.kind = 'episode' AND m.show = ANY ($2) \
         GROUP BY m.show, m.season, m.number ORDER BY m.show, m.season, m.number",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Array<BigInt>, _>(numbers)
    .load(conn)?;
    let mut places: HashMap<i64, &mut Watched> = shows
        .iter_mut()
        .map(|show| (show.item.ids().trakt, show))
        .collect();
    for row in rows {
        let Some(show) = places.get_mut(&row.show) else {
            continue;
        };
        let plays = row.plays.unsigned_abs();
        show.plays += plays;
        let episode = WatchedEpisode {
            number: row.number,
            plays,
            last_watched_at: row.last,
        };
        let number = row.season;
        match show
            .seasons
            .last_mut()
            .filter(|season| season.number == number)
        {
            Some(season) => season.episodes.push(episode),
            None => show.seasons.push(WatchedSeason {
                number,
                episodes: vec![episode],
            }),
        }
    }
    Ok(())
}

#[derive(QueryableByName)]
struct NumberRow {
    #[diesel(sql_type = BigInt)]
    trakt: i64,
}

/// Trakt's numbers of those that are known, by one statement.
fn numbers(conn: &mut PgConnection, kind: ItemKind, ids: &[ById]) -> QueryResult<Vec<i64>> {
    let (mut trakt, mut tmdb, mut tvdb) = (Vec::new(), Vec::new(), Vec::new());
    let (mut slugs, mut imdb) = (Vec::new(), Vec::new());
    for id in ids {
        match id {
            ById::Trakt(number) => trakt.push(*number),
            ById::Tmdb(number) => tmdb.push(*number),
            ById::Tvdb(number) => tvdb.push(*number),
            ById::Slug(word) => slugs.push(word.as_str()),
            ById::Imdb(word) => imdb.push(word.as_str()),
        }
    }
    let rows: Vec<NumberRow> = diesel::sql_query(
        "SELECT trakt FROM media WHERE kind = $1 AND trakt = ANY ($2) \
         UNION SELECT trakt FROM media WHERE kind = $1 AND tmdb = ANY ($3) \
         UNION SELECT trakt FROM media WHERE kind = $1 AND tvdb = ANY ($4) \
         UNION SELECT trakt FROM media WHERE kind = $1 AND slug = ANY ($5) \
         UNION SELECT trakt FROM media WHERE kind = $1 AND imdb = ANY ($6)",
    )
    .bind::<Text, _>(kind.as_str())
    .bind::<Array<BigInt>, _>(trakt)
    .bind::<Array<BigInt>, _>(tmdb)
    .bind::<Array<BigInt>, _>(tvdb)
    .bind::<Array<Text>, _>(slugs)
    .bind::<Array<Text>, _>(imdb)
    .load(conn)?;
    Ok(rows.into_iter().map(|row| row.trakt).collect())
}
