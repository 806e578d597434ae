//! The same from an async program: every call of `TokenService` blocks, so it goes to the blocking
//! pool. Dropping the future does not stop a refresh that was begun, which a single-use refresh
//! token needs. What is set up, and how it is run: see `sync_service.rs`.

#![expect(clippy::print_stdout, reason = "an example")]

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use trakt_core::ports::TraktGateway;
use trakt_core::token::{AccessGrant, Revoker, TokenError, TokenService};
use trakt_core::{SystemClock, SystemEntropy, UserId};
use trakt_gateway::{BaseUrl, Config, Gateway};
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
    let revoker = Revoker::new(Arc::new(store.clone()), trakt.clone(), clock.clone());
    let tokens = TokenService::new(
        Arc::new(store),
        trakt,
        Arc::new(journal),
        revoker,
        clock,
        Arc::new(SystemEntropy),
    );
    tokens.recover()?;
    Ok(tokens)
}
