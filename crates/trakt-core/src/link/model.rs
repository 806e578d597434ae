//! Links and flows.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use crate::token::LossReason;
use crate::words::words;
use crate::{AccessToken, LinkId, RefreshToken, TraktSlug, UserId};

/// A Trakt account in the hands of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its id.
    pub id: LinkId,
    /// Whose it is.
    pub user: Option<UserId>,
    /// The slug of the account, as we last saw it.
    pub slug: TraktSlug,
    /// The name of the account, as we last saw it.
    pub username: Option<String>,
    /// How it stands.
    pub status: LinkStatus,
    /// Since when it stands so.
    pub status_since: DateTime<Utc>,
    /// Why it is not active.
    pub reason: Option<String>,
    /// When the person last approved it at Trakt.
    pub linked_at: Option<DateTime<Utc>>,
    /// When the access token ends.
    pub token_expires_at: Option<DateTime<Utc>>,
    /// When its data was last read.
    pub last_synced_at: Option<DateTime<Utc>>,
}

impl Link {
    /// What its user should do next, in one sentence; `None` when there is nothing to do.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        let reason = self.reason.as_deref().and_then(|word| word.parse().ok());
        match (self.status, reason) {
            (LinkStatus::Active, _) => None,
            (LinkStatus::Unverified, _) => {
                Some("Link the account, so that its owner confirms the claim at Trakt.")
            }
            (LinkStatus::NeedsRelink, Some(LossReason::LostAnswer | LossReason::Lost)) => Some(
                "Link the account again: the connection to Trakt broke while the token was being \
                 renewed.",
            ),
            (LinkStatus::NeedsRelink, Some(LossReason::Unreadable)) => {
                Some("Link the account again: its token cannot be read any more.")
            }
            (LinkStatus::NeedsRelink, _) => Some(
                "Link the account again: Trakt has ended the connection, most likely because \
                 another app took its place (a free Trakt account keeps one connected community \
                 app) or because it was removed in Trakt's settings.",
            ),
            (LinkStatus::Locked, _) => {
                Some("Write to Trakt's support: Trakt has locked or deactivated this account.")
            }
        }
    }
}

words! {
    /// How a link stands.
    LinkStatus {
        /// It has tokens that work, as far as we know.
        Active = "active",
        /// An admin's claim: nobody approved it at Trakt, there are no tokens.
        Unverified = "unverified",
        /// Its tokens are dead: the person has to approve again.
        NeedsRelink = "needs_relink",
        /// The account is locked at Trakt.
        Locked = "locked",
    }
}

/// The word names no status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 'active', 'unverified', 'needs_relink' or 'locked'")]
pub struct UnknownStatus;

impl FromStr for LinkStatus {
    type Err = UnknownStatus;

    fn from_str(word: &str) -> Result<Self, UnknownStatus> {
        Self::ALL
            .iter()
            .copied()
            .find(|status| status.as_str() == word)
            .ok_or(UnknownStatus)
    }
}

/// The tokens of one account (RFC 6749 section 5.1).
#[derive(Clone, Debug)]
pub struct TokenPair {
    /// Opens the account.
    pub access: AccessToken,
    /// Gives the next pair, once.
    pub refresh: RefreshToken,
    /// When the access token ends.
    pub expires_at: DateTime<Utc>,
}

macro_rules! flow_ends {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)*) => {
        /// How a flow ended.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum FlowEnd {
            $($(#[$doc])* $variant,)*
        }

        impl FlowEnd {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word that is stored.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

flow_ends! {
    /// The account was linked.
    Linked = "linked",
    /// The person refused at Trakt.
    Denied = "denied",
    /// Nobody decided in time.
    Expired = "expired",
    /// A newer flow of the same user took its place.
    Superseded = "superseded",
    /// The tokens were handed out before and are lost, or died at once.
    Used = "used",
    /// Trakt does not know the code.
    Unknown = "unknown",
    /// The account is another user's.
    AccountTaken = "account_taken",
    /// The user has another account and did not ask to replace it.
    AlreadyLinked = "already_linked",
    /// The account is locked at Trakt.
    AccountLocked = "account_locked",
}

impl fmt::Display for FlowEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for FlowEnd {
    type Err = UnknownStatus;

    fn from_str(word: &str) -> Result<Self, UnknownStatus> {
        Self::ALL
            .iter()
            .copied()
            .find(|end| end.as_str() == word)
            .ok_or(UnknownStatus)
    }
}
