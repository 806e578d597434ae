//! One turn at the writes of a user.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use trakt_core::ports::{
    ClaimedWrites, EndPush, Lease, MockOutboxStore, MockRefreshJournal, MockTokenStore,
    MockTraktScrobble, SendFault, TraktFault,
};
use trakt_core::scrobble::{
    Brake, Deed, Pressure, PushPolicy, ScrobbleService, Waiting, WritePart, Written,
};
use trakt_core::testing::{CountingEntropy, FixedClock};
use trakt_core::token::TokenService;

use super::{id, waiting};
use crate::bench::{World, held_token, now, unavailable, user_id};

struct Bench {
    store: MockOutboxStore,
    trakt: MockTraktScrobble,
    tokens: MockTokenStore,
    ended: Arc<Mutex<Vec<EndPush>>>,
}

impl Bench {
    /// These writes wait.
    fn of(writes: Vec<Waiting>) -> Self {
        Self::after(writes, 0)
    }

    /// After so many turns that came to trouble.
    fn after(writes: Vec<Waiting>, attempts: u32) -> Self {
        let mut store = MockOutboxStore::new();
        store.expect_claim_writes().returning(move |cmd| {
            assert_eq!(cmd.count_from, Brake::ITEMS + 1);
            Ok(Some(ClaimedWrites {
                user: user_id(1),
                writes: writes.clone(),
                attempts,
                pressure: Vec::new(),
            }))
        });
        let ended = Arc::new(Mutex::new(Vec::new()));
        let told = ended.clone();
        store.expect_end_push().returning(move |cmd| {
            told.lock().unwrap().push(cmd.clone());
            Ok(Lease::Kept)
        });
        let mut tokens = MockTokenStore::new();
        tokens
            .expect_held()
            .returning(|_| Ok(Some(Some(held_token(4)))));
        Self {
            store,
            trakt: MockTraktScrobble::new(),
            tokens,
            ended,
        }
    }

    fn begins(mut self) -> Self {
        let begin = self.store.expect_begin_send();
        begin.once().returning(|_, _, _| Ok(Lease::Kept));
        self
    }

    fn sends(mut self, answer: Result<Vec<Written>, SendFault>) -> Self {
        let send = self.trakt.expect_send();
        send.once().returning(move |_, token, _, _| {
            assert_eq!(token.expose(), "access-4");
            answer.clone()
        });
        self
    }

    /// Takes a turn: how it ended, if it did.
    fn turn(self) -> Option<EndPush> {
        let ended = self.ended.clone();
        assert!(self.service().push_due().unwrap());
        ended.lock().unwrap().pop()
    }

    fn service(self) -> ScrobbleService {
        let (gateway, revoker, _) = World::new().parts();
        let clock = Arc::new(FixedClock::at(now()));
        let entropy = Arc::new(CountingEntropy::default());
        let journal = Arc::new(MockRefreshJournal::new());
        let tokens = TokenService::new(
            Arc::new(self.tokens),
            gateway,
            journal,
            revoker,
            clock.clone(),
            entropy.clone(),
        );
        let (store, trakt) = (Arc::new(self.store), Arc::new(self.trakt));
        ScrobbleService::new(store, trakt, tokens, clock, entropy)
    }
}

#[test]
fn what_trakt_took_is_confirmed_and_the_next_comes_a_second_later() {
    let writes = vec![waiting(1, Deed::List), waiting(2, Deed::List)];
    let answer = vec![Written::confirmed(None), Written::Refused("not_found")];
    let end = Bench::of(writes).begins().sends(Ok(answer)).turn().unwrap();
    assert_eq!((end.next, end.trouble), (PushPolicy::PAUSE, None));
    assert_eq!(
        end.writes,
        [
            (id(1), Written::confirmed(None)),
            (id(2), Written::Refused("not_found"))
        ]
    );
}

#[test]
fn nothing_is_sent_by_whoever_has_lost_the_turn() {
    let mut bench = Bench::of(vec![waiting(1, Deed::List)]);
    let begin = bench.store.expect_begin_send();
    begin.once().returning(|_, _, _| Ok(Lease::Lost));
    assert!(bench.turn().is_none());
}

