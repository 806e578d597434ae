//! What is sent. `{head}` has the host, who it is and an id; `{hidden}` is a whole request, of `{length}`
//! bytes (`{hex}` in hexadecimal); `{first}` is the id alone; `{long}` is longer than any head may be.

/// What must come of it, when it is sent to the service itself.
#[derive(Clone, Copy, Debug)]
pub enum Verdict {
    /// Answered with 4xx at most, and the end.
    Refused,
    /// Answered at most, in whatever way, and the end.
    Last,
    /// HTTP, if seldom seen: answered, and the next request too.
    Good,
    /// Answered, and what follows is not, or with 4xx.
    Then,
}

use Verdict::{Good, Last, Refused, Then};

pub struct Vector {
    pub name: &'static str,
    pub verdict: Verdict,
    pub text: &'static str,
    /// The client says no more after it.
    pub closes: bool,
}

const fn vector(name: &'static str, verdict: Verdict, text: &'static str) -> Vector {
    Vector {
        name,
        verdict,
        text,
        closes: false,
    }
}

#[rustfmt::skip]
pub const VECTORS: &[Vector] = &[
    // Where a body ends.
    vector("length, then chunks", Refused, "POST /auth/login HTTP/1.1\r\n{head}Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
    vector("chunks, then length", Refused, "POST /auth/login HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{hidden}"),
    vector("length 0 and chunks", Refused, "POST /auth/login HTTP/1.1\r\n{head}Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n{hex}\r\n{hidden}\r\n0\r\n\r\n"),
    vector("two lengths that differ", Refused, "POST /auth/login HTTP/1.1\r\n{head}Content-Length: 0\r\nContent-Length: {length}\r\n\r\n{hidden}"),
    vector("the same length twice", Refused, "POST /auth/login HTTP/1.1\r\n{head}Content-Length: {length}\r\nContent-Length: {length}\r\n\r\n{hidden}"),
    vector("a list of the same lengths", Refused, "POST /auth/login HTTP/1.1\r\n{head}Content-Length: {length}, {length}\r\n\r\n{hidden}"),
    vector("a list of other lengths", Refused, "POST /auth/login HTTP/1.1\r\n{head}Content-Length: 0, {length}\r\n\r\n{hidden}"),
    vector("a negative length", Refused, "POST /auth/login HTTP/1.1\r\n{head}Content-Length: -1\r\n\r\n{hidden}"),
    vector("a length with a plus", Refused, "POST /auth/login HTTP/1.1\r\n{head}Content-Length: +{length}\r\n\r\n{hidden}"),
    vector("a length with a space in it", Refused, "POST /auth/login HTTP/1.1\r\n{head}Content-Length: 1 0\r\n\r\n{hidden}"),
    vector("a length in hexadecimal", Refused, "POST /auth/login HTTP/1.1\r\n{head}Content-Length: 0x10\r\n\r\n{hidden}"),
    vector("a length of nothing", Refused, "POST /auth/login HTTP/1.1\r\n{head}Content-Length: \r\n\r\n{hidden}"),
    vector("a length beyond 64 bits", Refused, "POST /auth/login HTTP/1.1\r\n{head}Content-Length: 18446744073709551617\r\n\r\n{hidden}"),
    vector("a length beyond all that is taken", Refused, "POST /trakt/auth/device/check HTTP/1.1\r\n{head}Content-Length: 99999999999\r\n\r\n{hidden}"),
    vector("a length of another name", Good, "GET /healthz HTTP/1.1\r\n{head}Content_Length: {length}\r\n\r\n"),
    vector("xchunked", Refused, "POST /auth/login HTTP/1.1\r\n{head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{hidden}"),
    vector("chunked, identity", Refused, "POST /auth/login HTTP/1.1\r\n{head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{hidden}"),
    vector("identity", Refused, "POST /auth/login HTTP/1.1\r\n{head}Transfer-Encoding: identity\r\n\r\n{hidden}"),
    vector("gzip, chunked", Refused, "POST /auth/login HTTP/1.1\r\n{head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n{hidden}"),
    vector("chunked twice in one", Refused, "POST /auth/login HTTP/1.1\r\n{head}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n{hidden}"),
    vector("chunked twice in two", Refused, "POST /auth/login HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
    vector("chunked and nonsense in two", Refused, "POST /auth/login HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n\r\n0\r\n\r\n{hidden}"),
    vector("chunked in quotes", Refused, "POST /auth/login HTTP/1.1\r\n{head}Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n{hidden}"),
    vector("chunked after a vertical tab", Refused, "POST /auth/login HTTP/1.1\r\n{head}Transfer-Encoding: \u{b}chunked\r\n\r\n0\r\n\r\n{hidden}"),
    vector("chunked behind a space", Refused, "POST /auth/login HTTP/1.1\r\n{head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{hidden}"),
    vector("chunked in HTTP/1.0", Refused, "POST /auth/login HTTP/1.0\r\n{head}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
    vector("CHUNKED after a tab", Good, "POST /trakt/auth/device/check HTTP/1.1\r\n{head}Transfer-Encoding:\tCHUNKED\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
    // Chunks.
    vector("a chunk of no size", Last, "POST /trakt/auth/device/check HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n{hidden}"),
    vector("a chunk beyond 64 bits", Last, "POST /trakt/auth/device/check HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n10000000000000002\r\n{}\r\n0\r\n\r\n{hidden}"),
    vector("a chunk of a negative size", Last, "POST /trakt/auth/device/check HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n{hidden}"),
    vector("a chunk of 0x2", Last, "POST /trakt/auth/device/check HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n{hidden}"),
    vector("a chunk without its end", Last, "POST /trakt/auth/device/check HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{}0\r\n\r\n{hidden}"),
    vector("a chunk longer than it says", Last, "POST /trakt/auth/device/check HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{}{}\r\n0\r\n\r\n{hidden}"),
    vector("chunks in lines of LF", Last, "POST /trakt/auth/device/check HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n{hidden}"),
    vector("a chunk's extension with LF", Last, "POST /trakt/auth/device/check HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n2;a\n{}\r\n0\r\n\r\n{hidden}"),
    vector("a chunk's extension", Good, "POST /trakt/auth/device/check HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\n\r\n"),
    vector("a trailer", Good, "POST /trakt/auth/device/check HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Trailer: a\r\n\r\n"),
    vector("a body of a GET", Good, "GET /trakt/auth/device HTTP/1.1\r\n{head}Content-Length: 0\r\n\r\n"),
    vector("a request as the body of a GET", Then, "GET /healthz HTTP/1.1\r\n{head}Content-Length: {length}\r\n\r\n{hidden}"),
    vector("a request as a body", Good, "POST /trakt/auth/device/check HTTP/1.1\r\n{head}Content-Length: {length}\r\n\r\n{hidden}"),
    // Lines and names.
    vector("lines of LF", Good, "GET /healthz HTTP/1.1\nHost: localhost\nX-Request-Id: {first}\n\n"),
    vector("lines of CR", Refused, "GET /healthz HTTP/1.1\rHost: localhost\r\r{hidden}"),
    vector("a folded header", Refused, "POST /auth/login HTTP/1.1\r\n{head}X: a\r\n b\r\nContent-Length: 0\r\n\r\n{hidden}"),
    vector("a folded first header", Refused, "POST /auth/login HTTP/1.1\r\n X: a\r\n{head}Content-Length: 0\r\n\r\n{hidden}"),
    vector("a space before a colon", Refused, "POST /auth/login HTTP/1.1\r\n{head}Content-Length : {length}\r\n\r\n{hidden}"),
    vector("a tab before a colon", Refused, "POST /auth/login HTTP/1.1\r\n{head}Content-Length\t: {length}\r\n\r\n{hidden}"),
    vector("a header without a colon", Refused, "POST /auth/login HTTP/1.1\r\n{head}Content-Length\r\n\r\n{hidden}"),
    vector("a header without a name", Refused, "POST /auth/login HTTP/1.1\r\n{head}: a\r\n\r\n{hidden}"),
    vector("NUL in a name", Refused, "POST /auth/login HTTP/1.1\r\n{head}X\0: a\r\n\r\n{hidden}"),
    vector("NUL in a value", Refused, "POST /auth/login HTTP/1.1\r\n{head}X: a\0b\r\n\r\n{hidden}"),
    vector("a bare CR in a value", Refused, "POST /auth/login HTTP/1.1\r\n{head}X: a\rContent-Length: 5\r\n\r\n{hidden}"),
    vector("a control character in a value", Refused, "POST /auth/login HTTP/1.1\r\n{head}X: a\u{7}b\r\n\r\n{hidden}"),
    vector("no host", Refused, "GET /healthz HTTP/1.1\r\n\r\n{hidden}"),
    vector("two hosts", Refused, "GET /healthz HTTP/1.1\r\n{head}Host: other\r\n\r\n{hidden}"),
    vector("another host in the target", Good, "GET http://evil.example/healthz HTTP/1.1\r\n{head}\r\n"),
    // Beginnings.
    vector("a method of no letters", Refused, "G@T /healthz HTTP/1.1\r\n{head}\r\n{hidden}"),
    vector("a method nobody knows", Good, "BREW /healthz HTTP/1.1\r\n{head}\r\n"),
    vector("CONNECT", Last, "CONNECT localhost:80 HTTP/1.1\r\n{head}\r\n{hidden}"),
    vector("two spaces", Refused, "GET  /healthz HTTP/1.1\r\n{head}\r\n{hidden}"),
    vector("a space in the target", Refused, "GET /health z HTTP/1.1\r\n{head}\r\n{hidden}"),
    vector("a target of 200 kB", Refused, "GET /{long} HTTP/1.1\r\n{head}\r\n{hidden}"),
    vector("a head of 200 kB", Refused, "GET /healthz HTTP/1.1\r\n{head}X: {long}\r\n\r\n{hidden}"),
    vector("HTTP/0.9", Refused, "GET /healthz\r\n{hidden}"),
    vector("HTTP/1.2", Refused, "GET /healthz HTTP/1.2\r\n{head}\r\n{hidden}"),
    vector("HTTP/2.0", Refused, "GET /healthz HTTP/2.0\r\n{head}\r\n{hidden}"),
    vector("the preface of HTTP/2", Refused, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{hidden}"),
    vector("TLS", Refused, "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\r\n\r\n{hidden}"),
    vector("an upgrade to h2c", Good, "GET /healthz HTTP/1.1\r\n{head}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n"),
    vector("an upgrade to websockets", Last, "GET /healthz HTTP/1.1\r\n{head}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n{hidden}"),
    vector("100-continue and a body", Good, "POST /trakt/auth/device/check HTTP/1.1\r\n{head}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"),
    vector("100-continue and no body", Good, "GET /healthz HTTP/1.1\r\n{head}Expect: 100-continue\r\n\r\n"),
    vector("an expectation nobody knows", Good, "GET /healthz HTTP/1.1\r\n{head}Expect: the-unexpected\r\n\r\n"),
    vector("a good request, then nonsense", Then, "GET /healthz HTTP/1.1\r\n{head}\r\n\u{1}\u{2}\u{3}\r\n\r\n{hidden}"),
    Vector { name: "half a body, then silence", verdict: Last, text: "POST /trakt/auth/device/check HTTP/1.1\r\n{head}Content-Length: 60000\r\n\r\n{hidden}", closes: true },
    Vector { name: "half a chunk, then silence", verdict: Last, text: "POST /trakt/auth/device/check HTTP/1.1\r\n{head}Transfer-Encoding: chunked\r\n\r\nffff\r\n{hidden}", closes: true },
];
