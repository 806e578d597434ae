//! Lists in pages: what is asked for, where a list ends, and when it counts as seen.

mod list;
mod others;
mod properties;

use std::time::Duration;

use trakt_api::{Call, Coverage, Error, Gap, Incomplete};

use list::{Change, Counted, Server, Uncounted, client, serving};

const ITEM_COUNT: &str = "x-pagination-item-count";
const LIMIT: &str = "x-pagination-limit";
const PAGE: &str = "x-pagination-page";
const PAGE_COUNT: &str = "x-pagination-page-count";
const ALL: [&str; 4] = [ITEM_COUNT, LIMIT, PAGE, PAGE_COUNT];

/// What reading to the end gives: the items, the coverage, and the calls it took.
fn read(server: Server) -> (Vec<u64>, Coverage, usize) {
    let (client, fake) = client(server);
    let mut pages = client.pages(&Counted, Call::public());
    let mut items = Vec::new();
    for page in &mut pages {
        items.extend(page.unwrap().items);
    }
    assert!(pages.next().is_none(), "it goes on after its end");
    let calls = fake.calls.lock().unwrap().len();
    (items, pages.coverage(), calls)
}

fn read_uncounted(server: Server) -> (Vec<u64>, Coverage, usize) {
    let (client, fake) = client(server);
    let mut pages = client.pages(&Uncounted, Call::public());
    let items = (&mut pages).flat_map(|page| page.unwrap().items).collect();
    let calls = fake.calls.lock().unwrap().len();
    (items, pages.coverage(), calls)
}

fn numbers(length: u64) -> Vec<u64> {
    (0..length).collect()
}

#[track_caller]
fn complete(given: &(Vec<u64>, Coverage, usize), length: u64, calls: usize) {
    assert_eq!(*given, (numbers(length), Coverage::Complete, calls));
}

#[track_caller]
fn gap(given: &(Vec<u64>, Coverage, usize), gap: Gap) {
    assert_eq!(given.1, Coverage::Incomplete(gap), "{given:?}");
}

#[test]
fn a_counted_list_takes_the_fewest_calls() {
    for (length, calls) in [(0, 1), (1, 1), (9, 1), (10, 1), (11, 2), (20, 2), (21, 3)] {
        complete(&read(serving(length)), length, calls);
    }
}

#[test]
fn page_and_limit_are_always_sent() {
    let (client, fake) = client(serving(25));
    let pages = client.pages(&Counted, Call::public());
    assert_eq!(pages.everything().unwrap(), numbers(25));
    assert_eq!(*fake.calls.lock().unwrap(), [(1, 10), (2, 10), (3, 10)]);

    for (asked, sent) in [(0, 1), (1, 1), (7, 7), (10, 10), (11, 10), (9999, 10)] {
        let pages = client.pages(&Counted, Call::public()).limit(asked);
        assert_eq!(pages.everything().unwrap(), numbers(25));
        let (_, limit) = *fake.calls.lock().unwrap().last().unwrap();
        assert_eq!(limit, sent);
    }
}

#[test]
fn a_page_tells_where_it_stands() {
    let (client, _) = client(serving(12));
    let mut pages = client.pages(&Counted, Call::public());
    let first = pages.next().unwrap().unwrap();
    assert_eq!((first.number, first.total), (1, Some(12)));
    let second = pages.next().unwrap().unwrap();
    assert_eq!((second.number, second.items), (2, vec![10, 11]));
    assert!(second.bad.is_empty());
}

#[test]
fn a_limit_that_is_cut_down_in_silence_costs_calls_and_no_items() {
    let mut server = serving(25);
    server.clamp = 4;
    complete(&read(server.clone()), 25, 7);
    complete(&read_uncounted(server.clone()), 25, 7);
    // Even if it does not say so.
    server.without = vec![LIMIT];
    complete(&read(server.clone()), 25, 7);
    complete(&read_uncounted(server.clone()), 25, 8);
    server.without = ALL.to_vec();
    complete(&read(server), 25, 8);
}

