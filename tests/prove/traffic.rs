//! Requests at a steady rate, whatever becomes of them: each has its time, and is measured from it, so
//! that a service which stands still is seen by all who would have come meanwhile.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::wire::Connection;

/// Who asks: half of them over one connection again and again, half over a new one each time.
const CLIENTS: usize = 32;

/// What came of it.
#[derive(Default)]
pub struct Seen {
    /// Answers of 2xx.
    pub good: usize,
    /// Other answers, and requests without one, as text.
    pub bad: Vec<String>,
    /// The bodies of all answers of 202.
    pub taken: Vec<Vec<u8>>,
    micros: Vec<u64>,
}

impl Seen {
    pub fn all(&self) -> usize {
        self.good + self.bad.len()
    }

    /// In milliseconds.
    pub fn percentile(&mut self, per_mille: usize) -> u64 {
        self.micros.sort_unstable();
        let at = self.micros.len() * per_mille / 1000;
        let at = at.min(self.micros.len().saturating_sub(1));
        self.micros.get(at).map_or(u64::MAX, |micros| micros / 1000)
    }
}

/// Sends these requests, one after the other and over again, `rate` a second until it is over.
pub fn run(base: &str, questions: &[Vec<u8>], rate: u32, over: &AtomicBool) -> Seen {
    let next = AtomicUsize::new(0);
    let start = Instant::now();
    let client = |number: usize| {
        let mut seen = Seen::default();
        let mut kept = number.is_multiple_of(2).then(|| Connection::open(base));
        while !over.load(Ordering::Relaxed) {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            let due = Duration::from_secs(1) * u32::try_from(turn).unwrap() / rate;
            if let Some(wait) = due.checked_sub(start.elapsed()) {
                // The time of the request itself.
                thread::sleep(wait);
            }
            let question = &questions[turn % questions.len()];
            let answer = match &mut kept {
                Some(connection) => ask(connection, question),
                None => Connection::try_open(base)
                    .and_then(|mut connection| ask(&mut connection, question)),
            };
            let took = (start.elapsed() - due).as_micros();
            seen.micros.push(u64::try_from(took).unwrap_or(u64::MAX));
            match answer {
                Ok((202, body)) => {
                    seen.good += 1;
                    seen.taken.push(body);
                }
                Ok((200..=299, _)) => seen.good += 1,
                Ok((status, body)) => {
                    let body = String::from_utf8_lossy(&body).into_owned();
                    seen.bad.push(format!("{status} {body}"));
                }
                Err(error) => {
                    seen.bad.push(error.to_string());
                    kept = kept.and_then(|_| Connection::try_open(base).ok());
                }
            }
        }
        seen
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let client = &client;
                scope.spawn(move || client(number))
            })
            .collect();
        let mut all = Seen::default();
        for client in clients {
            let seen = client.join().unwrap();
            all.good += seen.good;
            all.bad.extend(seen.bad);
            all.taken.extend(seen.taken);
            all.micros.extend(seen.micros);
        }
        all
    })
}

fn ask(connection: &mut Connection, question: &[u8]) -> io::Result<(u16, Vec<u8>)> {
    let answer = connection.ask(question)?;
    Ok((answer.status, answer.body.to_vec()))
}
