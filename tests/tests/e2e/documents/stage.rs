//! Where the commands of a document are run, one block after the other in one shell, as a reader would
//! type them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use tempfile::TempDir;
use trakt_sim::Sim;

use super::page::{Block, root};
use crate::harness::{Database, call, server_binary, sim, wait_for};

/// What a document says in place of what only its reader knows.
const SERVICE: &str = "http://127.0.0.1:8080";
const TRAKT: &str = "http://127.0.0.1:4180";
const APPLICATION: [&str; 2] = ["your-client-id", "your-client-secret"];
const DATABASE: &str = "postgres://trakt:password@db.example.org/trakt";
/// A second one, empty, as on a new host.
const NEW_DATABASE: &str = "postgres://trakt:password@new.example.org/trakt";

/// A folder with everything of the repository but what is built, `trakt-server` on the path, a shell,
/// and a simulated Trakt that the environment names in place of the real one.
pub struct Stage {
    shell: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// What a document says, and what it is here.
    known: BTreeMap<&'static str, String>,
    dir: TempDir,
    // Used by what the shell runs.
    _sim: Sim,
    _databases: [Database; 2],
}

impl Stage {
    pub fn new() -> Self {
        let (dir, sim) = (TempDir::new().unwrap(), sim());
        let databases = [Database::fresh(), Database::fresh()];
        for entry in std::fs::read_dir(root()).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name();
            if !["target", "data", ".git", ".env"]
                .iter()
                .any(|n| name == *n)
            {
                symlink(entry.path(), dir.path().join(name)).unwrap();
            }
        }
        let trakt = sim.url().trim_end_matches('/').to_owned();
        let config = trakt_sim::Config::default();
        // A command that never ends is an error of the document.
        let mut shell = Command::new("timeout");
        shell
            .args(["120", "bash"])
            .current_dir(dir.path())
            .env_clear()
            .envs(std::env::vars().filter(|(name, _)| {
                ["TMPDIR", "LANG", "USER", "RUSTUP_HOME", "CARGO_HOME"].contains(&name.as_str())
            }))
            .env("PATH", path(dir.path()))
            .env("HOME", dir.path())
            .env("BIND_ADDR", "127.0.0.1:0")
            .env("TRAKT_API_URL", &trakt)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(dir.path().join("errors")).unwrap())
            // What a document leaves running ends with the group.
            .process_group(0);
        let mut shell = shell.spawn().expect("timeout and bash");
        let (input, output) = (shell.stdin.take(), shell.stdout.take().unwrap());
        let mut stage = Self {
            shell,
            input,
            output: BufReader::new(output),
            known: BTreeMap::from([
                (TRAKT, trakt),
                (APPLICATION[0], config.client_id),
                (APPLICATION[1], config.client_secret),
                (DATABASE, databases[0].url().to_owned()),
                (NEW_DATABASE, databases[1].url().to_owned()),
            ]),
            dir,
            _sim: sim,
            _databases: databases,
        };
        stage.run("set -euo pipefail");
        stage
    }

    /// Runs a block, and looks at what it printed where the document shows that.
    pub fn play(&mut self, block: &Block) {
        if block.serves() {
            return self.serve(block.commands.trim());
        }
        let printed = self.run(&self.here(&block.commands));
        match &block.prints {
            Some(shown) => assert!(
                fits(&self.here(shown), &printed),
                "printed:\n{printed}\nin place of what is shown after:\n{}",
                block.commands
            ),
            None => assert!(
                !printed.contains("\"success\":false"),
                "refused:\n{printed}\nafter:\n{}",
                block.commands
            ),
        }
    }

    /// Starts what serves, and waits until it does.
    pub fn serve(&mut self, command: &str) {
        self.run(&format!("{command} >served 2>&1 &"));
        let log = self.dir.path().join("served");
        let after = |words: &'static str| {
            wait_for(words, || {
                let said = std::fs::read_to_string(&log).ok()?;
                let (_, rest) = said.split_once(words)?;
                let (word, _) = rest.split_once(['\n', '"', ' '])?;
                Some(word.trim_end_matches('/').to_owned())
            })
        };
        if command.ends_with("demo") {
            let page = after("approves a code: ");
            let trakt = page.strip_suffix("/activate").unwrap().to_owned();
            self.known.insert(TRAKT, trakt);
        }
        let service = format!("http://{}", after("listening on http://"));
        wait_for("readiness", || {
            (call("GET", &format!("{service}/readyz"), None, None).status == 200).then_some(())
        });
        self.known.insert(SERVICE, service);
    }

    /// Everything that what serves has said.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("served")).unwrap_or_default()
    }

    /// The text of a document with what it stands for here.
    fn here(&self, text: &str) -> String {
        let (mut meant, mut rest) = (String::new(), text);
        let first = |rest: &str| {
            let known = self.known.iter();
            known
                .filter_map(|(said, meant)| Some((rest.find(said)?, said.len(), meant)))
                .min_by_key(|(at, ..)| *at)
        };
        while let Some((at, length, here)) = first(rest) {
            meant.push_str(&rest[..at]);
            meant.push_str(here);
            rest = &rest[at + length..];
        }
        meant + rest
    }

    fn run(&mut self, commands: &str) -> String {
        const END: &str = "@@ the end of the block @@";
        // From a file: nothing that reads its standard input may swallow what comes next.
        let file = self.dir.path().join("block");
        std::fs::write(&file, commands).unwrap();
        let input = self.input.as_mut().expect("the shell");
        writeln!(input, "source ./block </dev/null; printf '\\n{END}\\n'").expect("the shell");
        let (mut printed, mut line) = (String::new(), String::new());
        loop {
            line.clear();
            let read = self.output.read_line(&mut line).expect("text");
            if line.trim_end() == END {
                return printed;
            }
            assert!(
                read > 0,
                "failed:\n{commands}\nprinted:\n{printed}\nsaid:\n{}\n{}",
                std::fs::read_to_string(self.dir.path().join("errors")).unwrap_or_default(),
                self.said()
            );
            printed.push_str(&line);
        }
    }

    /// Ends everything that was left running, as Ctrl-C does.
    pub fn end(mut self) {
        self.run("for job in $(jobs -p); do kill $job; wait $job; done");
        self.input.take();
        assert!(self.shell.wait().unwrap().success());
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let group = rustix::process::Pid::from_child(&self.shell);
        // Gone already where the document was run to its end.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::TERM);
        let _ = self.shell.wait();
    }
}

