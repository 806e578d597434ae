//! Which keys of a key set are used, and for what.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::mint::{EC, ED, RSA, base64, rsa_key, rsa_pair, with, without};
use crate::auth::jwks::read;

fn algorithms(keys: &[Value]) -> Vec<Algorithm> {
    let set = json!({ "keys": keys }).to_string();
    read(set.as_bytes())
        .unwrap()
        .iter()
        .map(|key| key.algorithm)
        .collect()
}

#[test]
fn the_algorithm_is_the_keys_own() {
    for pair in [&*RSA, &*EC, &*ED] {
        let given = with(&pair.jwk, "alg", pair.name());
        for jwk in [pair.jwk.clone(), given, with(&pair.jwk, "use", "sig")] {
            assert_eq!(algorithms(&[jwk]), [pair.algorithm]);
        }
    }
    assert_eq!(
        algorithms(&[with(&EC.jwk, "key_ops", json!(["verify"]))]),
        [Algorithm::ES256],
    );
}

#[test]
fn what_is_of_no_use_is_left_out_and_spoils_nothing() {
    let long_x = format!("AA{}", EC.jwk["x"].as_str().unwrap());
    let short_x = base64([1; 31]);
    let padded = format!("{}=", ED.jwk["x"].as_str().unwrap());
    for (name, jwk) in [
        ("for encryption", with(&RSA.jwk, "use", "enc")),
        (
            "for other operations",
            with(&RSA.jwk, "key_ops", json!(["encrypt"])),
        ),
        (
            "symmetric",
            json!({"kty": "oct", "k": base64([1; 32]), "alg": "HS256"}),
        ),
        ("RSA for RS512", with(&RSA.jwk, "alg", "RS512")),
        ("RSA for PS256", with(&RSA.jwk, "alg", "PS256")),
        ("RSA for encryption", with(&RSA.jwk, "alg", "RSA-OAEP")),
        ("RSA for HS256", with(&RSA.jwk, "alg", "HS256")),
        ("RSA for ES256", with(&RSA.jwk, "alg", "ES256")),
        ("RSA for none", with(&RSA.jwk, "alg", "none")),
        ("RSA without modulus", without(&RSA.jwk, "n")),
        ("RSA without exponent", without(&RSA.jwk, "e")),
        (
            "RSA with an even exponent",
            with(&RSA.jwk, "e", base64([2])),
        ),
        ("RSA with exponent 0", with(&RSA.jwk, "e", "AA")),
        ("RSA of 1024 bits", rsa_pair(&rsa_key(1024)).jwk),
        (
            "RSA of 2047 bits",
            with(&RSA.jwk, "n", base64([&[0x7f][..], &[0xff; 255]].concat())),
        ),
        (
            "RSA that hides behind zeros",
            with(
                &RSA.jwk,
                "n",
                base64([&[0; 200][..], &[0xff; 128]].concat()),
            ),
        ),
        ("RSA of 4104 bits", with(&RSA.jwk, "n", base64([0xff; 513]))),
        ("RSA of no bits", with(&RSA.jwk, "n", "")),
        ("P-384", with(&EC.jwk, "crv", "P-384")),
        ("secp256k1", with(&EC.jwk, "crv", "secp256k1")),
        ("EC without a curve", without(&EC.jwk, "crv")),
        ("EC for ES384", with(&EC.jwk, "alg", "ES384")),
        ("EC with a long coordinate", with(&EC.jwk, "x", long_x)),
        (
            "EC with a short coordinate",
            with(&EC.jwk, "y", short_x.clone()),
        ),
        ("Ed448", with(&ED.jwk, "crv", "Ed448")),
        ("X25519", with(&ED.jwk, "crv", "X25519")),
        ("Ed25519 that is short", with(&ED.jwk, "x", short_x)),
        ("Ed25519 that is padded", with(&ED.jwk, "x", padded)),
        ("a curve of the other kind", with(&EC.jwk, "crv", "Ed25519")),
        ("kid a number", with(&ED.jwk, "kid", 1)),
        (
            "a type of the future",
            json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}),
        ),
        ("no object", json!("key")),
        ("null", Value::Null),
    ] {
        assert_eq!(
            algorithms(&[jwk, ED.jwk.clone()]),
            [Algorithm::EdDSA],
            "{name}"
        );
    }
}

#[test]
fn what_is_no_key_set() {
    let list = json!([ED.jwk]).to_string();
    for text in [
        "",
        "{}",
        "null",
        "<html>",
        "{\"keys\":{}}",
        "{\"keys\":null}",
        "{\"keys\":[",
        &list,
    ] {
        assert!(read(text.as_bytes()).is_err(), "{text}");
    }
    assert!(read(b"{\"keys\":[]}").is_ok_and(|keys| keys.is_empty()));
}
