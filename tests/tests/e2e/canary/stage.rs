//! A service whose every secret is known, and a record of everything that it lets out.

use std::collections::BTreeMap;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use trakt_sim::{Config, Sim};
use trakt_store::cluster::Programs;
use ureq::http::Request;

use super::needle::{Leak, Needles, bytea};
use crate::harness::{AUTH_SECRET, Database, Reply, Server, run_command, send, wait_for};

pub const CHECK: &str = "/trakt/auth/device/check";
pub const CLIENT_SECRET: &str = "canary client \"secret\"+/=&%41\\é";
pub const DATABASE_PASSWORD: &str = "canary database 'pass'/word+&é";
const WEBHOOK_KEY: [u8; 32] = *b"canary webhook key 0123456789+/\xff";
const WEBHOOK_PATH: &str = "canary-webhook-path-0123456789";
/// Characters that each escape treats in its own way, and bytes that are no text.
const KEY: [u8; 32] = *b"canary\xff\x00\x01key\\\"'\xfe+/=&%\n\r\t 0123456";

pub struct Stage {
    pub sim: Sim,
    pub database: Database,
    pub server: Server,
    pub secrets: Needles,
    /// What came out, by where.
    places: BTreeMap<String, Vec<u8>>,
    vars: Vec<(String, String)>,
    role: String,
}

impl Stage {
    /// Starts the service with the most talkative log there is.
    pub fn set(format: &str) -> Self {
        let config = Config {
            interval: 1,
            client_secret: CLIENT_SECRET.to_owned(),
            ..Config::default()
        };
        let sim = Sim::start(config).unwrap();
        let database = Database::fresh();
        let role: String = database.rows("SELECT current_database() || '_role'", &[])[0].get(0);
        let url = as_owner(&database, &role);
        let key = STANDARD.encode(KEY);
        let webhook_key = STANDARD.encode(WEBHOOK_KEY);
        let vars = [
            ("RUST_LOG", "trace"),
            ("LOG_FORMAT", format),
            ("DATABASE_URL", &url),
            ("DATA_DIR", "/nonexistent"),
            ("TRAKT_CLIENT_ID", "trakt-sim-client-id"),
            ("TRAKT_CLIENT_SECRET", CLIENT_SECRET),
            ("TRAKT_API_URL", sim.url()),
            ("TOKEN_KEYS", &format!("k1:{key}")),
            ("AUTH_SECRET", AUTH_SECRET),
            (
                "WEBHOOK_URLS",
                &format!("http://127.0.0.1:1/{WEBHOOK_PATH}"),
            ),
            ("WEBHOOK_SECRET", &format!("whsec_{webhook_key}")),
            ("WEBHOOK_ALLOW", "127.0.0.1"),
        ];
        let vars = vars
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        let server = builder(&vars).start();
        let mut secrets = Needles::default();
        secrets.add("client secret", CLIENT_SECRET);
        secrets.add("database password", DATABASE_PASSWORD);
        secrets.add("database password in a URL", percent(DATABASE_PASSWORD));
        secrets.add("AUTH_SECRET", AUTH_SECRET);
        secrets.add("key", KEY);
        secrets.add("key in base64", key);
        secrets.add("WEBHOOK_SECRET", WEBHOOK_KEY);
        secrets.add("WEBHOOK_SECRET in base64", webhook_key);
        secrets.add("path of a webhook", WEBHOOK_PATH);
        Self {
            sim,
            database,
            server,
            secrets,
            places: BTreeMap::new(),
            vars,
            role,
        }
    }

    /// A bearer token, and its signature, which is what makes it one.
    pub fn bearer(&mut self, whose: &str, token: &str) {
        self.secrets.add(&format!("{whose}'s bearer token"), token);
        let signature = token.rsplit('.').next().unwrap_or_default();
        self.secrets.add(&format!("{whose}'s signature"), signature);
    }

    /// Sends a JSON body until no limit is in the way.
    pub fn ask(&mut self, method: &str, path: &str, token: &str, body: Option<&Value>) -> Reply {
        let body = body.map(Value::to_string).unwrap_or_default();
        self.ask_raw(method, path, token, &body, &[])
    }

