//! Rightly signed tokens that are not for us, not now, or for nobody.

use serde_json::{Value, json};

use super::super::mint::{self, RSA, claims, local_header, with, without};
use super::super::{ISSUER, NOW};
use super::{Case, case};
use crate::auth::TokenRefused as Why;

pub fn cases() -> Vec<Case> {
    let mut cases = whose();
    cases.extend(when());
    cases.extend(who());
    cases.extend(twice());
    cases
}

fn signed(claims: &Value) -> String {
    mint::local(&local_header(), claims)
}

fn set(claim: &str, value: impl Into<Value>) -> String {
    signed(&with(&claims(), claim, value))
}

fn whose() -> Vec<Case> {
    let outside = |claims: &Value| RSA.sign(&json!({"alg": "RS256", "kid": "rsa-1"}), claims);
    vec![
        case("aud another's", Why::Audience, set("aud", "other")),
        case("aud longer than ours", Why::Audience, set("aud", "trakt2")),
        case("aud in other case", Why::Audience, set("aud", "Trakt")),
        case(
            "aud of others",
            Why::Audience,
            set("aud", json!(["other", "trakt "])),
        ),
        case("aud of nobody", Why::Audience, set("aud", json!([]))),
        case("aud of no letters", Why::Audience, set("aud", "")),
        case("aud null", Why::Malformed, set("aud", Value::Null)),
        case("aud a number", Why::Malformed, set("aud", 1)),
        case(
            "aud an object",
            Why::Malformed,
            set("aud", json!({"trakt": true})),
        ),
        case(
            "aud with a number among texts",
            Why::Malformed,
            set("aud", json!(["trakt", 1])),
        ),
        case(
            "aud missing",
            Why::Malformed,
            signed(&without(&claims(), "aud")),
        ),
        case(
            "iss another's",
            Why::Issuer,
            set("iss", "https://evil.example"),
        ),
        case(
            "iss with a slash at its end",
            Why::Issuer,
            set("iss", format!("{ISSUER}/")),
        ),
        case(
            "iss that begins like ours",
            Why::Issuer,
            set("iss", format!("{ISSUER}.evil.example")),
        ),
        case(
            "iss a list with ours",
            Why::Malformed,
            set("iss", json!([ISSUER])),
        ),
        case(
            "iss missing",
            Why::Malformed,
            signed(&without(&claims(), "iss")),
        ),
        case(
            "aud another's, outside",
            Why::Audience,
            outside(&with(&claims(), "aud", "other")),
        ),
        case(
            "iss another's, outside",
            Why::Issuer,
            outside(&with(&claims(), "iss", "x")),
        ),
        case(
            "expired, outside",
            Why::Expired,
            outside(&with(&claims(), "exp", NOW - 31)),
        ),
        case(
            "nbf ahead, outside",
            Why::NotYet,
            outside(&with(&claims(), "nbf", NOW + 31)),
        ),
    ]
}

fn when() -> Vec<Case> {
    let text = |exp: &str| {
        let claims = with(&claims(), "exp", "EXP")
            .to_string()
            .replace("\"EXP\"", exp);
        mint::local_text(&local_header().to_string(), &claims)
    };
    vec![
        case(
            "exp missing",
            Why::Malformed,
            signed(&without(&claims(), "exp")),
        ),
        case("exp null", Why::Malformed, set("exp", Value::Null)),
        case(
            "exp a text",
            Why::Malformed,
            set("exp", (NOW + 600).to_string()),
        ),
        case("exp true", Why::Malformed, set("exp", true)),
        case("exp a list", Why::Malformed, set("exp", json!([NOW + 600]))),
        case(
            "exp with a fraction",
            Why::Malformed,
            text(&format!("{}.5", NOW + 600)),
        ),
        case("exp with an exponent", Why::Malformed, text("1e12")),
        case("exp beyond every number", Why::Malformed, text("1e400")),
        case("exp of 2^64", Why::Malformed, text("18446744073709551616")),
        case(
            "exp of 2^63 - 1",
            Why::AbsurdTime,
            text("9223372036854775807"),
        ),
        case(
            "exp in milliseconds",
            Why::AbsurdTime,
            set("exp", (NOW + 600) * 1000),
        ),
        case("exp negative", Why::AbsurdTime, set("exp", -1)),
        case(
            "exp of -2^63",
            Why::AbsurdTime,
            text("-9223372036854775808"),
        ),
        case("exp 0", Why::Expired, set("exp", 0)),
        case("expired by 30 s", Why::Expired, set("exp", NOW - 30)),
        case("expired by 31 s", Why::Expired, set("exp", NOW - 31)),
        case("nbf ahead by 31 s", Why::NotYet, set("nbf", NOW + 31)),
        case("nbf a text", Why::Malformed, set("nbf", "0")),
        case("nbf null", Why::Malformed, set("nbf", Value::Null)),
        case("nbf negative", Why::AbsurdTime, set("nbf", -1)),
        case("nbf of 2^63 - 1", Why::AbsurdTime, set("nbf", i64::MAX)),
        case("iat ahead by 31 s", Why::NotYet, set("iat", NOW + 31)),
        case("iat a text", Why::Malformed, set("iat", "now")),
    ]
}

