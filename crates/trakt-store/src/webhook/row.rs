//! An event as it stands in its table.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use trakt_core::webhook::{WebhookChange, WebhookEvent, WebhookLink};
use uuid::Uuid;

/// The columns of `webhook_events` that make an event.
pub(super) const EVENT: &str = "e.id AS event_id, e.seq, e.kind, e.at, e.subject_id, e.link_id, \
    e.trakt_slug, e.trakt_username, e.reason AS word, e.parts, e.adds, e.removes, e.held";

#[derive(QueryableByName)]
pub(super) struct EventRow {
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = SqlUuid)]
    subject_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    link_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    trakt_slug: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    trakt_username: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    word: Option<String>,
    #[diesel(sql_type = Array<Text>)]
    parts: Vec<String>,
    #[diesel(sql_type = Array<BigInt>)]
    adds: Vec<i64>,
    #[diesel(sql_type = Array<BigInt>)]
    removes: Vec<i64>,
    #[diesel(sql_type = Array<BigInt>)]
    held: Vec<i64>,
}

impl From<EventRow> for WebhookEvent {
    fn from(row: EventRow) -> Self {
        let count = |of: &[i64], place: usize| of.get(place).map(|n| n.unsigned_abs());
        let parts = row.parts.into_iter().enumerate();
        let changes = parts.map(|(place, part)| WebhookChange {
            part,
            adds: count(&row.adds, place).unwrap_or(0),
            removes: count(&row.removes, place).unwrap_or(0),
            of: count(&row.held, place),
        });
        Self {
            changes: changes.collect(),
            id: row.event_id.into(),
            sequence: row.seq,
            kind: row.kind,
            at: row.at,
            user: Some(row.subject_id.into()),
            link: row.link_id.map(|id| WebhookLink {
                id: id.into(),
                slug: row.trakt_slug,
                username: row.trakt_username,
            }),
            reason: row.word,
        }
    }
}
