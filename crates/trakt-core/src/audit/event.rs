//! The entries of the audit trail. No field of an entry can hold a secret.

use std::borrow::Cow;
use std::net::IpAddr;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use crate::user::Email;
use crate::words::words;
use crate::{LinkId, PageRequest, TraktSlug, TraktUuid, UserId};

words! {
    /// What happened.
    AuditEvent {
        /// A user began to link a Trakt account.
        FlowStarted = "flow_started",
        /// A Trakt account was linked, or its link renewed.
        Linked = "linked",
        /// The person refused at Trakt.
        Denied = "denied",
        /// Nobody approved in time, or a newer flow took the place of this one.
        Expired = "expired",
        /// The account is another user's, or the user has another account.
        Conflict = "conflict",
        /// A link gave way to another account of the same user.
        Replaced = "replaced",
        /// A link ended at the wish of its user.
        Unlinked = "unlinked",
        /// What was held of a user's Trakt data was deleted at the user's wish.
        DataPurged = "data_purged",
        /// An admin claimed a Trakt account for a user.
        AdminAssociated = "admin_associated",
        /// An admin ended a link.
        AdminDisassociated = "admin_disassociated",
        /// A password was right.
        SignInSucceeded = "sign_in_succeeded",
        /// A password was wrong, or the account is unknown.
        SignInFailed = "sign_in_failed",
        /// A session of a browser was ended by its user.
        SignedOut = "signed_out",
        /// A call without the right to make it.
        AccessRefused = "access_refused",
        /// A caller was faster than its limit.
        LimitHit = "limit_hit",
        /// A pair of tokens was replaced by the next.
        TokenRefreshed = "token_refreshed",
        /// An admin wanted a pair of tokens replaced before its time.
        RefreshAsked = "refresh_asked",
        /// A link is lost: its user has to make it anew.
        NeedsRelink = "needs_relink",
        /// So many refresh tokens were refused at once that it must be Trakt's trouble: no link
        /// is marked until a refresh works.
        BrakeApplied = "brake_applied",
        /// A link that was given up just before the brake was applied: it is tried again.
        RelinkWithdrawn = "relink_withdrawn",
        /// Trakt has locked or deactivated the account.
        AccountLocked = "account_locked",
        /// It is open again.
        AccountUnlocked = "account_unlocked",
        /// A sealed token does not open: moved, altered, or its key is gone. It was not used.
        TokenUnreadable = "token_unreadable",
        /// A user switched something on or off.
        SettingsChanged = "settings_changed",
        /// A user came to be.
        UserAdded = "user_added",
        /// A user was deleted, with the tokens.
        UserRemoved = "user_removed",
        /// The chains of the audit trail have a new key.
        AuditKeyMade = "audit_key_made",
        /// Entries without a place in a chain of the audit trail were given one.
        AuditAdopted = "audit_adopted",
        /// The oldest entries of the audit trail were removed.
        AuditPruned = "audit_pruned",
        /// An operator said that the database comes from a backup: how many links are tried again, and
        /// how many writes looked for before they are sent.
        DatabaseRestored = "database_restored",
        /// An operator gave up a key that is lost: which, and how much was sealed with it.
        KeyForgotten = "key_forgotten",
    }
}

words! {
    /// How it ended.
    AuditOutcome {
        /// As was asked.
        Succeeded = "succeeded",
        /// A rule or a person said no.
        Refused = "refused",
    }
}

/// The word names no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown audit event")]
pub struct UnknownEvent;

impl FromStr for AuditEvent {
    type Err = UnknownEvent;

    fn from_str(word: &str) -> Result<Self, UnknownEvent> {
        Self::ALL
            .iter()
            .copied()
            .find(|event| event.as_str() == word)
            .ok_or(UnknownEvent)
    }
}

/// Who acts, and from where: what every entry of one request has in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditStamp {
    /// The user who acts; none before sign-in and on the command line.
    pub actor: Option<UserId>,
    /// The address the request came from; none on the command line.
    pub ip: Option<IpAddr>,
    /// The id of the request; none on the command line.
    pub request_id: Option<String>,
}

/// One entry to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// What happened.
    pub event: AuditEvent,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// Who acted, and from where.
    pub stamp: AuditStamp,
    /// Whose things it touched.
    pub subject: Option<UserId>,
    /// Which link.
    pub link: Option<LinkId>,
    /// Which Trakt account, by its label then.
    pub trakt_slug: Option<TraktSlug>,
    /// Which Trakt account, by its identity.
    pub trakt_uuid: Option<TraktUuid>,
    /// A fixed word that says more, such as `account_taken`, or what a command counted. Never text from
    /// outside.
    pub detail: Option<Cow<'static, str>>,
}

