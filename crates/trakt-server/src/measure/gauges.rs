//! What is not counted where it happens, but looked at.

use metrics::gauge;
use trakt_core::ports::{MeasureStore as _, Measures};
use trakt_core::token::GateReason;
use trakt_core::{Clock as _, PortError, SystemClock};
use trakt_gateway::Gateway;
use trakt_store::PgStore;

use crate::readiness::Readiness;

/// Where gauges are read from.
#[derive(Clone)]
pub struct Gauges {
    /// The database.
    pub store: PgStore,
    /// What is left of Trakt's budget.
    pub trakt: Gateway,
    /// Whether it serves.
    pub readiness: Readiness,
}

impl Gauges {
    /// Looks at what the process itself knows, which waits for nobody.
    pub fn look(&self) {
        let pool = self.store.pool_use();
        for (state, connections) in [("used", pool.used), ("idle", pool.idle)] {
            gauge!("trakt_db_pool_connections", "state" => state).set(f64::from(connections));
        }
        gauge!("trakt_db_pool_max_connections").set(f64::from(pool.max));
        gauge!("trakt_ready").set(flag(self.readiness.at_work()));
        self.trakt.measure();
    }

    /// Asks the database. Blocks.
    ///
    /// # Errors
    /// As the database says. What it said before stays, as `trakt_database_read_timestamp_seconds`
    /// shows.
    pub fn read(&self) -> Result<(), PortError> {
        let read = self.store.measures();
        gauge!("trakt_database_up").set(flag(read.is_ok()));
        show(&read?);
        let now = SystemClock.now().timestamp_millis();
        gauge!("trakt_database_read_timestamp_seconds").set(now as f64 / 1000.0);
        Ok(())
    }
}

fn show(measures: &Measures) {
    for (status, count) in &measures.links {
        gauge!("trakt_links", "status" => status.as_str()).set(*count as f64);
    }
    for reason in GateReason::ALL {
        let closed = measures.gate == Some(*reason);
        gauge!("trakt_refresh_gate_closed", "reason" => reason.as_str()).set(flag(closed));
    }
    for (state, count) in [
        ("sent", measures.refreshing),
        ("uncertain", measures.uncertain),
    ] {
        gauge!("trakt_refreshes_open", "state" => state).set(count as f64);
    }
    for (name, count) in [
        ("trakt_outbox_writes", measures.writes),
        ("trakt_sync_due_users", measures.pulls),
        ("trakt_held_users", measures.held),
        ("trakt_revocations_waiting", measures.revocations),
        ("trakt_webhook_waiting", measures.webhooks),
    ] {
        gauge!(name).set(count as f64);
    }
    for (name, age) in [
        ("trakt_refresh_oldest_due_seconds", measures.refresh_due_for),
        ("trakt_token_oldest_dead_seconds", measures.dead_for),
        ("trakt_outbox_oldest_seconds", measures.writes_for),
        ("trakt_sync_oldest_due_seconds", measures.pulls_for),
        ("trakt_webhook_oldest_seconds", measures.webhooks_for),
    ] {
        gauge!(name).set(age);
    }
    gauge!("trakt_refresh_budget_remaining").set(measures.refresh_budget);
}

fn flag(set: bool) -> f64 {
    f64::from(u8::from(set))
}
