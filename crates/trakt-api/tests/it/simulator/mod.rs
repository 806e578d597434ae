//! The client against the simulator, over HTTP: what only a server that remembers can show.

mod refusals;
mod sets;
mod sign_in;
mod watching;

use trakt_api::{
    AccessToken, BaseUrl, Batch, Call, Class, Client, Config, DeviceToken, Endpoint, Entry, Error,
    Ids, Paged, TokenGrant,
};
use trakt_sim::Sim;

/// Somebody signed in at a simulator of their own.
pub struct Viewer {
    pub sim: Sim,
    pub client: Client,
    pub token: AccessToken,
}

impl Viewer {
    pub fn new(slug: &str) -> Self {
        let sim = Sim::start(trakt_sim::Config::default()).unwrap();
        let client = client(&sim);
        let token = link(&sim, &client, slug).access_token;
        Self { sim, client, token }
    }

    pub fn ask<E: Endpoint>(&self, endpoint: &E) -> Result<E::Reply, Error> {
        self.client.send(endpoint, Call::of(&self.token))
    }

    pub fn send<E: Endpoint>(&self, endpoint: &E) -> E::Reply {
        self.ask(endpoint).unwrap()
    }

    pub fn error<E: Endpoint>(&self, endpoint: &E) -> Error {
        self.ask(endpoint).map(drop).unwrap_err()
    }

    pub fn class<E: Endpoint>(&self, endpoint: &E) -> Class {
        self.error(endpoint).class().unwrap().clone()
    }

    /// All of a list; it must be complete.
    pub fn all<E: Paged>(&self, endpoint: &E) -> Vec<E::Item> {
        let pages = self.client.pages(endpoint, Call::of(&self.token));
        pages.everything().unwrap()
    }
}

pub fn client(sim: &Sim) -> Client {
    let url = || BaseUrl::parse(sim.url()).unwrap();
    Client::new(Config {
        api_url: url(),
        auth_url: url(),
        client_id: "trakt-sim-client-id".to_owned(),
        client_secret: Some("trakt-sim-client-secret".to_owned().into()),
        redirect_uri: "urn:ietf:wg:oauth:2.0:oob".to_owned(),
        user_agent: "trakt-api/0.1.0".to_owned(),
    })
    .unwrap()
}

/// By the device flow.
pub fn link(sim: &Sim, client: &Client, slug: &str) -> TokenGrant {
    let code = client.device_code(Client::WITHIN).unwrap();
    sim.approve(&code.user_code, slug).unwrap();
    match client.device_token(&code.device_code, Client::WITHIN) {
        Ok(DeviceToken::Approved(grant)) => grant,
        other => panic!("{other:?}"),
    }
}

/// No movie has this number.
pub const UNKNOWN: i64 = 999_999_999;

/// The movies with these numbers.
pub fn movies<T: Clone>(ids: &[i64], with: &T) -> Batch<T> {
    let entry = |id: &i64| Entry {
        item: Ids::trakt(*id).into(),
        with: with.clone(),
    };
    Batch {
        movies: ids.iter().map(entry).collect(),
        ..Batch::default()
    }
}
