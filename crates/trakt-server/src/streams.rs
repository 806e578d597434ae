//! Answers that go on for a while: how many there may be, and what all of them are told.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::ready;
use std::iter::from_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody as _, SizedStream};
use actix_web::web::Bytes;
use futures_util::stream::{iter, once};
use futures_util::{Stream, TryStreamExt as _};
use tokio::sync::watch;
use trakt_core::{PortError, UserId};

use crate::limits;
use crate::problem::Problem;

/// The longest piece of a stream, in bytes: what a client has its time for (`connection::WRITE`), and
/// what is copied for it while it takes nothing.
const PIECE: usize = 32 * 1024;

/// Gives pages in pieces of no more than 32 KiB. The next page is asked for when all of the one before
/// is taken.
pub fn pieces<E>(
    pages: impl Stream<Item = Result<Bytes, E>>,
) -> impl Stream<Item = Result<Bytes, E>> {
    let split = |mut page: Bytes| {
        let piece = move || {
            let length = page.len().min(PIECE);
            (length > 0).then(|| Ok(page.split_to(length)))
        };
        iter(from_fn(piece))
    };
    pages.map_ok(split).try_flatten()
}

/// A whole answer in such pieces. It has to be bytes that are there anyway, as those of a file of ours: a
/// client that takes nothing costs a piece then, not a copy.
pub fn embedded(bytes: &'static [u8]) -> BoxBody {
    let page = ready(Ok::<_, Infallible>(Bytes::from_static(bytes)));
    SizedStream::new(bytes.len() as u64, pieces(once(page))).boxed()
}

/// The streams of a process.
#[derive(Clone)]
pub struct Streams {
    /// Of how the data of users stands.
    pub events: SyncEvents,
    /// Of exports: a few, as each page of one is a read of a thousand rows.
    pub exports: Turns,
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            events: SyncEvents::default(),
            exports: Turns::new(1, 8, Duration::from_secs(3600)),
        }
    }
}

/// How many streams there are, of each user and in all, and how long one may last.
#[derive(Clone)]
pub struct Turns {
    taken: Arc<Mutex<Vec<Place>>>,
    given: Arc<AtomicU64>,
    each: usize,
    all: usize,
    life: Duration,
}

struct Place {
    number: u64,
    user: UserId,
    end: Instant,
}

/// A place among the streams, given back when it is dropped. A client that stops to take what is
/// sent keeps it no longer than its life: nobody asks for the next piece then, nor drops it.
pub struct Turn {
    of: Turns,
    user: UserId,
    number: u64,
}

impl Turns {
    /// How long a client waits that was refused.
    const LATER: Duration = Duration::from_secs(10);

    /// So many a user, and so many in all, for so long.
    #[must_use]
    pub fn new(each: usize, all: usize, life: Duration) -> Self {
        Self {
            taken: Arc::default(),
            given: Arc::default(),
            each,
            all,
            life,
        }
    }

    /// Takes a place.
    ///
    /// # Errors
    /// 429 where there is none.
    pub fn take(&self, user: UserId) -> Result<Turn, Problem> {
        let now = Instant::now();
        let mut taken = self.taken();
        taken.retain(|place| place.end > now);
        let own = taken.iter().filter(|place| place.user == user).count();
        if own >= self.each || taken.len() >= self.all {
            return Err(limits::hit("streams", Self::LATER));
        }
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        let end = now + self.life;
        taken.push(Place { number, user, end });
        let of = self.clone();
        Ok(Turn { of, user, number })
    }

    /// Who has one; some users more than once.
    #[must_use]
    pub fn users(&self) -> Vec<UserId> {
        self.taken().iter().map(|place| place.user).collect()
    }

    fn taken(&self) -> MutexGuard<'_, Vec<Place>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Whether its life is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let now = Instant::now();
        let taken = self.of.taken();
        let own = taken.iter().find(|place| place.number == self.number);
        own.is_none_or(|place| place.end <= now)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.of.taken().retain(|place| place.number != self.number);
    }
}

