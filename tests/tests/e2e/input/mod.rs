//! What no client of good will sends: each is refused by name, as a problem, with nothing done.

mod bodies;
mod late;
mod paths;
mod wire;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use ureq::http::Request;

use crate::harness::{Reply, Server, Service, issue_token, send};

const DEVICE: &str = "/trakt/auth/device";
const CHECK: &str = "/trakt/auth/device/check";
const ASSOCIATE: &str = "/trakt/admin/associate";
const LOGIN: &str = "/auth/login";
const MALFORMED: &str = "400 malformed_request";
const INVALID: &str = "422 validation_failed";
const MAX_BODY: usize = 64 * 1024;

/// A service and as many admins as there are cases, so that no case meets a limit.
struct Cast {
    service: Service,
    next: u32,
}

impl Cast {
    fn start() -> Self {
        let service = Service::start();
        Self { service, next: 0 }
    }

    fn admin(&mut self) -> String {
        self.next += 1;
        let email = format!("admin{}@example.org", self.next);
        issue_token(self.service.database.user(&email, "admin"), 600)
    }

    fn post(&mut self, path: &str, content_type: Option<&str>, body: &[u8]) -> Reply {
        let token = self.admin();
        let mut request = Request::post(self.service.server.url(path))
            .header("authorization", format!("Bearer {token}"));
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        send(request.body(body.to_vec()).unwrap())
    }

    /// Nothing was begun, stored or asked of Trakt.
    #[track_caller]
    fn assert_untouched(&self) {
        let database = &self.service.database;
        for table in ["device_flows", "trakt_users", "token_revocations"] {
            let rows = database.count(&format!("SELECT count(*) FROM {table}"));
            assert_eq!(rows, 0, "{table}");
        }
        let entries =
            "SELECT count(*) FROM audit_log WHERE event <> 'limit_hit' AND outcome <> 'refused'";
        assert_eq!(database.count(entries), 0, "audit_log");
        let asked = self.service.sim.requests();
        assert!(asked.is_empty(), "{asked:?}");
    }
}

/// The fields that a 422 names, sorted; none for other answers.
fn named(reply: &Reply) -> String {
    let json = reply.json();
    let errors = json["errors"].as_array().map_or(&[][..], Vec::as_slice);
    let mut fields: Vec<&str> = errors
        .iter()
        .map(|error| {
            assert!(!error["message"].as_str().unwrap().is_empty(), "{error}");
            error["field"].as_str().unwrap()
        })
        .collect();
    fields.sort_unstable();
    fields.join(" ")
}

/// Everything that comes back on one connection until the other side closes it.
fn raw(server: &Server, bytes: &[u8]) -> String {
    let url = server.url("");
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // The other side may have answered and closed before it was told everything.
    let _ = stream.write_all(bytes);
    let mut answers = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answers) {
        assert_eq!(
            error.kind(),
            std::io::ErrorKind::ConnectionReset,
            "it is not closed"
        );
    }
    String::from_utf8_lossy(&answers).into_owned()
}
