//! Who bears a token, and whether a password fits. Plain synchronous code: it knows no HTTP
//! framework and no database. Whether the user exists and what they may do is decided behind it,
//! where the user is read.
//!
//! A token is a JWT in compact form (RFC 7515, RFC 7519). Which algorithm counts is a property
//! of a key and never of a token (RFC 8725 section 3.1): the header only picks among the keys
//! that we have, and a header that brings a key of its own is refused.
//!
//! | module | what it holds |
//! |---|---|
//! | `token` | a compact JWS taken apart, its header judged, its signature checked |
//! | `claims` | what a token must say of issuer, audience and time |
//! | `local` | tokens that we issue (HS256) |
//! | `outside` | tokens of an outside identity provider (RS256, ES256, EdDSA) |
//! | `jwks`, `key_set`, `source` | its keys: read, cached, fetched |
//! | `verifier` | which of the two a token is |
//! | `password` | argon2id |

mod claims;
mod error;
mod jwks;
mod key_set;
mod local;
mod outside;
mod password;
mod source;
#[cfg(test)]
mod tests;
mod token;
mod verifier;

pub use error::{AuthError, TokenRefused};
pub use local::{AuthSecret, Bearer, LocalTokens, WeakSecret};
pub use outside::OutsideTokens;
pub use password::Argon2Hasher;
pub use source::{HttpKeySet, InvalidKeySetUrl, KeySetFault, KeySetSource, KeySetUrl};
pub use verifier::{Verified, Verifier};
