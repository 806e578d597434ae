//! The pages as people use them: in a real browser, and what they answer.

mod access;
mod activity;
mod admin;
pub mod browser;
mod docs;
mod link;
mod mine;
mod sign_in;
pub mod visit;

use uuid::Uuid;

use crate::harness::{AUTH_SECRET, Database, TOKEN_KEYS, run_command};

/// Everybody's password.
pub const PASSWORD: &str = "a long password";

/// Adds somebody who can sign in to the pages.
pub fn account(database: &Database, email: &str, role: &str) -> Uuid {
    let dir = tempfile::tempdir().unwrap();
    let add = [
        "user",
        "add",
        "--email",
        email,
        "--role",
        role,
        "--password-stdin",
    ];
    let vars = [
        ("DATABASE_URL", database.url()),
        ("DATA_DIR", dir.path().to_str().unwrap()),
        ("AUTH_SECRET", AUTH_SECRET),
        ("TOKEN_KEYS", TOKEN_KEYS),
    ];
    let added = run_command(&add, &vars, &format!("{PASSWORD}\n"));
    assert!(added.status.success(), "{added:?}");
    let rows = database.rows("SELECT id FROM users WHERE email = $1", &[&email]);
    rows[0].get(0)
}
