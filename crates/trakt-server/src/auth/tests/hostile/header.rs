//! Headers that want more than to pick a key (RFC 7515 section 4.1), rightly signed.

use serde_json::{Value, json};

use super::super::mint::{self, OTHER_RSA, RSA, claims, local_header, with};
use super::super::{AUDIENCE, NOW};
use super::{Case, case};
use crate::auth::TokenRefused as Why;

pub fn cases() -> Vec<Case> {
    let mut cases = keys_from_the_token();
    cases.extend(types());
    cases.extend(key_names());
    cases
}

fn keys_from_the_token() -> Vec<Case> {
    let local =
        |field: &str, value: Value| mint::local(&with(&local_header(), field, value), &claims());
    let header = json!({"alg": "RS256", "kid": "rsa-1"});
    let rsa = |field: &str, value: Value| RSA.sign(&with(&header, field, value), &claims());
    let url = "https://evil.example/keys";
    let forged = json!({"alg": "RS256", "jwk": OTHER_RSA.jwk});
    let expiring = with(&claims(), "exp", NOW + 601);
    vec![
        case("jku, local", Why::Header, local("jku", url.into())),
        case("x5u, local", Why::Header, local("x5u", url.into())),
        case("x5c, local", Why::Header, local("x5c", json!(["MIIB"]))),
        case(
            "jwk, local",
            Why::Header,
            local("jwk", json!({"kty": "oct", "k": "AAAA"})),
        ),
        case("jwk that is null", Why::Header, local("jwk", Value::Null)),
        case("jku that is no text", Why::Header, local("jku", json!({}))),
        case("crit, local", Why::Header, local("crit", json!(["exp"]))),
        case("crit of nothing", Why::Header, local("crit", json!([]))),
        case("crit that is null", Why::Header, local("crit", Value::Null)),
        case(
            "crit b64 (RFC 7797)",
            Why::Header,
            mint::local(
                &json!({"alg": "HS256", "b64": false, "crit": ["b64"]}),
                &claims(),
            ),
        ),
        case("jku, outside", Why::Header, rsa("jku", url.into())),
        case("x5u, outside", Why::Header, rsa("x5u", url.into())),
        case("x5c, outside", Why::Header, rsa("x5c", json!(["MIIB"]))),
        case("jwk, outside", Why::Header, rsa("jwk", RSA.jwk.clone())),
        case("crit, outside", Why::Header, rsa("crit", json!(["exp"]))),
        case(
            "signed by the jwk it brings",
            Why::Header,
            OTHER_RSA.sign(&forged, &claims()),
        ),
        case(
            "jku written with an escape",
            Why::Header,
            mint::local_text(r#"{"alg":"HS256","j\u006bu":"x"}"#, &expiring.to_string()),
        ),
    ]
}

fn types() -> Vec<Case> {
    let typed = |typ: Value| mint::local(&with(&local_header(), "typ", typ), &claims());
    vec![
        case("typ JWE", Why::Header, typed("JWE".into())),
        case(
            "typ of a logout token",
            Why::Header,
            typed("logout+jwt".into()),
        ),
        case("typ dpop+jwt", Why::Header, typed("dpop+jwt".into())),
        case("typ of no letters", Why::Header, typed("".into())),
        case("typ text/jwt", Why::Header, typed("text/jwt".into())),
        case("typ a number", Why::Malformed, typed(1.into())),
        case("typ a list", Why::Malformed, typed(json!(["JWT"]))),
    ]
}

fn key_names() -> Vec<Case> {
    let named = |kid: &str| RSA.sign(&json!({"alg": "RS256", "kid": kid}), &claims());
    let local = |kid: &str| mint::local(&with(&local_header(), "kid", kid), &claims());
    vec![
        case("kid unknown", Why::UnknownKey, named("rsa-2")),
        case(
            "kid of a path",
            Why::UnknownKey,
            named("../../../../dev/null"),
        ),
        case(
            "kid of an address",
            Why::UnknownKey,
            named("https://evil.example/keys"),
        ),
        case("kid of SQL", Why::UnknownKey, named("' OR 1=1; --")),
        case("kid of a command", Why::UnknownKey, named("x|/bin/true")),
        case("kid very long", Why::UnknownKey, named(&"k".repeat(5000))),
        case("kid of no letters", Why::UnknownKey, named("")),
        case("kid in other case", Why::UnknownKey, named("RSA-1")),
        case("kid with a NUL", Why::UnknownKey, named("rsa-1\0")),
        case(
            "kid a number",
            Why::Malformed,
            RSA.sign(&json!({"alg": "RS256", "kid": 1}), &claims()),
        ),
        case(
            "kid a list",
            Why::Malformed,
            RSA.sign(&json!({"alg": "RS256", "kid": ["rsa-1"]}), &claims()),
        ),
        case(
            "kid of a path, local",
            Why::UnknownKey,
            local("../../../../dev/null"),
        ),
        case(
            "kid of SQL, local",
            Why::UnknownKey,
            local("' UNION SELECT 'key' --"),
        ),
        case("kid of no letters, local", Why::UnknownKey, local("")),
        case(
            "kid that is the audience, local",
            Why::UnknownKey,
            local(AUDIENCE),
        ),
    ]
}
