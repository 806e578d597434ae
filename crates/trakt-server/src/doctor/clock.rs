//! How much a clock may differ from ours. Due times are those of the database, so a few seconds hurt
//! nobody; but bearer tokens count by our clock, with 30 s of leeway at most.

use chrono::TimeDelta;

use super::Report;

const ODD: TimeDelta = TimeDelta::seconds(2);
const BAD: TimeDelta = TimeDelta::seconds(30);

const ADVICE: &str =
    "let NTP set the clock of this machine and of that one (chronyc tracking, timedatectl)";

/// Says how far the clock of `whose` is before ours.
pub(super) fn check(report: &mut Report, name: &str, whose: &str, ahead: TimeDelta) {
    let seconds = ahead.as_seconds_f64();
    let word = if seconds < 0.0 { "behind" } else { "ahead of" };
    let found = format!("the clock of {whose} is {:.1} s {word} ours", seconds.abs());
    if ahead.abs() > BAD {
        report.bad(name, found, ADVICE);
    } else if ahead.abs() > ODD {
        report.odd(name, found, ADVICE);
    } else {
        report.well(name, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_half_a_minute_fails() {
        for (seconds, fails) in [
            (0, false),
            (-3, false),
            (30, false),
            (31, true),
            (-31, true),
        ] {
            let mut report = Report::default();
            check(&mut report, "clock", "a test", TimeDelta::seconds(seconds));
            assert_eq!(report.failed, fails, "{seconds}");
        }
    }
}
