//! Threads that wait: who goes first, who gives up, and that a limit holds between them.

use std::cell::Cell;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, Scope};
use std::time::Duration;

use trakt_api::Urgency;
use trakt_api::budget::{
    Bucket, Budget, Clock, Heard, Limits, LocalBudget, Monotonic, OverBudget, Rate, Spend,
};

use super::{Bench, SECOND, answered, seconds};

const READS: Bucket<'_> = Bucket::UserReads("sean");
const WRITES: Bucket<'_> = Bucket::UserWrites("sean");
/// Much longer than any of this takes.
const LONG: Duration = Duration::from_secs(3000);

fn three() -> Limits {
    Limits {
        user_reads: Rate {
            calls: 3,
            within: seconds(30),
        },
        reserve: 0,
        ..Limits::default()
    }
}

type Answer = (&'static str, Result<(), OverBudget>);

/// What those who ask are told, in the order in which they are.
struct Asked<'a> {
    answers: Receiver<Answer>,
    bench: &'a Bench,
}

impl Asked<'_> {
    fn recv(&self) -> Answer {
        self.answers.recv().unwrap()
    }

    fn nobody_yet(&self) -> bool {
        self.answers.try_recv().is_err()
    }
}

impl Drop for Asked<'_> {
    /// A test that fails has nobody wait for it for ever.
    fn drop(&mut self) {
        self.bench.pass(LONG * 1000);
    }
}

/// Has each of these ask in a thread of its own, one after the other, and waits until all wait.
fn asking<'scope>(
    scope: &'scope Scope<'scope, '_>,
    bench: &'scope Bench,
    asks: &[(&'static str, Bucket<'static>, Urgency, Duration)],
) -> Asked<'scope> {
    let (report, answers) = channel();
    for (name, bucket, urgency, within) in asks.iter().copied() {
        let (report, before) = (report.clone(), bench.budget.waiting());
        scope.spawn(move || {
            let spend = Spend {
                bucket,
                urgency,
                within,
            };
            let _ = report.send((name, bench.budget.ask(&spend)));
        });
        while bench.budget.waiting() == before {
            thread::yield_now();
        }
    }
    Asked { answers, bench }
}

#[test]
fn the_foreground_goes_first_and_each_in_its_order() {
    let bench = Bench::new(Limits::default());
    bench.ask(WRITES, Urgency::Foreground).unwrap();
    thread::scope(|scope| {
        let asked = asking(
            scope,
            &bench,
            &[
                ("background 1", WRITES, Urgency::Background, LONG),
                ("background 2", WRITES, Urgency::Background, LONG),
                ("foreground 1", WRITES, Urgency::Foreground, LONG),
                ("foreground 2", WRITES, Urgency::Foreground, LONG),
            ],
        );
        for name in [
            "foreground 1",
            "foreground 2",
            "background 1",
            "background 2",
        ] {
            assert!(asked.nobody_yet(), "nobody goes while one is under way");
            bench.tell(WRITES, &answered(201));
            bench.pass(SECOND);
            assert_eq!(asked.recv(), (name, Ok(())));
        }
        assert_eq!(bench.budget.waiting(), 0);
    });
}

#[test]
fn who_comes_later_does_not_take_what_others_wait_for() {
    let bench = Bench::new(three());
    assert_eq!(bench.room(READS, Urgency::Foreground), 3);
    thread::scope(|scope| {
        let asked = asking(
            scope,
            &bench,
            &[
                ("first", READS, Urgency::Foreground, LONG),
                ("second", READS, Urgency::Foreground, LONG),
                ("background", READS, Urgency::Background, LONG),
            ],
        );
        // The clock goes, and none of them has looked at it yet.
        *bench.clock.0.lock().unwrap() += seconds(31);
        // Two are before it, and there is room for three.
        bench.ask(READS, Urgency::Foreground).unwrap();
        for urgency in [Urgency::Background, Urgency::Foreground] {
            assert_eq!(bench.ask(READS, urgency), Err(seconds(31)));
        }
        bench.budget.wake();
        let mut names = [asked.recv(), asked.recv()];
        names.sort_by_key(|(name, _)| *name);
        assert_eq!(names, [("first", Ok(())), ("second", Ok(()))]);
        assert!(asked.nobody_yet());
        bench.pass(seconds(31));
        assert_eq!(asked.recv(), ("background", Ok(())));
    });
}

#[test]
fn who_cannot_be_served_in_time_hears_so_at_once() {
    let bench = Bench::new(three());
    assert_eq!(bench.room(READS, Urgency::Foreground), 3);
    let ask = |within| {
        let spend = Spend {
            bucket: READS,
            urgency: Urgency::Foreground,
            within,
        };
        bench.budget.ask(&spend)
    };
    let retry_after = seconds(31);
    // The clock stands: whoever waited would wait for ever.
    for within in [Duration::ZERO, SECOND, retry_after] {
        assert_eq!(ask(within), Err(OverBudget { retry_after }));
    }
    assert_eq!(bench.budget.waiting(), 0);
    thread::scope(|scope| {
        let within = retry_after + Duration::from_nanos(1);
        let asked = asking(scope, &bench, &[("", READS, Urgency::Foreground, within)]);
        bench.pass(retry_after);
        assert_eq!(asked.recv().1, Ok(()));
    });
}

#[test]
fn a_wait_that_has_become_hopeless_ends() {
    let bench = Bench::new(three());
    assert_eq!(bench.room(READS, Urgency::Foreground), 3);
    thread::scope(|scope| {
        let asks = [
            ("patient", READS, Urgency::Foreground, LONG),
            ("", READS, Urgency::Foreground, seconds(60)),
        ];
        let asked = asking(scope, &bench, &asks);
        let heard = Heard {
            retry_after: Some(seconds(90)),
            ..answered(429)
        };
        bench.tell(READS, &heard);
        let retry_after = seconds(90);
        assert_eq!(asked.recv(), ("", Err(OverBudget { retry_after })));
        assert_eq!(bench.budget.waiting(), 1);
        bench.pass(seconds(90));
        assert_eq!(asked.recv(), ("patient", Ok(())));
    });
}

