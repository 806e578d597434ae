//! The border between the async handlers and the synchronous services. Nothing else in this
//! crate may call a service: Diesel and ureq would hold up every request of a worker thread.
//!
//! A closure that was begun runs to its end even if the client is gone or the time is up, which
//! a single-use code needs: its tokens must reach the database.

use std::sync::LazyLock;
use std::time::Duration;

use actix_web::web;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};
use trakt_core::ports::Revocation;
use trakt_core::token::Revoker;

use crate::limits;
use crate::problem::Problem;
use crate::services::CONNECTIONS;
use crate::telemetry;

/// A call that waits for the database alone. The pool gives up after 2 s; the rest is for a
/// server that accepts and then says nothing.
const DATABASE_LIMIT: Duration = Duration::from_millis(2400);
/// How long such a call waits for its turn. Well below its limit: turns are given in the order of
/// asking, so that in a crowd they would all go to those who have no time left for them.
pub const DATABASE_TURN: Duration = Duration::from_millis(800);
/// A call that may wait for Trakt: its 10 s, and the database before and after.
const TRAKT_LIMIT: Duration = Duration::from_millis(12_500);
/// A call that may delete a million rows: the 60 s that the database has for it, and the pool's.
const PURGE_LIMIT: Duration = Duration::from_secs(63);
/// A call that may fetch the key set of an identity provider, 5 s.
const PROVIDER_LIMIT: Duration = Duration::from_millis(5500);
/// How long an answer waits for Trakt to be told of tokens that have ended.
const REVOKE_PATIENCE: Duration = Duration::from_secs(2);
/// How long a call waits for its turn when Trakt is slow for everybody.
const TURN_LIMIT: Duration = Duration::from_millis(400);
/// How many calls may wait for Trakt at once, so that a slow Trakt never takes all of the
/// [`MAX_THREADS`] that the other routes need too.
const TRAKT_CALLS: usize = 24;
/// Blocking threads of one worker: for all of `TRAKT_CALLS`, the [`CONNECTIONS`] and a reserve.
pub const MAX_THREADS: usize = 64;

/// How many passwords are hashed at once: each takes 19 MiB and a core.
const PASSWORDS: usize = 2;

/// As many calls as there are connections: one more would take a thread only to sleep on it.
static DATABASE_TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(CONNECTIONS as usize));
/// Apart from those: that many want a turn does not make the service unready.
static HEALTH_TURNS: Semaphore = Semaphore::const_new(1);
/// One connection is all that deleting may hold.
static PURGE_TURNS: Semaphore = Semaphore::const_new(1);
static PASSWORD_TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(PASSWORDS));
static TRAKT_TURNS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(TRAKT_CALLS));

