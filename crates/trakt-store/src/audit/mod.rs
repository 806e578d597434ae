//! The audit trail. Entries about an effect are appended inside its transaction, by
//! [`append`]; a trigger refuses to change or delete one. This file holds the port; the parts:
//!
//! | file | what it does |
//! |---|---|
//! | `append` | a new entry, with its place in a chain |
//! | `chain` | the mac that binds an entry to its place |
//! | `key` | the keys of the macs |
//! | `problem` | what can be wrong, in words |
//! | `verify` | finds what was changed, removed or cut off |
//! | `heads` | the ends of the chains, to be kept elsewhere |
//! | `adopt` | takes in entries that have no place |
//! | `prune` | removes the oldest entries |

mod adopt;
mod append;
mod chain;
mod heads;
mod key;
mod problem;
mod prune;
mod verify;

use chrono::{DateTime, Utc};
use diesel::data_types::PgTimestamp;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgConnection, PgValue};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz, Uuid as SqlUuid};
use trakt_core::audit::{AuditEntry, AuditPlace, AuditQuery, AuditRecord, AuditStep, AuditUser};
use trakt_core::ports::AuditStore;
use trakt_core::{LinkId, Page, PortError, UserId};
use uuid::Uuid;

pub(crate) use self::append::append;
pub use self::heads::{AuditHead, AuditHeads};
pub use self::key::RekeyError;
pub(crate) use self::key::{OpenedKey, place};
pub use self::problem::{AuditFault, AuditProblem};
pub use self::prune::Pruned;
pub use self::verify::Verified;
use crate::PgStore;
use crate::schema::{audit_chain, audit_log};
use crate::user;

impl AuditStore for PgStore {
    fn record(&self, entry: &AuditEntry) -> Result<(), PortError> {
        self.write(|conn| append(conn, &self.vault, entry))
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

/// The place of an entry in its chain.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = audit_chain, check_for_backend(Pg))]
pub struct AuditSlot {
    /// Which entry.
    pub entry_id: i64,
    /// Which chain.
    pub shard: i16,
    /// At which place of it, from 1.
    pub seq: i64,
    /// What binds the entry to it.
    pub mac: Vec<u8>,
    /// Whether the entry was written without a place, and taken in later.
    pub adopted: bool,
}

impl PgStore {
    /// The places of these entries, in any order; those that have none are left out.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn audit_slots(&self, entries: &[i64]) -> Result<Vec<AuditSlot>, PortError> {
        self.read(|conn| {
            audit_chain::table
                .filter(audit_chain::entry_id.eq_any(entries))
                .select(AuditSlot::as_select())
                .load(conn)
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

/// A moment of the trail. What no clock says, such as `infinity`, somebody wrote there: it is read as the
/// last or the first moment there is, so that it can be told where it stands.
#[derive(FromSqlRow)]
struct Moment(DateTime<Utc>);

impl FromSql<Timestamptz, Pg> for Moment {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        /// From 1970 to 2000, from where PostgreSQL counts.
        const EPOCH: i64 = 946_684_800_000_000;
        let PgTimestamp(micros) = FromSql::<Timestamptz, Pg>::from_sql(bytes)?;
        let since = micros.saturating_add(EPOCH);
        let beyond = if micros > 0 {
            DateTime::<Utc>::MAX_UTC
        } else {
            DateTime::<Utc>::MIN_UTC
        };
        Ok(Self(
            DateTime::from_timestamp_micros(since).unwrap_or(beyond),
        ))
    }
}

impl From<Moment> for DateTime<Utc> {
    fn from(Moment(at): Moment) -> Self {
        at
    }
}

#[derive(Queryable, QueryableByName, Selectable)]
#[diesel(table_name = audit_log, check_for_backend(Pg))]
struct AuditRow {
    id: i64,
    #[diesel(deserialize_as = Moment)]
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
