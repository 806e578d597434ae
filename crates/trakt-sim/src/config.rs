//! What a simulator is started with.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::{Account, Application, Lag, RateLimits};

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
    /// Where the application of `client_id` may send a person back to, compared as they are
    /// written here.
    pub redirect_uris: Vec<String>,
    /// The applications there are besides.
    pub applications: Vec<Application>,
    /// A free account has one application connected, one that pays 50: the sessions of the
    /// oldest end as one too many gets its tokens. Trakt's rule since July 2026; can be changed
    /// as it runs.
    pub one_app: bool,
    /// Seconds between two polls of one device code; a sooner poll is answered 429. With 0
    /// every poll is in time.
    pub interval: u64,
    /// Seconds that a device code lives.
    pub code_expires_in: u64,
    /// Seconds that an authorization code lives. Trakt tells no figure; RFC 6749 advises ten
    /// minutes at most.
    pub authorization_code_expires_in: u64,
    /// Seconds that an access token lives.
    pub token_expires_in: u64,
    /// What a used refresh token is answered; can be changed as it runs.
    pub rotation: Rotation,
    /// An access token works until it expires, through the refresh of its pair too, unless it is
    /// revoked; can be changed as it runs. Without it a refresh ends the old access token.
    pub old_access_works: bool,
    /// What only accounts that pay may do, as patterns of method and path in which `*` stands
    /// for any run of characters: others are answered 426. Can be changed as it runs.
    pub vip_only: Vec<String>,
    /// A 420 tells the account's limit in headers, as Trakt documents; in practice they have
    /// been missing. Can be changed as it runs.
    pub limit_headers: bool,
    /// How often a client may call; can be changed as it runs.
    pub rate_limits: RateLimits,
    /// For how long reads lag behind writes; can be changed as it runs.
    pub lag: Lag,
    /// Every answer of the API is marked `x-trakt-server: rails`, as those of Trakt's old
    /// backend are, and its lists tell one page and one page's items more than there are; can be
    /// changed as it runs.
    pub rails: bool,
    /// How many requests the log keeps. The oldest go first, so that a simulator which runs for
    /// weeks does not grow without end. With 0 there is no log, and nothing is spent on one.
    pub requests_kept: usize,
    /// The log takes the first of so many requests; 1 takes every one, as 0 does. For load.
    pub requests_every: u64,
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
            redirect_uris: Vec::new(),
            applications: Vec::new(),
            one_app: false,
            interval: 5,
            code_expires_in: 600,
            authorization_code_expires_in: 300,
            token_expires_in: 604_800,
            rotation: Rotation::Strict,
            old_access_works: false,
            vip_only: Vec::new(),
            limit_headers: true,
            rate_limits: RateLimits::default(),
            lag: Lag::default(),
            rails: false,
            requests_kept: 100_000,
            requests_every: 1,
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
            .field("redirect_uris", &self.redirect_uris)
            .field("applications", &self.applications)
            .field("one_app", &self.one_app)
            .field("interval", &self.interval)
            .field("code_expires_in", &self.code_expires_in)
            .field(
                "authorization_code_expires_in",
                &self.authorization_code_expires_in,
            )
            .field("token_expires_in", &self.token_expires_in)
            .field("rotation", &self.rotation)
            .field("old_access_works", &self.old_access_works)
            .field("vip_only", &self.vip_only)
            .field("limit_headers", &self.limit_headers)
            .field("rate_limits", &self.rate_limits)
            .field("lag", &self.lag)
            .field("rails", &self.rails)
            .field("requests_kept", &self.requests_kept)
            .field("requests_every", &self.requests_every)
            .field("accounts", &self.accounts)
            .field("generated", &self.generated)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