/// What all streams of events are told, once a round.
#[derive(Default)]
pub struct Round {
    number: u64,
    over: bool,
    states: HashMap<UserId, Arc<str>>,
}

/// Streams of how the data of users stands. One round asks for all of them together.
#[derive(Clone)]
pub struct SyncEvents {
    turns: Turns,
    begun: Arc<AtomicU64>,
    rounds: Arc<watch::Sender<Round>>,
}

impl Default for SyncEvents {
    fn default() -> Self {
        Self {
            turns: Turns::new(2, 200, Self::LIFE),
            begun: Arc::default(),
            rounds: Arc::new(watch::Sender::default()),
        }
    }
}

impl SyncEvents {
    /// How long a stream lasts. The browser comes back by itself, and is checked anew.
    pub const LIFE: Duration = Duration::from_secs(600);

    /// Joins.
    ///
    /// # Errors
    /// 429 where there are too many, 503 once a stop was asked for.
    pub fn join(&self, user: UserId) -> Result<Joined, Problem> {
        let turn = self.turns.take(user)?;
        let rounds = self.rounds.subscribe();
        if rounds.borrow().over {
            return Err(Problem::stopping());
        }
        Ok(Joined {
            turn,
            rounds,
            begun: self.begun.clone(),
            since: 0,
        })
    }

    /// Asks `states` how the data of all stands who listen, and tells them. Where nobody does,
    /// nothing is asked.
    ///
    /// # Errors
    /// Those of `states`; nobody is told anything then.
    pub fn round(
        &self,
        states: impl FnOnce(&[UserId]) -> Result<HashMap<UserId, Arc<str>>, PortError>,
    ) -> Result<(), PortError> {
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let users = self.turns.users();
        if users.is_empty() {
            return Ok(());
        }
        let states = states(&users)?;
        self.rounds.send_modify(|round| {
            round.number = number;
            round.states = states;
        });
        Ok(())
    }

    /// Ends all streams, and lets nobody join any more.
    pub fn stop(&self) {
        self.rounds.send_modify(|round| round.over = true);
    }
}

/// One of those who listen.
pub struct Joined {
    turn: Turn,
    rounds: watch::Receiver<Round>,
    begun: Arc<AtomicU64>,
    since: u64,
}

impl Joined {
    /// From now on: what a round says that has begun already may be older than what the listener
    /// has read.
    pub fn listen(&mut self) {
        self.since = self.begun.load(Ordering::SeqCst);
    }

