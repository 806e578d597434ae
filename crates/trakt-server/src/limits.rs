//! Rate limits, and the only place that names actix-governor. A limit counts per user once the
//! bearer token is known to be good, and per peer address before that: a flood without a token,
//! or with a bad one, uses up nothing of a user's.

use std::fmt;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use actix_governor::governor::clock::{Clock, DefaultClock, QuantaInstant};
use actix_governor::governor::middleware::NoOpMiddleware;
use actix_governor::governor::{DefaultKeyedRateLimiter, NotUntil, Quota, RateLimiter};
use actix_governor::{Governor, GovernorConfig, GovernorConfigBuilder, KeyExtractor};
use actix_web::dev::ServiceRequest;
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};
use metrics::counter;
use trakt_core::UserId;
use trakt_core::audit::AuditEvent;

use crate::guard::Caller;
use crate::problem::Problem;

/// Whom a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LimitKey {
    /// A user whose token is good.
    User(UserId),
    /// Everybody else, by address.
    Peer(IpAddr),
}

impl LimitKey {
    /// The key of an address. Of an IPv6 address the network (/64) counts: whoever has one
    /// address of it has them all.
    #[must_use]
    pub fn peer(ip: IpAddr) -> Self {
        Self::Peer(match ip.to_canonical() {
            IpAddr::V6(v6) => {
                let network = v6.to_bits() & !u128::from(u64::MAX);
                IpAddr::V6(Ipv6Addr::from_bits(network))
            }
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

/// What limits are called in the metrics: those of routes, and those that are asked elsewhere.
pub const NAMES: &[&str] = &[
    "device_start",
    "device_check",
    "association",
    "admin",
    "admin_read",
    "watch_read",
    "watch_write",
    "watch_ask",
    "sign_in",
    "sign_in_page",
    "sign_in_account",
    "passwords",
    "export",
    "streams",
    "daily_writes",
    "unsent",
];

/// 429, which is counted under the name of its limit.
#[must_use]
pub fn hit(limit: &'static str, retry_after: Duration) -> Problem {
    count(limit);
    Problem::rate_limited(retry_after)
}

/// Counts a refusal by a limit, for those that have an answer of their own.
pub fn count(limit: &'static str) {
    counter!("trakt_limits_hit_total", "limit" => limit).increment(1);
}

/// Takes the key from what the guard found out. The name is that of the limit.
#[derive(Clone, Copy, Debug)]
pub struct ByCaller(&'static str);

impl KeyExtractor for ByCaller {
    type Key = LimitKey;
    type KeyExtractionError = Problem;

    fn extract(&self, req: &ServiceRequest) -> Result<LimitKey, Problem> {
        Caller::of(req.request()).map(|caller| caller.limit_key())
    }

    fn exceed_rate_limit_response(
        &self,
        negative: &NotUntil<QuantaInstant>,
        _: HttpResponseBuilder,
    ) -> HttpResponse {
        let wait = negative.wait_time_from(DefaultClock::default().now());
        hit(self.0, wait).error_response()
    }
}

/// How often something may be done: so many in so many seconds, one after the other, and a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub requests: u32,
    /// In how long, in seconds.
    pub seconds: u32,
    /// How many at once.
    pub burst: u32,
}

impl Rate {
    /// So many a second, and a burst as large.
    const fn per_second(requests: u32) -> Self {
        Self {
            requests,
            seconds: 1,
            burst: requests,
        }
    }

    /// One in so many seconds.
    const fn one_in(seconds: u32) -> Self {
        Self {
            requests: 1,
            seconds,
            burst: 1,
        }
    }

    const fn burst(self, burst: u32) -> Self {
        Self { burst, ..self }
    }

    /// How long it takes until one more is allowed.
    fn period(self) -> Option<Duration> {
        Duration::from_secs(self.seconds.into()).checked_div(self.requests)
    }

    fn by_caller(self, name: &'static str) -> Option<Limit> {
        GovernorConfigBuilder::default()
            .period(self.period()?)
            .burst_size(self.burst)
            .key_extractor(ByCaller(name))
            .finish()
    }

    fn keyed<K: Hash + Eq + Clone>(self) -> Option<Keyed<K>> {
        let quota = Quota::with_period(self.period()?)?;
        let quota = quota.allow_burst(NonZeroU32::new(self.burst)?);
        Some(Arc::new(RateLimiter::keyed(quota)))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.requests, self.seconds) {
            (requests, 1) => write!(f, "{requests} a second")?,
            (requests, seconds) => write!(f, "{requests} in {seconds} s")?,
        }
        write!(f, ", {} at once", self.burst)
    }
}

type Limit = GovernorConfig<ByCaller, NoOpMiddleware>;
type Keyed<K> = Arc<DefaultKeyedRateLimiter<K>>;

/// The limits of all routes. One value serves all workers of a process; replicas count apart,
/// so that a user may reach the limit at each of them.
#[derive(Clone)]
pub struct Limits {
    device_start: Limit,
    device_check: Limit,
    association: Limit,
    admin: Limit,
    admin_read: Limit,
    watch_read: Limit,
    watch_write: Limit,
    watch_ask: Limit,
    sign_in: Limit,
    sign_in_page: Limit,
    sign_in_account: Keyed<String>,
    export: Keyed<UserId>,
    trail: Keyed<(LimitKey, AuditEvent)>,
}

impl Limits {
    /// `POST /trakt/auth/device`.
    pub const DEVICE_START: Rate = Rate::per_second(2);
    /// `POST /trakt/auth/device/check`.
    pub const DEVICE_CHECK: Rate = Rate::per_second(1);
    /// `/trakt/association`.
    pub const ASSOCIATION: Rate = Rate::per_second(5);
    /// What changes something below `/trakt/admin`.
    pub const ADMIN: Rate = Rate::per_second(1);
    /// What reads below `/trakt/admin`.
    pub const ADMIN_READ: Rate = Rate::per_second(5);
    /// Reads of what the user watches.
    pub const WATCH_READ: Rate = Rate::per_second(20);
    /// Writes of what the user watches.
    pub const WATCH_WRITE: Rate = Rate::per_second(5);
    /// `POST /trakt/sync`.
    pub const WATCH_ASK: Rate = Rate::one_in(10);
    /// `POST /auth/login`, of a peer.
    pub const SIGN_IN: Rate = Rate::per_second(1);
    /// `POST /sign-in`, of a peer: a person who mistypes is quick to try again.
    pub const SIGN_IN_PAGE: Rate = Rate::per_second(1).burst(5);
    /// Sign-ins of one account, from wherever.
    pub const SIGN_IN_ACCOUNT: Rate = Rate::one_in(60).burst(10);
    /// `GET /trakt/export`, beside what reads have.
    pub const EXPORT: Rate = Rate::one_in(60);
    /// Refusals on the audit trail, of one kind and caller.
    const TRAIL: Rate = Rate::per_second(1);

    /// The limits of the interface. `None` cannot happen with the numbers above; a test holds it.
    #[must_use]
    pub fn new() -> Option<Self> {
        Some(Self {
            device_start: Self::DEVICE_START.by_caller("device_start")?,
            device_check: Self::DEVICE_CHECK.by_caller("device_check")?,
            association: Self::ASSOCIATION.by_caller("association")?,
            admin: Self::ADMIN.by_caller("admin")?,
            admin_read: Self::ADMIN_READ.by_caller("admin_read")?,
            watch_read: Self::WATCH_READ.by_caller("watch_read")?,
            watch_write: Self::WATCH_WRITE.by_caller("watch_write")?,
            watch_ask: Self::WATCH_ASK.by_caller("watch_ask")?,
            sign_in: Self::SIGN_IN.by_caller("sign_in")?,
            sign_in_page: Self::SIGN_IN_PAGE.by_caller("sign_in_page")?,
            sign_in_account: Self::SIGN_IN_ACCOUNT.keyed()?,
            export: Self::EXPORT.keyed()?,
            trail: Self::TRAIL.keyed()?,
        })
    }

    /// See [`Self::DEVICE_START`].
    #[must_use]
    pub fn device_start(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.device_start)
    }

    /// See [`Self::DEVICE_CHECK`].
    #[must_use]
    pub fn device_check(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.device_check)
    }

    /// See [`Self::ASSOCIATION`].
    #[must_use]
    pub fn association(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.association)
    }

