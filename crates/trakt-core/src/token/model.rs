//! What is said of tokens.

use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::ports::TokenGrant;
use crate::words::words;
use crate::{AccessToken, Entropy, RefreshToken};

/// An access token that works, as far as anybody knows.
#[derive(Clone, Debug)]
pub struct AccessGrant {
    /// The token, for `Authorization: Bearer`.
    pub token: AccessToken,
    /// Which pair of the link it is of: to be given back to [`super::TokenService::refused`].
    pub generation: i64,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// A pair of tokens as Trakt just gave it (RFC 6749 section 5.1).
#[derive(Clone, Debug)]
pub struct NewPair {
    /// Opens the account.
    pub access: AccessToken,
    /// Gives the next pair, once.
    pub refresh: RefreshToken,
    /// How long the access token lives from when it was received.
    pub lifetime: Duration,
    /// When it was received, by our clock. Only its age counts, so a clock that is wrong does no
    /// harm as long as it is wrong by the same.
    pub received_at: DateTime<Utc>,
}

impl NewPair {
    /// What Trakt gave, received `now`. A life that cannot be true counts as the nearest that
    /// can (60 s to 90 days).
    #[must_use]
    pub fn received(grant: TokenGrant, now: DateTime<Utc>) -> Self {
        Self {
            lifetime: grant.lifetime(),
            access: grant.access,
            refresh: grant.refresh,
            received_at: now,
        }
    }
}

/// Who claims refreshes: a journal, and a process that works with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptOwner {
    /// The id of the journal: what an earlier process left behind is the next one's.
    pub id: Uuid,
    /// The process; nil where nothing that it writes outlives it, so that nobody waits for it to
    /// come back with an answer.
    pub boot: Uuid,
}

/// How an attempt ended that brought no pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempted {
    /// Nothing reached Trakt: the refresh token is as good as before.
    NotSent,
    /// Trakt answered without using the token.
    Refused {
        /// How long Trakt asks to wait: everybody, as no user goes with this call.
        retry_after: Option<Duration>,
    },
    /// The token may be used up, and its answer is lost.
    Uncertain {
        /// When the same token is to be sent again.
        replay_after: Duration,
        /// How long Trakt asks everybody to wait, if it does.
        retry_after: Option<Duration>,
    },
    /// The token is dead.
    Lost(LossReason),
    /// Trakt refuses our application: no link's fault.
    Misconfigured,
}

/// The word names no reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown reason")]
pub struct UnknownReason;

words! {
    /// Why a link has to be made anew.
    LossReason {
        /// Trakt refused the refresh token at its first use: the person, Trakt or another app of
        /// theirs ended the connection.
        Revoked = "revoked",
        /// Trakt refused it when it was sent again: it had been used, and the answer was lost.
        LostAnswer = "lost_answer",
        /// Its answer was lost as often as it was sent, until long after the access token ended.
        Lost = "lost",
        /// It does not open: moved or altered in the store. Trakt has nothing to do with it.
        Unreadable = "unreadable",
    }
}

words! {
    /// Why no refresh is sent for anybody.
    GateReason {
        /// Trakt asked us to wait.
        RateLimited = "rate_limited",
        /// Trakt did not answer several times in a row.
        Unavailable = "unavailable",
        /// Trakt refuses our application.
        Misconfigured = "misconfigured",
        /// Trakt refused the refresh tokens of many users at once.
        MassInvalidGrant = "mass_invalid_grant",
    }
}

impl FromStr for LossReason {
    type Err = UnknownReason;

    fn from_str(word: &str) -> Result<Self, UnknownReason> {
        let named = Self::ALL.iter().find(|reason| reason.as_str() == word);
        named.copied().ok_or(UnknownReason)
    }
}

impl FromStr for GateReason {
    type Err = UnknownReason;

    fn from_str(word: &str) -> Result<Self, UnknownReason> {
        let named = Self::ALL.iter().find(|reason| reason.as_str() == word);
        named.copied().ok_or(UnknownReason)
    }
}

/// The numbers of the protocol.
#[derive(Clone, Copy, Debug)]
pub struct RefreshPolicy;

