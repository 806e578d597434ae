//! Each bucket by itself, and the global one over all.

use std::time::Duration;

use trakt_api::Urgency;
use trakt_api::budget::{Bucket, Limits, Rate};

use super::{Bench, SECOND, answered, seconds};

const READS: Bucket<'_> = Bucket::UserReads("sean");
const WRITES: Bucket<'_> = Bucket::UserWrites("sean");
const APPLICATION: Bucket<'_> = Bucket::ApplicationReads("client-id");
const NANO: Duration = Duration::from_nanos(1);

fn ten(reserve: u8) -> Limits {
    Limits {
        user_reads: Rate {
            calls: 10,
            within: seconds(30),
        },
        reserve,
        ..Limits::default()
    }
}

#[test]
fn the_limits_are_trakts() {
    let bench = Bench::new(Limits::default());
    for bucket in [READS, APPLICATION] {
        assert_eq!(bench.room(bucket, Urgency::Foreground), 500);
        // A part of the window is ten seconds, and this one must be over first.
        assert_eq!(bench.call(bucket), Err(seconds(310)));
    }
    assert_eq!(
        bench.room(Bucket::UserReads("other"), Urgency::Foreground),
        500
    );
    assert_eq!(
        bench.room(Bucket::ApplicationReads("b"), Urgency::Foreground),
        500
    );
    bench.pass(seconds(310) - NANO);
    assert_eq!(bench.call(READS), Err(NANO));
    bench.pass(NANO);
    assert_eq!(bench.room(READS, Urgency::Foreground), 500);
}

#[test]
fn the_background_leaves_a_part_to_the_foreground() {
    for (reserve, left) in [
        (0, 0),
        (20, 2),
        (25, 2),
        (29, 2),
        (30, 3),
        (90, 9),
        (100, 9),
        (200, 9),
    ] {
        let bench = Bench::new(ten(reserve));
        assert_eq!(
            bench.room(READS, Urgency::Background),
            10 - left,
            "{reserve}"
        );
        assert_eq!(bench.room(READS, Urgency::Foreground), left, "{reserve}");
        // What the foreground spent is gone for the background too.
        let bench = Bench::new(ten(reserve));
        for _ in 0..4 {
            bench.call(READS).unwrap();
        }
        let rest = bench.room(READS, Urgency::Background);
        assert_eq!(rest, 6_usize.saturating_sub(left), "{reserve}");
    }
    let bench = Bench::new(Limits::default());
    assert_eq!(bench.room(READS, Urgency::Background), 400);
    assert_eq!(bench.room(READS, Urgency::Foreground), 100);
}

#[test]
fn a_limit_of_nothing_is_one() {
    let mut limits = ten(20);
    limits.user_reads.calls = 0;
    let bench = Bench::new(limits);
    assert_eq!(bench.room(READS, Urgency::Background), 1);
    limits.user_reads.within = Duration::ZERO;
    let bench = Bench::new(limits);
    bench.call(READS).unwrap();
    bench.pass(SECOND);
    bench.call(READS).unwrap();
}

#[test]
fn writes_are_one_at_a_time_and_a_second_apart() {
    let bench = Bench::new(Limits::default());
    bench.ask(WRITES, Urgency::Foreground).unwrap();
    // Under way: whenever it ends, the next comes a second later.
    for _ in 0..3 {
        assert_eq!(bench.ask(WRITES, Urgency::Background), Err(SECOND));
        bench.pass(seconds(7));
    }
    assert_eq!(bench.call(Bucket::UserWrites("other")), Ok(()));
    assert_eq!(bench.call(READS), Ok(()));
    bench.tell(WRITES, &answered(201));
    assert_eq!(bench.call(WRITES), Err(SECOND));
    bench.pass(SECOND - NANO);
    assert_eq!(bench.call(WRITES), Err(NANO));
    bench.pass(NANO);
    assert_eq!(bench.call(WRITES), Ok(()));
    assert_eq!(bench.call(WRITES), Err(SECOND));
}

#[test]
fn writes_without_a_pause_are_still_one_at_a_time() {
    let bench = Bench::new(Limits {
        between_writes: Duration::ZERO,
        ..Limits::default()
    });
    bench.ask(WRITES, Urgency::Foreground).unwrap();
    assert_eq!(bench.call(WRITES), Err(NANO));
    bench.tell(WRITES, &answered(201));
    assert_eq!(bench.call(WRITES), Ok(()));
}

#[test]
fn everything_spends_the_global_one() {
    let bench = Bench::new(Limits {
        global: Some(Rate {
            calls: 5,
            within: seconds(30),
        }),
        ..Limits::default()
    });
    let all = [READS, WRITES, APPLICATION, Bucket::Global];
    for bucket in all {
        bench.call(bucket).unwrap();
    }
    // The fifth is the foreground's.
    let background = bench.ask(Bucket::UserReads("other"), Urgency::Background);
    assert_eq!(background, Err(seconds(31)));
    bench.call(Bucket::UserReads("other")).unwrap();
    for bucket in all {
        assert_eq!(bench.call(bucket), Err(seconds(31)), "{bucket:?}");
    }
    bench.pass(seconds(31));
    for bucket in all {
        bench.call(bucket).unwrap();
    }
}

#[test]
fn both_are_spent_or_none() {
    let mut limits = ten(0);
    limits.global = Some(Rate {
        calls: 15,
        within: seconds(60),
    });
    let bench = Bench::new(limits);
    assert_eq!(bench.room(READS, Urgency::Foreground), 10);
    for _ in 0..9 {
        assert_eq!(bench.call(READS), Err(seconds(31)));
    }
    // None of those nine was taken from here.
    assert_eq!(
        bench.room(Bucket::UserReads("other"), Urgency::Foreground),
        5
    );
    // Now it is this that holds the first one up: the longer wait is told.
    assert_eq!(bench.call(READS), Err(seconds(62)));
    bench.pass(seconds(31));
    assert_eq!(bench.call(READS), Err(seconds(31)));
    bench.pass(seconds(31));
    // And nothing was taken from the user's while the global one was spent.
    assert_eq!(bench.room(READS, Urgency::Foreground), 10);
}

#[test]
fn without_a_rate_the_global_one_never_ends() {
    let bench = Bench::new(Limits::default());
    assert_eq!(bench.room(Bucket::Global, Urgency::Background), 10_000);
}
