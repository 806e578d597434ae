//! The addresses of Trakt, checked once so that no call can go elsewhere.

use std::fmt;

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
    /// Reads an address. What the URL parser would repair (spaces, backslashes, missing or
    /// surplus slashes) is refused: a reader and the parser could see different hosts in it.
    ///
    /// # Errors
    /// [`InvalidUrl`].
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        let (_, rest) = text.split_once("://").ok_or(InvalidUrl::Malformed)?;
        let repaired = |c: char| c == '\\' || c.is_whitespace() || c.is_control();
        if rest.starts_with('/') || text.contains(repaired) {
            return Err(InvalidUrl::Malformed);
        }
        let url = Url::parse(text).map_err(|_| InvalidUrl::Malformed)?;
        let host = url.host_str().ok_or(InvalidUrl::Malformed)?;
        if !is_safe(&url) {
            return Err(InvalidUrl::Insecure);
        }
        if url.port() == Some(0) || host.ends_with('.') {
            return Err(InvalidUrl::Unreachable);
        }
        // Looked for in the text: the parser drops a user name and password that are empty.
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidUrl::Extras);
        }
        Ok(Self(url))
    }

    /// The host, without the port.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The address of a path below it. Each segment is percent-encoded, so none can reach up.
    ///
    /// `None` for a segment that cannot be sent as it is: the parser drops `.`, `..` and control
    /// characters, and the call would go to another endpoint.
    pub(crate) fn join(&self, segments: &[String], query: &[(&str, String)]) -> Option<Url> {
        let altered = |segment: &String| {
            matches!(segment.as_str(), "" | "." | "..") || segment.contains(char::is_control)
        };
        if segments.iter().any(altered) {
            return None;
        }
        let mut url = self.0.clone();
        url.path_segments_mut()
            .ok()?
            .pop_if_empty()
            .extend(segments);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Some(url)
    }
}

/// Whether what goes there cannot be read on the way: https, or http on a loopback address.
pub(crate) fn is_safe(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => return false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
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
            " https://api.trakt.tv",
            "https://api.trakt.tv\n",
            "https:api.trakt.tv",
            "https:user:pass@api.trakt.tv",
            "https:///user:pass@api.trakt.tv",
            "https:\\\\user:pass@api.trakt.tv",
            "https://api.trakt.tv\\@evil.example",
            "http://[::ffff:127.0.0.1]",
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

    fn joined(segment: &str) -> Option<String> {
        let base = BaseUrl::parse("https://proxy.example/trakt/").unwrap();
        let url = base.join(&["users".to_owned(), segment.to_owned()], &[])?;
        Some(url.to_string())
    }

    #[test]
    fn a_segment_cannot_leave_its_place() {
        for (segment, sent) in [
            ("sean", "sean"),
            ("../a/b?c#d é", "..%2Fa%2Fb%3Fc%23d%20%C3%A9"),
            ("%2e%2e", "%252e%252e"),
            ("..\\..", "..%5C.."),
            ("...", "..."),
        ] {
            let url = joined(segment).unwrap();
            assert_eq!(url, format!("https://proxy.example/trakt/users/{sent}"));
        }
    }

    #[test]
    fn a_segment_that_would_be_altered_is_refused() {
        for segment in ["", ".", "..", "a\tb", "a\nb", "\0", "\u{85}"] {
            assert_eq!(joined(segment), None, "{segment:?}");
        }
    }

    #[test]
    fn pairs_of_the_query_are_encoded() {
        let base = BaseUrl::parse("http://127.0.0.1:1").unwrap();
        let query = [("q", "a&b=c d".to_owned()), ("page", "1".to_owned())];
        let url = base.join(&["search".to_owned()], &query).unwrap();
        assert_eq!(
            url.as_str(),
            "http://127.0.0.1:1/search?q=a%26b%3Dc+d&page=1"
        );
    }
}