impl RefreshPolicy {
    /// A call to the token endpoint. Long: an answer that comes after we have given up is lost,
    /// and with it the link.
    pub const CALL: Duration = Duration::from_secs(25);
    /// How long a claim keeps others away: longer than a call and the storing of its answer.
    pub const LEASE: Duration = Duration::from_secs(60);
    /// How long after its lease an attempt of another owner is left alone: its machine may come
    /// back with the answer in its journal, and sending the token again would kill the pair at a
    /// provider that revokes families.
    pub const FOREIGN: Duration = Duration::from_secs(15 * 60);
    /// Unless the access token has less than this left: then waiting costs more.
    pub const FOREIGN_HURRY: Duration = Duration::from_secs(10 * 60);
    /// How often a token whose answer was lost is sent again before only the backoff says when.
    pub const REPLAYS: u32 = 2;
    /// An answer that stays away is waited for until the access token has been dead for so long:
    /// a Trakt that is down for hours must cost no link.
    pub const GIVE_UP: Duration = Duration::from_secs(86_400);
    /// After an answer that broke off: soon, while a provider's grace lasts.
    pub const REPLAY_BROKEN: Duration = Duration::from_secs(2);
    /// After no answer at all: the first request may still be under way.
    pub const REPLAY_SILENT: Duration = Duration::from_secs(10);
    /// The second time.
    pub const REPLAY_AGAIN: Duration = Duration::from_secs(60);
    /// The first backoff; each next one is twice as long.
    pub const BACKOFF: Duration = Duration::from_secs(30);
    /// The longest backoff.
    pub const MAX_BACKOFF: Duration = Duration::from_secs(6 * 3600);
    /// A refusal of an access token younger than this is answered by a refresh no sooner than at
    /// this age, and at twice the age each time until one works, so that a caller who refuses
    /// every token makes no loop.
    pub const MIN_AGE: Duration = Duration::from_secs(60);
    /// Calls in a row without an answer after which nobody calls for a while.
    pub const BREAK_AFTER: u32 = 10;
    /// That while; each next one is twice as long.
    pub const BREAK: Duration = Duration::from_secs(30);
    /// The longest.
    pub const MAX_BREAK: Duration = Duration::from_secs(600);
    /// So many refused refresh tokens are believed, whatever else happens; more at once must be
    /// Trakt's trouble. Each one believed costs 1 of this credit.
    pub const TRUST: f64 = 5.0;
    /// What a refresh that works gives back of it: with one refusal in five the credit stays.
    pub const TRUST_WORKED: f64 = 0.25;
    /// In this time the whole of it comes back by itself.
    pub const TRUST_PERIOD: Duration = Duration::from_secs(600);
    /// What the brake holds back is believed after so many tries (hours, with their backoff) of a
    /// link whose access token has been dead for [`Self::GIVE_UP`]: then it is no incident, and
    /// the person has to be told.
    pub const BRAKE_TRIES: u32 = 10;

    /// When a token that lives so long is to be refreshed: at 50 to 80 % of its life, spread so
    /// that links that were made together do not come together. Never a fixed margin: Trakt has
    /// changed the life from 90 days to 24 hours and to 7 days.
    #[must_use]
    pub fn refresh_after(lifetime: Duration, entropy: &dyn Entropy) -> Duration {
        lifetime.mul_f64(Self::share(entropy))
    }

    /// The share of its life after which a token is to be refreshed.
    #[must_use]
    pub fn share(entropy: &dyn Entropy) -> f64 {
        0.5 + 0.3 * Self::chance(entropy)
    }

    /// A random number from 0 to 1.
    #[must_use]
    pub fn chance(entropy: &dyn Entropy) -> f64 {
        let mut bytes = [0; 4];
        entropy.fill(&mut bytes);
        f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX)
    }

    /// The backoff after so many failures: half of it fixed, half by chance.
    #[must_use]
    pub fn backoff(failures: u32, jitter: f64) -> Duration {
        let whole = Self::BACKOFF
            .saturating_mul(1 << failures.min(16))
            .min(Self::MAX_BACKOFF);
        whole.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    #[test]
    fn a_refresh_is_due_at_half_to_four_fifths_of_the_life() {
        let day = Duration::from_secs(86_400);
        let due: Vec<_> = (0..200)
            .map(|_| RefreshPolicy::refresh_after(day, &SystemEntropy))
            .collect();
        assert!(due.iter().all(|due| *due >= day / 2 && *due <= day * 4 / 5));
        let (first, last) = (due.iter().min().unwrap(), due.iter().max().unwrap());
        assert!(
            *last - *first > day / 10,
            "they are spread: {first:?} {last:?}"
        );
    }

    #[test]
    fn a_backoff_grows_and_has_an_end() {
        for (failures, least, most) in [
            (0, 15, 30),
            (1, 30, 60),
            (5, 480, 960),
            (10, 10_800, 21_600),
            (u32::MAX, 10_800, 21_600),
        ] {
            let waits = [0.0, 1.0].map(|jitter| RefreshPolicy::backoff(failures, jitter));
            assert_eq!(waits, [least, most].map(Duration::from_secs), "{failures}");
        }
    }

    #[test]
    fn words_are_read_back() {
        for reason in LossReason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(*reason));
        }
        for reason in GateReason::ALL {
            assert_eq!(reason.as_str().parse(), Ok(*reason));
        }
        assert_eq!("".parse::<LossReason>(), Err(UnknownReason));
    }
}
