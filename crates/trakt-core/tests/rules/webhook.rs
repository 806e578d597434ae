//! What is told to others, and what becomes of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use trakt_core::ports::{ClaimedDelivery, MockWebhookSender, MockWebhookStore, Replayed};
use trakt_core::testing::{CountingEntropy, FixedClock};
use trakt_core::webhook::{
    EndpointKey, Verdict, WebhookAnswer, WebhookEndpoint, WebhookEvent, WebhookFault, WebhookKind,
    WebhookPolicy, WebhookService,
};
use trakt_core::{PortError, WebhookUrl};

use crate::bench::{now, store_down, user_id};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

fn status(status: u16) -> WebhookAnswer {
    let retry_after = None;
    WebhookAnswer::Status {
        status,
        retry_after,
    }
}

fn asking(status: u16, seconds: u64) -> WebhookAnswer {
    let retry_after = Some(Duration::from_secs(seconds));
    WebhookAnswer::Status {
        status,
        retry_after,
    }
}

fn verdict(answer: WebhookAnswer) -> Verdict {
    WebhookPolicy::verdict(answer, 1, Duration::ZERO, 1.0)
}

#[test]
fn two_hundreds_are_success_and_everything_else_is_sent_again() {
    for good in [200, 201, 202, 204, 299] {
        assert_eq!(verdict(status(good)), Verdict::Delivered);
    }
    assert_eq!(verdict(status(410)), Verdict::Gone);
    for bad in [100, 301, 302, 307, 400, 401, 403, 404, 429, 500, 503] {
        assert_eq!(verdict(status(bad)), Verdict::Again(5 * SECOND), "{bad}");
    }
    for fault in WebhookFault::ALL {
        let answer = WebhookAnswer::Fault(*fault);
        assert_eq!(verdict(answer), Verdict::Again(5 * SECOND), "{fault}");
    }
}

#[test]
fn waits_grow_to_six_hours_and_end_after_three_days() {
    let wait = |attempts, chance| match WebhookPolicy::verdict(
        status(500),
        attempts,
        Duration::ZERO,
        chance,
    ) {
        Verdict::Again(wait) => wait,
        other => panic!("{other:?}"),
    };
    for (attempts, seconds) in [(1, 5), (2, 10), (3, 20), (10, 2560), (13, 20_480)] {
        assert_eq!(wait(attempts, 1.0).as_secs(), seconds);
        assert_eq!(wait(attempts, 0.0), wait(attempts, 1.0).mul_f64(0.8));
    }
    for attempts in [14, 100, u32::MAX] {
        assert_eq!(wait(attempts, 1.0), WebhookPolicy::LONGEST);
    }
    // All of them together: many attempts in three days, and not a flood.
    let (mut age, mut attempts) = (Duration::ZERO, 0);
    while let Verdict::Again(wait) = {
        attempts += 1;
        WebhookPolicy::verdict(status(500), attempts, age, 1.0)
    } {
        age += wait;
    }
    assert!(age >= 3 * DAY && age < 3 * DAY + WebhookPolicy::LONGEST);
    assert!((20..30).contains(&attempts), "{attempts}");
    let late = WebhookPolicy::verdict(status(200), 1, 30 * DAY, 1.0);
    assert_eq!(late, Verdict::Delivered);
}

#[test]
fn what_an_endpoint_asks_for_is_heeded_within_bounds() {
    assert_eq!(verdict(asking(429, 90)), Verdict::Again(90 * SECOND));
    assert_eq!(verdict(asking(503, 90)), Verdict::Again(90 * SECOND));
    assert_eq!(verdict(asking(429, 0)), Verdict::Again(5 * SECOND));
    assert_eq!(
        verdict(asking(429, u64::MAX)),
        Verdict::Again(WebhookPolicy::LONGEST)
    );
    assert_eq!(verdict(asking(500, 90)), Verdict::Again(5 * SECOND));
}

#[test]
fn each_event_of_a_link_is_told_and_nothing_else() {
    let stamp = AuditStamp::default();
    let entry = |event| AuditEntry::new(event, AuditOutcome::Succeeded, &stamp);
    let entries: Vec<_> = AuditEvent::ALL.iter().map(|event| entry(*event)).collect();
    let told: Vec<_> = entries
        .iter()
        .filter_map(|entry| {
            let (kind, reason) = WebhookKind::of(entry)?;
            Some((entry.event, kind, reason))
        })
        .collect();
    assert_eq!(
        told,
        [
            (AuditEvent::Linked, WebhookKind::Linked, Some("approved")),
            (AuditEvent::Replaced, WebhookKind::Ended, Some("replaced")),
            (AuditEvent::Unlinked, WebhookKind::Ended, Some("unlinked")),
            (
                AuditEvent::AdminAssociated,
                WebhookKind::Linked,
                Some("claimed")
            ),
            (
                AuditEvent::AdminDisassociated,
                WebhookKind::Ended,
                Some("disassociated")
            ),
            (AuditEvent::NeedsRelink, WebhookKind::NeedsRelink, None),
            (
                AuditEvent::RelinkWithdrawn,
                WebhookKind::Linked,
                Some("restored")
            ),
        ]
    );
    let lost = entry(AuditEvent::NeedsRelink).detail("revoked");
    let why = Some((WebhookKind::NeedsRelink, Some("revoked")));
    assert_eq!(WebhookKind::of(&lost), why);
    let again = entry(AuditEvent::Linked).detail("renewed");
    assert_eq!(
        WebhookKind::of(&again),
        Some((WebhookKind::Linked, Some("renewed")))
    );
}

