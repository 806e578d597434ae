//! What became of plays that were added.

use trakt_core::ports::{SendFault, TraktScrobble};
use trakt_core::scrobble::{Deed, Target, Waiting, Written};
use trakt_core::watch::ItemKind;
use trakt_core::{AccessToken, SystemEntropy, UserId, WriteId};

use crate::fake::{gateway, reply};

fn play(kind: ItemKind, trakt: i64) -> Waiting {
    Waiting {
        id: WriteId::random(&SystemEntropy),
        deed: Deed::AddPlay,
        item: Some(Target { kind, trakt }),
        sought: None,
        at: chrono::DateTime::UNIX_EPOCH,
        number: None,
        play: None,
        age: std::time::Duration::ZERO,
        sent: false,
        alone: false,
    }
}

fn added(answer: &str) -> Result<Vec<Written>, SendFault> {
    let writes = [
        play(ItemKind::Movie, 1),
        play(ItemKind::Episode, 2),
        play(ItemKind::Episode, 3),
    ];
    sent(&writes, answer)
}

fn sent(writes: &[Waiting], answer: &str) -> Result<Vec<Written>, SendFault> {
    let user = UserId::random(&SystemEntropy);
    let token = AccessToken::from("token".to_owned());
    gateway(reply(201, answer)).send(user, &token, Deed::AddPlay, writes)
}

#[test]
fn as_many_as_trakt_counts() {
    let all = added(r#"{"added":{"movies":1,"episodes":2},"not_found":{}}"#);
    assert_eq!(all, Ok(vec![Written::confirmed(None); 3]));
    let updated = added(r#"{"added":{"movies":1},"updated":{"episodes":2},"not_found":{}}"#);
    assert_eq!(updated, Ok(vec![Written::confirmed(None); 3]));
}

#[test]
fn what_it_does_not_know_is_named() {
    let some = added(
        r#"{"added":{"movies":1,"episodes":1},"not_found":{"episodes":[{"ids":{"trakt":3}}]}}"#,
    );
    let taken = Written::confirmed(None);
    let refused = Written::Refused("not_found");
    assert_eq!(some, Ok(vec![taken.clone(), taken, refused]));
}

#[test]
fn where_it_counts_fewer_nobody_knows_which() {
    let fewer = added(r#"{"added":{"movies":1,"episodes":1},"not_found":{}}"#);
    assert_eq!(fewer, Ok(vec![Written::Unknown; 3]));
    // It names what it does not know by an id that we did not send.
    let named = added(
        r#"{"added":{"movies":1,"episodes":1},"not_found":{"episodes":[{"ids":{"tmdb":9}}]}}"#,
    );
    assert_eq!(named, Ok(vec![Written::Unknown; 3]));
    let none = added(r#"{"added":{"movies":0,"episodes":0},"not_found":{}}"#);
    assert_eq!(none, Ok(vec![Written::Unknown; 3]));
}

#[test]
fn a_play_that_went_alone_and_is_not_counted_is_not_taken() {
    let none = r#"{"added":{"movies":0,"episodes":0},"not_found":{}}"#;
    let alone = [Waiting {
        alone: true,
        ..play(ItemKind::Movie, 1)
    }];
    assert_eq!(sent(&alone, none), Ok(vec![Written::Refused("not_taken")]));
    let one = r#"{"added":{"movies":1},"not_found":{}}"#;
    assert_eq!(sent(&alone, one), Ok(vec![Written::confirmed(None)]));
    // One that is the only one by chance is read back first.
    let single = play(ItemKind::Movie, 1);
    assert_eq!(sent(&[single], none), Ok(vec![Written::Unknown]));
}
