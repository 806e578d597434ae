//! How many pulls wait for Trakt, so that as many others may be under way.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use trakt_core::ports::{Begun, Lease, Stored};
use trakt_core::testing::FixedClock;
use trakt_core::watch::{PullError, WatchService};

use super::pull::Bench;
use crate::bench::{now, user_id};

/// A wait that outlasts the lease renews it, which is the moment to look.
#[test]
fn a_pull_that_waits_long_is_counted_until_its_wait_is_over() {
    let clock = Arc::new(FixedClock::at(now()));
    let service: Arc<Mutex<Option<WatchService>>> = Arc::default();
    let waiting = Arc::new(Mutex::new(Vec::new()));

    let mut bench = Bench::bare().changed();
    let store = &mut bench.store;
    store
        .expect_begin_pull()
        .returning(|_| Ok(Some(Begun::default())));
    store.expect_held().returning(|_, _| Ok(Vec::new()));
    store.expect_end_pull().returning(|_| Ok(Lease::Kept));
    let (looked_at, seen) = (service.clone(), waiting.clone());
    store.expect_store_rows().returning(move |_| {
        let service = looked_at.lock().unwrap();
        let service = service.as_ref().unwrap();
        let mut seen = seen.lock().unwrap();
        seen.push(service.waiting());
        if seen.len() == 2 {
            service.stop();
        }
        Ok(Stored::Whole)
    });
    let (ages, seen) = (clock.clone(), waiting.clone());
    bench.trakt.expect_read().returning(move |_, _, _, into| {
        // A short wait is over before another could take its place.
        ages.advance(Duration::from_secs(15));
        into.wait(Duration::from_millis(1))?;
        assert_eq!(seen.lock().unwrap().len(), 1);
        into.wait(Duration::from_secs(3600))?;
        unreachable!("it waited to the end");
    });
    let pulling = bench.service_by(clock);
    assert_eq!(pulling.waiting(), 0);
    *service.lock().unwrap() = Some(pulling.clone());
    assert_eq!(pulling.pull(user_id(1)), Err(PullError::Stopped));
    assert_eq!(*waiting.lock().unwrap(), [0, 1]);
    assert_eq!(pulling.waiting(), 0);
    service.lock().unwrap().take();
}
