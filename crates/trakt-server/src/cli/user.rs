//! `user` and `token`: local accounts and their bearer tokens.

use std::io::BufRead as _;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};
use trakt_core::Password;
use trakt_core::audit::AuditStamp;
use trakt_core::user::{Email, Role};

use super::prepared;
use crate::config::Settings;
use crate::http::user::TOKEN_LIFE;

/// What is done to local accounts.
#[derive(Subcommand, Debug)]
pub enum UserCommand {
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

/// What is done with bearer tokens.
#[derive(Subcommand, Debug)]
pub enum TokenCommand {
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

/// What a user may do.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum RoleArgument {
    /// Their own link
    User,
    /// Everybody's
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
///
/// # Errors
/// When it could not be done.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub fn run(command: UserCommand, settings: &Settings) -> anyhow::Result<()> {
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

/// Prints a token, alone.
///
/// # Errors
/// When there is no such user, or the database cannot be asked.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub fn token(command: &TokenCommand, settings: &Settings) -> anyhow::Result<()> {
    let TokenCommand::Issue { email, ttl } = command;
    let base = prepared(settings)?;
    let user = base.users.find(email)?;
    let token = base
        .verifier
        .local()
        .issue(user.id, Duration::from_secs(*ttl));
    println!("{}", token.expose());
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
