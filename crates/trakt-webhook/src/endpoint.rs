//! The addresses of endpoints, as an operator writes them.

use std::collections::HashSet;
use std::net::IpAddr;

use trakt_core::WebhookUrl;
use trakt_core::webhook::{EndpointKey, WebhookEndpoint};
use url::{Host, Url};

use crate::Allowed;

/// The most endpoints of a service: each has threads of its own.
pub const MAX_ENDPOINTS: usize = 8;

/// Why a text holds no endpoints. No part of the text is shown: an address may hold a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpoints {
    /// One is no URL with a host.
    #[error("must hold URLs such as https://hooks.example.org/trakt, by commas")]
    Malformed,
    /// One is not https, and not allowed to be otherwise.
    #[error("must hold https URLs (plain http only to a loopback address that WEBHOOK_ALLOW has)")]
    Insecure,
    /// One has a user name, password or fragment, or a port that cannot be called.
    #[error("must hold URLs without user name, password, fragment and port 0")]
    Extras,
    /// One stands there twice.
    #[error("holds the same URL twice")]
    Twice,
    /// There are too many.
    #[error("must hold 8 URLs at the most")]
    TooMany,
}

/// Reads endpoints, by commas.
///
/// # Errors
/// [`InvalidEndpoints`].
pub fn endpoints(text: &str, allowed: &Allowed) -> Result<Vec<WebhookEndpoint>, InvalidEndpoints> {
    let parts = text.split(',').map(str::trim);
    let parts = parts.filter(|part| !part.is_empty());
    let endpoints: Vec<_> = parts
        .map(|part| endpoint(part, allowed))
        .collect::<Result<_, _>>()?;
    let keys: HashSet<_> = endpoints.iter().map(|endpoint| &endpoint.key).collect();
    if keys.len() < endpoints.len() {
        return Err(InvalidEndpoints::Twice);
    }
    if endpoints.len() > MAX_ENDPOINTS {
        return Err(InvalidEndpoints::TooMany);
    }
    Ok(endpoints)
}

fn endpoint(text: &str, allowed: &Allowed) -> Result<WebhookEndpoint, InvalidEndpoints> {
    let (_, rest) = text.split_once("://").ok_or(InvalidEndpoints::Malformed)?;
    // What the parser would repair, a reader could see another host in.
    let repaired = |c: char| c == '\\' || c.is_whitespace() || c.is_control();
    if rest.starts_with('/') || text.contains(repaired) {
        return Err(InvalidEndpoints::Malformed);
    }
    let url = Url::parse(text).map_err(|_| InvalidEndpoints::Malformed)?;
    let host = url.host().ok_or(InvalidEndpoints::Malformed)?;
    if url.scheme() != "https" && !(url.scheme() == "http" && is_allowed_loopback(&host, allowed)) {
        return Err(InvalidEndpoints::Insecure);
    }
    // Looked for in the text: the parser drops a user name and password that are empty.
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') || url.fragment().is_some() || url.port() == Some(0) {
        return Err(InvalidEndpoints::Extras);
    }
    let name = url.origin().ascii_serialization();
    let url = WebhookUrl::from(url.to_string());
    Ok(WebhookEndpoint {
        key: EndpointKey::of(&url),
        name,
        url,
    })
}

/// Where a name leads is seen when it is called.
fn is_allowed_loopback(host: &Host<&str>, allowed: &Allowed) -> bool {
    let loopback = |address: IpAddr| address.is_loopback() && allowed.names(address);
    match host {
        Host::Domain(name) => {
            let addresses = ["127.0.0.1", "::1"].map(str::parse::<IpAddr>);
            *name == "localhost" && addresses.into_iter().flatten().any(loopback)
        }
        Host::Ipv4(address) => loopback((*address).into()),
        Host::Ipv6(address) => loopback((*address).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, InvalidEndpoints> {
        let allowed = Allowed::new(vec!["127.0.0.1/32".parse().unwrap()]);
        let endpoints = endpoints(text, &allowed)?;
        Ok(endpoints
            .into_iter()
            .map(|endpoint| endpoint.name)
            .collect())
    }

    #[test]
    fn what_is_shown_has_no_path() {
        let names = read("https://Hooks.example.org/canary?token=canary, http://127.0.0.1:9/,");
        assert_eq!(
            names.unwrap(),
            ["https://hooks.example.org", "http://127.0.0.1:9"]
        );
        let endpoints = endpoints("https://a.example/canary", &Allowed::default()).unwrap();
        assert!(!format!("{endpoints:?}").contains("canary"));
        assert_eq!(read("").unwrap(), [""; 0]);
    }

    #[test]
    fn what_is_refused() {
        use InvalidEndpoints::{Extras, Insecure, Malformed, TooMany, Twice};
        for (text, why) in [
            ("hooks.example.org", Malformed),
            ("https://", Malformed),
            ("https:///x", Malformed),
            ("https://a.example\\@b.example", Malformed),
            ("https://a b.example", Malformed),
            ("https://a.example, x", Malformed),
            ("ftp://a.example", Insecure),
            ("file:///etc/passwd", Malformed),
            ("http://a.example", Insecure),
            ("http://10.0.0.1", Insecure),
            ("http://127.0.0.2", Insecure),
            ("http://[::1]", Insecure),
            ("http://127.0.0.1.nip.io", Insecure),
            ("https://user@a.example", Extras),
            ("https://user:canary@a.example", Extras),
            ("https://@a.example", Extras),
            ("https://a.example/#x", Extras),
            ("https://a.example:0", Extras),
            ("https://a.example,https://a.example/", Twice),
        ] {
            assert_eq!(read(text), Err(why), "{text}");
        }
        let many: Vec<_> = (0..9).map(|n| format!("https://{n}.example")).collect();
        assert_eq!(read(&many.join(",")), Err(TooMany));
        assert_eq!(read(&many[..8].join(",")).unwrap().len(), MAX_ENDPOINTS);
    }

    #[test]
    fn localhost_is_plain_only_where_loopback_is_allowed() {
        let text = "http://localhost:1";
        assert!(read(text).is_ok());
        assert!(endpoints(text, &Allowed::default()).is_err());
    }
}
