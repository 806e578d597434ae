//! The audit trail: how many entries a second four writers get, each with an effect of its own in a
//! durable PostgreSQL; and that `audit verify` finds everything that the owner of the database does to
//! the entries, and nothing else.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use trakt_core::audit::{AuditEntry, AuditEvent, AuditOutcome, AuditStamp};
use trakt_core::ports::{AuditStore, ChangeChoices, ChoiceStore};
use trakt_core::{LinkId, SystemEntropy, TraktSlug, TraktUuid, UserId};
use trakt_store::{AuditHeads, Keyring, PgStore, PoolOptions};

use crate::Run;
use crate::cluster::Postgres;
use crate::dice::Dice;
use crate::harness::{AUTH_SECRET, Database, TOKEN_KEYS, run_command};
use crate::report::Report;

const WRITERS: usize = 4;
/// Entries of the trail that is tampered with.
const ENTRIES: usize = 300;
const NEW_KEYS: &str = "new:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";

pub fn prove(run: Run, report: &mut Report) {
    throughput(run, report);
    tampering(run, report);
}

fn open(database: &Database) -> PgStore {
    trakt_store::migrate(&database.url().to_owned().into()).unwrap();
    let options = PoolOptions::new(database.url().to_owned().into());
    let keys = Keyring::parse(TOKEN_KEYS).unwrap();
    let store = PgStore::new(&options, keys, Arc::new(SystemEntropy));
    store.check_keys().unwrap();
    store.begin_trail().unwrap();
    store
}

/// Users switch something on and off: one entry each time.
fn throughput(run: Run, report: &mut Report) {
    let each = run.count(5000, 200);
    let postgres = Postgres::start();
    let database = postgres.database();
    let store = open(&database);
    let start = Barrier::new(WRITERS + 1);
    let mut took: Vec<Duration> = Vec::new();
    let mut whole = Duration::ZERO;
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let (store, start) = (&store, &start);
                let user = database.user(&format!("user-{number}@example.org"), "user");
                scope.spawn(move || {
                    let mut took = Vec::with_capacity(each);
                    start.wait();
                    for turn in 0..each {
                        let cmd = ChangeChoices {
                            user: user.into(),
                            pull: None,
                            push: Some(turn % 2 == 1),
                            recommendations: None,
                            stamp: AuditStamp::default(),
                        };
                        let begun = Instant::now();
                        store.change_choices(&cmd).unwrap();
                        took.push(begun.elapsed());
                    }
                    took
                })
            })
            .collect();
        start.wait();
        let begun = Instant::now();
        for writer in writers {
            took.extend(writer.join().unwrap());
        }
        whole = begun.elapsed();
    });
    took.sort_unstable();
    let rate = (took.len() as f64 / whole.as_secs_f64()) as usize;
    let [half, most] = [50, 99].map(|part| took[took.len() * part / 100].as_secs_f64() * 1000.0);
    let figure = "entries a second, 4 writers";
    if run.small {
        report.note(figure, "≥ 500 (full run)", rate);
    } else {
        report.at_least(figure, rate, 500);
        report.at_most(
            "ms of an entry with its effect, p99",
            most.ceil() as u64,
            20,
        );
    }
    let both = format!("{half:.1} / {most:.1} ms");
    report.note("an entry with its effect, p50 / p99", "p99 < 20 ms", both);
    let verified = store.verify_trail(&mut |problem| println!("{problem}"));
    let good = usize::try_from(verified.unwrap().entries).unwrap();
    report.all("of them in their places", good, took.len());
}

/// What is done to the entries: statements, and what `verify` has to say of it.
struct Deed {
    name: &'static str,
    sql: String,
    told: String,
}

/// A link of the chain.
struct Link {
    shard: i16,
    seq: i64,
    entry: i64,
}

struct Trail {
    links: Vec<Link>,
}

impl Trail {
    fn any(&self, dice: &mut Dice) -> &Link {
        let count = u64::try_from(self.links.len()).unwrap();
        &self.links[usize::try_from(dice.below(count)).unwrap()]
    }

    fn last(&self, shard: i16) -> i64 {
        let of = self.links.iter().filter(|link| link.shard == shard);
        of.map(|link| link.seq).max().unwrap()
    }

    /// One that is not the last of its chain.
    fn early(&self, dice: &mut Dice) -> &Link {
        loop {
            let link = self.any(dice);
            if link.seq < self.last(link.shard) {
                return link;
            }
        }
    }

