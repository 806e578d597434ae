use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Files that the process needs besides its connections: the database, Trakt, journal, log, and what
/// the threads wait with.
const OTHER_FILES: u64 = 256;

/// How many bytes of answers may wait for clients that do not take them: of all connections together,
/// or those that read nothing would have as much memory as they like.
const UNSENT: usize = 32 << 20;

/// How far a stop has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// None was asked for.
    Open,
    /// Requests are taken, and each answer is the last of its connection.
    Leaving,
    /// Nobody may connect any more, and connections without a request end.
    Closing,
}

/// The places of a process for connections.
#[derive(Clone)]
pub struct Room {
    places: Arc<Semaphore>,
    /// How many places are taken by workers that have nobody for them yet.
    kept: Arc<AtomicUsize>,
    /// The bytes of answers that their clients do not take.
    unsent: Arc<AtomicUsize>,
    all: usize,
    phase: watch::Receiver<Phase>,
}

impl Room {
    /// Room for `wanted` connections, or as many as the system has files for.
    #[must_use]
    pub fn new(wanted: usize, phase: watch::Receiver<Phase>) -> Self {
        let all = wanted.min(files());
        if all < wanted {
            log::warn!(
                "no more than {all} connections: the system lets this process open so many files"
            );
        }
        let places = Arc::new(Semaphore::new(all));
        Self {
            places,
            kept: Arc::default(),
            unsent: Arc::default(),
            all,
            phase,
        }
    }

    /// Waits for a place. It is given back when it is dropped.
    pub(super) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().acquire_owned().await.ok()
    }

    /// A place, if there is one right now.
    pub(super) fn place_now(&self) -> Option<OwnedSemaphorePermit> {
        self.places.clone().try_acquire_owned().ok()
    }

    /// Says that a place which was taken is free while this lives: it is kept for whoever comes next.
    pub(super) fn kept(&self) -> Kept {
        self.kept.fetch_add(1, Ordering::Relaxed);
        Kept(self.kept.clone())
    }

    /// What the client of a connection does not take, while this lives: nothing yet.
    pub(super) fn unsent(&self) -> Unsent {
        Unsent(self.unsent.clone(), 0)
    }

    /// Whether less than a quarter of the places is left.
    pub(super) fn crowded(&self) -> bool {
        let free = self.places.available_permits() + self.kept.load(Ordering::Relaxed);
        free.saturating_mul(4) < self.all
    }

    pub(super) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Waits until a stop has come that far.
    pub(super) fn until(&self, phase: Phase) -> impl Future<Output = ()> + use<> {
        let mut phases = self.phase.clone();
        async move {
            // Whoever could tell is gone: as if it had come.
            let _ = phases.wait_for(|now| *now >= phase).await;
        }
    }
}

/// A place that is kept for somebody.
pub(super) struct Kept(Arc<AtomicUsize>);

impl Drop for Kept {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The bytes that wait for a client that does not take them.
pub(super) struct Unsent(Arc<AtomicUsize>, usize);

impl Unsent {
    /// Counts that there are so many, or as many as there were if those were more. False where there is
    /// no memory for them, others having all of it.
    pub(super) fn are(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.1);
        self.1 += more;
        let all = self.0.fetch_add(more, Ordering::Relaxed) + more;
        more == 0 || all <= UNSENT
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        self.0.fetch_sub(self.1, Ordering::Relaxed);
    }
}

/// How many files there may be for connections: as many as the system allows at most, which is often
/// far more than it allows at first.
fn files() -> usize {
    let limits = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limits.maximum,
        maximum: limits.maximum,
    };
    let most = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limits.maximum,
        Err(_) => limits.current,
    };
    let files = most.map_or(u64::MAX, |most| most.saturating_sub(OTHER_FILES).max(1));
    usize::try_from(files).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn places_of_workers_that_wait_are_free() {
        let (_tell, phase) = watch::channel(Phase::Open);
        let room = Room::new(16, phase);
        let mut workers = Vec::new();
        while let Some(place) = room.place_now() {
            workers.push((place, room.kept()));
        }
        assert!(!room.crowded(), "nobody is there");
        // They have got somebody.
        let taken: Vec<_> = workers.drain(..13).map(|(place, _)| place).collect();
        assert!(room.crowded());
        drop(taken);
        assert!(!room.crowded());
    }

    #[tokio::test]
    async fn what_is_not_taken_has_its_measure() {
        let (_tell, phase) = watch::channel(Phase::Open);
        let room = Room::new(8, phase);
        let mut most = room.unsent();
        assert!(most.are(UNSENT - 2) && most.are(UNSENT - 1));
        assert!(!room.unsent().are(2));
        let mut last = room.unsent();
        assert!(last.are(1) && last.are(1) && most.are(5));
        assert!(!last.are(2));
        drop(most);
        assert!(room.unsent().are(2));
    }

    #[tokio::test]
    async fn places_are_given_back_and_few_are_noticed() {
        let (tell, phase) = watch::channel(Phase::Open);
        let room = Room::new(8, phase);
        let mut taken = Vec::new();
        for _ in 0..6 {
            taken.push(room.place().await.unwrap());
        }
        assert!(!room.crowded());
        taken.push(room.place_now().unwrap());
        assert!(room.crowded());
        taken.push(room.place_now().unwrap());
        assert!(room.place_now().is_none());
        taken.clear();
        assert!(!room.crowded() && room.place_now().is_some());
        tell.send_replace(Phase::Closing);
        room.until(Phase::Leaving).await;
        assert_eq!(room.phase(), Phase::Closing);
    }
}
