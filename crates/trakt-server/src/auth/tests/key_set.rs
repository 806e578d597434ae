//! When the key set is fetched, and who waits for it.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use trakt_core::Clock;
use trakt_core::testing::FixedClock;
use trakt_core::user::OutsideIdentity;

use super::mint::{EC, ED, OTHER_ED, OTHER_RSA, Pair, RSA, claims};
use super::provider::Provider;
use super::{AUDIENCE, ISSUER, clock, refused};
use crate::auth::{AuthError, OutsideTokens, TokenRefused};

struct Setup {
    tokens: Arc<OutsideTokens>,
    provider: Arc<Provider>,
    clock: Arc<FixedClock>,
}

fn setup() -> Setup {
    let (clock, provider) = (long_lived(), Arc::new(Provider::new()));
    let tokens = Arc::new(OutsideTokens::new(
        ISSUER,
        AUDIENCE,
        provider.clone(),
        clock.clone(),
    ));
    Setup {
        tokens,
        provider,
        clock,
    }
}

/// So far back that the tokens outlive what the tests do with the clock.
fn long_lived() -> Arc<FixedClock> {
    Arc::new(FixedClock::at(clock().now() - TimeDelta::days(30)))
}

impl Setup {
    fn verify(&self, pair: &Pair, kid: &str) -> Result<(), AuthError> {
        self.tokens.verify(&pair.token(kid)).map(drop)
    }