    /// Another than this one, of the same chain or of another.
    fn other(&self, dice: &mut Dice, than: &Link, same: bool) -> &Link {
        loop {
            let link = self.any(dice);
            if link.entry != than.entry && (link.shard == than.shard) == same {
                return link;
            }
        }
    }
}

/// Every column, and how it is changed.
const COLUMNS: &[(&str, &str)] = &[
    ("at", "at + interval '1 microsecond'"),
    ("event", "event || 'x'"),
    (
        "outcome",
        "CASE outcome WHEN 'refused' THEN 'succeeded' ELSE 'refused' END",
    ),
    ("actor_id", "gen_random_uuid()"),
    (
        "subject_id",
        "CASE WHEN subject_id IS NULL THEN gen_random_uuid() END",
    ),
    ("link_id", "gen_random_uuid()"),
    (
        "trakt_slug",
        "CASE WHEN trakt_slug IS NULL THEN '' ELSE trakt_slug || ' ' END",
    ),
    ("trakt_uuid", "CASE WHEN trakt_uuid IS NULL THEN 'x' END"),
    ("ip", "CASE WHEN ip IS NULL THEN '' END"),
    ("request_id", "coalesce(request_id, '') || 'x'"),
    ("detail", "coalesce(upper(detail), 'X')"),
];

const KINDS: usize = COLUMNS.len() + 18;

