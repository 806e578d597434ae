//! What others are told: with its effect or not at all, by one worker at a time, until it is over.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome};
use trakt_core::ports::{
    AdminStore, AuditStore, ClaimDelivery, ClaimedDelivery, DeliveryQuery, Disassociate, LinkStore,
    RemoveUser, Replay, Replayed, SettleDelivery, Unlink, UserStore, WebhookStore,
};
use trakt_core::user::Email;
use trakt_core::webhook::{
    DeliveryState, EndpointKey, Verdict, WebhookEndpoint, WebhookEvent, WebhookKind,
};
use trakt_core::{DeliveryId, PageRequest, SendId, SystemEntropy, UserId, WebhookUrl};

use crate::scene::{LEASE, Scene, identity, profile, stamp};

pub fn endpoint(number: u32) -> WebhookEndpoint {
    let url = WebhookUrl::from(format!("https://hooks-{number}.example/canary"));
    WebhookEndpoint {
        key: EndpointKey::of(&url),
        name: format!("https://hooks-{number}.example"),
        url,
    }
}

/// A store that tells these.
fn telling(endpoints: u32) -> Scene {
    let scene = Scene::new();
    let endpoints: Vec<_> = (0..endpoints).map(endpoint).collect();
    scene.store.enrol_endpoints(&endpoints, true).unwrap();
    scene
}

/// The events so far, as their kind and reason.
fn told(scene: &Scene) -> Vec<String> {
    let sql = "SELECT concat_ws(' ', kind, reason) FROM \
               (SELECT * FROM webhook_events ORDER BY seq) AS e";
    scene.db.texts(sql).into_iter().flatten().collect()
}

fn claim_as(scene: &Scene, number: u32, lease: Duration) -> Option<(SendId, ClaimedDelivery)> {
    let send = SendId::random(&SystemEntropy);
    let cmd = ClaimDelivery {
        endpoint: endpoint(number).key,
        send,
        lease,
    };
    let claimed = scene.store.claim_delivery(&cmd).unwrap();
    claimed.map(|claimed| (send, claimed))
}

fn claim(scene: &Scene, number: u32) -> Option<(SendId, ClaimedDelivery)> {
    claim_as(scene, number, LEASE)
}

fn settle(scene: &Scene, send: SendId, delivery: DeliveryId, verdict: Verdict) {
    let (status, reason) = match verdict {
        Verdict::Delivered => (Some(200), None),
        Verdict::Gone => (Some(410), Some("gone")),
        _ => (None, Some("timeout")),
    };
    let cmd = SettleDelivery {
        delivery,
        send,
        endpoint: endpoint(0).key,
        verdict,
        status,
        reason,
    };
    scene.store.settle_delivery(&cmd).unwrap();
}

fn linked(scene: &Scene, slug: &str) -> UserId {
    let user = scene.user(&format!("{slug}@example.org"));
    scene.link(user, slug, &identity(slug, slug));
    user
}

/// Events of a user without a link, straight into the table, each for the first endpoint.
fn events(scene: &Scene, count: u32) {
    scene.db.sql(&format!(
        "WITH event AS (INSERT INTO webhook_events (kind, subject_id) \
             SELECT 'test', gen_random_uuid() FROM generate_series(1, {count}) RETURNING id) \
         INSERT INTO webhook_deliveries (event_id, endpoint) \
         SELECT id, '{}' FROM event",
        endpoint(0).key.as_str()
    ));
}

#[test]
fn each_end_and_beginning_of_a_link_is_told_with_its_account() {
    let scene = telling(2);
    let ana = linked(&scene, "ana");
    let purge = false;
    let unlink = Unlink {
        user: ana,
        purge,
        stamp: stamp(),
    };
    scene.store.unlink(&unlink).unwrap();
    // Of somebody who is not linked there is nothing to tell.
    scene.store.unlink(&unlink).unwrap();
    let (link, _) = scene.associate(ana, &profile(Some("ana"), "ana"));
    scene.associate(ana, &profile(Some("ana"), "ana"));
    let cmd = Disassociate {
        link: link.id,
        purge,
        stamp: stamp(),
    };
    scene.store.disassociate(&cmd).unwrap();
    linked(&scene, "bob");
    let cmd = RemoveUser {
        email: Email::parse("bob@example.org").unwrap(),
        stamp: stamp(),
    };
    scene.store.remove(&cmd).unwrap();
    assert_eq!(
        told(&scene),
        [
            "link.linked approved",
            "link.ended unlinked",
            "link.linked claimed",
            "link.ended disassociated",
            "link.linked approved",
            "link.ended unlinked",
        ]
    );
    let accounts = scene.db.texts(
        "SELECT concat_ws(' ', trakt_slug, trakt_username, link_id IS NOT NULL) \
         FROM webhook_events ORDER BY seq",
    );
    let accounts: Vec<_> = accounts.into_iter().flatten().collect();
    let (ana, bob) = ("ana ANA t".to_owned(), "bob BOB t".to_owned());
    assert_eq!(accounts[..4], [ana.clone(), ana.clone(), ana.clone(), ana]);
    assert_eq!(accounts[4..], [bob.clone(), bob]);
    assert_eq!(scene.count("webhook_deliveries"), "12", "two for each");
    let stored = scene
        .db
        .texts("SELECT to_jsonb(e)::text FROM webhook_endpoints AS e");
    assert!(
        stored.iter().flatten().all(|row| !row.contains("canary")),
        "{stored:?}"
    );
}

