//! What a used refresh token is answered in each rotation mode, and how long an old access token
//! lives.

use serde_json::{Value, json};
use trakt_sim::{Config, Rotation, Sim, TokenState};

use crate::client::{Client, pair, start};

fn begin(rotation: Rotation) -> (Sim, Client) {
    start(Config {
        rotation,
        ..Config::default()
    })
}

fn states(sim: &Sim) -> Vec<(TokenState, u32, usize)> {
    let tokens = sim.tokens();
    let brief = tokens.iter().map(|t| (t.state, t.generation, t.session));
    brief.collect()
}

fn opens(client: &Client, access_token: &str) -> bool {
    match client.api("/users/settings", Some(access_token)).status {
        200 => true,
        401 => false,
        other => panic!("{other}"),
    }
}

fn refused(client: &Client, refresh_token: &str) {
    let answer = client.refresh(refresh_token);
    let expected = json!({ "error": "invalid_grant", "error_description": "session not found" });
    assert_eq!((answer.status, answer.json()), (400, expected));
}

#[test]
fn grace_replaces_a_successor_that_nobody_used() {
    let (sim, client) = begin(Rotation::Grace);
    let (first_access, first) = client.link(&sim, "sean");
    let (lost_access, lost) = pair(&client.refresh(&first));
    let (lost_too_access, lost_too) = pair(&client.refresh(&first));
    let (access, refresh) = pair(&client.refresh(&first));
    assert_eq!(
        states(&sim),
        [
            (TokenState::Rotated, 1, 0),
            (TokenState::Revoked, 2, 0),
            (TokenState::Revoked, 2, 0),
            (TokenState::Live, 2, 0),
        ]
    );
    for dead in [&lost, &lost_too] {
        refused(&client, dead);
    }
    for dead in [&first_access, &lost_access, &lost_too_access] {
        assert!(!opens(&client, dead));
    }

    // None of the dead ones did harm, and none counts as a use of the one that lives.
    assert_eq!(sim.tokens()[3].refresh_token, refresh);
    assert!(!sim.tokens()[3].access_used);
    assert!(opens(&client, &access));
}

#[test]
fn grace_ends_with_the_first_use_of_the_successors_access_token() {
    let (sim, client) = begin(Rotation::Grace);
    let (_, first) = client.link(&sim, "sean");
    let (access, second) = pair(&client.refresh(&first));
    // A request that the token did not authenticate is no use of it.
    let other_key = [("trakt-api-key", "other"), ("trakt-api-version", "2")];
    assert_eq!(client.get("/users/settings", &other_key).status, 403);
    assert!(!sim.tokens()[1].access_used);

    assert!(opens(&client, &access));
    assert!(sim.tokens()[1].access_used);
    refused(&client, &first);
    assert_eq!(sim.tokens()[1].state, TokenState::Live, "it did no harm");
    assert_eq!(client.refresh(&second).status, 200);
}

#[test]
fn grace_ends_with_the_use_of_the_successors_refresh_token() {
    let (sim, client) = begin(Rotation::Grace);
    let (_, first) = client.link(&sim, "sean");
    let (_, second) = pair(&client.refresh(&first));
    let (_, third) = pair(&client.refresh(&second));
    refused(&client, &first);
    let (_, instead) = pair(&client.refresh(&second));
    refused(&client, &third);
    refused(&client, &first);
    let (_, fourth) = pair(&client.refresh(&instead));
    assert_eq!(sim.tokens()[4].refresh_token, fourth);
    assert_eq!(sim.tokens()[4].generation, 4);
}

#[test]
fn grace_brings_nothing_back_that_was_ended() {
    let (sim, client) = begin(Rotation::Grace);
    // Its owner disconnected it, the client revoked its successor, the client revoked it itself.
    let (_, disconnected) = client.link(&sim, "sean");
    client.refresh(&disconnected);
    assert_eq!(sim.disconnect("sean"), Ok(1));
    refused(&client, &disconnected);

    let (_, without_successor) = client.link(&sim, "justin");
    let (_, successor) = pair(&client.refresh(&without_successor));
    client.revoke(&successor);
    refused(&client, &without_successor);

    let (_, revoked) = client.link(&sim, "ana-lucia");
    let (access, _) = pair(&client.refresh(&revoked));
    client.revoke(&revoked);
    refused(&client, &revoked);
    assert!(opens(&client, &access), "only its own pair ended");
}

#[test]
fn of_many_refreshes_at_once_grace_answers_all_and_leaves_one_alive() {
    let (sim, client) = begin(Rotation::Grace);
    let (_, refresh) = client.link(&sim, "sean");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(client.refresh(&refresh).status, 200));
        }
    });
    let live = |t: &&trakt_sim::TokenPair| t.state == TokenState::Live;
    assert_eq!(sim.tokens().iter().filter(live).count(), 1);
    assert_eq!(sim.tokens().len(), 9);
}

