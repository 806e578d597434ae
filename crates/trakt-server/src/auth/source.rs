//! Fetching a key set. What is in it is not looked at here.

use std::net::IpAddr;
use std::time::Duration;

use ureq::Agent;
use ureq::config::{AutoHeaderValue, RedirectAuthHeaders};
use url::{Host, Url};

/// The longest that a fetch takes, from the name look-up to the last byte.
const WITHIN: Duration = Duration::from_secs(5);
/// The largest key set that is read, in bytes.
const MAX_BODY: u64 = 256 * 1024;

/// Why there is no key set. The text is ours and holds neither address nor content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct KeySetFault(&'static str);

impl KeySetFault {
    /// A fault with its reason, in words of our own.
    #[must_use]
    pub const fn new(why: &'static str) -> Self {
        Self(why)
    }
}

/// Where a key set comes from.
pub trait KeySetSource: Send + Sync {
    /// The key set as the provider gives it out now: JSON, as yet unread. It blocks, and comes
    /// back within some seconds.
    ///
    /// # Errors
    /// [`KeySetFault`]; the same call later may work.
    fn fetch(&self) -> Result<Vec<u8>, KeySetFault>;
}

/// The address of a key set: `https`, or `http` on a loopback address. It has no user
/// information and no fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySetUrl(Url);

/// The text is no address of a key set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an https URL without user name, password and fragment \
     (plain http only on a loopback address)"
)]
pub struct InvalidKeySetUrl;

impl KeySetUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// [`InvalidKeySetUrl`].
    pub fn parse(text: &str) -> Result<Self, InvalidKeySetUrl> {
        let url = Url::parse(text).map_err(|_| InvalidKeySetUrl)?;
        let loopback = match url.host().ok_or(InvalidKeySetUrl)? {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(ip) => IpAddr::V4(ip).is_loopback(),
            Host::Ipv6(ip) => IpAddr::V6(ip).is_loopback(),
        };
        let fits = (url.scheme() == "https" || (url.scheme() == "http" && loopback))
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
            && url.port() != Some(0);
        if fits {
            Ok(Self(url))
        } else {
            Err(InvalidKeySetUrl)
        }
    }
}

/// A key set over HTTP.
pub struct HttpKeySet {
    agent: Agent,
    url: KeySetUrl,
}

impl HttpKeySet {
    /// The key set at `url`.
    ///
    /// Every setting is given: ureq's own are for other uses (no time limit, proxies from the
    /// environment, redirects followed, and one could lead to an address that was not checked).
    #[must_use]
    pub fn new(url: &KeySetUrl) -> Self {
        let agent = Agent::config_builder()
            .https_only(url.0.scheme() == "https")
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .redirect_auth_headers(RedirectAuthHeaders::Never)
            .save_redirect_history(false)
            .timeout_global(Some(WITHIN))
            .max_response_header_size(32 * 1024)
            .input_buffer_size(16 * 1024)
            .max_idle_connections(0)
            .max_idle_connections_per_host(0)
            .user_agent(concat!("trakt-server/", env!("CARGO_PKG_VERSION")))
            .accept("application/json, application/jwk-set+json")
            .accept_encoding(AutoHeaderValue::from("identity"))
            .build()
            .into();
        Self {
            agent,
            url: url.clone(),
        }
    }
}

impl HttpKeySet {
    /// Fetches the key set: how many of its keys tokens can be checked with.
    ///
    /// # Errors
    /// [`KeySetFault`].
    pub fn usable(&self) -> Result<usize, KeySetFault> {
        Ok(super::jwks::read(&self.fetch()?)?.len())
    }
}

impl KeySetSource for HttpKeySet {
    fn fetch(&self) -> Result<Vec<u8>, KeySetFault> {
        let mut response = self
            .agent
            .get(self.url.0.as_str())
            .call()
            .map_err(|e| classify(&e))?;
        if response.status().as_u16() != 200 {
            return Err(KeySetFault("the status is not 200"));
        }
        let body = response
            .body_mut()
            .with_config()
            .limit(MAX_BODY)
            .read_to_vec();
        body.map_err(|error| classify(&error))
    }
}

fn classify(error: &ureq::Error) -> KeySetFault {
    KeySetFault(match error {
        ureq::Error::HostNotFound => "the host name cannot be resolved",
        ureq::Error::ConnectionFailed => "the connection failed",
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => "TLS cannot be agreed on",
        ureq::Error::RequireHttpsOnly(_) => "plain http is not allowed",
        ureq::Error::Timeout(_) => "it took too long",
        ureq::Error::Io(_) => "the connection broke",
        ureq::Error::BodyExceedsLimit(_) | ureq::Error::LargeResponseHeader(..) => {
            "the answer is too large"
        }
        _ => "the answer was not HTTP",
    })
}
