//! The media: what a person watches, rates and lists.

mod changes;
mod contract;
mod control;
mod discover;
mod generated;
mod history;
mod lag;
mod lists;
mod paging;
mod progress;
mod ratings;
mod refusals;
mod scrobble;
mod watched;

use serde_json::{Value, json};
use trakt_sim::{Config, Sim};
use ureq::http::{HeaderMap, Response};
use ureq::typestate::WithBody;
use ureq::{Agent, RequestBuilder};

use crate::client::{Client, ID};

/// Somebody signed in.
pub struct Viewer {
    pub sim: Sim,
    pub slug: String,
    agent: Agent,
    token: String,
}

/// What came back. `json` is null for an empty body.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub json: Value,
}

impl Reply {
    /// The body of a success.
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        self.json
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// Page, limit, page count and item count.
    pub fn pagination(&self) -> [usize; 4] {
        ["page", "limit", "page-count", "item-count"].map(|name| {
            self.header(&format!("x-pagination-{name}"))
                .parse()
                .unwrap()
        })
    }
}

impl Viewer {
    /// A simulator, and its account `slug` signed in.
    pub fn start(config: Config, slug: &str) -> Self {
        // The clock is moved by years here.
        let sim = Sim::start(Config {
            token_expires_in: 100 * 365 * 24 * 60 * 60,
            ..config
        })
        .unwrap();
        let (token, _) = Client::new(sim.url()).link(&sim, slug);
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .build();
        Self {
            sim,
            slug: slug.to_owned(),
            agent: agent.into(),
            token,
        }
    }

    /// An account that does not pay and has done nothing yet.
    pub fn new() -> Self {
        Self::start(Config::default(), "justin")
    }

    /// An account that pays.
    pub fn vip() -> Self {
        Self::start(Config::default(), "sean")
    }

    pub fn get(&self, path: &str) -> Reply {
        let request = self.agent.get(format!("{}{path}", self.sim.url()));
        let request = request
            .header("trakt-api-key", ID)
            .header("trakt-api-version", "2")
            .header("authorization", format!("Bearer {}", self.token));
        read(request.call().unwrap())
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_as(path, "application/json", body)
    }

    /// With another content type.
    pub fn post_as(&self, path: &str, kind: &str, body: &Value) -> Reply {
        let request = self.agent.post(format!("{}{path}", self.sim.url()));
        self.write(request, kind, body)
    }

    pub fn put(&self, path: &str, body: &Value) -> Reply {
        let request = self.agent.put(format!("{}{path}", self.sim.url()));
        self.write(request, "application/json", body)
    }

    fn write(&self, request: RequestBuilder<WithBody>, kind: &str, body: &Value) -> Reply {
        let request = request
            .header("trakt-api-key", ID)
            .header("trakt-api-version", "2")
            .header("content-type", kind)
            .header("authorization", format!("Bearer {}", self.token));
        read(request.send(body.to_string()).unwrap())
    }

    pub fn delete(&self, path: &str) -> Reply {
        let request = self.agent.delete(format!("{}{path}", self.sim.url()));
        let request = request
            .header("trakt-api-key", ID)
            .header("trakt-api-version", "2")
            .header("authorization", format!("Bearer {}", self.token));
        read(request.call().unwrap())
    }

    /// Without an access token.
    pub fn anonymous(&self, path: &str) -> Reply {
        let request = self.agent.get(format!("{}{path}", self.sim.url()));
        let request = request
            .header("trakt-api-key", ID)
            .header("trakt-api-version", "2");
        read(request.call().unwrap())
    }

    /// All pages of a list, as a client that follows the page count reads them.
    pub fn pages(&self, path: &str, limit: usize) -> Vec<Value> {
        let mut all = Vec::new();
        let join = if path.contains('?') { '&' } else { '?' };
        for page in 1.. {
            let reply = self.get(&format!("{path}{join}page={page}&limit={limit}"));
            let pages = reply.pagination()[2];
            all.extend(reply.ok().as_array().unwrap().iter().cloned());
            if page >= pages {
                return all;
            }
        }
        unreachable!()
    }

    pub fn activity(&self, group: &str, leaf: &str) -> String {
        let all = self.get("/sync/last_activities").ok();
        all[group][leaf].as_str().unwrap().to_owned()
    }

    /// A movie or show that every other site knows.
    pub fn known(&self, kind: &str) -> Value {
        let of = |id| self.get(&format!("/{kind}/{id}")).ok();
        let known = |item: &Value| {
            let ids = item["ids"].as_object().unwrap();
            ids.values().all(|id| !id.is_null())
        };
        (7..100).map(of).find(known).unwrap()
    }

    /// The first show whose aired episodes, specials and seasons fit.
    pub fn show(&self, fits: impl Fn(&Value) -> bool) -> Value {
        for id in 1..900 {
            let show = self.get(&format!("/shows/{id}?extended=full")).ok();
            let seasons = self.get(&format!("/shows/{id}/seasons?extended=full")).ok();
            let described = json!({ "show": show, "seasons": seasons });
            if fits(&described) {
                return described;
            }
        }
        panic!("the catalogue has no such show");
    }
}

/// Leaves that moved between two bodies of `/sync/last_activities`, as `group.leaf`.
pub fn moved(before: &Value, after: &Value) -> Vec<String> {
    let mut moved = Vec::new();
    for (group, leaves) in after.as_object().unwrap() {
        for (leaf, at) in leaves.as_object().into_iter().flatten() {
            if before[group][leaf] != *at {
                moved.push(format!("{group}.{leaf}"));
            }
        }
    }
    assert_eq!(before["all"] != after["all"], !moved.is_empty());
    moved.sort();
    moved
}

fn read(mut response: Response<ureq::Body>) -> Reply {
    let text = response
        .body_mut()
        .with_config()
        .limit(64 << 20)
        .read_to_string()
        .unwrap();
    Reply {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        json: serde_json::from_str(&text).unwrap_or(Value::Null),
    }
}
