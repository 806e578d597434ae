//! Claiming an account for a user, looking at links, ending them.

use std::sync::Arc;
use std::time::Duration;

use super::{AdminError, AssociationRecord, Foreseen, Overview};
use crate::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use crate::link::{Account, Decision, Link, decide};
use crate::ports::{
    AdminStore, AskRefresh, AssociationQuery, AuditStore, ClaimAccount, ClaimOutcome, Disassociate,
    RefreshAsk, Revocation, Standing, Survey, TraktGateway, UserStore,
};
use crate::token::Revoker;
use crate::user::Email;
use crate::{Entropy, LinkId, Page, TraktSlug, UserId};

/// An operator's hands.
#[derive(Clone)]
pub struct AdminService {
    store: Arc<dyn AdminStore>,
    users: Arc<dyn UserStore>,
    audit: Arc<dyn AuditStore>,
    trakt: Arc<dyn TraktGateway>,
    revoker: Revoker,
    entropy: Arc<dyn Entropy>,
}

/// An admin's claim that a Trakt account is a user's.
#[derive(Clone, Debug)]
pub struct Associate {
    /// Which account.
    pub slug: TraktSlug,
    /// For whom.
    pub email: Email,
    /// Whether a link to another account may give way.
    pub replace: bool,
    /// Who and from where.
    pub stamp: AuditStamp,
}

impl AdminService {
    /// How many links an overview has that expire soon.
    const EXPIRING: u32 = 10;
    /// How late a refresh is that counts as overdue: the workers look every second.
    const OVERDUE: Duration = Duration::from_secs(60);

    /// Links in `store`, users in `users`, refusals on `audit`, accounts at `trakt`.
    #[must_use]
    pub fn new(
        store: Arc<dyn AdminStore>,
        users: Arc<dyn UserStore>,
        audit: Arc<dyn AuditStore>,
        trakt: Arc<dyn TraktGateway>,
        revoker: Revoker,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store,
            users,
            audit,
            trakt,
            revoker,
            entropy,
        }
    }

    /// Gives an account that exists at Trakt to a user, without tokens. Once more is a no-op.
    ///
    /// # Errors
    /// [`AdminError`]; nothing is changed then.
    pub fn associate(&self, cmd: &Associate) -> Result<Link, AdminError> {
        let Some(user) = self.users.by_email(&cmd.email)? else {
            return self.refuse(cmd, None, AdminError::UserNotFound);
        };
        let deadline = self.revoker.deadline();
        let Some(profile) = self.trakt.profile(&cmd.slug, Revoker::CALL_LIMIT)? else {
            return self.refuse(cmd, Some(user.id), AdminError::TraktAccountNotFound);
        };
        let claim = ClaimAccount {
            user: user.id,
            profile,
            replace: cmd.replace,
            new_link: LinkId::random(&*self.entropy),
            stamp: cmd.stamp.clone(),
        };
        match self.store.claim_account(&claim)? {
            ClaimOutcome::Associated(link, revocations) => {
                self.revoker.revoke(&revocations, deadline);
                Ok(*link)
            }
            ClaimOutcome::AccountTaken => Err(AdminError::AccountTaken),
            ClaimOutcome::AlreadyLinked => Err(AdminError::AlreadyLinked),
            ClaimOutcome::UserGone => self.refuse(cmd, Some(user.id), AdminError::UserNotFound),
        }
    }

    /// Writes down a claim that did not come as far as the store.
    fn refuse(
        &self,
        cmd: &Associate,
        subject: Option<UserId>,
        why: AdminError,
    ) -> Result<Link, AdminError> {
        let detail = match why {
            AdminError::UserNotFound => "user_not_found",
            _ => "trakt_account_not_found",
        };
        let mut entry = AuditEntry::new(
            AuditEvent::AdminAssociated,
            AuditOutcome::Refused,
            &cmd.stamp,
        )
        .account(&cmd.slug, None)
        .detail(detail);
        entry.subject = subject;
        self.audit.record(&entry)?;
        Err(why)
    }

    /// One page of links, by slug.
    ///
    /// # Errors
    /// [`AdminError::Store`].
    pub fn associations(
        &self,
        query: &AssociationQuery,
    ) -> Result<Page<AssociationRecord>, AdminError> {
        Ok(self.store.associations(query)?)
    }

    /// Ends a link, without a call to Trakt; with `purge` what is held of its user's Trakt data goes
    /// too. What is returned is for [`Revoker::revoke`]; what
    /// does not come to that, the worker revokes.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Store`].
    pub fn disassociate(
        &self,
        link: LinkId,
        purge: bool,
        stamp: &AuditStamp,
    ) -> Result<Vec<Revocation>, AdminError> {
        let cmd = Disassociate {
            link,
            purge,
            stamp: stamp.clone(),
        };
        self.store.disassociate(&cmd)?.ok_or(AdminError::NotFound)
    }

    /// Makes the refresh of a link due now, whenever it would have been. The workers make it, as they
    /// make every other: so nothing here can use a token up. Tells whether it was asked for just now;
    /// `false` where one is under way already.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::NoTokens`], [`AdminError::NeedsRelink`],
    /// [`AdminError::Store`].
    pub fn ask_refresh(&self, link: LinkId, stamp: &AuditStamp) -> Result<bool, AdminError> {
        let cmd = AskRefresh {
            link,
            stamp: stamp.clone(),
        };
        match self.store.ask_refresh(&cmd)? {
            None => Err(AdminError::NotFound),
            Some(RefreshAsk::NoTokens) => Err(AdminError::NoTokens),
            Some(RefreshAsk::NeedsRelink) => Err(AdminError::NeedsRelink),
            Some(RefreshAsk::Asked) => Ok(true),
            Some(RefreshAsk::UnderWay) => Ok(false),
        }
    }

    /// How everything stands.
    ///
    /// # Errors
    /// [`AdminError::Store`].
    pub fn overview(&self) -> Result<Overview, AdminError> {
        let survey = Survey {
            expiring: Self::EXPIRING,
            overdue: Self::OVERDUE,
        };
        Ok(self.store.overview(&survey)?)
    }

    /// What would come of these claims, each by itself and as things stand now. Nothing is changed,
    /// and Trakt is not asked.
    ///
    /// # Errors
    /// [`AdminError::Store`].
    pub fn foresee(&self, claims: &[Associate]) -> Result<Vec<Foreseen>, AdminError> {
        let wanted: Vec<_> = claims
            .iter()
            .map(|cmd| (cmd.email.clone(), cmd.slug.clone()))
            .collect();
        let standings = self.store.standings(&wanted)?;
        Ok(claims
            .iter()
            .zip(standings)
            .map(|(cmd, standing)| foreseen(cmd, standing))
            .collect())
    }
}

fn foreseen(cmd: &Associate, standing: Option<Standing>) -> Foreseen {
    let Some(Standing { user, held }) = standing else {
        return Foreseen::UserNotFound;
    };
    let account = Account {
        uuid: None,
        slug: &cmd.slug,
    };
    let own = held.iter().find(|link| link.user == Some(user));
    match (decide(user, account, &held, cmd.replace), own) {
        (Decision::AccountTaken, _) => Foreseen::AccountTaken,
        (Decision::AlreadyLinked, Some(own)) => Foreseen::AlreadyLinked(own.slug.clone()),
        (Decision::Give { replace, .. }, Some(own)) if replace == Some(own.id) => {
            Foreseen::Replaced(own.slug.clone())
        }
        (Decision::Give { reuse, .. }, Some(own)) if reuse == Some(own.id) => Foreseen::Already,
        _ => Foreseen::Associated,
    }
}
