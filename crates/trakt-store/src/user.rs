//! The users.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::now;
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::Text;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use trakt_core::ports::{NewUser, ProvisionUser, RemoveUser, Revocation, UserStore};
use trakt_core::user::{Email, PasswordHash, Role, User};
use trakt_core::{PortError, UserId};
use uuid::Uuid;

use crate::error::{Failure, corrupt};
use crate::schema::users;
use crate::seal::Vault;
use crate::{PgStore, audit, link, watch};

diesel::define_sql_function! { fn lower(text: Text) -> Text; }
diesel::define_sql_function! { fn user_was_removed(email: Text, subject: Text) -> Bool; }

impl UserStore for PgStore {
    fn by_id(&self, id: UserId) -> Result<Option<User>, PortError> {
        let row = self.read(|conn| {
            let user = users::table.find(id.uuid());
            user.select(UserRow::as_select())
                .get_result(conn)
                .optional()
        })?;
        row.map(User::try_from).transpose()
    }

    fn by_email(&self, email: &Email) -> Result<Option<User>, PortError> {
        let row = self.read(|conn| {
            users::table
                .filter(lower(users::email).eq(lower(email.as_str())))
                .select(UserRow::as_select())
                .get_result(conn)
                .optional()
        })?;
        row.map(User::try_from).transpose()
    }

    fn by_subject(&self, subject: &str) -> Result<Option<User>, PortError> {
        if subject.contains('\0') {
            return Ok(None);
        }
        let row = self.read(|conn| {
            users::table
                .filter(users::subject.eq(subject))
                .select(UserRow::as_select())
                .get_result(conn)
                .optional()
        })?;
        row.map(User::try_from).transpose()
    }

    fn addresses(&self, ids: &[UserId]) -> Result<HashMap<UserId, Email>, PortError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let rows: Vec<(Uuid, String)> = self.read(|conn| {
            users::table
                .filter(users::id.eq_any(&ids))
                .select((users::id, users::email))
                .load(conn)
        })?;
        let read = |(id, email): (Uuid, String)| {
            let email = Email::parse(&email);
            let email = email.map_err(|_| corrupt(format!("users.email of row {id}")))?;
            Ok((id.into(), email))
        };
        rows.into_iter().map(read).collect()
    }

    fn list(&self) -> Result<Vec<User>, PortError> {
        let rows = self.read(|conn| {
            users::table
                .select(UserRow::as_select())
                .order(lower(users::email))
                .load(conn)
        })?;
        rows.into_iter().map(User::try_from).collect()
    }

    fn add(&self, cmd: &NewUser) -> Result<User, PortError> {
        self.write(|conn| {
            let added = diesel::insert_into(users::table)
                .values((
                    users::id.eq(cmd.id.uuid()),
                    users::email.eq(cmd.email.as_str()),
                    users::role.eq(cmd.role.as_str()),
                    users::password_hash.eq(cmd.password_hash.as_ref().map(PasswordHash::expose)),
                ))
                .on_conflict_do_nothing()
                .returning(UserRow::as_returning())
                .get_result(conn)
                .optional()?;
            let added = added.ok_or(PortError::Conflict("the e-mail address is taken"))?;
            entry_of_new(conn, &self.vault, cmd.id, &cmd.stamp)?;
            Ok(added.try_into()?)
        })
    }

    fn provision(&self, cmd: &ProvisionUser) -> Result<User, PortError> {
        if cmd.subject.contains('\0') {
            return Err(PortError::Conflict("the subject cannot be stored"));
        }
        self.write(|conn| Ok(provision(conn, &self.vault, cmd)?.try_into()?))
    }

    fn remove(&self, cmd: &RemoveUser) -> Result<Option<Vec<Revocation>>, PortError> {
        self.write(|conn| {
            let user: Option<Uuid> = users::table
                .filter(lower(users::email).eq(lower(cmd.email.as_str())))
                .select(users::id)
                // Pulls refer to the user while they hold the state of the user.
                .for_no_key_update()
                .get_result(conn)
                .optional()?;
            let Some(user) = user.map(UserId::from) else {
                return Ok(None);
            };
            let mut revocations = link::drop_open_flow(conn, &self.vault, user, &cmd.stamp)?;
            revocations.extend(link::unlink(conn, &self.vault, user, &cmd.stamp)?);
            watch::purge(conn, user)?;
            let gone =
                AuditEntry::new(AuditEvent::UserRemoved, AuditOutcome::Succeeded, &cmd.stamp);
            audit::append(conn, &self.vault, &gone.about(user))?;
            diesel::delete(users::table.find(user.uuid())).execute(conn)?;
            Ok(Some(revocations))
        })
    }
}

