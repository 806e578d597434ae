//! The transport over ureq.
//!
//! ureq's defaults are for other uses: no time limits, proxies from the environment, redirects
//! followed, refusals as errors without their body. Every setting that matters is set here.
//!
//! `ureq::unversioned` may change with any release of ureq: a new version is to be looked at.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use ureq::config::{AutoHeaderValue, Config, IpFamily, RedirectAuthHeaders};
use ureq::http::{Request, Uri};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport as Connection,
};
use ureq::{Agent, AsSendBody, Body, Timeout};

use super::{RawReply, RawRequest, Transport, TransportError};
use crate::base_url::is_safe;
use crate::error::MAX_REFUSAL;
use crate::{Host, Method};

/// The longest that finding an address may take, and then a connection with its TLS.
const CONNECT: Duration = Duration::from_secs(3);

/// [`Transport`] over ureq: TLS (plain http on loopback alone), verified against Mozilla's
/// roots, no proxy, no redirect, no cookie, no compression.
#[derive(Clone, Debug)]
pub struct UreqTransport {
    api: Agent,
    auth: Agent,
}

impl UreqTransport {
    /// A transport with connections of its own.
    #[must_use]
    pub fn new() -> Self {
        // A request on a connection that was kept open may be lost on the way, and with it a
        // refresh token. On a fresh one "could not connect" means "was not sent".
        Self {
            api: agent(4),
            auth: agent(0),
        }
    }
}

impl Default for UreqTransport {
    fn default() -> Self {
        Self::new()
    }
}

fn agent(idle: usize) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .https_only(true)
        .ip_family(IpFamily::Any)
        .proxy(None)
        .no_delay(true)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .redirect_auth_headers(RedirectAuthHeaders::Never)
        .save_redirect_history(false)
        .allow_non_standard_methods(false)
        .user_agent(AutoHeaderValue::None)
        .accept(AutoHeaderValue::None)
        .accept_encoding("identity")
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .max_response_header_size(32 * 1024)
        .input_buffer_size(16 * 1024)
        .output_buffer_size(16 * 1024)
        .max_idle_connections(idle)
        .max_idle_connections_per_host(idle)
        .max_idle_age(Duration::from_secs(10))
        .build();
    Agent::with_parts(
        config,
        Dial(DefaultConnector::new()),
        Lookup(DefaultResolver::default()),
    )
}

impl Transport for UreqTransport {
    fn send(&self, request: RawRequest) -> Result<RawReply, TransportError> {
        let not_sent = |why: &str| TransportError::NotSent(why.to_owned());
        let plain = request.url.scheme() != "https";
        if plain && !is_safe(&request.url) {
            return Err(not_sent("plain http is not allowed"));
        }
        if request.within.is_zero() {
            return Err(not_sent("no time is left"));
        }
        let agent = match request.host {
            Host::Api => &self.api,
            Host::Auth => &self.auth,
        };
        let mut builder = Request::builder()
            .method(request.method.as_str())
            .uri(request.url.as_str());
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        let unbuildable = |_| not_sent("the request cannot be built");
        let body = match (request.body, request.method) {
            // Else it goes out as chunks of which there are none, which some take for broken JSON
            // (RFC 9110 section 8.6 asks for `content-length: 0`).
            (None, Method::Post) => Some(Vec::new()),
            (body, _) => body,
        };
        let sent = match body {
            Some(bytes) => {
                let built = builder.body(bytes).map_err(unbuildable)?;
                run(agent, built, plain, request.within)
            }
            None => {
                let built = builder.body(()).map_err(unbuildable)?;
                run(agent, built, plain, request.within)
            }
        };
        let response = sent.map_err(|error| no_answer(&error))?;
        let (head, mut body) = response.into_parts();
        let body = match head.status.as_u16() {
            status @ 200..=299 => body
                .with_config()
                .limit(request.max_reply)
                .read_to_vec()
                .map_err(|error| TransportError::Body {
                    status,
                    why: no_body(&error),
                })?,
            _ => {
                // Of a refusal the status counts: as much as came of a body will do.
                let mut start = Vec::new();
                let _ = body.as_reader().take(MAX_REFUSAL).read_to_end(&mut start);
                start
            }
        };
        Ok(RawReply {
            status: head.status.as_u16(),
            headers: head
                .headers
                .iter()
                .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into())))
                .collect(),
            body,
        })
    }
}

