//! The border between the async handlers and the synchronous services. Nothing else in this
//! crate may call a service: Diesel and ureq would hold up every request of a worker thread.
//!
//! A closure that was begun runs to its end even if the client is gone or the time is up, which
//! a single-use code needs: its tokens must reach the database.

use std::sync::LazyLock;
use std::time::Duration;

use actix_web::web;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::problem::Problem;

/// A call that waits for the database alone. The pool gives up after 2 s; the rest is for a
/// server that accepts and then says nothing.
const DATABASE_LIMIT: Duration = Duration::from_millis(2400);
/// A call that may wait for Trakt: its 10 s, and the database before and after.
const TRAKT_LIMIT: Duration = Duration::from_millis(12_500);
/// A call that may fetch the key set of an identity provider, 5 s, and then reads the user.
const PROVIDER_LIMIT: Duration = Duration::from_millis(7900);
/// How long a call waits for its turn when Trakt is slow for everybody.
const TURN_LIMIT: Duration = Duration::from_millis(400);
/// How many calls may wait for Trakt at once, so that a slow Trakt never takes all of the
/// [`MAX_THREADS`] that the other routes need too.
const TRAKT_CALLS: usize = 24;
/// Blocking threads of one worker. Threads that wait for the database are limited by its pool,
/// so this is for `TRAKT_CALLS` and a queue.
pub const MAX_THREADS: usize = 64;

/// How many passwords are hashed at once: each takes 19 MiB and a core.
const PASSWORDS: usize = 2;

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
    run(DATABASE_LIMIT, call).await
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
    let Ok(Ok(turn)) = timeout(TURN_LIMIT, TRAKT_TURNS.acquire()).await else {
        log::warn!("{TRAKT_CALLS} calls wait for Trakt, no more are begun");
        return Err(Problem::trakt_unavailable(Duration::from_secs(5)));
    };
    run(TRAKT_LIMIT, move || {
        let answer = call();
        drop(turn);
        answer
    })
    .await
}

/// Runs a call that checks a token of an outside provider: it may fetch the key set first.
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
    run(PROVIDER_LIMIT, call).await
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
    let Ok(Ok(turn)) = timeout(DATABASE_LIMIT, PASSWORD_TURNS.acquire()).await else {
        return Err(Problem::rate_limited(Duration::from_secs(2)));
    };
    run(DATABASE_LIMIT, move || {
        let answer = call();
        drop(turn);
        answer
    })
    .await
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

async fn run<T, E>(
    limit: Duration,
    call: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Send + Into<Problem> + 'static,
{
    match timeout(limit, web::block(call)).await {
        Ok(Ok(answer)) => answer.map_err(Into::into),
        Ok(Err(_)) => {
            log::error!("a call panicked");
            Err(Problem::internal())
        }
        Err(_) => {
            log::warn!("a call did not come back within {limit:?}");
            Err(Problem::database_unavailable())
        }
    }
}
