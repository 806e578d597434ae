//! The audit trail. Entries about an effect are appended inside its transaction, by
//! [`append`]; nothing here changes or deletes one, and a trigger refuses it.

use chrono::{DateTime, Utc};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use trakt_core::audit::{AuditEntry, AuditPlace, AuditQuery, AuditRecord, AuditStep, AuditUser};
use trakt_core::ports::AuditStore;
use trakt_core::{LinkId, Page, PortError, TraktSlug, TraktUuid, UserId};
use uuid::Uuid;

use crate::PgStore;
use crate::schema::audit_log;
use crate::user;

impl AuditStore for PgStore {
    fn record(&self, entry: &AuditEntry) -> Result<(), PortError> {
        self.write(|conn| Ok(append(conn, entry)?))
    }

    fn search(&self, query: &AuditQuery) -> Result<Page<AuditRecord>, PortError> {
        self.read_together(|conn| {
            let user = match whose(conn, query)? {
                Whose::Anybody => None,
                Whose::User(user) => Some(user),
                Whose::Nobody => {
                    return Ok(Page {
                        items: Vec::new(),
                        request: query.page,
                        total: 0,
                    });
                }
            };
            let total = fitting(query, user).count().get_result(conn)?;
            let rows: Vec<AuditRow> = fitting(query, user)
                .select(AuditRow::as_select())
                .order(audit_log::id.desc())
                .limit(query.page.limit().into())
                .offset(query.page.offset())
                .load(conn)?;
            Ok(Page {
                items: rows.into_iter().map(AuditRecord::from).collect(),
                request: query.page,
                total,
            })
        })
    }

    fn read_on(
        &self,
        step: &AuditStep,
        limit: u32,
    ) -> Result<(Vec<AuditRecord>, Option<AuditPlace>), PortError> {
        self.read_together(|conn| {
            let user = match (&step.after, whose(conn, &step.query)?) {
                (Some(place), _) => place.user.map(UserId::uuid),
                (None, Whose::Anybody) => None,
                (None, Whose::User(user)) => Some(user),
                (None, Whose::Nobody) => return Ok((Vec::new(), None)),
            };
            let mut rows = fitting(&step.query, user);
            if let Some(place) = &step.after {
                // The first part is for the index by time: where the reading ends is found by it too,
                // so that the last piece does not look at everything that is older.
                rows = rows
                    .filter(audit_log::at.le(place.at))
                    .filter(audit_log::at.lt(place.at).or(audit_log::id.lt(place.id)));
            }
            let rows: Vec<AuditRow> = rows
                .select(AuditRow::as_select())
                .order((audit_log::at.desc(), audit_log::id.desc()))
                .limit(limit.into())
                .load(conn)?;
            let whole = rows.len() == usize::try_from(limit).unwrap_or(usize::MAX);
            let place = rows.last().filter(|_| whole).map(|row| AuditPlace {
                at: row.at,
                id: row.id,
                user: user.map(UserId::from),
            });
            Ok((rows.into_iter().map(AuditRecord::from).collect(), place))
        })
    }
}

/// Whose entries are wanted.
enum Whose {
    Anybody,
    User(Uuid),
    /// Of an address that nobody has.
    Nobody,
}

fn whose(conn: &mut PgConnection, query: &AuditQuery) -> QueryResult<Whose> {
    Ok(match &query.user {
        None => Whose::Anybody,
        Some(AuditUser::Id(id)) => Whose::User(id.uuid()),
        Some(AuditUser::Email(email)) => {
            user::id_of(conn, email)?.map_or(Whose::Nobody, Whose::User)
        }
    })
}

/// Adds an entry to the transaction under way.
pub(crate) fn append(conn: &mut PgConnection, entry: &AuditEntry) -> QueryResult<()> {
    metrics::counter!("trakt_audit_entries_total", "event" => entry.event.as_str()).increment(1);
    let stamp = &entry.stamp;
    diesel::insert_into(audit_log::table)
        .values((
            audit_log::event.eq(entry.event.as_str()),
            audit_log::outcome.eq(entry.outcome.as_str()),
            audit_log::actor_id.eq(stamp.actor.map(UserId::uuid)),
            audit_log::subject_id.eq(entry.subject.map(UserId::uuid)),
            audit_log::link_id.eq(entry.link.map(LinkId::uuid)),
            audit_log::trakt_slug.eq(entry.trakt_slug.as_ref().map(TraktSlug::as_str)),
            audit_log::trakt_uuid.eq(entry.trakt_uuid.as_ref().map(TraktUuid::as_str)),
            audit_log::ip.eq(stamp.ip.map(|ip| ip.to_string())),
            audit_log::request_id.eq(stamp.request_id.as_deref()),
            audit_log::detail.eq(entry.detail),
        ))
        .execute(conn)
        .map(drop)
}

fn fitting(query: &AuditQuery, user: Option<Uuid>) -> audit_log::BoxedQuery<'_, Pg> {
    let mut rows = audit_log::table.into_boxed();
    if let Some(user) = user {
        rows = rows.filter(
            audit_log::actor_id
                .eq(user)
                .or(audit_log::subject_id.eq(user)),
        );
    }
    if let Some(event) = query.event {
        rows = rows.filter(audit_log::event.eq(event.as_str()));
    }
    if let Some(since) = query.since {
        rows = rows.filter(audit_log::at.ge(since));
    }
    if let Some(until) = query.until {
        rows = rows.filter(audit_log::at.lt(until));
    }
    rows
}

/// Entries about a user after this one, the oldest first, of which an export has a page: all that
/// touched the user, and what the user did that touched nobody.
pub(crate) fn of_user(
    conn: &mut PgConnection,
    user: UserId,
    after: i64,
    limit: i64,
) -> QueryResult<Vec<AuditRecord>> {
    let rows: Vec<AuditRow> = diesel::sql_query(
        "SELECT * FROM ( \
             (SELECT * FROM audit_log WHERE subject_id = $1 AND id > $2 ORDER BY id LIMIT $3) \
             UNION ALL (SELECT * FROM audit_log \
                 WHERE actor_id = $1 AND subject_id IS NULL AND id > $2 ORDER BY id LIMIT $3) \
         ) AS entries ORDER BY id LIMIT $3",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<BigInt, _>(after)
    .bind::<BigInt, _>(limit)
    .load(conn)?;
    Ok(rows.into_iter().map(AuditRecord::from).collect())
}

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = audit_log, check_for_backend(Pg))]
struct AuditRow {
    id: i64,
    at: DateTime<Utc>,
    event: String,
    outcome: String,
    actor_id: Option<Uuid>,
    subject_id: Option<Uuid>,
    link_id: Option<Uuid>,
    trakt_slug: Option<String>,
    trakt_uuid: Option<String>,
    ip: Option<String>,
    request_id: Option<String>,
    detail: Option<String>,
}

impl From<AuditRow> for AuditRecord {
    fn from(row: AuditRow) -> Self {
        Self {
            id: row.id,
            at: row.at,
            event: row.event,
            outcome: row.outcome,
            actor: row.actor_id.map(UserId::from),
            subject: row.subject_id.map(UserId::from),
            link: row.link_id.map(LinkId::from),
            trakt_slug: row.trakt_slug,
            trakt_uuid: row.trakt_uuid,
            ip: row.ip,
            request_id: row.request_id,
            detail: row.detail,
        }
    }
}
