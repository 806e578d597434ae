//! What an operator does to the links of others, and how everything stands.

mod overview;
mod refresh;
mod standing;

use chrono::{DateTime, Utc};
use diesel::dsl::{auto_type, now};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use trakt_core::admin::{AssociationRecord, Overview};
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome};
use trakt_core::link::{Account, FlowEnd, Link, LinkStatus};
use trakt_core::ports::{
    AdminStore, AskRefresh, AssociationQuery, ClaimAccount, ClaimOutcome, Disassociate, RefreshAsk,
    Revocation, Standing, Survey,
};
use trakt_core::user::Email;
use trakt_core::{Page, PortError, TraktSlug, TraktUuid};

use crate::error::{Failure, corrupt};
use crate::link::{
    Calm, HeldRow, Idle, LinkRow, Room, Wish, end_link, make_room, purge, queue_token_of,
};
use crate::schema::{trakt_users as links, users};
use crate::user::storable;
use crate::{PgStore, audit, user};

impl AdminStore for PgStore {
    fn claim_account(&self, cmd: &ClaimAccount) -> Result<ClaimOutcome, PortError> {
        self.write(|conn| {
            if !user::lock(conn, cmd.user)? {
                return Ok(ClaimOutcome::UserGone);
            }
            let wish = Wish {
                user: cmd.user,
                account: Account {
                    uuid: cmd.profile.uuid.as_ref(),
                    slug: &cmd.profile.slug,
                },
                replace: cmd.replace,
                stamp: &cmd.stamp,
            };
            match make_room(conn, &self.vault, &wish)? {
                Room::Refused(FlowEnd::AccountTaken) => Ok(ClaimOutcome::AccountTaken),
                Room::Refused(_) => Ok(ClaimOutcome::AlreadyLinked),
                Room::Free(held, revocations) => self.claim(conn, cmd, held.as_ref(), revocations),
            }
        })
    }

    fn associations(&self, query: &AssociationQuery) -> Result<Page<AssociationRecord>, PortError> {
        // No row can hold such a text.
        if query
            .text
            .as_deref()
            .is_some_and(|text| text.contains('\0'))
        {
            return Ok(Page {
                items: Vec::new(),
                request: query.page,
                total: 0,
            });
        }
        let (total, rows) = self.read_together(|conn| {
            let total: i64 = fitting(query).count().get_result(conn)?;
            let rows: Vec<Row> = fitting(query)
                .select((
                    LinkRow::as_select(),
                    users::email.nullable(),
                    links::created_at,
                ))
                .order(links::trakt_slug)
                .limit(query.page.limit().into())
                .offset(query.page.offset())
                .load(conn)?;
            Ok((total, rows))
        })?;
        Ok(Page {
            items: rows.into_iter().map(record).collect::<Result<_, _>>()?,
            request: query.page,
            total,
        })
    }

    fn disassociate(&self, cmd: &Disassociate) -> Result<Option<Vec<Revocation>>, PortError> {
        self.write(|conn| {
            let held = links::table
                .find(cmd.link.uuid())
                .select(HeldRow::as_select())
                .for_update()
                .get_result(conn)
                .optional()?;
            held.map(|held| {
                let event = AuditEvent::AdminDisassociated;
                let revocations = end_link(conn, &self.vault, &held, event, &cmd.stamp)?;
                if let Some(user) = held.user_id.filter(|_| cmd.purge) {
                    purge(conn, &self.vault, user.into(), &cmd.stamp)?;
                }
                Ok(revocations)
            })
            .transpose()
        })
    }

    fn ask_refresh(&self, cmd: &AskRefresh) -> Result<Option<RefreshAsk>, PortError> {
        self.write(|conn| refresh::ask(conn, &self.vault, cmd))
    }

    fn overview(&self, survey: &Survey) -> Result<Overview, PortError> {
        self.read_together(|conn| overview::overview(conn, survey))
    }

    fn standings(&self, wanted: &[(Email, TraktSlug)]) -> Result<Vec<Option<Standing>>, PortError> {
        self.read_together(|conn| standing::standings(conn, wanted))
    }
}

impl PgStore {
    /// The link of a claim for which there is room.
    fn claim(
        &self,
        conn: &mut PgConnection,
        cmd: &ClaimAccount,
        held: Option<&HeldRow>,
        mut revocations: Vec<Revocation>,
    ) -> Result<ClaimOutcome, Failure> {
        let row = match held {
            Some(held) if held.user_id == Some(cmd.user.uuid()) => {
                let link = Link::try_from(follow(conn, cmd, held)?)?;
                return Ok(ClaimOutcome::Associated(Box::new(link), revocations));
            }
            Some(held) => {
                revocations.extend(queue_token_of(conn, &self.vault, held, &cmd.stamp)?);
                take_over(conn, cmd, held)?
            }
            None => insert(conn, cmd)?,
        };
        let link = Link::try_from(row)?;
        let event = AuditEvent::AdminAssociated;
        let entry = AuditEntry::new(event, AuditOutcome::Succeeded, &cmd.stamp)
            .about(cmd.user)
            .account(&cmd.profile.slug, cmd.profile.uuid.as_ref())
            .link(link.id);
        audit::append(conn, &self.vault, &entry)?;
        Ok(ClaimOutcome::Associated(Box::new(link), revocations))
    }
}

