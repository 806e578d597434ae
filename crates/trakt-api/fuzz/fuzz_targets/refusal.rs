//! Any status, headers and body as a refusal: it has a class, and nothing of the body is said.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trakt_api::budget::{Bucket, Heard};
use trakt_api::{Call, Error};
use trakt_api_fuzz::{Any, answering, reply};

fuzz_target!(|data: &[u8]| {
    let Some(given) = reply(data) else { return };
    let heard = Heard::of(&given, Bucket::UserReads("u"));
    assert_eq!(heard.status, Some(given.status));
    let status = given.status;
    let client = answering(vec![given]);
    match client.send(&Any, Call::public()) {
        Err(Error::Refused(refusal)) => {
            assert_eq!(refusal.status, status);
            let _ = (
                refusal.class().fault(),
                refusal.retryable(),
                refusal.to_string(),
            );
        }
        Err(Error::Unreadable { .. } | Error::Part { .. }) | Ok(_) => assert!((200..=299).contains(&status)),
        Err(other) => panic!("{other:?}"),
    }
});
