//! Things that are no token, or not quite.

use serde_json::json;

use super::super::SECRET;
use super::super::mint::{self, base64, claims, local_header, local_text, with};
use super::{Case, case};
use crate::auth::TokenRefused as Why;

pub fn cases() -> Vec<Case> {
    let mut cases = texts();
    cases.extend(parts());
    cases.extend(contents());
    cases
}

fn good() -> String {
    mint::local(&local_header(), &claims())
}

fn texts() -> Vec<Case> {
    let good = good();
    let (start, _) = good.split_at(good.len() / 2);
    vec![
        case("nothing", Why::Malformed, ""),
        case("a dot", Why::Malformed, "."),
        case("two dots", Why::Malformed, ".."),
        case("three dots", Why::Malformed, "..."),
        case("8 KiB of dots", Why::Malformed, ".".repeat(8192)),
        case("a word", Why::Malformed, "token"),
        case("the secret", Why::Malformed, SECRET),
        case("NUL bytes", Why::Malformed, "\0\0.\0\0.\0\0"),
        case("not ASCII", Why::Malformed, "é.ü.ß"),
        case("emoji", Why::Malformed, "🔑.🔑.🔑"),
        case("a NUL at the end", Why::Malformed, format!("{good}\0")),
        case("a line end at the end", Why::Malformed, format!("{good}\n")),
        case("a space in front", Why::Malformed, format!(" {good}")),
        case(
            "its type in front",
            Why::Malformed,
            format!("Bearer {good}"),
        ),
        case("two tokens", Why::Malformed, format!("{good},{good}")),
        case("half a token", Why::Malformed, start),
        case("9 KiB of a letter", Why::TooLong, "a".repeat(9 * 1024)),
        case(
            "9 KiB, rightly signed",
            Why::TooLong,
            mint::local(&local_header(), &with(&claims(), "x", "y".repeat(7 * 1024))),
        ),
        case("8 KiB and a byte", Why::TooLong, ".".repeat(8193)),
        case(
            "JSON of a JWS (RFC 7515 section 7.2)",
            Why::Malformed,
            json!({"payload": "e30", "protected": "e30", "signature": ""}).to_string(),
        ),
    ]
}

fn parts() -> Vec<Case> {
    let good = good();
    let split: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = split[..] else {
        unreachable!("three parts")
    };
    let mut numbered = (0..).map(|n| mint::local(&local_header(), &with(&claims(), "x", n)));
    let standard = numbered.find_map(|token| {
        let (message, signature) = token.rsplit_once('.')?;
        let standard = signature.replace('-', "+").replace('_', "/");
        (standard != signature).then(|| format!("{message}.{standard}"))
    });
    let open_claims = format!("{header}.{}.{signature}", claims());
    vec![
        case(
            "no signature and no dot",
            Why::Malformed,
            format!("{header}.{payload}"),
        ),
        case("a fourth part", Why::Malformed, format!("{good}.x")),
        case(
            "a part between",
            Why::Malformed,
            format!("{header}.{payload}.{payload}.{signature}"),
        ),
        case(
            "five parts, as in a JWE",
            Why::Malformed,
            format!("{header}.a.b.c.{signature}"),
        ),
        case("a dot in front", Why::Malformed, format!(".{good}")),
        case("a dot behind", Why::Malformed, format!("{good}.")),
        case(
            "no header",
            Why::Malformed,
            format!(".{payload}.{signature}"),
        ),
        case(
            "header padded",
            Why::Malformed,
            format!("{}=.{payload}.{signature}", base64(r#"{"alg": "HS256"}"#)),
        ),
        case("signature padded", Why::Malformed, format!("{good}=")),
        case(
            "signature with stray bits",
            Why::Malformed,
            stray_bits(&good),
        ),
        case(
            "the alphabet of plain base64",
            Why::Malformed,
            standard.unwrap(),
        ),
        case("claims in the open", Why::Malformed, open_claims),
        case(
            "header in the open",
            Why::Malformed,
            format!("{{\"alg\":\"HS256\"}}.{payload}.{signature}"),
        ),
    ]
}

/// The same signature in another spelling: the last letter holds two bits that mean nothing.
fn stray_bits(token: &str) -> String {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = token.split_at(token.len() - 1);
    let place = LETTERS.find(last).unwrap();
    assert_eq!(place % 4, 0, "32 bytes end so");
    format!("{rest}{}", &LETTERS[place + 1..place + 2])
}

fn contents() -> Vec<Case> {
    let header = local_header().to_string();
    let claims = claims().to_string();
    let inner = good();
    let nested = mint::local(&json!({"alg": "HS256", "cty": "JWT"}), &json!("x"));
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(2000), "]".repeat(2000));
    vec![
        case("claims empty", Why::Malformed, local_text(&header, "")),
        case(
            "claims of no fields",
            Why::Malformed,
            local_text(&header, "{}"),
        ),
        case("claims null", Why::Malformed, local_text(&header, "null")),
        case(
            "claims a list in the right order",
            Why::Malformed,
            local_text(
                &header,
                r#"["https://id.example","trakt","6b8a0f2e-5d1c-4f6b-9b3a-2f4f8c1d7e90",1780315800]"#,
            ),
        ),
        case(
            "claims that end early",
            Why::Malformed,
            local_text(&header, &claims[..claims.len() - 1]),
        ),
        case(
            "claims and more",
            Why::Malformed,
            local_text(&header, &format!("{claims}x")),
        ),
        case(
            "claims twice",
            Why::Malformed,
            local_text(&header, &format!("{claims}{claims}")),
        ),
        case(
            "claims very deep",
            Why::Malformed,
            local_text(&header, &deep),
        ),
        case(
            "a token in a token",
            Why::Malformed,
            local_text(r#"{"alg":"HS256","cty":"JWT"}"#, &inner),
        ),
        case("a text for claims", Why::Malformed, nested),
        case(
            "header a list",
            Why::Malformed,
            local_text(r#"["HS256"]"#, &claims),
        ),
        case("header null", Why::Malformed, local_text("null", &claims)),
        case(
            "header that ends early",
            Why::Malformed,
            local_text(r#"{"alg":"HS256""#, &claims),
        ),
        case(
            "header with a byte order mark",
            Why::Malformed,
            local_text("\u{feff}{\"alg\":\"HS256\"}", &claims),
        ),
        case(
            "a NUL after the header",
            Why::Malformed,
            local_text("{\"alg\":\"HS256\"}\0", &claims),
        ),
    ]
}
