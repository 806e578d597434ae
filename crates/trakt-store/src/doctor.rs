//! What a database and the keys look like, for who has to mend them. Nothing here changes anything.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text, Timestamptz};
use secrecy::SecretString;
use trakt_core::{Clock, PortError};
use uuid::Uuid;

use crate::error::Failure;
use crate::keys::wrong_keys;
use crate::link::place;
use crate::migrate::{LIST, known};
use crate::pool::connect;
use crate::schema::trakt_users as links;
use crate::{KeyUse, PgStore};

/// How many links are opened to see that they do.
const SAMPLE: i64 = 100;

/// What a database says of itself and of us in it.
#[derive(Clone, Debug)]
pub struct DatabaseHealth {
    /// Server, session and rights.
    pub server: ServerHealth,
    /// How far its clock is before ours.
    pub ahead: TimeDelta,
    /// Migrations of this program that the database does not have.
    pub pending: Vec<String>,
    /// Migrations of the database that this program does not know.
    pub unknown: Vec<String>,
    /// Whether it has any.
    pub migrated: bool,
    /// Tables and sequences of ours that this role may not use as the service does.
    pub closed: Vec<String>,
}

/// What the server says.
#[derive(Clone, Debug, QueryableByName)]
pub struct ServerHealth {
    /// As in `server_version`.
    #[diesel(sql_type = Text)]
    pub version: String,
    /// As in `server_version_num`: 150008.
    #[diesel(sql_type = BigInt)]
    pub number: i64,
    /// The name of the database.
    #[diesel(sql_type = Text)]
    pub database: String,
    /// Our role.
    #[diesel(sql_type = Text)]
    pub role: String,
    /// The schema that tables are made in; `None`: there is none that this role may use.
    #[diesel(sql_type = Nullable<Text>)]
    pub schema: Option<String>,
    /// Whether the role may make tables there.
    #[diesel(sql_type = Bool)]
    pub may_create: bool,
    /// How texts are stored.
    #[diesel(sql_type = Text)]
    pub encoding: String,
    /// Whether it is a standby, which takes no writes.
    #[diesel(sql_type = Bool)]
    pub standby: bool,
    /// Whether transactions are read-only unless they ask.
    #[diesel(sql_type = Bool)]
    pub read_only: bool,
    /// Whether the connection stays on this machine.
    #[diesel(sql_type = Bool)]
    pub local: bool,
    /// Whether it is encrypted.
    #[diesel(sql_type = Bool)]
    pub tls: bool,
    /// Settings without which a commit may be lost: those of `fsync`, `synchronous_commit` and
    /// `full_page_writes` that are off.
    #[diesel(sql_type = Array<Text>)]
    pub volatile: Vec<String>,
    /// Connections that are free for roles like ours.
    #[diesel(sql_type = BigInt)]
    pub free: i64,
    #[diesel(sql_type = Timestamptz)]
    now: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Text>)]
    migrations_owner: Option<String>,
}

const SERVER: &str = "\
    SELECT current_setting('server_version') AS version, \
        current_setting('server_version_num')::bigint AS number, \
        current_database()::text AS database, current_user::text AS role, \
        current_schema()::text AS schema, \
        coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) AS may_create, \
        pg_encoding_to_char(d.encoding)::text AS encoding, \
        pg_is_in_recovery() AS standby, \
        current_setting('default_transaction_read_only') = 'on' AS read_only, \
        inet_client_addr() IS NOT DISTINCT FROM inet_server_addr() \
            OR coalesce(inet_server_addr() << '127.0.0.0/8', false) AS local, \
        coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS tls, \
        ARRAY(SELECT name || ' = ' || setting FROM pg_settings WHERE setting = 'off' \
            AND name IN ('fsync', 'synchronous_commit', 'full_page_writes') ORDER BY name) AS volatile, \
        current_setting('max_connections')::bigint \
            - current_setting('superuser_reserved_connections')::bigint \
            - (SELECT count(*) FROM pg_stat_activity WHERE datname IS NOT NULL) AS free, \
        clock_timestamp() AS now, \
        (SELECT pg_get_userbyid(relowner)::text FROM pg_class WHERE oid = {LIST}) AS migrations_owner \
    FROM pg_database d WHERE d.datname = current_database()";