fn deed(kind: usize, dice: &mut Dice, trail: &Trail) -> Deed {
    let link = trail.any(dice);
    let Link { shard, seq, entry } = *link;
    let here = format!("WHERE shard = {shard} AND seq = {seq}");
    let altered = format!("shard {shard} seq {seq} entry {entry}: altered");
    if let Some((column, value)) = COLUMNS.get(kind) {
        return Deed {
            name: column,
            sql: format!("UPDATE audit_log SET {column} = {value} WHERE id = {entry}"),
            told: altered,
        };
    }
    let last = trail.last(shard);
    let cut = format!(
        "DELETE FROM audit_log WHERE id IN (SELECT entry_id FROM audit_chain \
             WHERE shard = {shard} AND seq >= {seq}); \
         DELETE FROM audit_chain WHERE shard = {shard} AND seq >= {seq}"
    );
    let set_back = format!(
        "UPDATE audit_heads SET seq = {before}, mac = coalesce((SELECT mac FROM audit_chain \
             WHERE shard = {shard} AND seq = {before}), '') WHERE shard = {shard}",
        before = seq - 1
    );
    let cut_off = format!(
        "shard {shard} seq {last}: cut off: the chain ends at seq {}",
        seq - 1
    );
    let forged = "INSERT INTO audit_log (event, outcome) VALUES ('linked', 'succeeded')";
    let (name, sql, told) = match kind - COLUMNS.len() {
        0 => (
            "id",
            format!(
                "ALTER TABLE audit_log ALTER id SET GENERATED BY DEFAULT; \
                 UPDATE audit_log SET id = 1000000 WHERE id = {entry}; \
                 ALTER TABLE audit_log ALTER id SET GENERATED ALWAYS"
            ),
            format!("entry {entry}: removed"),
        ),
        1 => (
            "entry removed",
            format!("DELETE FROM audit_log WHERE id = {entry}"),
            format!("shard {shard} seq {seq} entry {entry}: removed"),
        ),
        2 => {
            let Link { shard, seq, entry } = trail.early(dice);
            (
                "entry and link removed",
                format!(
                    "DELETE FROM audit_log WHERE id = {entry}; \
                     DELETE FROM audit_chain WHERE entry_id = {entry}"
                ),
                format!("shard {shard} seq {seq}: removed"),
            )
        }
        3 => {
            let other = trail.other(dice, link, true).entry;
            (
                "entries swapped",
                format!(
                    "ALTER TABLE audit_log ALTER id SET GENERATED BY DEFAULT; \
                     UPDATE audit_log SET id = 1000000 WHERE id = {entry}; \
                     UPDATE audit_log SET id = {entry} WHERE id = {other}; \
                     UPDATE audit_log SET id = {other} WHERE id = 1000000; \
                     ALTER TABLE audit_log ALTER id SET GENERATED ALWAYS"
                ),
                altered,
            )
        }
        same @ (4 | 5) => {
            let other = trail.other(dice, link, same == 4).entry;
            (
                if same == 4 {
                    "links swapped"
                } else {
                    "links of two chains swapped"
                },
                format!(
                    "UPDATE audit_chain SET entry_id = 1000000 WHERE entry_id = {entry}; \
                     UPDATE audit_chain SET entry_id = {entry} WHERE entry_id = {other}; \
                     UPDATE audit_chain SET entry_id = {other} WHERE entry_id = 1000000"
                ),
                format!("shard {shard} seq {seq} entry {other}: altered"),
            )
        }
        6 => ("tail cut", cut, cut_off),
        7 => (
            "tail cut, head set back",
            format!("{cut}; {set_back}"),
            cut_off,
        ),
        8 => (
            "chain wiped",
            format!(
                "DELETE FROM audit_log WHERE id IN \
                     (SELECT entry_id FROM audit_chain WHERE shard = {shard}); \
                 DELETE FROM audit_chain WHERE shard = {shard}; \
                 UPDATE audit_heads SET seq = 0, mac = '' WHERE shard = {shard}"
            ),
            format!("shard {shard} seq {last}: cut off: the chain ends at seq 0"),
        ),
        9 => (
            "entry forged",
            forged.to_owned(),
            "not in the chain".to_owned(),
        ),
        10 => (
            "entry forged with a link",
            format!(
                "WITH e AS ({forged} RETURNING id), c AS (INSERT INTO audit_chain \
                     SELECT {shard}, {next}, e.id, k.id, false, sha256('x') FROM e, audit_keys AS k) \
                 UPDATE audit_heads SET seq = {next}, mac = sha256('x') WHERE shard = {shard}",
                next = last + 1
            ),
            format!("shard {shard} seq {} entry", last + 1),
        ),
        11 => (
            "mac of a link",
            format!("UPDATE audit_chain SET mac = sha256(mac) {here}"),
            altered,
        ),
        12 => (
            "key of a link",
            format!("UPDATE audit_chain SET key = gen_random_uuid() {here}"),
            format!("shard {shard} seq {seq} entry {entry}: cannot be checked"),
        ),
        13 => (
            "link marked as adopted",
            format!("UPDATE audit_chain SET adopted = NOT adopted {here}"),
            altered,
        ),
        14 => (
            "head set back",
            set_back,
            format!("shard {shard} seq {}: the head was set back", seq - 1),
        ),
        15 => {
            let Link { shard, seq, .. } = trail.early(dice);
            (
                "beginning cut with a forged mark",
                format!(
                    "INSERT INTO audit_checkpoints SELECT shard, seq, mac, key, sha256(mac) \
                         FROM audit_chain WHERE shard = {shard} AND seq = {seq}; \
                     DELETE FROM audit_log WHERE id IN (SELECT entry_id FROM audit_chain \
                         WHERE shard = {shard} AND seq <= {seq}); \
                     DELETE FROM audit_chain WHERE shard = {shard} AND seq <= {seq}"
                ),
                format!("shard {shard} seq {seq}: the mark of retention is not valid"),
            )
        }
        16 => (
            "entry forged before the beginning",
            format!(
                "WITH e AS ({forged} RETURNING id) INSERT INTO audit_chain \
                 SELECT {shard}, 0, e.id, k.id, false, sha256('x') FROM e, audit_keys AS k"
            ),
            format!("shard {shard} seq 0 entry"),
        ),
        _ => (
            "key of the chain",
            "UPDATE audit_keys SET sealed = overlay(sealed placing 'AAAA' from 20)".to_owned(),
            "cannot be checked".to_owned(),
        ),
    };
    Deed { name, sql, told }
}

struct Verifier<'a> {
    database: &'a Database,
    data: TempDir,
    heads: String,
}

impl Verifier<'_> {
    /// What a command says, and whether it ended well.
    fn run(&self, keys: &str, args: &[&str]) -> (Option<i32>, String) {
        let data = self.data.path().to_str().unwrap();
        let vars = [
            ("DATABASE_URL", self.database.url()),
            ("DATA_DIR", data),
            ("TOKEN_KEYS", keys),
            ("AUTH_SECRET", AUTH_SECRET),
        ];
        let done = run_command(args, &vars, "");
        (done.status.code(), String::from_utf8(done.stdout).unwrap())
    }

    fn verify(&self, keys: &str) -> (Option<i32>, String) {
        self.run(keys, &["audit", "verify", "--heads", &self.heads])
    }
}

const TABLES: [&str; 5] = [
    "audit_log",
    "audit_chain",
    "audit_heads",
    "audit_checkpoints",
    "audit_keys",
];

