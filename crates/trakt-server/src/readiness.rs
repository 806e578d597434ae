//! Whether this process can serve.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use trakt_core::ports::TokenStore as _;
use trakt_core::token::GateReason;
use trakt_store::PgStore;

use crate::blocking::{self, DATABASE_TURN};
use crate::problem::Problem;

/// An answer that is found out for one asker at a time, and shared by all who came before that was begun:
/// that many ask is no reason to ask often, and nobody is told what was so before.
#[derive(Clone)]
struct Known<T>(Arc<Mutex<Option<(Instant, T)>>>);

impl<T: Clone> Known<T> {
    /// `None` where the answer before takes too long.
    async fn or_ask(&self, ask: impl Future<Output = T>) -> Option<T> {
        let came = Instant::now();
        let mut known = timeout(DATABASE_TURN, self.0.lock()).await.ok()?;
        if let Some((begun, answer)) = &*known
            && *begun >= came
        {
            return Some(answer.clone());
        }
        let begun = Instant::now();
        let answer = ask.await;
        *known = Some((begun, answer.clone()));
        Some(answer)
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

    /// Asks the database whether it is there, and why refreshes are held back, if they are.
    ///
    /// # Errors
    /// 503.
    pub async fn gate(&self) -> Result<Option<GateReason>, Problem> {
        let store = self.store.clone();
        let ask = blocking::health(move || store.gate());
        let answer = self.gate.or_ask(ask).await;
        answer.unwrap_or_else(|| Err(Problem::database_unavailable()))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::pending;
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_comes_meanwhile_shares_the_next_answer() {
        let known = Known(Arc::default());
        let asked = Cell::new(0);
        let ask = |after| {
            let ask = async {
                asked.set(asked.get() + 1);
                sleep(Duration::from_millis(500)).await;
                asked.get()
            };
            let known = &known;
            async move {
                sleep(Duration::from_millis(after)).await;
                known.or_ask(ask).await
            }
        };
        let together = tokio::join!(ask(1), ask(100), ask(300), ask(499), ask(700), ask(5000));
        let answers = (Some(1), Some(2), Some(2), Some(2), Some(3), Some(4));
        assert_eq!(together, answers);
        // Nobody waits for one that hangs.
        let hangs = timeout(Duration::from_secs(5), known.or_ask(pending()));
        assert_eq!(tokio::join!(hangs, ask(1)).1, None);
    }
}
