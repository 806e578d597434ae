//! The commands. Exit code 0: done, 1: failed, 2: wrong usage or wrong settings.

mod audit;
mod keys;
mod user;
mod webhook;

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::{Parser, Subcommand};
use rustix::process::{Resource, Rlimit, setrlimit};
use trakt_store::cluster::Role as ClusterRole;

use self::audit::AuditCommand;
use self::keys::KeysCommand;
use self::user::{TokenCommand, UserCommand};
use self::webhook::WebhookCommand;
use crate::config::{Environment, Need, Settings, WrongSettings};
use crate::jobs::{HEADS_FILE, kept_or_aside, set_aside};
use crate::services::{Base, Services};
use crate::stop::StopAsked;
use crate::web::About;
use crate::{demo, doctor, openapi, serve, systemd, telemetry};

/// Links Trakt accounts to the users of a media application.
#[derive(Parser, Debug)]
#[command(version, about, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Run the HTTP service and the background workers (also without a command)
    Serve,
    /// Serve against a simulated Trakt with sample users; needs no credentials and no network
    Demo,
    /// Bring the database to this version and exit
    Migrate,
    /// Local accounts
    #[command(subcommand)]
    User(UserCommand),
    /// Bearer tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Print the OpenAPI document
    Openapi,
    /// The keys that seal tokens in the database
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Say that the database comes from a backup, before the first start on it: refresh tokens that were
    /// used since are believed to be dead, and writes that wait are looked for at Trakt before they are
    /// sent
    Restored {
        /// For how long refused tokens are believed. All have been tried after six hours
        #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u64).range(1..=48))]
        hours: u64,
    },
    /// Check settings, database, keys and Trakt: one line a check, with what to do; exit code 1 if
    /// one fails, a wrong setting included
    Doctor,
    /// The audit trail: check it, write it out, keep it from growing
    #[command(subcommand)]
    Audit(AuditCommand),
    /// What other programs are told
    #[command(subcommand)]
    Webhook(WebhookCommand),
}

/// Does what the command line says.
#[must_use]
pub fn run() -> ExitCode {
    no_core_dumps();
    let command = Arguments::parse().command.unwrap_or(Command::Serve);
    if matches!(command, Command::Doctor) {
        return doctor::run();
    }
    if matches!(command, Command::Openapi) {
        return document();
    }
    let need = if matches!(command, Command::Serve) {
        Need::Trakt
    } else {
        Need::Database
    };
    let settings = match Settings::read(Environment::of_process(), need) {
        Ok(settings) => settings,
        Err(wrong) => return usage(&wrong),
    };
    let format = settings.log.format;
    let done = telemetry::start(&settings.log.filter, format)
        .context("the log")
        .and_then(|()| execute(command, &settings));
    match done {
        Ok(()) => {
            log::logger().flush();
            ExitCode::SUCCESS
        }
        Err(error) => {
            telemetry::last_word(format, &format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// A core dump would hold every token and key that this process had in memory. A handler that the
/// system pipes dumps to may still make one: that is the system's setting.
#[expect(clippy::print_stderr, reason = "the logger is not set up yet")]
fn no_core_dumps() {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    if let Err(error) = setrlimit(Resource::Core, none) {
        eprintln!("trakt-server: core dumps cannot be turned off: {error}");
    }
}

#[expect(clippy::print_stderr, reason = "the logger is not set up yet")]
fn usage(wrong: &WrongSettings) -> ExitCode {
    eprintln!("trakt-server: {wrong}");
    ExitCode::from(2)
}

/// Needs no settings.
fn document() -> ExitCode {
    let printed = std::io::stdout().write_all(openapi::TEXT.as_bytes());
    // Whoever reads only a part of it has that.
    match printed {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}

fn execute(command: Command, settings: &Settings) -> anyhow::Result<()> {
    match command {
        Command::Serve => {
            let stop = StopAsked::listen()?;
            let trakt = settings.trakt.as_ref().context("the Trakt application")?;
            let base = Base::new(settings, ClusterRole::Serve)?;
            if stop.yet() {
                return Ok(());
            }
            let services = Services::new(&base, settings, trakt)?;
            let issuer = settings
                .auth
                .key_set
                .as_ref()
                .map(|_| &settings.auth.issuer);
            let about = About {
                provider: issuer.cloned(),
                ..About::default()
            };
            serve::serve(settings, base, services, about, &stop, |_| systemd::ready())
        }
        Command::Demo => demo::demo(settings),
        Command::Openapi => Ok(()),
        Command::Migrate => prepared(settings).map(drop),
        Command::User(command) => user::run(command, settings),
        Command::Keys(command) => keys::run(command, settings),
        Command::Restored { hours } => restored(Duration::from_secs(hours * 3600), settings),
        // Has run: it reads the settings by itself.
        Command::Doctor => Ok(()),
        Command::Audit(command) => audit::run(command, settings),
        Command::Webhook(command) => webhook::run(command, settings),
        Command::Token(command) => user::token(&command, settings),
    }
}

/// The database, brought to this version, and the keys checked.
fn prepared(settings: &Settings) -> anyhow::Result<Base> {
    let stop = StopAsked::listen()?;
    let base = Base::new(settings, ClusterRole::Command)?;
    stop.go_on()?;
    base.prepare()?;
    stop.go_on()?;
    Ok(base)
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn restored(period: Duration, settings: &Settings) -> anyhow::Result<()> {
    let store = prepared(settings)?.store;
    let at_work = store.at_work()?;
    ensure!(
        at_work.is_empty(),
        "a service is at work with this database ({}): stop it, and whatever else uses these links, then \
         run this again before the first start",
        at_work.join(", ")
    );
    // Whatever can fail does so now: another run would begin anew.
    let path = settings.data_dir.join(HEADS_FILE);
    let later = !store.compare_heads(&kept_or_aside(&path)?)?.is_empty();
    let done = store.restored(period)?;
    println!(
        "{} links are tried as they come due, {} writes looked for before they are sent",
        done.links, done.writes
    );
    // What was kept here of the trail after the backup is gone by right.
    if later {
        let aside = set_aside(&path).with_context(|| {
            format!(
                "that is done, and not to be done again. Move {} away by hand, it is of after the backup",
                path.display()
            )
        })?;
        println!(
            "the heads of the audit trail that were kept here are {} now: they are of after the backup",
            aside.display()
        );
    }
    Ok(())
}
