//! What a user gets of what is held, when Trakt is asked, and what becomes of trouble.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use trakt_core::link::LinkStatus;
use trakt_core::ports::{
    ClaimedList, HeldList, MockRecommendStore, MockRefreshJournal, MockTokenStore,
    MockTraktRecommend, RecommendQuery, TraktFault,
};
use trakt_core::recommend::{RecommendError, RecommendPolicy, RecommendService};
use trakt_core::testing::{CountingEntropy, FixedClock};
use trakt_core::token::TokenService;
use trakt_core::watch::{Item, ItemKind, MediaIds, Titled};

use crate::bench::{World, held_token, now, store_down, unavailable, user_id};

const HOUR: Duration = Duration::from_secs(3600);

fn movie(trakt: i64) -> Item {
    let ids = MediaIds {
        trakt,
        slug: None,
        imdb: None,
        tmdb: None,
        tvdb: None,
    };
    let (title, year) = (None, None);
    Item::Movie(Titled { ids, title, year })
}

fn query() -> RecommendQuery {
    RecommendQuery {
        user: user_id(1),
        kind: ItemKind::Movie,
        limit: 10,
    }
}

/// What is held: read so long ago, or never.
fn held(link: LinkStatus, age: Option<Duration>) -> HeldList {
    HeldList {
        link: Some(link),
        off: false,
        read_at: age.map(|_| now()),
        age: age.unwrap_or_default(),
        attempts: 0,
        items: age.iter().map(|_| movie(1)).collect(),
    }
}

fn claimed(attempts: u32) -> ClaimedList {
    ClaimedList {
        user: user_id(1),
        kind: ItemKind::Movie,
        account: "sean".to_owned(),
        attempts,
        until: now(),
    }
}

/// A store, Trakt, and tokens. Whatever is not expected fails the test.
#[derive(Default)]
struct Bench {
    store: MockRecommendStore,
    trakt: MockTraktRecommend,
    tokens: MockTokenStore,
}

impl Bench {
    fn with_token(mut self) -> Self {
        let held = self.tokens.expect_held();
        held.returning(|_| Ok(Some(Some(held_token(4)))));
        self
    }

    fn holds(mut self, held: HeldList) -> Self {
        let read = self.store.expect_recommendations();
        read.once().returning(move |_| Ok(held.clone()));
        self
    }

    fn claims(mut self, attempts: u32) -> Self {
        let claim = self.store.expect_claim_list();
        claim.returning(move |_, _| Ok(Some(claimed(attempts))));
        self
    }

    /// Expects that the failure is noted, with this wait.
    fn fails(mut self, wait: impl Fn(Duration) -> bool + Send + 'static) -> Self {
        let fail = self.store.expect_fail_list();
        fail.once().returning(move |_, next| {
            assert!(wait(next), "{next:?}");
            Ok(())
        });
        self
    }

    fn service(self) -> RecommendService {
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
        RecommendService::new(store, trakt, tokens, clock, entropy)
    }
}

#[test]
fn a_list_is_stale_by_its_age_and_sooner_where_reading_it_failed() {
    for (hours, attempts, stale) in [
        (0, 3, false),
        (6, 1, false),
        (8, 0, false),
        (8, 1, true),
        (24, 0, false),
        (25, 0, true),
    ] {
        let told = RecommendPolicy::is_stale(hours * HOUR, attempts);
        assert_eq!(told, stale, "{hours} h, {attempts}");
    }
}

#[test]
fn what_is_switched_off_is_not_shown() {
    for age in [Some(HOUR), None] {
        let mut off = held(LinkStatus::Active, age);
        off.off = true;
        let service = Bench::default().holds(off).service();
        assert_eq!(service.held(&query()), Err(RecommendError::SwitchedOff));
    }
}

#[test]
fn each_standing_of_a_link_with_a_list_and_without() {
    use LinkStatus::{Active, Locked, NeedsRelink, Unverified};
    let nothing = HeldList::default();
    let service = Bench::default().holds(nothing).service();
    assert_eq!(service.held(&query()), Err(RecommendError::NotLinked));
    for (status, with, without) in [
        (Active, Ok(true), Ok(false)),
        (NeedsRelink, Ok(true), Err(RecommendError::NeedsRelink)),
        (Locked, Ok(true), Err(RecommendError::Locked)),
        (
            Unverified,
            Err(RecommendError::NotLinked),
            Err(RecommendError::NotLinked),
        ),
    ] {
        for (age, expected) in [(Some(HOUR), with), (None, without)] {
            let mut bench = Bench::default().holds(held(status, age));
            // That it cannot be noted costs nobody the answer.
            let ask = bench.store.expect_ask();
            ask.returning(|_, _, _| Err(store_down()));
            let answer = bench.service().held(&query()).map(|list| list.is_some());
            assert_eq!(answer, expected, "{status:?}");
        }
    }
}