/// Keeps a user as is until the end of the transaction: the first lock of every write that makes
/// or moves something of a user's. `false` when there is no such user.
pub(crate) fn lock(conn: &mut PgConnection, user: UserId) -> QueryResult<bool> {
    let found: Option<Uuid> = users::table
        .find(user.uuid())
        .select(users::id)
        .for_no_key_update()
        .get_result(conn)
        .optional()?;
    Ok(found.is_some())
}

/// The id of the user with this address.
pub(crate) fn id_of(conn: &mut PgConnection, email: &Email) -> QueryResult<Option<Uuid>> {
    users::table
        .filter(lower(users::email).eq(lower(email.as_str())))
        .select(users::id)
        .get_result(conn)
        .optional()
}

/// PostgreSQL keeps no zero byte in a text, which JSON from outside can hold.
pub(crate) fn storable(text: &str) -> String {
    text.replace('\0', "")
}

fn provision(
    conn: &mut PgConnection,
    vault: &Vault,
    cmd: &ProvisionUser,
) -> Result<UserRow, Failure> {
    let tied = users::table
        .filter(users::subject.eq(&cmd.subject))
        .select(UserRow::as_select())
        .get_result(conn)
        .optional()?;
    if let Some(user) = tied {
        return Ok(user);
    }
    let known: Option<(Uuid, Option<String>)> = users::table
        .filter(lower(users::email).eq(lower(cmd.email.as_str())))
        .select((users::id, users::subject))
        .for_no_key_update()
        .get_result(conn)
        .optional()?;
    match known {
        // Tied by another request, after the look above.
        Some((id, Some(subject))) if subject == cmd.subject => {
            let user = users::table.find(id).select(UserRow::as_select());
            Ok(user.get_result(conn)?)
        }
        Some((_, Some(_))) => Err(PortError::Conflict("the user has another subject").into()),
        Some((id, None)) => Ok(diesel::update(users::table.find(id))
            .set((users::subject.eq(&cmd.subject), users::updated_at.eq(now)))
            .returning(UserRow::as_returning())
            .get_result(conn)?),
        None => {
            let email = cmd.email.as_str();
            if diesel::select(user_was_removed(email, &cmd.subject)).get_result(conn)? {
                return Err(PortError::Conflict("the user was deleted").into());
            }
            let added = diesel::insert_into(users::table)
                .values((
                    users::id.eq(cmd.new_id.uuid()),
                    users::email.eq(cmd.email.as_str()),
                    users::role.eq(Role::User.as_str()),
                    users::subject.eq(&cmd.subject),
                ))
                .returning(UserRow::as_returning())
                .get_result(conn)?;
            entry_of_new(conn, vault, cmd.new_id, &cmd.stamp)?;
            Ok(added)
        }
    }
}

fn entry_of_new(
    conn: &mut PgConnection,
    vault: &Vault,
    user: UserId,
    stamp: &AuditStamp,
) -> Result<(), Failure> {
    let entry = AuditEntry::new(AuditEvent::UserAdded, AuditOutcome::Succeeded, stamp);
    audit::append(conn, vault, &entry.about(user))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(Pg))]
struct UserRow {
    id: Uuid,
    email: String,
    role: String,
    password_hash: Option<String>,
    created_at: DateTime<Utc>,
}

impl TryFrom<UserRow> for User {
    type Error = PortError;

    fn try_from(row: UserRow) -> Result<Self, PortError> {
        let odd = |column: &str| corrupt(format!("users.{column} of row {}", row.id));
        Ok(Self {
            id: row.id.into(),
            email: Email::parse(&row.email).map_err(|_| odd("email"))?,
            role: row.role.parse().map_err(|_| odd("role"))?,
            password_hash: row.password_hash.map(PasswordHash::from),
            created_at: row.created_at,
        })
    }
}
