//! Any server, within what can be told apart from a true one: what is called complete is, and
//! what a server is honest about is read in the fewest calls. `PROPTEST_CASES` says how many.

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop, prop_oneof, proptest};
use proptest::{prop_assert, prop_assert_eq};
use trakt_api::{Call, Client, Coverage, Paged};

use super::list::{Change, Counted, Fake, Server, Uncounted, client};
use super::{ALL, ITEM_COUNT, LIMIT, PAGE_COUNT};

/// More calls than any of these lists takes.
const AT_MOST: u32 = 80;

fn changes() -> impl Strategy<Value = Vec<(usize, Change)>> {
    let some = |change: fn(usize) -> Change| {
        let one = (0..8_usize, any::<u16>());
        prop::collection::vec(
            one.prop_map(move |(call, at)| (call, change(at.into()))),
            1..4,
        )
    };
    // Growing and shrinking between the same two pages cannot be seen.
    prop_oneof![
        3 => Just(Vec::new()),
        1 => some(Change::Grow),
        1 => some(Change::Shrink),
    ]
}

fn failures() -> impl Strategy<Value = Vec<(usize, u16)>> {
    let status = prop::sample::select(vec![0, 200, 302, 403, 429, 503]);
    prop_oneof![
        2 => Just(Vec::new()),
        1 => prop::collection::vec((0..8_usize, status), 1..4),
    ]
}

fn server() -> impl Strategy<Value = Server> {
    let shape = (0..45_u64, 1..13_usize);
    let without = prop_oneof![
        3 => Just(Vec::new()),
        2 => prop::sample::subsequence(ALL.to_vec(), 1..=4),
    ];
    // One count may be a lie; two that agree cannot be told from the truth.
    let lies = prop_oneof![
        3 => Just((None, None)),
        1 => (0..12_u64).prop_map(|pages| (Some(pages), None)),
        1 => (0..2000_u64).prop_map(|items| (None, Some(items))),
    ];
    let stuck = prop_oneof![4 => Just(None), 1 => (1..6_usize).prop_map(Some)];
    let bad = prop_oneof![4 => Just(None), 1 => (0..45_u64).prop_map(Some)];
    let rest = (any::<bool>(), stuck, changes(), failures(), bad);
    (shape, without, lies, rest).prop_map(|((length, clamp), without, lies, rest)| {
        let (rails, stuck_at, changes, failures, bad) = rest;
        Server {
            list: (0..length).collect(),
            clamp,
            without,
            pages: lies.0,
            items: lies.1,
            rails,
            stuck_at,
            changes,
            failures,
            bad,
        }
    })
}

/// Reads to the end, and goes on after each error.
fn run<E: Paged<Item = u64>>(client: &Client, list: &E) -> (Vec<u64>, Coverage) {
    let mut pages = client.pages(list, Call::public()).at_most(AT_MOST);
    let mut items = Vec::new();
    loop {
        match pages.next() {
            None => return (items, pages.coverage()),
            Some(Ok(page)) => {
                assert!(page.items.len() <= 10);
                items.extend(page.items);
            }
            Some(Err(_)) => pages.resume(),
        }
        let left = pages.coverage();
        assert!(left != Coverage::Complete || pages.next().is_none());
    }
}

fn calls(fake: &Fake) -> usize {
    fake.calls.lock().unwrap().len()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_called_complete_is(server in server()) {
        // Without counts, what becomes of the list meanwhile cannot be seen.
        let counts = [ITEM_COUNT, PAGE_COUNT];
        let seen = counts.iter().all(|name| !server.without.contains(name));
        let quiet = server.changes.is_empty() || (seen && server.pages.is_none() && server.items.is_none());
        let (client, fake) = client(server);
        let (items, coverage) = run(&client, &Counted);
        prop_assert!(calls(&fake) <= 80 + 8);
        if coverage == Coverage::Complete && quiet {
            prop_assert_eq!(&items, &fake.server.lock().unwrap().list);
        }
    }

    #[test]
    fn what_is_called_complete_is_without_counts(mut server in server()) {
        server.changes.clear();
        let (client, fake) = client(server);
        let (items, coverage) = run(&client, &Uncounted);
        prop_assert!(calls(&fake) <= 80 + 8);
        if coverage == Coverage::Complete {
            prop_assert_eq!(&items, &fake.server.lock().unwrap().list);
        }
    }

    #[test]
    fn an_honest_server_is_read_to_the_end(given in server(), uncounted: bool) {
        // Headers may be missing, pages cut down, and counts of no use be wrong.
        let wrong = uncounted || given.rails;
        let server = Server {
            stuck_at: None,
            changes: Vec::new(),
            bad: None,
            pages: given.pages.filter(|_| wrong),
            items: given.items.filter(|_| wrong),
            ..given
        };
        let failures: std::collections::BTreeSet<_> =
            server.failures.iter().map(|(call, _)| *call).collect();
        let (client, fake) = client(server.clone());
        let (items, coverage) = match uncounted {
            true => run(&client, &Uncounted),
            false => run(&client, &Counted),
        };
        prop_assert_eq!(coverage, Coverage::Complete);
        prop_assert_eq!(&items, &server.list);
        let pages = server.list.len().div_ceil(server.clamp.min(10)).max(1);
        let counts = [ITEM_COUNT, PAGE_COUNT, LIMIT];
        let failed = failures.iter().filter(|call| **call < calls(&fake)).count();
        let good = calls(&fake) - failed;
        if !wrong && counts.iter().all(|name| !server.without.contains(name)) {
            prop_assert_eq!(good, pages);
        }
        // Otherwise one more, which is empty.
        prop_assert!(good <= pages + 1);
    }
}
