//! Which plays Trakt has: one that was not seen would be sent again.

use chrono::{DateTime, Utc};
use trakt_api::RawReply;
use trakt_core::ports::{TraktFault, TraktScrobble};
use trakt_core::scrobble::Target;
use trakt_core::watch::ItemKind;
use trakt_core::{AccessToken, SystemEntropy, UserId};

use crate::fake::{Answer, answering, gateway, reply, with_header};

const PLAY: &str = r#"{"id":77,"watched_at":"2026-09-01T20:00:10.000Z","action":"watch","type":"movie","movie":{"title":"Heat","ids":{"trakt":1}}}"#;

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The first page of one, as Trakt counts it.
fn page(items: &str, number: &str, count: &str) -> Answer {
    let headers = [
        ("x-pagination-page", number),
        ("x-pagination-limit", "250"),
        ("x-pagination-page-count", "1"),
        ("x-pagination-item-count", count),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Ok(RawReply {
        status: 200,
        headers: headers.to_vec(),
        body: format!("[{items}]").into_bytes(),
    })
}

fn plays(answer: Answer) -> Result<Vec<(i64, DateTime<Utc>)>, TraktFault> {
    let user = UserId::random(&SystemEntropy);
    let token = AccessToken::from("token".to_owned());
    let kind = ItemKind::Movie;
    let since = time("2026-09-01T20:00:00Z");
    let until = time("2026-09-01T20:00:59.999Z");
    gateway(answer).plays(user, &token, Target { kind, trakt: 1 }, since, until)
}

fn found() -> Vec<(i64, DateTime<Utc>)> {
    vec![(77, time("2026-09-01T20:00:10Z"))]
}

fn unseen(detail: &str) -> Result<Vec<(i64, DateTime<Utc>)>, TraktFault> {
    Err(TraktFault::Unavailable {
        detail: detail.to_owned(),
        retry_after: None,
    })
}

#[test]
fn a_list_that_was_seen_as_a_whole_has_what_there_is() {
    assert_eq!(plays(page(PLAY, "1", "1")), Ok(found()));
    assert_eq!(plays(page("", "1", "0")), Ok(Vec::new()));
    // Nobody knows when it was.
    let timeless = r#"{"id":78,"watched_at":null,"action":"watch","type":"movie","movie":{"ids":{"trakt":1}}}"#;
    let both = format!("{PLAY},{timeless}");
    assert_eq!(plays(page(&both, "1", "2")), Ok(found()));
}

#[test]
fn what_cannot_be_read_may_be_the_play() {
    let odd = r#"{"id":"odd"}"#;
    for items in [odd.to_owned(), format!("{PLAY},{odd}")] {
        let fault = unseen("page 1 has items that cannot be read");
        assert_eq!(plays(page(&items, "1", "2")), fault);
    }
}

#[test]
fn another_page_than_the_one_that_was_asked_for_says_nothing() {
    let fault = unseen("page 1 is not the one that was asked for");
    assert_eq!(plays(page(PLAY, "2", "1")), fault);
    assert_eq!(plays(page("", "2", "0")), fault);
}

#[test]
fn a_wrong_count_alone_is_no_gap() {
    for count in ["0", "2", "9000"] {
        assert_eq!(plays(page(PLAY, "1", count)), Ok(found()));
    }
    assert_eq!(plays(page("", "1", "1")), Ok(Vec::new()));
}

#[test]
fn what_trakt_does_not_know_has_no_plays() {
    assert_eq!(plays(reply(404, "")), Ok(Vec::new()));
    let away = plays(with_header(503, "", Some(("retry-after", "30"))));
    let told = matches!(
        away,
        Err(TraktFault::Unavailable {
            retry_after: Some(_),
            ..
        })
    );
    assert!(told, "{away:?}");
    assert_eq!(plays(reply(401, "")), Err(TraktFault::TokenRefused));
}

#[test]
fn the_thing_and_the_time_are_asked_for() {
    let (gateway, fake) = answering(page("", "1", "0"), &[]);
    let (user, token) = (
        UserId::random(&SystemEntropy),
        AccessToken::from("token".to_owned()),
    );
    let since = time("2026-09-01T20:00:00Z");
    for (kind, path) in [(ItemKind::Movie, "movies"), (ItemKind::Episode, "episodes")] {
        let of = Target { kind, trakt: 5 };
        assert_eq!(
            gateway.plays(user, &token, of, since, since),
            Ok(Vec::new())
        );
        let sent = fake.sent.lock().unwrap();
        let url = sent.last().unwrap().url.to_string();
        assert!(url.contains(&format!("/sync/history/{path}/5?")), "{url}");
        for bound in ["start_at=2026-09-01T20", "end_at=2026-09-01T20"] {
            assert!(url.contains(bound), "{url}");
        }
    }
}
