//! The heads that are exported: what they hold against whoever has the database.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;
use trakt_sim::Sim;

use super::{audit, verify};
use crate::harness::{
    AUTH_SECRET, Database, Server, TOKEN_KEYS, issue_token, run_command, sim, wait_for,
};

/// A command with all settings: how it ends, and what it says.
fn command(
    database: &Database,
    sim: &Sim,
    data: &Path,
    args: &[&str],
) -> (Option<i32>, String, String) {
    let application = trakt_sim::Config::default();
    let vars = [
        ("DATABASE_URL", database.url()),
        ("DATA_DIR", data.to_str().unwrap()),
        ("TOKEN_KEYS", TOKEN_KEYS),
        ("AUTH_SECRET", AUTH_SECRET),
        ("TRAKT_CLIENT_ID", &application.client_id),
        ("TRAKT_CLIENT_SECRET", &application.client_secret),
        ("TRAKT_API_URL", sim.url()),
    ];
    let done = run_command(args, &vars, "");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (done.status.code(), text(done.stdout), text(done.stderr))
}

fn start(database: &Database, sim: &Sim, data: &Path) -> Server {
    let builder = Server::builder().database(database).sim(sim);
    builder.data_dir(data).start()
}

/// Entries of three users.
fn three_begin(server: &Server, database: &Database) {
    for name in ["ana", "ben", "cleo"] {
        let token = issue_token(database.user(&format!("{name}@example.org"), "user"), 600);
        server.start_flow(&token, false);
    }
}

/// Who owns the database can cut the end off and set the head back; the log and `DATA_DIR` remember.
#[test]
fn a_tail_that_was_cut_off_is_found_by_exported_heads() {
    let (sim, database, data) = (sim(), Database::fresh(), TempDir::new().unwrap());
    let start = || start(&database, &sim, data.path());
    let server = start();
    three_begin(&server, &database);
    // The next start exports at once, and not after a minute.
    assert!(server.stop().0.success());
    let server = start();
    let kept = data.path().join("audit-heads");
    let heads = wait_for("the heads in DATA_DIR", || {
        std::fs::read_to_string(&kept).ok()
    });
    let mode = std::fs::metadata(&kept).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    wait_for("the heads in the log", || {
        server.log().contains(heads.trim_end()).then_some(())
    });
    let (status, log) = server.stop();
    assert!(status.success());
    let exported = data.path().join("exported.log");
    std::fs::write(&exported, log).unwrap();
    let exported = exported.to_str().unwrap();
    let verify = ["verify", "--heads", exported];
    let said = audit(&database, data.path(), &verify);
    assert_eq!((said.code, said.error.as_str()), (Some(0), ""));
    assert!(said.out.contains(", 2 lines of heads compared, 0 problems"));

    database.execute("SET session_replication_role = 'replica'", &[]);
    let sql = "SELECT shard, seq, entry_id FROM audit_chain ORDER BY entry_id DESC LIMIT 1";
    let last = &database.rows(sql, &[])[0];
    let (shard, seq, entry): (i16, i64, i64) = (last.get(0), last.get(1), last.get(2));
    database.batch(&format!(
        "DELETE FROM audit_log WHERE id = {entry}; DELETE FROM audit_chain WHERE entry_id = {entry}; \
         UPDATE audit_heads SET seq = {before}, mac = coalesce((SELECT mac FROM audit_chain \
             WHERE shard = {shard} AND seq = {before}), '') WHERE shard = {shard}",
        before = seq - 1
    ));
    let said = audit(&database, data.path(), &verify);
    assert_eq!(said.code, Some(1));
    let line = format!(
        "shard {shard} seq {seq}: cut off: the chain ends at seq {}",
        seq - 1
    );
    let expected = format!("{line} ({exported})\n{line} ({})\n", kept.display());
    assert!(said.out.starts_with(&expected), "{}", said.out);
    // Nor is the rest removed, that it went with.
    let prune = |args: &[&str]| {
        let args: Vec<&str> = ["prune", "--before", "0"]
            .iter()
            .chain(args)
            .copied()
            .collect();
        audit(&database, data.path(), &args)
    };
    let said = prune(&[]);
    assert_eq!(said.code, Some(1));
    assert_eq!(said.out, format!("{line} ({})\n", kept.display()));
    assert!(
        said.error.contains("so nothing was removed"),
        "{}",
        said.error
    );
    std::fs::rename(&kept, data.path().join("away")).unwrap();
    let said = prune(&["--heads", exported]);
    assert_eq!(
        (said.code, said.out),
        (Some(1), format!("{line} ({exported})\n"))
    );
    std::fs::rename(data.path().join("away"), &kept).unwrap();
    // The service says it too, and keeps the file as it was.
    let server = start();
    wait_for("the service to say so", || {
        server.log().contains(&line).then_some(())
    });
    assert!(server.stop().0.success());
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), heads);
    // Without either file nobody can tell.
    std::fs::remove_file(&kept).unwrap();
    assert_eq!(audit(&database, data.path(), &["verify"]).code, Some(0));
}

