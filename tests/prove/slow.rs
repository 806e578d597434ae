//! Ten thousand clients that take their time: heads and bodies that drip, answers that nobody reads,
//! connections that say nothing. What they cost, what the others notice of it, and whether each of them
//! is left when its time is up.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::SockRef;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::Run;
use crate::harness::{Database, Server, issue_token, sim, wait_for};
use crate::memory::held;
use crate::report::Report;
use crate::traffic;
use crate::wire::request;

/// Users of the good clients, and their requests a second.
const GOOD_USERS: usize = 30;
const RATE: u32 = 60;
/// A byte so often.
const DRIP: Duration = Duration::from_secs(1);
/// From so many addresses, so that no two connections need the same pair of ports.
const ADDRESSES: usize = 16;
/// What fits into one packet on its way over the Internet. Where they are of 64 KiB, as on a loopback,
/// the system takes megabytes of an answer that nobody reads, and the service notices nothing.
const PACKET: u32 = 1400;

/// What is asked for by those who do not read the answer.
const ANSWER: &str = "/trakt/history?limit=200";

/// What takes its time.
#[derive(Clone, Copy)]
enum Kind {
    Head,
    Body,
    Answer,
    Silence,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Head, Self::Body, Self::Answer, Self::Silence];

    /// Few of those that cost most: they are known users, and come again at once.
    fn of(number: usize) -> Self {
        match number % 20 {
            0 => Self::Answer,
            1..8 => Self::Head,
            8..14 => Self::Body,
            _ => Self::Silence,
        }
    }

    /// How many of so many are of this kind, at least.
    const fn share(self, of: usize) -> usize {
        of / 20
            * match self {
                Self::Answer => 1,
                Self::Head => 7,
                Self::Body | Self::Silence => 6,
            }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Head => "heads",
            Self::Body => "bodies",
            Self::Answer => "answers",
            Self::Silence => "silent ones",
        }
    }

    /// How long the service bears with it (docs/operations/lifecycle.md), in a crowd.
    const fn limit(self) -> Duration {
        Duration::from_secs(match self {
            Self::Head | Self::Silence => 5,
            Self::Body => 10,
            Self::Answer => 30,
        })
    }
}

/// What the slow clients met.
#[derive(Default)]
struct Met {
    open: AtomicUsize,
    /// Those that the service ended, by kind.
    cut: [AtomicUsize; Kind::ALL.len()],
    /// Bodies that were told 408, among them.
    told: AtomicUsize,
    /// Those that lasted for longer than they may.
    late: AtomicUsize,
    /// What they were told where something else was due.
    other: Mutex<Vec<String>>,
    /// The connections so far.
    turns: AtomicUsize,
}

/// How much longer than its limit a connection may last: what is late is seen every 5 s, and this
/// process is as busy as the service.
const LEEWAY: Duration = Duration::from_secs(10);

