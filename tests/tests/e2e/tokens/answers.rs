//! What Trakt answers to a refresh.

use serde_json::json;
use trakt_sim::Fault;

use super::Scene;

/// A second is not worth telling a caller of.
#[test]
fn a_short_pause_is_waited_for() {
    let scene = Scene::new();
    let user = scene.link("sean2");
    let mut holder = scene.holder();
    scene.end_tokens();
    let pause = Fault::status(429).header("retry-after", "0");
    scene.sim.fault("POST /oauth/token", pause).unwrap();
    let answer = holder.token(user);
    let took = answer.strip_prefix(&format!("token {user} 2 "));
    let took: u64 = took.expect(&answer).parse().unwrap();
    assert!(took >= 1000, "{took}");
    assert_eq!(scene.refreshes(), 2);
}

/// Every class of answer, as the decision record has it.
#[test]
fn what_trakt_answers_decides_what_becomes_of_the_link() {
    let grant = json!({"error": "invalid_grant", "error_description": "session not found"});
    let grant = grant.to_string();
    let page = "<!DOCTYPE html><html><body>Attention Required!</body></html>";
    let (idle, uncertain) = ("active idle", "active uncertain");
    let dead = "needs_relink idle revoked";
    // With the least time until the next call, in seconds: half a backoff, or what was asked for.
    let cases = [
        (Fault::answer(400, &grant), dead, 0),
        (Fault::answer(401, &grant), dead, 0),
        (Fault::answer(400, page), idle, 14),
        (Fault::status(400), idle, 14),
        (Fault::answer(403, page), idle, 14),
        (Fault::answer(429, page), idle, 14),
        (
            Fault::status(429).header("retry-after", "99999999"),
            idle,
            3590,
        ),
        (
            Fault::status(429).header("retry-after", "Wed, 21 Oct 2099 07:28:00 GMT"),
            idle,
            3590,
        ),
        (Fault::status(429).header("retry-after", "120"), idle, 115),
        (
            Fault::answer(502, page).header("retry-after", "120"),
            uncertain,
            115,
        ),
        (Fault::status(503), idle, 14),
        (Fault::answer(500, "{\"error\":\"oops\"}"), idle, 14),
        (Fault::answer(500, page), uncertain, 1),
        (Fault::answer(502, page), uncertain, 1),
        (Fault::status(521), uncertain, 1),
        (Fault::Html, uncertain, 1),
        (Fault::CutBefore, uncertain, 1),
        (Fault::CutAfter, uncertain, 1),
        (Fault::Truncate, uncertain, 1),
        (
            Fault::answer(401, "{\"error\":\"invalid_client\"}"),
            idle,
            14,
        ),
    ];
    let scene = Scene::new();
    let mut holder = scene.holder();
    for (number, (fault, expected, wait)) in cases.into_iter().enumerate() {
        let slug = format!("user{number}");
        let user = scene.link(&slug);
        // Each for itself: what replicas tell each other is another test's business.
        scene.database.execute(
            "UPDATE trakt_gate SET closed_until = now(), failures = 0, brake = false, trust = 5, \
                                   budget = rate",
            &[],
        );
        scene.end_tokens();
        let before = scene.refreshes();
        scene.sim.fault("POST /oauth/token", fault.clone()).unwrap();
        let answer = holder.token(user);
        assert!(answer.starts_with("none "), "{fault:?}: {answer}");
        let sql = "SELECT concat_ws(' ', status, refresh_state, status_reason), \
                          coalesce(extract(epoch FROM next_try_at - now()), 0)::int \
                   FROM trakt_users WHERE user_id = $1";
        let row = &scene.database.rows(sql, &[&user])[0];
        assert_eq!(row.get::<_, String>(0), expected, "{fault:?}");
        let ahead: i32 = row.get(1);
        assert!(ahead >= wait, "{fault:?}: an early call, in {ahead} s");
        // Asked again at once, nobody calls.
        assert!(holder.token(user).starts_with("none "), "{fault:?}");
        assert_eq!(scene.refreshes(), before + 1, "{fault:?}");
    }
}
