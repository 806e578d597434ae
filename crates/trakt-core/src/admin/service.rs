//! Claiming an account for a user, looking at links, ending them.

use std::sync::Arc;

use super::{AdminError, AssociationRecord};
use crate::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use crate::link::Link;
use crate::ports::{
    AdminStore, AssociationQuery, AuditStore, ClaimAccount, ClaimOutcome, Disassociate, Revocation,
    TraktGateway, UserStore,
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
}