/// Ours are those of the role that made the list of migrations. Nobody changes the audit trail. Of
/// sequences those count that are asked by name: `restored` sets one, the others are counted on. A column
/// that counts by itself needs no right.
const CLOSED: &str = "\
    SELECT relname::text AS name FROM pg_class \
    WHERE relkind IN ('r', 'p', 'S') \
        AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = {LIST}) \
        AND pg_get_userbyid(relowner) = $1 \
        AND NOT CASE \
            WHEN relname = 'webhook_events_seq_seq' THEN has_sequence_privilege(oid, 'UPDATE') \
            WHEN relname IN ('audit_log_id_seq', 'unconfirmed') \
                THEN has_sequence_privilege(oid, 'USAGE, UPDATE') \
            WHEN relkind = 'S' THEN true \
            ELSE (has_table_privilege(oid, 'SELECT') \
            AND (relname = '__diesel_schema_migrations' OR (has_table_privilege(oid, 'INSERT') \
                AND (relname IN ('audit_log', 'audit_chain') OR (has_table_privilege(oid, 'UPDATE') \
                    AND has_table_privilege(oid, 'DELETE')))))) END \
    ORDER BY relname";

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Asks the database behind `url`.
///
/// # Errors
/// [`PortError`] when it cannot be reached, or does not let us ask.
pub fn database_health(url: &SecretString, clock: &dyn Clock) -> Result<DatabaseHealth, PortError> {
    let mut conn = connect(url)?;
    let asked = conn.build_transaction().read_only().run(|conn| {
        conn.batch_execute("SET LOCAL statement_timeout = '5s'")?;
        let (before, start) = (clock.now(), clock.elapsed());
        let server: ServerHealth =
            diesel::sql_query(SERVER.replace("{LIST}", LIST)).get_result(conn)?;
        let half = (clock.elapsed() - start) / 2;
        let ahead = server.now - (before + half);
        let closed: Vec<String> = match &server.migrations_owner {
            None => Vec::new(),
            Some(owner) => names(
                diesel::sql_query(CLOSED.replace("{LIST}", LIST))
                    .bind::<Text, _>(owner)
                    .load(conn)?,
            ),
        };
        let readable = !closed
            .iter()
            .any(|table| table == "__diesel_schema_migrations");
        let done: BTreeSet<String> = if server.migrations_owner.is_some() && readable {
            let all = "SELECT version::text AS name FROM __diesel_schema_migrations";
            names(diesel::sql_query(all).load(conn)?)
                .into_iter()
                .collect()
        } else {
            BTreeSet::new()
        };
        Ok::<_, Failure>((server, ahead, closed, done))
    });
    let (server, ahead, closed, done) = asked.map_err(PortError::from)?;
    let known = known().map_err(|error| PortError::Corrupt(error.to_string()))?;
    let ours: BTreeSet<&String> = known.iter().map(|(version, _)| version).collect();
    let pending = known.iter().filter(|(version, _)| !done.contains(version));
    Ok(DatabaseHealth {
        pending: pending.map(|(_, name)| name.clone()).collect(),
        unknown: done
            .iter()
            .filter(|version| !ours.contains(version))
            .cloned()
            .collect(),
        migrated: !done.is_empty(),
        server,
        ahead,
        closed,
    })
}

fn names(rows: Vec<Name>) -> Vec<String> {
    rows.into_iter().map(|row| row.name).collect()
}

/// How the keys of a store fit its database.
#[derive(Clone, Debug)]
pub struct KeyHealth {
    /// All keys, and what is sealed with each.
    pub uses: Vec<KeyUse>,
    /// Keys that do not open what they sealed just now.
    pub broken: Vec<String>,
    /// Keys that are not the ones that bore their ids before.
    pub wrong: Vec<String>,
    /// Links that were opened, a sample of those whose key is given.
    pub opened: usize,
    /// Links that did not open.
    pub unreadable: usize,
}

impl PgStore {
    /// Seals and opens with each key, and opens some of what the database holds. The database has
    /// the tables, and nothing is noted in it.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn key_health(&self, journal: Option<&Path>) -> Result<KeyHealth, PortError> {
        let vault = &self.vault;
        let here = place("refresh_token", Uuid::nil(), 0);
        let works = |key| {
            let sealed = vault.seal_with(key, here, "doctor");
            sealed
                .and_then(|sealed| vault.open(here, &sealed))
                .is_ok_and(|text| text == "doctor")
        };
        let broken = vault.keys.keys().filter(|key| !works(*key));
        let (wrong, rows) = self.read_together(|conn| {
            Ok((wrong_keys(conn, vault)?, sample(conn, vault.keys.ids())?))
        })?;
        let opens = |(id, generation, sealed): &(Uuid, i64, Option<String>)| {
            let sealed = sealed.as_deref().unwrap_or_default();
            vault
                .open(place("refresh_token", *id, *generation), sealed)
                .is_ok()
        };
        let opened = rows.iter().filter(|row| opens(row)).count();
        Ok(KeyHealth {
            uses: self.key_status(journal)?,
            broken: broken.map(|key| key.id.clone()).collect(),
            wrong,
            opened,
            unreadable: rows.len() - opened,
        })
    }
}

fn sample<'a>(
    conn: &mut PgConnection,
    keys: impl Iterator<Item = &'a str>,
) -> QueryResult<Vec<(Uuid, i64, Option<String>)>> {
    links::table
        .filter(links::key_id.eq_any(keys))
        .filter(links::refresh_token.is_not_null())
        .order(links::id.desc())
        .limit(SAMPLE)
        .select((links::id, links::generation, links::refresh_token))
        .load(conn)
}
