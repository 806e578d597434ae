//! The settings themselves, and what stands between the service and the net.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt as _;

use super::Report;
use crate::config::{Environment, Need, Settings, WrongSettings};

/// The secrets that a file may hold.
const SECRETS: [&str; 4] = [
    "TRAKT_CLIENT_SECRET",
    "DATABASE_URL",
    "TOKEN_KEYS",
    "AUTH_SECRET",
];
/// What other programs look at to find a proxy for their own calls.
const PROXIES: [&str; 3] = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];

/// The settings, and which of them are wrong: those have their default here, which must not be used.
pub(super) struct Found {
    pub(super) settings: Settings,
    wrong: BTreeSet<String>,
}

impl Found {
    /// Whether none is wrong whose name begins so.
    pub(super) fn good(&self, prefix: &str) -> bool {
        !self.wrong.iter().any(|name| name.starts_with(prefix))
    }
}

pub(super) fn check(report: &mut Report) -> Option<Found> {
    let wrong = match Settings::read(Environment::of_process(), Need::Trakt) {
        Ok(_) => {
            report.well("settings", "all can be read");
            BTreeSet::new()
        }
        Err(WrongSettings(lines)) => {
            for line in &lines {
                let advice = "correct it; docs/configuration.md has all settings";
                report.bad("settings", line, advice);
            }
            let name = |line: &String| line.split(' ').next().map(str::to_owned);
            lines.iter().filter_map(name).collect()
        }
    };
    let base = |name: &str| name.strip_suffix("_FILE").unwrap_or(name).to_owned();
    let wrong: BTreeSet<String> = wrong.iter().map(|name| base(name)).collect();
    let right = |(name, _): &(OsString, OsString)| {
        name.to_str()
            .is_none_or(|name| !wrong.contains(&base(name)))
    };
    let environment = Environment::new(std::env::vars_os().filter(right));
    let settings = match Settings::read(environment, Need::Database) {
        Ok(settings) => settings,
        Err(error) => {
            report.skip("all else", &format!("settings: {error}"));
            return None;
        }
    };
    secret_files(report, &settings);
    proxies(report, &settings, !wrong.contains("TRUSTED_PROXIES"));
    Some(Found { settings, wrong })
}

fn secret_files(report: &mut Report, settings: &Settings) {
    let mut environment = Environment::of_process();
    let mut seen = 0;
    let mut open = Vec::new();
    let given = SECRETS
        .iter()
        .filter_map(|name| environment.text(&format!("{name}_FILE")));
    // Others' groups are for them to know; what is in DATA_DIR we made ourselves.
    let given = given.map(|path| (path.into(), 0o007));
    let made = ["token_keys", "auth_secret"].map(|name| (settings.data_dir.join(name), 0o077));
    for (path, others) in given.chain(made) {
        let Ok(metadata) = std::fs::metadata(&path) else {
            continue;
        };
        seen += 1;
        if metadata.mode() & others != 0 {
            open.push(format!(
                "{} has mode {:03o}",
                path.display(),
                metadata.mode() & 0o777
            ));
        }
    }
    if open.is_empty() {
        report.well("secret files", format!("{seen} files, closed to others"));
    } else {
        let advice = "others can read it: chmod 600, owned by the account that runs the service";
        report.odd("secret files", open.join(", "), advice);
    }
}

fn proxies(report: &mut Report, settings: &Settings, readable: bool) {
    let networks = settings.proxies.networks();
    let list = || {
        networks
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let everybody = networks.iter().any(|network| network.prefix_len() == 0);
    let far = !settings.bind.ip().is_loopback();
    if !readable {
        report.skip("proxies", "TRUSTED_PROXIES");
    } else if everybody {
        let advice = "whoever sends X-Forwarded-For picks the address that limits count and the \
                      audit trail notes: name the addresses of your proxies alone";
        report.bad(
            "proxies",
            format!("TRUSTED_PROXIES trusts everybody ({})", list()),
            advice,
        );
    } else if far && networks.is_empty() {
        let advice = "the service speaks plain HTTP: put a proxy that ends TLS before it, name that in \
                      TRUSTED_PROXIES, and bind where only that reaches it";
        report.odd(
            "proxies",
            format!(
                "{} is open to other machines, and no proxy is trusted",
                settings.bind
            ),
            advice,
        );
    } else if networks.is_empty() {
        report.well(
            "proxies",
            format!("none; {} is for this machine alone", settings.bind),
        );
    } else {
        report.well("proxies", format!("X-Forwarded-For counts from {}", list()));
    }
    let set = |name: &&&str| {
        std::env::var_os(name).is_some() || std::env::var_os(name.to_lowercase()).is_some()
    };
    let ignored: Vec<&str> = PROXIES.iter().filter(set).copied().collect();
    if !ignored.is_empty() {
        let advice = "the service ignores it and calls Trakt directly: let this machine reach Trakt's \
                      hosts on port 443";
        report.odd(
            "outgoing proxy",
            format!("{} is set", ignored.join(", ")),
            advice,
        );
    }
}