fn who() -> Vec<Case> {
    let outside = |sub: Value| {
        RSA.sign(
            &json!({"alg": "RS256", "kid": "rsa-1"}),
            &with(&claims(), "sub", sub),
        )
    };
    vec![
        case(
            "sub missing",
            Why::Malformed,
            signed(&without(&claims(), "sub")),
        ),
        case("sub null", Why::Malformed, set("sub", Value::Null)),
        case("sub a number", Why::Malformed, set("sub", 1)),
        case("sub of no letters", Why::Subject, set("sub", "")),
        case("sub that is no UUID", Why::Subject, set("sub", "admin")),
        case(
            "sub a UUID and more",
            Why::Subject,
            set("sub", "6b8a0f2e-5d1c-4f6b-9b3a-2f4f8c1d7e90 OR 1=1"),
        ),
        case(
            "sub with a NUL",
            Why::Subject,
            set("sub", "6b8a0f2e-5d1c-4f6b-9b3a-2f4f8c1d7e9\0"),
        ),
        case(
            "sub of no letters, outside",
            Why::Subject,
            outside("".into()),
        ),
        case(
            "sub missing, outside",
            Why::Malformed,
            RSA.sign(
                &json!({"alg": "RS256", "kid": "rsa-1"}),
                &without(&claims(), "sub"),
            ),
        ),
        case(
            "sub of 256 bytes, outside",
            Why::Subject,
            outside("s".repeat(256).into()),
        ),
        case(
            "sub with a NUL, outside",
            Why::Subject,
            outside("a\0b".into()),
        ),
        case(
            "sub with a line end, outside",
            Why::Subject,
            outside("a\nb".into()),
        ),
    ]
}

/// RFC 7519 section 4: of two equal names one may refuse the token or take the last. Two readers
/// that choose differently can be played off against each other.
fn twice() -> Vec<Case> {
    let header = local_header().to_string();
    let twice = |claim: &str| {
        let claims = claims().to_string();
        mint::local_text(
            &header,
            &format!("{},{claim}}}", claims.trim_end_matches('}')),
        )
    };
    let claims = claims().to_string();
    vec![
        case("sub twice", Why::Malformed, twice(r#""sub":"x""#)),
        case("exp twice", Why::Malformed, twice(r#""exp":99999999999"#)),
        case("aud twice", Why::Malformed, twice(r#""aud":"other""#)),
        case(
            "iss twice",
            Why::Malformed,
            twice(r#""iss":"https://id.example""#),
        ),
        case(
            "sub twice, once by an escape",
            Why::Malformed,
            twice(r#""s\u0075b":"x""#),
        ),
        case(
            "email_verified twice",
            Why::Malformed,
            twice(r#""email_verified":false,"email_verified":true"#),
        ),
        case(
            "alg twice",
            Why::Malformed,
            mint::local_text(r#"{"alg":"none","alg":"HS256"}"#, &claims),
        ),
        case(
            "kid twice",
            Why::Malformed,
            mint::local_text(r#"{"alg":"HS256","kid":"a","kid":"b"}"#, &claims),
        ),
    ]
}
