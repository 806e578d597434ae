//! What an operator does to the links of others, as a store.

use std::time::Duration;

use super::token::Revocation;
use crate::admin::{AssociationRecord, Overview};
use crate::audit::AuditStamp;
use crate::link::{HeldLink, Link, LinkStatus};
use crate::user::Email;
use crate::{LinkId, Page, PageRequest, PortError, TraktProfile, TraktSlug, UserId};

/// The links of everybody.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait AdminStore: Send + Sync {
    /// Gives an account to a user without tokens, as [`crate::link::decide`] has it; writes
    /// `admin_associated` or `conflict`, and nothing when it is so already.
    fn claim_account(&self, cmd: &ClaimAccount) -> Result<ClaimOutcome, PortError>;

    /// One page of links, by slug.
    fn associations(&self, query: &AssociationQuery) -> Result<Page<AssociationRecord>, PortError>;

    /// Ends a link, wipes its tokens and writes `admin_disassociated`, and `data_purged` where the data
    /// of its user goes too. `None` when there is no
    /// such link.
    fn disassociate(&self, cmd: &Disassociate) -> Result<Option<Vec<Revocation>>, PortError>;

    /// Makes the refresh of a link due now, or when a wait is over that trouble has brought, and
    /// writes `refresh_asked`; changes nothing where one is under way. `None` when there is no such
    /// link.
    fn ask_refresh(&self, cmd: &AskRefresh) -> Result<Option<RefreshAsk>, PortError>;

    /// How everything stands. What it costs is that of what is counted, and not of what there is.
    fn overview(&self, survey: &Survey) -> Result<Overview, PortError>;

    /// For each address and slug, in their order, who the user is, and every link of that user and of
    /// that slug; `None` where no user has the address.
    fn standings(&self, wanted: &[(Email, TraktSlug)]) -> Result<Vec<Option<Standing>>, PortError>;
}

/// See [`AdminStore::claim_account`].
#[derive(Clone, Debug)]
pub struct ClaimAccount {
    /// For whom.
    pub user: UserId,
    /// Which account, as Trakt shows it.
    pub profile: TraktProfile,
    /// Whether a link to another account may give way.
    pub replace: bool,
    /// The id of the link, if it is a new one.
    pub new_link: LinkId,
    /// Who and from where.
    pub stamp: AuditStamp,
}

/// What came of a claim.
#[derive(Clone, Debug)]
pub enum ClaimOutcome {
    /// The account is the user's. What a replaced link held is to be revoked.
    Associated(Box<Link>, Vec<Revocation>),
    /// Another user has the account.
    AccountTaken,
    /// The user has another account.
    AlreadyLinked,
    /// The user is gone.
    UserGone,
}

/// Which links are wanted: those that fit every part that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssociationQuery {
    /// Links of this status.
    pub status: Option<LinkStatus>,
    /// Text that the slug, the username or the user's e-mail address contains.
    pub text: Option<String>,
    /// Which page, by slug.
    pub page: PageRequest,
}

/// See [`AdminStore::disassociate`].
#[derive(Clone, Debug)]
pub struct Disassociate {
    /// Which link.
    pub link: LinkId,
    /// Whether what is held of its user's Trakt data goes too, and what waits to be written there.
    pub purge: bool,
    /// Who and from where.
    pub stamp: AuditStamp,
}

/// See [`AdminStore::ask_refresh`].
#[derive(Clone, Debug)]
pub struct AskRefresh {
    /// Which link.
    pub link: LinkId,
    /// Who and from where.
    pub stamp: AuditStamp,
}

/// What came of asking for a refresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshAsk {
    /// It is due.
    Asked,
    /// One is under way, or its answer is waited for.
    UnderWay,
    /// There is nothing to refresh.
    NoTokens,
    /// The tokens are dead.
    NeedsRelink,
}

/// See [`AdminStore::overview`].
#[derive(Clone, Copy, Debug)]
pub struct Survey {
    /// How many links that expire soon are wanted.
    pub expiring: u32,
    /// How late a refresh is that counts as overdue.
    pub overdue: Duration,
}

/// See [`AdminStore::standings`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whose address it is.
    pub user: UserId,
    /// The links of that user and of the slug: two at the most.
    pub held: Vec<HeldLink>,
}
