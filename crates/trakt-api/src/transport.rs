//! Sending. The rest of the crate knows no network.

use std::io;
use std::time::Duration;

use ureq::config::RedirectAuthHeaders;
use ureq::http::Request;
use ureq::{Agent, Timeout};

use crate::{Host, Method};

/// A request, ready to be sent. Headers and body may hold secrets: it has no `Debug`.
pub struct RawRequest {
    /// How.
    pub method: Method,
    /// Which host it is meant for.
    pub host: Host,
    /// Where.
    pub url: url::Url,
    /// Names in small letters.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// By when the whole answer must be there.
    pub within: Duration,
    /// The largest body that is read.
    pub max_reply: u64,
}

/// An answer as it came. The body may hold secrets: it has no `Debug`.
#[derive(Clone)]
pub struct RawReply {
    /// The status.
    pub status: u16,
    /// Names in small letters; values that are no text are left out.
    pub headers: Vec<(String, String)>,
    /// The body.
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
    /// No byte of the request left.
    #[error("not sent: {0}")]
    NotSent(String),
    /// It was sent, wholly or in part. Whether it took effect is not known.
    #[error("no answer: {0}")]
    Unknown(String),
    /// An answer came whose body is larger than was allowed.
    #[error("status {status}, with a body that is too large")]
    TooLarge {
        /// Its status.
        status: u16,
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

/// The transport over ureq.
///
/// Every setting that matters is set, since ureq's defaults are for other uses: no time limits,
/// proxies from the environment, redirects followed, refusals as errors without their body.
#[derive(Clone, Debug)]
pub struct UreqTransport {
    api: Agent,
    auth: Agent,
}

/// The longest that a connection may take, TLS included.
const CONNECT: Duration = Duration::from_secs(3);

impl UreqTransport {
    /// A transport that speaks TLS alone, unless `plain_http` (for a simulator on loopback).
    #[must_use]
    pub fn new(plain_http: bool) -> Self {
        // On a fresh connection "could not connect" means "was not sent". On one that was kept
        // open a request may be lost on the way, and a token request with it.
        Self {
            api: agent(plain_http, 4),
            auth: agent(plain_http, 0),
        }
    }
}

fn agent(plain_http: bool, idle: usize) -> Agent {
    Agent::config_builder()
        .https_only(!plain_http)
        .http_status_as_error(false)
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .redirect_auth_headers(RedirectAuthHeaders::Never)
        .save_redirect_history(false)
        .timeout_connect(Some(CONNECT))
        .max_response_header_size(32 * 1024)
        .input_buffer_size(16 * 1024)
        .max_idle_connections(idle)
        .max_idle_connections_per_host(idle)
        .max_idle_age(Duration::from_secs(10))
        .user_agent(ureq::config::AutoHeaderValue::None)
        .accept_encoding("identity")
        .build()
        .into()
}

impl Transport for UreqTransport {
    fn send(&self, request: RawRequest) -> Result<RawReply, TransportError> {
        let RawRequest {
            method,
            host,
            url,
            headers,
            body,
            within,
            max_reply,
        } = request;
        let mut builder = Request::builder().method(method.as_str()).uri(url.as_str());
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        let agent = match host {
            Host::Api => &self.api,
            Host::Auth => &self.auth,
        };
        let unbuildable = |_| TransportError::NotSent("the request cannot be built".to_owned());
        let sent = match body {
            Some(bytes) => {
                let request = builder.body(bytes).map_err(unbuildable)?;
                agent.run(
                    agent
                        .configure_request(request)
                        .timeout_global(Some(within))
                        .build(),
                )
            }
            None => {
                let request = builder.body(()).map_err(unbuildable)?;
                agent.run(
                    agent
                        .configure_request(request)
                        .timeout_global(Some(within))
                        .build(),
                )
            }
        };
        let mut response = sent.map_err(|error| classify(&error))?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .filter_map(|(name, value)| {
                Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
            })
            .collect();
        match response
            .body_mut()
            .with_config()
            .limit(max_reply)
            .read_to_vec()
        {
            Ok(body) => Ok(RawReply {
                status,
                headers,
                body,
            }),
            Err(ureq::Error::BodyExceedsLimit(_)) => Err(TransportError::TooLarge { status }),
            // The status arrived, and of a refusal it is what counts.
            Err(_) if status >= 400 => Ok(RawReply {
                status,
                headers,
                body: Vec::new(),
            }),
            Err(error) => Err(classify(&error)),
        }
    }
}

/// Whether the request can have reached the other side. The text is ours: ureq's own may quote
/// the address and what came.
fn classify(error: &ureq::Error) -> TransportError {
    let not_sent = |why: &str| TransportError::NotSent(why.to_owned());
    let unknown = |why: &str| TransportError::Unknown(why.to_owned());
    match error {
        ureq::Error::HostNotFound => not_sent("the host name cannot be resolved"),
        ureq::Error::ConnectionFailed => not_sent("the connection failed"),
        ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
            not_sent("connecting took too long")
        }
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => not_sent("TLS cannot be agreed on"),
        ureq::Error::RequireHttpsOnly(_) => not_sent("plain http is not allowed"),
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            not_sent("the connection was refused")
        }
        ureq::Error::Timeout(_) => unknown("it took too long"),
        ureq::Error::Io(_) => unknown("the connection broke"),
        ureq::Error::LargeResponseHeader(..) => unknown("its headers are too large"),
        _ => unknown("it was not HTTP"),
    }
}
