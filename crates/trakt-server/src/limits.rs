//! Rate limits, and the only place that names actix-governor. A limit counts per user once the
//! bearer token is known to be good, and per peer address before that: a flood without a token,
//! or with a bad one, uses up nothing of a user's.

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
    /// The limits of the interface. `None` cannot happen with the numbers below; a test holds it.
    #[must_use]
    pub fn new() -> Option<Self> {
        let one = NonZeroU32::new(1)?;
        Some(Self {
            device_start: per_second("device_start", 2)?,
            device_check: per_second("device_check", 1)?,
            association: per_second("association", 5)?,
            admin: per_second("admin", 1)?,
            admin_read: per_second("admin_read", 5)?,
            watch_read: per_second("watch_read", 20)?,
            watch_write: per_second("watch_write", 5)?,
            watch_ask: one_in("watch_ask", Duration::from_secs(10), 1)?,
            sign_in: per_second("sign_in", 1)?,
            sign_in_page: one_in("sign_in_page", Duration::from_secs(1), 5)?,
            sign_in_account: keyed(
                Quota::with_period(Duration::from_secs(60))?.allow_burst(NonZeroU32::new(10)?),
            ),
            export: keyed(Quota::with_period(Duration::from_secs(60))?.allow_burst(one)),
            trail: keyed(Quota::per_second(one)),
        })
    }

    /// `POST /trakt/auth/device`: 2/s.
    #[must_use]
    pub fn device_start(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.device_start)
    }

    /// `POST /trakt/auth/device/check`: 1/s.
    #[must_use]
    pub fn device_check(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.device_check)
    }

    /// `/trakt/association`: 5/s.
    #[must_use]
    pub fn association(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.association)
    }

    /// What changes something below `/trakt/admin`: 1/s.
    #[must_use]
    pub fn admin(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.admin)
    }

    /// What reads below `/trakt/admin`: 5/s.
    #[must_use]
    pub fn admin_read(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.admin_read)
    }

    /// Reads of what the user watches: 20/s.
    #[must_use]
    pub fn watch_read(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.watch_read)
    }

    /// Writes of what the user watches: 5/s.
    #[must_use]
    pub fn watch_write(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.watch_write)
    }

    /// `POST /trakt/sync`: 1 in 10 s.
    #[must_use]
    pub fn watch_ask(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.watch_ask)
    }

    /// `POST /auth/login`: 1/s a peer.
    #[must_use]
    pub fn sign_in(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.sign_in)
    }

    /// `POST /sign-in`: 1/s a peer, and a few at once: a person who mistypes is quick to try again.
    #[must_use]
    pub fn sign_in_page(&self) -> Governor<ByCaller, NoOpMiddleware> {
        Governor::new(&self.sign_in_page)
    }

    /// Sign-ins of one account: 10 a minute, from wherever.
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

    /// `GET /trakt/export`: 1 in 60 s. Asked by the handler, so that those who are nobody use up
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

fn keyed<K: Hash + Eq + Clone>(quota: Quota) -> Keyed<K> {
    Arc::new(RateLimiter::keyed(quota))
}

/// `rate` a second, and a burst as large.
fn per_second(name: &'static str, rate: u32) -> Option<Limit> {
    GovernorConfigBuilder::default()
        .period(Duration::from_secs(1) / rate)
        .burst_size(rate)
        .key_extractor(ByCaller(name))
        .finish()
}

/// One in this time, and so many at once.
fn one_in(name: &'static str, period: Duration, burst: u32) -> Option<Limit> {
    GovernorConfigBuilder::default()
        .period(period)
        .burst_size(burst)
        .key_extractor(ByCaller(name))
        .finish()
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
