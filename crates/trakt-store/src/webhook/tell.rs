//! Writing events, each in the transaction of its effect, with a delivery for each endpoint that is
//! known. One statement an event.

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Interval, Nullable, Text, Uuid as SqlUuid};
use trakt_core::audit::AuditEntry;
use trakt_core::watch::Part;
use trakt_core::webhook::{WebhookChange, WebhookKind, WebhookPolicy};
use trakt_core::{LinkId, TraktSlug, UserId};

use crate::time::interval;

/// Ends a statement whose `event` made an event. `$1` is how long an endpoint counts that no process
/// names.
const DELIVERIES: &str = "INSERT INTO webhook_deliveries (event_id, endpoint) \
    SELECT event.id, e.key FROM event, webhook_endpoints AS e \
    WHERE e.gone_at IS NULL AND e.seen_at > now() - $1";

/// Tells of an entry of the audit trail, if it is one that others are told of.
pub(crate) fn audited(conn: &mut PgConnection, entry: &AuditEntry) -> QueryResult<()> {
    let (Some((kind, reason)), Some(user)) = (WebhookKind::of(entry), entry.subject) else {
        return Ok(());
    };
    let slug = entry.trakt_slug.as_ref().map(TraktSlug::as_str);
    link(conn, kind, user, entry.link, slug, reason)
}

/// Tells that a link works again which was given up.
pub(crate) fn restored(conn: &mut PgConnection, user: UserId, of: LinkId) -> QueryResult<()> {
    link(
        conn,
        WebhookKind::Linked,
        user,
        Some(of),
        None,
        Some("restored"),
    )
}

fn link(
    conn: &mut PgConnection,
    kind: WebhookKind,
    user: UserId,
    link: Option<LinkId>,
    slug: Option<&str>,
    reason: Option<&str>,
) -> QueryResult<()> {
    diesel::sql_query(format!(
        "WITH event AS (INSERT INTO webhook_events \
             (kind, subject_id, link_id, trakt_slug, trakt_username, reason) \
         SELECT $2, $3, $4, coalesce($5, l.trakt_slug), l.trakt_username, $6 \
         FROM (SELECT 1) AS one LEFT JOIN trakt_users AS l ON l.id = $4 RETURNING id) {DELIVERIES}"
    ))
    .bind::<Interval, _>(interval(WebhookPolicy::FORGOTTEN))
    .bind::<Text, _>(kind.as_str())
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Nullable<SqlUuid>, _>(link.map(LinkId::uuid))
    .bind::<Nullable<Text>, _>(slug)
    .bind::<Nullable<Text>, _>(reason)
    .execute(conn)
    .map(drop)
}

/// Counts what a pull has changed, for when it comes to its end.
pub(crate) fn changed(
    conn: &mut PgConnection,
    user: UserId,
    part: Part,
    stored: usize,
    removed: usize,
) -> QueryResult<()> {
    if stored == 0 && removed == 0 {
        return Ok(());
    }
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    diesel::sql_query(
        "INSERT INTO webhook_changes (user_id, part, stored, removed) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (user_id, part) DO UPDATE SET \
             stored = webhook_changes.stored + excluded.stored, \
             removed = webhook_changes.removed + excluded.removed",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Text, _>(part.as_str())
    .bind::<BigInt, _>(count(stored))
    .bind::<BigInt, _>(count(removed))
    .execute(conn)
    .map(drop)
}

/// What was changed is of no interest any more: it was another account's.
pub(crate) fn forget_changes(conn: &mut PgConnection, user: UserId) -> QueryResult<()> {
    diesel::sql_query("DELETE FROM webhook_changes WHERE user_id = $1")
        .bind::<SqlUuid, _>(user.uuid())
        .execute(conn)
        .map(drop)
}

/// Tells of what pulls have changed since the last time, if they have; `reason` says why not
/// everything was read.
pub(crate) fn synced(
    conn: &mut PgConnection,
    user: UserId,
    reason: Option<&str>,
) -> QueryResult<()> {
    diesel::sql_query(format!(
        "WITH changes AS (DELETE FROM webhook_changes WHERE user_id = $2 \
             RETURNING part, stored, removed), \
         event AS (INSERT INTO webhook_events (kind, subject_id, reason, parts, adds, removes) \
             SELECT $3, $2, $4, array_agg(part ORDER BY part), array_agg(stored ORDER BY part), \
                 array_agg(removed ORDER BY part) \
             FROM changes HAVING count(*) > 0 RETURNING id) {DELIVERIES}"
    ))
    .bind::<Interval, _>(interval(WebhookPolicy::FORGOTTEN))
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Text, _>(WebhookKind::Synced.as_str())
    .bind::<Nullable<Text>, _>(reason)
    .execute(conn)
    .map(drop)
}

/// Tells of changes that wait for the user's word; `side` is `pull` or `push`.
pub(crate) fn held(
    conn: &mut PgConnection,
    user: UserId,
    side: &str,
    changes: &[WebhookChange],
) -> QueryResult<()> {
    let parts: Vec<_> = changes.iter().map(|change| change.part.as_str()).collect();
    let count = |of: fn(&WebhookChange) -> u64| -> Vec<i64> {
        let counts = changes.iter().map(of);
        counts
            .map(|n| i64::try_from(n).unwrap_or(i64::MAX))
            .collect()
    };
    diesel::sql_query(format!(
        "WITH event AS (INSERT INTO webhook_events \
             (kind, subject_id, reason, parts, adds, removes, held) \
         VALUES ($2, $3, $4, $5, $6, $7, $8) RETURNING id) {DELIVERIES}"
    ))
    .bind::<Interval, _>(interval(WebhookPolicy::FORGOTTEN))
    .bind::<Text, _>(WebhookKind::Held.as_str())
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Text, _>(side)
    .bind::<Array<Text>, _>(parts)
    .bind::<Array<BigInt>, _>(count(|change| change.adds))
    .bind::<Array<BigInt>, _>(count(|change| change.removes))
    .bind::<Array<BigInt>, _>(count(|change| change.of.unwrap_or(0)))
    .execute(conn)
    .map(drop)
}
