//! `audit`: the commands that check the audit trail, write it out, and keep it from growing for ever.
//! What they are for: `docs/audit.md`.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use clap::{Args, Subcommand};
use serde::Serialize;
use trakt_core::audit::{AuditEvent, AuditQuery, AuditService, AuditStamp, AuditStep, AuditUser};
use trakt_store::cluster::Role;
use trakt_store::{AuditHeads, AuditProblem, AuditSlot};

use super::keys::with_a_key_lost;
use crate::config::Settings;
use crate::http::audit::AuditView;
use crate::http::moment;
use crate::jobs::{HEADS_FILE, kept_heads};
use crate::services::Base;
use crate::stop::StopAsked;

/// What is done to the audit trail.
#[derive(Subcommand, Debug)]
pub enum AuditCommand {
    /// Check that no entry was edited, removed, swapped or cut off; exit with 1 if one was
    Verify {
        /// Heads that were exported earlier: a log of the service, or lines of one
        #[arg(long, value_name = "FILE")]
        heads: Vec<PathBuf>,
    },
    /// Write the entries as JSON lines, newest first
    Export(ExportArguments),
    /// Remove the oldest entries
    Prune {
        /// A time in RFC 3339, or a number of days: what is older is removed
        #[arg(long, value_name = "TIME|DAYS")]
        before: String,
        /// Remove also what does not check; `verify` says so from then on
        #[arg(long)]
        unchecked: bool,
        /// Heads that were exported earlier, compared before anything is removed
        #[arg(long, value_name = "FILE")]
        heads: Vec<PathBuf>,
    },
    /// Take in entries that `verify` found not in the chain
    Adopt,
    /// Make a new key, with which entries are chained from now on
    Rekey {
        /// The key of the chain cannot be opened any more: what was written with it cannot be checked
        #[arg(long)]
        key_lost: bool,
    },
}

/// Which entries are wanted.
#[derive(Args, Debug)]
pub struct ExportArguments {
    /// From this time on, in RFC 3339
    #[arg(long, value_parser = moment)]
    since: Option<DateTime<Utc>>,
    /// Before this time, in RFC 3339
    #[arg(long, value_parser = moment)]
    until: Option<DateTime<Utc>>,
    /// In which this user acted or was touched: an id or an e-mail address
    #[arg(long)]
    user: Option<AuditUser>,
    /// Of this event
    #[arg(long)]
    event: Option<AuditEvent>,
}

/// Does what the command line says.
///
/// # Errors
/// When it could not be done, or something is wrong with the trail.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub fn run(command: AuditCommand, settings: &Settings) -> anyhow::Result<()> {
    // No user acts on the command line, and there is no address to note.
    let stamp = AuditStamp::default();
    match command {
        AuditCommand::Verify { heads } => verify(&open(settings)?, settings, &heads),
        AuditCommand::Export(wanted) => export(&open(settings)?, wanted),
        AuditCommand::Prune {
            before,
            unchecked,
            heads,
        } => {
            let base = open(settings)?;
            let before = boundary(&before, base.clock.now())?;
            // They are passed over once entries are gone: what they tell has to be heard now.
            let (_, problems) = compare_files(&base, settings, &heads)?;
            ensure!(
                problems == 0 || unchecked,
                "the audit trail is not as it was when heads were exported, so nothing was removed: see \
                 `audit verify`"
            );
            let pruned = base.store.prune_trail(before, unchecked, &stamp)?;
            pruned
                .stopped
                .iter()
                .for_each(|problem| println!("{problem}"));
            println!("{} entries removed", pruned.entries);
            ensure!(
                pruned.stopped.is_empty(),
                "what does not check was not removed, nor what comes after it: see `audit verify`"
            );
            Ok(())
        }
        AuditCommand::Adopt => {
            let adopted = open(settings)?.store.adopt_entries(&stamp)?;
            println!("{adopted} entries taken in");
            Ok(())
        }
        AuditCommand::Rekey { key_lost } => {
            // With a key gone the check of the keys would stop the one command that helps.
            let base = match key_lost {
                true => with_a_key_lost(settings)?,
                false => open(settings)?,
            };
            base.store.rekey_trail(key_lost, &stamp)?;
            println!("a new key is in use");
            Ok(())
        }
    }
}

/// The database, brought to this version. It begins no chain: where there is none, that is to be
/// seen.
fn open(settings: &Settings) -> anyhow::Result<Base> {
    let stop = StopAsked::listen()?;
    let base = Base::new(settings, Role::Command)?;
    stop.go_on()?;
    trakt_store::migrate(&base.database_url)?;
    base.store.check_keys()?;
    stop.go_on()?;
    Ok(base)
}

