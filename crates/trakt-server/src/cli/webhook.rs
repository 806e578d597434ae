//! `webhook`: what other programs are told.

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::Subcommand;
use trakt_core::webhook::EndpointKey;
use trakt_store::cluster::Role;

use super::prepared;
use crate::config::Settings;
use crate::services::{Base, webhooks};

/// What is done about events.
#[derive(Subcommand, Debug)]
pub enum WebhookCommand {
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

/// Does what the command line says.
///
/// # Errors
/// When it could not be done, or an endpoint gave no good answer.
#[expect(clippy::print_stdout, reason = "the answer of the command")]
pub fn run(command: WebhookCommand, settings: &Settings) -> anyhow::Result<()> {
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
            let base = Base::new(settings, Role::Command)?;
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
