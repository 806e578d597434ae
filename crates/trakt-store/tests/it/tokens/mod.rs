//! The tokens of links: who may refresh, what comes of it, and whether a token may be handed out.
//! No test waits: time passes by writing other moments into the rows.

mod asked;
mod claim;
mod due;
mod gate;
mod held;
mod pair;
mod probe;
mod rows;
mod settle;

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use chrono::DateTime;
use trakt_core::ports::{
    ClaimRefresh, ClaimedRefresh, PairStored, RefreshClaim, SettleRefresh, StorePair, TokenStore,
};
use trakt_core::token::{AttemptOwner, Attempted, NewPair};
use trakt_core::{AttemptId, LinkId, SystemEntropy, UserId};
use uuid::Uuid;

use crate::scene::{Scene, identity};

const LEASE: Duration = Duration::from_secs(60);

/// What a row says while nobody is at work on it.
const IDLE: &str = "refresh_state = 'idle', attempt = NULL, attempt_owner = NULL, \
                    attempt_boot = NULL, lease_until = NULL, next_try_at = NULL, replays = 0, \
                    failures = 0";

/// Opens the gate and fills its budget.
const OPEN: &str = "UPDATE trakt_gate SET budget = rate, budget_at = clock_timestamp(), \
                    closed_until = '-infinity', failures = 0, brake = false";

/// One link, in its first generation, whose access token is `token`.
struct Kept {
    scene: Scene,
    user: UserId,
    link: LinkId,
}

impl Kept {
    fn new() -> Self {
        let scene = Scene::new();
        let (user, link) = linked(&scene, "ana");
        scene.db.sql(OPEN);
        Self { scene, user, link }
    }

    /// Writes columns behind the store's back.
    fn set(&self, columns: &str) {
        let link = self.link;
        self.scene.db.sql(&format!(
            "UPDATE trakt_users SET {columns} WHERE id = '{link}'"
        ));
    }

    /// The value of an expression over the row; of several in brackets: `(idle,,0)`.
    fn get(&self, expression: &str) -> String {
        let link = self.link;
        self.scene.db.text(&format!(
            "SELECT {expression} FROM trakt_users WHERE id = '{link}'"
        ))
    }

    /// The whole row.
    fn row(&self) -> String {
        self.get("trakt_users")
    }

    /// Expects a moment so many seconds ahead, give or take what the test itself takes.
    fn assert_ahead(&self, column: &str, seconds: i64) {
        let ahead = self.get(&format!("ceil(extract(epoch FROM {column} - now()))::int"));
        assert_ahead(column, &ahead, seconds);
    }

    fn try_claim(&self, generation: i64, owner: AttemptOwner) -> RefreshClaim {
        let cmd = claiming(self.link, generation, owner);
        self.scene.store.claim_refresh(&cmd).unwrap()
    }

    fn claim(&self) -> ClaimedRefresh {
        match self.try_claim(1, owner(1, 1)) {
            RefreshClaim::Claimed(claimed) => *claimed,
            other => panic!("not claimed: {other:?}"),
        }
    }

    /// An attempt of the first generation is under way. Spends nothing of the budget.
    fn sent(&self) -> AttemptId {
        let attempt = AttemptId::random(&SystemEntropy);
        let owner = owner(1, 1);
        self.set(&format!(
            "refresh_state = 'sent', attempt = '{attempt}', attempt_owner = '{}', \
             attempt_boot = '{}', lease_until = now() + interval '1 min', next_try_at = NULL",
            owner.id, owner.boot
        ));
        attempt
    }

    fn settle(&self, attempt: AttemptId, end: Attempted) {
        self.scene
            .store
            .settle_refresh(&settling(self.link, attempt, end))
            .unwrap();
    }

    /// An attempt that ends so.
    fn ends(&self, end: Attempted) {
        self.settle(self.sent(), end);
    }

    fn store_pair(&self, generation: i64, token: &str) -> PairStored {
        let cmd = pair(self.link, generation, token);
        self.scene.store.store_pair(&cmd).unwrap()
    }
}

/// A user of this name with a link, whose access token is `token`.
fn linked(scene: &Scene, name: &str) -> (UserId, LinkId) {
    let user = scene.user(&format!("{name}@example.org"));
    let link = scene.link(user, "token", &identity(&format!("uuid-{name}"), name));
    (user, link.id)
}

fn assert_ahead(what: &str, ahead: &str, seconds: i64) {
    let late = seconds - ahead.parse::<i64>().unwrap();
    assert!((0..10).contains(&late), "{what}: in {ahead} s");
}

fn owner(id: u128, boot: u128) -> AttemptOwner {
    AttemptOwner {
        id: Uuid::from_u128(id),
        boot: Uuid::from_u128(boot),
    }
}

fn claiming(link: LinkId, generation: i64, owner: AttemptOwner) -> ClaimRefresh {
    ClaimRefresh {
        link,
        generation,
        attempt: AttemptId::random(&SystemEntropy),
        owner,
        lease: LEASE,
    }
}

fn settling(link: LinkId, attempt: AttemptId, end: Attempted) -> SettleRefresh {
    SettleRefresh {
        link,
        generation: 1,
        attempt,
        end,
        jitter: 1.0,
    }
}

/// A pair that was received 100 s ago, lives 1,000 s and is to be refreshed after 600.
pub(crate) fn pair(link: LinkId, generation: i64, token: &str) -> StorePair {
    StorePair {
        link,
        generation,
        pair: NewPair {
            access: token.to_owned().into(),
            refresh: format!("{token}-refresh").into(),
            lifetime: Duration::from_secs(1000),
            received_at: DateTime::UNIX_EPOCH,
        },
        age: Duration::from_secs(100),
        refresh_after: Duration::from_secs(600),
        detail: None,
    }
}

/// Opens a sealed value of `trakt_users` as its format says, without the store.
fn opened(column: &str, row: LinkId, generation: i64, sealed: &str) -> Option<String> {
    let body = BASE64_URL_SAFE_NO_PAD.decode(sealed.strip_prefix("v1.test.")?);
    let body = body.ok()?;
    let (nonce, ciphertext) = body.split_at_checked(24)?;
    let mut bound = Vec::new();
    for text in ["v1", "test", "trakt_users", column] {
        bound.extend((text.len() as u64).to_be_bytes());
        bound.extend(text.as_bytes());
    }
    bound.extend(row.uuid().as_bytes());
    bound.extend(generation.to_be_bytes());
    let payload = Payload {
        msg: ciphertext,
        aad: &bound,
    };
    // The key of `database::KEYS`.
    let cipher = XChaCha20Poly1305::new_from_slice(&[b'a'; 32]).unwrap();
    let secret = cipher.decrypt(&XNonce::try_from(nonce).unwrap(), payload);
    String::from_utf8(secret.ok()?).ok()
}
