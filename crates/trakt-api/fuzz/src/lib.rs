//! Answers made of bytes, and a client that gets them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use trakt_api::{
    Auth, BaseUrl, Client, Config, Endpoint, Host, Items, Method, Paged, RawReply, RawRequest,
    Transport, TransportError,
};

/// A list of anything.
pub struct Any;

impl Endpoint for Any {
    type Reply = Items<Value>;
    const METHOD: Method = Method::Get;
    const HOST: Host = Host::Api;
    const AUTH: Auth = Auth::Application;

    fn path(&self) -> Vec<String> {
        vec!["any".to_owned()]
    }
}

impl Paged for Any {
    type Item = Value;
}

/// The names of the headers that are read: a byte chooses one.
const NAMES: &[&str] = &[
    "cf-mitigated",
    "content-type",
    "date",
    "retry-after",
    "x-account-deactivated",
    "x-account-limit",
    "x-account-locked",
    "x-pagination-item-count",
    "x-pagination-limit",
    "x-pagination-page",
    "x-pagination-page-count",
    "x-ratelimit",
    "x-trakt-server",
    "x-upgrade-url",
    "x-vip-user",
];

/// Two bytes of status, then lines: headers (a byte of name, the value) up to an empty one, and
/// the body.
pub fn reply(data: &[u8]) -> Option<RawReply> {
    let (status, mut rest) = data.split_at_checked(2)?;
    let status = u16::from_le_bytes([status[0], status[1]]) % 1000;
    let mut headers = Vec::new();
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = &rest[..end];
        rest = &rest[end + 1..];
        let [name, value @ ..] = line else { break };
        let name = NAMES[usize::from(*name) % NAMES.len()];
        let value = String::from_utf8_lossy(value).into_owned();
        headers.push((name.to_owned(), value));
    }
    Some(RawReply {
        status,
        headers,
        body: rest.to_vec(),
    })
}

struct Replies(Vec<RawReply>, AtomicUsize);

impl Transport for Replies {
    fn send(&self, _: RawRequest) -> Result<RawReply, TransportError> {
        let call = self.1.fetch_add(1, Ordering::SeqCst);
        Ok(self.0[call % self.0.len()].clone())
    }
}

/// A client that gets these answers, over and over.
pub fn answering(replies: Vec<RawReply>) -> Client {
    let url = |text| BaseUrl::parse(text).unwrap();
    let config = Config {
        api_url: url("https://api.trakt.tv"),
        auth_url: url("https://auth.trakt.tv"),
        client_id: "client-id".to_owned(),
        client_secret: None,
        redirect_uri: String::new(),
        user_agent: "fuzz/1.0".to_owned(),
    };
    Client::over(config, Arc::new(Replies(replies, AtomicUsize::new(0)))).unwrap()
}
