//! Bodies and their media types.

use serde_json::json;

use super::{ASSOCIATE, CHECK, Cast, DEVICE, INVALID, LOGIN, MALFORMED, named};

/// Bodies that are no JSON: the same at every route.
fn malformed() -> Vec<Vec<u8>> {
    let deep = |n: usize| format!("{{\"replace\":{}{}}}", "[".repeat(n), "]".repeat(n));
    vec![
        b"{".to_vec(),
        b"}".to_vec(),
        b" ".to_vec(),
        b"{\"replace\":true".to_vec(),
        b"{\"replace\":}".to_vec(),
        b"{\"replace\":true,}".to_vec(),
        b"{'replace':true}".to_vec(),
        b"{replace:true}".to_vec(),
        b"{\"replace\":True}".to_vec(),
        b"{\"replace\":NaN}".to_vec(),
        b"{\"replace\":1e999}".to_vec(),
        b"{} {}".to_vec(),
        b"{\"replace\":true}garbage".to_vec(),
        b"{}\0".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"{\"traktSlug\":\"\xff\"}".to_vec(),
        b"{\"traktSlug\":\"\xc0\xaf\"}".to_vec(),
        b"{\"traktSlug\":\"\xed\xa0\x80\"}".to_vec(),
        b"{\"traktSlug\":\"\\ud800\"}".to_vec(),
        b"{\"traktSlug\":\"a\nb\"}".to_vec(),
        b"{\"traktSlug\":\"\\x41\"}".to_vec(),
        b"\xff\xfe{\0}\0".to_vec(),
        b"replace=true".to_vec(),
        "[".repeat(1000).into_bytes(),
        "{\"a\":".repeat(1000).into_bytes(),
        deep(1000).into_bytes(),
    ]
}

#[test]
fn what_is_no_json_is_refused_as_malformed() {
    let mut cast = Cast::start();
    for body in malformed() {
        for path in [DEVICE, CHECK, ASSOCIATE, LOGIN] {
            let reply = cast.post(path, Some("application/json"), &body);
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            assert_eq!(reply.outcome(), MALFORMED, "{path} {shown:?}");
        }
    }
    cast.assert_untouched();
}

