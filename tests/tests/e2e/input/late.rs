//! Who calls is known as of when all of a request has come, and not before.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use super::{ASSOCIATE, Cast};
use crate::harness::{AUTH_SECRET, Server, TOKEN_KEYS, issue_token, run_command};
use crate::pages::visit::Visitor;

/// A request of which half of the body was sent, at which the service is known to work.
struct Half {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl Half {
    fn send(server: &Server, path: &str, headers: &str, body: &str) -> Self {
        let url = server.url("");
        let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
        let limit = Some(Duration::from_secs(20));
        stream.set_read_timeout(limit).unwrap();
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\
             Expect: 100-continue\r\nConnection: close\r\n{headers}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        // Said once the handler has begun.
        let go_on = b"HTTP/1.1 100 Continue\r\n\r\n";
        let mut said = vec![0; go_on.len()];
        stream.read_exact(&mut said).unwrap();
        assert_eq!(said, go_on);
        let (half, rest) = body.as_bytes().split_at(length / 2);
        stream.write_all(half).unwrap();
        let rest = rest.to_vec();
        Self { stream, rest }
    }

    /// The answer to the whole of it.
    fn end(mut self) -> String {
        self.stream.write_all(&self.rest).unwrap();
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

#[test]
fn who_may_not_any_more_when_the_body_has_come_does_nothing() {
    let mut cast = Cast::start();
    let admin = cast.admin();
    let Cast { service, .. } = &cast;
    let (server, database) = (&service.server, &service.database);
    let user = |email: &str, role| issue_token(database.user(email, role), 600);
    let (gone, holder) = (user("gone@example.org", "user"), "holder@example.org");
    let stays = user("stays@example.org", "user");
    database.user(holder, "user");
    let vars = [
        ("DATABASE_URL", database.url()),
        ("DATA_DIR", "/nonexistent"),
        ("TOKEN_KEYS", TOKEN_KEYS),
        ("AUTH_SECRET", AUTH_SECRET),
    ];
    let password = "correct horse battery staple";
    let add = "user add --email page@example.org --role admin --password-stdin";
    let add: Vec<&str> = add.split(' ').collect();
    let added = run_command(&add, &vars, password);
    assert!(added.status.success(), "{added:?}");
    let browser = Visitor::new(server).sign_in("page@example.org", password);

    let bearer =
        |token: &str| format!("Authorization: Bearer {token}\r\nContent-Type: application/json");
    let claim = json!({"traktSlug": "sean", "userEmail": holder}).to_string();
    let rating = json!({"movie": {"ids": {"trakt": 1}}, "rating": 9}).to_string();
    let demoted = Half::send(server, ASSOCIATE, &bearer(&admin), &claim);
    let removed = Half::send(server, "/trakt/auth/device", &bearer(&gone), "{}");
    let unlinked = Half::send(server, "/trakt/ratings", &bearer(&stays), &rating);
    let cookie = format!(
        "Cookie: session={}\r\nContent-Type: application/x-www-form-urlencoded\r\nAccept: text/html",
        browser.cookie().unwrap()
    );
    let form = format!("csrf={}&slug=sean&email={holder}", browser.csrf());
    let form = Half::send(server, "/admin/associate", &cookie, &form);

    database.execute("UPDATE users SET role = 'user' WHERE role = 'admin'", &[]);
    let remove = ["user", "remove", "--email", "gone@example.org"];
    let done = run_command(&remove, &vars, "");
    assert!(done.status.success(), "{done:?}");
    let begins = |answer: &str, with: &str| assert!(answer.starts_with(with), "{with}: {answer}");
    begins(&demoted.end(), "HTTP/1.1 403 ");
    begins(&removed.end(), "HTTP/1.1 401 ");
    begins(&form.end(), "HTTP/1.1 403 ");
    // Whoever still may is answered as ever.
    begins(&unlinked.end(), "HTTP/1.1 409 ");
    for table in ["trakt_users", "device_flows", "outbox"] {
        let rows = database.count(&format!("SELECT count(*) FROM {table}"));
        assert_eq!(rows, 0, "{table}");
    }
    let asked = service.sim.requests();
    assert!(asked.is_empty(), "{asked:?}");
}