    /// What the next round says of the user; `None` when the user is gone or everything ends.
    pub async fn next(&mut self) -> Option<Arc<str>> {
        loop {
            // Looked at first: it may have been over before anybody waited.
            if self.rounds.borrow().over || self.rounds.changed().await.is_err() {
                return None;
            }
            let round = self.rounds.borrow_and_update();
            if round.over {
                return None;
            }
            if round.number > self.since {
                return round.states.get(&self.turn.user).cloned();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::pin::{Pin, pin};

    use actix_web::body::BodySize;
    use futures_util::{FutureExt as _, StreamExt as _};

    use super::*;

    fn user(n: u128) -> UserId {
        uuid::Uuid::from_u128(n).into()
    }

    fn says(word: &str) -> impl Fn(&[UserId]) -> Result<HashMap<UserId, Arc<str>>, PortError> {
        move |users| Ok(users.iter().map(|user| (*user, word.into())).collect())
    }

    #[test]
    fn a_place_is_given_back() {
        let turns = Turns::new(2, 3, SyncEvents::LIFE);
        let first = turns.take(user(1)).unwrap();
        let second = turns.take(user(1)).unwrap();
        assert!(turns.take(user(1)).is_err(), "two of one user");
        let third = turns.take(user(2)).unwrap();
        assert!(turns.take(user(3)).is_err(), "three in all");
        drop(second);
        let again = turns.take(user(3)).unwrap();
        drop((first, third, again));
        assert!(turns.users().is_empty());
        assert!(turns.taken().is_empty());
    }

    #[test]
    fn a_place_is_lost_when_its_life_is_over() {
        let turns = Turns::new(1, 1, Duration::ZERO);
        let first = turns.take(user(1)).unwrap();
        assert!(first.is_over());
        let second = turns.take(user(1)).unwrap();
        // Whoever comes late gives back no place but the own.
        drop(first);
        assert_eq!(turns.users(), [user(1)]);
        drop(second);
        let turns = Turns::new(1, 1, SyncEvents::LIFE);
        assert!(!turns.take(user(1)).unwrap().is_over());
    }

    #[test]
    fn nobody_is_asked_about_where_nobody_listens() {
        let events = SyncEvents::default();
        let asked = events.round(|_| Err(PortError::Conflict("asked")));
        assert_eq!(asked, Ok(()));
        let joined = events.join(user(1)).unwrap();
        assert!(events.round(|_| Err(PortError::Conflict("asked"))).is_err());
        drop(joined);
        assert_eq!(events.round(|_| Err(PortError::Conflict("asked"))), Ok(()));
    }

    #[tokio::test]
    async fn a_page_comes_in_pieces_and_the_next_one_after_them() {
        let page = |length: u8| Bytes::from([length].repeat(usize::from(length) * 1024));
        let asked = Cell::new(0);
        let pages = iter([100, 32, 0, 1]).map(|length| {
            asked.set(asked.get() + 1);
            Ok::<_, Infallible>(page(length))
        });
        let mut pieces = pin!(pieces(pages));
        let mut came = Vec::new();
        while let Some(piece) = pieces.try_next().await.unwrap() {
            came.push((piece.len() / 1024, piece[0], asked.get()));
        }
        let (first, rest) = ((32, 100, 1), [(4, 100, 1), (32, 32, 2), (1, 1, 4)]);
        assert_eq!(came, [&[first; 3][..], &rest].concat());
    }

    #[tokio::test]
    async fn what_is_embedded_says_its_length_and_comes_in_pieces() {
        let mut body = embedded(&[7; 70 * 1024]);
        assert_eq!(body.size(), BodySize::Sized(70 * 1024));
        for length in [32, 32, 6] {
            let piece = poll_fn(|cx| Pin::new(&mut body).poll_next(cx)).await;
            assert_eq!(piece.unwrap().unwrap().len(), length * 1024);
        }
        let end = poll_fn(|cx| Pin::new(&mut body).poll_next(cx)).await;
        assert!(end.is_none());
    }

    #[tokio::test]
    async fn what_was_asked_before_a_listener_had_read_is_not_told() {
        let events = SyncEvents::default();
        let mut joined = events.join(user(1)).unwrap();
        // The round has begun, the listener reads, and then the round ends.
        events
            .round(|users| {
                joined.listen();
                says("old")(users)
            })
            .unwrap();
        events.round(says("new")).unwrap();
        assert_eq!(joined.next().await.as_deref(), Some("new"));
        // Told once, and no more until there is another round.
        assert!(joined.next().now_or_never().is_none());
        let mut joined = events.join(user(1)).unwrap();
        events
            .round(|users| {
                joined.listen();
                says("old")(users)
            })
            .unwrap();
        assert!(joined.next().now_or_never().is_none());
        // Somebody who is not among the states is gone.
        events.round(|_| Ok(HashMap::new())).unwrap();
        assert_eq!(joined.next().await, None);
    }

    #[tokio::test]
    async fn the_end_is_for_all_and_for_good() {
        let events = SyncEvents::default();
        let (mut one, mut other) = (events.join(user(1)).unwrap(), events.join(user(2)).unwrap());
        events.stop();
        events.round(says("more")).unwrap();
        assert_eq!((one.next().await, other.next().await), (None, None));
        assert!(events.join(user(3)).is_err());
    }
}