pub fn prove(run: Run, report: &mut Report) {
    let wanted = run.count(10_000, 500).min(files() * 9 / 10);
    let (sim, database) = (sim(), Database::fresh());
    // Crowded, the more so in small.
    let places = if run.small { wanted * 5 / 4 } else { 12_000 };
    let server = Server::builder().database(&database).sim(&sim);
    let server = server.var("MAX_CONNECTIONS", &places.to_string()).start();
    let user = |kind: &str, number| database.user(&format!("{kind}-{number}@example.org"), "user");
    // So many that none of them meets the limit of a user: another number than that of the kinds.
    let slow: Vec<Uuid> = (0..=wanted / 5)
        .map(|number| user("slow", number))
        .collect();
    let good: Vec<Uuid> = (0..GOOD_USERS).map(|number| user("good", number)).collect();
    let things = "INSERT INTO media (kind, trakt, slug, tmdb, title, year) \
                  SELECT 'movie', n, 'movie-' || n, n * 7, rpad('A long title ' || n, 500, '.'), 2000 \
                  FROM generate_series(1, 2000) AS n";
    database.execute(things, &[]);
    let read = "INSERT INTO watch_states (user_id, trakt_uuid, read_at) \
                SELECT id, id::text, now() FROM users";
    database.execute(read, &[]);
    let plays = "INSERT INTO plays (user_id, id, kind, item, watched_at, action) \
                 SELECT id, n, 'movie', n % 2000 + 1, now() - n * interval '1 min', 'scrobble' \
                 FROM unnest($1::uuid[]) AS id, generate_series(1, 210) AS n";
    // A statement may take 5 s.
    for users in slow.chunks(100).chain([good.as_slice()]) {
        database.execute(plays, &[&users]);
    }
    database.execute("ANALYZE", &[]);
    let tokens: Vec<String> = slow.iter().map(|user| issue_token(*user, 7200)).collect();
    let questions: Vec<Vec<u8>> = good
        .iter()
        .flat_map(|user| {
            let token = issue_token(*user, 7200);
            ["/trakt/association", "/healthz", "/trakt/history?limit=20"]
                .map(|path| request("GET", path, &token, None))
        })
        .collect();

    let process = server.pid().to_string();
    let descriptors = || {
        std::fs::read_dir(format!("/proc/{process}/fd"))
            .unwrap()
            .count()
    };
    let over = AtomicBool::new(false);
    let time = Duration::from_secs(if run.small { 8 } else { 60 });
    // One of the good ones has come before, so that what every first request costs is in it.
    let warm = warm(&server, &questions);
    let long = request("GET", ANSWER, &tokens[0], None);
    let answer = crate::wire::Connection::open(&server.url(""));
    let answer = { answer }.ask(&long).unwrap().body.len();
    let (before, idle) = (descriptors(), held(&process, "VmRSS:"));
    let address: SocketAddr = server
        .url("")
        .trim_start_matches("http://")
        .parse()
        .unwrap();

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let met = Arc::new(Met::default());
    let tokens = Arc::new(tokens);
    // Some are always on their way back.
    for number in 0..wanted * 11 / 10 {
        // They are slow, and no flood.
        if number % 100 == 99 {
            thread::sleep(Duration::from_millis(50));
        }
        let (met, tokens) = (met.clone(), tokens.clone());
        runtime.spawn(async move {
            let mut before = false;
            loop {
                live(number, address, &tokens, &met, before).await;
                before = true;
                // Not all of those at once that were cut at once.
                sleep(Duration::from_millis(100 + (number % 400) as u64)).await;
            }
        });
    }
    wait_for("all slow clients", || {
        (met.open.load(Ordering::SeqCst) >= wanted).then_some(())
    });
    let mut at_once = Vec::new();
    let mut seen = thread::scope(|scope| {
        let url = server.url("");
        let (questions, over) = (&questions, &over);
        let load = scope.spawn(move || traffic::run(&url, questions, RATE, over));
        // For so long, and until each kind has been cut where there is time for it.
        let start = Instant::now();
        let was_cut = |kind: Kind| {
            let cut = met.cut[kind as usize].load(Ordering::SeqCst);
            kind.limit() > time || cut >= kind.share(wanted)
        };
        while start.elapsed() < time
            || start.elapsed() < 3 * time && !Kind::ALL.into_iter().all(was_cut)
        {
            at_once.push(met.open.load(Ordering::SeqCst));
            thread::sleep(Duration::from_millis(50));
        }
        over.store(true, Ordering::Relaxed);
        load.join().unwrap()
    });
    let at_server = descriptors();
    at_once.sort_unstable();
    let at_once = at_once[at_once.len() / 2];
    let most = held(&process, "VmHWM:").div_ceil(1024 * 1024);
    drop(warm);
    runtime.shutdown_background();
    let start = Instant::now();
    wait_for("the files of all connections", || {
        (descriptors() <= before + 8).then_some(())
    });
    let given_back = start.elapsed();
    for bad in seen.bad.iter().take(5) {
        println!("a good client: {bad}");
    }

    report.at_least(
        "slow connections at once, half of the time",
        at_once,
        wanted,
    );
    report.note("  files of the service meanwhile", "", at_server);
    let count = |of: &AtomicUsize| of.load(Ordering::SeqCst);
    for kind in Kind::ALL {
        let (name, cut) = (kind.name(), count(&met.cut[kind as usize]));
        let figure = format!("  {name} cut, opened again");
        // Each once, where there is time for it.
        if kind.limit() < time {
            report.at_least(&figure, cut, kind.share(wanted));
        } else {
            report.note(&figure, "", cut);
        }
    }
    let bodies = count(&met.cut[Kind::Body as usize]);
    if Kind::Body.limit() < time {
        report.all("  bodies told 408", count(&met.told), bodies);
    }
    report.at_least("  bytes of an answer that nobody reads", answer, 120_000);
    report.none("  lasted for longer than they may", count(&met.late));
    let other = met.other.lock().unwrap();
    for other in other.iter().take(5) {
        println!("a slow client: {other}");
    }
    report.none("  answered otherwise", other.len());
    report.at_most("memory of the service at its most, MiB", most, 256);
    report.note("  before, MiB", "", idle.div_ceil(1024 * 1024));
    report.all(
        "good clients' requests answered well",
        seen.good,
        seen.all(),
    );
    let (half, p99) = (seen.percentile(500), seen.percentile(990));
    report.note("  p50, ms", "", half);
    if run.small {
        // On the development build, beside other tests: a figure of nothing.
        report.note("  p99, ms", "≤ 200 in full", p99);
    } else {
        report.at_most("  p99, ms", p99, 200);
    }
    report.at_most("files back after the end, s", given_back.as_secs(), 30);
}

