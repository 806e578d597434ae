//! A list that is served in pages, as Trakt does it and as it should not.

use std::sync::Mutex;

use serde_json::{Value, json};
use trakt_api::{
    Auth, Client, Endpoint, Host, Items, Method, Paged, RawReply, RawRequest, Transport,
    TransportError,
};

use crate::fake::config;

/// A list whose counts are true.
#[derive(Debug)]
pub struct Counted;

/// A list whose counts are not.
#[derive(Debug)]
pub struct Uncounted;

macro_rules! list {
    ($($list:ident $path:literal $counted:literal)*) => {$(
        impl Endpoint for $list {
            type Reply = Items<u64>;
            const METHOD: Method = Method::Get;
            const HOST: Host = Host::Api;
            const AUTH: Auth = Auth::Application;

            fn path(&self) -> Vec<String> {
                vec![$path.to_owned()]
            }

            fn query(&self) -> Vec<(&'static str, String)> {
                vec![("extended", "full".to_owned())]
            }
        }

        impl Paged for $list {
            type Item = u64;
            const MAX_LIMIT: u32 = 10;
            const COUNTED: bool = $counted;
        }
    )*};
}

list! {
    Counted "counted" true
    Uncounted "uncounted" false
}

/// What happens to the list before a call is answered.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    Grow(usize),
    Shrink(usize),
}

/// How it is served.
#[derive(Clone, Debug, Default)]
pub struct Server {
    pub list: Vec<u64>,
    /// The largest page.
    pub clamp: usize,
    /// Headers that are left out, and what others are in place of the truth.
    pub without: Vec<&'static str>,
    pub pages: Option<u64>,
    pub items: Option<u64>,
    pub rails: bool,
    /// The last page that it knows: it is given for each later one too.
    pub stuck_at: Option<usize>,
    /// Changes, by the number of the call, from 0.
    pub changes: Vec<(usize, Change)>,
    /// Calls that fail, from 0, with this status; 0 is no answer at all.
    pub failures: Vec<(usize, u16)>,
    /// An item that nobody can read.
    pub bad: Option<u64>,
}

pub struct Fake {
    pub server: Mutex<Server>,
    /// The page and the limit of each call.
    pub calls: Mutex<Vec<(usize, usize)>>,
}

impl Transport for Fake {
    fn send(&self, request: RawRequest) -> Result<RawReply, TransportError> {
        let query: Vec<_> = request.url.query_pairs().into_owned().collect();
        assert_eq!(query[0], ("extended".to_owned(), "full".to_owned()));
        let [page, limit] = ["page", "limit"].map(|name| {
            let (_, value) = query.iter().find(|(given, _)| given == name).unwrap();
            value.parse::<usize>().unwrap()
        });
        assert_eq!(query.len(), 3);
        let call = {
            let mut calls = self.calls.lock().unwrap();
            calls.push((page, limit));
            calls.len() - 1
        };
        self.server.lock().unwrap().answer(call, page, limit)
    }
}

impl Server {
    fn answer(
        &mut self,
        call: usize,
        page: usize,
        limit: usize,
    ) -> Result<RawReply, TransportError> {
        let changes = self.changes.iter().filter(|(at, _)| *at == call);
        for (_, change) in changes {
            match change {
                Change::Grow(at) => {
                    let new = 1_000_000 + self.list.len() as u64;
                    self.list.insert(at % (self.list.len() + 1), new);
                }
                Change::Shrink(at) if !self.list.is_empty() => {
                    self.list.remove(at % self.list.len());
                }
                Change::Shrink(_) => {}
            }
        }
        if let Some((_, status)) = self.failures.iter().find(|(at, _)| *at == call) {
            return match status {
                0 => Err(TransportError::Unknown("it broke".to_owned())),
                200 => Ok(RawReply {
                    status: 200,
                    headers: Vec::new(),
                    body: Vec::new(),
                }),
                _ => Ok(RawReply {
                    status: *status,
                    headers: vec![("retry-after".to_owned(), "7".to_owned())],
                    body: Vec::new(),
                }),
            };
        }
        let limit = limit.min(self.clamp);
        let given = page.min(self.stuck_at.unwrap_or(page));
        let read = |item: &u64| match self.bad {
            Some(bad) if bad == *item => json!("bad"),
            _ => json!(item),
        };
        let from = self.list.iter().skip((given - 1) * limit);
        let items: Vec<Value> = from.take(limit).map(read).collect();
        let pages = self.list.len().div_ceil(limit) as u64;
        let mut headers = vec![
            ("x-pagination-page", given as u64),
            ("x-pagination-limit", limit as u64),
            ("x-pagination-page-count", self.pages.unwrap_or(pages)),
            (
                "x-pagination-item-count",
                self.items.unwrap_or(self.list.len() as u64),
            ),
        ];
        headers.retain(|(name, _)| !self.without.contains(name));
        let mut headers: Vec<_> = headers
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_string()))
            .collect();
        if self.rails {
            headers.push(("x-trakt-server".to_owned(), "rails".to_owned()));
        }
        Ok(RawReply {
            status: 200,
            headers,
            body: Value::from(items).to_string().into_bytes(),
        })
    }
}

/// A server of the numbers from 0 that is as it should be.
pub fn serving(length: u64) -> Server {
    Server {
        list: (0..length).collect(),
        clamp: 10,
        ..Server::default()
    }
}

pub fn client(server: Server) -> (Client, std::sync::Arc<Fake>) {
    let fake = std::sync::Arc::new(Fake {
        server: Mutex::new(server),
        calls: Mutex::default(),
    });
    let config = config("https://api.trakt.tv", "https://auth.trakt.tv");
    (Client::over(config, fake.clone()).unwrap(), fake)
}
