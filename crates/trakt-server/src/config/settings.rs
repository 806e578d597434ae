//! What can be set, and what counts when it is not.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use secrecy::SecretString;
use trakt_gateway::{BaseUrl, ClientSecret};
use trakt_store::Keyring;

use super::{Environment, WebhookSettings, WrongSettings, webhook};
use crate::auth::{AuthSecret, KeySetUrl};
use crate::guard::TrustedProxies;

/// All settings of a process.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The Trakt application; only commands that speak to Trakt need one.
    pub trakt: Option<TraktSettings>,
    /// Which database.
    pub database: DatabaseSettings,
    /// `DATA_DIR`: the managed database and generated secrets.
    pub data_dir: PathBuf,
    /// `BIND_ADDR`.
    pub bind: SocketAddr,
    /// `TOKEN_KEYS`; `None`: generated in `DATA_DIR`.
    pub token_keys: Option<SecretString>,
    /// `MAX_CONNECTIONS`.
    pub max_connections: usize,
    /// `DRAIN_DELAY`.
    pub drain_delay: Duration,
    /// Bearer tokens.
    pub auth: AuthSettings,
    /// `TRUSTED_PROXIES`.
    pub proxies: TrustedProxies,
    /// Log lines.
    pub log: LogSettings,
    /// Who is told what happened; `None`: nobody.
    pub webhooks: Option<WebhookSettings>,
}

/// The Trakt application.
#[derive(Clone, Debug)]
pub struct TraktSettings {
    /// `TRAKT_CLIENT_ID`.
    pub client_id: String,
    /// `TRAKT_CLIENT_SECRET`.
    pub client_secret: ClientSecret,
    /// `TRAKT_API_URL`.
    pub api_url: BaseUrl,
    /// `TRAKT_AUTH_URL`: the host of `/oauth/*`.
    pub auth_url: BaseUrl,
    /// `TRAKT_REDIRECT_URI`.
    pub redirect_uri: String,
}

/// Which database.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// `DATABASE_URL`; `None`: a private PostgreSQL in `DATA_DIR`.
    pub url: Option<SecretString>,
    /// `DATABASE_STATEMENT_CACHE`: off behind a connection pooler that hands out a connection
    /// a transaction, where a statement prepared before is not there.
    pub statement_cache: bool,
}

/// Bearer tokens.
#[derive(Clone, Debug)]
pub struct AuthSettings {
    /// `AUTH_SECRET`; `None`: generated in `DATA_DIR`.
    pub secret: Option<AuthSecret>,
    /// `AUTH_ISSUER`.
    pub issuer: String,
    /// `AUTH_AUDIENCE`.
    pub audience: String,
    /// `AUTH_JWKS_URL`; `None`: local tokens alone.
    pub key_set: Option<KeySetUrl>,
}

/// Log lines.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// `RUST_LOG`.
    pub filter: String,
    /// `LOG_FORMAT`.
    pub format: LogFormat,
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What a command cannot do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The database alone.
    Database,
    /// The database and a Trakt application.
    Trakt,
}

const API_URL: &str = "https://api.trakt.tv";
const AUTH_URL: &str = "https://auth.trakt.tv";
const REDIRECT_URI: &str = "urn:ietf:wg:oauth:2.0:oob";

impl Settings {
    /// Reads all settings.
    ///
    /// # Errors
    /// Everything that is wrong or missing, whether or not this command looks at it: a typing
    /// error should not wait for the day on which it hurts.
    pub fn read(mut env: Environment, need: Need) -> Result<Self, WrongSettings> {
        let trakt = trakt(&mut env, need);
        let database = DatabaseSettings {
            url: secret(&mut env, "DATABASE_URL", database_url),
            statement_cache: env
                .parsed("DATABASE_STATEMENT_CACHE", |text| match text {
                    "on" => Ok(true),
                    "off" => Ok(false),
                    _ => Err("must be 'on' or 'off'"),
                })
                .unwrap_or(true),
        };
        let data_dir = env
            .text("DATA_DIR")
            .map_or_else(|| PathBuf::from("./data"), PathBuf::from);
        let bind = env
            .parsed("BIND_ADDR", |text| {
                text.parse()
                    .map_err(|_| "must be an address and a port, such as 127.0.0.1:8080")
            })
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080)));
        let max_connections = whole(&mut env, "MAX_CONNECTIONS", 16, 1_000_000).unwrap_or(12_000);
        let drain_delay = whole(&mut env, "DRAIN_DELAY", 0, 5).unwrap_or(1);
        let token_keys = secret(&mut env, "TOKEN_KEYS", |text| {
            Keyring::parse(text).map(|_| SecretString::from(text.to_owned()))
        });
        let auth = AuthSettings {
            secret: secret(&mut env, "AUTH_SECRET", AuthSecret::new),
            issuer: env
                .text("AUTH_ISSUER")
                .unwrap_or_else(|| "trakt-server".to_owned()),
            audience: env
                .text("AUTH_AUDIENCE")
                .unwrap_or_else(|| "trakt".to_owned()),
            key_set: env.parsed("AUTH_JWKS_URL", KeySetUrl::parse),
        };
        let proxies = env.parsed("TRUSTED_PROXIES", networks);
        let proxies = proxies.map(TrustedProxies::new).unwrap_or_default();
        let log = LogSettings {
            filter: env.text("RUST_LOG").unwrap_or_else(|| "info".to_owned()),
            format: env
                .parsed("LOG_FORMAT", |text| match text {
                    "text" => Ok(LogFormat::Text),
                    "json" => Ok(LogFormat::Json),
                    _ => Err("must be 'text' or 'json'"),
                })
                .unwrap_or(LogFormat::Text),
        };
        let webhooks = webhook::webhooks(&mut env);
        let errors = env.into_errors();
        if errors.is_empty() {
            Ok(Self {
                trakt,
                database,
                data_dir,
                bind,
                max_connections: usize::try_from(max_connections).unwrap_or(usize::MAX),
                drain_delay: Duration::from_secs(drain_delay),
                token_keys,
                auth,
                proxies,
                log,
                webhooks,
            })
        } else {
            Err(WrongSettings(errors))
        }
    }
}

