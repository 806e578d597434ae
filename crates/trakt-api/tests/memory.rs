//! Bodies without end, bombs, and a very long list. Alone in its process, so that its memory can
//! be measured.
#![expect(
    clippy::unwrap_used,
    reason = "what the tests share is outside of test functions"
)]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use flate2::{Compress, Compression, FlushCompress};
use serde::Deserialize;
use trakt_api::endpoints::{
    GetHistory, GetSeasons, GetWatchedMovieIds, GetWatchedProgress, GetWatchedShowIds,
    GetWatchedShows,
};
use trakt_api::{
    AccessToken, Auth, BaseUrl, Call, Class, Client, Config, Coverage, Endpoint, Error, Host,
    Items, Method, Paged,
};

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
const LONG: Duration = Duration::from_secs(20);

/// Elsewhere the bytes that a server gets rid of must do.
const MEASURED: bool = cfg!(target_os = "linux");

/// How much of a body a server gets rid of at the most: what was not read fills the buffers of
/// the two sockets.
const TAKEN: usize = 64 * MIB;

/// What this costs beyond what is held before, at its peak, in bytes.
#[cfg(target_os = "linux")]
fn cost(of: impl FnOnce()) -> usize {
    let held = |what: &str| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with(what));
        let kib = line.unwrap().split_whitespace().nth(1).unwrap();
        kib.parse::<usize>().unwrap() * KIB
    };
    // Forgets the peak so far (proc(5)).
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = held("VmRSS:");
    of();
    held("VmHWM:").saturating_sub(before)
}

#[cfg(not(target_os = "linux"))]
fn cost(of: impl FnOnce()) -> usize {
    of();
    0
}

/// Answers each request by this, over a connection of its own.
fn serve(answer: impl Fn(&str, TcpStream) + Send + 'static) -> Client {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in server.incoming().map_while(Result::ok) {
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap();
            answer(&String::from_utf8_lossy(&request[..length]), stream);
        }
    });
    Client::new(Config {
        api_url: BaseUrl::parse(&url).unwrap(),
        auth_url: BaseUrl::parse(&url).unwrap(),
        client_id: "client-id".to_owned(),
        client_secret: None,
        redirect_uri: String::new(),
        user_agent: "trakt-server/0.1.0".to_owned(),
    })
    .unwrap()
}

/// A gigabyte that is never held as a whole.
fn gigabyte(head: String, start: &'static str) -> Client {
    serve(move |_, mut stream| {
        let block = [b' '; 16 * KIB];
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(start.as_bytes()).unwrap();
        let mut total = 0;
        while total < 1024 * MIB && stream.write_all(&block).is_ok() {
            total += block.len();
        }
        assert!(total < TAKEN, "{total} bytes were taken");
    })
}

/// Zeros in gzip (RFC 1952), 1000 to 1: a piece after which the window is empty, many times.
fn bomb(mebibytes: usize) -> Vec<u8> {
    let mut piece = Vec::with_capacity(8 * KIB);
    let zeros = vec![0; MIB];
    Compress::new(Compression::best(), false)
        .compress_vec(&zeros, &mut piece, FlushCompress::Full)
        .unwrap();
    let mut bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    bomb.extend(piece.repeat(mebibytes));
    bomb
}

#[derive(Deserialize)]
struct Play {
    id: u64,
}

/// Its pages are as large as any of Trakt's.
struct History;

impl Endpoint for History {
    type Reply = Items<Play>;
    const METHOD: Method = Method::Get;
    const HOST: Host = Host::Api;
    const AUTH: Auth = Auth::Application;
    const MAX_REPLY: u64 = 4 * MIB as u64;

    fn path(&self) -> Vec<String> {
        vec!["history".to_owned()]
    }
}

impl Paged for History {
    type Item = Play;
}

/// Both calls fail soon: one whose replies are small, and one whose replies are large.
fn fails(client: &Client, expected: impl Fn(&Error) -> bool) {
    let token = AccessToken::from("access".to_owned());
    let small = || client.settings(&token, LONG).unwrap_err();
    let large = || {
        let sent = client.send(&History, Call::public().within(LONG));
        sent.err().unwrap()
    };
    let calls: [&dyn Fn() -> Error; 2] = [&small, &large];
    for call in calls {
        let start = Instant::now();
        let error = call();
        let took = start.elapsed();
        assert!(expected(&error), "{error:?}");
        assert!(took < Duration::from_secs(2), "{took:?}");
    }
}

fn unreadable(error: &Error) -> bool {
    matches!(error, Error::Unreadable { status: 200, .. })
}

fn gone(error: &Error) -> bool {
    error.class() == Some(&Class::NotFound)
}

