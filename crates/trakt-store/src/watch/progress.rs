//! How far users are in shows: kept with each show that a user watches, and served.

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection as _;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Double, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use trakt_core::UserId;
use trakt_core::watch::{Listing, ProgressCursor, ProgressKind, ProgressQuery, ToWatch};
use uuid::Uuid;

use super::lists::{stretch, there};
use super::thing::{THING, ThingRow};
use crate::error::Failure;

/// Counts anew what `watching` keeps of some shows and users (`which`), from what they watched
/// (`plays`: user, item, the last time), and writes no row that says the same already. Specials do not
/// count, nor does what has not aired; a play from before the reset, or of which nobody knows when it
/// was, completes nothing once there is a reset. What was watched before it airs counts from then on:
/// the catalogue of its show is read again at that moment, which counts it.
fn counted(which: &str, plays: &str) -> String {
    format!(
        "WITH shows AS MATERIALIZED ( \
             SELECT user_id, show, reset_at FROM watching WHERE {which}), \
         watched AS MATERIALIZED ({plays}), \
         seen AS MATERIALIZED (SELECT w.user_id, w.show, m.season * 100000::bigint + m.number AS place, x.last, m.first_aired, \
                 m.first_aired <= now() AND (w.reset_at IS NULL OR x.last >= w.reset_at) AS completed \
             FROM watched AS x \
             JOIN media AS m ON m.kind = 'episode' AND m.trakt = x.item AND m.season > 0 \
             JOIN watching AS w ON w.user_id = x.user_id AND w.show = m.show), \
         sums AS MATERIALIZED (SELECT user_id, show, max(last) AS last, \
                 count(*) FILTER (WHERE completed) AS completed, \
                 max(place) FILTER (WHERE completed) AS furthest \
             FROM seen GROUP BY user_id, show), \
         now_so AS MATERIALIZED (SELECT w.user_id, w.show, s.last, coalesce(s.completed, 0)::integer AS completed, \
                 x.trakt AS next_item, x.first_aired AS next_airs \
             FROM shows AS w LEFT JOIN sums AS s USING (user_id, show) \
             LEFT JOIN LATERAL (SELECT m.trakt, m.first_aired FROM media AS m \
                 WHERE m.kind = 'episode' AND m.show = w.show AND m.season > 0 \
                     AND m.first_aired IS NOT NULL \
                     AND (m.season, m.number) > (coalesce(s.furthest, 0) / 100000, \
                         coalesce(s.furthest, 0) % 100000) \
                 ORDER BY m.season, m.number LIMIT 1) AS x ON true), \
         early AS (SELECT show, min(first_aired) AS airs FROM seen \
             WHERE first_aired > now() GROUP BY show), \
         again AS (UPDATE catalogues AS c SET next_at = e.airs FROM early AS e \
             WHERE c.show = e.show AND c.next_at > e.airs AND c.attempts = 0) \
         UPDATE watching AS w SET last_watched_at = n.last, completed = n.completed, \
             next_item = n.next_item, next_airs = n.next_airs \
         FROM now_so AS n WHERE w.user_id = n.user_id AND w.show = n.show \
             AND (w.last_watched_at, w.completed, w.next_item, w.next_airs) \
                 IS DISTINCT FROM (n.last, n.completed, n.next_item, n.next_airs)"
    )
}

/// Counts. Right after a first import nobody has counted the rows of the tables, and the planner
/// would read all of them for each show: it is told to take the indexes.
fn count<T>(
    conn: &mut PgConnection,
    run: impl FnOnce(&mut PgConnection) -> QueryResult<T>,
) -> QueryResult<()> {
    conn.batch_execute("SET LOCAL enable_seqscan = off")?;
    run(conn)?;
    conn.batch_execute("SET LOCAL enable_seqscan = on")
}

/// Counts all shows of a user.
pub(super) fn count_user(conn: &mut PgConnection, user: UserId) -> QueryResult<()> {
    let plays = "SELECT user_id, item, max(watched_at) AS last FROM plays \
                 WHERE user_id = $1 AND kind = 'episode' GROUP BY user_id, item";
    count(conn, |conn| {
        diesel::sql_query(counted("user_id = $1", plays))
            .bind::<SqlUuid, _>(user.uuid())
            .execute(conn)
    })
}

/// The plays of the episodes of a show, of these users.
fn plays_of(show: &str, users: &str) -> String {
    format!(
        "SELECT p.user_id, p.item, max(p.watched_at) AS last FROM media AS e \
         JOIN plays AS p ON p.user_id {users} AND p.kind = 'episode' AND p.item = e.trakt \
         WHERE e.kind = 'episode' AND e.show = {show} GROUP BY p.user_id, p.item"
    )
}

