//! What tests do to a store again and again: a user, a flow, a link.

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use trakt_core::audit::AuditStamp;
use trakt_core::link::{Link, TokenPair};
use trakt_core::ports::{
    AdminStore, Authorise, AuthoriseOutcome, ClaimAccount, ClaimOutcome, ClaimPoll, CompleteFlow,
    Completion, DueFlow, LinkStore, NewUser, OpenFlow, PollClaim, Revocation, RevocationStore,
    UserStore,
};
use trakt_core::user::{Email, PasswordHash, Role};
use trakt_core::{
    AccessToken, FlowHandle, FlowId, FlowKey, LinkId, RefreshToken, SystemEntropy, TraktIdentity,
    TraktProfile, TraktSlug, TraktUuid, UserId,
};
use trakt_store::PgStore;

use crate::database::Database;

pub const INTERVAL: Duration = Duration::from_secs(5);
pub const LEASE: Duration = Duration::from_secs(15);

pub struct Scene {
    pub db: Database,
    pub store: PgStore,
}

/// A flow that a user opened.
#[derive(Clone, Copy)]
pub struct Flow {
    pub id: FlowId,
    pub key: FlowKey,
    pub user: UserId,
}

impl Scene {
    pub fn new() -> Self {
        let db = Database::new();
        let store = db.store();
        Self { db, store }
    }

    pub fn user(&self, email: &str) -> UserId {
        let user = NewUser {
            id: UserId::random(&SystemEntropy),
            email: Email::parse(email).unwrap(),
            role: Role::User,
            password_hash: Some(PasswordHash::from("$argon2id$x".to_owned())),
            stamp: stamp(),
        };
        self.store.add(&user).unwrap().id
    }

    pub fn flow(&self, user: UserId) -> Flow {
        self.flow_with(user, false).0
    }

    /// A new flow, and what the one before it held.
    pub fn flow_with(&self, user: UserId, replace: bool) -> (Flow, Vec<Revocation>) {
        let cmd = opening(user, replace);
        let revocations = self.store.open_flow(&cmd).unwrap().unwrap();
        let (id, key) = (cmd.id, cmd.key);
        (Flow { id, key, user }, revocations)
    }

    pub fn claim(&self, flow: Flow) -> PollClaim {
        self.store.claim_poll(&claim(flow)).unwrap()
    }

    /// Makes the flow due, whatever its interval, and claims it.
    pub fn due(&self, flow: Flow) -> DueFlow {
        self.make_due(flow);
        match self.claim(flow) {
            PollClaim::Due(due) => due,
            other => panic!("not due: {other:?}"),
        }
    }

    pub fn make_due(&self, flow: Flow) {
        let id = flow.id;
        self.db.sql(&format!(
            "UPDATE device_flows SET next_poll_at = now() WHERE id = '{id}'"
        ));
    }

    /// Trakt gave these tokens.
    pub fn authorise(&self, flow: Flow, token: &str) -> AuthoriseOutcome {
        let tokens = tokens(token);
        let cmd = Authorise {
            flow: flow.id,
            tokens,
        };
        self.store.authorise(&cmd).unwrap()
    }

    pub fn complete(&self, flow: Flow, token: &str, identity: &TraktIdentity) -> Completion {
        self.store
            .complete(&completion(flow, token, identity))
            .unwrap()
    }

    /// A link, the whole way.
    pub fn link(&self, user: UserId, token: &str, identity: &TraktIdentity) -> Link {
        let flow = self.flow(user);
        self.due(flow);
        assert!(matches!(
            self.authorise(flow, token),
            AuthoriseOutcome::Kept
        ));
        match self.complete(flow, token, identity) {
            Completion::Linked(link, revocations) => {
                assert!(revocations.is_empty());
                *link
            }
            other => panic!("not linked: {other:?}"),
        }
    }