pub(super) fn secret<T, E: ToString>(
    env: &mut Environment,
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<T> {
    use secrecy::ExposeSecret as _;
    let text = env.secret(name)?;
    match parse(text.expose_secret()) {
        Ok(value) => Some(value),
        Err(error) => {
            env.wrong(name, &error.to_string());
            None
        }
    }
}

fn whole(env: &mut Environment, name: &str, least: u64, most: u64) -> Option<u64> {
    env.parsed(name, |text| {
        let number = text.parse().ok();
        let number = number.filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| format!("must be a whole number from {least} to {most}"))
    })
}

fn trakt(env: &mut Environment, need: Need) -> Option<TraktSettings> {
    let client_id = env.parsed("TRAKT_CLIENT_ID", |text| {
        let sendable = text.bytes().all(|byte| (33..127).contains(&byte));
        sendable
            .then(|| text.to_owned())
            .ok_or("must be printable ASCII: it is sent in a header")
    });
    let client_secret = secret(env, "TRAKT_CLIENT_SECRET", |text| {
        Ok::<_, String>(ClientSecret::from(text.to_owned()))
    });
    if need == Need::Trakt {
        let why =
            "is missing: it comes with your application at https://app.trakt.tv/settings/apps/api";
        if env.text("TRAKT_CLIENT_ID").is_none() {
            env.wrong("TRAKT_CLIENT_ID", why);
        }
        if client_secret.is_none() {
            env.wrong("TRAKT_CLIENT_SECRET", why);
        }
    }
    let api = env
        .text("TRAKT_API_URL")
        .unwrap_or_else(|| API_URL.to_owned());
    let auth_default = if api.trim_end_matches('/') == API_URL {
        AUTH_URL
    } else {
        &api
    };
    let auth = env
        .text("TRAKT_AUTH_URL")
        .unwrap_or_else(|| auth_default.to_owned());
    let mut url = |name: &str, text: &str| match BaseUrl::parse(text) {
        Ok(url) => Some(url),
        Err(error) => {
            env.wrong(name, &error.to_string());
            None
        }
    };
    let api_url = url("TRAKT_API_URL", &api);
    // One wrong address is said once.
    let auth_url = if auth == api {
        api_url.clone()
    } else {
        url("TRAKT_AUTH_URL", &auth)
    };
    let redirect_uri = env
        .text("TRAKT_REDIRECT_URI")
        .unwrap_or_else(|| REDIRECT_URI.to_owned());
    Some(TraktSettings {
        client_id: client_id?,
        client_secret: client_secret?,
        api_url: api_url?,
        auth_url: auth_url?,
        redirect_uri,
    })
}

/// Both forms that libpq takes: a URL, and `key=value` pairs.
fn database_url(text: &str) -> Result<SecretString, &'static str> {
    let url = text.starts_with("postgres://") || text.starts_with("postgresql://");
    let pairs = !text.contains("://") && text.split_whitespace().all(|pair| pair.contains('='));
    if url || pairs {
        Ok(text.to_owned().into())
    } else {
        Err("must be postgresql://… or pairs such as host=… dbname=…")
    }
}