fn a_gigabyte_is_not_taken() {
    let length = format!("content-length: {}", 1024 * MIB);
    for framing in [
        length.as_str(),
        "connection: close",
        "x: y\r\ntransfer-encoding: chunked",
    ] {
        let start = match framing.ends_with("chunked") {
            true => "40000000\r\n",
            false => "",
        };
        let ok = format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n");
        fails(&gigabyte(ok, start), unreadable);
        let no = format!("HTTP/1.1 404 No\r\n{framing}\r\n\r\n");
        fails(&gigabyte(no, start), gone);
    }
}

fn a_bomb_is_not_unpacked(body: &[u8]) {
    for (status, expected) in [(200, unreadable as fn(&Error) -> bool), (404, gone)] {
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} Any\r\ncontent-encoding: gzip\r\ncontent-length: {length}\r\n\r\n"
        );
        let answer = [head.as_bytes(), body].concat();
        // The client may hang up before it has all.
        fails(
            &serve(move |_, mut stream| drop(stream.write_all(&answer))),
            expected,
        );
    }
}

/// So many bytes of one piece, over and over, between a start and an end; `#` is another number
/// each time.
fn filled(start: &str, piece: &str, end: &str, length: usize) -> String {
    let mut body = start.to_owned();
    for number in 0.. {
        if body.len() + piece.len() + end.len() + 20 > length {
            break;
        }
        match piece.split_once('#') {
            None => body.push_str(piece),
            Some((before, after)) => body.push_str(&format!("{before}{number}{after}")),
        }
    }
    body + end
}

