//! The connections: how they are made, how many there are, how long a caller waits for one.
//! What runs on them is the business of [`crate::tx`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::{CacheSize, SimpleConnection};
use diesel::pg::PgConnection;
use diesel::r2d2::event::{CheckoutEvent, HandleEvent, TimeoutEvent};
use diesel::r2d2::{
    ConnectionManager, CustomizeConnection, Error as ConnectError, HandleError, Pool,
    PooledConnection,
};
use diesel::{Connection, ConnectionError};
use metrics::{counter, histogram};
use secrecy::{ExposeSecret, SecretString};
use trakt_core::{Entropy, PortError};

use crate::Keyring;
use crate::audit::OpenedKey;
use crate::seal::Vault;

/// What keeps one bad statement, or one stuck caller, from holding up the others.
const LIMITS: [(&str, &str); 3] = [
    ("statement_timeout", "5s"),
    ("lock_timeout", "2s"),
    ("idle_in_transaction_session_timeout", "10s"),
];

/// The `application_name` of a process that works with the database.
pub(crate) const AT_WORK: &str = "trakt";
/// That of a command that is over in a moment.
const COMMAND: &str = "trakt-command";

/// How to reach the database.
#[derive(Clone, Debug)]
pub struct PoolOptions {
    /// A libpq connection string: `postgresql://…` or `host=… dbname=…`. A connection takes 2 s
    /// at the most unless it says otherwise with `connect_timeout`.
    pub url: SecretString,
    /// The most connections that are open at a time, at least one.
    pub max_size: u32,
    /// How long a caller waits for a connection before it hears that the database is unavailable.
    pub wait: Duration,
    /// Whether statements stay prepared on their connection. Off where a pooler in transaction
    /// mode stands before the database: nothing relies on session state then.
    pub statement_cache: bool,
    /// Whether this is a command that is over in a moment, and no process that works with the
    /// database: [`PgStore::at_work`] does not name its sessions.
    pub command: bool,
}

impl PoolOptions {
    /// Four connections, two seconds of patience, statements stay prepared.
    #[must_use]
    pub fn new(url: SecretString) -> Self {
        Self {
            url,
            max_size: 4,
            wait: Duration::from_secs(2),
            statement_cache: true,
            command: false,
        }
    }
}

/// The store ports of `trakt-core` on PostgreSQL. A clone shares the connections.
#[derive(Clone)]
pub struct PgStore {
    pool: Pool<ConnectionManager<PgConnection>>,
    session_state: bool,
    pub(crate) vault: Arc<Vault>,
}

/// How connections are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUse {
    /// By somebody.
    pub used: u32,
    /// By nobody.
    pub idle: u32,
    /// How many there can be.
    pub max: u32,
}

pub(crate) type Pooled = PooledConnection<ConnectionManager<PgConnection>>;

impl PgStore {
    /// A store that seals with `keys`. Connects in the background: a database that is down shows
    /// at the first call, and one that comes back is found again.
    #[must_use]
    pub fn new(options: &PoolOptions, keys: Keyring, entropy: Arc<dyn Entropy>) -> Self {
        let manager = {
            let name = if options.command { COMMAND } else { AT_WORK };
            ConnectionManager::new(dsn(&options.url, name).expose_secret())
        };
        let pool = Pool::builder()
            .max_size(options.max_size.max(1))
            .min_idle(Some(1))
            .connection_timeout(options.wait)
            // A check at every checkout costs a round trip; `crate::tx` takes another connection
            // when one turns out to be dead.
            .test_on_check_out(false)
            .connection_customizer(Box::new(Session {
                keeps_state: options.statement_cache,
            }))
            .error_handler(Box::new(LogError))
            .event_handler(Box::new(Count))
            .build_unchecked(manager);
        Self {
            pool,
            session_state: options.statement_cache,
            vault: Arc::new(Vault {
                keys,
                entropy,
                chain: OpenedKey::default(),
            }),
        }
    }

    /// Whether the database answers, within the wait of the pool.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn ping(&self) -> Result<(), PortError> {
        self.read(|conn| conn.batch_execute("SELECT 1"))
    }

    /// How the connections are used at this moment. Asks nobody, so it is there also while the
    /// database is not.
    #[must_use]
    pub fn pool_use(&self) -> PoolUse {
        let state = self.pool.state();
        PoolUse {
            used: state.connections.saturating_sub(state.idle_connections),
            idle: state.idle_connections,
            max: self.pool.max_size(),
        }
    }

    /// The most connections there can be.
    pub(crate) fn max_size(&self) -> u32 {
        self.pool.max_size()
    }

    /// By when a caller that starts now has a connection.
    pub(crate) fn patience(&self) -> Instant {
        Instant::now() + self.pool.connection_timeout()
    }

    pub(crate) fn connection(&self, until: Instant) -> Result<Pooled, PortError> {
        let wait = until.saturating_duration_since(Instant::now());
        // The error repeats what libpq said; `LogError` has told it, without secrets.
        self.pool
            .get_timeout(wait)
            .map_err(|_| PortError::Unavailable("no connection to the database".to_owned()))
    }

    /// What a transaction has to say first for the limits to hold in it. Behind a pooler the
    /// session is not ours, but the transaction is.
    pub(crate) fn limits_of_transaction(&self) -> Option<String> {
        (!self.session_state).then(|| limits("SET LOCAL"))
    }
}

