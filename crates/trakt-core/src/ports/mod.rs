//! What the rules need from the world.
//!
//! A method of a store port is one transaction: it happens wholly or not at all, together with
//! the audit entries it speaks of. No method of a store calls Trakt, and none of
//! [`TraktGateway`] touches the database. Not-found is `Ok(None)` or a variant, never an error.
//! Periods are given as durations and measured by the clock of the database, so that replicas
//! whose clocks differ agree.

mod admin;
mod audit;
mod catalogue;
mod choice;
mod export;
mod link;
mod measure;
mod reads;
mod recommend;
mod scrobble;
mod session;
mod token;
mod trakt;
mod user;
mod watch;
mod webhook;

use std::time::Duration;

pub use admin::{
    AdminStore, AskRefresh, AssociationQuery, ClaimAccount, ClaimOutcome, Disassociate, RefreshAsk,
    Standing, Survey,
};
pub use audit::AuditStore;
pub use catalogue::{CatalogueStore, ClaimedShow, SettleCatalogue, StoreCatalogue, TraktCatalogue};
pub use choice::{ChangeChoices, ChoiceStore};
pub use export::ExportStore;
pub use link::{
    Authorise, AuthoriseOutcome, ClaimPoll, CompleteFlow, Completion, CurrentFlow, DueFlow,
    FlowState, FlowStep, LinkStore, OpenFlow, PollClaim, PollOutcome, SettlePoll, Unlink,
};
pub use measure::{MeasureStore, Measures};
pub use reads::WatchReads;
pub use recommend::{
    ClaimedList, HeldList, RecommendQuery, RecommendStore, StoreList, TraktRecommend,
};
pub use scrobble::{
    AcceptWrite, Accepted, ClaimWrites, ClaimedWrites, EndPush, HoldWrites, NameWrite, OutboxStore,
    SendFault, TraktScrobble,
};
pub use session::{CloseSession, OpenSession, SessionStore};
pub use token::{
    ClaimDue, ClaimRefresh, ClaimedRefresh, HeldToken, JournalEntry, JournalSlot, LeftBehind,
    PairStored, ProbeDue, Probed, RefreshClaim, RefreshJournal, Revocation, RevocationStore,
    SettleProbe, SettleRefresh, StorePair, TokenStore,
};
pub use trakt::{DeviceGrant, DevicePoll, RefreshFault, TokenGrant, TraktFault, TraktGateway};
pub use user::{NewUser, PasswordHasher, ProvisionUser, RemoveUser, UserStore};
pub use watch::{
    Asked, BeginPull, Begun, EndPull, FinishPart, HoldPart, Lease, PageSink, PullHold, ReadFault,
    Reading, StoreRows, Stored, TraktWatch, UserState, WatchStore,
};
pub use webhook::{
    ClaimDelivery, ClaimedDelivery, DeliveryQuery, Replay, Replayed, SettleDelivery, WebhookSender,
    WebhookStore,
};

#[cfg(feature = "testing")]
pub use self::{
    admin::MockAdminStore, audit::MockAuditStore, catalogue::MockCatalogueStore,
    catalogue::MockTraktCatalogue, choice::MockChoiceStore, export::MockExportStore,
    link::MockLinkStore, measure::MockMeasureStore, reads::MockWatchReads,
    recommend::MockRecommendStore, recommend::MockTraktRecommend, scrobble::MockOutboxStore,
    scrobble::MockTraktScrobble, session::MockSessionStore, token::MockRefreshJournal,
    token::MockRevocationStore, token::MockTokenStore, trakt::MockTraktGateway,
    user::MockPasswordHasher, user::MockUserStore, watch::MockTraktWatch, watch::MockWatchStore,
    webhook::MockWebhookSender, webhook::MockWebhookStore,
};

/// Why a store could not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PortError {
    /// Somebody else was faster, or the value is taken. The same call again may see why.
    #[error("conflict: {0}")]
    Conflict(&'static str),
    /// The store cannot be reached or is too busy. The same call later may work.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// The store answered with something that must not be: rows that contradict each other, a
    /// sealed value that does not open. No retry helps; the text names the place, no content.
    #[error("corrupt: {0}")]
    Corrupt(String),
}

impl PortError {
    /// Whether the same call may work later.
    #[must_use]
    pub fn retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Conflict(_))
    }

    /// How long a caller should wait before it asks again, where that helps.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retryable().then_some(Duration::from_secs(2))
    }
}
