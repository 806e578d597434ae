//! Sizes, and requests whose end is not clear.

use serde_json::json;

use super::{CHECK, Cast, DEVICE, INVALID, MAX_BODY, raw};

fn head(method: &str, path: &str, token: &str) -> String {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\n"
    )
}

/// A body in chunks of 8 KiB (RFC 9112 section 7.1).
fn chunked(body: &str) -> String {
    let mut chunks = String::new();
    for chunk in body.as_bytes().chunks(8192) {
        let text = std::str::from_utf8(chunk).unwrap();
        chunks.push_str(&format!("{:x}\r\n{text}\r\n", chunk.len()));
    }
    chunks + "0\r\n\r\n"
}

#[test]
fn a_body_has_at_most_64_kib() {
    let mut cast = Cast::start();
    let fixed = json!({"deviceCode": ""}).to_string().len();
    for (size, status) in [
        (MAX_BODY, "422"),
        (MAX_BODY + 1, "413"),
        (1 << 20, "413"),
        (20 << 20, "413"),
    ] {
        let body = json!({"deviceCode": "x".repeat(size - fixed)}).to_string();
        assert_eq!(body.len(), size);
        let stated = format!("Content-Length: {size}\r\nConnection: close\r\n\r\n{body}");
        let in_chunks = format!(
            "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n{}",
            chunked(&body)
        );
        for (how, rest) in [("stated", stated), ("in chunks", in_chunks)] {
            let request = head("POST", CHECK, &cast.admin()) + &rest;
            let answers = raw(&cast.service.server, request.as_bytes());
            let line = format!("HTTP/1.1 {status} ");
            assert!(answers.starts_with(&line), "{size} {how}: {answers}");
            assert!(answers.contains("application/problem+json"), "{answers}");
            let code = ["payload_too_large", "validation_failed"][usize::from(status == "422")];
            assert!(answers.contains(code), "{size} {how}: {answers}");
        }
        let reply = cast.post(CHECK, Some("application/json"), body.as_bytes());
        assert_eq!(
            reply.status.to_string(),
            status,
            "{size} by a common client"
        );
    }
    // It is refused before it is sent.
    let promise = head("POST", CHECK, &cast.admin()) + "Content-Length: 99999999999\r\n\r\n";
    let answers = raw(&cast.service.server, promise.as_bytes());
    assert!(answers.starts_with("HTTP/1.1 413 "), "{answers}");
    cast.assert_untouched();
}

#[test]
fn a_body_in_chunks_is_read_as_any_other() {
    let mut cast = Cast::start();
    let rest = "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n".to_owned();
    let request = head("POST", CHECK, &cast.admin()) + &rest + &chunked("{}");
    let answers = raw(&cast.service.server, request.as_bytes());
    assert!(
        answers.starts_with(&format!("HTTP/1.1 {} ", &INVALID[..3])),
        "{answers}"
    );
    cast.assert_untouched();
}