fn run(
    agent: &Agent,
    request: Request<impl AsSendBody>,
    plain: bool,
    within: Duration,
) -> Result<ureq::http::Response<Body>, ureq::Error> {
    let request = agent
        .configure_request(request)
        .https_only(!plain)
        // Over everything: name, connection, TLS, sending, headers and body.
        .timeout_global(Some(within))
        .build();
    agent.run(request)
}

/// Marks an error as one from before the connection was there.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotOpen(&'static str);

impl NotOpen {
    fn wrap(why: &'static str) -> ureq::Error {
        ureq::Error::Other(Box::new(Self(why)))
    }
}

/// Finds addresses. ureq's own errors do not tell a missing name from a broken connection.
#[derive(Debug)]
struct Lookup(DefaultResolver);

impl Resolver for Lookup {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        self.0
            .resolve(uri, config, timeout)
            .map_err(|error| match error {
                ureq::Error::Timeout(_) => NotOpen::wrap("finding the host took too long"),
                _ => NotOpen::wrap("the host name cannot be found"),
            })
    }
}

/// Opens connections, TLS included. ureq's own errors do not tell a handshake that failed from
/// a connection that broke after the request was sent.
#[derive(Debug)]
struct Dial(DefaultConnector);

impl Connector for Dial {
    type Out = Box<dyn Connection>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<()>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        // To ureq no time left means a second more.
        if details.timeout.after.is_zero() {
            return Err(NotOpen::wrap("no time is left to connect"));
        }
        self.0
            .connect(details, chained)
            .map_err(|error| NotOpen::wrap(not_open(&error)))
    }
}

/// The texts here and below are ours: ureq's own may quote the address and what came.
fn not_open(error: &ureq::Error) -> &'static str {
    let certificate = "invalid peer certificate";
    match error {
        ureq::Error::Timeout(_) => "connecting took too long",
        ureq::Error::Io(error) => match error.kind() {
            ErrorKind::ConnectionRefused => "the connection was refused",
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                "there is no way to the host"
            }
            ErrorKind::InvalidData if error.to_string().starts_with(certificate) => {
                "the host has no valid certificate"
            }
            ErrorKind::InvalidData => "TLS cannot be agreed on",
            _ => "the connection broke before it was open",
        },
        _ => "the connection cannot be opened",
    }
}

fn no_answer(error: &ureq::Error) -> TransportError {
    let not_sent = |why: &str| TransportError::NotSent(why.to_owned());
    let unknown = |why: &str| TransportError::Unknown(why.to_owned());
    match error {
        ureq::Error::Other(inner) => match inner.downcast_ref::<NotOpen>() {
            Some(NotOpen(why)) => not_sent(why),
            None => unknown("it failed"),
        },
        ureq::Error::Http(_) | ureq::Error::BadUri(_) | ureq::Error::RequireHttpsOnly(_) => {
            not_sent("the request cannot be built")
        }
        ureq::Error::Timeout(_) => unknown("it took too long"),
        ureq::Error::Io(_) => unknown("the connection broke"),
        ureq::Error::LargeResponseHeader(..) => unknown("its headers are too large"),
        _ => unknown("it was not HTTP"),
    }
}

fn no_body(error: &ureq::Error) -> &'static str {
    match error {
        ureq::Error::BodyExceedsLimit(_) => "it is larger than any true one",
        ureq::Error::Timeout(Timeout::Global) => "it took too long",
        _ => "it was cut off",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_default_of_ureq_is_left() {
        let transport = UreqTransport::new();
        for agent in [&transport.api, &transport.auth] {
            let config = agent.config();
            assert!(config.proxy().is_none());
            assert!(config.https_only());
            assert!(!config.http_status_as_error());
            assert_eq!(config.max_redirects(), 0);
            assert!(!config.max_redirects_will_error());
            assert_eq!(config.redirect_auth_headers(), RedirectAuthHeaders::Never);
            assert_eq!(config.timeouts().connect, Some(CONNECT));
            assert_eq!(config.timeouts().resolve, Some(CONNECT));
            assert!(config.max_response_header_size() <= 32 * 1024);
        }
        assert_eq!(transport.auth.config().max_idle_connections(), 0);
        assert_eq!(transport.auth.config().max_idle_connections_per_host(), 0);
    }
}