    /// See [`Self::ADMIN`].
    #[must_use]
    pub fn admin(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.admin)
    }

    /// See [`Self::ADMIN_READ`].
    #[must_use]
    pub fn admin_read(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.admin_read)
    }

    /// See [`Self::WATCH_READ`].
    #[must_use]
    pub fn watch_read(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.watch_read)
    }

    /// See [`Self::WATCH_WRITE`].
    #[must_use]
    pub fn watch_write(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.watch_write)
    }

    /// See [`Self::WATCH_ASK`].
    #[must_use]
    pub fn watch_ask(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.watch_ask)
    }

    /// See [`Self::SIGN_IN`].
    #[must_use]
    pub fn sign_in(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.sign_in)
    }

    /// See [`Self::SIGN_IN_PAGE`].
    #[must_use]
    pub fn sign_in_page(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.sign_in_page)
    }

    /// See [`Self::SIGN_IN_ACCOUNT`].
    ///
    /// # Errors
    /// 429 when it was more.
    pub fn sign_in_account(&self, email: &str) -> Result<(), Problem> {
        self.sign_in_account
            .check_key(&email.to_owned())
            .map_err(|negative| {
                let wait = negative.wait_time_from(DefaultClock::default().now());
                hit("sign_in_account", wait)
            })
    }

    /// See [`Self::EXPORT`]. Asked by the handler, so that those who are nobody use up
    /// nothing of it; as reads they are limited like all others.
    ///
    /// # Errors
    /// 429 when it was more.
    pub fn export(&self, user: UserId) -> Result<(), Problem> {
        self.export.check_key(&user).map_err(|negative| {
            let wait = negative.wait_time_from(DefaultClock::default().now());
            hit("export", wait)
        })
    }

    /// Whether a refusal of this caller may go on the audit trail: one a second of each kind, or
    /// a flood would write the disk full. Kinds count apart, so that no one hides behind a limit
    /// that it hit on purpose.
    #[must_use]
    pub fn may_record(&self, key: LimitKey, event: AuditEvent) -> bool {
        self.trail.check_key(&(key, event)).is_ok()
    }

    /// Forgets callers whose allowance is whole again. Without this every address that ever
    /// called would stay in memory.
    pub fn forget_idle(&self) {
        for limit in [
            &self.device_start,
            &self.device_check,
            &self.association,
            &self.admin,
            &self.admin_read,
            &self.watch_read,
            &self.watch_write,
            &self.watch_ask,
            &self.sign_in,
            &self.sign_in_page,
        ] {
            limit.limiter().retain_recent();
            limit.limiter().shrink_to_fit();
        }
        forget(&self.sign_in_account);
        forget(&self.export);
        forget(&self.trail);
    }
}

fn forget<K: Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>) {
    limiter.retain_recent();
    limiter.shrink_to_fit();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(ip: &str) -> LimitKey {
        LimitKey::peer(ip.parse().unwrap())
    }

    #[test]
    fn addresses_count_by_network() {
        assert_eq!(peer("2001:db8::1"), peer("2001:db8::ffff:ffff:ffff:ffff"));
        assert_ne!(peer("2001:db8::1"), peer("2001:db8:0:1::1"));
        assert_ne!(peer("192.0.2.1"), peer("192.0.2.2"));
        assert_eq!(peer("::ffff:192.0.2.1"), peer("192.0.2.1"));
    }

    #[test]
    fn one_account_gets_ten_tries() {
        let limits = Limits::new().unwrap();
        let tries = (0..20)
            .filter(|_| limits.sign_in_account("a@b").is_ok())
            .count();
        assert_eq!(tries, 10);
        assert_eq!(limits.sign_in_account("c@d"), Ok(()));
        assert!(limits.sign_in_account("a@b").is_err());
    }
}
