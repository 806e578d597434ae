use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;
use standardwebhooks::Webhook;
use ureq::http::{HeaderMap, HeaderName, HeaderValue};

use super::{ServerBuilder, wait_for};

/// `WEBHOOK_SECRET` of every tested service.
pub const WEBHOOK_SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// An event as it came.
#[derive(Clone, Debug)]
pub struct Told {
    pub headers: HeaderMap,
    pub text: String,
}

impl Told {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    pub fn id(&self) -> String {
        let id = self.headers["webhook-id"].to_str().expect("text");
        assert_eq!(self.json()["id"], id);
        id.to_owned()
    }

    pub fn kind(&self) -> String {
        self.json()["type"].as_str().expect("a type").to_owned()
    }

    /// Whether the library of the specification takes it for genuine.
    pub fn genuine(&self, secret: &str) -> bool {
        let library = Webhook::new(secret).expect("a secret");
        library.verify(self.text.as_bytes(), &self.headers).is_ok()
    }
}

type Answer = dyn Fn(&Told) -> String + Send + Sync;

/// Somebody who is told: on this machine, by HTTP. Each call has a thread, so that one may take long.
pub struct Receiver {
    address: SocketAddr,
    told: Arc<Mutex<Vec<Told>>>,
    answer: Arc<Mutex<Arc<Answer>>>,
    open: Arc<AtomicBool>,
}

impl Receiver {
    /// One that says yes to everything.
    pub fn start() -> Self {
        Self::at(SocketAddr::from(([127, 0, 0, 1], 0)))
    }

    /// One at this address.
    pub fn at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).expect("the address is free");
        let receiver = Self {
            address: listener.local_addr().expect("an address"),
            told: Arc::default(),
            answer: Arc::new(Mutex::new(Arc::new(|_| Self::status(204)))),
            open: Arc::new(AtomicBool::new(true)),
        };
        let (told, answer) = (receiver.told.clone(), receiver.answer.clone());
        let open = receiver.open.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                if !open.load(Ordering::SeqCst) {
                    return;
                }
                let (told, answer) = (told.clone(), answer.clone());
                thread::spawn(move || serve(stream.expect("a call"), &told, &answer));
            }
        });
        receiver
    }

    /// An answer without a body.
    pub fn status(status: u16) -> String {
        format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\n\r\n")
    }

    /// Answers so from now on.
    pub fn answer(&self, answer: impl Fn(&Told) -> String + Send + Sync + 'static) {
        *self.answer.lock().unwrap() = Arc::new(answer);
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Everything that came so far.
    pub fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }

    pub fn clear(&self) {
        self.told.lock().unwrap().clear();
    }

    /// Waits for an event of this type, and gives the last one.
    pub fn wait(&self, kind: &str) -> Told {
        wait_for(kind, || {
            self.told().into_iter().rfind(|told| told.kind() == kind)
        })
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.open.store(false, Ordering::SeqCst);
        // Wakes whoever waits for the next call.
        let _ = TcpStream::connect(self.address);
    }
}

impl ServerBuilder {
    /// Tells these.
    pub fn tells(self, urls: &[String]) -> Self {
        self.var("WEBHOOK_URLS", &urls.join(","))
            .var("WEBHOOK_SECRET", WEBHOOK_SECRET)
            .var("WEBHOOK_ALLOW", "127.0.0.0/8")
    }
}

/// An address that nobody listens at, and nobody else will.
pub fn closed_address() -> SocketAddr {
    let [_, _, a, b] = std::process::id().to_be_bytes();
    let ip = IpAddr::from([127, 77, a, b]);
    let listener = TcpListener::bind((ip, 0)).expect("a port");
    listener.local_addr().expect("an address")
}

fn serve(mut stream: TcpStream, told: &Mutex<Vec<Told>>, answer: &Mutex<Arc<Answer>>) {
    let Some(came) = read(&mut stream) else {
        return;
    };
    told.lock().unwrap().push(came.clone());
    let answer = answer.lock().unwrap().clone();
    // Whoever asked may be gone by now.
    let _ = stream.write_all(answer(&came).as_bytes());
}

/// A whole call; `None` when it breaks off.
fn read(stream: &mut TcpStream) -> Option<Told> {
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let pairs = head.lines().filter_map(|line| line.split_once(": "));
        let headers: HeaderMap = pairs
            .map(|(name, value)| {
                let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
                (name, HeaderValue::from_str(value).expect("a value"))
            })
            .collect();
        let length = headers["content-length"].to_str().ok()?;
        if body.len() >= length.parse().ok()? {
            let text = body.to_owned();
            return Some(Told { headers, text });
        }
    }
}
