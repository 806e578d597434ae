//! Who a caller is.

mod account;
mod outside;
mod sign_in;

use std::sync::Arc;

use trakt_core::ports::{MockAuditStore, MockPasswordHasher, MockUserStore};
use trakt_core::testing::CountingEntropy;
use trakt_core::user::{Email, PasswordHash, Role, User, UserService};

use crate::bench::{now, user_id};

const ANA_ID: u128 = 0x1234;

fn email() -> Email {
    Email::parse("ana@example.org").unwrap()
}

fn hash() -> PasswordHash {
    PasswordHash::from("$argon2id$ana".to_owned())
}

fn ana(role: Role, password_hash: Option<PasswordHash>) -> User {
    User {
        id: user_id(ANA_ID),
        email: email(),
        role,
        password_hash,
        created_at: now(),
    }
}

/// The ports of [`UserService`]. Every call that a test does not expect fails it.
#[derive(Default)]
struct Ports {
    users: MockUserStore,
    audit: MockAuditStore,
    hasher: MockPasswordHasher,
}

impl Ports {
    fn service(self) -> UserService {
        UserService::new(
            Arc::new(self.users),
            Arc::new(self.audit),
            Arc::new(self.hasher),
            Arc::new(CountingEntropy::default()),
        )
    }
}