/// What two readers on the way could cut in two different places. The second request in it must
/// not be seen by anybody.
#[test]
fn a_request_without_one_clear_end_is_the_last_of_its_connection() {
    let mut cast = Cast::start();
    let hidden = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (what, rest) in [
        (
            "two lengths",
            "Content-Length: 2\r\nContent-Length: 4\r\n\r\n{}",
        ),
        (
            "the same length twice",
            "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        ),
        ("a list of lengths", "Content-Length: 2, 2\r\n\r\n{}"),
        ("a signed length", "Content-Length: +2\r\n\r\n{}"),
        ("a negative length", "Content-Length: -2\r\n\r\n{}"),
        ("a hexadecimal length", "Content-Length: 0x2\r\n\r\n{}"),
        (
            "a length beyond all numbers",
            "Content-Length: 99999999999999999999999\r\n\r\n{}",
        ),
        (
            "length and chunks",
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        (
            "chunks and length",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        ),
        (
            "chunks twice",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        (
            "a coding that is not chunks",
            "Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
        ),
        (
            "a chunk of no size",
            "Transfer-Encoding: chunked\r\n\r\nx\r\n{}\r\n0\r\n\r\n",
        ),
        (
            "a chunk of endless size",
            "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        ),
        ("a space before the colon", "Content-Length : 2\r\n\r\n{}"),
        (
            "a folded header",
            "X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
        ),
        ("a name of NUL", "X\0: a\r\nContent-Length: 2\r\n\r\n{}"),
    ] {
        let request = head("POST", DEVICE, &cast.admin()) + rest + hidden;
        let answers = raw(&cast.service.server, request.as_bytes());
        // A body that breaks off while it is read ends the connection, with or without a word.
        let cut = what.starts_with("a chunk of ") && answers.is_empty();
        assert!(
            cut || answers.starts_with("HTTP/1.1 400 "),
            "{what}: {answers}"
        );
        assert!(
            answers.matches("HTTP/1.1 ").count() <= 1,
            "{what}: {answers}"
        );
    }
    cast.assert_untouched();
    cast.service.server.wait_ready();
}

/// Where the body of a request was not read, and where the client said so, the answer is the last one:
/// nothing that comes after it is carried out (RFC 9112 sections 9.3 and 9.6).
#[test]
fn after_the_last_answer_of_a_connection_nothing_is_carried_out() {
    let mut cast = Cast::start();
    let (admin, nobody) = (cast.admin(), "nobody");
    let next = head("POST", DEVICE, &cast.admin()) + "Content-Length: 2\r\n\r\n{}";
    let body = |length: usize| "x".repeat(length);
    let stated = |length| format!("Content-Length: {length}\r\n\r\n{}", body(length));
    let in_chunks =
        |length| "Transfer-Encoding: chunked\r\n\r\n".to_owned() + &chunked(&body(length));
    let large = MAX_BODY + 1;
    for (status, first) in [
        (401, head("POST", CHECK, nobody) + &stated(2)),
        (401, head("POST", CHECK, nobody) + &stated(large)),
        (401, head("POST", CHECK, nobody) + &in_chunks(2)),
        (401, head("POST", CHECK, nobody) + &in_chunks(large)),
        (413, head("POST", CHECK, &admin) + &stated(large)),
        (413, head("POST", CHECK, &cast.admin()) + &in_chunks(large)),
        (404, head("POST", "/nowhere", &admin) + &in_chunks(2)),
        (200, head("GET", "/healthz", &admin) + &stated(2)),
        (
            200,
            head("GET", "/healthz", &admin) + "Connection: close\r\n\r\n",
        ),
    ] {
        let answers = raw(&cast.service.server, (first.clone() + &next).as_bytes());
        let shown = &first[..first.len().min(200)];
        // A limit comes before what a stranger is told.
        let limited = status == 401 && answers.starts_with("HTTP/1.1 429 ");
        let line = format!("HTTP/1.1 {status} ");
        assert!(limited || answers.starts_with(&line), "{shown}: {answers}");
        assert!(answers.contains("connection: close"), "{shown}: {answers}");
        let second = answers.match_indices("HTTP/1.1 ").nth(1);
        let second = second.map(|(at, _)| &answers[at..]);
        assert!(
            second.is_none_or(|second| second.starts_with("HTTP/1.1 400 ")),
            "{shown}: {answers}"
        );
    }
    cast.assert_untouched();
}

#[test]
fn heads_of_any_size_and_shape_are_survived() {
    let mut cast = Cast::start();
    let line = |target: &str| {
        format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    };
    for request in [
        line(&format!("/{}", "x".repeat(200_000))),
        line("/%"),
        line("no-slash"),
        line("http://evil.example/healthz"),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        "\0\0\0\0\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\r\n\r\n".to_owned(),
        format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(200)),
        format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "y".repeat(200_000)),
        head("GET", "/trakt/association", &"x".repeat(20_000)) + "Connection: close\r\n\r\n",
    ] {
        let answers = raw(&cast.service.server, request.as_bytes());
        let shown = request.chars().take(40).collect::<String>();
        assert!(!answers.starts_with("HTTP/1.1 5"), "{shown:?}: {answers}");
        let token = cast.admin();
        assert_eq!(
            cast.service.server.get("/healthz", &token).status,
            200,
            "{shown:?}"
        );
    }
    let log = cast.service.server.log();
    assert!(!log.contains("panicked"), "{log}");
    // Whoever can connect could fill the log with them.
    assert!(!log.contains(" ERROR "), "{log}");
}
