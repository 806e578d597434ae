//! The rows of each part, many in one statement.

use chrono::{DateTime, Utc};
use diesel::connection::DefaultLoadingMode;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use trakt_core::UserId;
use trakt_core::watch::{Fingerprint, Held, Part, Row};

use crate::scrobble::Guards;

/// Where the rows of a part are, in the words of SQL.
struct Table {
    name: &'static str,
    /// Which of the table's rows they are: none of those that wait for Trakt's id.
    of: &'static str,
    /// What they are selected as: key, kind, item, at, number, text.
    select: &'static str,
    key: &'static str,
    /// What is inserted from `r (key, kind, item, at, number, text)`.
    insert: &'static str,
    conflict: &'static str,
}

const fn table(part: Part) -> Option<Table> {
    let (name, of, select, key, insert, conflict) = match part {
        Part::MoviePlays => (
            "plays",
            "kind = 'movie' AND id > 0",
            PLAY,
            "id",
            PLAYS,
            PLAYS_AGAIN,
        ),
        Part::EpisodePlays => (
            "plays",
            "kind = 'episode' AND id > 0",
            PLAY,
            "id",
            PLAYS,
            PLAYS_AGAIN,
        ),
        Part::Shows => (
            "watching",
            "true",
            "show AS key, 'show' AS kind, show AS item, reset_at AS at, NULL::float8 AS number, \
             NULL AS text",
            "show",
            "(user_id, show, reset_at) SELECT $1, key, at",
            "(user_id, show) DO UPDATE SET reset_at = excluded.reset_at",
        ),
        Part::Playback => (
            "playback",
            "id > 0",
            "id AS key, kind, item, paused_at AS at, progress AS number, NULL AS text",
            "id",
            "(user_id, id, kind, item, paused_at, progress) SELECT $1, key, kind, item, at, number",
            "(user_id, id) DO UPDATE SET kind = excluded.kind, item = excluded.item, \
             paused_at = excluded.paused_at, progress = excluded.progress",
        ),
        Part::MovieRatings => ("ratings", "kind = 'movie'", RATING, "item", RATINGS, RATED),
        Part::ShowRatings => ("ratings", "kind = 'show'", RATING, "item", RATINGS, RATED),
        Part::SeasonRatings => ("ratings", "kind = 'season'", RATING, "item", RATINGS, RATED),
        Part::EpisodeRatings => (
            "ratings",
            "kind = 'episode'",
            RATING,
            "item",
            RATINGS,
            RATED,
        ),
        Part::Watchlist => (
            "watchlist",
            "id > 0",
            "id AS key, kind, item, listed_at AS at, rank::float8 AS number, notes AS text",
            "id",
            "(user_id, id, kind, item, listed_at, rank, notes) \
             SELECT $1, key, kind, item, at, number::bigint, text",
            "(user_id, id) DO UPDATE SET kind = excluded.kind, item = excluded.item, \
             listed_at = excluded.listed_at, rank = excluded.rank, notes = excluded.notes",
        ),
        Part::Hidden => (
            "hidden",
            "list = 'hidden'",
            HIDDEN,
            "show",
            HIDE,
            HIDE_AGAIN,
        ),
        Part::Dropped => (
            "hidden",
            "list = 'dropped'",
            HIDDEN,
            "show",
            DROP,
            HIDE_AGAIN,
        ),
        _ => return None,
    };
    Some(Table {
        name,
        of,
        select,
        key,
        insert,
        conflict,
    })
}

const PLAY: &str =
    "id AS key, kind, item, watched_at AS at, NULL::float8 AS number, action AS text";
const PLAYS: &str = "(user_id, id, kind, item, watched_at, action) \
    SELECT $1, key, kind, item, at, text";
const PLAYS_AGAIN: &str = "(user_id, id) DO UPDATE SET kind = excluded.kind, \
    item = excluded.item, watched_at = excluded.watched_at, action = excluded.action";
const RATING: &str = "item AS key, kind, item, rated_at AS at, rating::float8 AS number, \
    NULL AS text";
const RATINGS: &str = "(user_id, kind, item, rated_at, rating) \
    SELECT $1, kind, item, at, number::smallint";
const RATED: &str = "(user_id, kind, item) DO UPDATE SET rated_at = excluded.rated_at, \
    rating = excluded.rating";
const HIDDEN: &str = "show AS key, 'show' AS kind, show AS item, hidden_at AS at, \
    NULL::float8 AS number, NULL AS text";
const HIDE: &str = "(user_id, list, show, hidden_at) SELECT $1, 'hidden', key, at";
const DROP: &str = "(user_id, list, show, hidden_at) SELECT $1, 'dropped', key, at";
const HIDE_AGAIN: &str = "(user_id, list, show) DO UPDATE SET hidden_at = excluded.hidden_at";

/// All tables that have rows of users.
const TABLES: [&str; 9] = [
    "plays",
    "playback",
    "ratings",
    "watchlist",
    "hidden",
    "watching",
    "recommendations",
    "recommendation_states",
    "recommendation_hides",
];

/// A row of any part.
#[derive(QueryableByName)]
struct Flat {
    #[diesel(sql_type = BigInt)]
    key: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = BigInt)]
    item: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Double>)]
    number: Option<f64>,
    #[diesel(sql_type = Nullable<Text>)]
    text: Option<String>,
}