fn endpoint(number: u32) -> WebhookEndpoint {
    let url = WebhookUrl::from(format!("https://hooks.example/{number}"));
    WebhookEndpoint {
        key: EndpointKey::of(&url),
        name: "https://hooks.example".to_owned(),
        url,
    }
}

fn claimed(attempts: u32) -> ClaimedDelivery {
    ClaimedDelivery {
        id: uuid(7).into(),
        event: WebhookEvent {
            id: uuid(8).into(),
            sequence: 1,
            kind: "link.linked".to_owned(),
            at: now(),
            user: Some(user_id(1)),
            link: None,
            reason: None,
            changes: Vec::new(),
        },
        attempts,
        age: Duration::ZERO,
    }
}

fn uuid(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number)
}

struct Bench {
    store: MockWebhookStore,
    sender: MockWebhookSender,
    clock: Arc<FixedClock>,
}

impl Bench {
    fn new() -> Self {
        Self {
            store: MockWebhookStore::new(),
            sender: MockWebhookSender::new(),
            clock: Arc::new(FixedClock::at(now())),
        }
    }

    fn service(self, endpoints: u32) -> WebhookService {
        WebhookService::new(
            Arc::new(self.store),
            Arc::new(self.sender),
            (0..endpoints).map(endpoint).collect(),
            self.clock,
            Arc::new(CountingEntropy::default()),
        )
    }
}

#[test]
fn what_came_of_it_is_kept_under_the_attempt_that_claimed_it() {
    let mut bench = Bench::new();
    let sends = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = sends.clone();
    bench
        .store
        .expect_claim_delivery()
        .once()
        .returning(move |cmd| {
            assert_eq!(cmd.endpoint, endpoint(1).key);
            assert_eq!(cmd.lease, WebhookPolicy::LEASE);
            seen.lock().unwrap().push(cmd.send);
            Ok(Some(claimed(3)))
        });
    bench.sender.expect_send().once().returning(|to, event| {
        assert_eq!(to.key, endpoint(1).key);
        assert_eq!(event, &claimed(3).event);
        status(500)
    });
    bench
        .store
        .expect_settle_delivery()
        .once()
        .returning(move |cmd| {
            assert_eq!(*sends.lock().unwrap(), [cmd.send]);
            assert_eq!(cmd.delivery, uuid(7).into());
            assert_eq!((cmd.status, cmd.reason), (Some(500), Some("status")));
            assert!(matches!(cmd.verdict, Verdict::Again(wait) if wait >= 16 * SECOND));
            Ok(())
        });
    let service = bench.service(2);
    assert_eq!(service.deliver_due(1), Ok(true));
}

#[test]
fn nothing_is_sent_that_is_not_due_nor_anywhere_else() {
    let mut bench = Bench::new();
    bench
        .store
        .expect_claim_delivery()
        .once()
        .returning(|_| Ok(None));
    let service = bench.service(1);
    assert_eq!(service.deliver_due(0), Ok(false));
    assert_eq!(service.deliver_due(1), Ok(false), "no such endpoint");
}

#[test]
fn an_outcome_that_cannot_be_kept_is_an_error() {
    let mut bench = Bench::new();
    bench
        .store
        .expect_claim_delivery()
        .returning(|_| Ok(Some(claimed(1))));
    bench.sender.expect_send().returning(|_, _| status(200));
    bench
        .store
        .expect_settle_delivery()
        .returning(|_| Err(store_down()));
    assert_eq!(bench.service(1).deliver_due(0), Err(store_down()));
}

/// What an endpoint answers to ten events that are due at once: how many it is sent.
fn sent_of_ten(answer: WebhookAnswer) -> (usize, WebhookService, Arc<FixedClock>) {
    let mut bench = Bench::new();
    bench
        .store
        .expect_claim_delivery()
        .returning(|_| Ok(Some(claimed(1))));
    bench.store.expect_settle_delivery().returning(|_| Ok(()));
    let sent = Arc::new(AtomicUsize::new(0));
    let count = sent.clone();
    bench.sender.expect_send().returning(move |to, _| {
        if to.key == endpoint(1).key {
            return status(200);
        }
        count.fetch_add(1, Ordering::SeqCst);
        answer
    });
    let clock = bench.clock.clone();
    let service = bench.service(2);
    for _ in 0..10 {
        service.deliver_due(0).unwrap();
    }
    (sent.load(Ordering::SeqCst), service, clock)
}