/// As many files as may be had.
fn files() -> usize {
    let limits = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limits.maximum,
        maximum: limits.maximum,
    };
    setrlimit(Resource::Nofile, raised).unwrap();
    usize::try_from(limits.maximum.unwrap_or(u64::MAX)).unwrap_or(usize::MAX)
}

fn warm(server: &Server, questions: &[Vec<u8>]) -> crate::wire::Connection {
    let mut connection = crate::wire::Connection::open(&server.url(""));
    for question in questions {
        assert_eq!(connection.ask(question).unwrap().status, 200);
    }
    connection
}

/// One connection, to its end. Those that are silent have asked for something the first time.
async fn live(number: usize, to: SocketAddr, tokens: &[String], met: &Met, before: bool) {
    let kind = Kind::of(number);
    let Ok(stream) = connect(number, to).await else {
        return;
    };
    met.open.fetch_add(1, Ordering::SeqCst);
    let start = Instant::now();
    // Another user each time, or some would meet their limit.
    let turn = met.turns.fetch_add(1, Ordering::Relaxed);
    let token = &tokens[turn % tokens.len()];
    let begin = match kind {
        Kind::Head => "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: ".to_owned(),
        Kind::Body => format!(
            "POST /trakt/history HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: 60000\r\n\r\n{{"
        ),
        Kind::Answer => format!(
            "GET {ANSWER} HTTP/1.1\r\nhost: localhost\r\n\
             authorization: Bearer {token}\r\n\r\n"
        ),
        Kind::Silence if before => String::new(),
        Kind::Silence => "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned(),
    };
    let mut said = Vec::new();
    let mut open = stream.try_write(begin.as_bytes()).is_ok();
    while open {
        let take = match kind {
            Kind::Answer => {
                sleep(DRIP).await;
                1
            }
            _ => 1024,
        };
        let drips = matches!(kind, Kind::Head | Kind::Body) && said.is_empty();
        // It reads too slowly to come to the end in the stream.
        if matches!(stream.take_error(), Ok(Some(_)) | Err(_)) {
            open = false;
        } else if timeout(DRIP, stream.readable()).await.is_ok() {
            let mut piece = vec![0; take];
            match stream.try_read(&mut piece) {
                Ok(0) => open = false,
                Ok(read) => said.extend_from_slice(&piece[..read]),
                Err(error) => open = error.kind() == ErrorKind::WouldBlock,
            }
        } else if drips {
            open = stream.try_write(b" ").is_ok();
        }
    }
    met.open.fetch_sub(1, Ordering::SeqCst);
    met.cut[kind as usize].fetch_add(1, Ordering::SeqCst);
    let is = |status: &str| said.starts_with(format!("HTTP/1.1 {status}").as_bytes());
    let met_as_said = match kind {
        Kind::Head => said.is_empty() || is("408"),
        Kind::Body => is("408"),
        // It has read so many bytes as seconds.
        Kind::Answer => {
            said.starts_with(b"HTTP/1.1 2") || b"HTTP/1.1 200 OK\r\n".starts_with(&said)
        }
        Kind::Silence => {
            if before {
                said.is_empty() || is("408")
            } else {
                is("200")
            }
        }
    };
    if !met_as_said {
        let said = String::from_utf8_lossy(&said).into_owned();
        met.other.lock().unwrap().push(said);
    } else if matches!(kind, Kind::Body) {
        met.told.fetch_add(1, Ordering::SeqCst);
    }
    // Who was silent before there was a crowd had more time.
    let timed = before || !matches!(kind, Kind::Silence);
    if timed && start.elapsed() > kind.limit() + LEEWAY {
        met.late.fetch_add(1, Ordering::SeqCst);
    }
}

/// With a small window, and as over the Internet.
async fn connect(number: usize, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    SockRef::from(&socket).set_tcp_mss(PACKET)?;
    let last = u8::try_from(2 + number % ADDRESSES).unwrap_or(2);
    let from = IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
    socket.bind(SocketAddr::new(from, 0))?;
    let stream = socket.connect(to).await?;
    stream.writable().await?;
    Ok(stream)
}