pub(super) fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    let network = |part: &str| {
        let part = part.trim();
        part.parse::<IpNet>()
            .or_else(|_| part.parse::<std::net::IpAddr>().map(IpNet::from))
            .map_err(|_| format!("has '{part}', which is no network such as 10.0.0.0/8"))
    };
    let parts = text.split(',').filter(|part| !part.trim().is_empty());
    parts.map(network).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)], need: Need) -> Result<Settings, WrongSettings> {
        Settings::read(Environment::new(vars.iter().copied()), need)
    }

    const APPLICATION: [(&str, &str); 2] = [
        ("TRAKT_CLIENT_ID", "id"),
        ("TRAKT_CLIENT_SECRET", "canary-secret"),
    ];

    #[test]
    fn defaults() {
        let settings = read(&APPLICATION, Need::Trakt).unwrap();
        let trakt = settings.trakt.unwrap();
        assert_eq!(trakt.api_url.to_string().trim_end_matches('/'), API_URL);
        assert_eq!(trakt.auth_url.to_string().trim_end_matches('/'), AUTH_URL);
        assert_eq!(settings.bind.to_string(), "127.0.0.1:8080");
        assert!(settings.database.url.is_none() && settings.database.statement_cache);
    }

    #[test]
    fn the_host_of_oauth_follows_another_api_host() {
        let vars = [
            APPLICATION.as_slice(),
            &[("TRAKT_API_URL", "http://127.0.0.1:4180")],
        ]
        .concat();
        let trakt = read(&vars, Need::Trakt).unwrap().trakt.unwrap();
        assert_eq!(trakt.auth_url.to_string(), trakt.api_url.to_string());
    }

    #[test]
    fn everything_wrong_is_said_at_once_and_no_secret_with_it() {
        let wrong = read(
            &[
                ("TRAKT_API_URL", "http://169.254.169.254"),
                ("BIND_ADDR", "here"),
                ("TOKEN_KEYS", "k1:canary-key"),
                ("AUTH_SECRET", "canary-short"),
                ("AUTH_JWKS_URL", "ftp://x"),
                ("TRUSTED_PROXIES", "10.0.0.0/8, nonsense"),
                ("MAX_CONNECTIONS", "0"),
                ("DRAIN_DELAY", "soon"),
                ("LOG_FORMAT", "xml"),
                ("DATABASE_STATEMENT_CACHE", "maybe"),
                ("DATABASE_URL", "postgres://canary"),
                ("DATABASE_URL_FILE", "/also"),
                ("WEBHOOK_URLS", "http://canary.example"),
                ("WEBHOOK_SECRET", "whsec_canary"),
                ("WEBHOOK_ALLOW", "everything"),
            ],
            Need::Trakt,
        )
        .unwrap_err();
        let names: Vec<&str> = wrong
            .0
            .iter()
            .filter_map(|l| l.split_whitespace().next())
            .collect();
        assert_eq!(
            names,
            [
                "TRAKT_CLIENT_ID",
                "TRAKT_CLIENT_SECRET",
                "TRAKT_API_URL",
                "DATABASE_URL",
                "DATABASE_STATEMENT_CACHE",
                "BIND_ADDR",
                "MAX_CONNECTIONS",
                "DRAIN_DELAY",
                "TOKEN_KEYS",
                "AUTH_SECRET",
                "AUTH_JWKS_URL",
                "TRUSTED_PROXIES",
                "LOG_FORMAT",
                "WEBHOOK_ALLOW",
                "WEBHOOK_SECRET",
                "WEBHOOK_URLS",
            ]
        );
        assert!(!wrong.to_string().contains("canary"), "{wrong}");
    }

    #[test]
    fn a_secret_comes_from_a_file_too() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        std::fs::write(&path, "from-a-file\n").unwrap();
        let vars = [
            ("TRAKT_CLIENT_ID", "id"),
            ("TRAKT_CLIENT_SECRET_FILE", path.to_str().unwrap()),
        ];
        let trakt = read(&vars, Need::Trakt).unwrap().trakt.unwrap();
        assert_eq!(trakt.client_secret.expose(), "from-a-file");
        let vars = [
            ("TRAKT_CLIENT_ID", "id"),
            ("TRAKT_CLIENT_SECRET_FILE", "/does/not/exist"),
        ];
        assert!(read(&vars, Need::Trakt).is_err());
    }

    #[test]
    fn what_is_sent_is_signed() {
        let urls = [("WEBHOOK_URLS", "https://hooks.example.org/x")];
        let wrong = read(&urls, Need::Database).unwrap_err();
        assert!(
            wrong.0[0].starts_with("WEBHOOK_SECRET is missing"),
            "{wrong}"
        );
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        let vars = [urls[0], ("WEBHOOK_SECRET", secret)];
        let webhooks = read(&vars, Need::Database).unwrap().webhooks.unwrap();
        assert_eq!(webhooks.endpoints[0].name, "https://hooks.example.org");
        let none = read(&vars[1..], Need::Database).unwrap();
        assert!(none.webhooks.is_none());
        // Plain http, to this machine alone, and only where that is allowed.
        let plain = [("WEBHOOK_URLS", "http://127.0.0.1:9/x"), vars[1]];
        assert!(read(&plain, Need::Database).is_err());
        let allowed = [plain[0], plain[1], ("WEBHOOK_ALLOW", "127.0.0.0/8")];
        assert!(read(&allowed, Need::Database).unwrap().webhooks.is_some());
    }

    #[test]
    fn a_command_without_trakt_needs_no_application() {
        assert!(read(&[], Need::Database).unwrap().trakt.is_none());
    }
}
