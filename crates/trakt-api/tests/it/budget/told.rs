//! What the headers of an answer change.

use std::time::Duration;

use trakt_api::Urgency;
use trakt_api::budget::{Bucket, Heard, Limits};

use super::{Bench, answered, seconds};
use crate::fake::reply;

const READS: Bucket<'_> = Bucket::UserReads("sean");
const WRITES: Bucket<'_> = Bucket::UserWrites("sean");
const OTHER: Bucket<'_> = Bucket::UserReads("other");
const DATE: (&str, &str) = ("date", "Mon, 23 Nov 2026 10:00:00 GMT");

/// A call of which this is heard.
fn hear(bench: &Bench, bucket: Bucket<'_>, heard: &Heard) {
    bench.ask(bucket, Urgency::Foreground).unwrap();
    bench.tell(bucket, heard);
}

#[test]
fn what_an_answer_says_of_the_calls_own_bucket() {
    let of =
        |status, headers: &[(&str, &str)], body| Heard::of(&reply(status, headers, body), READS);
    assert_eq!(of(200, &[], ""), answered(200));
    let limit = r#"{"name":"AUTHED_API_GET_LIMIT","remaining":7,"until":"2026-11-23T10:02:00Z"}"#;
    let expected = Heard {
        remaining: Some(7),
        until: Some(seconds(120)),
        ..answered(200)
    };
    assert_eq!(of(200, &[DATE, ("x-ratelimit", limit)], ""), expected);
    let nameless = limit.replace("\"name\":\"AUTHED_API_GET_LIMIT\",", "");
    assert_eq!(of(200, &[DATE, ("x-ratelimit", &nameless)], ""), expected);
    // Of another's it says nothing.
    let foreign = limit.replace("GET", "POST");
    assert_eq!(
        of(200, &[DATE, ("x-ratelimit", &foreign)], ""),
        answered(200)
    );
    let wait = Heard {
        retry_after: Some(seconds(12)),
        ..answered(429)
    };
    assert_eq!(of(429, &[("retry-after", "12")], ""), wait);
    let banned = Heard {
        banned: true,
        ..answered(429)
    };
    assert_eq!(of(429, &[], "error code: 1015"), banned);
    assert_eq!(of(429, &[], "<html>"), banned);
    assert_eq!(of(403, &[], "<html>"), answered(403));
    for (bucket, name) in [
        (READS, Some("AUTHED_API_GET_LIMIT")),
        (WRITES, Some("AUTHED_API_POST_LIMIT")),
        (
            Bucket::ApplicationReads("a"),
            Some("UNAUTHED_API_GET_LIMIT"),
        ),
        (Bucket::Global, None),
    ] {
        assert_eq!(bucket.name(), name);
    }
}

#[test]
fn a_429_closes_the_users_bucket_for_as_long_as_it_says() {
    for (retry_after, until, wait) in [
        (Some(7), Some(99), 7),
        (None, Some(99), 99),
        (Some(7), None, 7),
    ] {
        let bench = Bench::new(Limits::default());
        let heard = Heard {
            retry_after: retry_after.map(seconds),
            until: until.map(seconds),
            ..answered(429)
        };
        hear(&bench, READS, &heard);
        assert_eq!(bench.call(READS), Err(seconds(wait)));
        // Neither the user's other bucket, nor another user.
        assert_eq!(bench.call(WRITES), Ok(()));
        assert_eq!(bench.call(OTHER), Ok(()));
        bench.pass(seconds(wait));
        assert_eq!(bench.call(READS), Ok(()));
    }
}

#[test]
fn a_shorter_wait_does_not_open_what_a_longer_one_closed() {
    let bench = Bench::new(Limits::default());
    bench.ask(READS, Urgency::Foreground).unwrap();
    bench.ask(READS, Urgency::Foreground).unwrap();
    for wait in [60, 5] {
        let heard = Heard {
            retry_after: Some(seconds(wait)),
            ..answered(429)
        };
        bench.tell(READS, &heard);
    }
    assert_eq!(bench.call(READS), Err(seconds(60)));
}

