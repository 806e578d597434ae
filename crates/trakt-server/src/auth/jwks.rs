//! A JWK set (RFC 7517) as the keys that we can verify with. Where it comes from and how long it
//! counts is not known here.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

use super::KeySetFault;

/// A public key with the one algorithm that it is for.
pub(super) struct Key {
    /// `kid`.
    pub id: Option<String>,
    /// Fixed when the key was read; no token changes it.
    pub algorithm: Algorithm,
    /// The key itself.
    pub decoding: DecodingKey,
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    kid: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

/// Reads a key set. A key that is not understood is left out (RFC 7517 section 5), and so is one
/// that is too weak, symmetric, or meant for something else than signatures.
pub(super) fn read(json: &[u8]) -> Result<Vec<Key>, KeySetFault> {
    let set: Set = serde_json::from_slice(json)
        .map_err(|_| KeySetFault::new("the answer is not a JSON Web Key Set"))?;
    let count = set.keys.len();
    let keys: Vec<Key> = set.keys.into_iter().filter_map(key).collect();
    if keys.len() < count {
        log::info!(
            "{} of the {count} keys in the key set are of no use to us",
            count - keys.len()
        );
    }
    Ok(keys)
}

fn key(value: Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    if jwk.purpose.is_some_and(|purpose| purpose != "sig")
        || jwk
            .key_ops
            .is_some_and(|ops| !ops.iter().any(|op| op == "verify"))
    {
        return None;
    }
    let (algorithm, name, decoding) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => (Algorithm::RS256, "RS256", rsa(&jwk.n?, &jwk.e?)?),
        ("EC", Some("P-256")) => (Algorithm::ES256, "ES256", p256(&jwk.x?, &jwk.y?)?),
        ("OKP", Some("Ed25519")) => (Algorithm::EdDSA, "EdDSA", ed25519(&jwk.x?)?),
        _ => return None,
    };
    if jwk.alg.is_some_and(|alg| alg != name) {
        return None;
    }
    Some(Key {
        id: jwk.kid,
        algorithm,
        decoding,
    })
}

/// From 2048 bits (RFC 7518 section 3.3) to the 4096 that the RSA crate verifies with.
fn rsa(modulus: &str, exponent: &str) -> Option<DecodingKey> {
    let (modulus, exponent) = (number(modulus)?, number(exponent)?);
    let bits = modulus.len() * 8 - modulus.first()?.leading_zeros() as usize;
    if !(2048..=4096).contains(&bits) || exponent.len() > 4 || exponent.last()? % 2 == 0 {
        return None;
    }
    Some(DecodingKey::from_rsa_raw_components(&modulus, &exponent))
}

/// RFC 7518 section 6.2.1: both coordinates in full length.
fn p256(x: &str, y: &str) -> Option<DecodingKey> {
    let fits = bytes(x)?.len() == 32 && bytes(y)?.len() == 32;
    if fits {
        DecodingKey::from_ec_components(x, y).ok()
    } else {
        None
    }
}

/// RFC 8037 section 2. The length matters: jsonwebtoken panics on a shorter key.
fn ed25519(x: &str) -> Option<DecodingKey> {
    let fits = bytes(x)?.len() == 32;
    if fits {
        DecodingKey::from_ed_components(x).ok()
    } else {
        None
    }
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

/// A number without leading zeros, high byte first.
fn number(text: &str) -> Option<Vec<u8>> {
    Some(
        bytes(text)?
            .into_iter()
            .skip_while(|byte| *byte == 0)
            .collect(),
    )
}
