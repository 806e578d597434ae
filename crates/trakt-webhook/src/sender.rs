//! The call, over ureq.
//!
//! ureq's defaults are for other uses: no time limits, proxies from the environment, redirects
//! followed, refusals as errors. Every setting that matters is set here.
//!
//! `ureq::unversioned` may change with any release of ureq: a new version is to be looked at.

use std::io::{ErrorKind, Read as _};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::config::{AutoHeaderValue, Config, IpFamily, RedirectAuthHeaders};
use ureq::http::{HeaderMap, Request, Uri, header};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport,
};

use trakt_core::Clock;
use trakt_core::ports::WebhookSender;
use trakt_core::webhook::{
    WebhookAnswer, WebhookEndpoint, WebhookEvent, WebhookFault, WebhookPolicy,
};

use crate::body::body;
use crate::{Allowed, Secrets};

/// The longest that finding an address may take, and then a connection with its TLS.
const CONNECT: Duration = Duration::from_secs(3);
/// How much of an answer's body is read, so that its sender is not cut off in the middle of a word.
const MAX_BODY: u64 = 4 * 1024;

/// [`WebhookSender`] over HTTP/1.1: TLS (plain http to an allowed loopback address alone), verified
/// against Mozilla's roots, no proxy, no redirect. Each call finds the addresses of the host anew, and
/// connects to one of those that it has checked.
#[derive(Clone)]
pub struct HttpSender {
    agent: Agent,
    secrets: Secrets,
    clock: Arc<dyn Clock>,
    user_agent: String,
}

impl HttpSender {
    /// One that signs with these secrets, and reaches what is public or allowed.
    #[must_use]
    pub fn new(
        secrets: Secrets,
        allowed: Allowed,
        clock: Arc<dyn Clock>,
        user_agent: String,
    ) -> Self {
        Self::finding(
            DefaultResolver::default(),
            secrets,
            allowed,
            clock,
            user_agent,
        )
    }

    /// One that finds addresses by `resolver`.
    pub(crate) fn finding(
        resolver: impl Resolver,
        secrets: Secrets,
        allowed: Allowed,
        clock: Arc<dyn Clock>,
        user_agent: String,
    ) -> Self {
        let resolver = Checked { resolver, allowed };
        Self {
            agent: Agent::with_parts(config(), Dial(DefaultConnector::new()), resolver),
            secrets,
            clock,
            user_agent,
        }
    }

    fn call(
        &self,
        endpoint: &WebhookEndpoint,
        event: &WebhookEvent,
    ) -> Result<WebhookAnswer, WebhookFault> {
        let id = event.id.to_string();
        let timestamp = self.clock.now().timestamp();
        let body = body(event);
        let request = Request::post(endpoint.url.expose())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, &self.user_agent)
            .header(
                "webhook-signature",
                self.secrets.sign(&id, timestamp, &body),
            )
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .body(body)
            .map_err(|_| WebhookFault::NotHttp)?;
        let plain = request.uri().scheme_str() != Some("https");
        let request = self
            .agent
            .configure_request(request)
            .https_only(!plain)
            .build();
        let response = self.agent.run(request).map_err(|error| fault(&error))?;
        let (head, mut body) = response.into_parts();
        // The status says it all: what becomes of the body does not matter.
        let _ = std::io::copy(&mut body.as_reader().take(MAX_BODY), &mut std::io::sink());
        Ok(WebhookAnswer::Status {
            status: head.status.as_u16(),
            retry_after: retry_after(&head.headers),
        })
    }
}

impl WebhookSender for HttpSender {
    fn send(&self, endpoint: &WebhookEndpoint, event: &WebhookEvent) -> WebhookAnswer {
        self.call(endpoint, event)
            .unwrap_or_else(WebhookAnswer::Fault)
    }
}

fn config() -> Config {
    Agent::config_builder()
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
        // Over everything, from the name to the body.
        .timeout_global(Some(WebhookPolicy::CALL))
        .max_response_header_size(16 * 1024)
        // A connection that is kept open would be to an address that was checked long ago.
        .max_idle_connections(0)
        .max_idle_connections_per_host(0)
        .build()
}

/// `Retry-After` (RFC 9110 section 10.2.3); a date is counted from the answer's own `Date`. How much of
/// it is heeded is for the rules to say.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok();
    let value = text(header::RETRY_AFTER)?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let now = httpdate::parse_http_date(text(header::DATE)?).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
}

/// Marks a fault that is known before a connection is open: ureq's own errors do not tell.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotOpen(WebhookFault);

impl NotOpen {
    fn wrap(fault: WebhookFault) -> ureq::Error {
        ureq::Error::Other(Box::new(Self(fault)))
    }
}

/// Finds addresses and leaves out those that are not allowed. The connection is made to what it gives,
/// so that a name which leads elsewhere a moment later leads nowhere.
#[derive(Debug)]
struct Checked<R> {
    resolver: R,
    allowed: Allowed,
}

impl<R: Resolver> Resolver for Checked<R> {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self
            .resolver
            .resolve(uri, config, timeout)
            .map_err(|error| match error {
                ureq::Error::Timeout(_) => NotOpen::wrap(WebhookFault::TooLate),
                _ => NotOpen::wrap(WebhookFault::HostNotFound),
            })?;
        let plain = uri.scheme_str() != Some("https");
        let may = |address: &&SocketAddr| {
            let ip = address.ip();
            self.allowed.reaches(ip) && (!plain || ip.to_canonical().is_loopback())
        };
        let mut checked = self.empty();
        for address in found.iter().filter(may) {
            checked.push(*address);
        }
        if checked.is_empty() {
            return Err(NotOpen::wrap(WebhookFault::PrivateAddress));
        }
        Ok(checked)
    }
}

/// Opens connections, TLS included.
#[derive(Debug)]
struct Dial(DefaultConnector);

impl Connector for Dial {
    type Out = Box<dyn Transport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<()>,
    ) -> Result<Option<Self::Out>, ureq::Error> {
        self.0
            .connect(details, chained)
            .map_err(|error| NotOpen::wrap(not_open(&error)))
    }
}

fn not_open(error: &ureq::Error) -> WebhookFault {
    match error {
        ureq::Error::Timeout(_) => WebhookFault::TooLate,
        ureq::Error::Io(error) if error.kind() == ErrorKind::InvalidData => WebhookFault::Tls,
        _ => WebhookFault::NotConnected,
    }
}

fn fault(error: &ureq::Error) -> WebhookFault {
    match error {
        ureq::Error::Other(inner) => match inner.downcast_ref::<NotOpen>() {
            Some(NotOpen(fault)) => *fault,
            None => WebhookFault::Broken,
        },
        ureq::Error::Timeout(_) => WebhookFault::TooLate,
        ureq::Error::Io(_) => WebhookFault::Broken,
        _ => WebhookFault::NotHttp,
    }
}