/// Counts the show of an episode for a user, who watches it from now on.
pub(crate) fn watch_episode(
    conn: &mut PgConnection,
    user: UserId,
    episode: i64,
) -> QueryResult<()> {
    diesel::sql_query(
        "WITH new AS (INSERT INTO watching (user_id, show) \
                 SELECT $1, show FROM media WHERE kind = 'episode' AND trakt = $2 \
             ON CONFLICT DO NOTHING RETURNING show) \
         INSERT INTO catalogues (show) SELECT show FROM new ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<BigInt, _>(episode)
    .execute(conn)?;
    count_episodes(conn, user, &[episode])
}

/// Counts the shows of these episodes for a user.
fn count_episodes(conn: &mut PgConnection, user: UserId, episodes: &[i64]) -> QueryResult<()> {
    if episodes.is_empty() {
        return Ok(());
    }
    let shows = "ANY (ARRAY(SELECT show FROM media WHERE kind = 'episode' AND trakt = ANY ($2)))";
    let which = format!("user_id = $1 AND show = {shows}");
    let plays = plays_of(shows, "= $1");
    count(conn, |conn| {
        diesel::sql_query(counted(&which, &plays))
            .bind::<SqlUuid, _>(user.uuid())
            .bind::<Array<BigInt>, _>(episodes)
            .execute(conn)
    })
}

/// Counts the shows of these episodes for a user who has not watched them after all. What is left
/// without a play is watched no more.
pub(crate) fn unwatch_episodes(
    conn: &mut PgConnection,
    user: UserId,
    episodes: &[i64],
) -> QueryResult<()> {
    if episodes.is_empty() {
        return Ok(());
    }
    diesel::sql_query(
        "DELETE FROM watching AS w WHERE w.user_id = $1 \
         AND w.show IN (SELECT show FROM media WHERE kind = 'episode' AND trakt = ANY ($2)) \
         AND NOT EXISTS (SELECT 1 FROM media AS e JOIN plays AS p \
                 ON p.user_id = $1 AND p.kind = 'episode' AND p.item = e.trakt \
             WHERE e.kind = 'episode' AND e.show = w.show)",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Array<BigInt>, _>(episodes)
    .execute(conn)?;
    count_episodes(conn, user, episodes)
}

/// How many users are counted in one transaction.
const USERS: i64 = 500;

/// See `CatalogueStore::count_show`.
pub(super) fn count_show(
    conn: &mut PgConnection,
    show: i64,
    after: Option<UserId>,
) -> QueryResult<Option<UserId>> {
    #[derive(QueryableByName)]
    struct UserRow {
        #[diesel(sql_type = SqlUuid)]
        user_id: Uuid,
    }

    let users: Vec<UserRow> = diesel::sql_query(
        "SELECT user_id FROM watching WHERE show = $1 AND ($2 IS NULL OR user_id > $2) \
         ORDER BY user_id LIMIT $3 FOR UPDATE",
    )
    .bind::<BigInt, _>(show)
    .bind::<Nullable<SqlUuid>, _>(after.map(UserId::uuid))
    .bind::<BigInt, _>(USERS)
    .load(conn)?;
    let users: Vec<Uuid> = users.into_iter().map(|row| row.user_id).collect();
    let plays = plays_of("$1", "= ANY ($2)");
    count(conn, |conn| {
        diesel::sql_query(counted("show = $1 AND user_id = ANY ($2)", &plays))
            .bind::<BigInt, _>(show)
            .bind::<Array<SqlUuid>, _>(&users)
            .execute(conn)
    })?;
    let full = i64::try_from(users.len()) == Ok(USERS);
    Ok(users.last().copied().filter(|_| full).map(UserId::from))
}

/// What to go on with. A resume point is left out where its thing was watched since, and gives way
/// to the next episode of its show where the show was watched since.
fn progress_sql() -> String {
    format!(
        "WITH resumes AS (SELECT DISTINCT ON (p.kind, coalesce(m.show, p.item)) \
                 p.id, p.kind, p.item, p.progress, p.paused_at, m.show \
             FROM playback AS p JOIN media AS m ON m.kind = p.kind AND m.trakt = p.item \
             WHERE p.user_id = $1 \
                 AND NOT EXISTS (SELECT 1 FROM plays AS x WHERE x.user_id = $1 \
                     AND x.kind = p.kind AND x.item = p.item AND x.watched_at > p.paused_at) \
                 AND NOT EXISTS (SELECT 1 FROM hidden AS h WHERE h.user_id = $1 AND h.show = m.show) \
             ORDER BY p.kind, coalesce(m.show, p.item), p.paused_at DESC NULLS LAST, p.id DESC), \
         nexts AS (SELECT w.show, w.next_item, w.last_watched_at \
             FROM watching AS w \
             WHERE w.user_id = $1 AND w.next_airs <= now() AND NOT EXISTS ( \
                 SELECT 1 FROM hidden AS h WHERE h.user_id = $1 AND h.show = w.show)), \
         pairs AS (SELECT r.id, r.kind, r.item, r.progress, r.paused_at, \
                 coalesce(r.show, n.show) AS show, n.next_item, n.last_watched_at, \
                 r.id IS NOT NULL AND (n.show IS NULL OR coalesce(r.paused_at, '-infinity') \
                     >= coalesce(n.last_watched_at, '-infinity')) AS resumes \
             FROM resumes AS r FULL JOIN nexts AS n ON n.show = r.show), \
         list AS (SELECT 'resume' AS why, id, kind, item, show, progress, paused_at AS at \
             FROM pairs WHERE resumes \
             UNION ALL SELECT 'next', show, 'episode', next_item, show, NULL, last_watched_at \
             FROM pairs WHERE NOT resumes), \
         page AS (SELECT * FROM list \
             WHERE $2 IS NULL OR (coalesce(at, '-infinity'), why, id) \
                 < (coalesce($3, '-infinity'), $2, $4) \
             ORDER BY coalesce(at, '-infinity') DESC, why DESC, id DESC LIMIT $5) \
         SELECT s.read_at, l.why, l.id, l.progress, l.at, w.completed, \
             (SELECT count(*) FROM media AS e WHERE e.kind = 'episode' AND e.show = l.show \
                 AND e.season > 0 AND e.first_aired <= now()) AS aired, {THING} \
         FROM (SELECT read_at FROM watch_states WHERE user_id = $1) AS s \
         LEFT JOIN page AS l ON true \
         LEFT JOIN media AS m ON m.kind = l.kind AND m.trakt = l.item \
         LEFT JOIN media AS o ON o.kind = 'show' AND o.trakt = l.show \
         LEFT JOIN watching AS w ON w.user_id = $1 AND w.show = l.show \
         ORDER BY coalesce(l.at, '-infinity') DESC, l.why DESC, l.id DESC"
    )
}

#[derive(QueryableByName)]
struct ToWatchRow {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    read_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Text>)]
    why: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    id: Option<i64>,
    #[diesel(sql_type = Nullable<Double>)]
    progress: Option<f64>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Integer>)]
    completed: Option<i32>,
    #[diesel(sql_type = Nullable<BigInt>)]
    aired: Option<i64>,
    #[diesel(embed)]
    thing: ThingRow,
}

