//! A media application with a store of its own: of our crates it takes the rules and the way to
//! Trakt, and no PostgreSQL. A person links, and gets a token that works and where to go on.
//!
//! ```sh
//! TRAKT_CLIENT_ID=… TRAKT_CLIENT_SECRET=… cargo run -p media-app --bin own-store
//! ```

#![expect(clippy::print_stdout, reason = "an example")]

mod store;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use trakt_core::link::TokenPair;
use trakt_core::ports::{
    DevicePoll, PageSink, PortError, ReadFault, Reading, TraktFault, TraktGateway, TraktWatch as _,
};
use trakt_core::token::{NoJournal, TokenService};
use trakt_core::watch::{Fact, Item, Part, Row};
use trakt_core::{Clock, SystemClock, SystemEntropy, UserId};
use trakt_gateway::{Config, Gateway};

use crate::store::Store;

const WITHIN: Duration = Duration::from_secs(10);

fn setting(name: &str) -> anyhow::Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set"))
}

fn main() -> anyhow::Result<()> {
    let url = std::env::var("TRAKT_API_URL").unwrap_or(Config::TRAKT.to_owned());
    let (id, secret) = (setting("TRAKT_CLIENT_ID")?, setting("TRAKT_CLIENT_SECRET")?);

    // Once a process.
    let store = Arc::new(Store::default());
    let config = Config::at(&url, id, secret, "media-app/1.0")?;
    let trakt = Arc::new(Gateway::new(config)?);
    // One that survives a crash is a port of its own: `RefreshJournal`.
    let journal = Arc::new(NoJournal::new(&SystemEntropy));
    let tokens = TokenService::over(store.clone(), trakt.clone(), journal);

    // A user of yours.
    let user = UserId::random(&SystemEntropy);
    store.link(user, approved(&*trakt)?);

    // Whenever it is needed.
    let mut grant = tokens.access_token(user)?;
    let mut rows = Rows::default();
    let mut read = trakt.read(Part::Playback, user, &grant.token, &mut rows);
    // Trakt took it back before its time: said so, the next call brings another.
    if read == Err(ReadFault::Trakt(TraktFault::TokenRefused)) {
        tokens.refused(user, grant.generation)?;
        grant = tokens.access_token(user)?;
        rows = Rows::default();
        read = trakt.read(Part::Playback, user, &grant.token, &mut rows);
    }
    let reading = read?;
    println!("a token of generation {}", grant.generation);
    // A list that was seen in part says nothing about what is not in it.
    let whole = matches!(reading, Reading::Whole);
    println!("{} resume points (all: {whole})", rows.0.len());
    for row in rows.0 {
        if let (Item::Movie(movie), Fact::Resume { progress, .. }) = (row.item, row.fact) {
            println!(
                "resume: {}, {progress:.0} %",
                movie.title.unwrap_or_default()
            );
        }
    }
    Ok(())
}

/// Has a person approve a code (RFC 8628).
fn approved(trakt: &dyn TraktGateway) -> anyhow::Result<TokenPair> {
    let flow = trakt.device_code(WITHIN)?;
    println!("type {} at {}", flow.user_code, flow.verification_url);
    let mut interval = Duration::from_secs(flow.interval.unwrap_or(5).unsigned_abs());
    loop {
        SystemClock.sleep(interval);
        match trakt.device_token(&flow.device_code, WITHIN)? {
            DevicePoll::Approved(grant) => return Ok(grant.into_pair(SystemClock.now())),
            DevicePoll::Pending => {}
            DevicePoll::SlowDown(wait) => interval = wait.unwrap_or(interval * 2),
            ended => bail!("the code came to nothing: {ended:?}"),
        }
    }
}

/// The rows of all pages. A store of yours takes each page as it comes.
#[derive(Default)]
struct Rows(Vec<Row>);

impl PageSink for Rows {
    fn page(&mut self, rows: Vec<Row>) -> Result<(), PortError> {
        self.0.extend(rows);
        Ok(())
    }

    fn wait(&mut self, period: Duration) -> Result<(), PortError> {
        SystemClock.sleep(period);
        Ok(())
    }
}