#[test]
fn a_429_that_says_nothing_closes_it_longer_each_time() {
    let bench = Bench::new(Limits::default());
    for wait in [5, 10, 20, 40, 80, 160, 300, 300] {
        hear(&bench, READS, &answered(429));
        assert_eq!(bench.call(READS), Err(seconds(wait)));
        bench.pass(seconds(wait));
    }
    // Nor does one whose bucket would be full again by now.
    let heard = Heard {
        until: Some(seconds(0)),
        ..answered(429)
    };
    hear(&bench, READS, &heard);
    assert_eq!(bench.call(READS), Err(seconds(300)));
    bench.pass(seconds(300));
    // No answer says nothing either; an answer begins anew.
    hear(&bench, READS, &Heard::default());
    hear(&bench, READS, &answered(429));
    assert_eq!(bench.call(READS), Err(seconds(300)));
    bench.pass(seconds(300));
    hear(&bench, READS, &answered(200));
    hear(&bench, READS, &answered(429));
    assert_eq!(bench.call(READS), Err(seconds(5)));
}

#[test]
fn a_ban_closes_everything() {
    for (retry_after, wait) in [(Some(143), 143), (None, 300)] {
        let bench = Bench::new(Limits::default());
        let heard = Heard {
            banned: true,
            retry_after: retry_after.map(seconds),
            ..answered(429)
        };
        hear(&bench, READS, &heard);
        for bucket in [WRITES, OTHER, Bucket::ApplicationReads("a"), Bucket::Global] {
            assert_eq!(bench.call(bucket), Err(seconds(wait)), "{bucket:?}");
        }
        bench.pass(seconds(wait));
        for bucket in [WRITES, OTHER, Bucket::ApplicationReads("a"), Bucket::Global] {
            assert_eq!(bench.call(bucket), Ok(()), "{bucket:?}");
        }
    }
}

/// 429 is what polling a device code too fast gives: it is about that code.
#[test]
fn a_429_of_oauth_closes_nothing_but_a_ban_does() {
    let bench = Bench::new(Limits::default());
    let heard = Heard {
        retry_after: Some(seconds(9)),
        ..answered(429)
    };
    hear(&bench, Bucket::Global, &heard);
    assert_eq!(bench.call(Bucket::Global), Ok(()));
    let banned = Heard {
        banned: true,
        ..heard
    };
    hear(&bench, Bucket::Global, &banned);
    assert_eq!(bench.call(Bucket::Global), Err(seconds(9)));
    assert_eq!(bench.call(READS), Err(seconds(9)));
}

fn left(remaining: u64, until: Option<u64>) -> Heard {
    Heard {
        remaining: Some(remaining),
        until: until.map(seconds),
        ..answered(200)
    }
}

#[test]
fn what_others_spent_is_gone() {
    let bench = Bench::new(Limits::default());
    hear(&bench, READS, &left(3, Some(20)));
    // More than that a later answer may say, of calls that Trakt had not seen yet.
    hear(&bench, READS, &left(400, Some(20)));
    assert_eq!(bench.room(READS, Urgency::Foreground), 2);
    assert_eq!(bench.call(READS), Err(seconds(20)));
    bench.pass(seconds(20));
    assert_eq!(bench.room(READS, Urgency::Foreground), 496);
}

#[test]
fn what_is_left_by_trakts_word_is_no_more_than_by_ours() {
    let bench = Bench::new(Limits::default());
    for remaining in [499, 998, u64::MAX] {
        hear(&bench, READS, &left(remaining, Some(20)));
    }
    assert_eq!(bench.room(READS, Urgency::Foreground), 497);
}

#[test]
fn what_others_spent_counts_for_a_window_where_nobody_says_until_when() {
    let bench = Bench::new(Limits::default());
    hear(&bench, READS, &left(0, None));
    assert_eq!(bench.call(READS), Err(seconds(300)));
    bench.pass(seconds(300));
    assert_eq!(bench.room(READS, Urgency::Foreground), 499);
}

#[test]
fn a_write_that_was_the_last_one_lengthens_the_pause() {
    let bench = Bench::new(Limits::default());
    hear(&bench, WRITES, &left(1, Some(9)));
    assert_eq!(bench.call(WRITES), Err(seconds(1)));
    bench.pass(seconds(1));
    hear(&bench, WRITES, &left(0, Some(9)));
    assert_eq!(bench.call(WRITES), Err(seconds(9)));
    bench.pass(seconds(9));
    hear(&bench, WRITES, &left(0, None));
    assert_eq!(bench.call(WRITES), Err(seconds(1)));
}

#[test]
fn no_wait_is_too_long_to_be_counted() {
    let bench = Bench::new(Limits {
        between_writes: Duration::MAX,
        ..Limits::default()
    });
    bench.pass(seconds(1));
    let heard = Heard {
        banned: true,
        retry_after: Some(Duration::MAX),
        remaining: Some(0),
        until: Some(Duration::MAX),
        ..answered(429)
    };
    hear(&bench, READS, &heard);
    assert_eq!(bench.call(WRITES), Err(Duration::MAX - seconds(1)));
}