#[test]
fn an_endpoint_in_trouble_rests_and_no_other_does() {
    let fault = WebhookAnswer::Fault(WebhookFault::TooLate);
    for (answer, sent) in [
        (status(200), 10),
        (status(404), 10),
        (status(502), 5),
        (fault, 5),
    ] {
        assert_eq!(sent_of_ten(answer).0, sent, "{answer}");
    }
    let (sent, service, clock) = sent_of_ten(asking(429, 30));
    assert_eq!(sent, 1);
    assert_eq!(service.deliver_due(1), Ok(true), "another endpoint");
    clock.advance(29 * SECOND);
    assert_eq!(service.deliver_due(0), Ok(false));
    clock.advance(SECOND);
    assert_eq!(service.deliver_due(0), Ok(true));
    // One event that asks for a day does not speak for all others.
    let (_, service, clock) = sent_of_ten(asking(503, 86_400));
    clock.advance(60 * SECOND);
    assert_eq!(service.deliver_due(0), Ok(true));
}

#[test]
fn endpoints_are_enrolled_and_old_events_forgotten_every_ten_minutes() {
    let mut bench = Bench::new();
    let clock = bench.clock.clone();
    bench
        .store
        .expect_enrol_endpoints()
        .times(3)
        .returning(|endpoints, again| {
            assert_eq!((endpoints.len(), again), (1, false));
            Ok(())
        });
    let mut left = [1000, 3, 0].into_iter();
    bench
        .store
        .expect_forget_events()
        .times(3)
        .returning(move |limit| {
            assert_eq!(limit, 1000);
            Ok(left.next().unwrap())
        });
    let service = bench.service(1);
    assert_eq!(service.tend(), Ok(true), "there are more");
    assert_eq!(service.tend(), Ok(false));
    assert_eq!(service.tend(), Ok(false), "not again at once");
    clock.advance(600 * SECOND);
    assert_eq!(service.tend(), Ok(false));
}

#[test]
fn tending_that_fails_is_tried_ten_minutes_later() {
    let mut bench = Bench::new();
    let clock = bench.clock.clone();
    bench
        .store
        .expect_enrol_endpoints()
        .times(2)
        .returning(|_, _| Err(store_down()));
    let service = bench.service(1);
    assert_eq!(service.tend(), Err(store_down()));
    assert_eq!(service.tend(), Ok(false), "not again at once");
    clock.advance(600 * SECOND);
    assert_eq!(service.tend(), Err(store_down()));
}

#[test]
fn a_replay_goes_on_until_all_events_are_due() {
    let mut bench = Bench::new();
    bench
        .store
        .expect_enrol_endpoints()
        .times(2)
        .returning(|endpoints, again| {
            // The one that is asked for is tried again if it was gone, and no other.
            let keys: Vec<_> = endpoints.iter().map(|endpoint| &endpoint.key).collect();
            assert_eq!(keys, [&endpoint(u32::from(again)).key]);
            Ok(())
        });
    bench
        .store
        .expect_replay_events()
        .times(2)
        .returning(|cmd| {
            assert_eq!(cmd.since, now());
            assert_eq!(cmd.endpoints, [endpoint(1).key]);
            Ok(Replayed {
                deliveries: 2,
                last: (cmd.after == 0).then_some(40),
            })
        });
    let service = bench.service(2);
    assert_eq!(service.replay_since(now(), Some(&endpoint(1).key)), Ok(4));
}

#[test]
fn a_replay_that_breaks_off_says_so() {
    let mut bench = Bench::new();
    bench
        .store
        .expect_enrol_endpoints()
        .returning(|_, _| Ok(()));
    bench
        .store
        .expect_replay_events()
        .returning(|_| Err(store_down()));
    let error: PortError = bench.service(1).replay_since(now(), None).unwrap_err();
    assert_eq!(error, store_down());
}

#[test]
fn a_test_is_told_to_all_and_is_of_nobody() {
    let mut bench = Bench::new();
    bench.sender.expect_send().times(2).returning(|to, event| {
        assert_eq!((event.kind.as_str(), event.user), ("test", None));
        status(if to.key == endpoint(0).key { 200 } else { 500 })
    });
    let service = bench.service(2);
    let answers: Vec<_> = service
        .test()
        .into_iter()
        .map(|(_, answer)| answer)
        .collect();
    assert_eq!(answers, [status(200), status(500)]);
}
