//! How the private server runs. They are given on its command line, which wins
//! over `postgresql.conf` and `ALTER SYSTEM`: the promises below hold whatever
//! the files in the cluster say.

/// The port, which only names the socket file (`.s.PGSQL.5432`).
pub(super) const PORT: u16 = 5432;

/// The owner of the cluster, whom the service connects as.
pub(super) const USER: &str = "trakt";

/// The database, one that every initdb makes: nothing is left to create when
/// initdb is done.
pub(super) const DATABASE: &str = "postgres";

/// Settings of every start.
const ALWAYS: &[&str] = &[
    "cluster_name=trakt",
    // Reached by its socket alone, in a directory that only its owner enters.
    "listen_addresses=",
    "port=5432",
    "unix_socket_permissions=0700",
    // A stuck statement must free its connection before a caller gives up.
    "statement_timeout=5s",
    "lock_timeout=2s",
    "idle_in_transaction_session_timeout=10s",
    // One small service: a pool or two, and an operator's psql.
    "max_connections=50",
    "shared_buffers=32MB",
    // Code made at run time is nothing for statements this small, and a hardened service may not.
    "jit=off",
    // Bounds what a crash recovery has to replay.
    "max_wal_size=256MB",
    // The log goes to the file that is its standard error.
    "log_destination=stderr",
    "logging_collector=off",
    // Rows, parameters and statements hold tokens and addresses. Errors go to
    // the client anyway; `terse` drops the DETAIL that quotes rows and, after a
    // crash, the statement that ran.
    "log_min_messages=log",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "log_statement=none",
    "log_min_duration_statement=-1",
    "log_parameter_max_length=0",
    "log_parameter_max_length_on_error=0",
    "log_checkpoints=off",
];

/// An acknowledged commit survives kill -9 and loss of power.
const DURABLE: &[&str] = &["fsync=on", "synchronous_commit=on", "full_page_writes=on"];

/// A test's cluster is thrown away with its directory.
const THROWAWAY: &[&str] = &[
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
];

/// The `name=value` pairs of a start, the socket directory aside.
pub(super) fn settings(durable: bool) -> impl Iterator<Item = &'static str> {
    ALWAYS
        .iter()
        .chain(if durable { DURABLE } else { THROWAWAY })
        .copied()
}
