//! What the crates below write to the log.

use std::sync::{Mutex, OnceLock};
use std::thread::{self, ThreadId};

use log::{Level, LevelFilter, Log, Metadata, Record};
use trakt_api::{AccessToken, Client, DeviceCode, DeviceToken};

use crate::fake::{SECRET, config};
use crate::network::{Listener, ok};

/// Keeps every line of one thread, at every level, of every crate: other tests call beside this
/// one, and a dump that is mixed with theirs cannot be read.
struct Keep(ThreadId, Mutex<Vec<(Level, String, String)>>);

impl Log for Keep {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        if thread::current().id() != self.0 {
            return;
        }
        let target = record.target().to_owned();
        let line = (record.level(), target, record.args().to_string());
        self.1.lock().unwrap().push(line);
    }

    fn flush(&self) {}
}

/// The text of `ureq-proto`'s hex dump: 16 characters end each line.
fn undump(line: &str) -> &str {
    line.get(line.len().saturating_sub(16)..).unwrap_or(line)
}

fn shows(text: &str, secret: &str) -> bool {
    let hex: String = secret.bytes().map(|b| format!("{b:02x}")).collect();
    let dense: String = text.split_whitespace().collect();
    dense.contains(secret) || dense.to_ascii_lowercase().contains(&hex)
}

#[test]
fn only_one_target_shows_secrets_and_only_at_trace() {
    static KEEP: OnceLock<Keep> = OnceLock::new();
    let keep = || Keep(thread::current().id(), Mutex::default());
    log::set_logger(KEEP.get_or_init(keep)).unwrap();
    log::set_max_level(LevelFilter::Trace);

    let given = r#"{"access_token":"canary-given-access","refresh_token":"canary-given-refresh","expires_in":1}"#;
    let auth = Listener::saying(ok(given));
    let api = Listener::saying(ok(include_str!("../fixtures/settings.json")));
    let client = Client::new(config(&api.url, &auth.url)).unwrap();
    let code = DeviceCode::from("canary-device-code".to_owned());
    let token = client.device_token(&code, Client::WITHIN).unwrap();
    assert!(matches!(token, DeviceToken::Approved(_)));
    let access = AccessToken::from("canary-access-token".to_owned());
    client.settings(&access, Client::WITHIN).unwrap();

    let kept = KEEP.get().unwrap().1.lock().unwrap();
    let dumps = |(level, target, _): &&(Level, String, String)| {
        *level == Level::Trace && target.starts_with("ureq_proto")
    };
    let quiet: String = kept
        .iter()
        .filter(|line| !dumps(line))
        .map(|(_, _, line)| format!("{line}\n"))
        .collect();
    assert!(quiet.contains("127.0.0.1"), "nothing was kept");
    for secret in [
        SECRET,
        "canary-device-code",
        "canary-access-token",
        "canary-given-access",
        "canary-given-refresh",
    ] {
        assert!(!shows(&quiet, secret), "{secret} in {quiet}");
    }

    // Why README.md asks for a cap on `ureq_proto`. Once this fails, it need not any more.
    let dumped: String = kept
        .iter()
        .filter(dumps)
        .map(|(_, _, line)| undump(line))
        .collect();
    assert!(shows(&dumped, "canary-access-token"));
    assert!(shows(&dumped, "canary-given-refresh"));
}