/// JSON that is not what a route takes, and the fields that the answer names.
fn invalid() -> Vec<(&'static str, String, &'static str)> {
    let mut cases = Vec::new();
    let mut at = |path, bodies: &[(&str, &'static str)]| {
        cases.extend(
            bodies
                .iter()
                .map(|(body, fields)| (path, (*body).to_owned(), *fields)),
        );
    };
    at(
        DEVICE,
        &[
            ("[]", ""),
            ("null", ""),
            ("true", ""),
            ("7", ""),
            (r#""replace""#, ""),
            (r#"{"replace":"true"}"#, "replace"),
            (r#"{"replace":1}"#, "replace"),
            (r#"{"replace":[]}"#, "replace"),
            (r#"{"replace":{}}"#, "replace"),
            (r#"{"replace":[[[[[[[[]]]]]]]]}"#, "replace"),
            (r#"{"Replace":true}"#, "Replace"),
            (r#"{"replace":true,"user":"x"}"#, "user"),
            (r#"{"replace":1,"x":1,"y":null}"#, "replace x y"),
            (r#"{"replace":false,"replace":true}"#, "replace"),
            (r#"{"":true}"#, ""),
            (r#"{"replace\u0000":true}"#, "replace\0"),
        ],
    );
    at(
        CHECK,
        &[
            ("", "deviceCode"),
            ("{}", "deviceCode"),
            (r#"{"deviceCode":null}"#, "deviceCode"),
            (r#"{"deviceCode":1}"#, "deviceCode"),
            (r#"{"deviceCode":12345678901234567890123}"#, "deviceCode"),
            (r#"{"deviceCode":["x"]}"#, "deviceCode"),
            (r#"{"deviceCode":{"x":"y"}}"#, "deviceCode"),
            (r#"{"deviceCode":""}"#, "deviceCode"),
            (r#"{"device_code":"x"}"#, "deviceCode device_code"),
            (r#"{"deviceCode":"x","deviceCode":"y"}"#, "deviceCode"),
            (
                r#"{"deviceCode":false,"replace":true}"#,
                "deviceCode replace",
            ),
        ],
    );
    at(
        ASSOCIATE,
        &[
            ("{}", "traktSlug userEmail"),
            (
                r#"{"traktSlug":null,"userEmail":null}"#,
                "traktSlug userEmail",
            ),
            (
                r#"{"traktSlug":1,"userEmail":[],"replace":"no"}"#,
                "replace traktSlug userEmail",
            ),
            (r#"{"traktSlug":"sean"}"#, "userEmail"),
            (r#"{"userEmail":"a@b"}"#, "traktSlug"),
            (r#"{"traktSlug":"","userEmail":""}"#, "traktSlug userEmail"),
            (
                r#"{"traktSlug":"sean","userEmail":"no at sign"}"#,
                "userEmail",
            ),
            (r#"{"traktSlug":"sean","userEmail":"a@"}"#, "userEmail"),
            (r#"{"traktSlug":"sean","userEmail":"@b"}"#, "userEmail"),
            (r#"{"traktSlug":"sean","userEmail":"a@b@c"}"#, "userEmail"),
            (
                r#"{"traktSlug":"sean","userEmail":"a\u0000@b"}"#,
                "userEmail",
            ),
            (
                r#"{"traktSlug":"se\u0000an","userEmail":"a@b"}"#,
                "traktSlug",
            ),
            (
                r#"{"traktSlug":"se\nan","userEmail":"a@b\r\nx: y"}"#,
                "traktSlug userEmail",
            ),
            (
                r#"{"traktSlug":"../users/me","userEmail":"a@b"}"#,
                "traktSlug",
            ),
            (r#"{"traktSlug":"..","userEmail":"a@b"}"#, "traktSlug"),
            (r#"{"traktSlug":"me","userEmail":"a@b"}"#, "traktSlug"),
            (r#"{"traktSlug":"sean?x=1","userEmail":"a@b"}"#, "traktSlug"),
            (
                r#"{"traktSlug":"sean","userEmail":"a@b","role":"admin"}"#,
                "role",
            ),
            (
                r#"{"traktSlug":"a","traktSlug":"b","userEmail":"a@b"}"#,
                "traktSlug",
            ),
        ],
    );
    at(
        LOGIN,
        &[
            ("{}", "email password"),
            (r#"{"email":null,"password":null}"#, "email password"),
            (r#"{"email":["a@b"],"password":1}"#, "email password"),
            (r#"{"email":"a@b"}"#, "password"),
            (r#"{"email":"a@b","password":{"$ne":""}}"#, "password"),
            (r#"{"email":"a@b","password":"x","admin":true}"#, "admin"),
            (
                r#"{"email":"a@b","password":"x","password":"y"}"#,
                "password",
            ),
        ],
    );
    let long = "x".repeat(300);
    cases.push((
        CHECK,
        json!({ "deviceCode": long }).to_string(),
        "deviceCode",
    ));
    let body = json!({"traktSlug": long, "userEmail": format!("a@{long}")});
    cases.push((ASSOCIATE, body.to_string(), "traktSlug userEmail"));
    let body = json!({"email": "a@b", "password": "x".repeat(1025)});
    cases.push((LOGIN, body.to_string(), "password"));
    // A long name is not thrown back at whoever reads the answer.
    cases.push((DEVICE, json!({ long: 1 }).to_string(), ""));
    cases
}

#[test]
fn every_wrong_field_is_named() {
    let mut cast = Cast::start();
    let cases = invalid();
    assert!(cases.len() >= 40, "{}", cases.len());
    for (path, body, fields) in cases {
        let reply = cast.post(path, Some("application/json"), body.as_bytes());
        assert_eq!(reply.outcome(), INVALID, "{path} {body}");
        assert_eq!(named(&reply), fields, "{path} {body}");
        assert!(!reply.json()["errors"].as_array().unwrap().is_empty());
    }
    cast.assert_untouched();
}

#[test]
fn nothing_but_json_is_read() {
    let mut cast = Cast::start();
    for content_type in [
        None,
        Some(""),
        Some("text/plain"),
        Some("text/json"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/problem+json"),
        Some("application/jsonp"),
        Some("application/xml, application/json"),
        Some("application"),
        Some("\u{e9}"),
    ] {
        for path in [DEVICE, CHECK, ASSOCIATE, LOGIN] {
            let reply = cast.post(path, content_type, b"{}");
            let outcome = reply.outcome();
            assert_eq!(
                outcome, "415 unsupported_media_type",
                "{path} {content_type:?}"
            );
        }
    }
    for content_type in [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json;",
    ] {
        let reply = cast.post(CHECK, Some(content_type), b"{}");
        assert_eq!(reply.outcome(), INVALID, "{content_type}");
    }
    cast.assert_untouched();
}
