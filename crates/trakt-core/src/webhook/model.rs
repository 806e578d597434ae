//! What is told, to whom, and what came of it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::audit::{AuditEntry, AuditEvent};
use crate::words::words;
use crate::{DeliveryId, LinkId, UserId, WebhookId, WebhookUrl};

words! {
    /// What may be told.
    WebhookKind {
        /// An account was linked, or a link works again. `reason`: `approved` by the user, `renewed`,
        /// `claimed` by an admin and not approved yet, `restored` after a `link.needs_relink` that
        /// came to nothing.
        Linked = "link.linked",
        /// A link is lost: its user has to make it anew. `reason` as on the audit trail.
        NeedsRelink = "link.needs_relink",
        /// A link is no more. `reason`: `unlinked` by its user or with its user, `replaced` by another
        /// account, `disassociated` by an admin.
        Ended = "link.ended",
        /// A pull came to its end and changed something.
        Synced = "sync.finished",
        /// Changes that are too many to be meant wait for the user's word.
        Held = "sync.held",
        /// Nothing happened: somebody tries whether it can be told.
        Test = "test",
    }
}

impl WebhookKind {
    /// What an entry of the audit trail is to others, with its reason; `None` where nobody is told.
    #[must_use]
    pub fn of(entry: &AuditEntry) -> Option<(Self, Option<&str>)> {
        let (kind, reason) = match entry.event {
            AuditEvent::Linked => (
                Self::Linked,
                Some(entry.detail.as_deref().unwrap_or("approved")),
            ),
            AuditEvent::AdminAssociated => (Self::Linked, Some("claimed")),
            AuditEvent::RelinkWithdrawn => (Self::Linked, Some("restored")),
            AuditEvent::NeedsRelink => (Self::NeedsRelink, entry.detail.as_deref()),
            AuditEvent::Replaced => (Self::Ended, Some("replaced")),
            AuditEvent::Unlinked => (Self::Ended, Some("unlinked")),
            AuditEvent::AdminDisassociated => (Self::Ended, Some("disassociated")),
            _ => return None,
        };
        Some((kind, reason))
    }
}

words! {
    /// How the telling of one event to one endpoint stands.
    DeliveryState {
        /// It is to be sent, for the first time or again.
        Pending = "pending",
        /// It was answered with 2xx.
        Delivered = "delivered",
        /// It was given up. It can be asked for again.
        Failed = "failed",
    }
}

/// The word is none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not known")]
pub struct UnknownWord;

impl FromStr for WebhookKind {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let mut all = Self::ALL.iter().copied();
        all.find(|kind| kind.as_str() == word).ok_or(UnknownWord)
    }
}

impl FromStr for DeliveryState {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let mut all = Self::ALL.iter().copied();
        all.find(|state| state.as_str() == word).ok_or(UnknownWord)
    }
}

/// Something that happened. Words stay words: an event of a newer version can be told too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookEvent {
    /// Its id, the same however often it is told.
    pub id: WebhookId,
    /// Grows from event to event.
    pub sequence: i64,
    /// What, see [`WebhookKind`].
    pub kind: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Whose; none of a test.
    pub user: Option<UserId>,
    /// Which link.
    pub link: Option<WebhookLink>,
    /// A word that says more; of changes that are held: their side.
    pub reason: Option<String>,
    /// What was changed, or would be.
    pub changes: Vec<WebhookChange>,
}

/// Which link an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookLink {
    /// Its id. It may be gone by now.
    pub id: LinkId,
    /// Which Trakt account, by its label then.
    pub slug: Option<String>,
    /// How the account was called.
    pub username: Option<String>,
}

/// What became, or would become, of a part of a user's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookChange {
    /// Which part, see [`crate::watch::Part`].
    pub part: String,
    /// How many rows are new or say something else.
    pub adds: u64,
    /// How many are no more.
    pub removes: u64,
    /// Of how many; of what is held back alone.
    pub of: Option<u64>,
}

/// The name under which an endpoint is stored: a digest of its address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EndpointKey(String);

impl EndpointKey {
    /// Of this address.
    #[must_use]
    pub fn of(url: &WebhookUrl) -> Self {
        let digest = Sha256::digest(url.expose().as_bytes());
        Self(
            digest
                .iter()
                .take(16)
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        )
    }

    /// As it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who is told.
#[derive(Clone, Debug)]
pub struct WebhookEndpoint {
    /// Under which name it is stored.
    pub key: EndpointKey,
    /// What is shown of its address: no path and no query, which may hold a secret.
    pub name: String,
    /// Its address.
    pub url: WebhookUrl,
}

words! {
    /// Why there was no answer.
    WebhookFault {
        /// The host is in a network that is not allowed.
        PrivateAddress = "private_address",
        /// The host name has no address.
        HostNotFound = "host_not_found",
        /// No connection could be opened.
        NotConnected = "not_connected",
        /// TLS could not be agreed on, or the certificate is no good.
        Tls = "tls_failed",
        /// It took too long.
        TooLate = "timeout",
        /// The connection broke.
        Broken = "connection_broken",
        /// What came was no answer.
        NotHttp = "no_http",
    }
}

/// What came of telling an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WebhookAnswer {
    /// It answered.
    Status {
        /// With this status.
        status: u16,
        /// And asked to be left alone for so long.
        retry_after: Option<Duration>,
    },
    /// It did not; nobody knows whether it was told.
    Fault(WebhookFault),
}

impl WebhookAnswer {
    /// The status, if there was one.
    #[must_use]
    pub fn status(self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(status),
            Self::Fault(_) => None,
        }
    }

    /// Why it was no good; `None` where it was.
    #[must_use]
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Status { status, .. } => match status {
                200..=299 => None,
                300..=399 => Some("redirect"),
                410 => Some("gone"),
                _ => Some("status"),
            },
            Self::Fault(fault) => Some(fault.as_str()),
        }
    }
}

impl fmt::Display for WebhookAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { status, .. } => status.fmt(f),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

/// How the telling of an event to an endpoint stands, for an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRecord {
    /// Its id.
    pub id: DeliveryId,
    /// What is told.
    pub event: WebhookEvent,
    /// To whom: [`WebhookEndpoint::name`].
    pub endpoint: String,
    /// See [`DeliveryState`].
    pub state: String,
    /// How often it was sent.
    pub attempts: u32,
    /// When it is sent next.
    pub next_at: Option<DateTime<Utc>>,
    /// When it was delivered or given up.
    pub settled_at: Option<DateTime<Utc>>,
    /// The last answer's status.
    pub status: Option<u16>,
    /// Why the last answer was no good.
    pub reason: Option<String>,
}
