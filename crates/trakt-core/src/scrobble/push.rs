//! Sending what waits.

use std::collections::HashSet;
use std::time::Duration;

use chrono::TimeDelta;
use metrics::counter;

use super::plan::makes_play;
use super::service::target_of;
use super::{Brake, Deed, PushPolicy, ScrobbleService, Step, Waiting, Written, step};
use crate::ports::{
    ClaimWrites, ClaimedWrites, EndPush, HoldWrites, Lease, NameWrite, SendFault, TraktFault,
};
use crate::token::{AccessGrant, TokenError};
use crate::watch::PullError;
use crate::{PortError, PushId, WriteId};

/// How a turn ended.
struct Turn {
    writes: Vec<(WriteId, Written)>,
    next: Duration,
    trouble: Option<&'static str>,
}

impl Turn {
    fn done(writes: Vec<(WriteId, Written)>, next: Duration) -> Self {
        Self {
            writes,
            next,
            trouble: None,
        }
    }
}

/// Nothing more is to be said: somebody else has taken over, all is said, or the store failed.
enum Stopped {
    Lost,
    Done,
    Store(PortError),
}

impl From<PortError> for Stopped {
    fn from(error: PortError) -> Self {
        Self::Store(error)
    }
}

/// Counts what became of writes.
fn count(writes: &[(WriteId, Written)]) {
    for (_, written) in writes {
        let end = match written {
            Written::Confirmed { .. } | Written::Paused => "confirmed",
            Written::Refused(_) => "refused",
            Written::Again | Written::Alone => "again",
            Written::Unknown => "unknown",
        };
        counter!("trakt_writes_total", "end" => end).increment(1);
    }
}

impl ScrobbleService {
    /// Longer than a call and its storing take.
    const LEASE: Duration = Duration::from_secs(60);
    /// Whoever comes to send only so long after having said so leaves it: another may be at it.
    const PROMPT: Duration = Duration::from_secs(15);
    /// How long a turn reads back, before it ends with what it found.
    const READ: Duration = Duration::from_secs(15);
    /// How long Trakt may take to say which thing is meant, when nobody waits for it.
    const LOOK_UP_LATER: Duration = Duration::from_secs(10);
    /// How many writes a turn looks at.
    const LOOK: u32 = 200;
    /// How much earlier than ours Trakt's time of a scrobble may be: clocks differ.
    const AROUND: TimeDelta = TimeDelta::minutes(2);
    /// How much later: it was sent while it was not [`PushPolicy::LATE`].
    const AFTER: TimeDelta = TimeDelta::minutes(5);
    /// For how long the end of a write can be asked for, and its key is known.
    const MEMORY: Duration = Duration::from_secs(30 * 86_400);
    /// After so many turns in a row that came to trouble writes are no longer sent together.
    const PATIENCE: u32 = 3;
    /// How many are forgotten in one transaction.
    const FORGET: u32 = 1000;

    /// Takes one turn at the writes of a user who is due, if there is one; tells whether there was.
    /// What goes wrong with one user is logged, and no trouble of the next one's.
    ///
    /// # Errors
    /// When the store cannot say who is due, or what became of the writes: they are then read back
    /// before they are sent again.
    pub fn push_due(&self) -> Result<bool, PortError> {
        if self.breaker.holds(&*self.clock) {
            return Ok(false);
        }
        let push = PushId::random(&*self.entropy);
        let claim = ClaimWrites {
            push,
            lease: Self::LEASE,
            limit: Self::LOOK,
            count_from: Brake::ITEMS + 1,
        };
        let Some(claimed) = self.store.claim_writes(&claim)? else {
            return Ok(false);
        };
        match self.turn(push, &claimed) {
            Err(Stopped::Lost | Stopped::Done) => {}
            Err(Stopped::Store(error)) => return Err(error),
            Ok(turn) => {
                let end = EndPush {
                    user: claimed.user,
                    push,
                    writes: turn.writes,
                    next: turn.next,
                    trouble: turn.trouble,
                };
                match self.store.end_push(&end)? {
                    Lease::Kept => count(&end.writes),
                    Lease::Lost => log::warn!(
                        "a turn at the writes of user {} came too late",
                        claimed.user
                    ),
                }
            }
        }
        Ok(true)
    }

    /// Forgets some of the writes that came to their end long ago; tells whether there may be more.
    ///
    /// # Errors
    /// [`PortError`].
    pub fn forget_old(&self) -> Result<bool, PortError> {
        let forgotten = self.store.forget_writes(Self::MEMORY, Self::FORGET)?;
        Ok(forgotten == Self::FORGET as usize)
    }

