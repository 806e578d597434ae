//! What may be spent, when, by whom and before whom.

mod buckets;
mod client;
mod queue;
mod told;
mod window;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use trakt_api::Urgency;
use trakt_api::budget::{Bucket, Budget, Clock, Heard, Limits, LocalBudget, OverBudget, Spend};

const SECOND: Duration = Duration::from_secs(1);

/// A clock that goes when it is told.
#[derive(Default)]
struct Hands(Mutex<Duration>);

impl Clock for Hands {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

/// A budget and its clock.
struct Bench {
    budget: LocalBudget,
    clock: Arc<Hands>,
}

impl Bench {
    fn new(limits: Limits) -> Self {
        let clock = Arc::new(Hands::default());
        let budget = LocalBudget::with_clock(limits, clock.clone());
        Self { budget, clock }
    }

    fn pass(&self, time: Duration) {
        *self.clock.0.lock().unwrap() += time;
        self.budget.wake();
    }

    /// Asks without waiting.
    fn ask(&self, bucket: Bucket<'_>, urgency: Urgency) -> Result<(), Duration> {
        let OverBudget { retry_after } = match self.budget.ask(&spend(bucket, urgency)) {
            Ok(()) => return Ok(()),
            Err(over) => over,
        };
        assert!(retry_after > Duration::ZERO);
        Err(retry_after)
    }

    /// A call of the foreground that is answered at once.
    fn call(&self, bucket: Bucket<'_>) -> Result<(), Duration> {
        self.ask(bucket, Urgency::Foreground)?;
        self.tell(bucket, &answered(200));
        Ok(())
    }

    /// How many calls there is room for now. It spends them.
    fn room(&self, bucket: Bucket<'_>, urgency: Urgency) -> usize {
        (0..10_000)
            .take_while(|_| self.ask(bucket, urgency).is_ok())
            .count()
    }

    fn tell(&self, bucket: Bucket<'_>, heard: &Heard) {
        self.budget.tell(&spend(bucket, Urgency::Foreground), heard);
    }
}

fn spend(bucket: Bucket<'_>, urgency: Urgency) -> Spend<'_> {
    Spend {
        bucket,
        urgency,
        within: Duration::ZERO,
    }
}

fn answered(status: u16) -> Heard {
    Heard {
        status: Some(status),
        ..Heard::default()
    }
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}
