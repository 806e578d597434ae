//! Every metric there is. `docs/operations/metrics.md` has the same, which a test holds.

use metrics::{counter, histogram};
use trakt_core::audit::AuditEvent;
use trakt_core::token::LossReason;

/// What kind of metric it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Grows, and begins at zero with the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations by these upper bounds.
    Histogram(&'static [f64]),
}

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name. It never changes.
    pub name: &'static str,
    /// What kind it is.
    pub kind: Kind,
    /// The names of its labels. No value of one is about a user.
    pub labels: &'static [&'static str],
    /// What it says, in a line.
    pub help: &'static str,
}

/// From half a millisecond, which a plain read takes, to what a call may wait for Trakt.
const REQUEST: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 12.5,
];
/// Up to the 25 s that a refresh may take.
const CALL: &[f64] = &[0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0];
/// 20 ms are promised for 99 of 100.
const JOURNAL: &[f64] = &[
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0,
];
/// Up to the 2 s after which the pool gives up.
const WAIT: &[f64] = &[0.0001, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0];
/// From a pull that finds nothing new to the first import of a large account.
const RUN: &[f64] = &[0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0];

const fn counter(
    name: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
) -> Metric {
    Metric {
        name,
        kind: Kind::Counter,
        labels,
        help,
    }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric {
        name,
        kind: Kind::Gauge,
        labels,
        help,
    }
}

const fn histogram(
    name: &'static str,
    labels: &'static [&'static str],
    buckets: &'static [f64],
    help: &'static str,
) -> Metric {
    Metric {
        name,
        kind: Kind::Histogram(buckets),
        labels,
        help,
    }
}

/// All metrics, in the order of the documentation.
pub const TABLE: &[Metric] = &[
    counter(
        "trakt_http_requests_total",
        &["method", "route", "status"],
        "Requests that were answered, by the template of their route.",
    ),
    histogram(
        "trakt_http_request_duration_seconds",
        &["method", "route"],
        REQUEST,
        "From a request to the head of its answer.",
    ),
    counter(
        "trakt_limits_hit_total",
        &["limit"],
        "Requests that a limit of ours refused.",
    ),
    counter(
        "trakt_refreshes_total",
        &["outcome"],
        "Calls that renew tokens, by what came of them.",
    ),
    counter(
        "trakt_refresh_uncertain_total",
        &["end"],
        "Refreshes whose answer was lost, by how they ended.",
    ),
    counter(
        "trakt_links_lost_total",
        &["reason"],
        "Links that have to be made anew.",
    ),
    gauge(
        "trakt_refresh_oldest_due_seconds",
        &[],
        "For how long the refresh has been due that is due the longest.",
    ),
    gauge(
        "trakt_token_oldest_dead_seconds",
        &[],
        "For how long the first access token has been dead that an active link has.",
    ),
    gauge(
        "trakt_refreshes_open",
        &["state"],
        "Refreshes that are under way, or whose answer is missing.",
    ),
    gauge(
        "trakt_refresh_gate_closed",
        &["reason"],
        "1 while no refresh is sent for anybody, for this reason.",
    ),
    gauge(
        "trakt_refresh_budget_remaining",
        &[],
        "Refreshes that all replicas together may begin at once.",
    ),
    gauge(
        "trakt_revocations_waiting",
        &[],
        "Tokens whose end Trakt has not been told of.",
    ),
    gauge("trakt_links", &["status"], "Links by their status."),
    histogram(
        "trakt_journal_write_duration_seconds",
        &[],
        JOURNAL,
        "From a new pair of tokens in hand until it is sealed, written and synced to the disk.",
    ),
    counter(
        "trakt_journal_failures_total",
        &[],
        "Troubles of the refresh journal: no room, or the disk did not take it.",
    ),
    counter(
        "trakt_api_calls_total",
        &["method", "endpoint", "class"],
        "Calls to Trakt, by endpoint and by what came of them.",
    ),
    histogram(
        "trakt_api_call_duration_seconds",
        &["method", "endpoint"],
        CALL,
        "How long a call to Trakt took, without the wait for its budget.",
    ),
    counter(
        "trakt_api_rate_limited_total",
        &["method", "endpoint"],
        "Calls that Trakt answered with 429.",
    ),
    counter(
        "trakt_api_over_budget_total",
        &[],
        "Calls that were not made, as the budget had no room in time.",
    ),
    gauge(
        "trakt_api_budget_remaining",
        &["bucket"],
        "Calls that are left until Trakt would refuse one.",
    ),
    gauge(
        "trakt_api_budget_waiting",
        &[],
        "Calls that wait for room in the budget.",
    ),
    counter(
        "trakt_breaker_trips_total",
        &[],
        "How often a kind of background work left Trakt alone for half a minute.",
    ),
    counter(
        "trakt_sync_runs_total",
        &["outcome"],
        "Pulls of what a user watches, by how they ended.",
    ),
    histogram(
        "trakt_sync_run_duration_seconds",
        &[],
        RUN,
        "How long a pull took.",
    ),
    gauge("trakt_sync_due_users", &[], "Users for whom a pull is due."),
    gauge(
        "trakt_sync_oldest_due_seconds",
        &[],
        "For how long the pull has been due that is due the longest.",
    ),
    gauge(
        "trakt_held_users",
        &[],
        "Users whose changes are held back until they say that these are meant.",
    ),
    gauge(
        "trakt_outbox_writes",
        &[],
        "Writes that wait until Trakt has them.",
    ),
    gauge(
        "trakt_outbox_oldest_seconds",
        &[],
        "For how long the oldest of them has that does not wait for its user.",
    ),
    counter(
        "trakt_writes_total",
        &["end"],
        "What became of writes in their turn.",
    ),
    counter(
        "trakt_webhook_sends_total",
        &["outcome"],
        "Attempts to tell an endpoint of an event, by what came of them.",
    ),
    gauge(
        "trakt_webhook_waiting",
        &[],
        "Events that an endpoint is still to be told of.",
    ),
    gauge(
        "trakt_webhook_oldest_seconds",
        &[],
        "For how long the telling has been tried that waits the longest.",
    ),
    counter(
        "trakt_audit_entries_total",
        &["event"],
        "Entries of the audit trail.",
    ),
    counter(
        "trakt_audit_failures_total",
        &[],
        "Refusals that could not be put on the audit trail.",
    ),
    gauge(
        "trakt_db_pool_connections",
        &["state"],
        "Connections to the database.",
    ),
    gauge(
        "trakt_db_pool_max_connections",
        &[],
        "How many there can be.",
    ),
    histogram(
        "trakt_db_pool_wait_seconds",
        &[],
        WAIT,
        "How long a caller waited for a connection.",
    ),
    counter(
        "trakt_db_pool_timeouts_total",
        &[],
        "Callers who got no connection in time.",
    ),
    counter(
        "trakt_log_lines_lost_total",
        &[],
        "Log lines that nobody took from stderr in time.",
    ),
    gauge("trakt_ready", &[], "1 while it serves."),
    gauge(
        "trakt_database_up",
        &[],
        "1 where the database answered when the gauges were last read from it.",
    ),
    gauge(
        "trakt_database_read_timestamp_seconds",
        &[],
        "When the gauges were last read from the database.",
    ),
    gauge("trakt_build_info", &["version"], "1, with the version."),
    counter(
        "process_cpu_seconds_total",
        &[],
        "Time of processors, user and system.",
    ),
    gauge("process_open_fds", &[], "Open file descriptors."),
    gauge("process_max_fds", &[], "How many there can be."),
    gauge(
        "process_virtual_memory_bytes",
        &[],
        "Virtual memory, in bytes.",
    ),
    gauge(
        "process_virtual_memory_max_bytes",
        &[],
        "How much there can be, in bytes.",
    ),
    gauge(
        "process_resident_memory_bytes",
        &[],
        "Resident memory, in bytes.",
    ),
    gauge(
        "process_start_time_seconds",
        &[],
        "When it started, in seconds since 1970.",
    ),
    gauge("process_threads", &[], "Threads."),
];

