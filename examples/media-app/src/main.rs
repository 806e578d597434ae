//! A media application with its users' Trakt data in PostgreSQL: a valid token and a synchronised
//! progress of a user who is linked already (`trakt-server` links, on the same database; or
//! `trakt_core::link::LinkService` in here).
//!
//! ```sh
//! DATABASE_URL=… TOKEN_KEYS=… DATA_DIR=./media-app TRAKT_CLIENT_ID=… TRAKT_CLIENT_SECRET=… \
//!   cargo run -p media-app --bin media-app -- <user id>
//! ```

#![expect(clippy::print_stdout, reason = "an example")]

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use trakt_core::token::TokenService;
use trakt_core::watch::{CatalogueService, Item, ProgressQuery, ReadService, WatchService};
use trakt_core::{SystemEntropy, UserId};
use trakt_gateway::{Config, Gateway};
use trakt_store::{Keyring, PgStore, PoolOptions, migrate};

fn setting(name: &str) -> anyhow::Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set"))
}

fn main() -> anyhow::Result<()> {
    let user = std::env::args().nth(1).context("usage: media-app <user>")?;
    let user = UserId::from(uuid::Uuid::parse_str(&user)?);
    let url = std::env::var("TRAKT_API_URL").unwrap_or(Config::TRAKT.to_owned());
    let (id, secret) = (setting("TRAKT_CLIENT_ID")?, setting("TRAKT_CLIENT_SECRET")?);

    // Once a process.
    let options = PoolOptions::new(setting("DATABASE_URL")?.into());
    migrate(&options.url)?;
    let keys = Keyring::parse(&setting("TOKEN_KEYS")?)?;
    let store = Arc::new(PgStore::new(&options, keys, Arc::new(SystemEntropy)));
    store.check_keys()?;
    let config = Config::at(&url, id, secret, "media-app/1.0")?;
    let trakt = Arc::new(Gateway::new(config)?);
    let journal = store.journal(&Path::new(&setting("DATA_DIR")?).join("journal"))?;
    let tokens = TokenService::over(store.clone(), trakt.clone(), Arc::new(journal));
    let watch = WatchService::over(store.clone(), trakt.clone(), &tokens);
    let catalogue = CatalogueService::over(store.clone(), trakt);
    let reads = ReadService::new(store.clone(), store);

    // Whenever it is needed: a token that works, for calls of your own.
    let grant = tokens.access_token(user)?;
    println!("a token until {}", grant.expires_at);

    // What changed at Trakt, and the episodes of shows that are new here. A long-lived program has
    // threads that do both for whoever is due: see docs/embedding.md.
    let pulled = watch.pull(user)?;
    println!("read: {} lists", pulled.whole.len());
    while catalogue.read_due()? {}

    let query = ProgressQuery {
        user,
        after: None,
        limit: 50,
    };
    for next in reads.progress(&query)?.items {
        let what = match &next.item {
            Item::Episode { show, episode } => format!(
                "{} {}x{:02}",
                show.title.as_deref().unwrap_or("?"),
                episode.season,
                episode.number
            ),
            Item::Movie(movie) | Item::Show(movie) => movie.title.clone().unwrap_or_default(),
            Item::Season { .. } => continue,
        };
        println!("{}: {what}, {:.0} %", next.kind, next.progress);
    }
    Ok(())
}
