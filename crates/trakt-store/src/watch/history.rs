//! The history, as it is served: one statement, whatever is asked for.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use trakt_core::watch::{HistoryCursor, HistoryQuery, ItemKind, Listing, Play};

use super::thing::{THING, ThingRow};
use crate::error::{Failure, corrupt};

/// `$4` to `$7` are times, all but the last may be null; a play without one comes after all others.
fn sql() -> String {
    format!(
        "SELECT s.read_at, p.id, p.watched_at, p.action, {THING} \
         FROM (SELECT read_at FROM watch_states WHERE user_id = $1) AS s \
         LEFT JOIN LATERAL ( \
             SELECT * FROM plays \
             WHERE user_id = $1 \
                 AND ($2 IS NULL OR kind = $2) \
                 AND ($4 IS NULL OR coalesce(watched_at, '-infinity') >= $4) \
                 AND ($5 IS NULL OR watched_at IS NOT NULL \
                     AND coalesce(watched_at, '-infinity') < $5) \
                 AND ($6 IS NULL OR (coalesce(watched_at, '-infinity'), id) \
                     < (coalesce($7, '-infinity'), $6)) \
             ORDER BY coalesce(watched_at, '-infinity') DESC, id DESC \
             LIMIT $3) AS p ON true \
         LEFT JOIN media AS m ON m.kind = p.kind AND m.trakt = p.item \
         LEFT JOIN media AS o ON o.kind = 'show' AND o.trakt = m.show \
         ORDER BY coalesce(p.watched_at, '-infinity') DESC, p.id DESC"
    )
}

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
    #[diesel(embed)]
    thing: ThingRow,
}

/// See `WatchStore::history`.
pub(super) fn history(
    conn: &mut PgConnection,
    query: &HistoryQuery,
) -> Result<Listing<Play, HistoryCursor>, Failure> {
    let after = query.after;
    let rows: Vec<PlayRow> = diesel::sql_query(sql())
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
        let play = self.thing.item().map(|item| Play {
            id,
            watched_at,
            action,
            item,
        });
        Some(play.ok_or_else(|| Failure::Port(corrupt(format!("media of play {id}")))))
    }
}
