//! Signatures that are missing, somebody else's, or built to slip through.

use jsonwebtoken::{Algorithm, crypto};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::json;

use super::super::mint::{
    self, EC, EC_KEY, ED, OTHER_EC, OTHER_ED, OTHER_RSA, Pair, RSA, base64, claims, hmac,
    local_header, with,
};
use super::{Case, case};
use crate::auth::TokenRefused as Why;

pub fn cases() -> Vec<Case> {
    let mut cases = local();
    cases.extend(outside());
    cases.extend(elliptic());
    cases
}

fn split(token: &str) -> (&str, &str) {
    token.rsplit_once('.').unwrap()
}

fn local() -> Vec<Case> {
    let good = mint::local(&local_header(), &claims());
    let (message, signature) = split(&good);
    let other = mint::local(&local_header(), &with(&claims(), "sub", "x"));
    let header = local_header().to_string();
    let forged = |secret: &str| {
        hmac(
            &header,
            &claims().to_string(),
            secret.as_bytes(),
            Algorithm::HS256,
        )
    };
    vec![
        case("no signature", Why::Signature, format!("{message}.")),
        case(
            "the signature of another",
            Why::Signature,
            format!("{message}.{}", split(&other).1),
        ),
        case(
            "a signature for another",
            Why::Signature,
            format!("{}.{signature}", split(&other).0),
        ),
        case(
            "half a signature",
            Why::Signature,
            format!("{message}.{}", &signature[..20]),
        ),
        case(
            "a byte more",
            Why::Signature,
            format!("{message}.{}", base64([0; 33])),
        ),
        case(
            "a signature of zeros",
            Why::Signature,
            format!("{message}.{}", base64([0; 32])),
        ),
        case("signed with a guess", Why::Signature, forged("secret")),
        case(
            "signed with the secret in other case",
            Why::Signature,
            forged("A SECRET OF 32 BYTES AT THE LEAST"),
        ),
    ]
}

fn outside() -> Vec<Case> {
    let mut cases = Vec::new();
    for (pair, other, kid, names) in [
        (&*RSA, &*OTHER_RSA, "rsa-1", RSA_NAMES),
        (&*EC, &*OTHER_EC, "ec-1", EC_NAMES),
        (&*ED, &*OTHER_ED, "ed-1", ED_NAMES),
    ] {
        cases.extend(of_a_pair(pair, other, kid, names));
    }
    cases
}

const RSA_NAMES: [&str; 5] = [
    "RS256: another key with that kid",
    "RS256: no signature",
    "RS256: the signature of another",
    "RS256: zeros",
    "RS256: signed by us",
];
const EC_NAMES: [&str; 5] = [
    "ES256: another key with that kid",
    "ES256: no signature",
    "ES256: the signature of another",
    "ES256: r = s = 0",
    "ES256: signed by us",
];
const ED_NAMES: [&str; 5] = [
    "EdDSA: another key with that kid",
    "EdDSA: no signature",
    "EdDSA: the signature of another",
    "EdDSA: zeros",
    "EdDSA: signed by us",
];

fn of_a_pair(pair: &Pair, other: &Pair, kid: &str, names: [&'static str; 5]) -> Vec<Case> {
    let good = pair.token(kid);
    let (message, signature) = split(&good);
    let header = json!({"typ": "JWT", "alg": pair.name(), "kid": kid});
    let second = pair.sign(&header, &with(&claims(), "sub", "somebody else"));
    let zeros = vec![0; signature.len() / 4 * 3];
    let ours = mint::local(&header, &claims());
    let [wrong_key, none, swapped, zero, by_us] = names;
    vec![
        case(wrong_key, Why::Signature, other.token(kid)),
        case(none, Why::Signature, format!("{message}.")),
        case(
            swapped,
            Why::Signature,
            format!("{}.{signature}", split(&second).0),
        ),
        case(zero, Why::Signature, format!("{message}.{}", base64(zeros))),
        case(by_us, Why::Signature, ours),
    ]
}

/// ES256 signatures are `r` and `s` in 32 bytes each (RFC 7518 section 3.4), nothing else.
fn elliptic() -> Vec<Case> {
    let header = json!({"alg": "ES256", "kid": "ec-1"}).to_string();
    let message = mint::message(&header, &claims().to_string());
    let signature: Signature = SigningKey::from(&*EC_KEY).sign(message.as_bytes());
    let bytes = signature.to_bytes();
    let (r, s) = bytes.split_at(32);
    let signed = |bytes: &[u8]| format!("{message}.{}", base64(bytes));
    // The order of P-256 is 0 for the arithmetic, and so a second spelling of r = s = 0.
    let order = [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
        0x25, 0x51,
    ];
    let ed_over_p256 = crypto::sign(message.as_bytes(), &ED.signing, Algorithm::EdDSA).unwrap();
    vec![
        case(
            "ES256: in DER",
            Why::Signature,
            signed(signature.to_der().as_bytes()),
        ),
        case(
            "ES256: r = 0",
            Why::Signature,
            signed(&[&[0; 32], s].concat()),
        ),
        case(
            "ES256: s = 0",
            Why::Signature,
            signed(&[r, &[0; 32]].concat()),
        ),
        case(
            "ES256: r = s = the order",
            Why::Signature,
            signed(&[order, order].concat()),
        ),
        case(
            "ES256: r and s swapped",
            Why::Signature,
            signed(&[s, r].concat()),
        ),
        case("ES256: a byte short", Why::Signature, signed(&bytes[..63])),
        case(
            "ES256: a zero in front",
            Why::Signature,
            signed(&[&[0], &bytes[..]].concat()),
        ),
        case(
            "ES256: an Ed25519 signature",
            Why::Signature,
            format!("{message}.{ed_over_p256}"),
        ),
    ]
}
