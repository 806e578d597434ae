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
use trakt_core::token::{Revoker, TokenError, TokenService};
use trakt_core::{SystemClock, SystemEntropy, UserId};
use trakt_gateway::{BaseUrl, Config, Gateway};
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
    let url = std::env::var("TRAKT_API_URL").unwrap_or("https://api.trakt.tv".to_owned());
    let auth = std::env::var("TRAKT_AUTH_URL").unwrap_or("https://auth.trakt.tv".to_owned());
    let trakt: Arc<dyn TraktGateway> = Arc::new(Gateway::new(Config {
        api_url: BaseUrl::parse(&url)?,
        auth_url: BaseUrl::parse(&auth)?,
        client_id: setting("TRAKT_CLIENT_ID")?,
        client_secret: Some(setting("TRAKT_CLIENT_SECRET")?.into()),
        redirect_uri: "urn:ietf:wg:oauth:2.0:oob".to_owned(),
        user_agent: concat!("my-service/", env!("CARGO_PKG_VERSION")).to_owned(),
    })?);
    let journal = store.journal(&Path::new(&setting("DATA_DIR")?).join("journal"))?;
    let clock = Arc::new(SystemClock);
    let tokens = TokenService::new(
        Arc::new(store.clone()),
        trakt.clone(),
        Arc::new(journal),
        Revoker::new(Arc::new(store), trakt.clone(), clock.clone()),
        clock,
        Arc::new(SystemEntropy),
    );
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
