//! haproxy with the configuration that is in the documentation.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::harness::wait_for;

const CONFIG: &str = include_str!("../../docs/operations/haproxy.cfg");

/// Running; killed when dropped.
pub struct Haproxy {
    child: Child,
    dir: TempDir,
    address: String,
}

impl Haproxy {
    /// Before services at these addresses, all of which are up. `None` where the machine has no
    /// haproxy: `scripts/prove` looks for one.
    pub fn start(services: [&str; 2]) -> Option<Self> {
        let program = std::env::var_os("TRAKT_HAPROXY")?;
        let dir = TempDir::new().unwrap();
        // A port that is free now: haproxy tells nobody which one it took.
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let socket = dir.path().join("admin.sock");
        let mut config = CONFIG.to_owned();
        for (from, to) in [
            ("bind :80\n", format!("bind {address}\n")),
            ("10.0.0.11:8080", services[0].to_owned()),
            ("10.0.0.12:8080", services[1].to_owned()),
            ("/run/haproxy/admin.sock", socket.display().to_string()),
        ] {
            assert_eq!(config.matches(from).count(), 1, "{from} in haproxy.cfg");
            config = config.replace(from, &to);
        }
        let file = dir.path().join("haproxy.cfg");
        std::fs::write(&file, config).unwrap();
        let child = Command::new(program)
            .arg("-db")
            .arg("-f")
            .arg(&file)
            .stdin(Stdio::null())
            .spawn()
            .expect("haproxy starts");
        let haproxy = Self {
            child,
            dir,
            address,
        };
        for server in ["one", "two"] {
            haproxy.wait_up(server);
        }
        Some(haproxy)
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until it sends requests to this server.
    pub fn wait_up(&self, server: &str) {
        wait_for("haproxy to see a server", || {
            self.of(server, "status").filter(|status| status == "UP")
        });
    }

    /// How many requests it has sent to its servers.
    pub fn sent(&self) -> usize {
        let of = |server| {
            self.of(server, "stot")
                .and_then(|sent| sent.parse::<usize>().ok())
        };
        let sent: Option<usize> = ["one", "two"].into_iter().map(of).sum();
        sent.expect("the figures of haproxy")
    }

    /// One field of a server in its table of figures.
    fn of(&self, server: &str, field: &str) -> Option<String> {
        let mut socket = UnixStream::connect(self.dir.path().join("admin.sock")).ok()?;
        socket.write_all(b"show stat\n").ok()?;
        let mut table = String::new();
        socket.read_to_string(&mut table).ok()?;
        let place = table
            .lines()
            .next()?
            .split(',')
            .position(|name| name == field)?;
        let line = format!("trakt,{server},");
        let line = table.lines().find(|row| row.starts_with(&line))?;
        line.split(',').nth(place).map(str::to_owned)
    }
}

impl Drop for Haproxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
