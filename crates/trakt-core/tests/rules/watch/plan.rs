//! When the next pull is due.

use std::time::Duration;

use trakt_core::watch::{Pace, PullPolicy};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn who_is_there_is_pulled_for_more_often() {
    let after = |seen, chance| PullPolicy::after(Pace { seen, attempts: 0 }, chance);
    for (seen, interval) in [
        (Some(Duration::ZERO), 10 * MINUTE),
        (Some(HOUR), HOUR),
        (Some(100 * HOUR), HOUR),
        (Some(168 * HOUR), 6 * HOUR),
        (None, 6 * HOUR),
    ] {
        let ends = [0.0, 1.0].map(|chance| after(seen, chance));
        assert_eq!(ends, [interval.mul_f64(0.8), interval.mul_f64(1.2)]);
    }
}

#[test]
fn trouble_is_waited_out_longer_each_time() {
    let after = |attempts, retry_after| {
        let pace = Pace {
            seen: Some(Duration::ZERO),
            attempts,
        };
        PullPolicy::after_trouble(pace, retry_after, 1.0)
    };
    let minutes: Vec<_> = (0..12).map(|n| after(n, None).as_secs() / 60).collect();
    assert_eq!(minutes, [1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]);
    assert_eq!(after(u32::MAX, None), 6 * HOUR);
    // Trakt's word counts where it is longer.
    assert_eq!(after(1, Some(HOUR)), HOUR);
    assert_eq!(after(4, Some(MINUTE)), 8 * MINUTE);
}