    fn turn(&self, push: PushId, claimed: &ClaimedWrites) -> Result<Turn, Stopped> {
        let parts: Vec<_> = claimed
            .pressure
            .iter()
            .copied()
            .filter(super::Pressure::is_mass)
            .collect();
        if !parts.is_empty() {
            let user = claimed.user;
            log::warn!("writes of user {user} are held back: {parts:?}");
            let hold = HoldWrites { user, push, parts };
            return match self.store.hold_writes(&hold)? {
                Lease::Kept => Ok(Turn::done(Vec::new(), Duration::ZERO)),
                Lease::Lost => Err(Stopped::Lost),
            };
        }
        match step(&claimed.writes) {
            // The claim has ended the turn.
            Step::Nothing => Err(Stopped::Done),
            Step::Settle(writes) => Ok(Turn::done(writes, Duration::ZERO)),
            Step::LookUp(write) => self.name(push, claimed, &write),
            Step::ReadBack(writes) => {
                self.with_token(claimed, |grant| Ok(self.read_back(claimed, grant, &writes)))
            }
            Step::Send(deed, writes) => self.with_token(claimed, |grant| {
                self.send(push, claimed, grant, deed, &writes)
            }),
        }
    }

    fn name(
        &self,
        push: PushId,
        claimed: &ClaimedWrites,
        write: &Waiting,
    ) -> Result<Turn, Stopped> {
        let ended = |written| Ok(Turn::done(vec![(write.id, written)], Duration::ZERO));
        let Some(sought) = &write.sought else {
            return ended(Written::Refused("not_found"));
        };
        // Another's write may have made it known meanwhile.
        let (target, item) = match self.store.find(sought)? {
            Some(target) => (target, None),
            None => match self.trakt.look_up(sought, Self::LOOK_UP_LATER) {
                Ok(Some(item)) if item.kind() == sought.kind() => {
                    self.heard(None);
                    (target_of(&item), Some(item))
                }
                Ok(_) => return ended(Written::Refused("not_found")),
                Err(fault) => return Ok(self.trouble(claimed, Vec::new(), fault)),
            },
        };
        let named = self.store.name_write(&NameWrite {
            user: claimed.user,
            push,
            id: write.id,
            target,
            item,
        })?;
        // The turn has ended with it.
        match named {
            Lease::Kept => Err(Stopped::Done),
            Lease::Lost => Err(Stopped::Lost),
        }
    }

    fn with_token(
        &self,
        claimed: &ClaimedWrites,
        act: impl FnOnce(&AccessGrant) -> Result<Turn, Stopped>,
    ) -> Result<Turn, Stopped> {
        match self.tokens.access_token(claimed.user) {
            Ok(grant) => act(&grant),
            Err(TokenError::Store(error)) => Err(error.into()),
            Err(error) => {
                let next = error.retry_after().unwrap_or(PushPolicy::NO_TOKEN);
                Ok(Turn {
                    writes: Vec::new(),
                    next,
                    trouble: Some("no_token"),
                })
            }
        }
    }

    fn read_back(&self, claimed: &ClaimedWrites, grant: &AccessGrant, writes: &[Waiting]) -> Turn {
        let (mut found, mut taken) = (Vec::new(), HashSet::new());
        let start = self.clock.elapsed();
        for write in writes {
            if self.clock.elapsed().saturating_sub(start) > Self::READ {
                break;
            }
            match self.look_for(claimed, grant, write, &mut taken) {
                Ok(written) => found.push((write.id, written)),
                Err(fault) => {
                    self.tell(claimed, grant, &fault);
                    return self.trouble(claimed, found, fault);
                }
            }
        }
        self.heard(None);
        let mut turn = Turn::done(found, Duration::ZERO);
        // What has to be sent again came to nothing: a Trakt that reads well and takes no writes is
        // asked less and less often.
        if turn
            .writes
            .iter()
            .any(|(_, written)| *written == Written::Alone)
        {
            turn.trouble = Some("not_taken");
        }
        turn
    }

