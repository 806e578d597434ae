//! How the data of users stands: one statement, for however many.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use trakt_core::UserId;
use trakt_core::ports::UserState;
use trakt_core::watch::{HeldChange, PullPhase, PullProgress, PullState};
use uuid::Uuid;

use super::pull::known;

const STATES: &str = "\
SELECT u.id, s.user_id IS NOT NULL AS begun, s.started_at, s.finished_at, s.next_at, s.reason, \
    coalesce(s.lease_until > now(), false) AS running, \
    coalesce(s.next_at <= now() OR s.claimed_until > now(), false) AS due, \
    s.reading, s.seen_rows, m.parts, m.rows, h.sides, h.of, h.adds, h.removes, h.held \
FROM users AS u LEFT JOIN watch_states AS s ON s.user_id = u.id \
LEFT JOIN LATERAL (SELECT array_agg(part ORDER BY part) AS parts, \
        array_agg(rows ORDER BY part) AS rows \
    FROM watch_marks WHERE user_id = u.id) AS m ON true \
LEFT JOIN LATERAL (SELECT array_agg(side ORDER BY side, part) AS sides, \
        array_agg(part ORDER BY side, part) AS of, array_agg(adds ORDER BY side, part) AS adds, \
        array_agg(removes ORDER BY side, part) AS removes, \
        array_agg(held ORDER BY side, part) AS held \
    FROM watch_holds WHERE user_id = u.id AND NOT meant) AS h ON true \
WHERE u.id = ANY ($1)";

type Time = Option<DateTime<Utc>>;

#[derive(QueryableByName)]
struct StateRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Bool)]
    begun: bool,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    started_at: Time,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    finished_at: Time,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    next_at: Time,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Bool)]
    running: bool,
    #[diesel(sql_type = Bool)]
    due: bool,
    #[diesel(sql_type = Nullable<Text>)]
    reading: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    seen_rows: Option<i64>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    parts: Option<Vec<String>>,
    #[diesel(sql_type = Nullable<Array<BigInt>>)]
    rows: Option<Vec<i64>>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    sides: Option<Vec<String>>,
    #[diesel(sql_type = Nullable<Array<Text>>)]
    of: Option<Vec<String>>,
    #[diesel(sql_type = Nullable<Array<BigInt>>)]
    adds: Option<Vec<i64>>,
    #[diesel(sql_type = Nullable<Array<BigInt>>)]
    removes: Option<Vec<i64>>,
    #[diesel(sql_type = Nullable<Array<BigInt>>)]
    held: Option<Vec<i64>>,
}

/// See `WatchStore::pull_states`.
pub(crate) fn states(conn: &mut PgConnection, users: &[UserId]) -> QueryResult<Vec<UserState>> {
    let ids: Vec<Uuid> = users.iter().map(|user| user.uuid()).collect();
    let rows: Vec<StateRow> = diesel::sql_query(STATES)
        .bind::<Array<SqlUuid>, _>(ids)
        .load(conn)?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| (row.id.into(), row.begun.then(|| row.state())))
        .collect())
}

impl StateRow {
    fn state(self) -> PullState {
        let held = self.held();
        let phase = match (self.running, self.due, &self.reason) {
            (true, ..) => PullPhase::Running,
            (_, true, _) => PullPhase::Queued,
            _ if !held.is_empty() => PullPhase::Held,
            (.., Some(_)) => PullPhase::Failed,
            _ => PullPhase::Idle,
        };
        let reading = self.reading.as_deref().filter(|_| self.running);
        let progress = reading.and_then(known).map(|part| PullProgress {
            part,
            rows: self.seen_rows.unwrap_or(0).unsigned_abs(),
        });
        let counts = self.parts.iter().flatten();
        let counts = counts.zip(self.rows.iter().flatten());
        PullState {
            phase,
            started_at: self.started_at,
            finished_at: self.finished_at,
            next_at: self.next_at,
            counts: counts
                .filter_map(|(part, rows)| Some((known(part)?, rows.unsigned_abs())))
                .collect(),
            reason: self.reason,
            held,
            progress,
        }
    }

    fn held(&self) -> Vec<HeldChange> {
        let words = self.sides.iter().flatten().zip(self.of.iter().flatten());
        let counts = self
            .adds
            .iter()
            .flatten()
            .zip(self.removes.iter().flatten());
        let counts = counts.zip(self.held.iter().flatten());
        words
            .zip(counts)
            .map(|((side, part), ((adds, removes), of))| HeldChange {
                side: side.clone(),
                part: part.clone(),
                adds: adds.unsigned_abs(),
                removes: removes.unsigned_abs(),
                of: of.unsigned_abs(),
            })
            .collect()
    }
}