/// Runs a call that uses the database alone.
///
/// # Errors
/// What the call says, or 503 when the database does not answer in time.
pub async fn database<T, E>(
    call: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Send + Into<Problem> + 'static,
{
    let busy = Problem::database_unavailable;
    in_turn(&DATABASE_TURNS, DATABASE_TURN, DATABASE_LIMIT, busy, call).await
}

/// Runs the call that asks whether the database is there.
///
/// # Errors
/// What the call says, or 503 when the database does not answer in time.
pub async fn health<T, E>(
    call: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Send + Into<Problem> + 'static,
{
    let busy = Problem::database_unavailable;
    in_turn(&HEALTH_TURNS, DATABASE_TURN, DATABASE_LIMIT, busy, call).await
}

/// Runs a call that ends a link. With `purge` it deletes what is held of the user as well, which
/// takes long where that is much.
///
/// # Errors
/// What the call says, or 503 when the database does not answer in time, or others are being purged.
pub async fn unlink<T, E>(
    purge: bool,
    call: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Send + Into<Problem> + 'static,
{
    if !purge {
        return database(call).await;
    }
    let busy = Problem::database_unavailable;
    in_turn(&PURGE_TURNS, DATABASE_LIMIT, PURGE_LIMIT, busy, call).await
}

/// Runs a call that may speak to Trakt.
///
/// # Errors
/// What the call says, or 503 when too many wait for Trakt already.
pub async fn trakt<T, E>(call: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Send + Into<Problem> + 'static,
{
    let busy = || Problem::trakt_unavailable(Duration::from_secs(5));
    in_turn(&TRAKT_TURNS, TURN_LIMIT, TRAKT_LIMIT, busy, call).await
}

/// Tells Trakt of tokens whose link has ended, and waits for a moment, so that an answer which
/// says "ended" is true at Trakt too if Trakt is well. What takes longer goes on by itself, and
/// what does not come to it is the worker's: the tokens wait in the database.
pub async fn revoke(revoker: &Revoker, revocations: Vec<Revocation>) {
    if revocations.is_empty() {
        return;
    }
    let revoker = revoker.clone();
    let call = trakt(move || Ok::<_, Problem>(revoker.revoke(&revocations, revoker.deadline())));
    drop(timeout(REVOKE_PATIENCE, call).await);
}

/// Runs a call that hashes a password.
///
/// # Errors
/// What the call says, or 429 when too many sign in at once.
pub async fn password<T, E>(
    call: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Send + Into<Problem> + 'static,
{
    let busy = || limits::hit("passwords", Duration::from_secs(2));
    in_turn(&PASSWORD_TURNS, DATABASE_TURN, DATABASE_LIMIT, busy, call).await
}

/// Runs a call that checks a token of an outside provider, which may fetch the key set first.
///
/// # Errors
/// What the call says, or 503 when it does not come back in time.
pub async fn provider<T, E>(
    call: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Send + Into<Problem> + 'static,
{
    run(PROVIDER_LIMIT, Problem::provider_unavailable, call).await
}

/// Waits until no call is left that may hold fresh tokens: one whose client has gone goes on
/// by itself, and must reach the database before that is stopped.
pub async fn drain() {
    let all = u32::try_from(TRAKT_CALLS).unwrap_or(u32::MAX);
    if !matches!(
        timeout(TRAKT_LIMIT, TRAKT_TURNS.acquire_many(all)).await,
        Ok(Ok(_))
    ) {
        log::warn!("some calls to Trakt did not end in time");
    }
}

/// Waits for a turn without holding a thread, and runs the call with what is left of the time. A
/// turn lasts until the call has ended, even if nobody waits for it any more.
async fn in_turn<T, E>(
    turns: &'static Semaphore,
    patience: Duration,
    limit: Duration,
    busy: impl FnOnce() -> Problem,
    call: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Send + Into<Problem> + 'static,
{
    let start = Instant::now();
    let Ok(Ok(turn)) = timeout(patience, turns.acquire()).await else {
        log::warn!("no turn within {patience:?}: all are taken");
        return Err(busy());
    };
    let left = limit.saturating_sub(start.elapsed());
    run(left, Problem::database_unavailable, move || {
        let answer = call();
        drop(turn);
        answer
    })
    .await
}

async fn run<T, E>(
    limit: Duration,
    late: impl FnOnce() -> Problem,
    call: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Send + Into<Problem> + 'static,
{
    match timeout(limit, web::block(telemetry::carry(call))).await {
        Ok(Ok(answer)) => answer.map_err(Into::into),
        Ok(Err(_)) => {
            log::error!("a call panicked");
            Err(Problem::internal())
        }
        Err(_) => {
            log::warn!("a call did not come back within {limit:?}");
            Err(late())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tokio::time::sleep;

    use super::*;

    /// In one test: the turns are those of the process.
    #[tokio::test(start_paused = true)]
    async fn in_a_crowd_who_gets_a_turn_has_time_for_it_and_health_has_its_own() {
        let call = || {
            thread::sleep(Duration::from_millis(50));
            Ok::<_, Problem>(())
        };
        let all = DATABASE_TURNS.acquire_many(CONNECTIONS).await.unwrap();
        assert!(health(call).await.is_ok());
        // No turn comes: said long before the call's time is up.
        let start = Instant::now();
        assert!(database(call).await.is_err());
        assert!(start.elapsed() < DATABASE_LIMIT / 2);
        // One comes at the last moment.
        let late = async {
            sleep(DATABASE_TURN - Duration::from_millis(10)).await;
            drop(all);
        };
        let (answer, ()) = tokio::join!(database(call), late);
        assert!(answer.is_ok());
        // A database that says nothing is asked for its health by one at a time.
        let _asking = HEALTH_TURNS.acquire().await.unwrap();
        assert!(health(call).await.is_err());
    }
}
