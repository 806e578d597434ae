//! The next step, from what waits.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, proptest};
use trakt_core::WriteId;
use trakt_core::scrobble::{Deed, PushPolicy, Step, Waiting, Written, step};

use super::{id, sought, waiting};

fn ids(writes: &[Waiting]) -> Vec<WriteId> {
    writes.iter().map(|write| write.id).collect()
}

/// What is sent, by which call.
fn sent(writes: &[Waiting]) -> (Deed, Vec<WriteId>) {
    match step(writes) {
        Step::Send(deed, writes) => (deed, ids(&writes)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_deed_goes_in_one_call_and_the_order_stays() {
    let writes = [
        waiting(1, Deed::AddPlay),
        waiting(2, Deed::AddPlay),
        waiting(3, Deed::Rate),
        waiting(4, Deed::AddPlay),
    ];
    assert_eq!(sent(&writes), (Deed::AddPlay, vec![id(1), id(2)]));
    assert_eq!(sent(&writes[2..]), (Deed::Rate, vec![id(3)]));
    assert_eq!(step(&[]), Step::Nothing);
}

#[test]
fn a_call_has_a_thing_once() {
    let again = |n| Waiting {
        item: waiting(1, Deed::Rate).item,
        ..waiting(n, Deed::Rate)
    };
    assert_eq!(sent(&[again(1), again(2)]).1, [id(1)]);
    // Plays of another minute are others.
    let later = |n, seconds| Waiting {
        at: waiting(1, Deed::AddPlay).at + Duration::from_secs(seconds),
        ..again(n)
    };
    let plays = [later(1, 0), later(2, 60), later(3, 61)].map(|write| Waiting {
        deed: Deed::AddPlay,
        ..write
    });
    assert_eq!(sent(&plays).1, [id(1), id(2)]);
}

#[test]
fn a_call_has_a_hundred_and_one_that_goes_alone_goes_alone() {
    let many: Vec<_> = (0..250).map(|n| waiting(n, Deed::List)).collect();
    assert_eq!(sent(&many).1.len(), PushPolicy::BATCH);
    let alone = Waiting {
        alone: true,
        ..waiting(1, Deed::List)
    };
    assert_eq!(sent(&[alone.clone(), waiting(2, Deed::List)]).1, [id(1)]);
    assert_eq!(sent(&[waiting(2, Deed::List), alone]).1, [id(2)]);
}

#[test]
fn what_is_not_known_is_looked_up_when_its_turn_comes() {
    let unknown = Waiting {
        item: None,
        sought: Some(sought(1)),
        ..waiting(1, Deed::AddPlay)
    };
    assert_eq!(
        step(std::slice::from_ref(&unknown)),
        Step::LookUp(unknown.clone())
    );
    let writes = [waiting(2, Deed::AddPlay), unknown];
    assert_eq!(sent(&writes).1, [id(2)]);
    // A play that is removed is known by its id.
    let removal = Waiting {
        item: None,
        play: Some(5),
        ..waiting(1, Deed::RemovePlay)
    };
    assert_eq!(sent(&[removal]).0, Deed::RemovePlay);
}

#[test]
fn what_makes_a_play_is_read_back_before_it_is_sent_again() {
    let lost = |n, deed| Waiting {
        sent: true,
        ..waiting(n, deed)
    };
    for deed in [Deed::AddPlay, Deed::Stop] {
        let writes = [lost(1, deed), waiting(2, deed)];
        assert_eq!(step(&writes), Step::ReadBack(vec![lost(1, deed)]));
    }
    for deed in [Deed::Rate, Deed::Unrate, Deed::List, Deed::Unlist] {
        assert_eq!(sent(&[lost(1, deed), waiting(2, deed)]).1.len(), 2);
    }
    let paused = Waiting {
        number: Some(79.9),
        ..lost(1, Deed::Stop)
    };
    assert_eq!(sent(&[paused]).0, Deed::Stop);
    let many: Vec<_> = (0..50).map(|n| lost(n, Deed::AddPlay)).collect();
    match step(&many) {
        Step::ReadBack(some) => assert_eq!(some.len(), PushPolicy::READ_BACK),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_later_word_of_the_player_makes_earlier_ones_void() {
    let settled = |writes: &[Waiting]| match step(writes) {
        Step::Settle(ended) => {
            let confirmed = |(_, end): &(_, Written)| *end == Written::confirmed(Some("overtaken"));
            assert!(ended.iter().all(confirmed), "{ended:?}");
            ended.into_iter().map(|(id, _)| id).collect()
        }
        _ => Vec::new(),
    };
    let of_one = |n, deed| Waiting {
        item: waiting(1, deed).item,
        ..waiting(n, deed)
    };
    let writes = [
        of_one(1, Deed::Start),
        of_one(2, Deed::Pause),
        of_one(3, Deed::Stop),
        of_one(4, Deed::Start),
    ];
    assert_eq!(settled(&writes), [id(1), id(2)]);
    // Another thing is another matter, and so is the last word.
    assert_eq!(
        settled(&[waiting(1, Deed::Pause), waiting(2, Deed::Start)]),
        []
    );
    assert_eq!(settled(&writes[3..]), []);
    let stale = Waiting {
        age: PushPolicy::STALE + Duration::from_secs(1),
        ..waiting(1, Deed::Start)
    };
    assert_eq!(settled(&[stale]), [id(1)]);
}

#[test]
fn what_was_watched_long_ago_goes_with_its_time() {
    let watched = |n, age| Waiting {
        age: Duration::from_secs(age),
        ..waiting(n, Deed::Stop)
    };
    assert_eq!(sent(&[watched(1, 0)]), (Deed::Stop, vec![id(1)]));
    assert_eq!(sent(&[watched(1, 120)]).0, Deed::Stop);
    assert_eq!(sent(&[watched(1, 121)]).0, Deed::AddPlay);
    let writes = [watched(1, 500), waiting(2, Deed::AddPlay), watched(3, 300)];
    assert_eq!(sent(&writes), (Deed::AddPlay, vec![id(1), id(2), id(3)]));
    // It would have Trakt's time of now, though the player is at something else already.
    let writes = [watched(1, 10), watched(2, 5)];
    assert_eq!(sent(&writes), (Deed::AddPlay, vec![id(1)]));
}

fn any_waiting() -> impl Strategy<Value = Vec<Waiting>> {
    let deed = (0..Deed::ALL.len()).prop_map(|place| Deed::ALL[place]);
    let one = (
        deed,
        0..4_u128,
        0..500_u64,
        any::<bool>(),
        any::<bool>(),
        0..100_u32,
    );
    vec(one, 0..30).prop_map(|many| {
        let many = many.into_iter().enumerate();
        many.map(
            |(place, (deed, thing, age, sent, alone, percent))| Waiting {
                id: id(place as u128),
                item: waiting(thing, deed).item,
                play: Some(i64::try_from(place).unwrap()),
                number: Some(percent.into()),
                age: Duration::from_secs(age),
                sent,
                alone,
                ..waiting(thing, deed)
            },
        )
        .collect()
    })
}

proptest! {
    /// Whatever waits, a step says something of the first, and the steps come to an end.
    #[test]
    fn steps_come_to_an_end(writes in any_waiting()) {
        let (mut waiting, mut steps) = (writes, 0);
        while !waiting.is_empty() {
            let done: Vec<WriteId> = match step(&waiting) {
                Step::Nothing | Step::LookUp(_) => vec![],
                Step::Settle(ended) => ended.into_iter().map(|(id, _)| id).collect(),
                Step::ReadBack(some) => {
                    prop_assert_eq!(some[0].id, waiting[0].id);
                    ids(&some)
                }
                Step::Send(_, some) => {
                    // The oldest, with nothing left out between.
                    let first: Vec<_> = waiting.iter().take(some.len()).map(|one| one.id).collect();
                    prop_assert_eq!(ids(&some), first);
                    ids(&some)
                }
            };
            prop_assert!(!done.is_empty());
            waiting.retain(|write| !done.contains(&write.id));
            steps += 1;
            prop_assert!(steps <= 31);
        }
    }
}
