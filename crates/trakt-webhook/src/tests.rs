//! Real calls to receivers on this machine, with names that lead where the test says.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use chrono::DateTime;
use serde_json::{Value, json};
use trakt_core::WebhookUrl;
use trakt_core::ports::WebhookSender as _;
use trakt_core::testing::FixedClock;
use trakt_core::webhook::{
    EndpointKey, WebhookAnswer, WebhookChange, WebhookEndpoint, WebhookEvent, WebhookFault,
    WebhookLink,
};
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use uuid::Uuid;

use crate::body::body;
use crate::{Allowed, HttpSender, Secrets};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NOW: i64 = 1_800_000_000;

/// A name that leads to the addresses of its next answer, and to the last one's from then on.
#[derive(Debug)]
struct Names {
    answers: Vec<Vec<SocketAddr>>,
    asked: Arc<AtomicUsize>,
}

impl Resolver for Names {
    fn resolve(
        &self,
        _: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = &self.answers[asked.min(self.answers.len() - 1)];
        let mut found = self.empty();
        for address in answer {
            found.push(*address);
        }
        Ok(found)
    }
}

/// A receiver: what it got, and how many connections there were.
struct Receiver {
    address: SocketAddr,
    got: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    /// One that answers each connection so, after it has read a whole request.
    fn answering(answer: impl Fn(&mut TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let got = Arc::new(Mutex::new(Vec::new()));
        let into = got.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                into.lock().unwrap().push(request(&mut stream));
                answer(&mut stream);
            }
        });
        Self { address, got }
    }

    /// One that answers with this text.
    fn saying(text: &'static str) -> Self {
        Self::answering(move |stream| stream.write_all(text.as_bytes()).unwrap())
    }

    fn count(&self) -> usize {
        self.got.lock().unwrap().len()
    }
}

/// A whole request, head and body.
fn request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).unwrap();
        text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        assert!(read > 0, "cut off: {text}");
    }
}

fn loopback() -> Allowed {
    Allowed::new(vec!["127.0.0.0/8".parse().unwrap()])
}

fn sender(allowed: Allowed, answers: Vec<Vec<SocketAddr>>) -> (HttpSender, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let names = Names {
        answers,
        asked: asked.clone(),
    };
    let clock = Arc::new(FixedClock::at(DateTime::from_timestamp(NOW, 0).unwrap()));
    let secrets = Secrets::parse(SECRET).unwrap();
    let sender = HttpSender::finding(names, secrets, allowed, clock, "test/1".to_owned());
    (sender, asked)
}

fn endpoint(url: &str) -> WebhookEndpoint {
    let url = WebhookUrl::from(url.to_owned());
    WebhookEndpoint {
        key: EndpointKey::of(&url),
        name: "http://hooks.example".to_owned(),
        url,
    }
}

fn event() -> WebhookEvent {
    WebhookEvent {
        id: Uuid::from_u128(1).into(),
        sequence: 42,
        kind: "link.linked".to_owned(),
        at: DateTime::from_timestamp_micros(NOW * 1_000_000 + 5).unwrap(),
        user: Some(Uuid::from_u128(2).into()),
        link: Some(WebhookLink {
            id: Uuid::from_u128(3).into(),
            slug: Some("sean".to_owned()),
            username: None,
        }),
        reason: Some("approved".to_owned()),
        changes: Vec::new(),
    }
}

/// Sends to a receiver on this machine, which is allowed.
fn sent_to(receiver: &Receiver) -> WebhookAnswer {
    let (sender, _) = sender(loopback(), vec![vec![receiver.address]]);
    sender.send(&endpoint("http://hooks.example/path?key=1"), &event())
}

fn status(status: u16) -> WebhookAnswer {
    WebhookAnswer::Status {
        status,
        retry_after: None,
    }
}

#[test]
fn what_is_sent_is_signed_and_whole() {
    let receiver = Receiver::saying("HTTP/1.1 204 No Content\r\n\r\n");
    assert_eq!(sent_to(&receiver), status(204));
    let got = receiver.got.lock().unwrap();
    let (head, sent) = got[0].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /path?key=1 HTTP/1.1\r\n"), "{head}");
    let id = Uuid::from_u128(1).to_string();
    let signature = Secrets::parse(SECRET).unwrap().sign(&id, NOW, sent);
    for header in [
        "host: hooks.example".to_owned(),
        "content-type: application/json".to_owned(),
        "user-agent: test/1".to_owned(),
        format!("webhook-id: {id}"),
        format!("webhook-timestamp: {NOW}"),
        format!("webhook-signature: {signature}"),
    ] {
        assert!(head.contains(&header), "{header} in {head}");
    }
    assert_eq!(sent, body(&event()));
}