#[test]
fn a_replay_revokes_the_family_and_nothing_else() {
    let (sim, client) = begin(Rotation::RevokeFamily);
    let (_, first) = client.link(&sim, "sean");
    let (other, _) = client.link(&sim, "sean");
    let (_, second) = pair(&client.refresh(&first));
    let (access, third) = pair(&client.refresh(&second));
    assert!(opens(&client, &access));
    refused(&client, "unknown");
    assert!(opens(&client, &access), "no token of the family came back");

    refused(&client, &first);
    assert!(!opens(&client, &access));
    refused(&client, &third);
    assert!(
        opens(&client, &other),
        "another session of the same account"
    );
    assert_eq!(
        states(&sim),
        [
            (TokenState::Rotated, 1, 0),
            (TokenState::Live, 1, 1),
            (TokenState::Rotated, 2, 0),
            (TokenState::Revoked, 3, 0),
        ]
    );
}

#[test]
fn a_replay_by_another_client_revokes_nothing() {
    let (sim, client) = start(Config {
        rotation: Rotation::RevokeFamily,
        any_client: true,
        ..Config::default()
    });
    let (_, first) = client.link(&sim, "sean");
    client.refresh(&first);
    let mut body = crate::client::refresh_body(&first);
    body["client_id"] = json!("another");
    assert_eq!(client.post("/oauth/token", &body).status, 400);
    assert_eq!(sim.tokens()[1].state, TokenState::Live);
}

#[test]
fn the_old_access_token_lives_until_it_expires_where_that_is_set() {
    let (sim, client) = start(Config {
        old_access_works: true,
        token_expires_in: 100,
        ..Config::default()
    });
    let (old, first) = client.link(&sim, "sean");
    sim.advance(50);
    let (new, second) = pair(&client.refresh(&first));
    assert!(opens(&client, &old) && opens(&client, &new));
    refused(&client, &first);
    sim.advance(60);
    assert!(!opens(&client, &old), "it expired");
    assert!(opens(&client, &new));

    // What ends it sooner: a revocation of its own, the end of the link.
    let (newer, third) = pair(&client.refresh(&second));
    client.revoke(&new);
    assert!(!opens(&client, &new) && opens(&client, &newer));
    let (newest, _) = pair(&client.refresh(&third));
    assert!(opens(&client, &newer) && opens(&client, &newest));
    sim.disconnect("sean").unwrap();
    assert!(!opens(&client, &newer) && !opens(&client, &newest));
}

#[test]
fn a_replay_ends_the_old_access_tokens_of_the_family_too() {
    let (sim, client) = start(Config {
        old_access_works: true,
        rotation: Rotation::RevokeFamily,
        ..Config::default()
    });
    let (old, first) = client.link(&sim, "sean");
    let (new, _) = pair(&client.refresh(&first));
    assert!(opens(&client, &old) && opens(&client, &new));
    refused(&client, &first);
    assert!(!opens(&client, &old) && !opens(&client, &new));
}

#[test]
fn the_settings_change_as_it_runs() {
    let (sim, client) = start(Config::default());
    let settings = || client.get("/_sim/settings", &[]).json();
    let set = |body: Value| client.post("/_sim/settings", &body);
    let brief = |settings: &Value| {
        json!({
            "rotation": settings["rotation"],
            "old_access_works": settings["old_access_works"],
        })
    };
    let strict = json!({ "rotation": "strict", "old_access_works": false });
    assert_eq!(brief(&settings()), strict);
    let (old, first) = client.link(&sim, "sean");
    client.refresh(&first);
    refused(&client, &first);

    let answer = set(json!({ "rotation": "grace" }));
    let grace = json!({ "rotation": "grace", "old_access_works": false });
    assert_eq!((answer.status, brief(&answer.json())), (200, grace));
    assert_eq!(sim.rotation(), Rotation::Grace);
    let (access, _) = pair(&client.refresh(&first));

    assert_eq!(set(json!({ "old_access_works": true })).status, 200);
    assert!(sim.old_access_works() && opens(&client, &old));
    sim.set_old_access_works(false);
    assert!(!opens(&client, &old));

    sim.set_rotation(Rotation::RevokeFamily);
    assert_eq!(settings()["rotation"], "revoke_family");
    refused(&client, &first);
    assert!(!opens(&client, &access));

    for wrong in [json!({ "rotation": "none" }), json!({ "typo": 1 })] {
        assert_eq!(set(wrong.clone()).status, 400, "{wrong}");
    }
    assert_eq!(settings()["rotation"], "revoke_family");
    assert_eq!(brief(&set(strict.clone()).json()), strict);
}
