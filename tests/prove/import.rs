//! The longest history anybody has, read into our tables for the first time: all of it, in the
//! memory of a few pages, and how fast it is stored beside `COPY` of the same rows.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use trakt_core::ports::{
    Asked, BeginPull, Begun, EndPull, FinishPart, HoldPart, Lease, StoreRows, Stored, UserState,
    WatchStore,
};
use trakt_core::watch::{Held, HistoryCursor, HistoryQuery, Listing, Part, Play, PullState};
use trakt_core::{PortError, UserId};
use trakt_store::PgStore;

use crate::Run;
use crate::harness::{Database, Linker};
use crate::memory::growth;
use crate::report::Report;
use crate::simulator::Simulator;

pub fn prove(run: Run, report: &mut Report) {
    let plays = run.count(200_000, 5000);
    let simulator = Simulator::start(2, plays);
    let database = Database::fresh();
    let linker = Linker::at(&database, &simulator.url);
    let user = database.user("viewer@example.org", "user");
    linker.link_by(user, |code| simulator.approve(code, "viewer-1"));
    let store = Arc::new(Timed {
        store: linker.store.clone(),
        took: Mutex::default(),
    });
    let watch = linker.watch_into(store.clone());
    let start = Instant::now();
    let mut parts = 0;
    let grown = growth(|| {
        let pulled = watch.pull(user.into()).unwrap();
        assert_eq!(pulled.partial, []);
        parts = pulled.whole.len();
    });
    let took = start.elapsed();
    let stored = *store.took.lock().unwrap();
    let count = |table: &str| {
        let count = database.count(&format!("SELECT count(*) FROM {table}"));
        usize::try_from(count).unwrap()
    };
    report.all("plays imported", count("plays"), plays);
    report.all("parts read as a whole", parts, Part::ALL.len());
    report.at_most("growth of memory, MiB", grown.div_ceil(1024 * 1024), 64);

    let rows = count("plays") + count("media");
    let copied = copy(&database, &["plays", "media"]);
    let rate = |took: Duration| {
        #[expect(clippy::cast_precision_loss, reason = "a rate")]
        let rows = rows as f64;
        rows / took.as_secs_f64()
    };
    let whole = |rate: f64| format!("{rate:.0}");
    report.note(
        "plays and things a second, with reading",
        "",
        whole(rate(took)),
    );
    report.note("stored a second", "", whole(rate(stored)));
    report.note(
        "copied a second (COPY, same indexes)",
        "",
        whole(rate(copied)),
    );
    let hundredths = copied.as_micros() * 100 / stored.as_micros().max(1);
    // At a small count everything is done before anything is warm.
    let goal = if run.small { 1 } else { 30 };
    let hundredths = usize::try_from(hundredths).unwrap();
    report.at_least("of 100 copied as many are stored", hundredths, goal);
}

/// How long it takes to copy the rows of these tables into tables that are made alike.
fn copy(database: &Database, tables: &[&str]) -> Duration {
    let mut client = Client::connect(database.url(), NoTls).unwrap();
    let mut took = Duration::ZERO;
    for table in tables {
        let mut rows = Vec::new();
        let out = format!("COPY {table} TO STDOUT (FORMAT binary)");
        let mut reader = client.copy_out(&out).unwrap();
        reader.read_to_end(&mut rows).unwrap();
        drop(reader);
        let alike = format!("CREATE TABLE copied_{table} (LIKE {table} INCLUDING ALL)");
        client.batch_execute(&alike).unwrap();
        let start = Instant::now();
        let into = format!("COPY copied_{table} FROM STDIN (FORMAT binary)");
        let mut writer = client.copy_in(&into).unwrap();
        writer.write_all(&rows).unwrap();
        writer.finish().unwrap();
        took += start.elapsed();
    }
    took
}

/// A store, and how long its work took.
struct Timed {
    store: PgStore,
    took: Mutex<Duration>,
}

impl Timed {
    fn time<T>(&self, work: impl FnOnce(&PgStore) -> T) -> T {
        let start = Instant::now();
        let done = work(&self.store);
        *self.took.lock().unwrap() += start.elapsed();
        done
    }
}

impl WatchStore for Timed {
    fn begin_pull(&self, cmd: &BeginPull) -> Result<Option<Begun>, PortError> {
        self.time(|store| store.begin_pull(cmd))
    }

    fn held(&self, user: UserId, part: Part) -> Result<Vec<Held>, PortError> {
        self.time(|store| store.held(user, part))
    }

    fn store_rows(&self, cmd: &StoreRows) -> Result<Stored, PortError> {
        self.time(|store| store.store_rows(cmd))
    }

    fn finish_part(&self, cmd: &FinishPart) -> Result<Lease, PortError> {
        self.time(|store| store.finish_part(cmd))
    }

    fn hold_part(&self, cmd: &HoldPart) -> Result<Lease, PortError> {
        self.time(|store| store.hold_part(cmd))
    }

    fn end_pull(&self, cmd: &EndPull) -> Result<Lease, PortError> {
        self.time(|store| store.end_pull(cmd))
    }

    fn claim_pulls(&self, limit: u32, lease: Duration) -> Result<Vec<UserId>, PortError> {
        self.time(|store| store.claim_pulls(limit, lease))
    }

    fn ask_pull(&self, user: UserId, confirm: bool) -> Result<Asked, PortError> {
        self.time(|store| store.ask_pull(user, confirm))
    }

    fn history(&self, query: &HistoryQuery) -> Result<Listing<Play, HistoryCursor>, PortError> {
        self.time(|store| store.history(query))
    }

    fn pull_state(&self, user: UserId) -> Result<Option<PullState>, PortError> {
        self.time(|store| store.pull_state(user))
    }

    fn pull_states(&self, users: &[UserId]) -> Result<Vec<UserState>, PortError> {
        self.time(|store| store.pull_states(users))
    }
}
