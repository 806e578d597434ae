//! The process breaks at a moment of a refresh: ports that pass everything on, but for that.

use std::sync::Arc;
use std::time::Duration;

use signal_hook::consts::{SIGKILL, SIGSTOP};
use signal_hook::low_level::raise;
use trakt_core::ports::{
    ClaimDue, ClaimRefresh, ClaimedRefresh, DeviceGrant, DevicePoll, HeldToken, JournalEntry,
    JournalSlot, LeftBehind, PairStored, PortError, ProbeDue, RefreshClaim, RefreshFault,
    RefreshJournal, SettleProbe, SettleRefresh, StorePair, TokenGrant, TokenStore, TraktFault,
    TraktGateway,
};
use trakt_core::token::{AttemptOwner, GateReason};
use trakt_core::{
    AccessToken, AttemptId, DeviceCode, RefreshToken, TraktIdentity, TraktProfile, TraktSlug,
    UserId,
};
use trakt_store::{Journal, PgStore};

/// When, and by which signal.
#[derive(Clone)]
pub struct Breaking {
    at: Option<String>,
    by: i32,
}

pub struct Gateway(Breaking, Arc<dyn TraktGateway>);
pub struct Pages(Breaking, Journal);
pub struct Store(Breaking, PgStore);

impl Breaking {
    pub fn from_environment() -> anyhow::Result<Self> {
        let by = match std::env::var("BREAK_BY").as_deref() {
            Ok("stop") => SIGSTOP,
            Ok("kill") | Err(_) => SIGKILL,
            Ok(other) => anyhow::bail!("BREAK_BY {other}"),
        };
        let at = std::env::var("BREAK_AT").ok();
        Ok(Self { at, by })
    }

    pub fn gateway(self, inner: Arc<dyn TraktGateway>) -> Gateway {
        Gateway(self, inner)
    }

    pub fn journal(self, inner: Journal) -> Pages {
        Pages(self, inner)
    }

    pub fn store(self, inner: PgStore) -> Store {
        Store(self, inner)
    }

    fn now(&self, moment: &str) {
        if self.at.as_deref() == Some(moment) {
            // To this very thread: it must not go on for a moment while another one is chosen.
            let _ = raise(self.by);
        }
    }
}

impl TraktGateway for Gateway {
    fn refresh(&self, token: &RefreshToken, within: Duration) -> Result<TokenGrant, RefreshFault> {
        self.0.now("before_send");
        let answer = self.1.refresh(token, within);
        self.0.now("after_200");
        answer
    }

    fn device_code(&self, within: Duration) -> Result<DeviceGrant, TraktFault> {
        self.1.device_code(within)
    }

    fn device_token(&self, code: &DeviceCode, within: Duration) -> Result<DevicePoll, TraktFault> {
        self.1.device_token(code, within)
    }

    fn revoke(&self, token: &AccessToken, within: Duration) -> Result<(), TraktFault> {
        self.1.revoke(token, within)
    }

    fn identity(&self, token: &AccessToken, within: Duration) -> Result<TraktIdentity, TraktFault> {
        self.1.identity(token, within)
    }

    fn profile(
        &self,
        slug: &TraktSlug,
        within: Duration,
    ) -> Result<Option<TraktProfile>, TraktFault> {
        self.1.profile(slug, within)
    }
}

impl RefreshJournal for Pages {
    fn owner(&self) -> AttemptOwner {
        self.1.owner()
    }

    fn outlives(&self) -> bool {
        self.1.outlives()
    }

    fn reserve(&self) -> Result<JournalSlot, PortError> {
        self.1.reserve()
    }

    fn write(&self, slot: JournalSlot, entry: &JournalEntry) -> Result<(), PortError> {
        self.1.write(slot, entry)?;
        self.0.now("after_journal");
        Ok(())
    }

    fn clear(&self, slot: JournalSlot) {
        self.1.clear(slot);
    }

    fn left_behind(&self) -> Result<Vec<LeftBehind>, PortError> {
        self.1.left_behind()
    }
}

impl TokenStore for Store {
    fn store_pair(&self, cmd: &StorePair) -> Result<PairStored, PortError> {
        self.0.now("before_commit");
        let stored = self.1.store_pair(cmd);
        self.0.now("after_commit");
        stored
    }

    fn held(&self, user: UserId) -> Result<Option<Option<HeldToken>>, PortError> {
        self.1.held(user)
    }

    fn claim_refresh(&self, cmd: &ClaimRefresh) -> Result<RefreshClaim, PortError> {
        self.1.claim_refresh(cmd)
    }

    fn claim_due(&self, cmd: &ClaimDue) -> Result<Vec<ClaimedRefresh>, PortError> {
        self.1.claim_due(cmd)
    }

    fn release(&self, owner: AttemptOwner, attempts: &[AttemptId]) -> Result<(), PortError> {
        self.1.release(owner, attempts)
    }

    fn reclaim(&self, owner: AttemptOwner) -> Result<u32, PortError> {
        self.1.reclaim(owner)
    }

    fn settle_refresh(&self, cmd: &SettleRefresh) -> Result<(), PortError> {
        self.1.settle_refresh(cmd)
    }

    fn refuse(&self, user: UserId, generation: i64) -> Result<(), PortError> {
        self.1.refuse(user, generation)
    }

    fn lock(&self, user: UserId, generation: i64) -> Result<(), PortError> {
        self.1.lock(user, generation)
    }

    fn due_probes(&self, limit: u32, lease: Duration) -> Result<Vec<ProbeDue>, PortError> {
        self.1.due_probes(limit, lease)
    }

    fn settle_probe(&self, cmd: &SettleProbe) -> Result<(), PortError> {
        self.1.settle_probe(cmd)
    }

    fn gate(&self) -> Result<Option<GateReason>, PortError> {
        self.1.gate()
    }
}
