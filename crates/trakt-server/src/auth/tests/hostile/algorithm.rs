//! Attacks on the choice of algorithm and key (RFC 8725 sections 2.1 and 3.1).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey};
use rsa::pkcs1::EncodeRsaPublicKey as _;
use rsa::pkcs8::{EncodePublicKey as _, LineEnding};
use serde_json::json;

use super::super::SECRET;
use super::super::mint::{self, EC, ED, RSA, claims, hmac, rsa_public, sign};
use super::super::provider::SYMMETRIC;
use super::{Case, case};
use crate::auth::TokenRefused as Why;

pub fn cases() -> Vec<Case> {
    let mut cases = unsigned();
    cases.extend(confused());
    cases.extend(not_ours());
    cases
}

fn unsigned() -> Vec<Case> {
    let claims = claims().to_string();
    let none = |alg: &str| mint::message(&json!({"typ": "JWT", "alg": alg}).to_string(), &claims);
    let signature = hmac(
        r#"{"alg":"none"}"#,
        &claims,
        SECRET.as_bytes(),
        Algorithm::HS256,
    );
    vec![
        case("alg none, no signature", Why::Algorithm, none("none") + "."),
        case("alg None", Why::Algorithm, none("None") + "."),
        case("alg NONE", Why::Algorithm, none("NONE") + "."),
        case("alg nOnE", Why::Algorithm, none("nOnE") + "."),
        case("alg none with a space", Why::Algorithm, none("none ") + "."),
        case("alg none with a NUL", Why::Algorithm, none("none\0") + "."),
        case("alg of no letters", Why::Algorithm, none("") + "."),
        case("alg none, no last dot", Why::Malformed, none("none")),
        case(
            "alg none, rightly signed all the same",
            Why::Algorithm,
            signature,
        ),
        case(
            "alg null",
            Why::Malformed,
            mint::local_text(r#"{"alg":null}"#, &claims),
        ),
        case(
            "alg a number",
            Why::Malformed,
            mint::local_text(r#"{"alg":256}"#, &claims),
        ),
        case(
            "alg a list",
            Why::Malformed,
            mint::local_text(r#"{"alg":["HS256"]}"#, &claims),
        ),
        case(
            "no alg",
            Why::Malformed,
            mint::local_text(r#"{"typ":"JWT"}"#, &claims),
        ),
    ]
}

/// Public keys in the place of the HMAC secret.
fn confused() -> Vec<Case> {
    let forged = |secret: &[u8]| {
        hmac(
            r#"{"alg":"HS256"}"#,
            &claims().to_string(),
            secret,
            Algorithm::HS256,
        )
    };
    let named =
        |header: &str, secret: &[u8]| hmac(header, &claims().to_string(), secret, Algorithm::HS256);
    let key = rsa_public();
    let pem = key.to_public_key_pem(LineEnding::LF).unwrap();
    let ed = BASE64_URL_SAFE_NO_PAD
        .decode(ED.jwk["x"].as_str().unwrap())
        .unwrap();
    let modulus = BASE64_URL_SAFE_NO_PAD
        .decode(RSA.jwk["n"].as_str().unwrap())
        .unwrap();
    let jwk = RSA.jwk("rsa-1").to_string();
    let (spki, pkcs1) = (
        key.to_public_key_der().unwrap(),
        key.to_pkcs1_der().unwrap(),
    );
    vec![
        case(
            "HMAC with the RSA key as PEM",
            Why::Signature,
            forged(pem.as_bytes()),
        ),
        case(
            "the same without the last line end",
            Why::Signature,
            forged(pem.trim().as_bytes()),
        ),
        case(
            "HMAC with the RSA key as SPKI",
            Why::Signature,
            forged(spki.as_bytes()),
        ),
        case(
            "HMAC with the RSA key as PKCS #1",
            Why::Signature,
            forged(pkcs1.as_bytes()),
        ),
        case(
            "HMAC with the RSA key as JWK",
            Why::Signature,
            forged(jwk.as_bytes()),
        ),
        case("HMAC with the modulus", Why::Signature, forged(&modulus)),
        case(
            "HMAC with the EC key as JWK",
            Why::Signature,
            forged(EC.jwk.to_string().as_bytes()),
        ),
        case("HMAC with the Ed25519 key", Why::Signature, forged(&ed)),
        case("HMAC with nothing", Why::Signature, forged(b"")),
        case(
            "HMAC with the kid of an RSA key",
            Why::UnknownKey,
            named(r#"{"alg":"HS256","kid":"rsa-1"}"#, pem.as_bytes()),
        ),
        case(
            "HMAC with a symmetric key of the set",
            Why::UnknownKey,
            named(r#"{"alg":"HS256","kid":"oct-1"}"#, SYMMETRIC),
        ),
        case(
            "the same without its kid",
            Why::Signature,
            forged(SYMMETRIC),
        ),
        case(
            "RS256 over an HMAC",
            Why::Signature,
            named(r#"{"alg":"RS256","kid":"rsa-1"}"#, SECRET.as_bytes()),
        ),
        case(
            "RS256 over an HMAC with the PEM",
            Why::Signature,
            named(r#"{"alg":"RS256"}"#, pem.as_bytes()),
        ),
        case(
            "ES256 with the kid of an RSA key",
            Why::Algorithm,
            EC.sign(&json!({"alg": "ES256", "kid": "rsa-1"}), &claims()),
        ),
        case(
            "RS256 with the kid of an EC key",
            Why::Algorithm,
            RSA.sign(&json!({"alg": "RS256", "kid": "ec-1"}), &claims()),
        ),
        case(
            "EdDSA with the kid of an EC key",
            Why::Algorithm,
            ED.sign(&json!({"alg": "EdDSA", "kid": "ec-1"}), &claims()),
        ),
        case(
            "EdDSA with the kid of an Ed448 key",
            Why::UnknownKey,
            ED.sign(&json!({"alg": "EdDSA", "kid": "ed448-1"}), &claims()),
        ),
        case(
            "EdDSA with the kid of an X25519 key",
            Why::UnknownKey,
            ED.sign(&json!({"alg": "EdDSA", "kid": "x25519-1"}), &claims()),
        ),
        case(
            "HS256 over an RSA signature",
            Why::Signature,
            RSA.sign(&json!({"alg": "HS256"}), &claims()),
        ),
    ]
}

/// Rightly signed, with an algorithm that no key of ours is for.
fn not_ours() -> Vec<Case> {
    let claims = claims().to_string();
    let secret = EncodingKey::from_secret(SECRET.as_bytes());
    let signed = |header: &str, key: &EncodingKey, algorithm| sign(header, &claims, key, algorithm);
    vec![
        case(
            "HS384",
            Why::Algorithm,
            signed(r#"{"alg":"HS384"}"#, &secret, Algorithm::HS384),
        ),
        case(
            "HS512",
            Why::Algorithm,
            signed(r#"{"alg":"HS512"}"#, &secret, Algorithm::HS512),
        ),
        case(
            "HS512 called HS256",
            Why::Signature,
            signed(r#"{"alg":"HS256"}"#, &secret, Algorithm::HS512),
        ),
        case(
            "hs256",
            Why::Algorithm,
            signed(r#"{"alg":"hs256"}"#, &secret, Algorithm::HS256),
        ),
        case(
            "HS256 and a space",
            Why::Algorithm,
            signed(r#"{"alg":"HS256 "}"#, &secret, Algorithm::HS256),
        ),
        case(
            "RS384",
            Why::Algorithm,
            signed(
                r#"{"alg":"RS384","kid":"rsa-1"}"#,
                &RSA.signing,
                Algorithm::RS384,
            ),
        ),
        case(
            "RS512",
            Why::Algorithm,
            signed(
                r#"{"alg":"RS512","kid":"rsa-1"}"#,
                &RSA.signing,
                Algorithm::RS512,
            ),
        ),
        case(
            "RS512 called RS256",
            Why::Signature,
            signed(
                r#"{"alg":"RS256","kid":"rsa-1"}"#,
                &RSA.signing,
                Algorithm::RS512,
            ),
        ),
        case(
            "PS256",
            Why::Algorithm,
            signed(
                r#"{"alg":"PS256","kid":"rsa-1"}"#,
                &RSA.signing,
                Algorithm::PS256,
            ),
        ),
        case(
            "PS256 called RS256",
            Why::Signature,
            signed(
                r#"{"alg":"RS256","kid":"rsa-1"}"#,
                &RSA.signing,
                Algorithm::PS256,
            ),
        ),
        case(
            "ES384",
            Why::Algorithm,
            signed(
                r#"{"alg":"ES384","kid":"ec-1"}"#,
                &EC.signing,
                Algorithm::ES256,
            ),
        ),
        case(
            "ES256K",
            Why::Algorithm,
            signed(
                r#"{"alg":"ES256K","kid":"ec-1"}"#,
                &EC.signing,
                Algorithm::ES256,
            ),
        ),
        case(
            "an algorithm of encryption",
            Why::Algorithm,
            signed(
                r#"{"alg":"dir","enc":"A128GCM"}"#,
                &secret,
                Algorithm::HS256,
            ),
        ),
    ]
}
