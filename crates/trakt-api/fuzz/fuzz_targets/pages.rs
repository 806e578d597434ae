//! Any answers as the pages of a list: it ends, and an error or a bad item is never complete.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trakt_api::{Call, Coverage};
use trakt_api_fuzz::{Any, answering, reply};

fuzz_target!(|data: &[u8]| {
    let answers: Vec<_> = data.split(|byte| *byte == 0xff).filter_map(reply).collect();
    if answers.is_empty() {
        return;
    }
    let client = answering(answers);
    let mut pages = client.pages(&Any, Call::public()).at_most(20);
    let (mut calls, mut whole) = (0, true);
    for page in &mut pages {
        calls += 1;
        whole &= page.is_ok_and(|page| page.bad.is_empty());
    }
    assert!(calls <= 20);
    assert!(whole || pages.coverage() != Coverage::Complete);
});