#[test]
fn the_first_list_is_read_while_the_user_waits() {
    let mut bench = Bench::default()
        .with_token()
        .claims(1)
        .holds(held(LinkStatus::Active, Some(Duration::ZERO)));
    let read = bench.trakt.expect_recommended();
    read.once().returning(|_, token, kind, patience| {
        assert_eq!((token.expose(), kind), ("access-4", ItemKind::Movie));
        assert!(patience.unwrap() < Duration::from_secs(10));
        Ok(vec![movie(1), movie(2)])
    });
    bench.store.expect_store_list().once().returning(|cmd| {
        assert_eq!(cmd.items, [movie(1), movie(2)]);
        assert!(cmd.next >= 4 * HOUR && cmd.next <= 8 * HOUR);
        Ok(())
    });
    let list = bench.service().fetch(&query()).unwrap();
    assert_eq!((list.items, list.stale), (vec![movie(1)], false));
}

#[test]
fn a_list_that_is_read_in_the_background_goes_behind_those_that_people_wait_for() {
    let mut bench = Bench::default().with_token().claims(1);
    let read = bench.trakt.expect_recommended();
    read.once().returning(|_, _, _, patience| {
        assert_eq!(patience, None);
        Ok(Vec::new())
    });
    bench.store.expect_store_list().once().returning(|_| Ok(()));
    assert_eq!(bench.service().refresh_due(), Ok(true));
}

#[test]
fn trouble_is_waited_out_longer_each_time_and_as_long_as_trakt_asks() {
    let seconds = Duration::from_secs;
    for (attempts, retry_after, least, most) in [
        (1, None, seconds(30), seconds(60)),
        (3, None, seconds(120), seconds(240)),
        (1, Some(900), seconds(900), seconds(900)),
        (50, None, 3 * HOUR, 6 * HOUR),
    ] {
        let fits = move |next| next >= least && next <= most;
        let mut bench = Bench::default().with_token().claims(attempts).fails(fits);
        let read = bench.trakt.expect_recommended();
        read.returning(move |_, _, _, _| Err(unavailable(retry_after)));
        assert_eq!(bench.service().refresh_due(), Ok(true));
    }
}

#[test]
fn a_refused_token_is_tried_once_more_with_another_and_the_link_is_told_each_time() {
    for worked in [true, false] {
        let mut bench = Bench::default().claims(1);
        let generation = Arc::new(AtomicI64::new(4));
        let present = generation.clone();
        let held = bench.tokens.expect_held();
        held.returning(move |_| Ok(Some(Some(held_token(present.load(Ordering::Relaxed))))));
        let refuse = bench.tokens.expect_refuse();
        refuse
            .times(2 - usize::from(worked))
            .returning(move |_, refused| {
                assert_eq!(generation.fetch_add(1, Ordering::Relaxed), refused);
                Ok(())
            });
        let read = bench.trakt.expect_recommended();
        read.times(2).returning(move |_, token, _, _| {
            match token.expose() == "access-5" && worked {
                true => Ok(Vec::new()),
                false => Err(TraktFault::TokenRefused),
            }
        });
        let stored = bench.store.expect_store_list();
        stored.times(usize::from(worked)).returning(|_| Ok(()));
        let failed = bench.store.expect_fail_list();
        failed.times(usize::from(!worked)).returning(|_, _| Ok(()));
        assert_eq!(bench.service().refresh_due(), Ok(true));
    }
}

#[test]
fn an_account_that_is_locked_is_told_to_the_link() {
    let mut bench = Bench::default().with_token().claims(1).fails(|_| true);
    let lock = bench.tokens.expect_lock();
    lock.once().returning(|user, generation| {
        assert_eq!((user, generation), (user_id(1), 4));
        Ok(())
    });
    let read = bench.trakt.expect_recommended();
    read.once().returning(|_, _, _, _| Err(TraktFault::Locked));
    let answer = bench.service().fetch(&query());
    assert_eq!(answer, Err(RecommendError::Trakt(TraktFault::Locked)));
}

#[test]
fn after_five_in_a_row_without_an_answer_trakt_is_left_alone() {
    let mut bench = Bench::default().with_token();
    let claim = bench.store.expect_claim_list();
    claim.times(5).returning(|_, _| Ok(Some(claimed(1))));
    let fail = bench.store.expect_fail_list();
    fail.times(5).returning(|_, _| Ok(()));
    let read = bench.trakt.expect_recommended();
    read.times(5).returning(|_, _, _, _| Err(unavailable(None)));
    let service = bench.service();
    let turns: Vec<_> = (0..7).map(|_| service.refresh_due().unwrap()).collect();
    assert_eq!(turns, [true, true, true, true, true, false, false]);
}