/// The user has the account already: its labels follow a rename, and an identity that was not
/// known is noted.
fn follow(conn: &mut PgConnection, cmd: &ClaimAccount, held: &HeldRow) -> QueryResult<LinkRow> {
    let slug = cmd.profile.slug.as_str();
    let uuid = cmd.profile.uuid.as_ref().map(TraktUuid::as_str);
    let uuid = uuid.filter(|uuid| held.trakt_uuid.as_deref() != Some(uuid));
    let row = links::table.find(held.id);
    if held.trakt_slug == slug && uuid.is_none() {
        return row.select(LinkRow::as_select()).get_result(conn);
    }
    diesel::update(row)
        .set((
            links::trakt_slug.eq(slug),
            username(cmd).map(|name| links::trakt_username.eq(name)),
            uuid.map(|uuid| links::trakt_uuid.eq(uuid)),
            links::updated_at.eq(now),
        ))
        .returning(LinkRow::as_returning())
        .get_result(conn)
}

/// The account was nobody's: what tokens it holds are not this user's approval.
fn take_over(conn: &mut PgConnection, cmd: &ClaimAccount, held: &HeldRow) -> QueryResult<LinkRow> {
    let uuid = cmd.profile.uuid.as_ref().map(TraktUuid::as_str);
    diesel::update(links::table.find(held.id))
        .set((
            Idle::default(),
            Calm::default(),
            links::refresh_due_at.eq(None::<DateTime<Utc>>),
            links::user_id.eq(cmd.user.uuid()),
            links::trakt_slug.eq(cmd.profile.slug.as_str()),
            username(cmd).map(|name| links::trakt_username.eq(name)),
            uuid.map(|uuid| links::trakt_uuid.eq(uuid)),
            links::status_since.eq(now),
            links::status.eq(LinkStatus::Unverified.as_str()),
            links::status_reason.eq(None::<&str>),
            links::access_token.eq(None::<&str>),
            links::refresh_token.eq(None::<&str>),
            links::token_expires_at.eq(None::<DateTime<Utc>>),
            links::key_id.eq(None::<&str>),
            links::linked_at.eq(None::<DateTime<Utc>>),
            links::updated_at.eq(now),
        ))
        .returning(LinkRow::as_returning())
        .get_result(conn)
}

fn insert(conn: &mut PgConnection, cmd: &ClaimAccount) -> QueryResult<LinkRow> {
    diesel::insert_into(links::table)
        .values((
            links::id.eq(cmd.new_link.uuid()),
            links::user_id.eq(cmd.user.uuid()),
            links::trakt_slug.eq(cmd.profile.slug.as_str()),
            links::trakt_username.eq(username(cmd)),
            links::trakt_uuid.eq(cmd.profile.uuid.as_ref().map(TraktUuid::as_str)),
            links::status.eq(LinkStatus::Unverified.as_str()),
        ))
        .returning(LinkRow::as_returning())
        .get_result(conn)
}

fn username(cmd: &ClaimAccount) -> Option<String> {
    let name = cmd.profile.username.as_deref();
    name.map(storable)
}

type Row = (LinkRow, Option<String>, DateTime<Utc>);

fn record((link, email, created_at): Row) -> Result<AssociationRecord, PortError> {
    let odd = |_| corrupt(format!("users.email of the link {}", link.id));
    let user_email = email
        .as_deref()
        .map(Email::parse)
        .transpose()
        .map_err(odd)?;
    Ok(AssociationRecord {
        link: link.try_into()?,
        user_email,
        created_at,
    })
}

#[auto_type]
fn links_and_users() -> _ {
    links::table.left_join(users::table)
}

fn fitting(query: &AssociationQuery) -> diesel::helper_types::IntoBoxed<'_, links_and_users, Pg> {
    let mut rows = links_and_users().into_boxed();
    if let Some(status) = query.status {
        rows = rows.filter(links::status.eq(status.as_str()));
    }
    if let Some(text) = &query.text {
        let pattern = containing(text);
        rows = rows.filter(
            links::trakt_slug
                .ilike(pattern.clone())
                .nullable()
                .or(links::trakt_username.ilike(pattern.clone()))
                .or(users::email.nullable().ilike(pattern)),
        );
    }
    rows
}

/// A pattern for `ILIKE` that fits what contains `text`, whatever stands in it.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}
