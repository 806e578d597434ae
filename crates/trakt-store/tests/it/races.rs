//! Many at once: exactly one wins, the others hear why.

use std::sync::Barrier;
use std::thread;

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use trakt_core::link::FlowEnd;
use trakt_core::ports::{
    AdminStore, ClaimOutcome, Completion, LinkStore, PollClaim, PollOutcome, SettlePoll, UserStore,
};
use trakt_core::user::Email;

use crate::scene::{
    Flow, Scene, claim, claiming, completion, identity, opening, profile, stamp, tokens_of,
};

/// Runs the jobs at the same moment, each in a thread of its own.
pub(crate) fn at_once<J: FnOnce() -> T + Send, T: Send>(jobs: Vec<J>) -> Vec<T> {
    let barrier = Barrier::new(jobs.len());
    thread::scope(|scope| {
        let threads: Vec<_> = jobs
            .into_iter()
            .map(|job| {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    job()
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    })
}

/// Runs `job` while somebody else has done `sql` and not committed yet, and commits when the job
/// has come to wait for it.
fn behind<T: Send>(scene: &Scene, sql: &str, job: impl FnOnce() -> T + Send) -> T {
    let mut other = PgConnection::establish(&scene.db.url).unwrap();
    other.batch_execute(&format!("BEGIN; {sql}")).unwrap();
    thread::scope(|scope| {
        let job = scope.spawn(job);
        let waiting = "pg_stat_activity WHERE wait_event_type = 'Lock' \
                       AND datname = current_database()";
        while scene.count(waiting) == "0" {
            assert!(!job.is_finished(), "it waits for nobody: {sql}");
        }
        other.batch_execute("COMMIT").unwrap();
        job.join().unwrap()
    })
}

#[test]
fn of_32_claims_of_a_poll_one_wins() {
    let scene = Scene::new();
    let flow = scene.flow(scene.user("ana@example.org"));
    // Two replicas.
    let stores = [scene.store.clone(), scene.db.store()];
    for _ in 0..5 {
        scene.make_due(flow);
        let jobs = (0..32).map(|i| {
            let store = stores[i % 2].clone();
            move || store.claim_poll(&claim(flow)).unwrap()
        });
        let claims = at_once(jobs.collect());
        let won = claims.iter().filter(|c| matches!(c, PollClaim::Due(_)));
        let lost = claims.iter().filter(|c| matches!(c, PollClaim::TooSoon(_)));
        assert_eq!((won.count(), lost.count()), (1, 31));
    }
}

#[test]
fn of_two_who_complete_one_flow_one_links() {
    let scene = Scene::new();
    let account = identity("u1", "sean");
    let other = scene.db.store();
    for round in 0..10 {
        let user = scene.user(&format!("{round}@example.org"));
        let flow = scene.flow(user);
        scene.due(flow);
        scene.authorise(flow, "token");
        let jobs = [&scene.store, &other].map(|store| {
            let cmd = completion(flow, "token", &account);
            move || store.complete(&cmd).unwrap()
        });
        let mut linked = 0;
        for completion in at_once(jobs.into()) {
            match completion {
                Completion::Linked(..) => linked += 1,
                Completion::Refused(end, revocations) => {
                    assert_eq!(end, FlowEnd::Linked);
                    assert!(revocations.is_empty());
                }
            }
        }
        assert_eq!(linked, 1);
        assert!(scene.queue().is_empty());
        scene.db.sql("DELETE FROM trakt_users");
    }
}

#[test]
fn of_two_users_who_link_one_account_one_gets_it() {
    let scene = Scene::new();
    let other = scene.db.store();
    for round in 0..20 {
        let account = identity(&format!("uuid-{round}"), &format!("slug-{round}"));
        let flows: [Flow; 2] = ["a", "b"].map(|name| {
            let flow = scene.flow(scene.user(&format!("{name}{round}@example.org")));
            scene.due(flow);
            scene.authorise(flow, &format!("{name}{round}"));
            flow
        });
        let jobs = [(&scene.store, "a", flows[0]), (&other, "b", flows[1])];
        let jobs = jobs.map(|(store, name, flow)| {
            let cmd = completion(flow, &format!("{name}{round}"), &account);
            move || {
                (
                    cmd.tokens.access.expose().to_owned(),
                    store.complete(&cmd).unwrap(),
                )
            }
        });
        let mut losers = Vec::new();
        for (token, completion) in at_once(jobs.into()) {
            if let Completion::Refused(end, revocations) = completion {
                assert_eq!(end, FlowEnd::AccountTaken);
                assert_eq!(tokens_of(&revocations), [token.as_str()]);
                losers.push(token);
            }
        }
        assert_eq!(losers.len(), 1);
        assert_eq!(scene.queue(), losers);
        scene.db.sql("DELETE FROM token_revocations");
    }
    assert_eq!(scene.count("trakt_users"), "20");
    assert_eq!(
        scene.count("audit_log WHERE detail = 'account_taken'"),
        "20"
    );
}

#[test]
fn a_link_that_ends_while_it_is_renewed_is_made_anew() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let account = identity("u1", "sean");
    let old = scene.link(user, "token-1", &account);
    let flow = scene.flow(user);
    scene.authorise(flow, "token-2");
    let made = behind(&scene, "DELETE FROM trakt_users", || {
        scene.complete(flow, "token-2", &account)
    });
    let Completion::Linked(link, _) = made else {
        panic!("not linked: {made:?}");
    };
    assert_ne!(link.id, old.id);
}

#[test]
fn a_flow_that_ends_while_it_is_completed_makes_no_link() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let flow = scene.flow(user);
    scene.authorise(flow, "token-1");
    let end = "UPDATE device_flows SET state = 'ended', outcome = 'used', ended_at = now(), \
               access_token = NULL, refresh_token = NULL, token_expires_at = NULL, key_id = NULL";
    let made = behind(&scene, end, || {
        scene.complete(flow, "token-1", &identity("u1", "sean"))
    });
    let Completion::Refused(FlowEnd::Used, _) = made else {
        panic!("not refused: {made:?}");
    };
    assert_eq!(scene.count("trakt_users"), "0");
    assert_eq!(scene.queue(), ["token-1"]);
}