/// A backup cuts the end of the trail off as well: `restored` is where that is said.
#[test]
fn a_restore_is_said_while_nobody_is_at_work_and_heads_go_aside() {
    let (sim, database, data) = (sim(), Database::fresh(), TempDir::new().unwrap());
    let kept = data.path().join("audit-heads");
    std::fs::write(&kept, "0:1:broken").unwrap();
    let server = start(&database, &sim, data.path());
    wait_for("the broken file to be named", || {
        let said = "has no heads of the audit trail, or is damaged. It is ";
        server.log().contains(said).then_some(())
    });
    let aside = |number: u8| std::fs::read_to_string(kept.with_extension(number.to_string()));
    assert_eq!(aside(1).unwrap(), "0:1:broken");
    assert!(!kept.exists());
    let token = issue_token(database.user("ana@example.org", "user"), 600);
    server.start_flow(&token, false);
    let command = |args: &[&str]| command(&database, &sim, data.path(), args);
    let (code, out, said) = command(&["restored"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(
        said.contains("a service is at work with this database (session "),
        "{said}"
    );
    assert!(said.contains("stop it"), "{said}");
    let restored = "SELECT count(*) FROM audit_log WHERE event = 'database_restored'";
    assert_eq!(database.count(restored), 0);
    assert!(server.stop().0.success());

    // What the backup does not have.
    let mac = "0123456789abcdef".repeat(2);
    let later = format!("audit heads 0:900:{mac}\n");
    std::fs::write(&kept, &later).unwrap();
    let (code, out, _) = command(&["doctor"]);
    assert_eq!(code, Some(1), "{out}");
    let line = "FAIL  audit heads       the audit trail is not as it was kept here: shard 0 seq 900: cut off";
    assert!(out.contains(line), "{out}");
    assert!(out.contains("trakt-server restored"), "{out}");
    let (code, out, said) = command(&["restored"]);
    assert_eq!(code, Some(0), "{said}");
    let expected = format!(
        "0 links are tried as they come due, 0 writes looked for before they are sent\n\
         the heads of the audit trail that were kept here are {} now: they are of after the backup\n",
        kept.with_extension("2").display()
    );
    assert_eq!(out, expected);
    assert_eq!(aside(2).unwrap(), later);
    assert_eq!(database.count(restored), 1);
    verify(
        &database,
        data.path(),
        "2 entries are in their places, 0 lines of heads compared, 0 problems\n",
    );
    let (_, out, _) = command(&["doctor"]);
    assert!(!out.contains("audit heads"), "{out}");
}

/// It is done once: numbers go ahead by as much with each run.
#[test]
fn a_restore_is_not_done_where_it_could_not_come_to_its_end() {
    let (sim, database, data) = (sim(), Database::fresh(), TempDir::new().unwrap());
    let kept = data.path().join("audit-heads");
    let command = |args: &[&str]| command(&database, &sim, data.path(), args);
    assert_eq!(command(&["migrate"]).0, Some(0));
    let done = || {
        let entries = "SELECT count(*) FROM audit_log WHERE event = 'database_restored'";
        let events = "SELECT last_value / 1000000000 FROM webhook_events_seq_seq";
        (database.count(entries), database.count(events))
    };
    std::fs::create_dir(&kept).unwrap();
    let (code, out, said) = command(&["restored"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(said.contains("audit-heads: "), "{said}");
    assert_eq!(done(), (0, 0));
    std::fs::remove_dir(&kept).unwrap();

    std::fs::write(&kept, "").unwrap();
    let (code, _, said) = command(&["restored"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("audit-heads.1 now"), "{said}");
    assert!(!kept.exists() && kept.with_extension("1").exists());
    assert_eq!(done(), (1, 1));
}

/// What is kept goes on from what was kept before, or does not change.
#[test]
fn kept_heads_do_not_go_back_with_the_heads_of_the_database() {
    let (sim, database, data) = (sim(), Database::fresh(), TempDir::new().unwrap());
    let start = || start(&database, &sim, data.path());
    let server = start();
    three_begin(&server, &database);
    assert!(server.stop().0.success());
    let kept = data.path().join("audit-heads");
    let read = || std::fs::read_to_string(&kept).unwrap();
    // A start exports at once.
    let server = start();
    wait_for("the heads in DATA_DIR", || kept.exists().then_some(()));
    assert!(server.stop().0.success());
    let heads = read();

    let last = "SELECT shard, seq FROM audit_heads WHERE seq > 0 ORDER BY seq DESC LIMIT 1";
    let last = &database.rows(last, &[])[0];
    let (shard, seq): (i16, i64) = (last.get(0), last.get(1));
    database.batch("CREATE TABLE saved AS TABLE audit_heads");
    let gone = format!("shard {shard} seq {seq}: the head of the chain is gone");
    let before = seq - 1;
    let back = format!(
        "shard {shard} seq {before}: the head was set back: the chain goes on to seq {seq}"
    );
    for (sql, line) in [
        (
            format!("DELETE FROM audit_heads WHERE shard = {shard}"),
            gone,
        ),
        (
            format!(
                "UPDATE audit_heads SET seq = {before}, mac = coalesce((SELECT mac FROM audit_chain \
                     WHERE shard = {shard} AND seq = {before}), '') WHERE shard = {shard}"
            ),
            back,
        ),
    ] {
        database.batch(&sql);
        // No command passes it, nor does the service keep it.
        let told = format!("{line} ({})\n", kept.display());
        for args in [&["verify"][..], &["prune", "--before", "0"]] {
            let said = audit(&database, data.path(), args);
            assert_eq!(said.code, Some(1), "{args:?}");
            assert!(said.out.contains(&told), "{args:?}: {}", said.out);
        }
        let server = start();
        wait_for("the service to say so", || {
            server.log().contains(&line).then_some(())
        });
        assert!(server.stop().0.success());
        assert_eq!(read(), heads);
        database.batch("DELETE FROM audit_heads; INSERT INTO audit_heads SELECT * FROM saved");
    }
    verify(
        &database,
        data.path(),
        "3 entries are in their places, 1 lines of heads compared, 0 problems\n",
    );

    // The links go a minute later.
    database.batch(&format!(
        "SET session_replication_role = 'replica'; \
         DELETE FROM audit_log WHERE id = \
             (SELECT entry_id FROM audit_chain WHERE shard = {shard} AND seq = {seq}); \
         DELETE FROM audit_chain WHERE shard = {shard} AND seq = {seq}; \
         UPDATE audit_heads SET seq = {before}, mac = coalesce((SELECT mac FROM audit_chain \
             WHERE shard = {shard} AND seq = {before}), '') WHERE shard = {shard}"
    ));
    let said = audit(&database, data.path(), &["verify"]);
    let line = format!("shard {shard} seq {seq}: cut off: the chain ends at seq {before}");
    assert_eq!(said.code, Some(1));
    assert_eq!(
        said.out.lines().next().unwrap(),
        format!("{line} ({})", kept.display())
    );
}

/// Of heads that are damaged in part the undamaged ones are not taken for all.
#[test]
fn a_file_of_heads_is_whole_or_broken() {
    let (sim, database, data) = (sim(), Database::fresh(), TempDir::new().unwrap());
    let server = start(&database, &sim, data.path());
    assert!(server.stop().0.success());
    let kept = data.path().join("audit-heads");
    let mac = "0123456789abcdef".repeat(2);
    let good = format!("audit heads 0:1:{mac} 1:2:{mac} 2:3:{mac}\n");
    let damaged = [
        good.replace("1:2:", "1:x:"),
        good.replace(" 2:3:", "  2:3:"),
        good.replace("2:3:", "2:3:A"),
        good[..good.len() - 4].to_owned(),
        format!("{good}{good}"),
    ];
    for text in &damaged {
        std::fs::write(&kept, text).unwrap();
        for args in [&["verify"][..], &["prune", "--before", "0", "--unchecked"]] {
            let said = audit(&database, data.path(), args);
            assert_eq!(said.code, Some(1), "{args:?}: {text}");
            assert!(said.error.contains("or is damaged"), "{}", said.error);
        }
    }
    let server = start(&database, &sim, data.path());
    let aside = kept.with_extension("1");
    wait_for("the damaged file to be put aside", || {
        aside.exists().then_some(())
    });
    assert!(server.stop().0.success());
    assert_eq!(
        &std::fs::read_to_string(&aside).unwrap(),
        damaged.last().unwrap()
    );
}
