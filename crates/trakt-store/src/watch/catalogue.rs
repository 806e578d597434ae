//! The episodes of shows, held once for all users.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Interval, Nullable, Text, Timestamptz};
use trakt_core::ports::{ClaimedShow, SettleCatalogue, StoreCatalogue};

use crate::time::interval;

#[derive(QueryableByName)]
struct ClaimedRow {
    #[diesel(sql_type = BigInt)]
    show: i64,
    #[diesel(sql_type = Timestamptz)]
    next_at: DateTime<Utc>,
    #[diesel(sql_type = Integer)]
    attempts: i32,
}

/// See `CatalogueStore::claim_catalogue`. Shows of which nothing is known yet go before those that are
/// only looked at again.
pub(super) fn claim(conn: &mut PgConnection, lease: Duration) -> QueryResult<Option<ClaimedShow>> {
    let row: Option<ClaimedRow> = diesel::sql_query(
        "UPDATE catalogues SET next_at = now() + $1, attempts = attempts + 1 WHERE show = ( \
             SELECT show FROM catalogues WHERE next_at <= now() \
             ORDER BY (read_at IS NOT NULL), next_at LIMIT 1 FOR UPDATE SKIP LOCKED) \
         RETURNING show, next_at, attempts",
    )
    .bind::<Interval, _>(interval(lease))
    .get_result(conn)
    .optional()?;
    Ok(row.map(|row| ClaimedShow {
        show: row.show,
        until: row.next_at,
        attempts: row.attempts.unsigned_abs(),
    }))
}

/// See `CatalogueStore::store_catalogue`. Rows are taken in the order of their numbers, as all do.
pub(super) fn store(conn: &mut PgConnection, cmd: &StoreCatalogue) -> QueryResult<()> {
    let each: BTreeMap<i64, _> = cmd
        .episodes
        .iter()
        .map(|airing| (airing.episode.ids.trakt, airing))
        .collect();
    let numbers: Vec<i64> = each.keys().copied().collect();
    let ids = |of: fn(&trakt_core::watch::MediaIds) -> Option<i64>| -> Vec<Option<i64>> {
        each.values()
            .map(|airing| of(&airing.episode.ids))
            .collect()
    };
    let imdb: Vec<_> = each
        .values()
        .map(|airing| airing.episode.ids.imdb.as_deref())
        .collect();
    let titles: Vec<_> = each
        .values()
        .map(|airing| airing.episode.title.as_deref())
        .collect();
    let seasons: Vec<_> = each.values().map(|airing| airing.episode.season).collect();
    let places: Vec<_> = each.values().map(|airing| airing.episode.number).collect();
    let aired: Vec<_> = each.values().map(|airing| airing.first_aired).collect();
    diesel::sql_query(
        "INSERT INTO media (kind, trakt, imdb, tmdb, tvdb, title, show, season, number, first_aired) \
         SELECT 'episode', r.trakt, r.imdb, r.tmdb, r.tvdb, r.title, $1, r.season, r.number, r.aired \
         FROM unnest($2::bigint[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], \
             $7::integer[], $8::integer[], $9::timestamptz[]) \
             AS r (trakt, imdb, tmdb, tvdb, title, season, number, aired) \
         ON CONFLICT (kind, trakt) DO UPDATE SET \
             imdb = excluded.imdb, tmdb = excluded.tmdb, tvdb = excluded.tvdb, \
             title = excluded.title, show = excluded.show, season = excluded.season, \
             number = excluded.number, first_aired = excluded.first_aired, updated_at = now() \
         WHERE (media.imdb, media.tmdb, media.tvdb, media.title, media.show, media.season, \
             media.number, media.first_aired) IS DISTINCT FROM (excluded.imdb, excluded.tmdb, \
             excluded.tvdb, excluded.title, excluded.show, excluded.season, excluded.number, \
             excluded.first_aired)",
    )
    .bind::<BigInt, _>(cmd.show)
    .bind::<Array<BigInt>, _>(&numbers)
    .bind::<Array<Nullable<Text>>, _>(imdb)
    .bind::<Array<Nullable<BigInt>>, _>(ids(|ids| ids.tmdb))
    .bind::<Array<Nullable<BigInt>>, _>(ids(|ids| ids.tvdb))
    .bind::<Array<Nullable<Text>>, _>(titles)
    .bind::<Array<Integer>, _>(seasons)
    .bind::<Array<Integer>, _>(places)
    .bind::<Array<Nullable<Timestamptz>>, _>(aired)
    .execute(conn)?;
    if !cmd.whole {
        return Ok(());
    }
    diesel::sql_query(
        "UPDATE media SET first_aired = NULL WHERE kind = 'episode' AND show = $1 \
         AND first_aired IS NOT NULL AND trakt <> ALL ($2)",
    )
    .bind::<BigInt, _>(cmd.show)
    .bind::<Array<BigInt>, _>(&numbers)
    .execute(conn)
    .map(drop)
}

/// See `CatalogueStore::settle_catalogue`.
pub(super) fn settle(conn: &mut PgConnection, cmd: &SettleCatalogue) -> QueryResult<()> {
    diesel::sql_query(
        // No later than somebody's episode airs who has watched it already: see `progress::counted`.
        "UPDATE catalogues SET next_at = least(now() + $3, (SELECT min(e.first_aired) \
                 FROM media AS e WHERE $4 AND e.kind = 'episode' AND e.show = $1 \
                     AND e.first_aired > now() AND EXISTS (SELECT 1 \
                         FROM watching AS w JOIN plays AS p ON p.user_id = w.user_id \
                             AND p.kind = 'episode' AND p.item = e.trakt \
                         WHERE w.show = $1))), \
             read_at = CASE WHEN $4 THEN now() ELSE read_at END, \
             attempts = CASE WHEN $4 THEN 0 ELSE attempts END \
         WHERE show = $1 AND next_at = $2",
    )
    .bind::<BigInt, _>(cmd.claimed.show)
    .bind::<Timestamptz, _>(cmd.claimed.until)
    .bind::<Interval, _>(interval(cmd.next))
    .bind::<Bool, _>(cmd.read)
    .execute(conn)?;
    diesel::sql_query(
        "DELETE FROM catalogues AS c WHERE show = $1 AND read_at IS NOT NULL \
         AND NOT EXISTS (SELECT 1 FROM watching AS w WHERE w.show = c.show)",
    )
    .bind::<BigInt, _>(cmd.claimed.show)
    .execute(conn)
    .map(drop)
}
