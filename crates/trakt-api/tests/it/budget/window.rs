//! Any calls at any times, against a count of all of them. `PROPTEST_CASES` says how many.

use std::time::Duration;

use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_oneof, proptest};
use proptest::{prop_assert, prop_assert_eq};
use trakt_api::Urgency;
use trakt_api::budget::{Bucket, Limits, Rate};

use super::Bench;

const READS: Bucket<'_> = Bucket::UserReads("sean");
const CALLS: usize = 12;
const FOR_BACKGROUND: usize = 9;
const WITHIN: u64 = 3000;
const PART: u64 = WITHIN / 30;

/// How long it is to the next call, in milliseconds, and whose it is.
fn steps() -> impl Strategy<Value = Vec<(u64, bool)>> {
    let pause = prop_oneof![4 => 0..20_u64, 2 => 0..400_u64, 1 => 0..4000_u64];
    prop::collection::vec((pause, any::<bool>()), 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_stretch_of_time_ever_holds_more(steps in steps()) {
        let bench = Bench::new(Limits {
            user_reads: Rate {
                calls: CALLS as u32,
                within: Duration::from_millis(WITHIN),
            },
            reserve: 25,
            ..Limits::default()
        });
        let mut made: Vec<u64> = Vec::new();
        let mut now = 0;
        for (pause, background) in steps {
            bench.pass(Duration::from_millis(pause));
            now += pause;
            let (urgency, cap) = match background {
                true => (Urgency::Background, FOR_BACKGROUND),
                false => (Urgency::Foreground, CALLS),
            };
            let since = |length: u64| made.iter().filter(|at| **at + length > now).count();
            match bench.ask(READS, urgency) {
                Ok(()) => {
                    prop_assert!(since(WITHIN) < cap);
                    made.push(now);
                }
                Err(wait) => {
                    // Not refused for long-forgotten calls, and the wait is the true one.
                    prop_assert!(since(WITHIN + PART) >= cap);
                    prop_assert!(wait.as_millis() as u64 <= WITHIN + PART);
                    let then = now + wait.as_millis() as u64;
                    let still = made.iter().filter(|at| **at + WITHIN > then).count();
                    prop_assert!(still < cap);
                    if background {
                        continue;
                    }
                    bench.pass(wait - Duration::from_nanos(1));
                    prop_assert_eq!(bench.ask(READS, urgency), Err(Duration::from_nanos(1)));
                    bench.pass(Duration::from_nanos(1));
                    now = then;
                    prop_assert_eq!(bench.ask(READS, urgency), Ok(()));
                    made.push(now);
                }
            }
        }
    }
}
