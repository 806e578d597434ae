//! The keys that seal tokens, and what signs bearer tokens and checks those of others.

use std::path::Path;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use trakt_core::SystemEntropy;
use trakt_store::doctor::KeyHealth;
use trakt_store::{Keyring, PgStore, PoolOptions};

use super::Report;
use super::database::Asked;
use super::place::is_there;
use super::settings::Found;
use crate::auth::HttpKeySet;
use crate::config::{Settings, auth_secret, token_keys};
use crate::jobs::{HEADS_FILE, kept_heads};
use crate::services::JOURNAL;

const NAME: &str = "keys";

pub(super) fn check(
    report: &mut Report,
    found: &Found,
    database: Option<&Asked>,
    entropy: &SystemEntropy,
) {
    let settings = &found.settings;
    if found.good("TOKEN_KEYS") {
        let file = settings.data_dir.join("token_keys");
        let none = settings.token_keys.is_none() && !is_there(&file);
        let keys = if none {
            // To look with: what the first start makes is another.
            Keyring::parse(Keyring::generate(entropy).expose_secret()).map_err(Into::into)
        } else {
            token_keys(settings, entropy)
        };
        match keys {
            Ok(keys) => sealed(report, settings, database, keys, none),
            Err(error) => report.bad(
                NAME,
                format!("{error:#}"),
                "give the file back, or mend its owner and mode",
            ),
        }
    } else {
        report.skip(NAME, "TOKEN_KEYS as it should be");
    }
    if found.good("AUTH_SECRET") {
        bearer(report, settings, entropy);
    } else {
        report.skip("auth secret", "AUTH_SECRET as it should be");
    }
    if let Some(url) = &settings.auth.key_set {
        match HttpKeySet::new(url).usable() {
            Ok(0) => report.bad(
                "key set",
                "AUTH_JWKS_URL has no key of use",
                "the provider must sign with RS256, ES256 or EdDSA",
            ),
            Ok(count) => report.well("key set", format!("AUTH_JWKS_URL has {count} keys of use")),
            Err(error) => report.bad(
                "key set",
                format!("AUTH_JWKS_URL: {error}"),
                "see that the address is right and reached from here: tokens of the provider are \
                 refused until then",
            ),
        }
    }
}

fn sealed(
    report: &mut Report,
    settings: &Settings,
    database: Option<&Asked>,
    keys: Keyring,
    none: bool,
) {
    let Some(database) = database.filter(|database| database.has_tables) else {
        if none {
            report.well(NAME, "none yet: the first start makes one in DATA_DIR");
        } else {
            report.skip(NAME, "a database with tables that can be used");
        }
        return;
    };
    let ids: Vec<String> = keys.ids().map(str::to_owned).collect();
    let options = PoolOptions {
        max_size: 1,
        statement_cache: settings.database.statement_cache,
        command: true,
        ..PoolOptions::new(SecretString::clone(&database.url))
    };
    let store = PgStore::new(&options, keys, Arc::new(SystemEntropy));
    match store.key_health(Some(&settings.data_dir.join(JOURNAL))) {
        Ok(health) => {
            judge(report, &health, &ids, none);
            // With a key missing, marks of retention cannot be believed.
            if health.uses.iter().all(|key| key.given) {
                heads(report, &settings.data_dir.join(HEADS_FILE), &store);
            }
        }
        Err(error) => report.bad(NAME, error, "see the lines on the database"),
    }
}

fn judge(report: &mut Report, health: &KeyHealth, ids: &[String], none: bool) {
    let lost: Vec<String> = health
        .uses
        .iter()
        .filter(|key| !key.given)
        .map(|key| {
            let rows = key.links + key.flows + key.revocations + key.audit + key.journal;
            format!("{} ({} links, {rows} in all)", key.id, key.links)
        })
        .collect();
    if !lost.is_empty() {
        let advice = "give it back in TOKEN_KEYS or the token_keys file of DATA_DIR; if it is lost for \
                      good: docs/operations/disaster.md";
        report.bad(
            NAME,
            format!(
                "tokens are sealed with a key that is not here: {}",
                lost.join(", ")
            ),
            advice,
        );
    } else if !health.wrong.is_empty() {
        let advice = "a key never changes under its id: give back the one that was used";
        report.bad(
            NAME,
            format!(
                "not the key that bore this id before: {}",
                health.wrong.join(", ")
            ),
            advice,
        );
    } else if !health.broken.is_empty() {
        let advice = "this build cannot be trusted with tokens: install it anew";
        report.bad(
            NAME,
            format!("what they seal does not open: {}", health.broken.join(", ")),
            advice,
        );
    } else if health.unreadable > 0 {
        let of = health.opened + health.unreadable;
        let advice = "rows were altered, or restored apart from their keys: restore the backup as a \
                      whole, or let these users link again (docs/operations/disaster.md)";
        report.bad(
            NAME,
            format!("{} of {of} links do not open", health.unreadable),
            advice,
        );
    } else if none {
        report.well(NAME, "none yet: the first start makes one in DATA_DIR");
    } else {
        let found = format!(
            "{} seal and open, and so do {} stored links",
            ids.join(", "),
            health.opened
        );
        report.well(NAME, found);
    }
}

/// Whether the audit trail has what was kept of it here.
fn heads(report: &mut Report, path: &Path, store: &PgStore) {
    let name = "audit heads";
    let kept = match kept_heads(path) {
        Ok(Some(heads)) => heads,
        Ok(None) => return,
        Err(error) => {
            let advice = "mend its owner and mode; a damaged one the service keeps under another name, \
                          and says so";
            return report.bad(name, format!("{}: {error}", path.display()), advice);
        }
    };
    match store.compare_heads(&kept) {
        Ok(problems) => match problems.first() {
            None => report.well(name, "the audit trail has what was kept of it here"),
            Some(first) => report.bad(
                name,
                format!("the audit trail is not as it was kept here: {first}"),
                "if the database comes from a backup: trakt-server restored \
                 (docs/operations/backup.md); if it was lost, or the key of the trail was: \
                 docs/operations/disaster.md; if not, somebody was at it: docs/audit.md",
            ),
        },
        Err(error) => report.bad(name, error, "see the lines on the database"),
    }
}

fn bearer(report: &mut Report, settings: &Settings, entropy: &SystemEntropy) {
    let name = "auth secret";
    if settings.auth.secret.is_some() {
        return report.well(name, "AUTH_SECRET");
    }
    let file = settings.data_dir.join("auth_secret");
    if !is_there(&file) {
        return report.well(name, "none yet: the first start makes one in DATA_DIR");
    }
    match auth_secret(settings, entropy) {
        Ok(_) => report.well(name, format!("{}; give replicas the same", file.display())),
        Err(error) => report.bad(
            name,
            format!("{error:#}"),
            "give the file back, or delete it: everybody signs in anew",
        ),
    }
}