/// See `WatchReads::progress`.
pub(super) fn progress(
    conn: &mut PgConnection,
    query: &ProgressQuery,
) -> Result<Listing<ToWatch, ProgressCursor>, Failure> {
    let after = query.after;
    let rows: Vec<ToWatchRow> = diesel::sql_query(progress_sql())
        .bind::<SqlUuid, _>(query.user.uuid())
        .bind::<Nullable<Text>, _>(after.map(|after| after.kind.as_str()))
        .bind::<Nullable<Timestamptz>, _>(after.and_then(|after| after.at))
        .bind::<Nullable<BigInt>, _>(after.map(|after| after.id))
        .bind::<BigInt, _>(i64::from(query.limit) + 1)
        .load(conn)?;
    let as_of = rows.first().and_then(|row| row.read_at);
    let items = rows.into_iter().filter_map(|row| {
        let (id, why) = (row.id?, row.why?);
        let kind = match why == ProgressKind::Resume.as_str() {
            true => ProgressKind::Resume,
            false => ProgressKind::Next,
        };
        // Nobody knows the episodes of a show whose catalogue was never read.
        let aired = row.aired.unwrap_or(0);
        let completed = i64::from(row.completed.unwrap_or(0)).min(aired);
        let left = u32::try_from(aired - completed).ok().filter(|_| aired > 0);
        #[expect(clippy::cast_precision_loss, reason = "no show has 2^52 episodes")]
        let of_show = || match aired {
            0 => 0.0,
            aired => (completed as f64 * 1000.0 / aired as f64).round() / 10.0,
        };
        let (progress, last_watched_at) = (row.progress.unwrap_or_else(of_show), row.at);
        Some(
            there(row.thing.item(), "what is to be watched").map(|item| ToWatch {
                kind,
                id,
                item,
                progress,
                left,
                last_watched_at,
            }),
        )
    });
    let items = items.collect::<Result<_, _>>()?;
    Ok(stretch(items, query.limit, as_of, ToWatch::cursor))
}
