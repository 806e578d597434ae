//! Rows that cannot be, even for who writes SQL by hand.

use super::Kept;
use crate::constraints::refused;
use crate::scene::{Scene, profile};

#[test]
fn an_attempt_is_whole_or_not_there() {
    let kept = Kept::new();
    let state = "trakt_users_refresh_state_holds";
    let set = |columns: &str| (state, format!("UPDATE trakt_users SET {columns}"));
    let idle = [
        "attempt = gen_random_uuid()",
        "attempt_owner = gen_random_uuid()",
        "attempt_boot = gen_random_uuid()",
        "lease_until = now()",
        "refresh_state = 'sent'",
        "refresh_state = 'uncertain'",
        "refresh_state = 'odd'",
    ];
    refused(&kept.scene.db, &idle.map(set));
    for word in ["sent", "uncertain"] {
        kept.sent();
        kept.set(&format!("refresh_state = '{word}'"));
        let parts = [
            "attempt = NULL",
            "attempt_owner = NULL",
            "attempt_boot = NULL",
            "lease_until = NULL",
            "refresh_state = 'idle'",
        ];
        refused(&kept.scene.db, &parts.map(set));
    }
}

#[test]
fn what_has_no_tokens_is_not_refreshed() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    scene.associate(user, &profile(None, "sean"));
    let tokens = "trakt_users_refresh_has_tokens";
    let set = |columns: &str| (tokens, format!("UPDATE trakt_users SET {columns}"));
    let cases = [
        "refresh_due_at = now()",
        "probe_at = now()",
        "previous_refresh_token = 'r'",
        "refresh_state = 'sent', attempt = gen_random_uuid(), attempt_owner = gen_random_uuid(), \
         attempt_boot = gen_random_uuid(), lease_until = now()",
    ];
    refused(&scene.db, &cases.map(set));
}

#[test]
fn there_is_one_gate() {
    let scene = Scene::new();
    refused(
        &scene.db,
        &[
            (
                "trakt_gate_one_row",
                "INSERT INTO trakt_gate (id) VALUES (2)".to_owned(),
            ),
            (
                "trakt_gate_pkey",
                "INSERT INTO trakt_gate DEFAULT VALUES".to_owned(),
            ),
        ],
    );
}