    /// Whether Trakt has the play that a write would make.
    fn look_for(
        &self,
        claimed: &ClaimedWrites,
        grant: &AccessGrant,
        write: &Waiting,
        taken: &mut HashSet<i64>,
    ) -> Result<Written, TraktFault> {
        let Some(of) = write.item else {
            return Ok(Written::Again);
        };
        let minute = write.at.timestamp().div_euclid(60);
        // A scrobble has the time at which it came to Trakt; it is sent only while it is young.
        let (since, until) = match write.deed {
            Deed::Stop => (write.at - Self::AROUND, write.at + Self::AFTER),
            _ => {
                let start = chrono::DateTime::from_timestamp(minute * 60, 0).unwrap_or(write.at);
                (start, start + TimeDelta::milliseconds(59_999))
            }
        };
        let plays = self
            .trakt
            .plays(claimed.user, &grant.token, of, since, until)?;
        let play = plays
            .into_iter()
            .find(|(id, at)| (since..=until).contains(at) && taken.insert(*id));
        Ok(match play {
            Some((id, at)) => Written::Confirmed {
                play: Some(id),
                at: Some(at),
                reason: Some("read_back"),
            },
            // By itself, or the one of many that Trakt never takes would keep all others.
            None => Written::Alone,
        })
    }

    fn send(
        &self,
        push: PushId,
        claimed: &ClaimedWrites,
        grant: &AccessGrant,
        deed: Deed,
        writes: &[Waiting],
    ) -> Result<Turn, Stopped> {
        let ids: Vec<WriteId> = writes.iter().map(|write| write.id).collect();
        let asked = self.clock.elapsed();
        if self.store.begin_send(claimed.user, push, &ids)? == Lease::Lost {
            return Err(Stopped::Lost);
        }
        let all = |written: Written| ids.iter().map(|id| (*id, written.clone())).collect();
        if self.clock.elapsed().saturating_sub(asked) > Self::PROMPT {
            return Err(Stopped::Lost);
        }
        let sent = self.trakt.send(claimed.user, &grant.token, deed, writes);
        Ok(match sent {
            Ok(written) => {
                self.heard(None);
                let uncounted = written.contains(&Written::Unknown);
                let written = ids.iter().copied().zip(written).collect();
                let mut turn = Turn::done(written, PushPolicy::PAUSE);
                if uncounted {
                    turn.next = PushPolicy::SETTLING;
                    turn.trouble = Some("not_counted");
                }
                turn
            }
            // One of many may be at fault: each is then tried by itself.
            Err(SendFault::Refused(_)) if writes.len() > 1 => {
                Turn::done(all(Written::Alone), PushPolicy::PAUSE)
            }
            Err(SendFault::Refused(reason)) => {
                Turn::done(all(Written::Refused(reason)), PushPolicy::PAUSE)
            }
            Err(SendFault::Trakt(fault)) => {
                self.tell(claimed, grant, &fault);
                self.trouble(claimed, all(Written::Again), fault)
            }
            Err(SendFault::Unknown {
                detail,
                retry_after,
            }) => {
                let fault = TraktFault::Unavailable {
                    detail,
                    retry_after,
                };
                // What may be said twice goes by itself in the end: one of them may be at fault.
                let became = match claimed.attempts {
                    Self::PATIENCE.. if writes.len() > 1 && !writes.iter().any(makes_play) => {
                        Written::Alone
                    }
                    _ => Written::Unknown,
                };
                let mut turn = self.trouble(claimed, all(became), fault);
                turn.next = match retry_after {
                    None if claimed.attempts == 0 => PushPolicy::SETTLING,
                    _ => turn.next.max(PushPolicy::SETTLING),
                };
                turn
            }
        })
    }

    fn trouble(
        &self,
        claimed: &ClaimedWrites,
        writes: Vec<(WriteId, Written)>,
        fault: TraktFault,
    ) -> Turn {
        log::info!("writes of user {} wait: {fault}", claimed.user);
        let trouble = PullError::Trakt(fault.clone()).reason();
        let (retry_after, again) = match &fault {
            TraktFault::Unavailable { retry_after, .. } => (*retry_after, false),
            // The next turn has another token, or none.
            TraktFault::TokenRefused => (None, claimed.attempts == 0),
            _ => (None, false),
        };
        self.heard(Some(fault));
        let chance = PushPolicy::chance(&*self.entropy);
        let wait = PushPolicy::after_trouble(claimed.attempts + 1, retry_after, chance);
        Turn {
            writes,
            next: if again { Duration::ZERO } else { wait },
            trouble: Some(trouble),
        }
    }

    /// What Trakt says of the token is for the link to know.
    fn tell(&self, claimed: &ClaimedWrites, grant: &AccessGrant, fault: &TraktFault) {
        let told = self.tokens.told(claimed.user, grant, fault);
        if let Err(error) = told {
            log::warn!("what Trakt said of a token could not be noted: {error}");
        }
    }

    fn heard(&self, fault: Option<TraktFault>) {
        let heard = fault.map_or(Ok(()), |fault| Err(PullError::Trakt(fault)));
        self.breaker.heed(&heard, &*self.clock);
    }
}
