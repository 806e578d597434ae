//! Claiming an account for a user, looking at links, ending them.

use std::sync::Arc;

use super::{AdminError, AssociationRecord};
use crate::audit::AuditStamp;
use crate::link::Link;
use crate::ports::{
    AdminStore, AssociationQuery, ClaimAccount, ClaimOutcome, Disassociate, TraktGateway, UserStore,
};
use crate::token::Revoker;
use crate::user::Email;
use crate::{Entropy, LinkId, Page, TraktSlug};

/// An operator's hands.
#[derive(Clone)]
pub struct AdminService {
    store: Arc<dyn AdminStore>,
    users: Arc<dyn UserStore>,
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
    /// Links in `store`, users in `users`, accounts at `trakt`.
    #[must_use]
    pub fn new(
        store: Arc<dyn AdminStore>,
        users: Arc<dyn UserStore>,
        trakt: Arc<dyn TraktGateway>,
        revoker: Revoker,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store,
            users,
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
        let user = self
            .users
            .by_email(&cmd.email)?
            .ok_or(AdminError::UserNotFound)?;
        let deadline = self.revoker.deadline();
        let profile = self
            .trakt
            .profile(&cmd.slug, Revoker::CALL_LIMIT)?
            .ok_or(AdminError::TraktAccountNotFound)?;
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
            ClaimOutcome::UserGone => Err(AdminError::UserNotFound),
        }
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

    /// Ends a link.
    ///
    /// # Errors
    /// [`AdminError::NotFound`], [`AdminError::Store`].
    pub fn disassociate(&self, link: LinkId, stamp: &AuditStamp) -> Result<(), AdminError> {
        let cmd = Disassociate {
            link,
            stamp: stamp.clone(),
        };
        let revocations = self.store.disassociate(&cmd)?.ok_or(AdminError::NotFound)?;
        self.revoker.revoke(&revocations, self.revoker.deadline());
        Ok(())
    }
}
