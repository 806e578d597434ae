//! How many requests came in the present window, of whom.

use std::collections::HashMap;
use std::net::IpAddr;

use super::{AccountId, World};

/// The window in which the answers of 401 count that ban an address, in seconds.
const UNAUTHORIZED_PERIOD: u64 = 300;

/// Who is counted together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Counted {
    Reads(AccountId),
    Writes(AccountId),
    Nobody { client_id: String, from: IpAddr },
    Unauthorized(IpAddr),
    Ban(IpAddr),
}

#[derive(Debug)]
struct Window {
    ends_ms: u64,
    requests: u64,
}

/// The windows that are not over, and some that are.
#[derive(Debug, Default)]
pub(super) struct Rates {
    windows: HashMap<Counted, Window>,
    /// With how many those that are over are thrown away.
    swept_at: usize,
}

impl Rates {
    /// The present window, begun now where there is none.
    fn window(&mut self, counted: Counted, now_ms: u64, period: u64) -> &mut Window {
        if self.windows.len() >= self.swept_at {
            self.windows.retain(|_, window| now_ms < window.ends_ms);
            self.swept_at = 1024.max(2 * self.windows.len());
        }
        let ends_ms = now_ms.saturating_add(period.saturating_mul(1000));
        let new = || Window {
            ends_ms,
            requests: 0,
        };
        let window = self.windows.entry(counted).or_insert_with(new);
        if window.ends_ms <= now_ms {
            *window = new();
        }
        window
    }
}

/// Whose request it is, as the rate limits see it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking<'a> {
    pub(crate) account: Option<AccountId>,
    pub(crate) client_id: &'a str,
    pub(crate) from: IpAddr,
    /// Whether it only reads.
    pub(crate) reads: bool,
}

/// Why a request is too much.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TooMuch {
    /// Its address is banned.
    Banned { seconds: u64 },
    /// Its window is full.
    Limited {
        /// What Trakt calls the limit.
        name: &'static str,
        period: u64,
        limit: u64,
        /// Seconds until the window is over, rounded up.
        seconds: u64,
        /// Milliseconds since 1970-01-01 UTC on the simulator's clock.
        until_ms: u64,
    },
}

impl World {
    /// Counts a request, and says why it is too much where it is.
    pub(crate) fn count_request(&mut self, asking: Asking<'_>) -> Result<(), TooMuch> {
        let limits = self.config.rate_limits;
        if !limits.on {
            return Ok(());
        }
        let now_ms = self.now_ms();
        let seconds = |ends_ms: u64| ends_ms.saturating_sub(now_ms).div_ceil(1000);
        if let Some(ban) = self.rates.windows.get(&Counted::Ban(asking.from))
            && now_ms < ban.ends_ms
        {
            let seconds = seconds(ban.ends_ms);
            return Err(TooMuch::Banned { seconds });
        }
        let (counted, rate, name) = match asking.account {
            Some(id) if asking.reads => (
                Counted::Reads(id),
                limits.authed_get,
                "AUTHED_API_GET_LIMIT",
            ),
            Some(id) => (
                Counted::Writes(id),
                limits.authed_post,
                "AUTHED_API_POST_LIMIT",
            ),
            None if asking.reads && self.knows_client(asking.client_id) => (
                Counted::Nobody {
                    client_id: asking.client_id.to_owned(),
                    from: asking.from,
                },
                limits.unauthed_get,
                "UNAUTHED_API_GET_LIMIT",
            ),
            // A write without a token does nothing, and Trakt tells no limit for it.
            None => return Ok(()),
        };
        let window = self.rates.window(counted, now_ms, rate.period);
        if window.requests >= rate.limit {
            return Err(TooMuch::Limited {
                name,
                period: rate.period,
                limit: rate.limit,
                seconds: seconds(window.ends_ms),
                until_ms: window.ends_ms,
            });
        }
        window.requests += 1;
        Ok(())
    }

    /// Counts an answer of 401, which may ban who got it.
    pub(crate) fn count_unauthorized(&mut self, from: IpAddr) {
        let limits = self.config.rate_limits;
        if !limits.on || limits.ban_after == 0 {
            return;
        }
        let now_ms = self.now_ms();
        let counted = Counted::Unauthorized(from);
        let window = self.rates.window(counted, now_ms, UNAUTHORIZED_PERIOD);
        window.requests += 1;
        if window.requests >= limits.ban_after {
            window.ends_ms = now_ms;
            self.rates
                .window(Counted::Ban(from), now_ms, limits.ban_seconds);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_that_are_over_are_thrown_away_and_seldom_looked_for() {
        let mut rates = Rates::default();
        let mut count = |who: u32, now_ms| {
            let from = IpAddr::from(who.to_be_bytes());
            rates
                .window(Counted::Unauthorized(from), now_ms, 1)
                .requests += 1;
            (rates.windows.len(), rates.swept_at)
        };
        for who in 0..1024 {
            assert_eq!(count(who, 0), (who as usize + 1, 1024));
        }
        for who in 1024..2048 {
            assert_eq!(count(who, 999), (who as usize + 1, 2048));
        }
        // The first 1024 end with this millisecond.
        assert_eq!(count(2048, 1000), (1025, 2048));
    }
}