#[test]
fn a_list_that_is_not_counted_ends_with_a_page_that_is_not_full() {
    let mut server = serving(25);
    server.items = Some(1337);
    for pages in [0, 1, 3, 134] {
        server.pages = Some(pages);
        complete(&read_uncounted(server.clone()), 25, 3);
    }
    for length in [0, 10, 20] {
        server.list = numbers(length);
        let calls = usize::try_from(length / 10 + 1).unwrap();
        complete(&read_uncounted(server.clone()), length, calls);
    }
    // Its counts are not looked at.
    server.changes = vec![(1, Change::Grow(99))];
    server.items = None;
    server.pages = None;
    assert_eq!(read_uncounted(server).1, Coverage::Complete);
}

#[test]
fn the_old_backends_counts_end_no_list() {
    let mut server = serving(25);
    server.rails = true;
    for (items, pages, calls) in [(1337, 134, 4), (5, 1, 3), (25, 3, 3), (0, 0, 3), (25, 4, 4)] {
        server.items = Some(items);
        server.pages = Some(pages);
        complete(&read(server.clone()), 25, calls);
    }
    // A full page may be the last one, whatever they say.
    server.list = numbers(20);
    server.pages = Some(2);
    complete(&read(server), 20, 3);
}

#[test]
fn half_of_the_counts_is_as_good_as_none() {
    for without in [ITEM_COUNT, PAGE_COUNT] {
        let mut server = serving(20);
        server.without = vec![without];
        complete(&read(server.clone()), 20, 3);
        server.list = numbers(25);
        complete(&read(server), 25, 3);
    }
}

#[test]
fn counts_that_do_not_add_up_are_a_gap() {
    let mut server = serving(25);
    server.items = Some(26);
    let (stated, sent) = (26, 25);
    gap(&read(server.clone()), Gap::Miscounted { stated, sent });
    server.items = None;
    server.pages = Some(2);
    let (stated, sent) = (25, 20);
    gap(&read(server.clone()), Gap::Miscounted { stated, sent });
    // More pages than there are: an empty one ends it, and all were sent.
    server.pages = Some(9);
    complete(&read(server), 25, 4);
}

#[test]
fn a_list_that_changes_while_it_is_read_is_a_gap() {
    for change in [Change::Grow(0), Change::Grow(99), Change::Shrink(0)] {
        let mut server = serving(35);
        server.changes = vec![(2, change)];
        let given = read(server.clone());
        gap(&given, Gap::Changed);
        assert_eq!(given.2, 4, "{change:?}");
        server.rails = true;
        gap(&read(server.clone()), Gap::Changed);
        // Before it is begun, and once it is read, it may change.
        for call in [0, 4] {
            server.rails = false;
            server.changes = vec![(call, change)];
            assert_eq!(read(server.clone()).1, Coverage::Complete);
        }
    }
}

#[test]
fn pages_that_change_their_length_are_a_gap() {
    let (client, fake) = client(serving(35));
    for list in ["counted", "uncounted"] {
        fake.server.lock().unwrap().clamp = 10;
        let halve = || fake.server.lock().unwrap().clamp = 5;
        let coverage = match list {
            "counted" => {
                let mut pages = client.pages(&Counted, Call::public());
                pages.next().unwrap().unwrap();
                halve();
                (&mut pages).for_each(drop);
                pages.coverage()
            }
            _ => {
                let mut pages = client.pages(&Uncounted, Call::public());
                pages.next().unwrap().unwrap();
                halve();
                (&mut pages).for_each(drop);
                pages.coverage()
            }
        };
        assert_eq!(coverage, Coverage::Incomplete(Gap::Changed), "{list}");
    }
}

#[test]
fn the_same_page_again_ends_it() {
    let mut server = serving(100);
    server.stuck_at = Some(3);
    let given = read(server.clone());
    gap(&given, Gap::WrongPage { page: 4 });
    assert_eq!((given.0, given.2), (numbers(30), 4));
    // Without a word of which page it is, the page itself tells.
    server.without = vec![PAGE];
    let given = read(server.clone());
    gap(&given, Gap::WrongPage { page: 4 });
    assert_eq!((given.0, given.2), (numbers(30), 4));
    let given = read_uncounted(server);
    gap(&given, Gap::WrongPage { page: 4 });
}

#[test]
fn a_list_without_an_end_is_given_up() {
    let (client, fake) = client(serving(100));
    for (most, calls) in [(0, 1), (1, 1), (3, 3), (9, 9)] {
        fake.calls.lock().unwrap().clear();
        let mut pages = client.pages(&Counted, Call::public()).at_most(most);
        let read = (&mut pages).filter(Result::is_ok).count();
        assert_eq!((read, fake.calls.lock().unwrap().len()), (calls, calls));
        assert_eq!(pages.coverage(), Coverage::Incomplete(Gap::TooLong));
    }
    let pages = client.pages(&Counted, Call::public()).at_most(10);
    assert_eq!(pages.everything().unwrap(), numbers(100));
}