/// What is held of a part.
pub(super) fn held(conn: &mut PgConnection, user: UserId, part: Part) -> QueryResult<Vec<Held>> {
    let Some(table) = table(part) else {
        return Ok(Vec::new());
    };
    let mut sql = format!(
        "SELECT {} FROM {} WHERE user_id = $1 AND {}",
        table.select, table.name, table.of
    );
    // What Trakt was not told of yet is not missing there.
    if part == Part::Shows {
        sql += &format!(" AND NOT {UNSENT_OF_SHOW}");
    }
    if table.name == "ratings" {
        sql += " AND NOT EXISTS (SELECT 1 FROM outbox AS o WHERE o.user_id = $1 \
                 AND o.settled_at IS NULL AND o.deed = 'rating_add' \
                 AND o.kind = ratings.kind AND o.item = ratings.item)";
    }
    let rows = diesel::sql_query(sql)
        .bind::<SqlUuid, _>(user.uuid())
        .load_iter::<Flat, DefaultLoadingMode>(conn)?;
    rows.map(|row| {
        let row = row?;
        let said = (row.at, row.number, row.text.as_deref());
        Ok(Held {
            key: row.key,
            fingerprint: Fingerprint::of(&row.kind, row.item, said),
        })
    })
    .collect()
}

/// How many rows a part has.
pub(super) fn count(conn: &mut PgConnection, user: UserId, part: Part) -> QueryResult<i64> {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        count: i64,
    }

    let Some(table) = table(part) else {
        return Ok(0);
    };
    let sql = format!(
        "SELECT count(*) FROM {} WHERE user_id = $1 AND {}",
        table.name, table.of
    );
    let row: Count = diesel::sql_query(sql)
        .bind::<SqlUuid, _>(user.uuid())
        .get_result(conn)?;
    Ok(row.count)
}

/// Stores rows, each key once.
pub(super) fn upsert(
    conn: &mut PgConnection,
    user: UserId,
    part: Part,
    rows: &[&Row],
) -> QueryResult<()> {
    let Some(table) = table(part).filter(|_| !rows.is_empty()) else {
        return Ok(());
    };
    let sql = format!(
        "INSERT INTO {} {} FROM unnest($2::bigint[], $3::text[], $4::bigint[], \
         $5::timestamptz[], $6::float8[], $7::text[]) AS r (key, kind, item, at, number, text) \
         ON CONFLICT {}",
        table.name, table.insert, table.conflict
    );
    let keys: Vec<_> = rows.iter().map(|row| row.key).collect();
    let kinds: Vec<_> = rows.iter().map(|row| row.item.kind().as_str()).collect();
    let items: Vec<_> = rows.iter().map(|row| row.item.ids().trakt).collect();
    let times: Vec<_> = rows.iter().map(|row| row.fact.said().0).collect();
    let numbers: Vec<_> = rows.iter().map(|row| row.fact.said().1).collect();
    let texts: Vec<_> = rows.iter().map(|row| row.fact.said().2).collect();
    diesel::sql_query(sql)
        .bind::<SqlUuid, _>(user.uuid())
        .bind::<Array<BigInt>, _>(keys)
        .bind::<Array<Text>, _>(kinds)
        .bind::<Array<BigInt>, _>(items)
        .bind::<Array<Nullable<Timestamptz>>, _>(times)
        .bind::<Array<Nullable<Double>>, _>(numbers)
        .bind::<Array<Nullable<Text>>, _>(texts)
        .execute(conn)?;
    if part != Part::Shows {
        return Ok(());
    }
    // The episodes of a show that nobody watched before are read soon.
    let shows: Vec<_> = rows.iter().map(|row| row.key).collect();
    diesel::sql_query(
        "INSERT INTO catalogues (show) SELECT unnest($1::bigint[]) ON CONFLICT DO NOTHING",
    )
    .bind::<Array<BigInt>, _>(shows)
    .execute(conn)
    .map(drop)
}

/// Whether a play of the show that is `watching.show` waits for Trakt's id.
const UNSENT_OF_SHOW: &str = "EXISTS (SELECT 1 FROM plays AS p \
    JOIN media AS m ON m.kind = 'episode' AND m.trakt = p.item \
    WHERE p.user_id = $1 AND p.id < 0 AND p.kind = 'episode' AND m.show = watching.show)";

/// Removes rows by their keys, but for those about what the user wrote since; tells how many.
pub(super) fn remove(
    conn: &mut PgConnection,
    user: UserId,
    part: Part,
    keys: &[i64],
    guards: &Guards,
) -> QueryResult<usize> {
    let Some(table) = table(part).filter(|_| !keys.is_empty()) else {
        return Ok(0);
    };
    let sql = format!(
        "DELETE FROM {} WHERE user_id = $1 AND {}",
        table.name, table.of
    );
    let sql = match part {
        // A show of which an episode waits to be sent is not at Trakt yet.
        Part::Shows => format!("{sql} AND NOT {UNSENT_OF_SHOW}"),
        _ => sql,
    };
    let (kinds, items) = guards.present();
    if items.is_empty() {
        return diesel::sql_query(format!("{sql} AND {} = ANY ($2)", table.key))
            .bind::<SqlUuid, _>(user.uuid())
            .bind::<Array<BigInt>, _>(keys)
            .execute(conn);
    }
    diesel::sql_query(format!(
        "{sql} AND {} = ANY ($2) AND (kind, item) NOT IN ( \
             SELECT * FROM unnest($3::text[], $4::bigint[]))",
        table.key
    ))
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Array<BigInt>, _>(keys)
    .bind::<Array<Text>, _>(kinds)
    .bind::<Array<BigInt>, _>(items)
    .execute(conn)
}

/// Removes all rows of a user.
pub(super) fn forget(conn: &mut PgConnection, user: UserId) -> QueryResult<()> {
    for table in TABLES {
        diesel::sql_query(format!("DELETE FROM {table} WHERE user_id = $1"))
            .bind::<SqlUuid, _>(user.uuid())
            .execute(conn)?;
    }
    Ok(())
}
