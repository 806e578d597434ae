//! How everything stands: a handful of counts, each by an index of its own.

use std::time::Duration;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Interval, Nullable};
use trakt_core::admin::Overview;
use trakt_core::link::LinkStatus;
use trakt_core::ports::Survey;

use super::{links_and_users, record};
use crate::error::{Failure, corrupt};
use crate::link::LinkRow;
use crate::schema::{trakt_users as links, users};
use crate::time::interval;

/// A pull of somebody who is not linked any more is nobody's trouble; one that is held back is
/// counted as that.
const COUNTS: &str = "\
SELECT (SELECT count(*) FROM trakt_users WHERE refresh_due_at < now() - $1) AS overdue, \
    w.waiting, w.seconds, \
    (SELECT count(*) FROM watch_states AS s WHERE s.reason IS NOT NULL \
        AND EXISTS (SELECT FROM trakt_users AS t WHERE t.user_id = s.user_id) \
        AND NOT EXISTS (SELECT FROM watch_holds AS h WHERE h.user_id = s.user_id AND NOT h.meant) \
    ) AS failed, \
    (SELECT count(DISTINCT user_id) FROM watch_holds WHERE NOT meant) AS held \
FROM (SELECT count(*) AS waiting, \
        extract(epoch FROM now() - min(accepted_at))::bigint AS seconds \
    FROM outbox WHERE settled_at IS NULL) AS w";

#[derive(QueryableByName)]
struct CountsRow {
    #[diesel(sql_type = BigInt)]
    overdue: i64,
    #[diesel(sql_type = BigInt)]
    waiting: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    seconds: Option<i64>,
    #[diesel(sql_type = BigInt)]
    failed: i64,
    #[diesel(sql_type = BigInt)]
    held: i64,
}

/// See `AdminStore::overview`.
pub(super) fn overview(conn: &mut PgConnection, survey: &Survey) -> Result<Overview, Failure> {
    let statuses: Vec<(String, i64)> = links::table
        .group_by(links::status)
        .select((links::status, diesel::dsl::count_star()))
        .order(links::status)
        .load(conn)?;
    let links = statuses.into_iter().map(|(word, count)| {
        let status: Result<LinkStatus, _> = word.parse();
        let status = status.map_err(|_| corrupt(format!("trakt_users.status {word}")))?;
        Ok((status, count.unsigned_abs()))
    });
    let links = links.collect::<Result<_, Failure>>()?;
    let expiring = links_and_users()
        .filter(links::status.eq(LinkStatus::Active.as_str()))
        .order(links::token_expires_at)
        .limit(survey.expiring.into())
        .select((
            LinkRow::as_select(),
            users::email.nullable(),
            links::created_at,
        ))
        .load(conn)?;
    let counts: CountsRow = diesel::sql_query(COUNTS)
        .bind::<Interval, _>(interval(survey.overdue))
        .get_result(conn)?;
    Ok(Overview {
        links,
        expiring: expiring.into_iter().map(record).collect::<Result<_, _>>()?,
        overdue: counts.overdue.unsigned_abs(),
        waiting: counts.waiting.unsigned_abs(),
        waiting_for: counts
            .seconds
            .map(|seconds| Duration::from_secs(u64::try_from(seconds).unwrap_or(0))),
        failed: counts.failed.unsigned_abs(),
        held: counts.held.unsigned_abs(),
    })
}