/// Connects once, outside of any pool, as the pool does.
pub(crate) fn connect(url: &SecretString) -> Result<PgConnection, PortError> {
    let mut conn = PgConnection::establish(dsn(url, COMMAND).expose_secret())
        .map_err(|error| PortError::Unavailable(reason(&error)))?;
    conn.set_prepared_statement_cache_size(CacheSize::Disabled);
    Ok(conn)
}

fn limits(set: &str) -> String {
    LIMITS
        .iter()
        .map(|(name, value)| format!("{set} {name} = '{value}';"))
        .collect()
}

/// The connection string with limits for a server that does not answer, and the name of the session,
/// where it has none. Without limits libpq waits as long as the kernel does: minutes.
fn dsn(url: &SecretString, session: &str) -> SecretString {
    let mut dsn = url.expose_secret().trim().to_owned();
    let uri = dsn.starts_with("postgresql://") || dsn.starts_with("postgres://");
    for (name, value) in [
        ("connect_timeout", "2"),
        ("tcp_user_timeout", "5000"),
        ("application_name", session),
    ] {
        if dsn.contains(&format!("{name}=")) {
            continue;
        }
        let before = match (uri, dsn.contains('?')) {
            (true, true) => '&',
            (true, false) => '?',
            (false, _) => ' ',
        };
        dsn = format!("{dsn}{before}{name}={value}");
    }
    dsn.into()
}

/// What libpq says of a failed connection, where that cannot hold a piece of the connection
/// string: its complaints about the string itself quote it, password and all.
fn reason(error: &ConnectionError) -> String {
    let text = match error {
        ConnectionError::BadConnection(text) => text.trim(),
        ConnectionError::CouldntSetupConfiguration(_) => "the session cannot be set up",
        _ => "",
    };
    if text.starts_with("connection to server") || text.starts_with("the session") {
        text.to_owned()
    } else if text.starts_with("could not translate host name") {
        "the host name of the database cannot be resolved".to_owned()
    } else {
        "the connection string of the database cannot be used".to_owned()
    }
}

#[derive(Debug)]
struct Session {
    keeps_state: bool,
}

impl CustomizeConnection<PgConnection, ConnectError> for Session {
    fn on_acquire(&self, conn: &mut PgConnection) -> Result<(), ConnectError> {
        if self.keeps_state {
            conn.batch_execute(&limits("SET"))?;
        } else {
            conn.set_prepared_statement_cache_size(CacheSize::Disabled);
        }
        Ok(())
    }
}

#[derive(Debug)]
struct LogError;

impl HandleError<ConnectError> for LogError {
    fn handle_error(&self, error: ConnectError) {
        let reason = match &error {
            ConnectError::ConnectionError(error) => reason(error),
            ConnectError::QueryError(_) => "the session cannot be set up".to_owned(),
        };
        log::warn!("cannot connect to the database: {reason}");
    }
}

/// Counts how long callers wait for a connection.
#[derive(Debug)]
struct Count;

impl HandleEvent for Count {
    fn handle_checkout(&self, event: CheckoutEvent) {
        histogram!("trakt_db_pool_wait_seconds").record(event.duration());
    }

    fn handle_timeout(&self, _: TimeoutEvent) {
        counter!("trakt_db_pool_timeouts_total").increment(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_added_to_either_form_and_never_twice() {
        for (given, wanted) in [
            (
                "postgresql://h/d",
                "postgresql://h/d?connect_timeout=2&tcp_user_timeout=5000&application_name=us",
            ),
            (
                "postgres://h/d?application_name=them&connect_timeout=9\n",
                "postgres://h/d?application_name=them&connect_timeout=9&tcp_user_timeout=5000",
            ),
            (
                "host=h tcp_user_timeout=1",
                "host=h tcp_user_timeout=1 connect_timeout=2 application_name=us",
            ),
        ] {
            assert_eq!(dsn(&given.into(), "us").expose_secret(), wanted);
        }
    }

    #[test]
    fn a_broken_connection_string_is_not_repeated() {
        for url in [
            "postgresql://u:canary%zz@localhost/d",
            "postgresql://u:canary@[::1/d",
            "postgresql://u:p@canary@localhost/d",
            "postgresql://u:canary/x@localhost/d",
            "canary",
        ] {
            let error = connect(&url.into()).err().unwrap().to_string();
            assert!(!error.contains("canary"), "{url} gives {error}");
        }
    }
}
