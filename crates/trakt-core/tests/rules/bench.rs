//! What the tests of all rules stand on: names, rows, and a Trakt that is told what to say.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use trakt_core::audit::AuditStamp;
use trakt_core::link::{Link, LinkStatus};
use trakt_core::ports::{
    HeldToken, MockRevocationStore, MockTraktGateway, Revocation, TraktFault, TraktGateway,
};
use trakt_core::testing::FixedClock;
use trakt_core::token::Revoker;
use trakt_core::{
    AccessToken, Clock, LinkId, PortError, RevocationId, TraktSlug, TraktUuid, UserId,
};
use uuid::Uuid;

pub const TEN_SECONDS: Duration = Duration::from_secs(10);

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

pub fn user_id(n: u128) -> UserId {
    Uuid::from_u128(n).into()
}

pub fn link_id(n: u128) -> LinkId {
    Uuid::from_u128(n).into()
}

pub fn slug(text: &str) -> TraktSlug {
    TraktSlug::parse(text).unwrap()
}

pub fn trakt_uuid(text: &str) -> TraktUuid {
    TraktUuid::parse(text).unwrap()
}

/// One that is good.
pub fn held_token(generation: i64) -> HeldToken {
    HeldToken {
        link: link_id(70),
        generation,
        status: LinkStatus::Active,
        reason: None,
        access: Some(AccessToken::from(format!("access-{generation}"))),
        expires_at: Some(now()),
        good: true,
    }
}

pub fn stamp() -> AuditStamp {
    AuditStamp {
        actor: Some(user_id(1)),
        ip: Some([192, 0, 2, 7].into()),
        request_id: Some("request-1".to_owned()),
    }
}

pub fn a_link() -> Link {
    Link {
        id: link_id(70),
        user: Some(user_id(1)),
        slug: slug("sean"),
        username: Some("Sean".to_owned()),
        status: LinkStatus::Active,
        status_since: now(),
        reason: None,
        linked_at: Some(now()),
        token_expires_at: Some(now()),
        last_synced_at: None,
    }
}

/// A token that waits to be revoked: row `n`, text `old-n`.
pub fn revocation(n: u128) -> Revocation {
    Revocation {
        id: revocation_id(n),
        token: AccessToken::from(format!("old-{n}")),
    }
}

pub fn revocation_id(n: u128) -> RevocationId {
    Uuid::from_u128(n).into()
}

pub fn unavailable(retry_after: Option<u64>) -> TraktFault {
    TraktFault::Unavailable {
        detail: "connection refused".to_owned(),
        retry_after: retry_after.map(Duration::from_secs),
    }
}

pub fn misconfigured() -> TraktFault {
    TraktFault::Misconfigured {
        detail: "invalid_client".to_owned(),
    }
}

pub fn store_down() -> PortError {
    PortError::Unavailable("no connection".to_owned())
}

/// Trakt, the tokens that wait to be revoked there, and the clock. Every call that a test does
/// not expect fails it.
pub struct World {
    pub trakt: MockTraktGateway,
    pub waiting: MockRevocationStore,
    pub clock: Arc<FixedClock>,
}

impl World {
    pub fn new() -> Self {
        Self {
            trakt: MockTraktGateway::new(),
            waiting: MockRevocationStore::new(),
            clock: Arc::new(FixedClock::at(now())),
        }
    }

    /// Expects that token `n` is revoked at Trakt and its row forgotten.
    pub fn revokes(&mut self, n: u128) {
        self.trakt
            .expect_revoke()
            .withf(move |token, _| token.expose() == format!("old-{n}"))
            .once()
            .returning(|_, _| Ok(()));
        self.dead(n);
        self.waiting
            .expect_done()
            .withf(move |id| *id == revocation_id(n))
            .once()
            .returning(|_| Ok(()));
    }

    /// Expects that somebody looks whether token `n` works, and finds it dead.
    pub fn dead(&mut self, n: u128) {
        self.trakt
            .expect_identity()
            .withf(move |token, _| token.expose() == format!("old-{n}"))
            .once()
            .returning(|_, _| Err(TraktFault::TokenRefused));
    }

    pub fn parts(self) -> (Arc<dyn TraktGateway>, Revoker, Arc<dyn Clock>) {
        let trakt: Arc<dyn TraktGateway> = Arc::new(self.trakt);
        let revoker = Revoker::new(Arc::new(self.waiting), trakt.clone(), self.clock.clone());
        (trakt, revoker, self.clock)
    }
}
