use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;
use trakt_core::Clock;
use trakt_sim::Sim;
use uuid::Uuid;

use super::http::try_call;
use super::{Database, Reply, call, wait_for};

/// `AUTH_SECRET` of every tested service: tests make bearer tokens of their own with it.
pub const AUTH_SECRET: &str = "e2e-auth-secret-0123456789abcdef-0123456789";
/// `AUTH_ISSUER`, the default.
pub const ISSUER: &str = "trakt-server";

/// The program under test: beside the test binaries, where `cargo build` puts it.
pub fn server_binary() -> PathBuf {
    if let Some(path) = std::env::var_os("TRAKT_SERVER_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("the path of this test");
    let profile = test
        .ancestors()
        .nth(2)
        .expect("target/<profile>/deps/<test>");
    let path = profile.join("trakt-server");
    assert!(
        path.exists(),
        "{} is missing: cargo build -p trakt-server",
        path.display()
    );
    path
}

/// Runs a command to its end, with these variables and nothing else of ours.
pub fn run_command(args: &[&str], vars: &[(&str, &str)], stdin: &str) -> Output {
    let mut command = bare_command();
    command.args(args).envs(vars.iter().copied());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // A program that reads nothing closes the pipe, which is no failure.
    let _ = child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(stdin.as_bytes());
    child.wait_with_output().expect("the program ends")
}

fn bare_command() -> Command {
    bare(&server_binary())
}

fn bare(program: &std::path::Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    for name in ["PATH", "HOME", "TMPDIR", "LANG"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// A bearer token for this user as the service itself would issue it, living `seconds` from now
/// (or dead since then).
pub fn issue_token(user: Uuid, seconds: i64) -> String {
    let now = trakt_core::SystemClock.now().timestamp();
    let claims = json!({
        "iss": ISSUER, "aud": "trakt", "sub": user.to_string(),
        "iat": now.min(now + seconds), "nbf": now.min(now + seconds), "exp": now + seconds,
    });
    sign(&claims)
}

/// Signs these claims with the secret of the tested services (HS256).
pub fn sign(claims: &Value) -> String {
    let key = jsonwebtoken::EncodingKey::from_secret(AUTH_SECRET.as_bytes());
    jsonwebtoken::encode(&jsonwebtoken::Header::default(), claims, &key).expect("a token")
}

/// What a service is started with.
pub struct ServerBuilder {
    command: &'static str,
    vars: BTreeMap<String, String>,
    data_dir: Option<PathBuf>,
    wait: bool,
    hears: Hears,
}

/// How its log is taken.
#[derive(Clone, Copy, PartialEq)]
pub enum Hears {
    /// All of it.
    All,
    /// Until it listens; then nobody takes it until [`Server::hear`].
    Little,
    /// Until it listens; then nobody will.
    NoMore,
}

impl ServerBuilder {
    pub fn hears(mut self, hears: Hears) -> Self {
        self.hears = hears;
        self
    }

    pub fn var(mut self, name: &str, value: &str) -> Self {
        self.vars.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn database(self, database: &Database) -> Self {
        self.var("DATABASE_URL", database.url())
    }

    pub fn sim(self, sim: &Sim) -> Self {
        self.var("TRAKT_API_URL", sim.url().trim_end_matches('/'))
    }

    /// A `DATA_DIR` that outlives the process; otherwise it gets one of its own.
    pub fn data_dir(mut self, dir: &std::path::Path) -> Self {
        self.data_dir = Some(dir.to_owned());
        self
    }

    /// Does not wait until it is ready.
    pub fn unready(mut self) -> Self {
        self.wait = false;
        self
    }

    /// Starts the program and waits until it is ready.
    pub fn start(self) -> Server {
        let wait = self.wait;
        let mut server = self.launch();
        server.url = wait_for("the address it listens at", || {
            if let Ok(Some(status)) = server.child.try_wait() {
                panic!("it ended with {status}:\n{}", server.log());
            }
            let log = server.log();
            let line = log
                .lines()
                .find(|line| line.contains("listening on http://"))?;
            Some(
                line.split("listening on ")
                    .nth(1)?
                    .split(['"', ' '])
                    .next()?
                    .to_owned(),
            )
        });
        if wait {
            server.wait_ready();
        }
        server
    }

    /// Starts the program, which is to end by itself: how it did, and everything it wrote.
    pub fn fails(self) -> (ExitStatus, String) {
        let mut server = self.launch();
        let status = server.ended();
        (status, server.whole_log())
    }

    /// This command instead of `serve`.
    pub fn command(mut self, command: &'static str) -> Self {
        self.command = command;
        self
    }

    /// Starts the program and waits for nothing.
    pub fn launch(self) -> Server {
        let own_dir = TempDir::new().expect("a directory");
        let data_dir = self.data_dir.unwrap_or_else(|| own_dir.path().join("data"));
        // Of one that is started beside others it may be another, such as an older version.
        let program = self.vars.get("TRAKT_SERVER_BIN").map(PathBuf::from);
        let mut command = program.as_deref().map_or_else(bare_command, bare);
        command
            .arg(self.command)
            .env("DATA_DIR", &data_dir)
            .envs(&self.vars);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let log = Arc::new(Mutex::new(String::new()));
        let (hear, heard) = mpsc::channel();
        let stderr = child.stderr.take().expect("a pipe");
        let stdout = child.stdout.take().expect("a pipe");
        let readers = [
            collect(stderr, log.clone(), Some((self.hears, heard))),
            collect(stdout, log.clone(), None),
        ];
        Server {
            child,
            log,
            readers,
            hear,
            url: String::new(),
            _own_dir: own_dir,
        }
    }
}

fn collect(
    from: impl std::io::Read + Send + 'static,
    log: Arc<Mutex<String>>,
    mut hears: Option<(Hears, mpsc::Receiver<()>)>,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let mut reader = BufReader::new(from);
        let mut line = Vec::new();
        while reader
            .read_until(b'\n', &mut line)
            .is_ok_and(|read| read > 0)
        {
            log.lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(&line));
            let listens = String::from_utf8_lossy(&line).contains("listening on http://");
            line.clear();
            match hears.take_if(|(hears, _)| listens && *hears != Hears::All) {
                Some((Hears::NoMore, _)) => return,
                // Until it is asked to, or the service is gone.
                Some((_, heard)) => drop(heard.recv()),
                None => {}
            }
        }
    })
}

/// A running service; killed when dropped.
pub struct Server {
    child: Child,
    log: Arc<Mutex<String>>,
    readers: [thread::JoinHandle<()>; 2],
    hear: mpsc::Sender<()>,
    url: String,
    _own_dir: TempDir,
}

impl Server {
    /// A service on any free port, with an application that the simulator's default knows.
    pub fn builder() -> ServerBuilder {
        let sim = trakt_sim::Config::default();
        let builder = ServerBuilder {
            command: "serve",
            vars: BTreeMap::new(),
            data_dir: None,
            wait: true,
            hears: Hears::All,
        };
        builder
            .var("BIND_ADDR", "127.0.0.1:0")
            .var("TRAKT_CLIENT_ID", &sim.client_id)
            .var("TRAKT_CLIENT_SECRET", &sim.client_secret)
            .var("AUTH_SECRET", AUTH_SECRET)
            .var(
                "TOKEN_KEYS",
                "e2e:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            )
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Everything it wrote so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Takes its log again.
    pub fn hear(&self) {
        let _ = self.hear.send(());
    }

    pub fn wait_ready(&self) {
        wait_for("readiness", || {
            let ready = try_call("GET", &self.url("/readyz"), None, None);
            ready.is_ok_and(|reply| reply.status == 200).then_some(())
        });
    }

    #[track_caller]
    pub fn get(&self, path: &str, token: &str) -> Reply {
        call("GET", &self.url(path), Some(token), None)
    }

    #[track_caller]
    pub fn post(&self, path: &str, token: &str, body: &Value) -> Reply {
        call("POST", &self.url(path), Some(token), Some(body))
    }

    #[track_caller]
    pub fn delete(&self, path: &str, token: &str) -> Reply {
        call("DELETE", &self.url(path), Some(token), None)
    }

    /// As [`Self::post`], for a service that may be gone before it answers.
    pub fn try_post(&self, path: &str, token: &str, body: &Value) -> Option<Reply> {
        try_call("POST", &self.url(path), Some(token), Some(body)).ok()
    }

    /// As [`Self::delete`], for a service that may be gone before it answers.
    pub fn try_delete(&self, path: &str, token: &str) -> Option<Reply> {
        try_call("DELETE", &self.url(path), Some(token), None).ok()
    }

    /// Asks as fast as the limit of the route allows: repeats on 429 until it is another answer.
    #[track_caller]
    pub fn patiently(&self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Reply {
        wait_for("an answer other than 429", || {
            let reply = call(method, &self.url(path), Some(token), body);
            (reply.status != 429).then_some(reply)
        })
    }

    /// Starts a flow: what the client got.
    #[track_caller]
    pub fn start_flow(&self, token: &str, replace: bool) -> Value {
        let body = json!({ "replace": replace });
        let reply = self.patiently("POST", "/trakt/auth/device", token, Some(&body));
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    /// Checks a flow until it is no longer pending, as a client does that obeys `Retry-After`
    /// (and the limit of the route).
    #[track_caller]
    pub fn finish_flow(&self, token: &str, flow: &Value) -> Reply {
        let body = json!({ "deviceCode": flow["deviceCode"] });
        wait_for("the end of a flow", || {
            let path = "/trakt/auth/device/check";
            let reply = self.patiently("POST", path, token, Some(&body));
            (reply.status != 200 || reply.json()["success"] == true).then_some(reply)
        })
    }

    /// Links an account of the simulator to the user of this token.
    #[track_caller]
    pub fn link(&self, sim: &Sim, token: &str, slug: &str) -> Reply {
        let flow = self.start_flow(token, false);
        sim.approve(flow["userCode"].as_str().expect("a code"), slug)
            .expect("approved");
        self.finish_flow(token, &flow)
    }

    /// kill -9.
    pub fn kill(mut self) -> String {
        self.child.kill().expect("killed");
        self.child.wait().expect("reaped");
        self.log()
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.child.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        rustix::process::kill_process(pid.expect("a pid"), signal).expect("signalled");
    }

    /// Waits until the process has ended.
    pub fn ended(&mut self) -> ExitStatus {
        wait_for("the end of the process", || {
            self.child.try_wait().expect("a child")
        })
    }

    /// SIGTERM, and the wait for a clean end; with everything it wrote.
    pub fn stop(mut self) -> (ExitStatus, String) {
        self.signal(rustix::process::Signal::TERM);
        let status = self.ended();
        let log = self.whole_log();
        (status, log)
    }

    /// Everything that a process wrote which has ended.
    fn whole_log(&self) -> String {
        wait_for("the end of its output", || {
            self.readers
                .iter()
                .all(thread::JoinHandle::is_finished)
                .then_some(())
        });
        self.log()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