#[test]
fn a_replaced_account_is_an_end_and_a_beginning() {
    let scene = telling(1);
    let user = linked(&scene, "old");
    let (flow, _) = scene.flow_with(user, true);
    scene.due(flow);
    let _ = scene.authorise(flow, "new");
    let _ = scene.complete(flow, "new", &identity("new", "new"));
    let all = [
        "link.linked approved",
        "link.ended replaced",
        "link.linked approved",
    ];
    assert_eq!(told(&scene), all);
}

#[test]
fn what_is_on_the_trail_and_nobodys_is_not_told() {
    let scene = telling(1);
    let user = scene.user("ana@example.org");
    for event in AuditEvent::ALL {
        let entry = AuditEntry::new(*event, AuditOutcome::Succeeded, &stamp());
        scene.store.record(&entry).unwrap();
    }
    assert_eq!(told(&scene), [""; 0], "no entry has a subject");
    let mut kinds = Vec::new();
    for event in AuditEvent::ALL {
        let entry = AuditEntry::new(*event, AuditOutcome::Succeeded, &stamp()).about(user);
        kinds.extend(WebhookKind::of(&entry).map(|(kind, _)| kind));
        scene.store.record(&entry).unwrap();
    }
    assert_eq!(told(&scene).len(), kinds.len());
}

/// An effect that comes to nothing is not told, and one that cannot be told does not happen.
#[test]
fn with_its_effect_or_not_at_all() {
    let scene = telling(1);
    let user = linked(&scene, "ana");
    let before = told(&scene);
    let unlink = Unlink {
        user,
        purge: false,
        stamp: stamp(),
    };
    let refuse = |when: &str, table: &str| {
        scene.db.sql(&format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION 'refused'; END $$; \
             CREATE TRIGGER refuse {when} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse()"
        ));
        assert!(scene.store.unlink(&unlink).is_err());
        scene.db.sql(&format!(
            "DROP TRIGGER refuse ON {table}; DROP FUNCTION refuse()"
        ));
        assert_eq!(scene.count("trakt_users"), "1", "{table}");
        assert_eq!(told(&scene), before, "{table}");
    };
    refuse("BEFORE DELETE", "trakt_users");
    refuse("BEFORE INSERT", "webhook_events");
    refuse("BEFORE INSERT", "webhook_deliveries");
    scene.store.unlink(&unlink).unwrap();
    assert_eq!(told(&scene).len(), before.len() + 1);
}

#[test]
fn a_claim_is_for_one_until_its_lease_is_over() {
    let scene = telling(2);
    linked(&scene, "ana");
    let (send, first) = claim(&scene, 0).unwrap();
    assert!(claim(&scene, 0).is_none(), "taken");
    let (_, other) = claim(&scene, 1).unwrap();
    assert_eq!(other.event, first.event);
    assert_ne!(other.id, first.id);
    assert_eq!(first.attempts, 1);
    assert!(first.age < Duration::from_secs(60));
    let event: &WebhookEvent = &first.event;
    assert_eq!(event.kind, "link.linked");
    assert_eq!(event.reason.as_deref(), Some("approved"));
    assert_eq!(event.link.as_ref().unwrap().slug.as_deref(), Some("ana"));

    // As if the process had died: another one takes it, and what the first says comes too late.
    scene
        .db
        .sql("UPDATE webhook_deliveries SET next_at = now()");
    let (again, second) = claim(&scene, 0).unwrap();
    assert_eq!((second.id, second.attempts), (first.id, 2));
    assert_eq!(second.event.id, first.event.id);
    settle(&scene, send, first.id, Verdict::GivenUp);
    let state = || {
        let sql = "SELECT concat_ws(' ', state, status, reason) FROM webhook_deliveries \
                   WHERE endpoint = ";
        scene
            .db
            .text(&format!("{sql}'{}'", endpoint(0).key.as_str()))
    };
    assert_eq!(state(), "pending");
    settle(&scene, again, first.id, Verdict::Delivered);
    assert_eq!(state(), "delivered 200");
    settle(&scene, again, first.id, Verdict::GivenUp);
    assert_eq!(state(), "delivered 200", "it is over");
    assert!(claim(&scene, 0).is_none());
}