    /// Sends any body. The answer may hold what is `due` to this caller, and nothing else.
    pub fn ask_raw(
        &mut self,
        method: &str,
        path: &str,
        token: &str,
        body: &str,
        due: &[&str],
    ) -> Reply {
        wait_for("an answer other than 429", || {
            let request = Request::builder().method(method).uri(self.server.url(path));
            let request = request.header("content-type", "application/json");
            let request = request.header("authorization", format!("Bearer {token}"));
            let reply = send(request.body(body.as_bytes().to_vec()).unwrap());
            self.answer(method, &reply, due);
            (reply.status != 429).then_some(reply)
        })
    }

    fn answer(&mut self, method: &str, reply: &Reply, due: &[&str]) {
        let mut text = reply.text.clone();
        for field in due {
            let json: Value = serde_json::from_str(&text).unwrap_or_default();
            if let Some(value) = json[*field].as_str() {
                text = text.replace(value, "");
            }
        }
        // Without the path, which may hold a secret of its own.
        let answer = format!("{method} {}: {:?}\n{text}\n", reply.status, reply.headers);
        self.saw("the answers", answer);
    }

    /// Starts a flow of this user. The handle and the code are secrets from then on.
    pub fn start(&mut self, token: &str, replace: bool) -> Value {
        let body = json!({ "replace": replace }).to_string();
        let due = ["deviceCode", "userCode"];
        let reply = self.ask_raw("POST", "/trakt/auth/device", token, &body, &due);
        assert_eq!(reply.status, 200, "{reply:?}");
        let flow = reply.json();
        self.secrets
            .add("handle of a flow", flow["deviceCode"].as_str().unwrap());
        self.secrets
            .add("user code", flow["userCode"].as_str().unwrap());
        flow
    }

    /// Checks a flow until Trakt was asked and every scripted fault is used up.
    pub fn check(&mut self, token: &str, flow: &Value) -> Reply {
        let asked = |sim: &Sim| {
            sim.requests_to("POST /oauth/device/token").len()
                + sim.requests_to("GET /users/settings").len()
        };
        let before = asked(&self.sim);
        let body = json!({ "deviceCode": flow["deviceCode"] });
        loop {
            let reply = self.ask("POST", CHECK, token, Some(&body));
            if asked(&self.sim) > before && self.sim.faults().is_empty() {
                return reply;
            }
            assert_eq!(reply.json()["pending"], true, "{reply:?}");
        }
    }

    fn saw(&mut self, place: &str, bytes: impl AsRef<[u8]>) {
        let seen = self.places.entry(place.to_owned()).or_default();
        seen.extend_from_slice(bytes.as_ref());
        seen.push(b'\n');
    }

    /// Runs a command to its end: what it printed, which may be a secret if it is `due`.
    pub fn command(&mut self, args: &[&str], stdin: &str, due: bool) -> String {
        let vars = self.vars.iter();
        let vars: Vec<_> = vars.map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let output = run_command(args, &vars, stdin);
        assert!(output.status.success(), "{args:?} failed");
        let printed = String::from_utf8(output.stdout).unwrap();
        self.saw("the log of a command", &output.stderr);
        if !due {
            self.saw("the output of a command", &printed);
        }
        printed.trim_end().to_owned()
    }

    /// Starts the service with something wrong, and takes down what it says about that.
    pub fn refused(&mut self, name: &str, value: &str) {
        let (status, log) = builder(&self.vars).var(name, value).fails();
        assert!(!status.success(), "it took {name}");
        assert!(log.contains(name), "{log}");
        self.saw(&format!("the end with a wrong {name}"), log);
    }

