//! A new entry: it is written, gets its place in a chain, and the head of the chain moves on, in the
//! transaction under way and in two statements that stay prepared.

use chrono::{DateTime, Utc};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, SmallInt, Text, Timestamptz, Uuid as Id};
use trakt_core::audit::AuditEntry;
use trakt_core::{LinkId, TraktSlug, TraktUuid, UserId};
use uuid::Uuid;

use super::chain::{ChainKey, Position};
use super::{AuditRow, key};
use crate::error::{Failure, corrupt};
use crate::schema::audit_heads as heads;
use crate::seal::Vault;
use crate::webhook;

/// Shard, seq and mac of a head that this transaction holds now; the key in use; number and moment
/// of the new entry.
type Taken = (
    i16,
    i64,
    Vec<u8>,
    Option<Uuid>,
    Option<String>,
    i64,
    DateTime<Utc>,
);

/// Adds an entry to the transaction under way.
pub(crate) fn append(
    conn: &mut PgConnection,
    vault: &Vault,
    entry: &AuditEntry,
) -> Result<(), Failure> {
    webhook::audited(conn, entry)?;
    let (shard, mut seq, mut previous, key, sealed, id, at) = take(conn)?;
    let key = match (key, sealed) {
        (Some(key), Some(sealed)) => key::opened(vault, key, &sealed)?,
        _ => {
            let key = key::in_use(conn, vault)?;
            // The head may have moved on, with entries from before the chain.
            (seq, previous) = (heads::table.find(shard))
                .select((heads::seq, heads::mac))
                .get_result(conn)?;
            key
        }
    };
    metrics::counter!("trakt_audit_entries_total", "event" => entry.event.as_str()).increment(1);
    let stamp = &entry.stamp;
    let row = AuditRow {
        id,
        at,
        event: entry.event.as_str().to_owned(),
        outcome: entry.outcome.as_str().to_owned(),
        actor_id: stamp.actor.map(UserId::uuid),
        subject_id: entry.subject.map(UserId::uuid),
        link_id: entry.link.map(LinkId::uuid),
        trakt_slug: (entry.trakt_slug.as_ref()).map(|slug| TraktSlug::as_str(slug).to_owned()),
        trakt_uuid: (entry.trakt_uuid.as_ref()).map(|uuid| TraktUuid::as_str(uuid).to_owned()),
        ip: stamp.ip.map(|ip| ip.to_string()),
        request_id: stamp.request_id.clone(),
        detail: entry.detail.as_deref().map(str::to_owned),
    };
    let position = Position {
        shard,
        seq: seq + 1,
        previous: &previous,
        adopted: false,
    };
    let put = Put {
        row: &row,
        position,
        key: &key,
        mac: &key.link(position, &row),
    };
    match put.execute(conn)? {
        1 => Ok(()),
        _ => Err(corrupt("audit_heads: a head is gone").into()),
    }
}

fn take(conn: &mut PgConnection) -> Result<Taken, Failure> {
    let free: Option<Taken> = Take::<false>.get_result(conn).optional()?;
    let taken = match free {
        Some(taken) => Some(taken),
        // As many transactions are under way as there are heads: wait for one. This transaction holds
        // none, or it would have found that.
        None => Take::<true>.get_result(conn).optional()?,
    };
    taken.ok_or_else(|| corrupt("audit_heads: there is no head").into())
}

/// Takes a head that nobody else holds, or waits for one. A session looks for the same one first, so
/// that an entry gets the chain that the one before it in the transaction has, and sessions that are
/// neighbours do not meet.
struct Take<const WAIT: bool>;

impl<const WAIT: bool> QueryFragment<Pg> for Take<WAIT> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "WITH head AS MATERIALIZED (SELECT shard, seq, mac FROM audit_heads \
             ORDER BY (shard + pg_backend_pid()) % 16 LIMIT 1 FOR UPDATE",
        );
        if !WAIT {
            out.push_sql(" SKIP LOCKED");
        }
        out.push_sql(
            ") SELECT head.shard, head.seq, head.mac, k.id, k.sealed, \
                 nextval(pg_get_serial_sequence('audit_log', 'id')), clock_timestamp() \
             FROM head LEFT JOIN audit_keys AS k ON k.retired_at IS NULL",
        );
        Ok(())
    }
}

impl<const WAIT: bool> QueryId for Take<WAIT> {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<const WAIT: bool> Query for Take<WAIT> {
    type SqlType = (
        SmallInt,
        BigInt,
        Binary,
        Nullable<Id>,
        Nullable<Text>,
        BigInt,
        Timestamptz,
    );
}

impl<const WAIT: bool> RunQueryDsl<PgConnection> for Take<WAIT> {}

/// Writes the entry, its link, and the head.
struct Put<'a> {
    row: &'a AuditRow,
    position: Position<'a>,
    key: &'a ChainKey,
    mac: &'a [u8],
}

impl QueryFragment<Pg> for Put<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let (row, position) = (self.row, &self.position);
        out.push_sql(
            "WITH entry AS (INSERT INTO audit_log (id, at, event, outcome, actor_id, subject_id, \
             link_id, trakt_slug, trakt_uuid, ip, request_id, detail) \
             OVERRIDING SYSTEM VALUE VALUES (",
        );
        out.push_bind_param::<BigInt, _>(&row.id)?;
        out.push_sql(", ");
        out.push_bind_param::<Timestamptz, _>(&row.at)?;
        for text in [&row.event, &row.outcome] {
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(text)?;
        }
        for id in [&row.actor_id, &row.subject_id, &row.link_id] {
            out.push_sql(", ");
            out.push_bind_param::<Nullable<Id>, _>(id)?;
        }
        for text in [
            &row.trakt_slug,
            &row.trakt_uuid,
            &row.ip,
            &row.request_id,
            &row.detail,
        ] {
            out.push_sql(", ");
            out.push_bind_param::<Nullable<Text>, _>(text)?;
        }
        out.push_sql(
            ")), link AS (INSERT INTO audit_chain (shard, seq, entry_id, key, adopted, mac) \
             VALUES (",
        );
        out.push_bind_param::<SmallInt, _>(&position.shard)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&position.seq)?;
        out.push_sql(", ");
        out.push_bind_param::<BigInt, _>(&row.id)?;
        out.push_sql(", ");
        out.push_bind_param::<Id, _>(&self.key.id)?;
        out.push_sql(", ");
        out.push_bind_param::<Bool, _>(&position.adopted)?;
        out.push_sql(", ");
        out.push_bind_param::<Binary, _>(self.mac)?;
        out.push_sql(")) UPDATE audit_heads SET seq = ");
        out.push_bind_param::<BigInt, _>(&position.seq)?;
        out.push_sql(", mac = ");
        out.push_bind_param::<Binary, _>(self.mac)?;
        out.push_sql(" WHERE shard = ");
        out.push_bind_param::<SmallInt, _>(&position.shard)?;
        Ok(())
    }
}

impl QueryId for Put<'_> {
    type QueryId = Put<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for Put<'_> {}