#[test]
fn bodies() {
    let parse = |event: &WebhookEvent| -> Value { serde_json::from_str(&body(event)).unwrap() };
    assert_eq!(
        parse(&event()),
        json!({
            "id": "00000000-0000-0000-0000-000000000001",
            "type": "link.linked",
            "occurredAt": "2027-01-15T08:00:00.000005Z",
            "sequence": 42,
            "user": {"id": "00000000-0000-0000-0000-000000000002"},
            "data": {
                "associationId": "00000000-0000-0000-0000-000000000003",
                "traktSlug": "sean", "traktUsername": null, "reason": "approved",
            },
        })
    );
    let change = |of| WebhookChange {
        part: "movie_plays".to_owned(),
        adds: 3,
        removes: 1,
        of,
    };
    let synced = WebhookEvent {
        link: None,
        reason: None,
        changes: vec![change(None)],
        ..event()
    };
    let changes = json!([{"part": "movie_plays", "stored": 3, "removed": 1}]);
    assert_eq!(
        parse(&synced)["data"],
        json!({"reason": null, "changes": changes})
    );
    let held = WebhookEvent {
        link: None,
        reason: Some("pull".to_owned()),
        changes: vec![change(Some(90))],
        ..event()
    };
    let changes = json!([{"part": "movie_plays", "adds": 3, "removes": 1, "of": 90}]);
    assert_eq!(
        parse(&held)["data"],
        json!({"side": "pull", "changes": changes})
    );
    let test = WebhookEvent {
        link: None,
        user: None,
        reason: None,
        ..event()
    };
    assert_eq!(parse(&test)["data"], json!({}));
    assert_eq!(parse(&test)["user"], Value::Null);
}

