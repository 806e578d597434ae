//! A transport without a network: it keeps what it is given and answers what it is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use trakt_api::{
    BaseUrl, Client, ClientSecret, Config, RawReply, RawRequest, Transport, TransportError,
};

pub const WITHIN: Duration = Duration::from_secs(7);
pub const ID: &str = "client-id";
pub const SECRET: &str = "client-secret";

pub fn config(api: &str, auth: &str) -> Config {
    Config {
        api_url: BaseUrl::parse(api).unwrap(),
        auth_url: BaseUrl::parse(auth).unwrap(),
        client_id: ID.to_owned(),
        client_secret: Some(ClientSecret::from(SECRET.to_owned())),
        redirect_uri: "https://example.org/back".to_owned(),
        user_agent: "trakt-server/0.1.0".to_owned(),
    }
}

pub struct Fake {
    answer: Result<RawReply, TransportError>,
    pub sent: Mutex<Vec<RawRequest>>,
}

impl Transport for Fake {
    fn send(&self, request: RawRequest) -> Result<RawReply, TransportError> {
        self.sent.lock().unwrap().push(request);
        self.answer.clone()
    }
}

/// A client of Trakt's own addresses that always gets this answer.
pub fn answering(answer: Result<RawReply, TransportError>) -> (Client, Arc<Fake>) {
    with_config(
        config("https://api.trakt.tv", "https://auth.trakt.tv"),
        answer,
    )
}

pub fn with_config(
    config: Config,
    answer: Result<RawReply, TransportError>,
) -> (Client, Arc<Fake>) {
    let fake = Arc::new(Fake {
        answer,
        sent: Mutex::default(),
    });
    let client = Client::over(config, fake.clone()).unwrap();
    (client, fake)
}

pub fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> RawReply {
    RawReply {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.as_bytes().to_vec(),
    }
}

/// A client that always gets this status and body.
pub fn client(status: u16, body: &str) -> Client {
    answering(Ok(reply(status, &[], body))).0
}