impl AuditEntry {
    /// An entry that says no more than this; the rest is `None`.
    #[must_use]
    pub fn new(event: AuditEvent, outcome: AuditOutcome, stamp: &AuditStamp) -> Self {
        Self {
            event,
            outcome,
            stamp: stamp.clone(),
            subject: None,
            link: None,
            trakt_slug: None,
            trakt_uuid: None,
            detail: None,
        }
    }

    /// Says whose things it touched.
    #[must_use]
    pub fn about(mut self, subject: UserId) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Says which Trakt account it was.
    #[must_use]
    pub fn account(mut self, slug: &TraktSlug, uuid: Option<&TraktUuid>) -> Self {
        self.trakt_slug = Some(slug.clone());
        self.trakt_uuid = uuid.cloned();
        self
    }

    /// Says which link it was.
    #[must_use]
    pub fn link(mut self, link: LinkId) -> Self {
        self.link = Some(link);
        self
    }

    /// Adds a fixed word that says more, or counts.
    #[must_use]
    pub fn detail(mut self, word: impl Into<Cow<'static, str>>) -> Self {
        self.detail = Some(word.into());
        self
    }
}

/// One entry as it is read back. Words stay words: an entry of a newer version can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number; later entries have larger ones.
    pub id: i64,
    /// When, by the clock of the database.
    pub at: DateTime<Utc>,
    /// What happened, see [`AuditEvent`].
    pub event: String,
    /// How it ended, see [`AuditOutcome`].
    pub outcome: String,
    /// Who acted.
    pub actor: Option<UserId>,
    /// Whose things it touched. The user may be gone by now.
    pub subject: Option<UserId>,
    /// Which link. It may be gone by now.
    pub link: Option<LinkId>,
    /// Which Trakt account, by its label then.
    pub trakt_slug: Option<String>,
    /// Which Trakt account, by its identity.
    pub trakt_uuid: Option<String>,
    /// From where.
    pub ip: Option<String>,
    /// In which request.
    pub request_id: Option<String>,
    /// A word that says more.
    pub detail: Option<String>,
}

impl AuditRecord {
    /// Leaves out what is another's than this user's: who acted, if somebody else did, and from
    /// where.
    pub(crate) fn hide_others(&mut self, user: UserId) {
        if self.actor.is_some_and(|actor| actor != user) {
            self.actor = None;
            self.ip = None;
            self.request_id = None;
        }
    }
}

/// Whose entries an operator looks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditUser {
    /// By id: of a deleted user too.
    Id(UserId),
    /// By the address of today.
    Email(Email),
}

impl From<UserId> for AuditUser {
    fn from(id: UserId) -> Self {
        Self::Id(id)
    }
}

/// The text names no user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the id or the e-mail address of a user")]
pub struct UnknownUser;

impl FromStr for AuditUser {
    type Err = UnknownUser;

    fn from_str(text: &str) -> Result<Self, UnknownUser> {
        match uuid::Uuid::parse_str(text) {
            Ok(id) => Ok(Self::Id(id.into())),
            Err(_) => Email::parse(text).map(Self::Email).map_err(|_| UnknownUser),
        }
    }
}

/// Which entries are wanted: those that fit every part that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Entries in which this user acted or was touched.
    pub user: Option<AuditUser>,
    /// Entries of this event.
    pub event: Option<AuditEvent>,
    /// Entries from this moment on.
    pub since: Option<DateTime<Utc>>,
    /// Entries before this moment.
    pub until: Option<DateTime<Utc>>,
    /// Which page, newest first.
    pub page: PageRequest,
}

/// The next piece of all entries that are wanted, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditStep {
    /// Which; its page means nothing here.
    pub query: AuditQuery,
    /// After which entry; none at the beginning.
    pub after: Option<AuditPlace>,
}

/// How far a reading of the trail has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPlace {
    /// When the last entry was written that was read.
    pub at: DateTime<Utc>,
    /// Its number.
    pub id: i64,
    /// Of entries of one user: whose. The address that was asked for may be nobody's by now.
    pub user: Option<UserId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_is_read_back_from_its_word() {
        for event in AuditEvent::ALL {
            assert_eq!(event.as_str().parse(), Ok(*event));
        }
        assert_eq!("".parse::<AuditEvent>(), Err(UnknownEvent));
    }

    #[test]
    fn a_user_is_named_by_id_or_address() {
        let id = uuid::Uuid::from_u128(7);
        assert_eq!(id.to_string().parse(), Ok(AuditUser::Id(id.into())));
        let email = Email::parse("ana@example.org").unwrap();
        assert_eq!("Ana@Example.org".parse(), Ok(AuditUser::Email(email)));
        for text in ["", "me", "1' OR 1=1"] {
            assert_eq!(text.parse::<AuditUser>(), Err(UnknownUser), "{text}");
        }
    }
}