    /// An admin's claim that went well.
    pub fn associate(&self, user: UserId, profile: &TraktProfile) -> (Link, Vec<Revocation>) {
        match self
            .store
            .claim_account(&claiming(user, profile, false))
            .unwrap()
        {
            ClaimOutcome::Associated(link, revocations) => (*link, revocations),
            other => panic!("not associated: {other:?}"),
        }
    }

    /// The trail: event, outcome and detail of every entry from the `skip`th on.
    pub fn trail(&self, skip: usize) -> Vec<String> {
        let trail = self.db.texts(
            "SELECT concat_ws(' ', event, outcome, detail) FROM \
             (SELECT * FROM audit_log ORDER BY id) AS entries",
        );
        trail.into_iter().skip(skip).flatten().collect()
    }

    /// The tokens that wait for revoking, all made due and taken.
    pub fn queue(&self) -> Vec<String> {
        self.db
            .sql("UPDATE token_revocations SET next_try_at = now()");
        let mut tokens = tokens_of(&self.store.due(1000, LEASE).unwrap());
        tokens.sort();
        tokens
    }

    /// Counts the rows of a table that fit.
    pub fn count(&self, from: &str) -> String {
        self.db.text(&format!("SELECT count(*) FROM {from}"))
    }
}

pub fn stamp() -> AuditStamp {
    AuditStamp {
        actor: None,
        ip: Some(IpAddr::from([192, 0, 2, 7])),
        request_id: Some("request-1".to_owned()),
    }
}

pub fn opening(user: UserId, replace: bool) -> OpenFlow {
    let handle = FlowHandle::random(&SystemEntropy);
    OpenFlow {
        id: FlowId::random(&SystemEntropy),
        key: handle.key(),
        user,
        replace,
        device_code: "device-canary".to_owned().into(),
        user_code: "user-canary".to_owned(),
        verification_url: "https://trakt.tv/activate".to_owned(),
        lifetime: Duration::from_secs(600),
        interval: INTERVAL,
        stamp: stamp(),
    }
}

pub fn claim(flow: Flow) -> ClaimPoll {
    ClaimPoll {
        user: flow.user,
        key: flow.key,
        lease: LEASE,
        stamp: stamp(),
    }
}

pub fn completion(flow: Flow, token: &str, identity: &TraktIdentity) -> CompleteFlow {
    CompleteFlow {
        flow: flow.id,
        user: flow.user,
        tokens: tokens(token),
        identity: identity.clone(),
        new_link: LinkId::random(&SystemEntropy),
        stamp: stamp(),
    }
}

pub fn claiming(user: UserId, profile: &TraktProfile, replace: bool) -> ClaimAccount {
    ClaimAccount {
        user,
        profile: profile.clone(),
        replace,
        new_link: LinkId::random(&SystemEntropy),
        stamp: stamp(),
    }
}

/// A pair whose access token is `token` and whose refresh token is `token-refresh`.
pub fn tokens(token: &str) -> TokenPair {
    TokenPair {
        access: AccessToken::from(token.to_owned()),
        refresh: RefreshToken::from(format!("{token}-refresh")),
        expires_at: token_end(),
    }
}

/// When the tokens of every test end.
pub fn token_end() -> DateTime<Utc> {
    DateTime::from_timestamp(4_102_444_800, 0).unwrap()
}

pub fn identity(uuid: &str, slug: &str) -> TraktIdentity {
    TraktIdentity {
        uuid: TraktUuid::parse(uuid).unwrap(),
        slug: TraktSlug::parse(slug).unwrap(),
        username: slug.to_uppercase(),
    }
}

pub fn profile(uuid: Option<&str>, slug: &str) -> TraktProfile {
    TraktProfile {
        uuid: uuid.map(|uuid| TraktUuid::parse(uuid).unwrap()),
        slug: TraktSlug::parse(slug).unwrap(),
        username: Some(slug.to_uppercase()),
    }
}

pub fn tokens_of(revocations: &[Revocation]) -> Vec<String> {
    let token = |revocation: &Revocation| revocation.token.expose().to_owned();
    revocations.iter().map(token).collect()
}