#[test]
fn a_refusal_of_many_is_that_of_one_of_them() {
    let refused = || Err(SendFault::Refused("unprocessable"));
    let writes = vec![waiting(1, Deed::List), waiting(2, Deed::List)];
    let end = Bench::of(writes).begins().sends(refused()).turn().unwrap();
    assert!(end.writes.iter().all(|(_, end)| *end == Written::Alone));
    let end = Bench::of(vec![waiting(1, Deed::List)])
        .begins()
        .sends(refused());
    let end = end.turn().unwrap();
    assert_eq!(end.writes, [(id(1), Written::Refused("unprocessable"))]);
    assert_eq!(end.trouble, None);
}

#[test]
fn what_had_no_effect_is_sent_again_later_and_what_is_unknown_is_read_back() {
    let one = || vec![waiting(1, Deed::AddPlay)];
    let away = || Err(SendFault::Trakt(unavailable(None)));
    let end = Bench::of(one()).begins().sends(away()).turn().unwrap();
    assert_eq!(end.writes, [(id(1), Written::Again)]);
    assert_eq!(end.trouble, Some("trakt_unavailable"));
    assert!(end.next <= PushPolicy::TROUBLE && end.next > Duration::ZERO);

    let unknown = |retry_after| {
        Err(SendFault::Unknown {
            detail: String::new(),
            retry_after,
        })
    };
    let end = Bench::of(one()).begins().sends(unknown(None)).turn();
    let end = end.unwrap();
    assert_eq!(end.writes, [(id(1), Written::Unknown)]);
    assert_eq!(end.next, PushPolicy::SETTLING);
    // Trakt's own word counts.
    let asked = Some(Duration::from_secs(77));
    let end = Bench::of(one()).begins().sends(unknown(asked)).turn();
    assert_eq!(end.unwrap().next, Duration::from_secs(77));
}

#[test]
fn what_trakt_did_not_count_is_read_back_once_it_has_settled() {
    let writes = vec![waiting(1, Deed::AddPlay), waiting(2, Deed::AddPlay)];
    let known = Written::Refused("not_found");
    for (answer, uncounted) in [
        (vec![Written::Unknown, Written::Unknown], true),
        (vec![known.clone(), Written::Unknown], true),
        (vec![known, Written::confirmed(None)], false),
    ] {
        let bench = Bench::of(writes.clone()).begins();
        let end = bench.sends(Ok(answer.clone())).turn().unwrap();
        let (next, trouble) = match uncounted {
            true => (PushPolicy::SETTLING, Some("not_counted")),
            false => (PushPolicy::PAUSE, None),
        };
        assert_eq!((end.next, end.trouble), (next, trouble));
        let became: Vec<_> = end.writes.into_iter().map(|(_, became)| became).collect();
        assert_eq!(became, answer);
    }
}

#[test]
fn what_may_be_said_twice_goes_alone_when_nobody_knows_of_it_again_and_again() {
    let two = |deed| vec![waiting(1, deed), waiting(2, deed)];
    let one = || vec![waiting(1, Deed::Rate)];
    for (writes, attempts, became) in [
        (two(Deed::Rate), 2, Written::Unknown),
        (two(Deed::Rate), 3, Written::Alone),
        (two(Deed::Unlist), 9, Written::Alone),
        (one(), 9, Written::Unknown),
        (two(Deed::AddPlay), 3, Written::Unknown),
        (two(Deed::AddPlay), 99, Written::Unknown),
    ] {
        let fault = Err(SendFault::Unknown {
            detail: String::new(),
            retry_after: None,
        });
        let said = format!("{:?} {attempts}", writes[0].deed);
        let bench = Bench::after(writes, attempts).begins();
        let end = bench.sends(fault).turn().unwrap();
        assert!(end.writes.iter().all(|(_, end)| *end == became), "{said}");
        assert_eq!(end.trouble, Some("trakt_unavailable"));
        assert!(end.next >= PushPolicy::SETTLING);
    }
}

#[test]
fn waits_after_trouble_grow_up_to_a_quarter_of_an_hour() {
    let seconds = |attempts| PushPolicy::after_trouble(attempts, None, 1.0).as_secs();
    let waits: Vec<_> = (0..12).map(seconds).collect();
    assert_eq!(waits, [5, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900, 900]);
    assert_eq!(seconds(u32::MAX), 900);
    let least = PushPolicy::after_trouble(1, None, 0.0);
    assert_eq!(least, Duration::from_millis(2500));
}

