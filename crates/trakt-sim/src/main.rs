//! The simulator as a program: starts one and runs until it is killed.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser;
use trakt_sim::{Config, Generated, RateLimits, Rotation, Sim};

/// A stateful simulator of the Trakt API on 127.0.0.1
#[derive(Parser)]
#[command(name = "trakt-sim", version)]
struct Arguments {
    /// The port to listen on; 0 takes any free one
    #[arg(long, default_value_t = 4180)]
    port: u16,
    /// The client id that is accepted
    #[arg(long, default_value_t = Config::default().client_id)]
    client_id: String,
    /// The client secret that is accepted
    #[arg(long, default_value_t = Config::default().client_secret)]
    client_secret: String,
    /// Accept every client id and secret
    #[arg(long)]
    any_client: bool,
    /// Where the application may send a person back to; can be given several times
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// A free account has one application connected, and loses the one before
    #[arg(long)]
    one_app: bool,
    /// Seconds between two polls of a device code
    #[arg(long, default_value_t = Config::default().interval)]
    interval: u64,
    /// Seconds that a device code lives
    #[arg(long, default_value_t = Config::default().code_expires_in)]
    code_expires_in: u64,
    /// Seconds that an authorization code lives
    #[arg(long, default_value_t = Config::default().authorization_code_expires_in)]
    authorization_code_expires_in: u64,
    /// Seconds that an access token lives
    #[arg(long, default_value_t = Config::default().token_expires_in)]
    token_expires_in: u64,
    /// What a used refresh token is answered
    #[arg(long, value_enum, default_value_t = Config::default().rotation)]
    rotation: Rotation,
    /// A refresh leaves the old access token alive until it expires
    #[arg(long)]
    old_access_works: bool,
    /// Answer 429 to who calls more often than Trakt's rate limits allow
    #[arg(long)]
    rate_limits: bool,
    /// How many requests the log keeps; with 0 there is none
    #[arg(long, default_value_t = Config::default().requests_kept)]
    requests_kept: usize,
    /// The log takes one of so many requests
    #[arg(long, default_value_t = Config::default().requests_every)]
    requests_every: u64,
    /// Give out the same codes and tokens, and generate the same accounts, in every run
    #[arg(long)]
    seed: Option<u64>,
    /// Generate this many accounts with histories: viewer-1, viewer-2 and so on
    #[arg(long, default_value_t = 0)]
    accounts: usize,
    /// How many plays viewer-1 has, instead of what the seed says
    #[arg(long, default_value_t = 0)]
    plays: usize,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With standard error closed too, there is nobody left to tell.
            let _ = writeln!(io::stderr(), "trakt-sim: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> io::Result<()> {
    let config = Config {
        port: arguments.port,
        client_id: arguments.client_id,
        client_secret: arguments.client_secret,
        any_client: arguments.any_client,
        redirect_uris: arguments.redirect_uris,
        one_app: arguments.one_app,
        interval: arguments.interval,
        code_expires_in: arguments.code_expires_in,
        authorization_code_expires_in: arguments.authorization_code_expires_in,
        token_expires_in: arguments.token_expires_in,
        rotation: arguments.rotation,
        old_access_works: arguments.old_access_works,
        rate_limits: RateLimits {
            on: arguments.rate_limits,
            ..RateLimits::default()
        },
        requests_kept: arguments.requests_kept,
        requests_every: arguments.requests_every,
        generated: (arguments.accounts > 0).then_some(Generated {
            accounts: arguments.accounts,
            seed: arguments.seed.unwrap_or(0),
            plays: arguments.plays,
        }),
        seed: arguments.seed,
        ..Config::default()
    };
    let client_id = config.client_id.clone();
    let port = config.port;
    let sim = Sim::start(config).map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("cannot listen on 127.0.0.1:{port}: {error}"),
        )
    })?;
    let mut out = io::stdout();
    writeln!(out, "Trakt simulator: {}", sim.url())?;
    writeln!(out, "Client id:       {client_id}")?;
    writeln!(out, "Enter codes at:  {}/activate", sim.url())?;
    writeln!(out, "Control:         {}/_sim/requests", sim.url())?;
    out.flush()?;
    // The simulator's own thread does the work, until a signal ends the process.
    loop {
        std::thread::park();
    }
}
