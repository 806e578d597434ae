//! `keys`: what seals tokens in the database.

use clap::Subcommand;
use trakt_store::cluster::Role;
use trakt_store::{KeyCheckError, Keyring};

use super::prepared;
use crate::config::{Settings, has_token_keys};
use crate::services::{Base, JOURNAL};
use crate::stop::StopAsked;

/// What is done about keys.
#[derive(Subcommand, Debug)]
pub enum KeysCommand {
    /// List the keys, and how much is sealed with each
    Status,
    /// Seal everything anew with the first key of TOKEN_KEYS, while the service runs
    Rewrap,
    /// Give up a key that is lost for good: what it sealed is dropped, and its users are asked to link
    /// again
    Forget {
        /// The id of the key
        id: String,
    },
}

/// Does what the command line says.
///
/// # Errors
/// When it could not be done.
pub fn run(command: KeysCommand, settings: &Settings) -> anyhow::Result<()> {
    match command {
        KeysCommand::Status => status(&prepared(settings)?, settings),
        KeysCommand::Rewrap => rewrap(&prepared(settings)?),
        KeysCommand::Forget { id } => forget(&id, settings),
    }
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn status(base: &Base, settings: &Settings) -> anyhow::Result<()> {
    println!("key\tlinks\tflows\trevocations\taudit\tjournal\t");
    let journal = settings.data_dir.join(JOURNAL);
    for key in base.store.key_status(Some(&journal))? {
        let role = match (key.seals, key.given) {
            (true, _) => "seals",
            (_, true) => "opens",
            (_, false) => "missing",
        };
        println!(
            "{}\t{}\t{}\t{}\t{}\t{}\t{role}",
            key.id, key.links, key.flows, key.revocations, key.audit, key.journal
        );
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn rewrap(base: &Base) -> anyhow::Result<()> {
    let mut rows = 0;
    let done = loop {
        let done = base.store.rewrap()?;
        rows += done.rows;
        // Others held some in that moment; as long as it gets fewer it goes on.
        if done.skipped == 0 || done.rows == 0 {
            break done;
        }
    };
    println!("{rows} rows sealed anew");
    anyhow::ensure!(
        done.unreadable == 0,
        "{} rows do not open and stay as they are: see the log, and keep their key",
        done.unreadable
    );
    anyhow::ensure!(
        done.skipped == 0,
        "{} rows were in use: run it again",
        done.skipped
    );
    Ok(())
}

/// The database, brought to this version, for the commands that help where a key is lost. All others
/// refuse what [`PgStore::check_keys`](trakt_store::PgStore::check_keys) does.
///
/// # Errors
/// When there are no keys, or a key is another than was used under its id: what is sealed with it from
/// here on nobody else could open.
pub(super) fn with_a_key_lost(settings: &Settings) -> anyhow::Result<Base> {
    // Keys that were just made up would make every key a lost one.
    anyhow::ensure!(
        has_token_keys(settings),
        "there are no keys here, so every key would count as lost: set TOKEN_KEYS, or DATA_DIR as the \
         service has it"
    );
    let stop = StopAsked::listen()?;
    let base = Base::new(settings, Role::Command)?;
    stop.go_on()?;
    trakt_store::migrate(&base.database_url)?;
    match base.store.check_keys() {
        Ok(()) | Err(KeyCheckError::Missing(_)) => {}
        Err(error) => return Err(error.into()),
    }
    stop.go_on()?;
    Ok(base)
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn forget(id: &str, settings: &Settings) -> anyhow::Result<()> {
    anyhow::ensure!(Keyring::names(id), "{id:?} is not the id of a key");
    let base = with_a_key_lost(settings)?;
    anyhow::ensure!(
        !base.store.has_key(id),
        "the key {id} is given: it is not lost. To change keys: keys rewrap"
    );
    let done = base.store.forget_key(id)?;
    println!(
        "{} links to be made anew, {} flows ended, {} tokens not revoked",
        done.links, done.flows, done.revocations
    );
    Ok(())
}
