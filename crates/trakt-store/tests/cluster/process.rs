//! Other processes that open a cluster: this test binary, run again.

use std::io::{BufRead, BufReader, Lines, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::Pid;
use trakt_store::cluster::{Cluster, Role};

const DATA_DIR: &str = "CLUSTER_TEST_DATA_DIR";
const ROLE: &str = "CLUSTER_TEST_ROLE";

/// The other process: opens, says its URL, and closes when its input ends.
#[test]
#[ignore = "run by other tests as a process of its own"]
fn other_process() {
    let Some(data_dir) = std::env::var_os(DATA_DIR) else {
        return;
    };
    let role = match std::env::var(ROLE).as_deref() {
        Ok("serve") => Role::Serve,
        _ => Role::Command,
    };
    match Cluster::open(&PathBuf::from(data_dir), role) {
        Ok(cluster) => {
            println!("\nurl={}", cluster.url());
            std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
            cluster.stop().unwrap();
        }
        Err(error) => println!("\nerror={error}"),
    }
}

/// A process that has the cluster open.
pub struct Other {
    child: Child,
    /// Open, or its next line would end it.
    _said: Lines<BufReader<ChildStdout>>,
    pub url: String,
}

/// Starts a process that opens the cluster, without waiting for it.
pub fn start(data_dir: &Path, role: Role) -> Child {
    spawn(
        Command::new(std::env::current_exe().unwrap()),
        data_dir,
        role,
    )
}

fn spawn(mut command: Command, data_dir: &Path, role: Role) -> Child {
    command
        .args([
            "--exact",
            "process::other_process",
            "--include-ignored",
            "--nocapture",
        ])
        .env(DATA_DIR, data_dir)
        .env(
            ROLE,
            if role == Role::Serve {
                "serve"
            } else {
                "command"
            },
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

impl Other {
    pub fn open(data_dir: &Path, role: Role) -> Result<Self, String> {
        Self::opened(start(data_dir, role))
    }

    /// The same as another user, who must be able to reach `exe`.
    pub fn open_as(uid: u32, exe: &Path, data_dir: &Path) -> Result<Self, String> {
        let mut command = Command::new(exe);
        command.uid(uid).gid(uid).current_dir("/");
        Self::opened(spawn(command, data_dir, Role::Serve))
    }

    fn opened(mut child: Child) -> Result<Self, String> {
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines();
        while let Some(line) = said.next() {
            let line = line.unwrap();
            if let Some(url) = line.strip_prefix("url=") {
                return Ok(Self {
                    child,
                    _said: said,
                    url: url.to_owned(),
                });
            }
            if let Some(error) = line.strip_prefix("error=") {
                let error = error.to_owned();
                child.wait().unwrap();
                return Err(error);
            }
        }
        panic!("the other process ended: {:?}", child.wait());
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Lets it close the cluster and end.
    pub fn close(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }

    /// kill -9.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
