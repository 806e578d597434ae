//! Bringing the database to the version of this program. The migrations themselves, and the
//! rules for them, stand in the folder `migrations`.

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use secrecy::SecretString;
use trakt_core::PortError;

use crate::error::port_error;
use crate::pool::connect;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Whoever migrates holds the lock of this number until the transaction ends: no session state,
/// so that it works through a pooler too. It never changes, or two versions would not meet.
const LOCK: i64 = 0x7472_616b_745f_6462;

/// Why the database was not brought to this version. Nothing was changed then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// The database cannot be reached or did not let us work.
    #[error(transparent)]
    Database(#[from] PortError),
    /// The database knows migrations that this program does not: it belongs to a newer version.
    #[error(
        "the database belongs to a newer version of this program (it has migration {0}): \
         start that version, or restore a backup from before it"
    )]
    Newer(String),
    /// A migration failed.
    #[error("migration {name} failed: {reason}")]
    Failed {
        /// Which one.
        name: String,
        /// What the database said, without values.
        reason: String,
    },
}

impl From<diesel::result::Error> for MigrateError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Database(port_error(&error))
    }
}

/// Runs the migrations that are missing in the database behind `url`, in one transaction, and
/// returns their names. When others are at it, waits for them; then there is nothing to do.
///
/// # Errors
/// [`MigrateError`].
pub fn migrate(url: &SecretString) -> Result<Vec<String>, MigrateError> {
    connect(url)?.transaction(|conn| {
        // A migration may take its time, but nobody waits for a lock for long: the caller may have
        // been asked to stop, and comes back otherwise.
        conn.batch_execute(&format!(
            "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '20s'; \
             SELECT pg_advisory_xact_lock({LOCK})"
        ))?;
        run_missing(conn)
    })
}

/// The migrations of this program in their order: version and name.
pub(crate) fn known() -> Result<Vec<(String, String)>, MigrateError> {
    let all = MigrationSource::<Pg>::migrations(&MIGRATIONS).map_err(|e| unreadable(&*e))?;
    let mut known: Vec<_> = (all.iter().map(Migration::name))
        .map(|name| (name.version().to_string(), name.to_string()))
        .collect();
    known.sort_unstable();
    Ok(known)
}

fn run_missing(conn: &mut PgConnection) -> Result<Vec<String>, MigrateError> {
    let mut known = MigrationSource::<Pg>::migrations(&MIGRATIONS).map_err(|e| unreadable(&*e))?;
    known.sort_by(|a, b| a.name().version().cmp(&b.name().version()));
    let done = applied(conn)?;
    let unknown =
        |version: &&MigrationVersion<'_>| known.iter().all(|m| m.name().version() != **version);
    if let Some(version) = done.iter().find(unknown) {
        return Err(MigrateError::Newer(version.to_string()));
    }
    let mut run = Vec::new();
    for migration in &known {
        if done.contains(&migration.name().version()) {
            continue;
        }
        let name = migration.name().to_string();
        log::info!("running migration {name}");
        if let Err(error) = conn.run_migration(migration) {
            let reason = error.to_string();
            return Err(MigrateError::Failed { name, reason });
        }
        run.push(name);
    }
    Ok(run)
}

/// The list of migrations that counts, as an expression of SQL: that of the schema in which tables are made;
/// for a role that may make none there, that which it sees.
pub(crate) const LIST: &str = "\
    coalesce(to_regclass(quote_ident(current_schema()) || '.__diesel_schema_migrations'), \
        CASE WHEN NOT coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) \
            THEN to_regclass('__diesel_schema_migrations') END)";

/// The migrations that the database has. Diesel makes the list where there is none, and asks for the right
/// to make tables also where there is one: a role that has none goes on with what another migrated.
fn applied(conn: &mut PgConnection) -> Result<Vec<MigrationVersion<'static>>, MigrateError> {
    let there = sql::<Bool>(&format!("SELECT {LIST} IS NOT NULL"));
    if !there.get_result::<bool>(conn)? {
        return conn.applied_migrations().map_err(|e| unreadable(&*e));
    }
    let versions = sql::<Text>("SELECT version::text FROM __diesel_schema_migrations");
    let versions: Vec<String> = versions.load(conn)?;
    Ok(versions.into_iter().map(MigrationVersion::from).collect())
}

fn unreadable(error: &dyn std::error::Error) -> MigrateError {
    PortError::Unavailable(format!("the list of migrations cannot be read: {error}")).into()
}