#[test]
fn what_is_to_be_sent_again_waits() {
    let scene = telling(1);
    linked(&scene, "ana");
    let (send, claimed) = claim(&scene, 0).unwrap();
    settle(
        &scene,
        send,
        claimed.id,
        Verdict::Again(Duration::from_secs(3600)),
    );
    assert!(claim(&scene, 0).is_none());
    let waits = "webhook_deliveries WHERE state = 'pending' AND reason = 'timeout' \
                 AND next_at BETWEEN now() + interval '59 min' AND now() + interval '61 min'";
    assert_eq!(scene.count(waits), "1");
}

#[test]
fn many_workers_take_each_delivery_once() {
    let scene = telling(1);
    events(&scene, 60);
    let taken: Vec<Vec<DeliveryId>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    let mut taken = Vec::new();
                    while let Some((send, claimed)) = claim(&scene, 0) {
                        settle(&scene, send, claimed.id, Verdict::Delivered);
                        taken.push(claimed.id);
                    }
                    taken
                })
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap())
            .collect()
    });
    let all: Vec<_> = taken.into_iter().flatten().collect();
    assert_eq!(all.len(), 60);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 60);
}

#[test]
fn an_endpoint_counts_while_it_is_named_and_not_gone() {
    let scene = telling(1);
    linked(&scene, "ana");
    let (send, claimed) = claim(&scene, 0).unwrap();
    settle(&scene, send, claimed.id, Verdict::Gone);
    linked(&scene, "bob");
    assert_eq!(
        scene.count("webhook_deliveries"),
        "1",
        "nothing more for it"
    );
    scene.store.enrol_endpoints(&[endpoint(0)], false).unwrap();
    linked(&scene, "eve");
    assert_eq!(
        scene.count("webhook_deliveries"),
        "1",
        "a process that goes on"
    );
    scene.store.enrol_endpoints(&[endpoint(0)], true).unwrap();
    linked(&scene, "joe");
    assert_eq!(scene.count("webhook_deliveries"), "2", "one that starts");
    scene
        .db
        .sql("UPDATE webhook_endpoints SET seen_at = now() - interval '73 hours'");
    linked(&scene, "kim");
    assert_eq!(scene.count("webhook_deliveries"), "2", "nobody names it");
    scene.store.enrol_endpoints(&[endpoint(0)], false).unwrap();
    linked(&scene, "lea");
    assert_eq!(scene.count("webhook_deliveries"), "3");
}

#[test]
fn what_waits_for_one_that_is_gone_is_not_sent() {
    let scene = telling(1);
    events(&scene, 2);
    let (send, claimed) = claim(&scene, 0).unwrap();
    settle(&scene, send, claimed.id, Verdict::Gone);
    assert!(claim(&scene, 0).is_none());
    assert!(scene.store.replay_delivery(claimed.id).unwrap());
    assert!(claim(&scene, 0).is_some(), "somebody asked for it");
}

#[test]
fn what_nobody_would_send_is_not_made_due() {
    let scene = telling(1);
    events(&scene, 1);
    let (send, claimed) = claim(&scene, 0).unwrap();
    settle(&scene, send, claimed.id, Verdict::Delivered);
    scene
        .db
        .sql("UPDATE webhook_endpoints SET seen_at = now() - interval '73 hours'");
    assert!(!scene.store.replay_delivery(claimed.id).unwrap());
    let delivered = "webhook_deliveries WHERE state = 'delivered'";
    assert_eq!(scene.count(delivered), "1");
    scene.store.enrol_endpoints(&[endpoint(0)], false).unwrap();
    assert!(scene.store.replay_delivery(claimed.id).unwrap());
    assert_eq!(scene.count(delivered), "0");
}