/// Lets what matters begin at zero: a rate of what never happened is no gap.
pub(super) fn zero() {
    for (name, label, words) in [
        ("trakt_limits_hit_total", "limit", crate::limits::NAMES),
        (
            "trakt_refreshes_total",
            "outcome",
            &[
                "renewed",
                "refused",
                "not_sent",
                "uncertain",
                "invalid_grant",
                "misconfigured",
            ],
        ),
        ("trakt_refresh_uncertain_total", "end", &["healed", "lost"]),
        (
            "trakt_sync_runs_total",
            "outcome",
            &["whole", "partial", "held", "trakt_unavailable"],
        ),
        (
            "trakt_writes_total",
            "end",
            &["confirmed", "refused", "again", "unknown"],
        ),
        (
            "trakt_webhook_sends_total",
            "outcome",
            &["delivered", "again", "given_up", "gone"],
        ),
    ] {
        for word in words {
            counter!(name, label => *word).absolute(0);
        }
    }
    for event in AuditEvent::ALL {
        counter!("trakt_audit_entries_total", "event" => event.as_str()).absolute(0);
    }
    for reason in LossReason::ALL {
        counter!("trakt_links_lost_total", "reason" => reason.as_str()).absolute(0);
    }
    for name in [
        "trakt_journal_failures_total",
        "trakt_api_over_budget_total",
        "trakt_breaker_trips_total",
        "trakt_audit_failures_total",
        "trakt_db_pool_timeouts_total",
        "trakt_log_lines_lost_total",
    ] {
        counter!(name).absolute(0);
    }
    for (method, endpoint) in [("POST", "/oauth/token"), ("GET", "/sync/last_activities")] {
        counter!("trakt_api_rate_limited_total", "method" => method, "endpoint" => endpoint)
            .absolute(0);
    }
    for name in [
        "trakt_journal_write_duration_seconds",
        "trakt_sync_run_duration_seconds",
        "trakt_db_pool_wait_seconds",
    ] {
        drop(histogram!(name));
    }
}
