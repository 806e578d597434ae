//! A client that knows nothing of the simulator but its address.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use trakt_sim::{Config, Sim};
use ureq::Agent;
use ureq::http::{Request, Response};

pub const ID: &str = "trakt-sim-client-id";
pub const SECRET: &str = "trakt-sim-client-secret";

pub struct Client {
    pub url: String,
    agent: Agent,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub kind: String,
    pub location: String,
    pub text: String,
    headers: Vec<(String, String)>,
}

impl Answer {
    /// The value of a header, empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| n == name);
        found.map_or("", |(_, value)| value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

pub fn start(config: Config) -> (Sim, Client) {
    let sim = Sim::start(config).unwrap();
    let client = Client::new(sim.url());
    (sim, client)
}

impl Client {
    pub fn new(url: &str) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(20)))
            .build();
        Self {
            url: url.to_owned(),
            agent: config.into(),
        }
    }

    pub fn try_post(&self, path: &str, body: &Value) -> Result<Answer, ureq::Error> {
        let request = self.agent.post(format!("{}{path}", self.url));
        read(
            request
                .header("content-type", "application/json")
                .send(body.to_string())?,
        )
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.try_post(path, body).unwrap()
    }

    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields = fields.iter().copied();
        read(
            self.agent
                .post(format!("{}{path}", self.url))
                .send_form(fields)
                .unwrap(),
        )
        .unwrap()
    }

    pub fn delete(&self, path: &str) -> Answer {
        read(
            self.agent
                .delete(format!("{}{path}", self.url))
                .call()
                .unwrap(),
        )
        .unwrap()
    }

    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(request.call().unwrap()).unwrap()
    }

    /// Any method, without a body.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.uri(format!("{}{path}", self.url)).body(()).unwrap();
        read(self.agent.run(request).unwrap()).unwrap()
    }

    /// A write, with the headers that Trakt's API requires.
    pub fn put(&self, path: &str, body: &Value, access_token: &str) -> Answer {
        let request = self.agent.put(format!("{}{path}", self.url));
        let request = request
            .header("content-type", "application/json")
            .header("trakt-api-key", ID)
            .header("trakt-api-version", "2")
            .header("authorization", format!("Bearer {access_token}"));
        read(request.send(body.to_string()).unwrap()).unwrap()
    }

    /// With the headers that Trakt's API requires.
    pub fn api(&self, path: &str, access_token: Option<&str>) -> Answer {
        let bearer = access_token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![("trakt-api-key", ID), ("trakt-api-version", "2")];
        headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
        self.get(path, &headers)
    }

    /// The device code and the user code.
    pub fn code(&self) -> (String, String) {
        let answer = self.post("/oauth/device/code", &json!({ "client_id": ID }));
        assert_eq!(answer.status, 200, "{answer:?}");
        let body = answer.json();
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        (text("device_code"), text("user_code"))
    }

    pub fn poll(&self, device_code: &str) -> Answer {
        self.post("/oauth/device/token", &poll_body(device_code))
    }

    /// The access and the refresh token of a new link.
    pub fn link(&self, sim: &Sim, slug: &str) -> (String, String) {
        let (device_code, user_code) = self.code();
        sim.approve(&user_code, slug).unwrap();
        pair(&self.poll(&device_code))
    }

    pub fn refresh(&self, refresh_token: &str) -> Answer {
        self.post("/oauth/token", &refresh_body(refresh_token))
    }

    pub fn revoke(&self, token: &str) -> Answer {
        let body = json!({ "token": token, "client_id": ID, "client_secret": SECRET });
        self.post("/oauth/revoke", &body)
    }

    /// All bytes that come back for these, until the connection is closed.
    pub fn raw(&self, request: &str) -> String {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    }
}

pub fn poll_body(device_code: &str) -> Value {
    json!({ "code": device_code, "client_id": ID, "client_secret": SECRET })
}

pub fn refresh_body(refresh_token: &str) -> Value {
    json!({
        "refresh_token": refresh_token,
        "client_id": ID,
        "client_secret": SECRET,
        "redirect_uri": "urn:ietf:wg:oauth:2.0:oob",
        "grant_type": "refresh_token",
    })
}

pub fn pair(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

/// Waits until `condition` holds.
pub fn eventually(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(10), "never: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn read(mut response: Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let header = |name| {
        let value = response.headers().get(name);
        value.map_or("", |value| value.to_str().unwrap()).to_owned()
    };
    Ok(Answer {
        status: response.status().as_u16(),
        kind: header("content-type"),
        location: header("location"),
        headers: response
            .headers()
            .iter()
            .map(|(n, v)| (n.to_string(), v.to_str().unwrap().to_owned()))
            .collect(),
        text: response.body_mut().read_to_string()?,
    })
}
