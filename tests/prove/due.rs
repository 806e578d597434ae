//! Many links, few of them due: finding and claiming those costs the same however many there are,
//! and the service does not grow with them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use trakt_core::ports::{ClaimDue, TokenStore};
use trakt_core::token::AttemptOwner;
use trakt_core::{AttemptId, SystemEntropy};
use trakt_sim::Sim;
use trakt_store::{Keyring, PgStore, PoolOptions};
use uuid::Uuid;

use crate::Run;
use crate::harness::{Database, Server, TOKEN_KEYS, link_without_trakt, sim, wait_for};
use crate::report::Report;

/// Links of nobody in particular, due within the coming weeks.
const LINKS: &str = "\
    INSERT INTO trakt_users (trakt_slug, trakt_uuid, access_token, refresh_token, \
                             token_expires_at, token_issued_at, refresh_due_at, key_id, status) \
    SELECT 'slug-' || n, md5(n::text), repeat('x', 160), repeat('x', 160), \
           now() + interval '30 days', now(), now() + interval '1 day' + n * interval '1 second', \
           'e2e', 'active' \
    FROM generate_series($1::int, $2::int) n";
/// How many are added in one statement: a server has its time limit for one.
const CHUNK: usize = 20_000;
const DUE: &str = "UPDATE trakt_users SET refresh_due_at = now() - interval '1 second' \
                   WHERE user_id IS NOT NULL";
/// How many are claimed at once.
const BATCH: usize = 100;
/// What `claim_due` looks for, as PostgreSQL plans it.
const PLAN: &str = "\
    EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) \
    SELECT id FROM trakt_users WHERE refresh_due_at <= now() AND access_token IS NOT NULL \
    AND status IN ('active', 'locked') AND (next_try_at IS NULL OR next_try_at <= now()) \
    AND (refresh_state = 'idle' OR lease_until < now() - interval '15 minutes') \
    ORDER BY refresh_due_at LIMIT 100 FOR UPDATE SKIP LOCKED";

pub fn prove(run: Run, report: &mut Report) {
    let (many, few) = (run.count(1_000_000, 20_000), 1_000);
    let due = run.count(3_000, 200);
    let sim = sim();
    let mut tables = [few, many].map(|links| Table::new(&sim, links, due));
    // In turns, so that whatever else this machine does meets both.
    for _ in 0..due / BATCH {
        for table in &mut tables {
            table.claim();
        }
    }
    let [at_few, at_many] = tables;
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rate = |table: &Table| due as f64 / table.claiming.as_secs_f64();
    report.at_least(
        &format!("links claimed a second, of {many}"),
        rate(&at_many) as usize,
        500,
    );
    report.note(&format!("the same, of {few}"), "", rate(&at_few) as usize);
    // A claim writes into every index of its row, and those of many links have colder pages.
    report.note(
        &format!("rate at {many} / rate at {few}"),
        "",
        format!("{:.2}", rate(&at_many) / rate(&at_few)),
    );
    report.all(
        &format!("the plan's scan: {}", at_many.node),
        usize::from(at_many.node == "Index Scan (trakt_users_refresh_due)"),
        1,
    );
    report.at_most(
        &format!("buffers to find {BATCH} due of {many}"),
        at_many.buffers,
        600,
    );
    report.note(&format!("the same, of {few}"), "", at_few.buffers);
    let more = (at_many.resident - at_few.resident).max(0) / 1024;
    report.at_most(
        &format!("resident memory at {many} beyond {few}, MiB"),
        u64::try_from(more).unwrap_or(0),
        64,
    );
}

/// A database with so many links, a few of which are due, and what was measured on it.
struct Table {
    store: PgStore,
    /// It goes with its server.
    _database: Database,
    claiming: Duration,
    buffers: u64,
    node: String,
    resident: i64,
}

impl Table {
    fn new(sim: &Sim, links: usize, due: usize) -> Self {
        let database = Database::fresh();
        trakt_store::migrate(&database.url().to_owned().into()).unwrap();
        for first in (0..links).step_by(CHUNK) {
            let range = [first + 1, links.min(first + CHUNK)].map(|at| i32::try_from(at).unwrap());
            database.execute(LINKS, &[&range[0], &range[1]]);
        }
        let keys = Keyring::parse(TOKEN_KEYS).unwrap();
        let options = PoolOptions::new(database.url().to_owned().into());
        let store = PgStore::new(&options, keys, Arc::new(SystemEntropy));
        for number in 0..due {
            link_without_trakt(&store, &database, &format!("due-{number}"));
        }
        let resident = resident(sim, &database);
        database.execute(DUE, &[]);
        database.execute("SET statement_timeout = 0", &[]);
        database.execute("VACUUM ANALYZE trakt_users", &[]);
        let plan: Value = database.rows(PLAN, &[])[0].get(0);
        let top = &plan[0]["Plan"];
        let buffers = ["Shared Hit Blocks", "Shared Read Blocks"].map(|name| top[name].as_u64());
        let node = scan(top).unwrap_or_default();
        // The shared budget is another proof's business.
        database.execute(
            "UPDATE trakt_gate SET rate = 1000000, budget = 1000000",
            &[],
        );
        Self {
            store,
            _database: database,
            claiming: Duration::ZERO,
            buffers: buffers.into_iter().flatten().sum(),
            node,
            resident,
        }
    }

    fn claim(&mut self) {
        let attempts = (0..BATCH).map(|_| AttemptId::random(&SystemEntropy));
        let cmd = ClaimDue {
            attempts: attempts.collect(),
            owner: AttemptOwner {
                id: Uuid::from_u128(1),
                boot: Uuid::from_u128(2),
            },
            lease: Duration::from_secs(60),
        };
        let start = Instant::now();
        let claimed = self.store.claim_due(&cmd).unwrap().len();
        self.claiming += start.elapsed();
        assert_eq!(claimed, BATCH);
    }
}

/// The innermost node of a plan.
fn scan(node: &Value) -> Option<String> {
    match node["Plans"].as_array().and_then(|plans| plans.first()) {
        Some(inner) => scan(inner),
        None => {
            let index = node["Index Name"].as_str().unwrap_or("no index");
            Some(format!("{} ({index})", node["Node Type"].as_str()?))
        }
    }
}

/// What a service holds in memory, in KiB, after its workers have taken links of this database and
/// tried to refresh them. Trakt knows none of the tokens, so they stop at the brake.
fn resident(sim: &Sim, database: &Database) -> i64 {
    let server = Server::builder().database(database).sim(sim).start();
    database.execute(DUE, &[]);
    let tried = "SELECT count(*) FROM trakt_gate WHERE brake";
    wait_for("the workers", || (database.count(tried) == 1).then_some(()));
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    assert!(server.stop().0.success());
    for reset in [
        "UPDATE trakt_gate SET brake = false, trust = 5, failures = 0, closed_until = now()",
        "UPDATE trakt_users SET status = 'active', status_reason = NULL, refresh_state = 'idle', \
             attempt = NULL, attempt_owner = NULL, attempt_boot = NULL, lease_until = NULL, \
             next_try_at = NULL, refresh_due_at = now() + interval '1 day' \
         WHERE user_id IS NOT NULL",
    ] {
        database.execute(reset, &[]);
    }
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.trim().split(' ').next()?.parse().ok());
    kib.expect("the resident memory")
}