#[test]
fn who_settles_behind_a_newer_claim_settles_nothing() {
    let scene = Scene::new();
    let flow = scene.flow(scene.user("ana@example.org"));
    let cmd = SettlePoll {
        flow: flow.id,
        attempt: scene.due(flow).attempt,
        outcome: PollOutcome::End(FlowEnd::Denied),
        stamp: stamp(),
    };
    let claim = "UPDATE device_flows SET attempt = attempt + 1";
    behind(&scene, claim, || scene.store.settle_poll(&cmd).unwrap());
    assert_eq!(scene.due(flow).attempt, 3);
}

#[test]
fn two_users_who_swap_accounts_do_not_lock_each_other_out() {
    let scene = Scene::new();
    let users = [scene.user("ana@example.org"), scene.user("ben@example.org")];
    let accounts = [identity("u1", "sean"), identity("u2", "justin")];
    for (user, account) in users.iter().zip(&accounts) {
        scene.link(*user, "old", account);
    }
    for _ in 0..10 {
        let jobs = [0, 1].map(|i| {
            let (flow, _) = scene.flow_with(users[i], true);
            scene.due(flow);
            scene.authorise(flow, "new");
            let cmd = completion(flow, "new", &accounts[1 - i]);
            let store = &scene.store;
            move || store.complete(&cmd).unwrap()
        });
        for completion in at_once(jobs.into()) {
            assert!(matches!(
                completion,
                Completion::Refused(FlowEnd::AccountTaken, _)
            ));
        }
    }
    assert_eq!(scene.count("trakt_users"), "2");
}

#[test]
fn of_16_claims_by_admins_one_is_written() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let account = profile(Some("u1"), "sean");
    let jobs = (0..16).map(|_| {
        let cmd = claiming(user, &account, false);
        let store = &scene.store;
        move || store.claim_account(&cmd).unwrap()
    });
    for outcome in at_once(jobs.collect()) {
        assert!(
            matches!(outcome, ClaimOutcome::Associated(..)),
            "{outcome:?}"
        );
    }
    assert_eq!(scene.count("trakt_users"), "1");
    assert_eq!(
        scene.count("audit_log WHERE event = 'admin_associated'"),
        "1"
    );
}

#[test]
fn of_claims_for_many_users_one_is_given() {
    let scene = Scene::new();
    let account = profile(None, "sean");
    let users: Vec<_> = (0..8)
        .map(|i| scene.user(&format!("{i}@example.org")))
        .collect();
    let jobs = users.iter().map(|user| {
        let cmd = claiming(*user, &account, false);
        let store = &scene.store;
        move || store.claim_account(&cmd).unwrap()
    });
    let outcomes = at_once(jobs.collect());
    let given = outcomes
        .iter()
        .filter(|o| matches!(o, ClaimOutcome::Associated(..)));
    let taken = outcomes
        .iter()
        .filter(|o| matches!(o, ClaimOutcome::AccountTaken));
    assert_eq!((given.count(), taken.count()), (1, 7));
}

#[test]
fn of_many_flows_opened_at_once_one_stays_open() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let jobs = (0..16).map(|_| {
        let cmd = opening(user, false);
        let store = &scene.store;
        move || store.open_flow(&cmd).unwrap().unwrap()
    });
    at_once(jobs.collect());
    assert_eq!(scene.count("device_flows WHERE state <> 'ended'"), "1");
    assert_eq!(scene.count("device_flows"), "16");
}

#[test]
fn a_user_who_is_removed_while_linking_leaves_no_token_behind() {
    let scene = Scene::new();
    let account = identity("u1", "sean");
    for round in 0..10 {
        let email = format!("{round}@example.org");
        let user = scene.user(&email);
        let flow = scene.flow(user);
        scene.due(flow);
        scene.authorise(flow, "token");
        let link = completion(flow, "token", &account);
        let remove = trakt_core::ports::RemoveUser {
            email: Email::parse(&email).unwrap(),
            stamp: stamp(),
        };
        let store = &scene.store;
        let jobs: Vec<Box<dyn FnOnce() + Send>> = vec![
            Box::new(move || drop(store.complete(&link).unwrap())),
            Box::new(move || drop(store.remove(&remove).unwrap().unwrap())),
        ];
        at_once(jobs);
        assert_eq!(scene.count("trakt_users"), "0");
        assert_eq!(scene.count("device_flows"), "0");
        let queue = scene.queue();
        assert!(!queue.is_empty() && queue.iter().all(|token| token == "token"));
        scene.db.sql("DELETE FROM token_revocations");
    }
}