#[test]
fn what_is_found_is_not_sent_again_and_one_play_answers_for_one_write() {
    let lost = |n: u128| Waiting {
        sent: true,
        item: waiting(1, Deed::AddPlay).item,
        ..waiting(n, Deed::AddPlay)
    };
    let mut bench = Bench::of(vec![lost(1), lost(2)]);
    let plays = bench.trakt.expect_plays();
    plays.times(2).returning(|_, _, of, since, until| {
        assert_eq!(of.trakt, 1);
        assert!(since <= now() && now() <= until && until - since < chrono::TimeDelta::minutes(1));
        Ok(vec![(77, now())])
    });
    let end = bench.turn().unwrap();
    let found = Written::Confirmed {
        play: Some(77),
        at: Some(now()),
        reason: Some("read_back"),
    };
    assert_eq!(end.writes, [(id(1), found), (id(2), Written::Alone)]);
    // It is sent at once, and less and less often where that comes to nothing again.
    assert_eq!((end.next, end.trouble), (Duration::ZERO, Some("not_taken")));
    let mut bench = Bench::of(vec![lost(1)]);
    let plays = bench.trakt.expect_plays();
    plays.returning(|_, _, _, _, _| Ok(vec![(77, now())]));
    assert_eq!(bench.turn().unwrap().trouble, None);
}

#[test]
fn a_token_that_is_refused_is_told_and_another_is_tried_at_once() {
    for (attempts, at_once) in [(0, true), (1, false)] {
        let mut bench = Bench::after(vec![waiting(1, Deed::List)], attempts).begins();
        let refuse = bench.tokens.expect_refuse();
        refuse.once().returning(|_, _| Ok(()));
        let fault = SendFault::Trakt(TraktFault::TokenRefused);
        let end = bench.sends(Err(fault)).turn().unwrap();
        assert_eq!(end.writes, [(id(1), Written::Again)]);
        assert_eq!(end.next.is_zero(), at_once);
    }
    let mut bench = Bench::of(vec![waiting(1, Deed::List)]).begins();
    bench.tokens.expect_lock().once().returning(|_, _| Ok(()));
    let fault = SendFault::Trakt(TraktFault::Locked);
    let end = bench.sends(Err(fault)).turn().unwrap();
    assert_eq!(end.trouble, Some("locked"));
}

#[test]
fn without_a_token_nothing_is_begun() {
    let mut bench = Bench::of(vec![waiting(1, Deed::List)]);
    bench.tokens = MockTokenStore::new();
    bench.tokens.expect_held().returning(|_| Ok(Some(None)));
    let end = bench.turn().unwrap();
    assert_eq!(
        (end.trouble, end.next),
        (Some("no_token"), PushPolicy::NO_TOKEN)
    );
    assert!(end.writes.is_empty());
}

#[test]
fn too_many_changes_are_held_back_and_nothing_is_sent() {
    let pressure = |adds, held| Pressure {
        part: WritePart::History,
        adds,
        removes: 0,
        held,
    };
    for (adds, held, holds) in [(51, 254, true), (51, 255, false), (50, 0, false)] {
        let mut store = MockOutboxStore::new();
        store.expect_claim_writes().returning(move |_| {
            Ok(Some(ClaimedWrites {
                user: user_id(1),
                writes: vec![waiting(1, Deed::List)],
                attempts: 0,
                pressure: vec![pressure(adds, held)],
            }))
        });
        let mut bench = Bench::of(Vec::new());
        let ended = bench.ended.clone();
        store.expect_end_push().returning(move |cmd| {
            ended.lock().unwrap().push(cmd.clone());
            Ok(Lease::Kept)
        });
        if holds {
            let hold = store.expect_hold_writes();
            hold.once().returning(|_| Ok(Lease::Kept));
        } else {
            let begin = store.expect_begin_send();
            begin.once().returning(|_, _, _| Ok(Lease::Kept));
            bench = bench.sends(Ok(vec![Written::confirmed(None)]));
        }
        bench.store = store;
        let end = bench.turn().unwrap();
        assert_eq!(end.writes.is_empty(), holds, "{adds} of {held}");
    }
}