fn tampering(run: Run, report: &mut Report) {
    let each = run.count(12, 1);
    let database = Database::fresh();
    let store = open(&database);
    write(&store, run.seed);
    let data = TempDir::new().unwrap();
    let heads = data.path().join("kept.log");
    let line = store.audit_heads(&AuditHeads::default()).unwrap().0;
    std::fs::write(&heads, format!("[2026-11-29T00:00:00Z INFO  x] {line}\n")).unwrap();
    let heads = heads.to_str().unwrap().to_owned();
    let verifier = Verifier {
        database: &database,
        data,
        heads,
    };
    let sql = "SELECT shard, seq, entry_id FROM audit_chain ORDER BY shard, seq";
    let link = |row: &postgres::Row| Link {
        shard: row.get(0),
        seq: row.get(1),
        entry: row.get(2),
    };
    let trail = Trail {
        links: database.rows(sql, &[]).iter().map(link).collect(),
    };
    // Without triggers and constraints in the way, as for a superuser.
    database.execute("SET session_replication_role = 'replica'", &[]);
    for table in TABLES {
        database.execute(&format!("CREATE TABLE saved_{table} AS TABLE {table}"), &[]);
    }
    let (mut found, mut alarms, mut clean) = (0, 0, 0);
    for round in 0..each {
        for kind in 0..KINDS {
            let deed = deed(kind, &mut Dice::of(run.seed, round * KINDS + kind), &trail);
            for statement in deed.sql.split("; ") {
                database.execute(statement, &[]);
            }
            let (code, said) = verifier.verify(TOKEN_KEYS);
            if code == Some(1) && said.contains(&deed.told) {
                found += 1;
            } else {
                println!("{}: {}\n{code:?} {said}", deed.name, deed.sql);
            }
            for table in TABLES {
                database.execute(&format!("DELETE FROM {table}"), &[]);
                let back = format!(
                    "INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM saved_{table}"
                );
                database.execute(&back, &[]);
            }
        }
        clean += 1;
        alarms += usize::from(verifier.verify(TOKEN_KEYS).0 != Some(0));
    }
    // Retention, and keys that are changed.
    let old = "SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') \
               FROM audit_log ORDER BY at OFFSET 100 LIMIT 1";
    let before: String = database.rows(old, &[])[0].get(0);
    let both = format!("{NEW_KEYS},{TOKEN_KEYS}");
    for (keys, args) in [
        (TOKEN_KEYS, &["audit", "prune", "--before", &before][..]),
        (&both, &["keys", "rewrap"]),
        (NEW_KEYS, &["audit", "rekey"]),
        (NEW_KEYS, &["audit", "prune", "--before", "0"]),
    ] {
        let (code, said) = verifier.run(keys, args);
        let after = verifier.verify(if args[1] == "prune" { keys } else { NEW_KEYS });
        clean += 1;
        if code != Some(0) || after.0 != Some(0) {
            println!("{args:?}: {code:?} {said} {after:?}");
            alarms += 1;
        }
    }
    let figure = format!("tamperings of {KINDS} kinds found and named");
    report.all(&figure, found, each * KINDS);
    report.none(&format!("false alarms in {clean} untouched trails"), alarms);
}

/// Entries of all kinds, from several sessions.
fn write(store: &PgStore, seed: u64) {
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            scope.spawn(move || {
                let mut dice = Dice::of(seed, 1_000_000 + writer);
                for number in 0..ENTRIES / WRITERS {
                    let stamp = AuditStamp {
                        actor: dice.one_in(2).then(|| UserId::random(&SystemEntropy)),
                        ip: dice.one_in(2).then(|| [192, 0, 2, 1].into()),
                        request_id: dice.one_in(2).then(|| format!("r-{number}")),
                    };
                    let mut entry =
                        AuditEntry::new(AuditEvent::Linked, AuditOutcome::Succeeded, &stamp);
                    entry.subject = dice.one_in(2).then(|| UserId::random(&SystemEntropy));
                    if dice.one_in(2) {
                        let (slug, uuid) = (TraktSlug::parse("sean"), TraktUuid::parse("u1"));
                        entry = entry.account(&slug.unwrap(), uuid.as_ref());
                        entry = entry.link(LinkId::random(&SystemEntropy));
                    }
                    entry.detail = dice.one_in(2).then(|| "word".into());
                    store.record(&entry).unwrap();
                }
            });
        }
    });
}