#[test]
fn a_replay_makes_due_what_was_sent_and_what_never_was() {
    let scene = telling(1);
    events(&scene, 5);
    let (send, claimed) = claim(&scene, 0).unwrap();
    settle(&scene, send, claimed.id, Verdict::Delivered);
    let (_, under_way) = claim(&scene, 0).unwrap();
    let since = claimed.event.at;
    let replay = |after, endpoints: &[u32], since| {
        scene.store.replay_events(&Replay {
            since,
            endpoints: endpoints.iter().map(|n| endpoint(*n).key).collect(),
            after,
            limit: 3,
        })
    };
    let first = replay(0, &[0, 1], since).unwrap();
    let rest = replay(first.last.unwrap(), &[0, 1], since).unwrap();
    // One of the ten is being sent.
    let deliveries = 9 - first.deliveries;
    let last = None;
    assert_eq!(rest, Replayed { deliveries, last });
    let later = since + Duration::from_secs(1);
    let none = replay(0, &[0], later).unwrap();
    assert_eq!(none.deliveries, 0);
    assert_eq!(
        scene.count("webhook_deliveries WHERE state = 'pending'"),
        "10"
    );
    assert_eq!(scene.count("webhook_deliveries WHERE attempts = 0"), "9");
    let attempts = format!(
        "SELECT attempts FROM webhook_deliveries WHERE id = '{}'",
        under_way.id
    );
    assert_eq!(scene.db.text(&attempts), "1");
    assert!(
        !scene
            .store
            .replay_delivery(SendId::random(&SystemEntropy).uuid().into())
            .unwrap()
    );
}

#[test]
fn what_is_old_is_forgotten_unless_somebody_waits_for_it() {
    let scene = telling(1);
    events(&scene, 6);
    assert_eq!(scene.store.forget_events(2).unwrap(), 0);
    scene
        .db
        .sql("UPDATE webhook_events SET at = now() - interval '7 days 1 minute'");
    assert_eq!(scene.store.forget_events(2).unwrap(), 0, "they wait");
    scene.db.sql(
        "UPDATE webhook_deliveries SET asked_at = now() - interval '4 days 1 minute' \
         WHERE id IN (SELECT id FROM webhook_deliveries LIMIT 3)",
    );
    assert_eq!(scene.store.forget_events(2).unwrap(), 0, "it is named");
    assert_eq!(
        scene.count("webhook_deliveries WHERE state = 'pending'"),
        "6"
    );
    scene
        .db
        .sql("UPDATE webhook_endpoints SET seen_at = now() - interval '73 hours'");
    assert_eq!(scene.store.forget_events(2).unwrap(), 2);
    let given_up = "webhook_deliveries WHERE state = 'failed' AND reason = 'not_taken'";
    assert_eq!(scene.store.forget_events(2).unwrap(), 1);
    assert_eq!(scene.store.forget_events(2).unwrap(), 0);
    assert_eq!(scene.count(given_up), "0", "they went with their events");
    assert_eq!(scene.count("webhook_events"), "3");
    assert_eq!(
        scene.count("webhook_deliveries WHERE state = 'pending'"),
        "3"
    );
    scene.db.sql(
        "UPDATE webhook_endpoints SET seen_at = now(), gone_at = now(); \
         UPDATE webhook_deliveries SET asked_at = now() - interval '4 days 1 minute'",
    );
    assert_eq!(scene.store.forget_events(3).unwrap(), 3, "it is gone");
}

#[test]
fn pages_of_deliveries() {
    let scene = telling(1);
    events(&scene, 3);
    linked(&scene, "ana");
    let (send, claimed) = claim(&scene, 0).unwrap();
    settle(&scene, send, claimed.id, Verdict::GivenUp);
    let page = |state, kind, page| {
        let page = PageRequest::new(page, 2).unwrap();
        let query = DeliveryQuery { state, kind, page };
        let found = scene.store.deliveries(&query).unwrap();
        let sequences: Vec<_> = found.items.iter().map(|one| one.event.sequence).collect();
        (found.total, sequences)
    };
    assert_eq!(page(None, None, 1), (4, vec![4, 3]));
    assert_eq!(page(None, None, 2), (4, vec![2, 1]));
    assert_eq!(page(Some(DeliveryState::Failed), None, 1).0, 1);
    assert_eq!(page(Some(DeliveryState::Delivered), None, 1).0, 0);
    assert_eq!(page(None, Some(WebhookKind::Linked), 1), (1, vec![4]));
    let failed = DeliveryQuery {
        state: Some(DeliveryState::Failed),
        ..DeliveryQuery::default()
    };
    let found = scene.store.deliveries(&failed).unwrap();
    let one = &found.items[0];
    assert_eq!((one.id, one.attempts), (claimed.id, 1));
    assert_eq!(one.endpoint, "https://hooks-0.example");
    assert_eq!(one.reason.as_deref(), Some("timeout"));
    assert!(one.settled_at.is_some() && one.next_at.is_none());
}
