//! The other side: what a server makes of a refresh token.

use crate::state::{Pair, Server};

/// How a server treats a refresh token that was used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Refused, nothing else happens. This is what Trakt documents.
    Strict,
    /// Accepted as long as nobody used its successor, which is then replaced.
    Grace,
    /// Taken for theft: every token of the user's authorization dies (RFC 9700, 4.14.2).
    RevokeFamily,
}

impl Server {
    pub fn start() -> Self {
        Self {
            current: Some(0),
            previous: None,
            used: false,
            next: 1,
            family: 0,
        }
    }

    /// One request to the token endpoint. `None` is `invalid_grant`.
    pub fn refresh(&mut self, mode: Mode, token: Pair) -> Option<Pair> {
        if token < self.family {
            return None;
        }
        if self.accepts(token) {
            self.current = Some(self.next);
            self.next += 1;
            self.used = false;
            self.previous = (mode == Mode::Grace).then_some(token);
            return self.current;
        }
        if mode == Mode::RevokeFamily {
            self.current = None;
        }
        None
    }

    /// Whether a refresh with this token would succeed now.
    pub fn accepts(&self, token: Pair) -> bool {
        self.current == Some(token) || (self.previous == Some(token) && !self.used)
    }

    /// One call to the API with this pair's access token. Using it tells a server with grace that
    /// the pair has arrived.
    pub fn call_api(&mut self, mode: Mode, pair: Pair) -> bool {
        let works = self.current == Some(pair);
        if works && mode == Mode::Grace {
            self.used = true;
            self.previous = None;
        }
        works
    }

    /// The user links again.
    pub fn authorize(&mut self) -> Pair {
        let pair = self.next;
        *self = Self {
            current: Some(pair),
            previous: None,
            used: false,
            next: pair + 1,
            family: pair,
        };
        pair
    }
}