/// A time, or so many days ago.
fn boundary(text: &str, now: DateTime<Utc>) -> anyhow::Result<DateTime<Utc>> {
    let before = match text.parse::<u32>() {
        Ok(days) => now.checked_sub_signed(TimeDelta::days(days.into())),
        Err(_) => moment(text).ok(),
    };
    before.context("--before must be a time in RFC 3339, or a number of days")
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn verify(base: &Base, settings: &Settings, files: &[PathBuf]) -> anyhow::Result<()> {
    let verified = base
        .store
        .verify_trail(&mut |problem| println!("{problem}"))?;
    let (lines, wrong) = compare_files(base, settings, files)?;
    let problems = verified.problems + wrong;
    println!(
        "{} entries are in their places, {lines} lines of heads compared, {problems} problems",
        verified.entries
    );
    ensure!(problems == 0, "the audit trail is not as it was written");
    Ok(())
}

/// Compares the chain with the heads in these files, and in `DATA_DIR`: how many lines, and how many
/// problems were told.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn compare_files(
    base: &Base,
    settings: &Settings,
    files: &[PathBuf],
) -> anyhow::Result<(u64, u64)> {
    let (mut lines, mut problems) = (0, 0);
    for path in files {
        let file = File::open(path).with_context(|| format!("{}", path.display()))?;
        let found = &mut |problem: &AuditProblem| println!("{problem} ({})", path.display());
        let (read, wrong) = compare(base, BufReader::new(file), found)
            .with_context(|| format!("{}", path.display()))?;
        ensure!(read > 0, "{} has no line of heads", path.display());
        lines += read;
        problems += wrong;
    }
    let kept = settings.data_dir.join(HEADS_FILE);
    if let Some(heads) = kept_heads(&kept).with_context(|| format!("{}", kept.display()))? {
        let found = base.store.compare_heads(&heads)?;
        found
            .iter()
            .for_each(|problem| println!("{problem} ({})", kept.display()));
        lines += 1;
        problems += found.len() as u64;
    }
    Ok((lines, problems))
}

/// Compares the chain with the heads in each line that has some: how many lines, and how many
/// problems were told. A problem is told once, and not again for each later line.
fn compare(
    base: &Base,
    mut lines: impl BufRead,
    tell: &mut dyn FnMut(&AuditProblem),
) -> anyhow::Result<(u64, u64)> {
    let (mut read, mut wrong) = (0, 0);
    let mut last = AuditHeads::default();
    let mut bytes = Vec::new();
    while lines.read_until(b'\n', &mut bytes)? > 0 {
        let line = String::from_utf8_lossy(&bytes);
        if let Some(heads) = AuditHeads::in_line(&line) {
            read += 1;
            let mut new = heads.clone();
            new.0.retain(|head| !last.0.contains(head));
            for problem in base.store.compare_heads(&new)? {
                wrong += 1;
                tell(&problem);
            }
            last = heads;
        }
        bytes.clear();
    }
    Ok((read, wrong))
}

/// An entry with its place in the chain.
#[derive(Serialize)]
struct ExportView {
    #[serde(flatten)]
    entry: AuditView,
    shard: Option<i16>,
    seq: Option<i64>,
    mac: Option<String>,
    adopted: Option<bool>,
}

fn export(base: &Base, wanted: ExportArguments) -> anyhow::Result<()> {
    let trail = AuditService::new(Arc::new(base.store.clone()));
    let query = AuditQuery {
        user: wanted.user,
        event: wanted.event,
        since: wanted.since,
        until: wanted.until,
        ..AuditQuery::default()
    };
    let mut next = Some(AuditStep { query, after: None });
    let mut out = BufWriter::new(std::io::stdout().lock());
    while let Some(step) = next {
        let (records, after) = trail.read_on(&step)?;
        let ids: Vec<i64> = records.iter().map(|record| record.id).collect();
        let slots = base.store.audit_slots(&ids)?;
        let mut slots: HashMap<i64, AuditSlot> = slots
            .into_iter()
            .map(|slot| (slot.entry_id, slot))
            .collect();
        for record in records {
            let slot = slots.remove(&record.id);
            let view = ExportView {
                entry: record.into(),
                shard: slot.as_ref().map(|slot| slot.shard),
                seq: slot.as_ref().map(|slot| slot.seq),
                mac: slot.as_ref().map(|slot| hex(&slot.mac)),
                adopted: slot.map(|slot| slot.adopted),
            };
            serde_json::to_writer(&mut out, &view)?;
            out.write_all(b"\n")?;
        }
        next = after;
    }
    match out.flush() {
        // Whoever reads has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        flushed => Ok(flushed?),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_is_a_time_or_days() {
        let now = moment("2026-11-29T12:00:00Z").unwrap();
        for (text, expected) in [
            ("365", "2025-11-29T12:00:00Z"),
            ("0", "2026-11-29T12:00:00Z"),
            ("2026-01-01T00:00:00+01:00", "2025-12-31T23:00:00Z"),
        ] {
            assert_eq!(
                boundary(text, now).unwrap(),
                moment(expected).unwrap(),
                "{text}"
            );
        }
        for text in ["", "-1", "yesterday", "2026-01-01", "4294967295"] {
            assert!(boundary(text, now).is_err(), "{text}");
        }
    }
}