#[test]
fn who_gives_up_lets_the_next_one_go() {
    let bench = Bench::new(Limits::default());
    bench.ask(WRITES, Urgency::Foreground).unwrap();
    thread::scope(|scope| {
        let asked = asking(
            scope,
            &bench,
            &[
                ("hurried", WRITES, Urgency::Foreground, seconds(5)),
                ("patient", WRITES, Urgency::Background, LONG),
            ],
        );
        bench.pass(seconds(4));
        let retry_after = SECOND;
        let given_up = ("hurried", Err(OverBudget { retry_after }));
        assert_eq!(asked.recv(), given_up);
        bench.tell(WRITES, &Heard::default());
        bench.pass(SECOND);
        assert_eq!(asked.recv(), ("patient", Ok(())));
    });
}

/// Hundreds of calls of one user that wait must not hold up those of another.
#[test]
fn a_user_who_waits_holds_up_no_other() {
    let mut limits = three();
    limits.global = Some(Rate {
        calls: 8,
        within: seconds(30),
    });
    let bench = Bench::new(limits);
    assert_eq!(bench.room(READS, Urgency::Foreground), 3);
    thread::scope(|scope| {
        let one = ("", READS, Urgency::Foreground, LONG);
        let asked = asking(scope, &bench, &[one, one, one, one, one, one]);
        for _ in 0..3 {
            bench.call(Bucket::UserReads("other")).unwrap();
        }
        bench.call(Bucket::Global).unwrap();
        bench.call(Bucket::Global).unwrap();
        for _ in 0..2 {
            bench.pass(seconds(31));
            for _ in 0..3 {
                assert_eq!(asked.recv().1, Ok(()));
            }
        }
    });
}

/// Those who wait for the global bucket are in a queue too.
#[test]
fn the_background_waits_while_the_foreground_waits_for_the_global_bucket() {
    let bench = Bench::new(Limits {
        global: Some(Rate {
            calls: 1,
            within: seconds(30),
        }),
        ..Limits::default()
    });
    bench.call(Bucket::Global).unwrap();
    thread::scope(|scope| {
        let asked = asking(
            scope,
            &bench,
            &[
                (
                    "background",
                    Bucket::UserReads("a"),
                    Urgency::Background,
                    LONG,
                ),
                ("oauth", Bucket::Global, Urgency::Foreground, LONG),
                (
                    "foreground",
                    Bucket::UserReads("b"),
                    Urgency::Foreground,
                    LONG,
                ),
            ],
        );
        for name in ["oauth", "foreground", "background"] {
            assert!(asked.nobody_yet());
            bench.pass(seconds(31));
            assert_eq!(asked.recv(), (name, Ok(())));
        }
    });
}

/// The clock of a machine that has run for an hour.
struct Late(Monotonic);

impl Clock for Late {
    fn now(&self) -> Duration {
        seconds(3600) + self.0.now()
    }
}

#[test]
fn a_wait_ends_by_itself_wherever_the_clock_began() {
    let limits = Limits {
        between_writes: Duration::from_millis(20),
        ..Limits::default()
    };
    let budget = LocalBudget::with_clock(limits, Arc::new(Late(Monotonic::default())));
    let write = Spend {
        bucket: WRITES,
        urgency: Urgency::Foreground,
        within: LONG,
    };
    for _ in 0..3 {
        budget.ask(&write).unwrap();
        budget.tell(&write, &Heard::default());
    }
}

thread_local! {
    /// What the clock last said to this thread: the time of its permit, once it has one.
    static SAID: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

#[derive(Default)]
struct Saying(Monotonic);

impl Clock for Saying {
    fn now(&self) -> Duration {
        let now = self.0.now();
        SAID.set(now);
        now
    }
}

#[test]
fn threads_never_spend_more_together_and_the_foreground_never_waits_for_the_background() {
    let within = Duration::from_millis(300);
    let limits = Limits {
        user_reads: Rate { calls: 500, within },
        ..Limits::default()
    };
    let budget = LocalBudget::with_clock(limits, Arc::new(Saying::default()));
    let made = Mutex::new(Vec::new());
    let ask = |urgency, within| {
        let spend = Spend {
            bucket: READS,
            urgency,
            within,
        };
        budget.ask(&spend).unwrap();
        let mut made = made.lock().unwrap();
        made.push((SAID.get(), urgency));
        drop(made);
        budget.tell(&spend, &answered(200));
    };
    let ask = &ask;
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(move || {
                for _ in 0..300 {
                    ask(Urgency::Background, LONG);
                }
            });
        }
        scope.spawn(move || {
            // As many as are kept for it in a window, and not one may have to wait.
            let pause = Duration::from_millis(4);
            for _ in 0..300 {
                ask(Urgency::Foreground, Duration::ZERO);
                thread::sleep(pause);
            }
        });
    });
    let mut made = made.into_inner().unwrap();
    made.sort();
    assert_eq!(made.len(), 2100);
    for pair in made.windows(501) {
        assert!(pair[500].0 - pair[0].0 >= within, "{:?}", pair[0]);
    }
    let background: Vec<_> = made
        .iter()
        .filter(|(_, urgency)| *urgency == Urgency::Background)
        .collect();
    for pair in background.windows(401) {
        assert!(pair[400].0 - pair[0].0 >= within, "{:?}", pair[0]);
    }
}