/// The path, with `trakt-server` and a `cargo` that has built everything: these tests run after the
/// build, and beside others that use it.
fn path(dir: &Path) -> String {
    let bin = dir.join("bin");
    std::fs::create_dir(&bin).unwrap();
    let server = server_binary();
    symlink(&server, bin.join("trakt-server")).unwrap();
    let target = server.ancestors().nth(2).unwrap();
    let cargo = bin.join("cargo");
    let script = format!(
        "#!/bin/sh\n\
         case \"$*\" in\n\
         'build --locked -p trakt-server') ;;\n\
         metadata*) echo '{{\"target_directory\":\"{}\"}}' ;;\n\
         *) echo \"cargo $*: nothing that a document asks for here\" >&2; exit 1 ;;\n\
         esac\n",
        target.display()
    );
    std::fs::write(&cargo, script).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&cargo, mode).unwrap();
    format!("{}:{}", bin.display(), std::env::var("PATH").unwrap())
}

/// Whether this is what is shown. White space does not count, and `…` is anything.
fn fits(shown: &str, printed: &str) -> bool {
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    let (shown, printed) = (dense(shown), dense(printed));
    let mut parts = shown.split('…');
    let Some(mut rest) = parts.next().and_then(|first| printed.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        let at = match parts.peek() {
            Some(_) => rest.find(part),
            None => rest.ends_with(part).then(|| rest.len() - part.len()),
        };
        let Some(at) = at else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty()
}

#[test]
fn what_is_shown_is_what_is_printed() {
    for (shown, printed, fitting) in [
        ("{\"a\": 1}\n", "{\"a\":1}", true),
        ("{\"a\":1}", "{\"a\":2}", false),
        ("{\"a\":…}", "{\"a\":2}", true),
        ("a…c", "abcbc", true),
        ("a…c", "abcb", false),
        ("a…", "a and more", true),
        ("a", "a and more", false),
        ("…b…d", "a b c d", true),
        ("…b…d", "a c d", false),
    ] {
        assert_eq!(fits(shown, printed), fitting, "{shown} {printed}");
    }
}
