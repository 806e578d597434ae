use std::io::{BufRead as _, BufReader};
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::{HeaderMap, Request};

/// An answer as it came.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The `code` of a problem, after a check that it is one as RFC 9457 has it.
    #[track_caller]
    pub fn code(&self) -> String {
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self:?}"
        );
        let json = self.json();
        assert_eq!(json["status"], self.status, "{self:?}");
        assert_eq!(json["success"], false, "{self:?}");
        for field in ["type", "title", "detail", "code"] {
            assert!(json[field].is_string(), "no '{field}' in {self:?}");
        }
        json["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Status and, of a problem, the code: what a table of expectations is written in.
    #[track_caller]
    pub fn outcome(&self) -> String {
        match self.status {
            200..=299 => self.status.to_string(),
            _ => format!("{} {}", self.status, self.code()),
        }
    }
}

/// Sends any request. Fails the test when no answer comes within 30 s.
#[track_caller]
pub fn send(request: Request<Vec<u8>>) -> Reply {
    try_send(request).expect("an answer")
}

/// Sends any request.
///
/// # Errors
/// When no answer comes.
pub fn try_send(request: Request<Vec<u8>>) -> Result<Reply, ureq::Error> {
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(30)))
        .allow_non_standard_methods(true)
        .build()
        .into();
    let mut response = agent.run(request)?;
    let events = response.headers().get("content-type");
    let text = match events.is_some_and(|kind| kind == "text/event-stream") {
        true => first_event(response.body_mut()),
        false => response
            .body_mut()
            .with_config()
            .limit(u64::MAX)
            .read_to_string()?,
    };
    Ok(Reply {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text,
    })
}

/// Of a stream that does not end by itself, what there is at once.
fn first_event(body: &mut ureq::Body) -> String {
    let lines = BufReader::new(body.as_reader()).lines();
    let lines = lines.map_while(Result::ok);
    lines
        .take_while(|line| !line.is_empty())
        .map(|line| line + "\n")
        .collect()
}

/// Sends a JSON request, with a bearer token if one is given.
#[track_caller]
pub fn call(method: &str, url: &str, token: Option<&str>, body: Option<&Value>) -> Reply {
    send(request(method, url, token, body))
}

/// Sends a JSON request.
///
/// # Errors
/// When no answer comes, as when the service was killed meanwhile.
pub fn try_call(
    method: &str,
    url: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> Result<Reply, ureq::Error> {
    try_send(request(method, url, token, body))
}

fn request(method: &str, url: &str, token: Option<&str>, body: Option<&Value>) -> Request<Vec<u8>> {
    let mut request = Request::builder().method(method).uri(url);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let bytes = body
        .map(|json| json.to_string().into_bytes())
        .unwrap_or_default();
    request.body(bytes).expect("a well-formed request")
}
