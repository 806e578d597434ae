//! `token-holder`: another service that imports the crates and asks for access tokens, as a
//! process that can be killed, stopped and watched. For the proofs and the end-to-end tests.
//!
//! Commands come on standard input, one a line, and each is answered by one line when it is done,
//! in whatever order that is:
//!
//! | command | answer |
//! |---|---|
//! | `token USER` | `token USER GENERATION MILLISECONDS` or `none USER REASON` |
//! | `refused USER GENERATION` | `noted USER` |
//! | `work` | nothing: the background work runs from then on |
//!
//! `DATABASE_URL`, `DATA_DIR` and `TRAKT_URL` say where. `BREAK_AT` names a moment of a refresh and
//! `BREAK_BY` what happens to the process then: `kill` (the default) or `stop`.

#![expect(clippy::print_stdout, reason = "the answers")]

mod breaking;

use std::io::BufRead as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use trakt_core::ports::TraktGateway;
use trakt_core::token::{Revoker, TokenService};
use trakt_core::{SystemClock, SystemEntropy, UserId};
use trakt_gateway::{BaseUrl, Config, Gateway};
use trakt_store::{Keyring, PgStore, PoolOptions};
use uuid::Uuid;

use crate::breaking::Breaking;

/// How often the background work looks.
const ROUND: Duration = Duration::from_millis(200);

fn variable(name: &str) -> anyhow::Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set"))
}

fn main() -> anyhow::Result<()> {
    let tokens = service()?;
    println!("ready");
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["token", user] => {
                let (tokens, user) = (tokens.clone(), user_id(user)?);
                thread::spawn(move || println!("{}", ask(&tokens, user)));
            }
            ["refused", user, generation] => {
                let (user, generation) = (user_id(user)?, generation.parse()?);
                tokens.refused(user, generation)?;
                println!("noted {user}");
            }
            ["work"] => {
                let tokens = tokens.clone();
                thread::spawn(move || {
                    loop {
                        work(&tokens);
                        thread::sleep(ROUND);
                    }
                });
            }
            _ => anyhow::bail!("unknown command: {line}"),
        }
    }
    Ok(())
}

fn user_id(text: &str) -> anyhow::Result<UserId> {
    Ok(Uuid::parse_str(text)?.into())
}

fn ask(tokens: &TokenService, user: UserId) -> String {
    let start = Instant::now();
    match tokens.access_token(user) {
        Ok(grant) => format!(
            "token {user} {} {}",
            grant.generation,
            start.elapsed().as_millis()
        ),
        Err(error) => format!("none {user} {error}"),
    }
}

/// What a round does not manage, the next one does: the store may be down.
fn work(tokens: &TokenService) {
    while matches!(tokens.refresh_due(), Ok(done) if done > 0) {}
    let _ = tokens.probe_due();
}

fn service() -> anyhow::Result<TokenService> {
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let keys = Keyring::parse(&variable("TOKEN_KEYS")?)?;
    let options = PoolOptions::new(variable("DATABASE_URL")?.into());
    let store = PgStore::new(&options, keys, entropy.clone());
    let url = BaseUrl::parse(&variable("TRAKT_URL")?)?;
    let gateway: Arc<dyn TraktGateway> = Arc::new(Gateway::new(Config {
        api_url: url.clone(),
        auth_url: url,
        client_id: variable("TRAKT_CLIENT_ID")?,
        client_secret: Some(variable("TRAKT_CLIENT_SECRET")?.into()),
        redirect_uri: "urn:ietf:wg:oauth:2.0:oob".to_owned(),
        user_agent: "token-holder/1".to_owned(),
    })?);
    let journal = store.journal(&PathBuf::from(variable("DATA_DIR")?).join("journal"))?;
    let revoker = Revoker::new(Arc::new(store.clone()), gateway.clone(), clock.clone());
    let breaking = Breaking::from_environment()?;
    Ok(TokenService::new(
        Arc::new(breaking.clone().store(store)),
        Arc::new(breaking.clone().gateway(gateway)),
        Arc::new(breaking.journal(journal)),
        revoker,
        clock,
        entropy,
    ))
}
