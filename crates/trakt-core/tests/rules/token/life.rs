//! How long tokens live, and how long a request may spend.

use std::time::Duration;

use chrono::TimeDelta;
use trakt_core::ports::TokenGrant;
use trakt_core::testing::FixedClock;
use trakt_core::{AccessToken, Deadline, RefreshToken};

use crate::bench::{TEN_SECONDS, now};

#[test]
fn a_life_that_cannot_be_true_counts_as_the_nearest_that_can() {
    let ninety_days = 90 * 86_400;
    for (stated, life) in [
        (i64::MIN, 60),
        (-1, 60),
        (0, 60),
        (59, 60),
        (60, 60),
        (86_400, 86_400),
        (604_800, 604_800),
        (ninety_days, ninety_days),
        (ninety_days + 1, ninety_days),
        (i64::MAX, ninety_days),
    ] {
        let grant = TokenGrant {
            access: AccessToken::from("access-1".to_owned()),
            refresh: RefreshToken::from("refresh-1".to_owned()),
            expires_in: stated,
        };
        let pair = grant.into_pair(now());
        assert_eq!(
            pair.expires_at,
            now() + TimeDelta::seconds(life),
            "{stated}"
        );
        assert_eq!(pair.access.expose(), "access-1");
        assert_eq!(pair.refresh.expose(), "refresh-1");
    }
}

#[test]
fn a_deadline_gives_what_is_left_and_heeds_no_clock_that_is_set() {
    for (passed, left) in [
        (0, Some(10_000)),
        (1, Some(9_999)),
        (9_750, Some(250)),
        (9_751, None),
        (10_000, None),
        (10_001, None),
        (3_600_000, None),
    ] {
        for hours in [-1, 0, 1] {
            let clock = FixedClock::at(now());
            let deadline = Deadline::start(&clock, TEN_SECONDS);
            clock.advance(Duration::from_millis(passed));
            clock.set(now() + TimeDelta::hours(hours));
            let left: Option<Duration> = left.map(Duration::from_millis);
            assert_eq!(deadline.remaining(&clock), left, "{passed}");
        }
    }
}
