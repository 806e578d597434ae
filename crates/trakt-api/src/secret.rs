//! Secrets, one type each: no `Serialize`, no `Display`, a `Debug` that shows nothing.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

macro_rules! secret {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(SecretString);

        impl $name {
            /// The text itself. Never put it into a log line or an error.
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

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                if text.is_empty() {
                    return Err(serde::de::Error::custom("an empty secret"));
                }
                Ok(Self::from(text))
            }
        }
    )*};
}

secret! {
    /// The secret of an application at Trakt.
    ClientSecret;
    /// An OAuth access token (RFC 6749 section 1.4): opaque, of any length, never empty.
    AccessToken;
    /// An OAuth refresh token (RFC 6749 section 1.5): opaque, never empty. It works once.
    RefreshToken;
    /// An authorization code (RFC 6749 section 4.1.2): opaque, never empty. It works once.
    AuthorizationCode;
    /// A `device_code` (RFC 8628 section 3.2): opaque, never empty.
    DeviceCode;
}
