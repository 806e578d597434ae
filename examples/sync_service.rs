//! Another service that wants a user's access token, in a program without an async runtime.
//!
//! It shares the database and `TOKEN_KEYS` with `trakt-server`, and has a directory of its own for
//! its refresh journal:
//!
//! ```sh
//! DATABASE_URL=… TOKEN_KEYS=… DATA_DIR=./my-service TRAKT_CLIENT_ID=… TRAKT_CLIENT_SECRET=… \
//!   cargo run --example sync_service -- <user id>
//! ```

#![expect(clippy::print_stdout, reason = "an example")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use trakt_core::ports::{TraktFault, TraktGateway};
use trakt_core::token::{TokenError, TokenService};
use trakt_core::{SystemEntropy, UserId};
use trakt_gateway::{Config, Gateway};
use trakt_store::{Keyring, PgStore, PoolOptions};

fn setting(name: &str) -> anyhow::Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set"))
}

fn main() -> anyhow::Result<()> {
    let user = std::env::args()
        .nth(1)
        .context("usage: sync_service <user id>")?;
    let user = UserId::from(uuid::Uuid::parse_str(&user)?);

    // Once a process.
    let keys = Keyring::parse(&setting("TOKEN_KEYS")?)?;
    let options = PoolOptions::new(setting("DATABASE_URL")?.into());
    let store = PgStore::new(&options, keys, Arc::new(SystemEntropy));
    // A pair that is sealed with a wrong key is one that nobody else can open.
    store.check_keys()?;
    let url = std::env::var("TRAKT_API_URL").unwrap_or(Config::TRAKT.to_owned());
    let (id, secret) = (setting("TRAKT_CLIENT_ID")?, setting("TRAKT_CLIENT_SECRET")?);
    let config = Config::at(&url, id, secret, "my-service/1.0")?;
    let trakt = Arc::new(Gateway::new(config)?);
    let journal = store.journal(&Path::new(&setting("DATA_DIR")?).join("journal"))?;
    let tokens = TokenService::over(Arc::new(store), trakt.clone(), Arc::new(journal));
    // What an earlier process left in the journal; a long-lived service calls this again and again.
    tokens.recover()?;

    // Whenever it is needed.
    let grant = match tokens.access_token(user) {
        Ok(grant) => grant,
        Err(TokenError::NotLinked) => anyhow::bail!("ask the user to link a Trakt account"),
        Err(TokenError::NeedsRelink(why)) => anyhow::bail!("ask the user to link again: {why}"),
        Err(TokenError::Unavailable { retry_after }) => {
            anyhow::bail!("come back in {} s", retry_after.as_secs())
        }
        Err(error) => return Err(error.into()),
    };
    match trakt.identity(&grant.token, Duration::from_secs(10)) {
        Ok(account) => println!(
            "{} has a token until {} (generation {})",
            account.slug, grant.expires_at, grant.generation
        ),
        // Trakt took it back before its time: said so, the next call brings another.
        Err(TraktFault::TokenRefused) => tokens.refused(user, grant.generation)?,
        Err(TraktFault::Locked) => tokens.locked(user, grant.generation)?,
        Err(fault) => return Err(fault.into()),
    }
    Ok(())
}
