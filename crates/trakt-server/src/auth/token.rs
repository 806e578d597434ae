//! A JWS in compact form (RFC 7515 section 7.1), taken apart. What its claims say is not judged
//! here, and nobody may read them before the signature was checked.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::TokenRefused;

/// The longest token that is looked at, in bytes.
pub(super) const MAX_TOKEN: usize = 8 * 1024;

/// The header of every token that we issue: `{"typ":"JWT","alg":"HS256"}`.
pub(super) const LOCAL_HEADER: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9";

/// A token whose header is acceptable. Nothing of it is proven yet.
pub(super) struct Token<'a> {
    /// The algorithm it claims. It may pick a key, never how a key is used.
    pub algorithm: Algorithm,
    /// `kid`.
    pub key_id: Option<String>,
    message: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Token<'a> {
    /// Takes a token apart and judges its header.
    pub fn parse(text: &'a str) -> Result<Self, TokenRefused> {
        if text.len() > MAX_TOKEN {
            return Err(TokenRefused::TooLong);
        }
        let (message, signature) = text.rsplit_once('.').ok_or(TokenRefused::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(TokenRefused::Malformed)?;
        if payload.contains('.') {
            return Err(TokenRefused::Malformed);
        }
        let (algorithm, key_id) = if header == LOCAL_HEADER {
            (Algorithm::HS256, None)
        } else {
            judge(header)?
        };
        Ok(Self {
            algorithm,
            key_id,
            message,
            payload,
            signature,
        })
    }

    /// The claims as JSON, if `key` signed them with `algorithm`, which is the key's own.
    pub fn verified(
        &self,
        key: &DecodingKey,
        algorithm: Algorithm,
    ) -> Result<Vec<u8>, TokenRefused> {
        if self.algorithm != algorithm {
            return Err(TokenRefused::Algorithm);
        }
        match crypto::verify(self.signature, self.message.as_bytes(), key, algorithm) {
            Ok(true) => decode(self.payload),
            Ok(false) => Err(TokenRefused::Signature),
            Err(_) => Err(TokenRefused::Malformed),
        }
    }
}

/// Reads a JSON object. serde takes an array for a struct too, which no token may use.
pub(super) fn object<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, TokenRefused> {
    if !json.trim_ascii_start().starts_with(b"{") {
        return Err(TokenRefused::Malformed);
    }
    serde_json::from_slice(json).map_err(|_| TokenRefused::Malformed)
}

/// The fields of a header that matter (RFC 7515 section 4.1). A field that comes twice is
/// refused by serde.
#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    #[serde(default, deserialize_with = "given")]
    crit: bool,
    #[serde(default, deserialize_with = "given")]
    jku: bool,
    #[serde(default, deserialize_with = "given")]
    jwk: bool,
    #[serde(default, deserialize_with = "given")]
    x5u: bool,
    #[serde(default, deserialize_with = "given")]
    x5c: bool,
}

fn judge(part: &str) -> Result<(Algorithm, Option<String>), TokenRefused> {
    let json = decode(part)?;
    let header: Header = object(&json)?;
    // We know no extension, and a key that a token brings proves nothing.
    if header.crit || header.jku || header.jwk || header.x5u || header.x5c {
        return Err(TokenRefused::Header);
    }
    if header.typ.is_some_and(|typ| !is_access_token(&typ)) {
        return Err(TokenRefused::Header);
    }
    let algorithm = match header.alg.as_str() {
        "HS256" => Algorithm::HS256,
        "RS256" => Algorithm::RS256,
        "ES256" => Algorithm::ES256,
        "EdDSA" => Algorithm::EdDSA,
        _ => return Err(TokenRefused::Algorithm),
    };
    Ok((algorithm, header.kid))
}

/// `JWT`, or `at+jwt` (RFC 9068 section 2.1). A media type knows no case and may be written with
/// its `application/` (RFC 7515 section 4.1.9).
fn is_access_token(typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    matches!(
        typ.strip_prefix("application/").unwrap_or(&typ),
        "jwt" | "at+jwt"
    )
}

/// Strict base64url: no padding, no stray bits, so that one token has one spelling.
fn decode(part: &str) -> Result<Vec<u8>, TokenRefused> {
    BASE64_URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| TokenRefused::Malformed)
}

/// Whether a field is there, `null` included.
fn given<'de, D: Deserializer<'de>>(field: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(field).map(|_| true)
}
