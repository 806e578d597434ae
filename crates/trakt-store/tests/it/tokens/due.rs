//! What the worker takes: links whose time has come, as far as the budget goes.

use std::collections::HashSet;
use std::thread;
use std::time::Instant;

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use trakt_core::ports::{ClaimDue, ClaimedRefresh, TokenStore};
use trakt_core::token::AttemptOwner;
use trakt_core::{AttemptId, LinkId, SystemEntropy};

use super::{LEASE, OPEN, linked, owner};
use crate::races::at_once;
use crate::scene::Scene;

/// Links, the first of which is due for the longest time, and a gate that is open.
fn due_links(count: usize) -> (Scene, Vec<LinkId>) {
    let scene = Scene::new();
    let links: Vec<_> = (0..count)
        .map(|i| linked(&scene, &format!("user-{i}")).1)
        .collect();
    for (i, link) in links.iter().enumerate() {
        scene.db.sql(&format!(
            "UPDATE trakt_users SET refresh_due_at = now() - interval '1 day' \
             + interval '{i} s' WHERE id = '{link}'"
        ));
    }
    scene.db.sql(OPEN);
    (scene, links)
}

fn claiming(limit: u32, owner: AttemptOwner) -> ClaimDue {
    ClaimDue {
        attempts: (0..limit)
            .map(|_| AttemptId::random(&SystemEntropy))
            .collect(),
        owner,
        lease: LEASE,
    }
}

fn claim(scene: &Scene, limit: u32, owner: AttemptOwner) -> Vec<ClaimedRefresh> {
    scene.store.claim_due(&claiming(limit, owner)).unwrap()
}

fn ids(claimed: &[ClaimedRefresh]) -> HashSet<LinkId> {
    let ids: HashSet<_> = claimed.iter().map(|refresh| refresh.link).collect();
    assert_eq!(ids.len(), claimed.len(), "each link once");
    ids
}

fn set(links: &[LinkId]) -> HashSet<LinkId> {
    links.iter().copied().collect()
}

fn change(scene: &Scene, link: LinkId, columns: &str) {
    scene.db.sql(&format!(
        "UPDATE trakt_users SET {columns} WHERE id = '{link}'"
    ));
}

#[test]
fn what_is_due_is_claimed_once_oldest_first_up_to_the_limit() {
    let (scene, links) = due_links(5);
    change(
        &scene,
        links[4],
        "refresh_due_at = now() + interval '1 min'",
    );
    let first = claim(&scene, 3, owner(1, 1));
    assert_eq!(ids(&first), set(&links[..3]));
    let attempts: HashSet<_> = first.iter().map(|refresh| refresh.attempt).collect();
    assert_eq!(attempts.len(), 3);
    for refresh in &first {
        assert_eq!((refresh.generation, refresh.replays), (1, 0));
        assert_eq!(refresh.refresh.expose(), "token-refresh");
        let row = format!(
            "trakt_users WHERE id = '{}' AND attempt = '{}' AND refresh_state = 'sent' \
             AND attempt_owner = '{}' AND lease_until > now() + interval '50 s' \
             AND refresh_due_at = lease_until",
            refresh.link,
            refresh.attempt,
            owner(1, 1).id
        );
        assert_eq!(scene.count(&row), "1");
    }
    assert_eq!(ids(&claim(&scene, 3, owner(2, 1))), set(&links[3..4]));
    assert!(claim(&scene, 3, owner(3, 1)).is_empty());
    // Its own time comes.
    change(&scene, links[4], "refresh_due_at = now()");
    assert_eq!(ids(&claim(&scene, 3, owner(3, 1))), set(&links[4..]));
}

#[test]
fn what_may_not_be_claimed_is_not() {
    let (scene, links) = due_links(4);
    change(
        &scene,
        links[0],
        "next_try_at = now() + interval '1 min', failures = 1",
    );
    change(&scene, links[1], "status = 'needs_relink'");
    change(&scene, links[2], "status = 'locked'");
    assert_eq!(ids(&claim(&scene, 9, owner(1, 1))), set(&links[2..]));
}

#[test]
fn a_row_that_somebody_holds_is_passed_over() {
    let (scene, links) = due_links(3);
    let mut other = PgConnection::establish(&scene.db.url).unwrap();
    let hold = format!(
        "BEGIN; SELECT FROM trakt_users WHERE id = '{}' FOR UPDATE",
        links[0]
    );
    other.batch_execute(&hold).unwrap();
    assert_eq!(ids(&claim(&scene, 2, owner(1, 1))), set(&links[1..]));
    other.batch_execute("ROLLBACK").unwrap();
    assert_eq!(ids(&claim(&scene, 2, owner(1, 1))), set(&links[..1]));
}

