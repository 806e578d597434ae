//! Keys, and tokens made with them in every way that is right or wrong.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use p256::elliptic_curve::sec1::ToEncodedPoint as _;
use rand_core::OsRng;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};

use super::{AUDIENCE, ISSUER, NOW, SECRET, USER};

/// A key pair of the identity provider.
pub struct Pair {
    pub algorithm: Algorithm,
    pub signing: EncodingKey,
    /// The public key, without a name.
    pub jwk: Value,
}

impl Pair {
    pub fn jwk(&self, kid: &str) -> Value {
        with(&self.jwk, "kid", kid)
    }

    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        sign(
            &header.to_string(),
            &claims.to_string(),
            &self.signing,
            self.algorithm,
        )
    }

    /// A token as the provider makes them.
    pub fn token(&self, kid: &str) -> String {
        self.sign(
            &json!({"typ": "JWT", "alg": self.name(), "kid": kid}),
            &claims(),
        )
    }

    pub fn name(&self) -> &'static str {
        match self.algorithm {
            Algorithm::RS256 => "RS256",
            Algorithm::ES256 => "ES256",
            _ => "EdDSA",
        }
    }
}

pub static RSA: LazyLock<Pair> = LazyLock::new(|| rsa_pair(&RSA_KEY));
pub static OTHER_RSA: LazyLock<Pair> = LazyLock::new(|| rsa_pair(&rsa_key(2048)));
pub static EC: LazyLock<Pair> = LazyLock::new(|| ec_pair(&EC_KEY));
pub static OTHER_EC: LazyLock<Pair> =
    LazyLock::new(|| ec_pair(&p256::SecretKey::random(&mut OsRng)));
pub static ED: LazyLock<Pair> = LazyLock::new(ed_pair);
pub static OTHER_ED: LazyLock<Pair> = LazyLock::new(ed_pair);

static RSA_KEY: LazyLock<RsaPrivateKey> = LazyLock::new(|| rsa_key(2048));
pub static EC_KEY: LazyLock<p256::SecretKey> =
    LazyLock::new(|| p256::SecretKey::random(&mut OsRng));

/// The public half of [`RSA`].
pub fn rsa_public() -> RsaPublicKey {
    RSA_KEY.to_public_key()
}

pub fn rsa_key(bits: usize) -> RsaPrivateKey {
    RsaPrivateKey::new(&mut OsRng, bits).unwrap()
}

pub fn rsa_pair(key: &RsaPrivateKey) -> Pair {
    Pair {
        algorithm: Algorithm::RS256,
        signing: EncodingKey::from_rsa_der(key.to_pkcs1_der().unwrap().as_bytes()),
        jwk: json!({
            "kty": "RSA",
            "n": base64(key.n().to_bytes_be()),
            "e": base64(key.e().to_bytes_be()),
        }),
    }
}

fn ec_pair(key: &p256::SecretKey) -> Pair {
    let point = key.public_key().to_encoded_point(false);
    Pair {
        algorithm: Algorithm::ES256,
        signing: EncodingKey::from_ec_der(key.to_pkcs8_der().unwrap().as_bytes()),
        jwk: json!({
            "kty": "EC",
            "crv": "P-256",
            "x": base64(point.x().unwrap()),
            "y": base64(point.y().unwrap()),
        }),
    }
}

fn ed_pair() -> Pair {
    let key = ed25519_dalek::SigningKey::generate(&mut OsRng);
    Pair {
        algorithm: Algorithm::EdDSA,
        signing: EncodingKey::from_ed_der(key.to_pkcs8_der().unwrap().as_bytes()),
        jwk: json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "x": base64(key.verifying_key().as_bytes()),
        }),
    }
}

pub fn base64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Header and payload as they would be signed.
pub fn message(header: &str, payload: &str) -> String {
    format!("{}.{}", base64(header), base64(payload))
}

pub fn sign(header: &str, payload: &str, key: &EncodingKey, algorithm: Algorithm) -> String {
    let message = message(header, payload);
    let signature = crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

/// Claims that count for every kind of token.
pub fn claims() -> Value {
    json!({"iss": ISSUER, "aud": AUDIENCE, "sub": USER.to_string(), "exp": NOW + 600})
}

pub fn local_header() -> Value {
    json!({"typ": "JWT", "alg": "HS256"})
}

/// A token with a right signature by the local secret.
pub fn local(header: &Value, claims: &Value) -> String {
    local_text(&header.to_string(), &claims.to_string())
}

pub fn local_text(header: &str, claims: &str) -> String {
    hmac(header, claims, SECRET.as_bytes(), Algorithm::HS256)
}

pub fn hmac(header: &str, claims: &str, secret: &[u8], algorithm: Algorithm) -> String {
    sign(header, claims, &EncodingKey::from_secret(secret), algorithm)
}

/// The same object with one field set.
pub fn with(object: &Value, field: &str, value: impl Into<Value>) -> Value {
    let mut object = object.clone();
    object[field] = value.into();
    object
}

/// The same object without one field.
pub fn without(object: &Value, field: &str) -> Value {
    let mut object = object.clone();
    object.as_object_mut().unwrap().remove(field).unwrap();
    object
}