#[test]
fn a_list_that_is_left_early_is_not_complete() {
    let (client, fake) = client(serving(30));
    let mut pages = client.pages(&Counted, Call::public());
    let unfinished = Coverage::Incomplete(Gap::Unfinished);
    for _ in 0..2 {
        assert_eq!(pages.coverage(), unfinished);
        pages.next().unwrap().unwrap();
    }
    assert_eq!(pages.coverage(), unfinished);
    assert_eq!(
        fake.calls.lock().unwrap().len(),
        2,
        "none before it is wanted"
    );
    pages.next().unwrap().unwrap();
    assert_eq!(pages.coverage(), Coverage::Complete);
}

#[test]
fn a_page_that_failed_can_be_asked_for_again() {
    let mut server = serving(35);
    server.failures = vec![(1, 503), (2, 0), (3, 200), (5, 429)];
    let (client, fake) = client(server);
    let mut pages = client.pages(&Counted, Call::public());
    let mut items = Vec::new();
    let mut errors = Vec::new();
    loop {
        match pages.next() {
            None => break,
            Some(Ok(page)) => items.extend(page.items),
            Some(Err(error)) => {
                let (calls, asked) = {
                    let calls = fake.calls.lock().unwrap();
                    (calls.len(), calls.last().unwrap().0)
                };
                let page = u32::try_from(asked).unwrap();
                let failed = Coverage::Incomplete(Gap::Failed { page });
                assert_eq!(pages.coverage(), failed);
                assert!(pages.next().is_none(), "nothing is tried again unasked");
                assert_eq!(fake.calls.lock().unwrap().len(), calls);
                errors.push((error.status(), error.retry_after()));
                pages.resume();
                assert_eq!(pages.coverage(), Coverage::Incomplete(Gap::Unfinished));
            }
        }
    }
    assert_eq!(items, numbers(35));
    assert_eq!(pages.coverage(), Coverage::Complete);
    let wait = Some(Duration::from_secs(7));
    let seen = [
        (Some(503), wait),
        (None, None),
        (Some(200), None),
        (Some(429), wait),
    ];
    assert_eq!(errors, seen);
    // At its end there is nothing to resume.
    pages.resume();
    assert!(pages.next().is_none());
    let asked: Vec<_> = fake
        .calls
        .lock()
        .unwrap()
        .iter()
        .map(|call| call.0)
        .collect();
    assert_eq!(asked, [1, 2, 2, 2, 2, 3, 3, 4]);
}

#[test]
fn an_item_that_cannot_be_read_is_a_gap_and_costs_no_other() {
    let mut server = serving(25);
    server.bad = Some(13);
    let (client, _) = client(server);
    let mut pages = client.pages(&Counted, Call::public());
    let read: Vec<_> = (&mut pages).map(Result::unwrap).collect();
    let bad: Vec<_> = read.iter().map(|page| page.bad.len()).collect();
    assert_eq!((bad, read[1].bad[0].index), (vec![0, 1, 0], 3));
    assert_eq!(read.iter().map(|page| page.items.len()).sum::<usize>(), 24);
    let gap = Gap::BadItems { page: 2 };
    assert_eq!(pages.coverage(), Coverage::Incomplete(gap));
    // The first gap is the one that is told.
    let pages = client.pages(&Counted, Call::public()).at_most(2);
    assert_eq!(pages.everything().unwrap_err().gap, gap);
}

#[test]
fn everything_or_nothing() {
    let mut server = serving(25);
    server.failures = vec![(1, 423)];
    let (client, _) = client(server);
    let Incomplete { gap, error } = client
        .pages(&Counted, Call::public())
        .everything()
        .unwrap_err();
    assert_eq!(gap, Gap::Failed { page: 2 });
    assert_eq!(error.as_ref().and_then(Error::status), Some(423));
    let incomplete = Incomplete { gap, error };
    assert_eq!(
        incomplete.to_string(),
        "the list is incomplete: page 2 could not be had"
    );
    assert!(std::error::Error::source(&incomplete).is_some());
}
