//! Whether this process can serve.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use trakt_core::ports::TokenStore as _;
use trakt_core::token::GateReason;
use trakt_store::PgStore;

use crate::blocking;
use crate::problem::Problem;

/// How long an answer of the database holds.
const FRESH: Duration = Duration::from_millis(100);

/// An answer that whoever asks within a moment shares, those who ask while it is found out included: that
/// many ask is no reason to ask often.
#[derive(Clone)]
struct Known<T>(Arc<Mutex<Option<(Instant, T)>>>);

impl<T: Clone> Known<T> {
    async fn or_ask(&self, ask: impl Future<Output = T>) -> T {
        let mut known = self.0.lock().await;
        if let Some((since, answer)) = &*known
            && since.elapsed() < FRESH
        {
            return answer.clone();
        }
        let answer = ask.await;
        *known = Some((Instant::now(), answer.clone()));
        answer
    }
}

/// What `/readyz` tells, and what the gate in front of the routes looks at.
#[derive(Clone)]
pub struct Readiness {
    store: PgStore,
    prepared: Arc<AtomicBool>,
    stopping: Arc<AtomicBool>,
    gate: Known<Result<Option<GateReason>, Problem>>,
}

impl Readiness {
    /// Not ready yet.
    #[must_use]
    pub fn new(store: PgStore) -> Self {
        Self {
            store,
            prepared: Arc::default(),
            stopping: Arc::default(),
            gate: Known(Arc::default()),
        }
    }

    /// Whether the database was migrated and the keys were checked.
    #[must_use]
    pub fn prepared(&self) -> bool {
        self.prepared.load(Ordering::Acquire)
    }

    /// Whether workers may begin a round.
    #[must_use]
    pub fn at_work(&self) -> bool {
        self.prepared() && !self.stopping()
    }

    /// Whether a stop was asked for.
    #[must_use]
    pub fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    /// The database is migrated and the keys fit: routes may be served.
    pub fn set_prepared(&self) {
        self.prepared.store(true, Ordering::Release);
    }

    /// A stop was asked for: no new work should be sent here.
    pub fn set_stopping(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Asks the database whether it is there, and why refreshes are held back, if they are. The answer
    /// may be of a moment ago.
    ///
    /// # Errors
    /// 503.
    pub async fn gate(&self) -> Result<Option<GateReason>, Problem> {
        let store = self.store.clone();
        let ask = blocking::health(move || store.gate());
        self.gate.or_ask(ask).await
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::{advance, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_asks_meanwhile_or_a_moment_later_shares_the_answer() {
        let known = Known(Arc::default());
        let asked = Cell::new(0);
        let ask = || {
            known.or_ask(async {
                asked.set(asked.get() + 1);
                sleep(Duration::from_secs(1)).await;
                asked.get()
            })
        };
        assert_eq!(tokio::join!(ask(), ask(), ask()), (1, 1, 1));
        advance(FRESH).await;
        assert_eq!(tokio::join!(ask(), ask()), (2, 2));
    }
}
