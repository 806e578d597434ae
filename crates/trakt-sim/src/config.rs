//! What a simulator is started with.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::Account;

/// What a refresh token that was used already is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub enum Rotation {
    /// `invalid_grant`, and nothing changes. What Trakt documents.
    #[default]
    Strict,
    /// A new pair, as long as neither token of the present successor was used: that successor is
    /// revoked and the new pair takes its place. An access token is used once it has
    /// authenticated a request, a refresh token once it was refreshed. From then on
    /// `invalid_grant`.
    Grace,
    /// `invalid_grant`, and every live pair of its session is revoked (RFC 9700, section
    /// 4.14.2).
    RevokeFamily,
}

/// Accounts that are made from a seed: `viewer-1`, `viewer-2` and so on. The same seed gives the
/// same accounts, histories and catalogue in every run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Generated {
    /// How many accounts.
    pub accounts: usize,
    /// Decides everything about them.
    pub seed: u64,
    /// How many plays the first of them has; with 0 it is made as the others are.
    pub plays: usize,
}

/// How a simulator behaves. [`Config::default`] is Trakt's documented behaviour on any free
/// port, with the accounts of [`Account::samples`].
#[derive(Clone)]
pub struct Config {
    /// The port on 127.0.0.1; 0 takes any free one.
    pub port: u16,
    /// The client id that is accepted, in bodies and as `trakt-api-key`.
    pub client_id: String,
    /// The client secret that is accepted.
    pub client_secret: String,
    /// Accept every client id and secret that is not empty. A code or token still serves only
    /// the client that it was issued to.
    pub any_client: bool,
    /// Seconds between two polls of one device code; a sooner poll is answered 429. With 0
    /// every poll is in time.
    pub interval: u64,
    /// Seconds that a device code lives.
    pub code_expires_in: u64,
    /// Seconds that an access token lives.
    pub token_expires_in: u64,
    /// What a used refresh token is answered; can be changed as it runs.
    pub rotation: Rotation,
    /// An access token works until it expires, through the refresh of its pair too, unless it is
    /// revoked; can be changed as it runs. Without it a refresh ends the old access token.
    pub old_access_works: bool,
    /// How many requests the log keeps. The oldest go first, so that a simulator which runs for
    /// weeks does not grow without end.
    pub requests_kept: usize,
    /// The accounts there are at the start.
    pub accounts: Vec<Account>,
    /// Accounts with histories of their own, after those of `accounts`. The seed also decides
    /// what there is to watch; it is 0 where nothing is generated.
    pub generated: Option<Generated>,
    /// Makes codes and tokens the same in every run. `None` draws them from the operating
    /// system.
    pub seed: Option<u64>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            port: 0,
            client_id: "trakt-sim-client-id".to_owned(),
            client_secret: "trakt-sim-client-secret".to_owned(),
            any_client: false,
            interval: 5,
            code_expires_in: 600,
            token_expires_in: 604_800,
            rotation: Rotation::Strict,
            old_access_works: false,
            requests_kept: 100_000,
            accounts: Account::samples(),
            generated: None,
            seed: None,
        }
    }
}

/// Without the client secret: a test may well run against an application of its own.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("port", &self.port)
            .field("client_id", &self.client_id)
            .field("any_client", &self.any_client)
            .field("interval", &self.interval)
            .field("code_expires_in", &self.code_expires_in)
            .field("token_expires_in", &self.token_expires_in)
            .field("rotation", &self.rotation)
            .field("old_access_works", &self.old_access_works)
            .field("requests_kept", &self.requests_kept)
            .field("accounts", &self.accounts)
            .field("generated", &self.generated)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