    /// Stops the service, adds what the simulator gave out to the secrets, and looks for them
    /// everywhere.
    pub fn finish(mut self) -> Vec<String> {
        for pair in self.sim.tokens() {
            self.secrets.add("access token", pair.access_token);
            self.secrets.add("refresh token", pair.refresh_token);
        }
        for code in self.sim.device_codes() {
            self.secrets.add("device code", code.device_code);
        }
        let kinds = "access token, refresh token, device code, handle, user code, bearer, password";
        for kind in kinds.split(", ") {
            let known = self.secrets.names().iter().any(|name| name.contains(kind));
            assert!(known, "the run made no {kind}");
        }

        let metrics = self.ask_raw("GET", "/metrics", "", "", &[]);
        assert!(metrics.text.contains("trakt_http_requests_total"));
        // Nor is anybody named there.
        for row in self.database.rows("SELECT id::text, email FROM users", &[]) {
            for column in 0..2 {
                let personal: String = row.get(column);
                assert!(
                    !metrics.text.contains(&personal),
                    "{personal} is in the metrics"
                );
            }
        }
        for slug in ["sean", "justin", "ana-lucia"] {
            assert!(!metrics.text.contains(slug), "{slug} is in the metrics");
        }

        let log = self.server.log();
        assert!(!log.contains("@example.org"), "an address is in the log");
        for level in ["INFO", "DEBUG", "TRACE"] {
            assert!(log.contains(level), "the log has no line at {level}");
        }
        let trail = "SELECT to_json(a)::text FROM audit_log a ORDER BY id";
        for row in self.database.rows(trail, &[]) {
            self.saw("the audit trail", row.get::<_, String>(0));
        }
        for style in ["--inserts", "--no-comments"] {
            let programs = Programs::find().expect("the programs of PostgreSQL");
            let mut dump = Command::new(programs.bindir().join("pg_dump"));
            let dump = dump
                .args([style, self.database.url()])
                .output()
                .expect("pg_dump runs");
            assert!(
                dump.status.success(),
                "{}",
                String::from_utf8_lossy(&dump.stderr)
            );
            self.saw("the bytea columns of the dump", bytea(&dump.stdout));
            self.saw("the dump", &dump.stdout);
        }
        let Self {
            server,
            mut places,
            secrets,
            database,
            role,
            ..
        } = self;
        let (status, log) = server.stop();
        assert!(status.success(), "{status}");
        places.insert("the log".to_owned(), log.into_bytes());
        for sql in [
            "REASSIGN OWNED BY $ TO CURRENT_USER",
            "DROP OWNED BY $",
            "DROP ROLE $",
        ] {
            database.execute(&sql.replace('$', &role), &[]);
        }
        let leaks = places.iter().flat_map(|(place, bytes)| {
            secrets.leaks(bytes).into_iter().map(move |leak| {
                let Leak {
                    secret,
                    form,
                    around,
                } = leak;
                format!("{secret} in {place}, as {form}: {around}")
            })
        });
        leaks.collect()
    }
}

fn builder(vars: &[(String, String)]) -> crate::harness::ServerBuilder {
    let own_dir = |(name, _): &&(String, String)| name != "DATA_DIR";
    let vars = vars.iter().filter(own_dir);
    vars.fold(Server::builder(), |builder, (name, value)| {
        builder.var(name, value)
    })
}

fn percent(text: &str) -> String {
    let form: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    form.replace('+', "%20")
}

/// The address of the database with a user of its own, who has a password.
fn as_owner(database: &Database, role: &str) -> String {
    let quoted = DATABASE_PASSWORD.replace('\'', "''");
    database.execute(
        &format!("CREATE ROLE {role} LOGIN PASSWORD '{quoted}'"),
        &[],
    );
    let name = role.trim_end_matches("_role");
    database.execute(&format!("ALTER DATABASE {name} OWNER TO {role}"), &[]);
    let url = url::Url::parse(database.url()).unwrap();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(
        url.query_pairs()
            .filter(|(name, _)| name != "user" && name != "password"),
    );
    let host = url.host_str().unwrap_or_default();
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    let query = query.finish().replace('+', "%20");
    format!(
        "postgresql://{role}:{}@{host}{port}/{name}?{query}",
        percent(DATABASE_PASSWORD)
    )
}
