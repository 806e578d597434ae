//! Which thing a caller means: the first of its ids that is known decides.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text};
use trakt_core::scrobble::{Sought, SoughtIds, Target};
use trakt_core::watch::ItemKind;

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    trakt: i64,
}

/// Things whose id of one space is `$2` to `$6`, in the order in which spaces are trusted. A slug is
/// the weakest: it can pass from one thing to another.
const OWN: &str = "\
SELECT trakt FROM ( \
    SELECT 1 AS place, trakt FROM media WHERE kind = $1 AND trakt = $2 \
    UNION ALL SELECT 2, trakt FROM media WHERE kind = $1 AND imdb = $3 \
    UNION ALL SELECT 3, trakt FROM media WHERE kind = $1 AND tmdb = $4 \
    UNION ALL SELECT 4, trakt FROM media WHERE kind = $1 AND tvdb = $5 \
    UNION ALL SELECT 5, trakt FROM media WHERE kind = $1 AND slug = $6) AS found \
ORDER BY place, trakt LIMIT 1";

/// See `OutboxStore::find`.
pub(super) fn find(conn: &mut PgConnection, sought: &Sought) -> QueryResult<Option<Target>> {
    let kind = sought.kind();
    let trakt = match sought {
        Sought::Own { kind, ids } => own(conn, *kind, ids)?,
        Sought::EpisodeOf {
            show,
            season,
            number,
        } => match own(conn, ItemKind::Show, show)? {
            Some(show) => place(conn, show, *season, *number)?,
            None => None,
        },
    };
    Ok(trakt.map(|trakt| Target { kind, trakt }))
}

fn own(conn: &mut PgConnection, kind: ItemKind, ids: &SoughtIds) -> QueryResult<Option<i64>> {
    let found: Option<Found> = diesel::sql_query(OWN)
        .bind::<Text, _>(kind.as_str())
        .bind::<Nullable<BigInt>, _>(ids.trakt)
        .bind::<Nullable<Text>, _>(ids.imdb.as_deref())
        .bind::<Nullable<BigInt>, _>(ids.tmdb)
        .bind::<Nullable<BigInt>, _>(ids.tvdb)
        .bind::<Nullable<Text>, _>(ids.slug.as_deref())
        .get_result(conn)
        .optional()?;
    Ok(found.map(|found| found.trakt))
}

fn place(conn: &mut PgConnection, show: i64, season: i32, number: i32) -> QueryResult<Option<i64>> {
    let found: Option<Found> = diesel::sql_query(
        "SELECT trakt FROM media \
         WHERE kind = 'episode' AND show = $1 AND season = $2 AND number = $3 LIMIT 1",
    )
    .bind::<BigInt, _>(show)
    .bind::<Integer, _>(season)
    .bind::<Integer, _>(number)
    .get_result(conn)
    .optional()?;
    Ok(found.map(|found| found.trakt))
}