/// Bombs of JSON: a piece that costs more read than sent, for the endpoints with the largest
/// answers.
fn no_json_is_many_times_its_size() {
    // As many texts as are kept, in all fields that have some.
    let texts = |field: &str| {
        let some = |count| format!("[{}0]", r#""a","#.repeat(count));
        let texts = match field {
            "images" => {
                let kinds = ["fanart", "poster", "logo", "clearart", "banner", "thumb"];
                let kinds = kinds.map(|kind| format!(r#""{kind}":{}"#, some(4)));
                format!("{{{}}}", kinds.join(","))
            }
            _ => some(16),
        };
        format!(r#"{{"id":1,"type":"movie","movie":{{"ids":{{"tmdb":1}},"{field}":{texts}}}}},"#)
    };
    let bombs = [
        ("[", "0,", "0]"),
        ("[", "{},", "0]"),
        ("[", r#"{"type":"movie","movie":{}},"#, "0]"),
        ("[", r#"{"id":1,"movie":{"genres":["a"]}},"#, "0]"),
        (r#"[{"id":1,"x":["#, "0,", "0]}]"),
        (r#"[{"id":1,"movie":{"genres":["#, "0,", "0]}}]"),
        (r#"[{"id":1,"movie":{"genres":["#, r#""a","#, "0]}}]"),
        (r#"[{"id":1,"movie":{"title":["#, "[],", "0]}}]"),
        (r#"[{"id":1,"movie":{"#, r#""a":0,"#, r#""b":0}}]"#),
        (
            r#"[{"show":{},"seasons":["#,
            r#"{"number":1},"#,
            r#"{"number":1}]}]"#,
        ),
        (
            r#"[{"show":{},"seasons":[{"number":1,"episodes":["#,
            r#"{"number":1},"#,
            r#"{"number":1}]}]}]"#,
        ),
        (
            "[",
            r#"{"number":1,"episodes":[{"season":1,"number":1}]},"#,
            r#"{"number":1}]"#,
        ),
        (
            r#"[{"number":1,"episodes":["#,
            r#"{"season":1,"number":1},"#,
            r#"{"number":1}]}]"#,
        ),
        (
            r#"{"aired":1,"completed":1,"seasons":["#,
            r#"{"number":1},"#,
            r#"{"number":1}]}"#,
        ),
        (
            r#"{"aired":1,"completed":1,"hidden_seasons":["#,
            r#"{"number":1},"#,
            r#"{"number":1}]}"#,
        ),
        (r#"{"1":["#, r#""2014-09-01T09:10:11.000Z","#, "0]}"),
        (
            r#"{"1":{"1":{"1":["#,
            r#""2014-09-01T09:10:11.000Z","#,
            "0]}}}",
        ),
        ("{", r#""1":[],"#, r#""2":[]}"#),
        ("{", r##""#":[],"##, r#""x":[]}"#),
        ("{", r##""#":[0],"##, r#""x":[]}"#),
        ("{", r##""#":{},"##, r#""x":{}}"#),
        ("{", r##""#":{"1":{"1":[0]}},"##, r#""x":{}}"#),
        (r#"{"1":{"#, r##""#":{},"##, r#""x":{}}}"#),
        (r#"{"1":{"1":{"#, r##""#":[0],"##, r#""x":[]}}}"#),
        ("[", &texts("genres"), "0]"),
        ("[", &texts("images"), "0]"),
    ];
    for (start, piece, end) in bombs {
        let token = AccessToken::from("access".to_owned());
        let call = Call::of(&token).within(LONG);
        let costs_little = |endpoint: &str, most: u64, call: &dyn Fn(&Client)| {
            // As much as is read: what is refused for its length is not even looked at.
            let length = usize::try_from(most).unwrap() - KIB;
            let body = filled(start, piece, end, length);
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(body.as_bytes()).unwrap();
            drop(body);
            let packed = packed.finish().unwrap();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n\
                 content-length: {}\r\n\r\n",
                packed.len()
            );
            let answer = [head.as_bytes(), &packed].concat();
            let client = serve(move |_, mut stream| drop(stream.write_all(&answer)));
            let bytes = cost(|| call(&client));
            assert!(
                bytes < 16 * MIB,
                "{endpoint}, {start}{piece}: {bytes} bytes"
            );
        };
        let progress = GetWatchedProgress {
            show: 1.into(),
            hidden: true,
            specials: true,
            count_specials: true,
        };
        costs_little("history", GetHistory::MAX_REPLY, &|client| {
            drop(client.send(&GetHistory::default(), call));
        });
        costs_little("watched shows", GetWatchedShows::MAX_REPLY, &|client| {
            drop(client.send(&GetWatchedShows::default(), call));
        });
        costs_little("progress", GetWatchedProgress::MAX_REPLY, &|client| {
            drop(client.send(&progress, call));
        });
        costs_little("seasons", GetSeasons::MAX_REPLY, &|client| {
            drop(client.send(&GetSeasons { show: 1.into() }, call));
        });
        costs_little("movie ids", GetWatchedMovieIds::MAX_REPLY, &|client| {
            drop(client.send(&GetWatchedMovieIds, call));
        });
        costs_little("show ids", GetWatchedShowIds::MAX_REPLY, &|client| {
            drop(client.send(&GetWatchedShowIds, call));
        });
    }
}

const PLAYS: u64 = 200_000;
const LIMIT: u64 = 250;

/// A page of plays as large as Trakt's with `extended=full`, a KiB each.
fn page(number: u64) -> String {
    let filler = "x".repeat(KIB);
    let plays: Vec<_> = ((number - 1) * LIMIT..(number * LIMIT).min(PLAYS))
        .map(|id| format!("{{\"id\":{id},\"title\":\"{filler}\"}}"))
        .collect();
    let body = format!("[{}]", plays.join(","));
    format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\
         x-pagination-page: {number}\r\nx-pagination-limit: {LIMIT}\r\n\
         x-pagination-page-count: {}\r\nx-pagination-item-count: {PLAYS}\r\n\r\n{body}",
        body.len(),
        PLAYS.div_ceil(LIMIT),
    )
}

fn a_long_list_is_read_page_by_page() {
    let client = serve(|request, mut stream| {
        let (_, rest) = request.split_once("?page=").unwrap();
        let (number, rest) = rest.split_once("&limit=").unwrap();
        assert!(rest.starts_with("250 "), "{request}");
        let answer = page(number.parse().unwrap());
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let mut pages = client.pages(&History, Call::public().within(LONG));
    let (mut calls, mut next) = (0, 0);
    for page in &mut pages {
        calls += 1;
        for play in page.unwrap().items {
            assert_eq!(play.id, next);
            next += 1;
        }
    }
    assert_eq!((calls, next), (PLAYS.div_ceil(LIMIT), PLAYS));
    assert_eq!(pages.coverage(), Coverage::Complete);
}

/// What is freed goes back to the system at once, so that it does not pay for what comes next
/// (mallopt(3)).
const FREED: [&str; 2] = ["MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"];

#[test]
fn what_a_server_sends_costs_little() {
    if FREED.iter().any(|name| std::env::var_os(name).is_none()) {
        let again = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "what_a_server_sends_costs_little"])
            .envs(FREED.map(|name| (name, "65536")))
            .status();
        assert!(again.unwrap().success());
        return;
    }
    let bytes = cost(|| assert!(vec![1; 20 * MIB].contains(&1)));
    assert!(MEASURED == (bytes >= 20 * MIB), "{bytes} bytes");

    // Below the cap of a small reply, below that of a large one, and a gigabyte.
    for mebibytes in [32, 512, 1024] {
        let body = bomb(mebibytes);
        assert!(body.len() < 2 * KIB * mebibytes, "{}", body.len());
        let mut unpacked = vec![1; 8 * MIB];
        GzDecoder::new(&body[..]).read_exact(&mut unpacked).unwrap();
        assert!(unpacked.iter().all(|byte| *byte == 0));
        drop(unpacked);
        let bytes = cost(|| a_bomb_is_not_unpacked(&body));
        assert!(bytes < 16 * MIB, "{bytes} bytes");
    }
    no_json_is_many_times_its_size();
    let bytes = cost(a_gigabyte_is_not_taken);
    assert!(bytes < 16 * MIB, "{bytes} bytes");
    let bytes = cost(a_long_list_is_read_page_by_page);
    assert!(bytes < 16 * MIB, "{bytes} bytes");
}
