//! Lists by other ways than from the first page to the last: asked for without pages, begun before,
//! and sent by a transport of one's own.

use trakt_api::{Call, Client, Coverage, Error, Gap, Transport};

use super::list::{Counted, client, serving};
use super::{ITEM_COUNT, LIMIT, PAGE, PAGE_COUNT, numbers};
use crate::fake::reply;

/// Whoever asks for a list without its pages must not take the first for all of it.
#[test]
fn a_part_is_not_given_as_the_whole() {
    let headers = [("x-pagination-page-count", "2")];
    let error = Client::reply::<Counted>(reply(200, &headers, "[0]")).unwrap_err();
    let (status, pages) = (200, 2);
    assert_eq!(error, Error::Part { status, pages });
    assert!(!error.retryable());
    // Nor where it does not prove that it is all there is.
    let parts: [&[(&str, &str)]; 5] = [
        &[(LIMIT, "1"), (ITEM_COUNT, "1533")],
        &[(LIMIT, "1"), (ITEM_COUNT, "1533"), (PAGE_COUNT, "1")],
        &[(PAGE_COUNT, "1"), ("x-trakt-server", "rails")],
        &[(PAGE, "1")],
        &[(ITEM_COUNT, "1"), (PAGE_COUNT, "1")],
    ];
    for headers in parts {
        let part = Client::reply::<Counted>(reply(200, headers, "[0]"));
        assert!(matches!(part, Err(Error::Part { .. })), "{headers:?}");
    }
    let whole: [&[(&str, &str)]; 4] = [
        &[],
        &[(PAGE_COUNT, "1")],
        &[(PAGE_COUNT, "0")],
        &[
            (PAGE, "1"),
            (LIMIT, "10"),
            (ITEM_COUNT, "1"),
            (PAGE_COUNT, "1"),
        ],
    ];
    for headers in whole {
        let whole = Client::reply::<Counted>(reply(200, headers, "[0]"));
        assert_eq!(whole.unwrap().items, [0], "{headers:?}");
    }
}

#[test]
fn what_was_read_before_is_not_left_out_in_silence() {
    let begun = Gap::Begun;
    for calls in [1, 3] {
        let (client, _) = client(serving(25));
        let mut pages = client.pages(&Counted, Call::public());
        for _ in 0..calls {
            pages.next().unwrap().unwrap();
        }
        assert_eq!(pages.everything().unwrap_err().gap, begun, "{calls}");
    }
    let (client, fake) = client(serving(25));
    let mut pages = client.pages(&Counted, Call::public());
    pages.next().unwrap().unwrap();
    // Other pages would overlap with those that were read.
    let mut pages = pages.limit(3);
    assert_eq!(pages.next().unwrap().unwrap().items.len(), 10);
    assert_eq!(*fake.calls.lock().unwrap(), [(1, 10), (2, 10)]);
}

/// By a transport of one's own, which may be async.
#[test]
fn the_pages_can_be_sent_by_others() {
    let (client, fake) = client(serving(25));
    let mut pages = client.pages(&Counted, Call::public());
    let mut items = Vec::new();
    while let Some(request) = pages.request() {
        // The same again, as long as nothing came.
        let again = pages.request().unwrap().unwrap();
        let request = request.unwrap();
        assert_eq!(request.url, again.url);
        let page = pages.answer(fake.send(request).unwrap());
        items.extend(page.unwrap().unwrap().items);
    }
    assert_eq!((items, pages.coverage()), (numbers(25), Coverage::Complete));
    assert_eq!(*fake.calls.lock().unwrap(), [(1, 10), (2, 10), (3, 10)]);
    // It is over.
    assert!(pages.answer(reply(200, &[], "[0]")).is_none());
    assert_eq!(pages.coverage(), Coverage::Complete);
}

#[test]
fn what_others_could_not_have_can_be_asked_for_again() {
    let (client, fake) = client(serving(12));
    let mut pages = client.pages(&Counted, Call::public());
    let refused = pages.answer(reply(503, &[], "")).unwrap();
    assert_eq!(refused.unwrap_err().status(), Some(503));
    assert!(pages.request().is_none());
    let failed = Gap::Failed { page: 1 };
    assert_eq!(pages.coverage(), Coverage::Incomplete(failed));
    pages.resume();
    let mut items = Vec::new();
    while let Some(request) = pages.request() {
        let page = pages.answer(fake.send(request.unwrap()).unwrap());
        items.extend(page.unwrap().unwrap().items);
    }
    assert_eq!((items, pages.coverage()), (numbers(12), Coverage::Complete));
}
