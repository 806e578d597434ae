//! Sending. The rest of the crate knows no network, and this knows nothing of Trakt.

mod agent;

use std::time::Duration;

pub use agent::UreqTransport;

use crate::{Host, Method};

/// A request, ready to be sent. Headers and body may hold secrets: it has no `Debug`.
pub struct RawRequest {
    /// How.
    pub method: Method,
    /// Which host it is meant for.
    pub host: Host,
    /// Where.
    pub url: url::Url,
    /// Names in small letters, each once.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// By when the whole answer must be there, counted from the start of the call.
    pub within: Duration,
    /// The largest body of a success that is read, in bytes. Of any other answer a transport reads
    /// no more than is of use to it: 64 KiB will do.
    pub max_reply: u64,
}

/// An answer as it came. The body may hold secrets: it has no `Debug`.
#[derive(Clone)]
pub struct RawReply {
    /// The status.
    pub status: u16,
    /// Names in small letters; values that are no text are left out.
    pub headers: Vec<(String, String)>,
    /// The body. Of an answer that is no success it may be missing, in whole or in part: there
    /// the status counts.
    pub body: Vec<u8>,
}

impl RawReply {
    /// The first header of this name (in small letters).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No byte of the request left: no name, no connection, no TLS.
    #[error("not sent: {0}")]
    NotSent(String),
    /// It may have been sent, and no status came. Whether it took effect is not known.
    #[error("no answer: {0}")]
    Unknown(String),
    /// A success, but its body was cut off, too slow or too large.
    #[error("status {status}, but the body cannot be read: {why}")]
    Body {
        /// Its status.
        status: u16,
        /// What is wrong with the body.
        why: &'static str,
    },
}

/// Whatever carries a request to Trakt.
pub trait Transport: Send + Sync {
    /// Sends it, and returns by `request.within` whatever the other side does. Any status is an
    /// answer; a redirect is one too and is never followed.
    ///
    /// # Errors
    /// [`TransportError`].
    fn send(&self, request: RawRequest) -> Result<RawReply, TransportError>;
}
