//! A gateway whose Trakt always gives one answer, and keeps what it is sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use trakt_api::{BaseUrl, Client, Config, RawReply, RawRequest, Transport, TransportError};
use trakt_gateway::Gateway;

pub const WITHIN: Duration = Duration::from_secs(7);
/// It stands in bodies and must stand in no fault.
pub const CANARY: &str = "a-canary-in-the-body";
pub const PAGE: &str = "<!DOCTYPE html><html><body>a-canary-in-the-body</body></html>";

pub type Answer = Result<RawReply, TransportError>;

pub struct Fake {
    answer: Answer,
    pub sent: Mutex<Vec<RawRequest>>,
}

impl Transport for Fake {
    fn send(&self, request: RawRequest) -> Answer {
        self.sent.lock().unwrap().push(request);
        self.answer.clone()
    }
}

/// A client, and its transport.
pub fn client(answer: Answer) -> (Client, Arc<Fake>) {
    let config = Config {
        api_url: BaseUrl::parse("https://api.trakt.tv").unwrap(),
        auth_url: BaseUrl::parse("https://auth.trakt.tv").unwrap(),
        client_id: "client-id".to_owned(),
        client_secret: None,
        redirect_uri: "https://example.org/back".to_owned(),
        user_agent: "trakt-server/0.1.0".to_owned(),
    };
    let fake = Arc::new(Fake {
        answer,
        sent: Mutex::default(),
    });
    (Client::over(config, fake.clone()).unwrap(), fake)
}

/// A gateway that has these hosts configured, and its transport.
pub fn answering(answer: Answer, hosts: &[&str]) -> (Gateway, Arc<Fake>) {
    let (client, fake) = client(answer);
    let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
    (Gateway::over(client, hosts), fake)
}

pub fn gateway(answer: Answer) -> Gateway {
    answering(answer, &[]).0
}

pub fn reply(status: u16, body: &str) -> Answer {
    with_header(status, body, None)
}

pub fn with_header(status: u16, body: &str, header: Option<(&str, &str)>) -> Answer {
    Ok(RawReply {
        status,
        headers: header
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        body: body.as_bytes().to_vec(),
    })
}

/// A body with an OAuth error (RFC 6749 section 5.2).
pub fn oauth(code: &str) -> String {
    format!(r#"{{"error":"{code}","error_description":"{CANARY}"}}"#)
}

pub fn not_sent() -> Answer {
    let why = "the connection was refused".to_owned();
    Err(TransportError::NotSent(why))
}

pub fn no_answer() -> Answer {
    Err(TransportError::Unknown("it took too long".to_owned()))
}

pub fn cut_off() -> Answer {
    let why = "it was cut off";
    Err(TransportError::Body { status: 200, why })
}
