//! Ratings and the watchlist, as they are served: one statement each.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use trakt_core::UserId;
use trakt_core::watch::{
    ItemKind, Listed, Listing, Rated, RatingCursor, RatingsQuery, WatchlistCursor, WatchlistQuery,
};

use super::thing::{THING, ThingRow};
use crate::error::{Failure, corrupt};

/// A stretch of a list, of which one item more was read than is wanted: it tells whether there is
/// more.
pub(super) fn stretch<T, C>(
    mut items: Vec<T>,
    limit: u32,
    as_of: Option<DateTime<Utc>>,
    cursor: impl FnOnce(&T) -> C,
) -> Listing<T, C> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    Listing {
        next: items.last().filter(|_| more).map(cursor),
        items,
        as_of,
    }
}

/// A thing that a row is about must be there.
pub(super) fn there<T>(thing: Option<T>, of: &str) -> Result<T, Failure> {
    thing.ok_or_else(|| Failure::Port(corrupt(format!("media of {of}"))))
}

#[derive(QueryableByName)]
struct RatedRow {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    read_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<SmallInt>)]
    rating: Option<i16>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    rated_at: Option<DateTime<Utc>>,
    #[diesel(embed)]
    thing: ThingRow,
}

/// See `WatchReads::ratings`.
pub(super) fn ratings(
    conn: &mut PgConnection,
    query: &RatingsQuery,
) -> Result<Listing<Rated, RatingCursor>, Failure> {
    let after = query.after;
    let rows: Vec<RatedRow> = diesel::sql_query(format!(
        "SELECT s.read_at, r.rating, r.rated_at, {THING} \
         FROM (SELECT read_at FROM watch_states WHERE user_id = $1) AS s \
         LEFT JOIN LATERAL ( \
             SELECT * FROM ratings \
             WHERE user_id = $1 AND ($2 IS NULL OR kind = $2) \
                 AND ($4 IS NULL OR (coalesce(rated_at, '-infinity'), kind, item) \
                     < (coalesce($5, '-infinity'), $4, $6)) \
             ORDER BY coalesce(rated_at, '-infinity') DESC, kind DESC, item DESC \
             LIMIT $3) AS r ON true \
         LEFT JOIN media AS m ON m.kind = r.kind AND m.trakt = r.item \
         LEFT JOIN media AS o ON o.kind = 'show' AND o.trakt = m.show \
         ORDER BY coalesce(r.rated_at, '-infinity') DESC, r.kind DESC, r.item DESC"
    ))
    .bind::<SqlUuid, _>(query.user.uuid())
    .bind::<Nullable<Text>, _>(query.kind.map(ItemKind::as_str))
    .bind::<BigInt, _>(i64::from(query.limit) + 1)
    .bind::<Nullable<Text>, _>(after.map(|after| after.kind.as_str()))
    .bind::<Nullable<Timestamptz>, _>(after.and_then(|after| after.rated_at))
    .bind::<Nullable<BigInt>, _>(after.map(|after| after.id))
    .load(conn)?;
    let as_of = rows.first().and_then(|row| row.read_at);
    let rated = rows.into_iter().filter_map(|row| {
        let rating = row.rating?;
        let rated_at = row.rated_at;
        Some(there(row.thing.item(), "a rating").map(|item| Rated {
            item,
            rating,
            rated_at,
        }))
    });
    let items = rated.collect::<Result<_, _>>()?;
    Ok(stretch(items, query.limit, as_of, Rated::cursor))
}

#[derive(QueryableByName)]
struct ListedRow {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    read_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    id: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    rank: Option<i64>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    listed_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    notes: Option<String>,
    #[diesel(embed)]
    thing: ThingRow,
}

/// What stands for no rank: such entries come last.
const LAST: &str = "9223372036854775807";

/// See `WatchReads::watchlist`.
pub(super) fn watchlist(
    conn: &mut PgConnection,
    query: &WatchlistQuery,
) -> Result<Listing<Listed, WatchlistCursor>, Failure> {
    let after = query.after;
    let rows: Vec<ListedRow> = diesel::sql_query(format!(
        "SELECT s.read_at, l.id, l.rank, l.listed_at, l.notes, {THING} \
         FROM (SELECT read_at FROM watch_states WHERE user_id = $1) AS s \
         LEFT JOIN LATERAL ( \
             SELECT * FROM watchlist \
             WHERE user_id = $1 AND ($2 IS NULL OR kind = $2) \
                 AND ($4 IS NULL OR (coalesce(rank, {LAST}), id) > (coalesce($5, {LAST}), $4)) \
             ORDER BY coalesce(rank, {LAST}), id \
             LIMIT $3) AS l ON true \
         LEFT JOIN media AS m ON m.kind = l.kind AND m.trakt = l.item \
         LEFT JOIN media AS o ON o.kind = 'show' AND o.trakt = m.show \
         ORDER BY coalesce(l.rank, {LAST}), l.id"
    ))
    .bind::<SqlUuid, _>(query.user.uuid())
    .bind::<Nullable<Text>, _>(query.kind.map(ItemKind::as_str))
    .bind::<BigInt, _>(i64::from(query.limit) + 1)
    .bind::<Nullable<BigInt>, _>(after.map(|after| after.id))
    .bind::<Nullable<BigInt>, _>(after.and_then(|after| after.rank))
    .load(conn)?;
    let as_of = rows.first().and_then(|row| row.read_at);
    let listed = rows.into_iter().filter_map(|row| {
        let id = row.id?;
        let (rank, listed_at, notes) = (row.rank, row.listed_at, row.notes);
        Some(
            there(row.thing.item(), "a watchlist entry").map(|item| Listed {
                id,
                rank,
                listed_at,
                notes,
                item,
            }),
        )
    });
    let items = listed.collect::<Result<_, _>>()?;
    Ok(stretch(items, query.limit, as_of, Listed::cursor))
}

/// See `WatchReads::see`: one statement, which finds nothing to change most of the time.
pub(super) fn see(
    conn: &mut PgConnection,
    user: UserId,
    noted: std::time::Duration,
    soon: std::time::Duration,
) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE watch_states SET seen_at = now(), \
             next_at = CASE WHEN attempts = 0 AND next_at IS NOT NULL \
                 THEN least(next_at, now() + $3) ELSE next_at END \
         WHERE user_id = $1 AND (seen_at IS NULL OR seen_at < now() - $2)",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<diesel::sql_types::Interval, _>(crate::time::interval(noted))
    .bind::<diesel::sql_types::Interval, _>(crate::time::interval(soon))
    .execute(conn)
    .map(drop)
}