#[test]
fn a_closed_gate_lets_nobody_through() {
    let (scene, links) = due_links(2);
    let gate = "UPDATE trakt_gate SET closed_until = now()";
    scene
        .db
        .sql(&format!("{gate} + interval '40 s', reason = 'unavailable'"));
    assert!(claim(&scene, 9, owner(1, 1)).is_empty());
    assert_eq!(
        scene.count("trakt_users WHERE refresh_state <> 'idle'"),
        "0"
    );
    scene.db.sql(gate);
    assert_eq!(ids(&claim(&scene, 9, owner(1, 1))), set(&links));
}

#[test]
fn all_replicas_share_one_budget_of_twenty_a_second() {
    let (scene, _) = due_links(50);
    let other = scene.db.store();
    // However long nobody refreshed, twenty at once are the most.
    scene
        .db
        .sql("UPDATE trakt_gate SET budget = 20, budget_at = now() - interval '1 hour'");
    let start = Instant::now();
    let mine = claim(&scene, 50, owner(1, 1)).len();
    assert_eq!(mine, 20);
    let others = other.claim_due(&claiming(50, owner(2, 1))).unwrap().len();
    let refilled = start.elapsed().as_secs_f64() * 20.0;
    assert!(others as f64 <= refilled, "{others} of {refilled}");
    let sent = scene.count("trakt_users WHERE refresh_state = 'sent'");
    assert_eq!(sent, (mine + others).to_string());
    // What is left of it comes back with time.
    scene
        .db
        .sql("UPDATE trakt_gate SET budget = 0, budget_at = now() - interval '260 ms'");
    let later = claim(&scene, 50, owner(1, 1)).len();
    assert!((5..=20).contains(&later), "{later}");
}

#[test]
fn two_stores_that_claim_at_once_share_no_link() {
    let (scene, links) = due_links(40);
    let stores = [scene.store.clone(), scene.db.store()];
    let mut all = Vec::new();
    for _ in 0..20 {
        scene.db.sql(OPEN);
        let jobs = (0..8).map(|i| {
            let store = stores[i % 2].clone();
            let cmd = claiming(5, owner(i as u128, 1));
            move || store.claim_due(&cmd).unwrap()
        });
        all.extend(at_once(jobs.collect()).into_iter().flatten());
        if all.len() >= links.len() {
            break;
        }
    }
    assert_eq!(ids(&all), set(&links));
}

#[test]
fn a_token_that_does_not_open_is_set_aside_and_holds_up_no_other() {
    let (scene, links) = due_links(3);
    change(&scene, links[0], "refresh_token = access_token");
    let skip = scene.trail(0).len();
    assert_eq!(ids(&claim(&scene, 9, owner(1, 1))), set(&links[1..]));
    assert_eq!(scene.trail(skip), ["token_unreadable refused"]);
    let aside = format!(
        "trakt_users WHERE id = '{}' AND refresh_due_at = next_try_at AND replays = 0 \
         AND next_try_at > now() + interval '5 h' AND refresh_state = 'idle'",
        links[0]
    );
    assert_eq!(scene.count(&aside), "1");
    assert!(claim(&scene, 9, owner(1, 2)).is_empty());
    assert_eq!(scene.trail(skip).len(), 1);
}

/// Nothing is left that could be served or refreshed. Where only the key is missing, it may come
/// back.
#[test]
fn a_link_neither_of_whose_tokens_is_of_use_needs_the_person() {
    for (columns, expected) in [
        ("refresh_token = access_token", "needs_relink unreadable"),
        (
            "refresh_token = replace(refresh_token, 'v1.test.', 'v1.gone.')",
            "active",
        ),
    ] {
        let (scene, links) = due_links(1);
        change(&scene, links[0], columns);
        change(&scene, links[0], "token_expires_at = now()");
        let skip = scene.trail(0).len();
        assert!(claim(&scene, 9, owner(1, 1)).is_empty());
        let state = "SELECT concat_ws(' ', status, status_reason) FROM trakt_users";
        assert_eq!(scene.db.text(state), expected);
        let lost = expected != "active";
        assert_eq!(scene.trail(skip).len(), if lost { 2 } else { 1 });
    }
}

/// As if they had not been made: whoever comes next may have them at once.
#[test]
fn claims_that_came_to_nothing_are_given_back() {
    let (scene, links) = due_links(4);
    change(
        &scene,
        links[1],
        "refresh_state = 'uncertain', attempt = gen_random_uuid(), \
         attempt_owner = gen_random_uuid(), attempt_boot = gen_random_uuid(), \
         lease_until = now() - interval '1 h', replays = 2",
    );
    let state = "SELECT string_agg(concat_ws(' ', refresh_state, replays), ', ' ORDER BY id) \
                 FROM trakt_users";
    let before = scene.db.text(state);
    let me = owner(1, 1);
    let mut cmd = claiming(3, me);
    let claimed = scene.store.claim_due(&cmd).unwrap();
    assert_eq!(claimed.len(), 3);
    let given: HashSet<_> = claimed.iter().map(|refresh| refresh.attempt).collect();
    assert_eq!(given, cmd.attempts.iter().copied().collect());
    // Neither another's nor one that is not known; nor what has ended since.
    let stranger = AttemptId::random(&SystemEntropy);
    scene.store.release(owner(2, 1), &cmd.attempts).unwrap();
    scene.store.release(me, &[stranger]).unwrap();
    assert_eq!(scene.count("trakt_users WHERE refresh_state = 'sent'"), "3");
    cmd.attempts.push(stranger);
    for _ in 0..2 {
        scene.store.release(me, &cmd.attempts).unwrap();
        assert_eq!(scene.db.text(state), before);
    }
    assert_eq!(claim(&scene, 9, me).len(), 4);
}

