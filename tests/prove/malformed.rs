//! Requests that two readers on the way could cut in two places, and what is no HTTP at all, over raw
//! sockets: to the service, and to haproxy before it. Each is followed by another request. Nothing is
//! answered twice, nothing hidden in a body is carried out, nobody waits for ever, and nobody gets an
//! answer that is another's.

mod vectors;

use std::collections::BTreeSet;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use self::vectors::{VECTORS, Vector, Verdict};
use crate::Run;
use crate::haproxy::Haproxy;
use crate::harness::{Database, Server, issue_token, sim};
use crate::report::Report;
use crate::sync::AtTheEnd;

/// When a connection must have come to its end: a body has 10 s, and an answer a moment to be seen.
const END: Duration = Duration::from_secs(14);
/// So many at once.
const LANES: usize = 16;

/// What came of one.
#[derive(Debug)]
struct Outcome {
    name: &'static str,
    /// What was answered, a line each; without 100 (Continue).
    answers: Vec<String>,
    /// The requests of it that the service carried out, by their ids.
    carried_out: BTreeSet<String>,
    /// It did not end.
    hangs: bool,
}

pub fn prove(_: Run, report: &mut Report) {
    let (sim, database) = (sim(), Database::fresh());
    let replica = || {
        Server::builder()
            .database(&database)
            .sim(&sim)
            .var("TRUSTED_PROXIES", "127.0.0.1")
            .start()
    };
    let replicas = [replica(), replica()];
    let tokens: Vec<String> = (0..VECTORS.len())
        .map(|number| {
            let user = database.user(&format!("user-{number}@example.org"), "user");
            issue_token(user, 3600)
        })
        .collect();
    report.at_least("vectors", VECTORS.len(), 40);

    let direct = try_all(&replicas[0].url(""), "direct", &tokens, &replicas);
    let wrong = direct.iter().filter(|outcome| !outcome.is_right(true));
    let wrong = wrong
        .inspect(|outcome| println!("direct: {outcome:?}"))
        .count();
    count("direct", &direct, report);
    report.none("direct: others than they should be", wrong);

    let urls = replicas.each_ref().map(|replica| replica.url(""));
    let addresses = urls.each_ref().map(|url| url.trim_start_matches("http://"));
    let Some(haproxy) = Haproxy::start(addresses) else {
        report.note("through haproxy", "", "left out: there is none here");
        return;
    };
    let before = replicas
        .iter()
        .map(|replica| requests_in(&replica.log()))
        .sum::<usize>();
    let (over, asked, others) = (
        AtomicBool::new(false),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    let through = thread::scope(|scope| {
        let end = AtTheEnd(&over);
        for lane in 0..2 {
            let (over, asked, others, url) = (&over, &asked, &others, haproxy.url());
            scope.spawn(move || {
                let mut number = 0;
                while !over.load(Ordering::SeqCst) {
                    number += 1;
                    let id = format!("bystander-{lane}-{number}");
                    asked.fetch_add(1, Ordering::SeqCst);
                    if !gets_the_own(&url, &id) {
                        others.fetch_add(1, Ordering::SeqCst);
                    }
                }
            });
        }
        let through = try_all(&haproxy.url(), "haproxy", &tokens, &replicas);
        drop(end);
        through
    });
    let wrong = through.iter().filter(|outcome| !outcome.is_right(false));
    let wrong = wrong
        .inspect(|outcome| println!("haproxy: {outcome:?}"))
        .count();
    let hangs = through.iter().filter(|outcome| outcome.hangs).count();
    report.none("through haproxy: without an end", hangs);
    report.none("through haproxy: carried out and not answered", wrong);
    // What is hidden to the one must be so to the other: haproxy reads some of these in its own way,
    // and the service must see as many requests as haproxy does.
    let seen = replicas
        .iter()
        .map(|replica| requests_in(&replica.log()))
        .sum::<usize>();
    let smuggled = seen.saturating_sub(before + haproxy.sent());
    report.none("through haproxy: requests that it did not send", smuggled);
    report.at_least("bystanders meanwhile", asked.into_inner(), 20);
    report.none("  who got another answer than theirs", others.into_inner());
    let panicked = replicas
        .iter()
        .filter(|server| server.log().contains("panicked"));
    report.none("replicas that panicked", panicked.count());
}

/// How many requests a log has, but for those that ask whether the service is ready.
fn requests_in(log: &str) -> usize {
    let lines = log
        .lines()
        .filter(|line| line.contains("trakt_server::request"));
    lines.filter(|line| !line.contains(" /readyz ")).count()
}

fn count(how: &str, outcomes: &[Outcome], report: &mut Report) {
    let hidden = |outcome: &&Outcome| {
        outcome
            .carried_out
            .iter()
            .any(|id| id.starts_with("hidden"))
    };
    let hidden = outcomes.iter().filter(hidden).count();
    report.none(&format!("{how}: hidden requests carried out"), hidden);
    let twice = outcomes
        .iter()
        .filter(|outcome| outcome.answers.len() > 2)
        .count();
    report.none(&format!("{how}: answered twice"), twice);
    let hangs = outcomes.iter().filter(|outcome| outcome.hangs).count();
    report.none(&format!("{how}: without an end"), hangs);
}

impl Outcome {
    /// As its vector has it. haproxy reads in its own way: there each request that was carried out must
    /// have been answered, but for those of clients that went away.
    fn is_right(&self, direct: bool) -> bool {
        let vector = VECTORS.iter().find(|vector| vector.name == self.name);
        let vector = vector.unwrap();
        let refused =
            |answer: &String| answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.0 4");
        let ran = |which: &str| self.carried_out.iter().any(|id| id.starts_with(which));
        let one = self.answers.len() <= 1 && !ran("last");
        let both = self.answers.len() == 2 && ran("first") && ran("last");
        if !direct {
            return vector.closes || self.carried_out.len() <= self.answers.len();
        }
        !self.hangs
            && !ran("hidden")
            && match vector.verdict {
                Verdict::Refused => one && self.answers.iter().all(refused),
                Verdict::Last => one,
                Verdict::Good => both,
                Verdict::Then => {
                    let answers = &self.answers;
                    ran("first") && !ran("last") && answers.iter().skip(1).all(refused)
                }
            }
    }
}

fn try_all(url: &str, how: &str, tokens: &[String], replicas: &[Server; 2]) -> Vec<Outcome> {
    let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let Some(vector) = VECTORS.get(number) else {
                        return;
                    };
                    let (answers, hangs) = send(url, vector, how, number, &tokens[number]);
                    outcomes
                        .lock()
                        .unwrap()
                        .push((number, vector.name, answers, hangs));
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap();
    outcomes.sort_unstable_by_key(|outcome| outcome.0);
    let logs = replicas.each_ref().map(Server::log);
    outcomes
        .into_iter()
        .map(|(number, name, answers, hangs)| {
            let carried_out = ["first", "hidden", "last"]
                .map(|which| format!("{which}-{how}-{number}"))
                .into_iter()
                .filter(|id| {
                    let mark = format!(" id={id}");
                    let mut lines = logs.iter().flat_map(|log| log.lines());
                    lines.any(|line| line.ends_with(&mark))
                })
                .collect();
            Outcome {
                name,
                answers,
                carried_out,
                hangs,
            }
        })
        .collect()
}

/// Sends one, and the request after it: what was answered, and whether there was no end.
fn send(url: &str, vector: &Vector, how: &str, number: usize, token: &str) -> (Vec<String>, bool) {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    let line = |which: &str| format!("X-Request-Id: {which}-{how}-{number}\r\n");
    let head = format!(
        "Host: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n{}",
        line("first")
    );
    let hidden = format!(
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n{}\r\n",
        line("hidden")
    );
    let text = vector
        .text
        .replace("{head}", &head)
        .replace("{hidden}", &hidden);
    let length = hidden.len().to_string();
    let hexadecimal = format!("{:x}", hidden.len());
    let mut bytes = text
        .replace("{first}", &format!("first-{how}-{number}"))
        .replace("{length}", &length)
        .replace("{hex}", &hexadecimal)
        .replace("{long}", &"x".repeat(200_000))
        .into_bytes();
    let last = format!(
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n{}Connection: close\r\n\r\n",
        line("last")
    );
    bytes.extend_from_slice(last.as_bytes());
    let start = Instant::now();
    // It may be cut off while it is still being sent.
    let _ = stream.write_all(&bytes);
    if vector.closes {
        let _ = stream.shutdown(Shutdown::Write);
    }
    let mut said = Vec::new();
    let mut hangs = false;
    loop {
        let Some(left) = END
            .checked_sub(start.elapsed())
            .filter(|left| !left.is_zero())
        else {
            hangs = true;
            break;
        };
        stream.set_read_timeout(Some(left)).unwrap();
        let mut piece = [0; 4096];
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => said.extend_from_slice(&piece[..read]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(_) => break,
        }
    }
    let said = String::from_utf8_lossy(&said).into_owned();
    let answers = said
        .match_indices("HTTP/1.")
        .filter_map(|(at, _)| said[at..].lines().next())
        .filter(|line| !line.contains(" 100 "))
        .map(str::to_owned)
        .collect();
    (answers, hangs)
}

/// Whether a request of this id is answered with it.
fn gets_the_own(url: &str, id: &str) -> bool {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(END)).unwrap();
    let request = format!(
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: {id}\r\nConnection: close\r\n\r\n"
    );
    let mut said = String::new();
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_to_string(&mut said).is_ok()
        && said.starts_with("HTTP/1.1 200 ")
        && said.contains(&format!("x-request-id: {id}\r\n"))
        && said.matches("HTTP/1.1 ").count() == 1
}
