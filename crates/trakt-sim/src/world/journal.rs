//! The log of requests: what a test asks to learn what its client did. It holds everything that
//! was sent, secrets too, and leaves the simulator by its control interface only.

use std::collections::VecDeque;
use std::fmt;

use serde::Serialize;

use super::{Fault, World, matches};

/// One request to the simulated Trakt. Those to the control interface are not among them.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Request {
    /// Counts all requests from 0, in the order in which they came.
    pub seq: u64,
    /// Milliseconds since 1970-01-01 UTC on the simulator's clock, as the request came.
    pub at_ms: u64,
    /// In capitals.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// What came after `?`.
    pub query: Option<String>,
    /// Names in small letters, in the order in which they came.
    pub headers: Vec<(String, String)>,
    /// The body; bytes that are not UTF-8 are replaced.
    pub body: String,
    /// Whether there was an `authorization` header.
    pub authorization: bool,
    /// The token of the `authorization` header, where it is of the bearer kind.
    pub bearer: Option<String>,
    /// The index of the token pair that the bearer token, or else the `refresh_token` or
    /// `token` of a JSON body, belongs to.
    pub token: Option<usize>,
    /// The slug of that pair's account as the request came.
    pub slug: Option<String>,
    /// The scripted fault that it met.
    pub fault: Option<Fault>,
    /// The status that processing came to; `None` while it has not been processed.
    pub outcome: Option<u16>,
    /// The status that was sent; `None` while nothing has been, which after a cut connection
    /// is for ever.
    pub status: Option<u16>,
}

/// Without headers, query and body, which hold secrets.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("seq", &self.seq)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("authorization", &self.authorization)
            .field("token", &self.token)
            .field("slug", &self.slug)
            .field("fault", &self.fault)
            .field("outcome", &self.outcome)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// The requests there are, and how many there have been.
#[derive(Debug, Default)]
pub(super) struct Journal {
    kept: VecDeque<Request>,
    /// Of their bodies.
    bytes: usize,
    next: u64,
}

impl Journal {
    /// The most bytes of bodies that are kept.
    const BYTES: usize = 64 * 1024 * 1024;

    /// `None` when the log did not take the request, or it was cleared in the meantime.
    fn at(&mut self, seq: u64) -> Option<&mut Request> {
        let at = self.kept.binary_search_by_key(&seq, |r| r.seq).ok()?;
        self.kept.get_mut(at)
    }
}

/// A request as it comes in.
pub(crate) struct Incoming {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl World {
    /// Writes a request down before anything is done about it, and says under which number.
    /// `asked` is not called for what the log does not take.
    pub(crate) fn record(
        &mut self,
        asked: impl FnOnce() -> Incoming,
        fault: Option<&Fault>,
    ) -> u64 {
        let seq = self.journal.next;
        self.journal.next += 1;
        let every = self.config.requests_every.max(1);
        if self.config.requests_kept == 0 || !seq.is_multiple_of(every) {
            return seq;
        }
        let asked = asked();
        let authorization = asked
            .headers
            .iter()
            .find(|(name, _)| name == "authorization")
            .map(|(_, value)| value);
        let bearer = authorization
            .and_then(|value| bearer_of(value))
            .map(str::to_owned);
        let token = bearer.clone().or_else(|| token_in(&asked.body));
        let token = token.and_then(|token| self.tokens.index_of(&token));
        let request = Request {
            seq,
            at_ms: self.now_ms(),
            authorization: authorization.is_some(),
            bearer,
            token,
            slug: token.map(|index| self.token(index).slug),
            method: asked.method,
            path: asked.path,
            query: asked.query,
            headers: asked.headers,
            body: asked.body,
            fault: fault.cloned(),
            outcome: None,
            status: None,
        };
        self.journal.bytes += request.body.len();
        self.journal.kept.push_back(request);
        while self.journal.kept.len() > self.config.requests_kept
            || self.journal.bytes > Journal::BYTES
        {
            let Some(oldest) = self.journal.kept.pop_front() else {
                break;
            };
            self.journal.bytes -= oldest.body.len();
        }
        seq
    }

    pub(crate) fn record_outcome(&mut self, seq: u64, status: u16) {
        if let Some(request) = self.journal.at(seq) {
            request.outcome = Some(status);
        }
    }

    /// To be called before the answer leaves, so that who has the answer finds it in the log.
    pub(crate) fn record_status(&mut self, seq: u64, status: u16) {
        if let Some(request) = self.journal.at(seq) {
            request.status = Some(status);
        }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.journal.kept.iter().cloned().collect()
    }

    pub(crate) fn requests_to(&self, pattern: &str) -> Vec<Request> {
        let fits = |r: &&Request| matches(pattern, &format!("{} {}", r.method, r.path));
        self.journal.kept.iter().filter(fits).cloned().collect()
    }

    pub(crate) fn clear_requests(&mut self) {
        self.journal.kept.clear();
        self.journal.bytes = 0;
    }
}

/// The token of an `authorization` header of the bearer kind (RFC 6750, section 2.1).
pub(crate) fn bearer_of(authorization: &str) -> Option<&str> {
    let (kind, token) = authorization.split_once(' ')?;
    kind.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn token_in(body: &str) -> Option<String> {
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    let token = body.get("refresh_token").or_else(|| body.get("token"))?;
    token.as_str().map(str::to_owned)
}
