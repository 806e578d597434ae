//! The client against the simulator, over HTTP: what only a server that remembers can show.

mod catalogue;
mod history;
mod refusals;
mod sets;
mod sign_in;
mod watching;

use trakt_api::{
    AccessToken, BaseUrl, Batch, Call, Class, Client, Config, DeviceToken, Endpoint, Entry,
    EpisodeEntry, Error, Extent, Ids, Paged, Play, SeasonEntry, ShowEntry, TokenGrant, WatchedAt,
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

    /// All of a list, in more than one page; it must be complete.
    pub fn all<E: Paged>(&self, endpoint: &E) -> Vec<E::Item> {
        let pages = self.client.pages(endpoint, Call::of(&self.token));
        pages.limit(2).everything().unwrap()
    }
}

pub fn config(sim: &Sim) -> Config {
    let url = || BaseUrl::parse(sim.url()).unwrap();
    Config {
        api_url: url(),
        auth_url: url(),
        client_id: "trakt-sim-client-id".to_owned(),
        client_secret: Some("trakt-sim-client-secret".to_owned().into()),
        redirect_uri: "urn:ietf:wg:oauth:2.0:oob".to_owned(),
        user_agent: "trakt-api/0.1.0".to_owned(),
    }
}

pub fn client(sim: &Sim) -> Client {
    Client::new(config(sim)).unwrap()
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

/// These episodes of the first season of a show.
pub fn episodes<T: Clone>(show: i64, numbers: &[u32], with: &T) -> Batch<T> {
    let episode = |number: &u32| EpisodeEntry {
        number: *number,
        with: with.clone(),
    };
    let season = SeasonEntry {
        number: 1,
        extent: Extent::Parts(numbers.iter().map(episode).collect()),
    };
    let show = ShowEntry {
        item: Ids::trakt(show).into(),
        extent: Extent::Parts(vec![season]),
    };
    Batch {
        shows: vec![show],
        ..Batch::default()
    }
}

/// Long ago.
pub const DAY: &str = "2014-09-01T09:10:11.123Z";

/// A play at that time.
pub fn at(text: &str) -> Play {
    let watched_at = WatchedAt::At(text.parse().unwrap());
    Play { watched_at }
}
