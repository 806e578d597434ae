//! The same from an async program: every call of `TokenService` blocks, so it goes to the blocking
//! pool. Dropping the future does not stop a refresh that was begun, which a single-use refresh
//! token needs. What is set up, and how it is run: see `sync_service.rs`.

#![expect(clippy::print_stdout, reason = "an example")]

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use trakt_core::token::{AccessGrant, TokenError, TokenService};
use trakt_core::{SystemEntropy, UserId};
use trakt_gateway::{Config, Gateway};
use trakt_store::{Keyring, PgStore, PoolOptions};

/// What the rest of the program calls.
async fn access_token(tokens: &TokenService, user: UserId) -> Result<AccessGrant, TokenError> {
    let tokens = tokens.clone();
    tokio::task::spawn_blocking(move || tokens.access_token(user))
        .await
        .unwrap_or_else(|broken| std::panic::resume_unwind(broken.into_panic()))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let user = std::env::args()
        .nth(1)
        .context("usage: tokio_service <user id>")?;
    let user = UserId::from(uuid::Uuid::parse_str(&user)?);
    let tokens = tokio::task::spawn_blocking(service).await??;

    // Many tasks at once: one refresh at the most.
    let asked: Vec<_> = (0..8)
        .map(|_| {
            let tokens = tokens.clone();
            tokio::spawn(async move { access_token(&tokens, user).await })
        })
        .collect();
    for answer in asked {
        let grant = answer.await??;
        println!(
            "generation {}, until {}",
            grant.generation, grant.expires_at
        );
    }
    Ok(())
}

fn service() -> anyhow::Result<TokenService> {
    let setting = |name: &str| std::env::var(name).with_context(|| format!("{name} is not set"));
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
    let tokens = TokenService::over(Arc::new(store), trakt, Arc::new(journal));
    tokens.recover()?;
    Ok(tokens)
}
