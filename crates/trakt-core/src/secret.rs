//! Secrets, one type each: no `Serialize`, no `Display`, a `Debug` that shows nothing.
//! `expose` is the only way to the text, so that a search for it finds every use.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::Entropy;

macro_rules! secret {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// The text itself. Never put it into a log line, an error or an audit entry.
            #[must_use]
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}

secret! {
    /// An OAuth access token of Trakt's (RFC 6749 section 1.4): opaque, of any length.
    AccessToken;
    /// An OAuth refresh token of Trakt's (RFC 6749 section 1.5). It works once.
    RefreshToken;
    /// Trakt's `device_code` (RFC 8628 section 3.2). It never leaves the service.
    DeviceCode;
    /// A password as a person typed it.
    Password;
    /// What a client holds to ask about the flow it started: 256 random bits in base64url.
    ///
    /// It is shown as `deviceCode`, is of no use to Trakt, and counts only together with the
    /// user who started the flow. The database knows it by its [`FlowKey`] alone.
    FlowHandle;
    /// What a browser holds while somebody is signed in: 256 random bits in base64url. The database
    /// knows it by its [`SessionKey`] alone.
    SessionToken;
    /// The address that events are sent to: its path or query may be all that keeps others from
    /// sending there.
    WebhookUrl;
}

/// Random tokens that a client holds, and the names under which they are stored.
macro_rules! token {
    ($($token:ident, $key:ident;)*) => {$(
        impl $token {
            /// A new one.
            #[must_use]
            pub fn random(entropy: &dyn Entropy) -> Self {
                let mut bytes = [0; 32];
                entropy.fill(&mut bytes);
                Self::from(BASE64_URL_SAFE_NO_PAD.encode(bytes))
            }

            /// The name under which it is stored.
            #[must_use]
            pub fn key(&self) -> $key {
                $key(Sha256::digest(self.expose().as_bytes()).into())
            }
        }

        impl $key {
            /// The digest.
            #[must_use]
            pub fn bytes(&self) -> &[u8] {
                &self.0
            }
        }

        /// As it was stored.
        impl From<[u8; 32]> for $key {
            fn from(digest: [u8; 32]) -> Self {
                Self(digest)
            }
        }
    )*};
}

/// SHA-256 of a [`FlowHandle`]: a copy of the database lets nobody ask about a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowKey([u8; 32]);

/// SHA-256 of a [`SessionToken`]: a copy of the database signs nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionKey([u8; 32]);

token! {
    FlowHandle, FlowKey;
    SessionToken, SessionKey;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemEntropy;

    #[test]
    fn debug_shows_no_secret() {
        let token = AccessToken::from("canary".to_owned());
        assert_eq!(format!("{token:?}"), "AccessToken(…)");
    }

    #[test]
    fn handles_are_long_and_differ() {
        let (one, two) = (
            FlowHandle::random(&SystemEntropy),
            FlowHandle::random(&SystemEntropy),
        );
        assert_eq!(one.expose().len(), 43);
        assert_ne!(one.expose(), two.expose());
        assert_ne!(one.key(), two.key());
        assert_eq!(one.key(), FlowHandle::from(one.expose().to_owned()).key());
    }
}