#[test]
fn a_name_that_leads_home_is_called_by_nobody() {
    let receiver = Receiver::saying("HTTP/1.1 200 OK\r\n\r\n");
    let address = |ip: &str| SocketAddr::new(ip.parse().unwrap(), receiver.address.port());
    let private = WebhookAnswer::Fault(WebhookFault::PrivateAddress);
    for ips in [
        &["127.0.0.1"][..],
        &["::1"],
        &["::ffff:127.0.0.1"],
        &["0.0.0.0"],
        &["169.254.169.254", "10.0.0.1", "fd00::1"],
    ] {
        let found = ips.iter().map(|ip| address(ip)).collect();
        let (sender, asked) = sender(Allowed::default(), vec![found]);
        let answer = sender.send(&endpoint("https://hooks.example"), &event());
        assert_eq!(answer, private, "{ips:?}");
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
    // An address in place of a name is looked at as well.
    let clock = Arc::new(FixedClock::at(DateTime::UNIX_EPOCH));
    let secrets = Secrets::parse(SECRET).unwrap();
    let real = HttpSender::new(secrets, Allowed::default(), clock, "test/1".to_owned());
    for host in ["127.0.0.1", "[::1]", "localhost", "2130706433", "0x7f.1"] {
        let url = format!("https://{host}:{}/", receiver.address.port());
        let answer = real.send(&endpoint(&url), &event());
        assert!(
            matches!(
                answer,
                WebhookAnswer::Fault(WebhookFault::PrivateAddress | WebhookFault::HostNotFound)
            ),
            "{host}: {answer}"
        );
    }
    assert_eq!(receiver.count(), 0);
}

#[test]
fn of_a_mixture_what_is_allowed_is_called() {
    let receiver = Receiver::saying("HTTP/1.1 200 OK\r\n\r\n");
    let other = Receiver::saying("HTTP/1.1 200 OK\r\n\r\n");
    let allowed = Allowed::new(vec!["127.0.0.2/32".parse().unwrap()]);
    let open = TcpListener::bind("127.0.0.2:0").unwrap();
    let port = open.local_addr().unwrap();
    let serving = thread::spawn(move || {
        let (mut stream, _) = open.accept().unwrap();
        request(&mut stream);
        stream.write_all(b"HTTP/1.1 201 Created\r\n\r\n").unwrap();
    });
    let found = vec![receiver.address, other.address, port];
    let (sender, _) = sender(allowed, vec![found]);
    assert_eq!(
        sender.send(&endpoint("http://hooks.example"), &event()),
        status(201)
    );
    serving.join().unwrap();
    assert_eq!(receiver.count() + other.count(), 0);
}

/// The name leads to what is allowed when it is checked, and elsewhere from then on: it is not asked
/// for twice, and the next call checks it anew.
#[test]
fn a_name_that_turns_round_leads_nowhere() {
    let receiver = Receiver::saying("HTTP/1.1 200 OK\r\n\r\n");
    let home = Receiver::saying("HTTP/1.1 200 OK\r\n\r\n");
    let elsewhere = SocketAddr::new("127.0.0.3".parse().unwrap(), home.address.port());
    let allowed = Allowed::new(vec!["127.0.0.1/32".parse().unwrap()]);
    let (sender, asked) = sender(allowed, vec![vec![receiver.address], vec![elsewhere]]);
    let endpoint = endpoint("http://hooks.example");
    assert_eq!(sender.send(&endpoint, &event()), status(200));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let private = WebhookAnswer::Fault(WebhookFault::PrivateAddress);
    assert_eq!(sender.send(&endpoint, &event()), private);
    assert_eq!((receiver.count(), home.count()), (1, 0));
}

#[test]
fn plain_http_leads_to_this_machine_alone() {
    let allowed = Allowed::new(vec!["0.0.0.0/0".parse().unwrap()]);
    let far = vec![vec!["10.0.0.1:80".parse().unwrap()]];
    let (sender, _) = sender(allowed, far);
    let private = WebhookAnswer::Fault(WebhookFault::PrivateAddress);
    assert_eq!(
        sender.send(&endpoint("http://localhost"), &event()),
        private
    );
}

#[test]
fn a_redirect_is_an_answer_and_is_not_followed() {
    let home = Receiver::saying("HTTP/1.1 200 OK\r\n\r\n");
    let to = home.address;
    let receiver = Receiver::answering(move |stream| {
        let text = format!(
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{to}/\r\ncontent-length: 0\r\n\r\n"
        );
        stream.write_all(text.as_bytes()).unwrap();
    });
    let answer = sent_to(&receiver);
    assert_eq!((answer, answer.reason()), (status(307), Some("redirect")));
    assert_eq!(home.count(), 0);
}

#[test]
fn what_is_asked_for() {
    for (headers, seconds) in [
        ("retry-after: 17", Some(17)),
        ("retry-after: soon", None),
        ("retry-after: -1", None),
        (
            "date: Mon, 23 Nov 2026 10:00:00 GMT\r\nretry-after: Mon, 23 Nov 2026 10:02:00 GMT",
            Some(120),
        ),
    ] {
        let receiver = Receiver::answering(move |stream| {
            let text = format!("HTTP/1.1 429 Slow\r\n{headers}\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(text.as_bytes()).unwrap();
        });
        let answer = WebhookAnswer::Status {
            status: 429,
            retry_after: seconds.map(Duration::from_secs),
        };
        assert_eq!(sent_to(&receiver), answer, "{headers}");
    }
}

#[test]
fn a_body_without_end_is_no_trouble() {
    let receiver = Receiver::answering(|stream| {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n";
        let _ = stream.write_all(head.as_bytes());
        // Until nobody reads any more.
        while stream.write_all(&[b'x'; 65_536]).is_ok() {}
    });
    let start = Instant::now();
    assert_eq!(sent_to(&receiver), status(200));
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn what_is_no_answer() {
    for text in ["", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 2"] {
        let answer = sent_to(&Receiver::saying(text));
        let faults = [WebhookFault::NotHttp, WebhookFault::Broken].map(WebhookAnswer::Fault);
        assert!(faults.contains(&answer), "{text}: {answer}");
    }
    let many = Receiver::answering(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"x-header: 0123456789\r\n").is_ok() {}
    });
    assert!(matches!(sent_to(&many), WebhookAnswer::Fault(_)));
}

#[test]
fn a_closed_port_and_a_receiver_without_tls() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let (sender_of_closed, _) = sender(loopback(), vec![vec![closed]]);
    let answer = sender_of_closed.send(&endpoint("https://hooks.example"), &event());
    assert_eq!(answer, WebhookAnswer::Fault(WebhookFault::NotConnected));

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
    });
    let (sender, _) = sender(loopback(), vec![vec![address]]);
    let answer = sender.send(&endpoint("https://hooks.example"), &event());
    assert_eq!(answer, WebhookAnswer::Fault(WebhookFault::Tls));
}

/// One that takes everything and says nothing costs ten seconds and no more, in whatever it is slow.
#[test]
fn a_receiver_that_hangs_is_given_up() {
    let silent = Receiver::answering(|stream| {
        let _ = stream.read(&mut [0; 1]);
    });
    let slow = Receiver::answering(|stream| {
        for byte in "HTTP/1.1 200 OK\r\nx: "
            .bytes()
            .chain(std::iter::repeat(b'x'))
        {
            if stream.write_all(&[byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(200));
        }
    });
    thread::scope(|scope| {
        for receiver in [&silent, &slow] {
            scope.spawn(move || {
                let start = Instant::now();
                let answer = sent_to(receiver);
                assert_eq!(answer, WebhookAnswer::Fault(WebhookFault::TooLate));
                let took = start.elapsed().as_secs();
                assert!((9..15).contains(&took), "{took} s");
            });
        }
    });
}
