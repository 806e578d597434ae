//! The database: whether it is there, is what it should be, and lets us do what we do.

use secrecy::SecretString;
use trakt_core::Clock;
use trakt_store::cluster::{Cluster, Programs, Role};
use trakt_store::doctor::{DatabaseHealth, database_health};

use super::place::is_there;
use super::settings::Found;
use super::{Report, clock};
use crate::services::CONNECTIONS;

const NAME: &str = "database";
/// The oldest PostgreSQL that the tables work with.
const OLDEST: i64 = 130_000;

/// A database that can be asked.
pub(super) struct Asked {
    /// A private server stops with this, unless others use it.
    _cluster: Option<Cluster>,
    pub(super) url: SecretString,
    /// Whether it has our tables.
    pub(super) has_tables: bool,
}

pub(super) fn check(report: &mut Report, found: &Found, clock: &dyn Clock) -> Option<Asked> {
    if !found.good("DATABASE_") {
        report.skip(NAME, "DATABASE_URL as it should be");
        return None;
    }
    let (cluster, url) = match &found.settings.database.url {
        Some(url) => (None, url.clone()),
        None => {
            let cluster = private(report, found)?;
            let url = SecretString::from(cluster.url());
            (Some(cluster), url)
        }
    };
    let health = match database_health(&url, clock) {
        Ok(health) => health,
        Err(error) => {
            let advice = "see that the server runs and is reached from here, and that DATABASE_URL has \
                          its host, database, user and password";
            report.bad(NAME, error, advice);
            return None;
        }
    };
    kind(report, &health);
    writes(report, &health);
    wire(report, &health);
    rights(report, &health);
    migrations(report, &health);
    clock::check(report, "database clock", "the database", health.ahead);
    let usable = health.closed.is_empty() && health.unknown.is_empty();
    Some(Asked {
        _cluster: cluster,
        url,
        has_tables: health.migrated && usable,
    })
}

/// The private PostgreSQL, as any command uses it: shared with a service that runs, else started for
/// now. One that was never made is not made here.
fn private(report: &mut Report, found: &Found) -> Option<Cluster> {
    let dir = &found.settings.data_dir;
    if !is_there(&dir.join("postgres/data")) {
        match Programs::find() {
            Ok(programs) => report.well(
                NAME,
                format!(
                    "none yet: the first start makes a private PostgreSQL {} in DATA_DIR",
                    programs.major()
                ),
            ),
            Err(error) => report.bad(NAME, error, "or name a database in DATABASE_URL"),
        }
        return None;
    }
    Cluster::open(dir, Role::Command)
        .map_err(|error| {
            let advice = "DATA_DIR/postgres.log has what PostgreSQL says";
            report.bad(NAME, format!("the private PostgreSQL: {error}"), advice);
        })
        .ok()
}

fn kind(report: &mut Report, health: &DatabaseHealth) {
    let server = &health.server;
    let found = format!(
        "PostgreSQL {}, database {} as {}",
        server.version, server.database, server.role
    );
    if server.number < OLDEST {
        report.bad(
            NAME,
            found,
            "the oldest that works is 13: upgrade PostgreSQL",
        );
    } else if server.encoding != "UTF8" {
        let found = format!("{found} stores texts as {}", server.encoding);
        report.bad(NAME, found, "make one that can hold all names: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0");
    } else {
        report.well(NAME, found);
    }
    let found = format!(
        "{} connections are free, {CONNECTIONS} are the most of one replica",
        server.free
    );
    if server.free < i64::from(CONNECTIONS) {
        report.odd(
            "connections",
            found,
            "raise max_connections of PostgreSQL, or close others",
        );
    } else {
        report.well("connections", found);
    }
}

fn writes(report: &mut Report, health: &DatabaseHealth) {
    let server = &health.server;
    let name = "database writes";
    if server.standby {
        let advice = "name the primary, or let libpq find it: target_session_attrs=read-write";
        report.bad(name, "it is a standby, which takes none", advice);
    } else if server.read_only {
        let advice = "ALTER DATABASE … RESET default_transaction_read_only (or ALTER ROLE)";
        report.bad(name, "default_transaction_read_only is on", advice);
    } else if server.volatile.is_empty() {
        report.well(name, "taken, and on the disk when committed");
    } else {
        let advice = "a crash of the server may lose new tokens, and with them links: turn it on";
        report.odd(name, server.volatile.join(", "), advice);
    }
}

fn wire(report: &mut Report, health: &DatabaseHealth) {
    match (health.server.local, health.server.tls) {
        (_, true) => report.well("database wire", "TLS"),
        (true, false) => report.well("database wire", "on this machine alone"),
        (false, false) => report.odd(
            "database wire",
            "another machine, without TLS",
            "add sslmode=verify-full and sslrootcert=… to DATABASE_URL",
        ),
    }
}

fn rights(report: &mut Report, health: &DatabaseHealth) {
    let (server, role) = (&health.server, &health.server.role);
    let waits = !health.pending.is_empty();
    match &server.schema {
        None => report.bad(
            "database rights",
            format!("{role} may use no schema of its search_path"),
            "GRANT USAGE, CREATE ON SCHEMA public, or another schema, to the role",
        ),
        Some(_) if !health.closed.is_empty() => report.bad(
            "database rights",
            format!("{role} may not use: {}", health.closed.join(", ")),
            "use the role that ran the migrations, or GRANT SELECT, INSERT, UPDATE, DELETE on these \
             tables, and USAGE, UPDATE on these sequences (…_seq, unconfirmed), to this one",
        ),
        Some(schema) if waits && !server.may_create => report.bad(
            "database rights",
            format!("{role} may not make tables in schema {schema}"),
            "GRANT CREATE ON SCHEMA to the role, or run `trakt-server migrate` as one that may",
        ),
        Some(schema) => report.well("database rights", format!("{role} may do all that it must in schema {schema}")),
    }
}

fn migrations(report: &mut Report, health: &DatabaseHealth) {
    let name = "migrations";
    if let Some(version) = health.unknown.last() {
        let advice = "it belongs to a newer version: start that, or restore a backup from before it \
                      (docs/operations/upgrade.md)";
        return report.bad(
            name,
            format!("the database has {version}, which this program does not know"),
            advice,
        );
    }
    match health.pending.as_slice() {
        [] => report.well(name, "all are there"),
        [first, ..] => {
            let found = format!("{} are missing, the first is {first}", health.pending.len());
            report.odd(
                name,
                found,
                "the next start runs them, or `trakt-server migrate` does now",
            );
        }
    }
}