    /// Verifies in another thread.
    fn begin(&self, pair: &Pair, kid: &str) -> mpsc::Receiver<Result<OutsideIdentity, AuthError>> {
        let (sender, receiver) = mpsc::channel();
        let (tokens, token) = (self.tokens.clone(), pair.token(kid));
        thread::spawn(move || sender.send(tokens.verify(&token)));
        receiver
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

const SOON: Duration = Duration::from_secs(20);

fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + SOON;
    while !holds() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

const UNKNOWN: Result<(), AuthError> = Err(AuthError::Refused(TokenRefused::UnknownKey));

#[test]
fn unknown_names_lead_to_one_fetch_a_minute() {
    let setup = setup();
    for _ in 0..50 {
        assert_eq!(setup.verify(&RSA, "made-up"), UNKNOWN);
    }
    assert_eq!(setup.provider.calls(), 1);
    setup.pass(59);
    assert_eq!(setup.verify(&RSA, "made-up"), UNKNOWN);
    assert_eq!(setup.provider.calls(), 1);
    setup.pass(1);
    for _ in 0..50 {
        assert_eq!(setup.verify(&RSA, "made-up"), UNKNOWN);
    }
    assert_eq!(setup.provider.calls(), 2);
    assert_eq!(setup.verify(&RSA, "rsa-1"), Ok(()));
    assert_eq!(setup.provider.calls(), 2, "a known name needs none");
}

#[test]
fn keys_rotate() {
    let setup = setup();
    assert_eq!(setup.verify(&ED, "ed-1"), Ok(()));
    setup
        .provider
        .publish(&[OTHER_ED.jwk("ed-2"), ED.jwk("ed-1")]);
    assert_eq!(
        setup.verify(&OTHER_ED, "ed-2"),
        UNKNOWN,
        "not within the minute"
    );
    setup.pass(60);
    assert_eq!(setup.verify(&OTHER_ED, "ed-2"), Ok(()));
    assert_eq!(setup.verify(&ED, "ed-1"), Ok(()), "both count for a time");
    assert_eq!(
        setup.verify(&OTHER_ED, "ed-1"),
        refused(TokenRefused::Signature)
    );
    setup.provider.publish(&[OTHER_ED.jwk("ed-2")]);
    setup.pass(60);
    assert_eq!(setup.verify(&RSA, "rsa-1"), UNKNOWN);
    assert_eq!(setup.verify(&ED, "ed-1"), UNKNOWN, "withdrawn");
    assert_eq!(setup.provider.calls(), 3);
}

#[test]
fn an_outage_is_told_apart_and_failed_fetches_count() {
    let setup = setup();
    setup.provider.fail();
    for _ in 0..20 {
        assert_eq!(setup.verify(&RSA, "rsa-1"), Err(AuthError::KeysUnavailable));
    }
    assert_eq!(setup.provider.calls(), 1);
    setup.pass(60);
    assert_eq!(setup.verify(&RSA, "rsa-1"), Err(AuthError::KeysUnavailable));
    assert_eq!(setup.provider.calls(), 2);
    setup.provider.publish(&[RSA.jwk("rsa-1")]);
    assert_eq!(setup.verify(&RSA, "rsa-1"), Err(AuthError::KeysUnavailable));
    setup.pass(60);
    assert_eq!(setup.verify(&RSA, "rsa-1"), Ok(()));
    assert_eq!(setup.provider.calls(), 3);
}

#[test]
fn known_keys_outlive_an_outage_and_garbage() {
    let setup = setup();
    assert_eq!(setup.verify(&RSA, "rsa-1"), Ok(()));
    for (calls, breakage) in [
        (2, None),
        (3, Some("<html>502</html>")),
        (4, Some("{}")),
        (5, Some("{\"keys\":")),
    ] {
        match breakage {
            None => setup.provider.fail(),
            Some(body) => setup.provider.answer(body),
        }
        setup.pass(60);
        assert_eq!(
            setup.verify(&RSA, "made-up"),
            Err(AuthError::KeysUnavailable)
        );
        assert_eq!(setup.provider.calls(), calls);
        assert_eq!(setup.verify(&RSA, "rsa-1"), Ok(()), "{breakage:?}");
    }
}

#[test]
fn old_keys_are_fetched_anew_in_the_background_and_count_meanwhile() {
    let setup = setup();
    assert_eq!(setup.verify(&ED, "ed-1"), Ok(()));
    setup.pass(3599);
    assert_eq!(setup.verify(&ED, "ed-1"), Ok(()));
    assert_eq!(setup.provider.calls(), 1);
    setup.pass(1);
    setup.provider.hang();
    setup.provider.publish(&[OTHER_ED.jwk("ed-2")]);
    for _ in 0..20 {
        assert_eq!(
            setup.verify(&ED, "ed-1"),
            Ok(()),
            "the fetch hangs, and nobody waits"
        );
    }
    eventually("the fetch begins", || setup.provider.calls() == 2);
    setup.provider.resume();
    eventually("the new set counts", || setup.verify(&ED, "ed-1").is_err());
    assert_eq!(setup.verify(&OTHER_ED, "ed-2"), Ok(()));
    assert_eq!(setup.provider.calls(), 2);
}

#[test]
fn old_keys_go_on_to_count_when_they_cannot_be_fetched_anew() {
    let setup = setup();
    assert_eq!(setup.verify(&ED, "ed-1"), Ok(()));
    setup.provider.fail();
    setup.pass(3600);
    for calls in [2, 3] {
        // Until the attempt has ended it does not show, so each look may begin the next one.
        eventually("another attempt", || {
            assert_eq!(setup.verify(&ED, "ed-1"), Ok(()));
            setup.provider.calls() == calls
        });
        setup.pass(60);
    }
}

#[test]
fn who_needs_the_same_fetch_shares_it() {
    let setup = setup();
    setup.provider.hang();
    let waiting: Vec<_> = (0..8).map(|_| setup.begin(&EC, "ec-1")).collect();
    eventually("the fetch begins", || setup.provider.calls() == 1);
    setup.provider.resume();
    for answer in waiting {
        assert!(answer.recv_timeout(SOON).unwrap().is_ok());
    }
    assert_eq!(setup.provider.calls(), 1);
}

#[test]
fn known_keys_do_not_wait_for_a_fetch() {
    let setup = setup();
    assert_eq!(setup.verify(&ED, "ed-1"), Ok(()));
    setup.pass(60);
    setup.provider.hang();
    let slow = setup.begin(&ED, "made-up");
    eventually("the fetch begins", || setup.provider.calls() == 2);
    let quick = setup.begin(&ED, "ed-1");
    assert!(quick.recv_timeout(SOON).unwrap().is_ok());
    assert!(slow.try_recv().is_err(), "the fetch still hangs");
    setup.provider.resume();
    assert_eq!(
        slow.recv_timeout(SOON).unwrap(),
        refused(TokenRefused::UnknownKey)
    );
}

#[test]
fn only_so_many_wait() {
    let setup = setup();
    setup.provider.hang();
    let (sender, answers) = mpsc::channel();
    for _ in 0..20 {
        let (sender, tokens, token) = (sender.clone(), setup.tokens.clone(), ED.token("ed-1"));
        thread::spawn(move || sender.send(tokens.verify(&token).map(drop)));
    }
    for _ in 0..4 {
        let answer = answers.recv_timeout(SOON).unwrap();
        assert_eq!(
            answer,
            Err(AuthError::KeysUnavailable),
            "at once, while the fetch hangs"
        );
    }
    setup.provider.resume();
    for _ in 0..16 {
        assert_eq!(answers.recv_timeout(SOON).unwrap(), Ok(()));
    }
    assert_eq!(setup.provider.calls(), 1);
}

#[test]
fn a_token_without_a_name_needs_a_key_without_a_rival() {
    let setup = setup();
    let unnamed = |pair: &Pair| {
        let token = pair.sign(&serde_json::json!({"alg": pair.name()}), &claims());
        setup.tokens.verify(&token).map(drop)
    };
    assert_eq!(unnamed(&RSA), Ok(()));
    assert_eq!(unnamed(&OTHER_RSA), refused(TokenRefused::Signature));
    setup
        .provider
        .publish(&[RSA.jwk("rsa-1"), OTHER_RSA.jwk("rsa-2"), ED.jwk.clone()]);
    setup.pass(60);
    assert_eq!(setup.verify(&OTHER_RSA, "rsa-2"), Ok(()));
    assert_eq!(unnamed(&RSA), UNKNOWN, "it could be either");
    assert_eq!(unnamed(&ED), Ok(()), "the key has no name itself");
    assert_eq!(unnamed(&EC), UNKNOWN, "there is none");
    assert_eq!(setup.provider.calls(), 2);
}

#[test]
fn one_name_for_two_keys_names_neither() {
    let setup = setup();
    setup
        .provider
        .publish(&[RSA.jwk("one"), OTHER_RSA.jwk("one"), ED.jwk("one")]);
    assert_eq!(setup.verify(&RSA, "one"), UNKNOWN);
    assert_eq!(
        setup.verify(&ED, "one"),
        Ok(()),
        "the algorithm tells this one apart"
    );
}

/// A clock that somebody corrects.
struct Corrected(Mutex<DateTime<Utc>>);

impl Clock for Corrected {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

#[test]
fn a_clock_set_back_does_not_stop_the_fetches() {
    let now = clock().now();
    let (clock, provider) = (
        Arc::new(Corrected(Mutex::new(now))),
        Arc::new(Provider::new()),
    );
    let tokens = OutsideTokens::new(ISSUER, AUDIENCE, provider.clone(), clock.clone());
    provider.fail();
    assert_eq!(
        tokens.verify(&ED.token("ed-1")),
        Err(AuthError::KeysUnavailable)
    );
    *clock.0.lock().unwrap() = now - TimeDelta::days(365);
    provider.publish(&[ED.jwk("ed-1")]);
    assert!(tokens.verify(&ED.token("ed-1")).is_ok());
}
