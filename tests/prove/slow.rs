//! Ten thousand clients that take their time: heads and bodies that drip, answers that nobody reads,
//! connections that say nothing. What they cost, and what the others notice of it.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::Run;
use crate::harness::{Database, Server, issue_token, sim, wait_for};
use crate::memory::held;
use crate::report::Report;
use crate::traffic;
use crate::wire::request;

/// Users of the slow clients, each with a share of the limits.
const SLOW_USERS: usize = 100;
/// Users of the good ones, and their requests a second.
const GOOD_USERS: usize = 30;
const RATE: u32 = 60;
/// A byte so often.
const DRIP: Duration = Duration::from_secs(1);
/// From so many addresses, so that no two connections need the same pair of ports.
const ADDRESSES: usize = 16;

/// What the slow clients met.
#[derive(Default)]
struct Met {
    open: AtomicUsize,
    ended: AtomicUsize,
}

/// A connection that is counted while it lasts.
struct Counted<'a>(&'a Met);

impl<'a> Counted<'a> {
    fn in_(met: &'a Met) -> Self {
        met.open.fetch_add(1, Ordering::SeqCst);
        Self(met)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
        self.0.ended.fetch_add(1, Ordering::SeqCst);
    }
}

pub fn prove(run: Run, report: &mut Report) {
    let wanted = run.count(10_000, 500).min(files().saturating_sub(500));
    let (sim, database) = (sim(), Database::fresh());
    let server = Server::builder().database(&database).sim(&sim).start();
    let user = |kind: &str, number| database.user(&format!("{kind}-{number}@example.org"), "user");
    let slow: Vec<Uuid> = (0..SLOW_USERS).map(|number| user("slow", number)).collect();
    let good: Vec<Uuid> = (0..GOOD_USERS).map(|number| user("good", number)).collect();
    let things = "INSERT INTO media (kind, trakt, slug, tmdb, title, year) \
                  SELECT 'movie', n, 'movie-' || n, n * 7, 'A title of usual length ' || n, 2000 \
                  FROM generate_series(1, 2000) AS n";
    database.execute(things, &[]);
    let plays = "INSERT INTO plays (user_id, id, kind, item, watched_at, action) \
                 SELECT id, n, 'movie', n % 2000 + 1, now() - n * interval '1 min', 'scrobble' \
                 FROM users, generate_series(1, 210) AS n";
    database.execute(plays, &[]);
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
    let time = Duration::from_secs(if run.small { 2 } else { 30 });
    // One of the good ones has come before, so that what every first request costs is in it.
    let warm = warm(&server, &questions);
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
    for number in 0..wanted {
        let (met, tokens) = (met.clone(), tokens.clone());
        runtime.spawn(async move {
            loop {
                live(number, address, &tokens, &met).await;
                // Not all of those at once that were cut at once.
                sleep(Duration::from_millis(100 + (number % 400) as u64)).await;
            }
        });
    }
    wait_for("all slow clients", || {
        (met.open.load(Ordering::SeqCst) >= wanted * 95 / 100).then_some(())
    });
    let mut seen = thread::scope(|scope| {
        let url = server.url("");
        let (questions, over) = (&questions, &over);
        let load = scope.spawn(move || traffic::run(&url, questions, RATE, over));
        // For so long, whatever happens.
        thread::sleep(time);
        over.store(true, Ordering::Relaxed);
        load.join().unwrap()
    });
    let (at_once, at_server) = (met.open.load(Ordering::SeqCst), descriptors());
    let most = held(&process, "VmHWM:").div_ceil(1024 * 1024);
    drop(warm);
    runtime.shutdown_background();
    let start = std::time::Instant::now();
    wait_for("the files of all connections", || {
        (descriptors() <= before + 8).then_some(())
    });
    let given_back = start.elapsed();
    for bad in seen.bad.iter().take(5) {
        println!("a good client: {bad}");
    }

    report.at_least("slow connections at once", at_once, wanted * 95 / 100);
    report.note("  files of the service meanwhile", "", at_server);
    let ended = met.ended.load(Ordering::SeqCst).saturating_sub(at_once);
    report.note("  cut and opened again", "", ended);
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

/// One connection, to its end.
async fn live(number: usize, to: SocketAddr, tokens: &[String], met: &Met) {
    let kind = number % 4;
    let Ok(stream) = connect(number, to, kind == 2).await else {
        return;
    };
    let _counted = Counted::in_(met);
    // Another user each time, or some would meet their limit.
    let turn = number / 4 + met.ended.load(Ordering::Relaxed);
    let token = &tokens[turn % tokens.len()];
    let begin = match kind {
        0 => "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: ".to_owned(),
        1 => format!(
            "POST /trakt/history HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: 60000\r\n\r\n{{"
        ),
        2 => format!(
            "GET /trakt/history?limit=200 HTTP/1.1\r\nhost: localhost\r\n\
             authorization: Bearer {token}\r\n\r\n"
        ),
        _ => "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned(),
    };
    if stream.try_write(begin.as_bytes()).is_err() {
        return;
    }
    loop {
        match kind {
            // What was said to those who drip is their end.
            0 | 1 => {
                let ended = timeout(DRIP, stream.readable()).await.is_ok();
                if ended || stream.try_write(b" ").is_err() {
                    return;
                }
            }
            2 => {
                if stream.readable().await.is_err() || is_over(stream.try_read(&mut [0; 1])) {
                    return;
                }
                sleep(DRIP).await;
            }
            _ => {
                if stream.readable().await.is_err() || is_over(stream.try_read(&mut [0; 1024])) {
                    return;
                }
            }
        }
    }
}

fn is_over(read: std::io::Result<usize>) -> bool {
    match read {
        Ok(read) => read == 0,
        Err(error) => error.kind() != ErrorKind::WouldBlock,
    }
}

/// With a small window where little will be read.
async fn connect(number: usize, to: SocketAddr, small: bool) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    if small {
        socket.set_recv_buffer_size(4096)?;
    }
    let last = u8::try_from(2 + number % ADDRESSES).unwrap_or(2);
    let from = IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
    socket.bind(SocketAddr::new(from, 0))?;
    let stream = socket.connect(to).await?;
    stream.writable().await?;
    Ok(stream)
}