#[test]
fn a_process_takes_over_what_earlier_ones_of_its_owner_left() {
    let (scene, links) = due_links(5);
    let (me, next_me, other) = (owner(1, 1), owner(1, 2), owner(2, 1));
    assert_eq!(ids(&claim(&scene, 2, me)), set(&links[..2]));
    assert_eq!(ids(&claim(&scene, 1, other)), set(&links[2..3]));
    assert_eq!(ids(&claim(&scene, 1, next_me)), set(&links[3..4]));
    change(
        &scene,
        links[1],
        "refresh_state = 'uncertain', next_try_at = now() + interval '1 min'",
    );
    assert_eq!(scene.store.reclaim(next_me).unwrap(), 2);
    // Not the one that has to wait, nor those of others, nor what it is at itself.
    let again = claim(&scene, 9, next_me);
    assert_eq!(ids(&again), set(&[links[0], links[4]]));
    let replays = again.iter().find(|refresh| refresh.link == links[0]);
    assert_eq!(replays.unwrap().replays, 1);
    let waits = format!(
        "trakt_users WHERE id = '{}' AND refresh_due_at = next_try_at AND next_try_at > now()",
        links[1]
    );
    assert_eq!(scene.count(&waits), "1");
    assert_eq!(scene.store.reclaim(owner(3, 1)).unwrap(), 0);
}

/// The statement that the store itself sends to find what is due.
fn due_query(scene: &Scene) -> String {
    let mut other = PgConnection::establish(&scene.db.url).unwrap();
    let lock = "BEGIN; LOCK TABLE trakt_users IN ACCESS EXCLUSIVE MODE";
    other.batch_execute(lock).unwrap();
    let waiting = "SELECT query FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                   AND datname = current_database()";
    thread::scope(|scope| {
        let job = scope.spawn(|| claim(scene, 10, owner(1, 1)));
        let query = loop {
            assert!(!job.is_finished(), "it reads no links");
            if let Some(Some(query)) = scene.db.texts(waiting).pop() {
                break query;
            }
        };
        other.batch_execute("COMMIT").unwrap();
        assert!(job.join().unwrap().is_empty());
        query
    })
}

#[test]
fn finding_what_is_due_costs_nothing_for_what_is_not() {
    let scene = Scene::new();
    let mut query = due_query(&scene);
    scene.db.sql(
        "INSERT INTO trakt_users (trakt_slug, status, access_token, refresh_token, key_id, \
             token_expires_at, generation, refresh_due_at) \
         SELECT i, 'active', repeat('a', 150), repeat('r', 150), 'test', \
             now() + interval '7 days', 1, \
             now() + CASE WHEN i % 2000 = 0 THEN interval '-1 min' ELSE i * interval '20 s' END \
         FROM generate_series(1, 20000) AS i",
    );
    scene.db.sql("VACUUM ANALYZE trakt_users");
    for (parameter, value) in [
        ("$1", "gen_random_uuid()"),
        ("$2", "gen_random_uuid()"),
        ("$3", "interval '15 min'"),
        ("$4", "interval '10 min'"),
        // More than are due: it must not come to an end for having enough.
        ("$6", "100::bigint"),
    ] {
        assert!(query.contains(parameter), "{query}");
        query = query.replace(parameter, value);
    }
    scene.db.sql(&format!(
        "CREATE FUNCTION explained(query text) RETURNS jsonb LANGUAGE plpgsql AS $f$ \
         DECLARE plan jsonb; BEGIN \
             EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ' || query INTO plan; \
             RETURN plan; \
         END $f$; \
         CREATE TABLE plans AS SELECT explained($q${query}$q$) -> 0 -> 'Plan' AS plan"
    ));
    let plan = scene.db.text("SELECT jsonb_pretty(plan) FROM plans");
    assert!(plan.contains("\"trakt_users_refresh_due\""), "{plan}");
    assert!(!plan.contains("Seq Scan"), "{plan}");
    assert_eq!(
        scene.db.text("SELECT plan -> 'Actual Rows' FROM plans"),
        "10",
        "{plan}"
    );
    let blocks = "SELECT (plan -> 'Shared Hit Blocks')::int + (plan -> 'Shared Read Blocks')::int \
                  FROM plans";
    let blocks: u32 = scene.db.text(blocks).parse().unwrap();
    assert!((1..100).contains(&blocks), "{plan}");
}
