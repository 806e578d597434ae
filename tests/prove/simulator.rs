//! The simulator as a process of its own, with generated accounts.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::{Value, json};
use ureq::http::Request;

use crate::harness::{call, send};

pub const CLIENT: &str = "trakt-sim-client-id";
pub const SECRET: &str = "trakt-sim-client-secret";

/// As many as Trakt gives at the most.
pub const PAGE: usize = 250;

pub struct Simulator {
    process: Child,
    pub url: String,
    /// How long it took to start.
    pub millis: u64,
}

impl Simulator {
    /// From the start of the process until it says that it serves.
    pub fn start(accounts: usize, plays: usize) -> Self {
        let server = std::env::var_os("TRAKT_SERVER_BIN").map(PathBuf::from);
        let binary = server
            .expect("TRAKT_SERVER_BIN")
            .with_file_name("trakt-sim");
        let start = Instant::now();
        let mut process = Command::new(binary)
            .args(["--port", "0", "--seed", "7"])
            .args(["--accounts", &accounts.to_string()])
            .args(["--plays", &plays.to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut url = String::new();
        for line in lines.by_ref() {
            let line = line.unwrap();
            if let Some(address) = line.strip_prefix("Trakt simulator: ") {
                url = address.to_owned();
            }
            if line.starts_with("Control:") {
                break;
            }
        }
        let millis = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        assert!(!url.is_empty(), "the simulator ended");
        Self {
            process,
            url,
            millis,
        }
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.url);
        let reply = call("POST", &url, None, Some(body));
        assert_eq!(reply.status, 200, "{path}: {reply:?}");
        reply.json()
    }

    /// The person types the code.
    pub fn approve(&self, code: &str, slug: &str) {
        let approval = json!({"user_code": code, "slug": slug});
        self.post("/_sim/approve", &approval);
    }

    /// Links an account by the device flow.
    pub fn token(&self, slug: &str) -> String {
        let code = self.post("/oauth/device/code", &json!({"client_id": CLIENT}));
        self.approve(code["user_code"].as_str().unwrap(), slug);
        let asked = json!({
            "code": code["device_code"], "client_id": CLIENT, "client_secret": SECRET,
        });
        let pair = self.post("/oauth/device/token", &asked);
        pair["access_token"].as_str().unwrap().to_owned()
    }

    /// A page of the history, which is thrown away.
    pub fn page(&self, token: &str, page: usize) {
        let url = format!("{}/sync/history?page={page}&limit={PAGE}", self.url);
        let request = Request::builder()
            .uri(url)
            .header("authorization", format!("Bearer {token}"))
            .header("trakt-api-key", CLIENT)
            .header("trakt-api-version", "2");
        let reply = send(request.body(Vec::new()).unwrap());
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// Its memory at its most, in MiB.
    pub fn most_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib: Option<u64> = line.and_then(|rest| rest.trim().split(' ').next()?.parse().ok());
        kib.expect("the memory") / 1024
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
