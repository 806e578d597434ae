//! The addresses of Trakt, checked once so that no call can go elsewhere.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

/// Where Trakt is: `https`, or `http` on a loopback address (a simulator). It has no user
/// information, query or fragment; a path is kept as a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(Url);

/// Why a text is no [`BaseUrl`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// It does not parse as a URL with a host.
    #[error("is not a URL such as https://api.trakt.tv")]
    Malformed,
    /// Neither https, nor http on a loopback address.
    #[error("must be https (plain http only on a loopback address)")]
    Insecure,
    /// A user name, password, query or fragment.
    #[error("must not have a user name, password, query or fragment")]
    Extras,
    /// Port 0, or a host that ends with a dot.
    #[error("has a host or port that cannot be called")]
    Unreachable,
}

impl BaseUrl {
    /// Reads an address.
    ///
    /// # Errors
    /// [`InvalidUrl`].
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        let url = Url::parse(text).map_err(|_| InvalidUrl::Malformed)?;
        let loopback = match url.host().ok_or(InvalidUrl::Malformed)? {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(ip) => IpAddr::V4(ip).is_loopback(),
            Host::Ipv6(ip) => IpAddr::V6(ip).is_loopback(),
        };
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => return Err(InvalidUrl::Insecure),
        }
        // The password is looked for in the text too: an empty one is not kept by the parser.
        let authority = text
            .split("://")
            .nth(1)
            .and_then(|rest| rest.split(['/', '?', '#']).next());
        if authority.is_some_and(|authority| authority.contains('@'))
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err(InvalidUrl::Extras);
        }
        if url.port() == Some(0) || url.host_str().is_some_and(|host| host.ends_with('.')) {
            return Err(InvalidUrl::Unreachable);
        }
        Ok(Self(url))
    }

    /// The host, without the port.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether it is encrypted.
    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The address of a path below it. Each segment is percent-encoded, so none can reach up.
    pub(crate) fn join(&self, segments: &[String], query: &[(&str, String)]) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused() {
        for bad in [
            "",
            "api.trakt.tv",
            "https://",
            "file:///etc/passwd",
            "ftp://api.trakt.tv",
            "javascript:alert(1)",
            "http://api.trakt.tv",
            "http://169.254.169.254",
            "http://169.254.169.254/latest/meta-data",
            "http://10.0.0.1",
            "http://0.0.0.0:80",
            "http://localhost.evil.example",
            "http://127.0.0.1.nip.io",
            "https://user@api.trakt.tv",
            "https://user:pass@api.trakt.tv",
            "https://@api.trakt.tv",
            "https://api.trakt.tv?x=1",
            "https://api.trakt.tv#x",
            "https://api.trakt.tv:0",
            "https://api.trakt.tv.",
            "https://api.trakt.tv:99999",
        ] {
            assert!(BaseUrl::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_taken() {
        for good in [
            "https://api.trakt.tv",
            "https://proxy.example/trakt/",
            "http://127.0.0.1:4180",
            "http://[::1]:4180",
            "http://localhost:4180",
            "https://10.0.0.1:8443",
        ] {
            assert!(BaseUrl::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_segment_cannot_leave_its_place() {
        let base = BaseUrl::parse("https://proxy.example/trakt/").unwrap();
        let url = base.join(&["users".to_owned(), "../a/b?c#d é".to_owned()], &[]);
        assert_eq!(
            url.as_str(),
            "https://proxy.example/trakt/users/..%2Fa%2Fb%3Fc%23d%20%C3%A9"
        );
    }
}
