//! The client against the mock server that Trakt's own contract makes: every call is answered, and
//! the answer is read. `PRISM` names the program (`@stoplight/prism-cli`), `TRAKT_MOCK_CONTRACT` a
//! form of the contract that it can serve; `scripts/mock-server` sets both.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "what the tests share is outside of test functions"
)]
#![expect(
    clippy::print_stderr,
    reason = "a test that checks nothing has to say so"
)]

mod calls;

use std::collections::BTreeSet;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use trakt_api::endpoints::{AddToWatchlist, ScrobbleStop};
use trakt_api::{
    AccessToken, BaseUrl, Batch, Call, Class, Client, Config, DeviceCode, DeviceToken, Entry,
    Error, Ids, Note, Percent, Playing, RawReply, RawRequest, Transport, TransportError,
    UreqTransport,
};

/// Where the contract, and so the mock server, is behind: each of these is refused, or answered
/// with something else.
const BEHIND: &[(&str, &str)] = &[
    (
        "ExchangeCode, with PKCE",
        "PKCE has a verifier and no secret",
    ),
    (
        "GetWatchedMovieIds",
        "`extended=min` is not in the contract",
    ),
    ("GetWatchedShowIds", "`extended=min` is not in the contract"),
    ("SearchByText", "several kinds are divided by commas"),
];

/// The endpoints whose items the contract describes so loosely that what they are about is left
/// out: the page is read, and its items are reported.
const LOOSE: [&str; 3] = ["GetSeasons", "GetWatchedMovies", "GetWatchedShows"];

const LONG: Duration = Duration::from_secs(60);

/// The mock server, until it is dropped.
struct Prism {
    process: Child,
    url: String,
}

impl Prism {
    fn start() -> Option<Self> {
        let named = |name| {
            let value = std::env::var_os(name);
            if value.is_none() {
                eprintln!("skipped: {name} is not set (see scripts/mock-server)");
            }
            value
        };
        let (program, contract) = (named("PRISM")?, named("TRAKT_MOCK_CONTRACT")?);
        // Free a moment ago: the program takes no port of its own choice that it would tell.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let process = Command::new(program)
            .args(["mock", "-h", "127.0.0.1", "-p", &port.to_string()])
            .arg(contract)
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut prism = Self {
            process,
            url: format!("http://127.0.0.1:{port}"),
        };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = prism.process.try_wait().unwrap();
            assert!(ended.is_none(), "the mock server ended: {ended:?}");
            assert!(start.elapsed() < LONG, "the mock server does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(prism)
    }

    /// A client of it, which asks for this status.
    fn client(&self, status: Option<u16>) -> Client {
        let config = Config {
            api_url: BaseUrl::parse(&self.url).unwrap(),
            auth_url: BaseUrl::parse(&self.url).unwrap(),
            client_id: "client-id".to_owned(),
            client_secret: Some("secret".to_owned().into()),
            redirect_uri: "https://example.org/back".to_owned(),
            user_agent: "mock/1.0".to_owned(),
        };
        Client::over(config, Arc::new(Preferring(UreqTransport::new(), status))).unwrap()
    }
}

impl Drop for Prism {
    fn drop(&mut self) {
        // With all that it started.
        if let Some(group) = Pid::from_raw(self.process.id().cast_signed()) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        drop(self.process.wait());
    }
}

/// Says which answer it would like (RFC 7240, as the mock server reads it).
struct Preferring(UreqTransport, Option<u16>);

impl Transport for Preferring {
    fn send(&self, mut request: RawRequest) -> Result<RawReply, TransportError> {
        if let Some(status) = self.1 {
            request.headers.push(("prefer", format!("code={status}")));
        }
        request.within = LONG;
        self.0.send(request)
    }
}

fn class(error: &Error, status: u16) -> Class {
    match error {
        Error::Refused(refusal) => {
            assert_eq!(refusal.status, status);
            refusal.class().clone()
        }
        other => panic!("{status}: {other:?}"),
    }
}

/// The refusals that the contract has for single endpoints. It knows no 426.
fn writes_are_refused(prism: &Prism, token: &AccessToken) {
    let movie = || Ids::trakt(1).into();
    let items = &Batch {
        movies: vec![Entry {
            item: movie(),
            with: Note::default(),
        }],
        ..Batch::default()
    };
    let full = prism
        .client(Some(420))
        .send(&AddToWatchlist { items }, Call::of(token));
    let (vip, limit) = (None, None);
    let untold = Class::AccountLimit { vip, limit };
    assert_eq!(class(&full.unwrap_err(), 420), untold);

    let playing = &Playing::Movie(movie());
    let progress = Percent::new(90.0).unwrap();
    let stopped = |status| {
        let stop = ScrobbleStop { playing, progress };
        let sent = prism.client(Some(status)).send(&stop, Call::of(token));
        class(&sent.unwrap_err(), status)
    };
    let again = Class::Conflict {
        watched_at: "2026-01-01T00:00:00Z".parse().ok(),
        expires_at: "2026-01-01T01:30:00Z".parse().ok(),
    };
    assert_eq!(stopped(409), again);
    assert_eq!(stopped(422), Class::Unprocessable);
}

#[test]
fn every_call_is_answered_and_read() {
    let Some(prism) = Prism::start() else { return };
    let client = prism.client(None);
    let (mut wrong, mut behind) = (Vec::new(), BTreeSet::new());
    let mut read = 0;
    for call in calls::all() {
        match (call.send)(&client) {
            Ok((_, 0)) => read += 1,
            Ok((0, 1)) if LOOSE.contains(&call.endpoint) => {}
            Err(_) if BEHIND.iter().any(|(name, _)| *name == call.name()) => {
                behind.insert(call.name());
            }
            other => wrong.push(format!("{}: {other:?}", call.name())),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(read > 80, "{read}");
    assert_eq!(
        behind,
        BEHIND.iter().map(|(name, _)| (*name).to_owned()).collect()
    );

    let token = AccessToken::from("access".to_owned());
    let class = |status: u16| {
        let client = prism.client(Some(status));
        class(&client.settings(&token, LONG).unwrap_err(), status)
    };
    assert!(matches!(class(401), Class::TokenRefused));
    assert!(matches!(class(403), Class::Forbidden));
    assert!(matches!(class(404), Class::NotFound));
    let locked = Class::Locked {
        locked: Some(true),
        deactivated: None,
    };
    assert_eq!(class(423), locked);
    let Class::RateLimited { limit: Some(limit) } = class(429) else {
        panic!("the bucket is not told");
    };
    assert_eq!(limit.name.as_deref(), Some("AUTHED_API_GET_LIMIT"));
    for status in [500, 502, 503, 504] {
        assert_eq!(class(status), Class::Overloaded, "{status}");
    }
    writes_are_refused(&prism, &token);
    let polled = |status: u16| {
        let client = prism.client(Some(status));
        client
            .device_token(&DeviceCode::from("device".to_owned()), LONG)
            .unwrap()
    };
    assert!(matches!(polled(400), DeviceToken::Pending));
    assert!(matches!(polled(404), DeviceToken::Unknown));
    assert!(matches!(polled(409), DeviceToken::Used));
    assert!(matches!(polled(410), DeviceToken::Expired));
    assert!(matches!(polled(418), DeviceToken::Denied));
    assert!(matches!(polled(429), DeviceToken::SlowDown { .. }));
}
