//! One step of a flow.

use std::time::Duration;

use super::{FlowEnd, LinkError, LinkProgress, LinkService, TokenPair};
use crate::audit::AuditStamp;
use crate::ports::{
    Authorise, AuthoriseOutcome, CompleteFlow, Completion, DevicePoll, DueFlow, PollOutcome,
    Revocation, SettlePoll, TraktFault,
};
use crate::{Deadline, LinkId, UserId};

/// One claimed step of a flow.
pub(super) struct Run<'a> {
    pub(super) service: &'a LinkService,
    pub(super) user: UserId,
    pub(super) stamp: &'a AuditStamp,
    pub(super) due: &'a DueFlow,
    pub(super) deadline: Deadline,
}

impl Run<'_> {
    pub(super) fn polled(
        &self,
        polled: Result<DevicePoll, TraktFault>,
    ) -> Result<LinkProgress, LinkError> {
        match polled {
            Ok(DevicePoll::Approved(grant)) => {
                self.approved(&grant.into_pair(self.service.clock.now()))
            }
            Ok(DevicePoll::Pending) => self.pending(self.due.interval, None),
            Ok(DevicePoll::SlowDown(wait)) => {
                self.pending(self.due.interval + LinkService::SLOW_DOWN, wait)
            }
            Ok(DevicePoll::Denied) => self.end(FlowEnd::Denied),
            Ok(DevicePoll::Expired) => self.end(FlowEnd::Expired),
            Ok(DevicePoll::Used) => self.end(FlowEnd::Used),
            Ok(DevicePoll::Unknown) => self.end(FlowEnd::Unknown),
            Err(fault) => self.fault(fault),
        }
    }

    /// The code is used up from here on: the tokens are either stored or handed back.
    fn approved(&self, tokens: &TokenPair) -> Result<LinkProgress, LinkError> {
        let keep = Authorise {
            flow: self.due.flow,
            tokens: tokens.clone(),
        };
        match self.service.store.authorise(&keep) {
            Ok(AuthoriseOutcome::Kept) => self.identify(tokens),
            Ok(AuthoriseOutcome::TooLate(revocations)) => {
                self.revoke(&revocations);
                Err(LinkError::FlowExpired)
            }
            Err(error) => {
                // Nobody will ever hold these tokens: better that Trakt forgets them too.
                if let Ok(within) = self.service.left(self.deadline) {
                    drop(self.service.trakt.revoke(&tokens.access, within));
                }
                Err(error.into())
            }
        }
    }

    pub(super) fn identify(&self, tokens: &TokenPair) -> Result<LinkProgress, LinkError> {
        let service = self.service;
        let identity = service
            .left(self.deadline)
            .and_then(|within| service.trakt.identity(&tokens.access, within));
        let identity = match identity {
            Ok(identity) => identity,
            // Revoked between the two calls: only a new flow can give new ones.
            Err(TraktFault::TokenRefused) => return self.end(FlowEnd::Used),
            Err(TraktFault::Locked) => return self.end(FlowEnd::AccountLocked),
            Err(fault) => return self.fault(fault),
        };
        let complete = CompleteFlow {
            flow: self.due.flow,
            user: self.user,
            tokens: tokens.clone(),
            identity,
            new_link: LinkId::random(&*service.entropy),
            stamp: self.stamp.clone(),
        };
        match service.store.complete(&complete)? {
            Completion::Linked(link, revocations) => {
                self.revoke(&revocations);
                Ok(LinkProgress::Linked(link))
            }
            Completion::Refused(end, revocations) => {
                self.revoke(&revocations);
                Err(end.into())
            }
        }
    }

    fn pending(
        &self,
        interval: Duration,
        asked: Option<Duration>,
    ) -> Result<LinkProgress, LinkError> {
        self.again(interval, asked).map(LinkProgress::Pending)
    }

    /// The flow stays open. What Trakt asks for counts once, the interval from now on.
    fn again(&self, interval: Duration, asked: Option<Duration>) -> Result<Duration, LinkError> {
        let interval = interval.min(LinkService::MAX_WAIT);
        let wait = interval
            .max(asked.unwrap_or_default())
            .min(LinkService::MAX_WAIT);
        self.settle(PollOutcome::Again { wait, interval })?;
        Ok(wait)
    }

    fn end(&self, end: FlowEnd) -> Result<LinkProgress, LinkError> {
        let revocations = self.settle(PollOutcome::End(end))?;
        self.revoke(&revocations);
        Err(end.into())
    }

    /// RFC 8628 section 3.5: after trouble, ask less often.
    fn fault(&self, fault: TraktFault) -> Result<LinkProgress, LinkError> {
        let most = LinkService::MAX_INTERVAL.max(self.due.interval);
        let slower = (self.due.interval * 2).min(most);
        Err(match fault {
            TraktFault::Unavailable {
                detail,
                retry_after,
            } => {
                let retry_after = Some(self.again(slower, retry_after)?);
                TraktFault::Unavailable {
                    detail,
                    retry_after,
                }
            }
            fault => {
                self.again(slower, None)?;
                fault
            }
        }
        .into())
    }

    fn settle(&self, outcome: PollOutcome) -> Result<Vec<Revocation>, LinkError> {
        let settle = SettlePoll {
            flow: self.due.flow,
            attempt: self.due.attempt,
            outcome,
            stamp: self.stamp.clone(),
        };
        Ok(self.service.store.settle_poll(&settle)?)
    }

    fn revoke(&self, revocations: &[Revocation]) {
        self.service.revoker.revoke(revocations, self.deadline);
    }
}
