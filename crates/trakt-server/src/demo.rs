//! The whole service against a simulated Trakt, for a first look: no credentials, no network.

use std::net::SocketAddr;

use anyhow::Context as _;
use trakt_core::Password;
use trakt_core::audit::AuditStamp;
use trakt_core::user::{Email, Role, UserError};
use trakt_gateway::{BaseUrl, ClientSecret};
use trakt_sim::Sim;
use trakt_store::cluster::Role as ClusterRole;

use crate::config::{DatabaseSettings, Settings, TraktSettings};
use crate::serve;
use crate::services::{Base, Services};
use crate::stop::StopAsked;
use crate::web::About;

const CLIENT_ID: &str = "demo-client-id";
const CLIENT_SECRET: &str = "demo-client-secret";
/// Where the simulator's page is, if the port is free.
const SIM_PORT: u16 = 4180;

/// The sample users: address, password, role. Everybody knows them, so they exist in the
/// demo's own database alone.
const USERS: &[(&str, &str, Role)] = &[
    ("user@example.org", "demo-user-1", Role::User),
    ("ana@example.org", "demo-user-2", Role::User),
    ("admin@example.org", "demo-admin-1", Role::Admin),
];

/// Serves the demo until it is stopped.
///
/// # Errors
/// When the database or the sockets cannot be had.
pub fn demo(settings: &Settings) -> anyhow::Result<()> {
    if settings.database.url.is_some() {
        log::warn!("the demo does not touch DATABASE_URL: it has a database of its own");
    }
    let stop = StopAsked::listen()?;
    let sim = start_sim()?;
    let url = BaseUrl::parse(sim.url()).context("the address of the simulator")?;
    let trakt = TraktSettings {
        client_id: CLIENT_ID.to_owned(),
        client_secret: ClientSecret::from(CLIENT_SECRET.to_owned()),
        api_url: url.clone(),
        auth_url: url,
        redirect_uri: "urn:ietf:wg:oauth:2.0:oob".to_owned(),
    };
    let settings = Settings {
        database: DatabaseSettings {
            url: None,
            statement_cache: true,
        },
        data_dir: settings.data_dir.join("demo"),
        token_keys: None,
        ..settings.clone()
    };
    let base = Base::new(&settings, ClusterRole::Serve)?;
    if stop.yet() {
        return Ok(());
    }
    base.prepare()?;
    sample_users(&base)?;
    let services = Services::new(&base, &settings, &trakt)?;
    let page = format!("{}/activate", sim.url().trim_end_matches('/'));
    let about = About {
        samples: USERS,
        ..About::default()
    };
    serve::serve(&settings, base, services, about, &stop, move |address| {
        welcome(address, &page);
    })
}

fn start_sim() -> anyhow::Result<Sim> {
    let config = |port| trakt_sim::Config {
        port,
        client_id: CLIENT_ID.to_owned(),
        client_secret: CLIENT_SECRET.to_owned(),
        ..trakt_sim::Config::default()
    };
    Sim::start(config(SIM_PORT))
        .or_else(|_| Sim::start(config(0)))
        .context("the simulated Trakt")
}

/// Adds the sample users anew: what an earlier demo linked, its simulator has forgotten.
fn sample_users(base: &Base) -> anyhow::Result<()> {
    let stamp = AuditStamp::default();
    for (email, password, role) in USERS {
        let email = Email::parse(email)?;
        match base.users.remove(email.clone(), &stamp, None) {
            Ok(()) | Err(UserError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
        let password = Password::from((*password).to_owned());
        base.users.add(email, *role, Some(&password), &stamp)?;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn welcome(address: SocketAddr, page: &str) {
    println!("Trakt (simulated), where a person approves a code: {page}");
    for (email, password, role) in USERS {
        println!("{:>5}: {email} / {password}", role.as_str());
    }
    println!(
        "Ready at http://{address}. Open it and sign in, or: curl -s http://{address}/auth/login \
         -H 'Content-Type: application/json' \
         -d '{{\"email\":\"{}\",\"password\":\"{}\"}}'",
        USERS[0].0, USERS[0].1
    );
}
