//! The commands. Exit code 0: done, 1: failed, 2: wrong usage or wrong settings.

use std::io::{BufRead as _, ErrorKind, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::{Parser, Subcommand, ValueEnum};
use rustix::process::{Resource, Rlimit, setrlimit};
use trakt_core::Password;
use trakt_core::audit::AuditStamp;
use trakt_core::user::{Email, Role};
use trakt_core::webhook::EndpointKey;
use trakt_store::cluster::Role as ClusterRole;

use crate::audit::{self, AuditCommand};
use crate::config::{Environment, Need, Settings, WrongSettings};
use crate::http::user::TOKEN_LIFE;
use crate::services::{Base, JOURNAL, Services, webhooks};
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

#[derive(Subcommand, Debug)]
enum WebhookCommand {
    /// Send all events from a moment on again
    Replay {
        /// From when on, such as 2026-01-31T12:00:00Z
        #[arg(long)]
        since: DateTime<Utc>,
        /// To this one of WEBHOOK_URLS alone
        #[arg(long)]
        endpoint: Option<String>,
    },
    /// Send a test event to each of WEBHOOK_URLS, and say what it answered
    Test,
}

#[derive(Subcommand, Debug)]
enum KeysCommand {
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

#[derive(Subcommand, Debug)]
enum UserCommand {
    /// Add a user
    Add {
        /// The e-mail address
        #[arg(long, value_parser = Email::parse)]
        email: Email,
        /// What the user may do
        #[arg(long, value_enum, default_value_t = RoleArgument::User)]
        role: RoleArgument,
        /// Read the password from the first line of standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// List all users
    List,
    /// Delete a user with link and tokens; the audit trail stays
    Remove {
        /// The e-mail address
        #[arg(long, value_parser = Email::parse)]
        email: Email,
    },
}

#[derive(Subcommand, Debug)]
enum TokenCommand {
    /// Print one bearer token for a user
    Issue {
        /// The user's e-mail address
        #[arg(long, value_parser = Email::parse)]
        email: Email,
        /// How long it lives, in seconds
        #[arg(long, default_value_t = TOKEN_LIFE.as_secs(),
              value_parser = clap::value_parser!(u64).range(1..=31_536_000))]
        ttl: u64,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleArgument {
    User,
    Admin,
}

impl From<RoleArgument> for Role {
    fn from(role: RoleArgument) -> Self {
        match role {
            RoleArgument::User => Self::User,
            RoleArgument::Admin => Self::Admin,
        }
    }
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
        Command::User(command) => user(command, settings),
        Command::Keys(KeysCommand::Status) => key_status(&prepared(settings)?, settings),
        Command::Keys(KeysCommand::Rewrap) => rewrap(&prepared(settings)?),
        Command::Keys(KeysCommand::Forget { id }) => forget(&id, settings),
        Command::Restored { hours } => restored(Duration::from_secs(hours * 3600), settings),
        // Has run: it reads the settings by itself.
        Command::Doctor => Ok(()),
        Command::Audit(command) => audit::run(command, settings),
        Command::Webhook(command) => webhook(command, settings),
        Command::Token(TokenCommand::Issue { email, ttl }) => {
            issue(&email, Duration::from_secs(ttl), &prepared(settings)?)
        }
    }
}

fn prepared(settings: &Settings) -> anyhow::Result<Base> {
    let stop = StopAsked::listen()?;
    let base = Base::new(settings, ClusterRole::Command)?;
    stop.go_on()?;
    base.prepare()?;
    stop.go_on()?;
    Ok(base)
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn user(command: UserCommand, settings: &Settings) -> anyhow::Result<()> {
    // No user acts on the command line, and there is no address to note.
    let stamp = AuditStamp::default();
    match command {
        UserCommand::Add {
            email,
            role,
            password_stdin,
        } => {
            // Before anything is started: a signal ends the wait for a password as it should.
            let password = password_stdin.then(read_password).transpose()?;
            let base = prepared(settings)?;
            let user = base
                .users
                .add(email, role.into(), password.as_ref(), &stamp)?;
            println!("{}", user.id);
        }
        UserCommand::List => {
            for user in prepared(settings)?.users.list()? {
                let password = if user.password_hash.is_some() {
                    "password"
                } else {
                    "-"
                };
                println!(
                    "{}\t{}\t{}\t{password}",
                    user.id,
                    user.email,
                    user.role.as_str()
                );
            }
        }
        // The tokens are revoked by the service, which knows the Trakt application.
        UserCommand::Remove { email } => prepared(settings)?.users.remove(email, &stamp, None)?,
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn key_status(base: &Base, settings: &Settings) -> anyhow::Result<()> {
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

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn forget(id: &str, settings: &Settings) -> anyhow::Result<()> {
    let stop = StopAsked::listen()?;
    let base = Base::new(settings, ClusterRole::Command)?;
    stop.go_on()?;
    // Not `prepare`, which refuses a database whose keys are not all given.
    trakt_store::migrate(&base.database_url)?;
    let known = base.store.key_status(None)?;
    anyhow::ensure!(
        !known.iter().any(|key| key.id == id && key.given),
        "the key {id} is given: it is not lost. To change keys: keys rewrap"
    );
    let done = base.store.forget_key(id)?;
    println!(
        "{} links to be made anew, {} flows ended, {} tokens not revoked",
        done.links, done.flows, done.revocations
    );
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn restored(period: Duration, settings: &Settings) -> anyhow::Result<()> {
    let done = prepared(settings)?.store.restored(period)?;
    println!(
        "{} links are tried as they come due, {} writes looked for before they are sent",
        done.links, done.writes
    );
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn webhook(command: WebhookCommand, settings: &Settings) -> anyhow::Result<()> {
    let set = settings.webhooks.as_ref();
    let set = set.context("WEBHOOK_URLS is not set: nobody is told")?;
    match command {
        WebhookCommand::Replay { since, endpoint } => {
            let named = endpoint.map(|url| trakt_webhook::endpoints(&url, &set.allowed));
            let named = named.transpose().context("--endpoint")?;
            let only = named.as_deref().and_then(<[_]>::first).map(|one| &one.key);
            let known =
                |key: &EndpointKey| set.endpoints.iter().any(|endpoint| endpoint.key == *key);
            anyhow::ensure!(
                named.is_none() || only.is_some_and(known),
                "--endpoint is none of WEBHOOK_URLS"
            );
            let base = prepared(settings)?;
            let due = webhooks(&base, settings).replay_since(since, only)?;
            println!("{due} deliveries are due");
        }
        WebhookCommand::Test => {
            let base = Base::new(settings, ClusterRole::Command)?;
            let mut silent = 0;
            for (endpoint, answer) in webhooks(&base, settings).test() {
                println!("{}\t{answer}", endpoint.name);
                silent += usize::from(answer.reason().is_some());
            }
            anyhow::ensure!(silent == 0, "{silent} gave no good answer");
        }
    }
    Ok(())
}

fn read_password() -> anyhow::Result<Password> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("the password on standard input")?;
    Ok(Password::from(
        line.trim_end_matches(['\r', '\n']).to_owned(),
    ))
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn issue(email: &Email, life: Duration, base: &Base) -> anyhow::Result<()> {
    let user = base.users.find(email)?;
    println!("{}", base.verifier.local().issue(user.id, life).expose());
    Ok(())
}
