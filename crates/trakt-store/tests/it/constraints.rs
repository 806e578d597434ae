//! The rules that hold even for who writes SQL by hand.

use crate::database::Database;

const ANA: &str = "11111111-1111-1111-1111-111111111111";
const BEN: &str = "22222222-2222-2222-2222-222222222222";

fn two_users() -> Database {
    let db = Database::new();
    db.sql(&format!(
        "INSERT INTO users (id, email) VALUES ('{ANA}', 'ana@example.org'), \
         ('{BEN}', 'ben@example.org')"
    ));
    db
}

/// Expects that each statement breaks the constraint of that name.
pub(crate) fn refused(db: &Database, cases: &[(&str, String)]) {
    for (constraint, sql) in cases {
        let error = db.try_sql(sql).unwrap_err().to_string();
        assert!(
            error.contains(&format!("\"{constraint}\"")),
            "{sql}: {error}"
        );
    }
}

#[test]
fn users() {
    let db = two_users();
    let add = |values: &str| format!("INSERT INTO users (email, role, subject) VALUES {values}");
    db.sql(&add("('cleo@example.org', 'admin', 's1')"));
    refused(
        &db,
        &[
            ("users_email_once", add("('ANA@example.org', 'user', NULL)")),
            (
                "users_role_known",
                add("('dora@example.org', 'root', NULL)"),
            ),
            (
                "users_subject_once",
                add("('dora@example.org', 'user', 's1')"),
            ),
        ],
    );
}

#[test]
fn one_user_one_account_and_one_account_one_user() {
    let db = two_users();
    let add = |user: &str, slug: &str, uuid: &str| {
        format!(
            "INSERT INTO trakt_users (user_id, trakt_slug, trakt_uuid) \
             VALUES ({user}, '{slug}', {uuid})"
        )
    };
    let (ana, ben) = (format!("'{ANA}'"), format!("'{BEN}'"));
    db.sql(&add(&ana, "sean", "'u1'"));
    refused(
        &db,
        &[
            ("trakt_users_user_once", add(&ana, "justin", "'u2'")),
            ("trakt_users_slug_once", add(&ben, "sean", "'u2'")),
            ("trakt_users_uuid_once", add(&ben, "justin", "'u1'")),
            (
                "trakt_users_user",
                add("gen_random_uuid()", "justin", "'u2'"),
            ),
        ],
    );
    // Accounts of nobody do not get in each other's way.
    db.sql(&add("NULL", "x", "NULL"));
    db.sql(&add("NULL", "y", "NULL"));
}

#[test]
fn tokens_come_whole() {
    let db = two_users();
    db.sql("INSERT INTO trakt_users (trakt_slug) VALUES ('sean')");
    let set = |columns: &str| format!("UPDATE trakt_users SET {columns}");
    let whole = "access_token = 'a', refresh_token = 'r', key_id = 'k', token_expires_at = now()";
    refused(
        &db,
        &[
            ("trakt_users_status_known", set("status = 'odd'")),
            ("trakt_users_active_has_tokens", set("status = 'active'")),
            ("trakt_users_generation_counts", set("generation = -1")),
            ("trakt_users_tokens_whole", set("access_token = 'a'")),
            (
                "trakt_users_tokens_whole",
                set("access_token = 'a', refresh_token = 'r'"),
            ),
            ("trakt_users_tokens_whole", set("key_id = 'k'")),
        ],
    );
    db.sql(&set(&format!("{whole}, status = 'active'")));
    refused(
        &db,
        &[("trakt_users_tokens_whole", set("refresh_token = NULL"))],
    );
}

#[test]
fn a_flow_holds_what_its_state_needs_and_no_more() {
    let db = two_users();
    let add = |key: &str| {
        format!(
            "INSERT INTO device_flows (id, key, user_id, replace, device_code, user_code, \
             verification_url, interval_ms, next_poll_at, expires_at, key_id) \
             VALUES (gen_random_uuid(), '{key}', '{ANA}', false, 'd', 'u', 'v', 5000, now(), \
             now(), 'k')"
        )
    };
    let set = |columns: &str| format!("UPDATE device_flows SET {columns}");
    let tokens = "access_token = 'a', refresh_token = 'r', token_expires_at = now()";
    let no_codes = "device_code = NULL, user_code = NULL";
    let ended = "state = 'ended', outcome = 'linked', ended_at = now()";
    db.sql(&add("k1"));
    refused(
        &db,
        &[
            ("device_flows_one_open", add("k2")),
            ("device_flows_interval_positive", set("interval_ms = 0")),
            ("device_flows_state_holds", set("state = 'odd'")),
            ("device_flows_state_holds", set("device_code = NULL")),
            ("device_flows_state_holds", set(tokens)),
            ("device_flows_state_holds", set("state = 'authorised'")),
            (
                "device_flows_state_holds",
                set(&format!("state = 'authorised', {tokens}")),
            ),
            ("device_flows_state_holds", set(ended)),
            (
                "device_flows_state_holds",
                set(&format!("{ended}, {no_codes}")),
            ),
        ],
    );
    db.sql(&set(&format!("state = 'authorised', {no_codes}, {tokens}")));
    refused(
        &db,
        &[(
            "device_flows_state_holds",
            set(&format!("{ended}, key_id = NULL")),
        )],
    );
    db.sql(&set(&format!(
        "{ended}, key_id = NULL, access_token = NULL, refresh_token = NULL, \
         token_expires_at = NULL"
    )));
    refused(&db, &[("device_flows_key_once", add("k1"))]);
    db.sql(&add("k2"));
}

#[test]
fn the_outcome_of_an_entry_is_a_known_word() {
    let db = Database::new();
    let sql = "INSERT INTO audit_log (event, outcome) VALUES ('linked', 'odd')";
    refused(&db, &[("audit_log_outcome_known", sql.to_owned())]);
}

#[test]
fn a_deleted_user_takes_link_and_flows_along() {
    let db = two_users();
    for user in [ANA, BEN] {
        db.sql(&format!(
            "INSERT INTO trakt_users (user_id, trakt_slug) VALUES ('{user}', '{user}'); \
             INSERT INTO audit_log (event, outcome, subject_id) \
             VALUES ('linked', 'succeeded', '{user}')"
        ));
    }
    db.sql(&format!("DELETE FROM users WHERE id = '{ANA}'"));
    assert_eq!(db.text("SELECT user_id FROM trakt_users"), BEN);
    assert_eq!(db.text("SELECT count(*) FROM audit_log"), "2");
}
