//! A service whose every secret is known, and a record of everything that it lets out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use trakt_sim::{Config, Sim};
use ureq::http::Request;

use super::needle::{Place, Secret, bytea};
use crate::harness::{AUTH_SECRET, Database, Reply, Server, run_command, send, wait_for};

pub const CHECK: &str = "/trakt/auth/device/check";
pub const CLIENT_SECRET: &str = "canary client \"secret\"+/=&%41\\é";
pub const DATABASE_PASSWORD: &str = "canary database 'pass'/word+&é";
/// Characters that each escape treats in its own way, and bytes that are no text.
const KEY: [u8; 32] = *b"canary\xff\x00\x01key\\\"'\xfe+/=&%\n\r\t 0123456";

pub struct Stage {
    pub sim: Sim,
    pub database: Database,
    pub server: Server,
    pub secrets: Vec<Secret>,
    places: Vec<Place>,
    answers: String,
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
        let vars = [
            ("RUST_LOG", "trace"),
            ("LOG_FORMAT", format),
            ("DATABASE_URL", &url),
            ("DATA_DIR", "/nonexistent"),
            ("TRAKT_CLIENT_ID", "trakt-sim-client-id"),
            ("TRAKT_CLIENT_SECRET", CLIENT_SECRET),
            ("TRAKT_API_URL", sim.url()),
            ("TOKEN_KEYS", &format!("canary:{key}")),
            ("AUTH_SECRET", AUTH_SECRET),
        ];
        let vars = vars
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
        let server = builder(&vars).start();
        let secrets = vec![
            Secret::new("client secret", CLIENT_SECRET),
            Secret::new("database password", DATABASE_PASSWORD),
            Secret::new("database password in a URL", percent(DATABASE_PASSWORD)),
            Secret::new("AUTH_SECRET", AUTH_SECRET),
            Secret::new("key", KEY),
            Secret::new("key in base64", key),
        ];
        let answers = String::new();
        Self {
            sim,
            database,
            server,
            secrets,
            places: Vec::new(),
            answers,
            vars,
            role,
        }
    }

    pub fn secret(&mut self, name: &str, secret: impl AsRef<[u8]>) {
        self.secrets.push(Secret::new(name, secret));
    }

    /// A bearer token, and its signature, which is what makes it one.
    pub fn bearer(&mut self, whose: &str, token: &str) {
        self.secret(&format!("{whose}'s bearer token"), token);
        let signature = token.rsplit('.').next().unwrap_or_default();
        self.secret(&format!("{whose}'s signature"), signature);
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
        let reply = wait_for("an answer other than 429", || {
            let request = Request::builder().method(method).uri(self.server.url(path));
            let request = request.header("content-type", "application/json");
            let request = request.header("authorization", format!("Bearer {token}"));
            let reply = send(request.body(body.as_bytes().to_vec()).unwrap());
            self.answer(method, &reply, due);
            (reply.status != 429).then_some(reply)
        });
        reply
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
        self.answers.push_str(&answer);
    }

    /// Starts a flow of this user. The handle and the code are secrets from then on.
    pub fn start(&mut self, token: &str, replace: bool) -> Value {
        let body = json!({ "replace": replace }).to_string();
        let due = ["deviceCode", "userCode"];
        let reply = self.ask_raw("POST", "/trakt/auth/device", token, &body, &due);
        assert_eq!(reply.status, 200, "{reply:?}");
        let flow = reply.json();
        self.secret("handle of a flow", flow["deviceCode"].as_str().unwrap());
        self.secret("user code", flow["userCode"].as_str().unwrap());
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

    /// Runs a command to its end. What it prints may hold what is `due`: its first line.
    pub fn command(&mut self, args: &[&str], stdin: &str, due: bool) -> String {
        let vars: Vec<_> = self
            .vars
            .iter()
            .map(|(n, v)| (n.as_str(), v.as_str()))
            .collect();
        let output = run_command(args, &vars, stdin);
        let printed = String::from_utf8(output.stdout)
            .unwrap()
            .trim_end()
            .to_owned();
        let log = Place::new(&format!("the log of {args:?}"), &output.stderr);
        self.places.push(log);
        if !due {
            self.places
                .push(Place::new(&format!("the output of {args:?}"), &printed));
        }
        assert!(output.status.success(), "{args:?} failed");
        printed
    }

    /// Starts the service with something wrong, and takes down what it says about that.
    pub fn refused(&mut self, name: &str, value: &str) {
        let (status, log) = builder(&self.vars).var(name, value).fails();
        assert!(!status.success(), "it took {name}");
        assert!(!log.is_empty());
        self.places
            .push(Place::new(&format!("the end with a wrong {name}"), log));
    }

    /// Adds what the simulator gave out to the secrets, and the log and the database to the
    /// places. Returns the log.
    pub fn finish(mut self) -> (Vec<Secret>, Vec<Place>, String) {
        for pair in self.sim.tokens() {
            self.secret("access token", pair.access_token);
            self.secret("refresh token", pair.refresh_token);
        }
        for code in self.sim.device_codes() {
            self.secret("device code", code.device_code);
        }
        let Self {
            server,
            mut places,
            answers,
            secrets,
            database,
            role,
            ..
        } = self;
        places.push(Place::new("the answers", answers));
        let (status, log) = server.stop();
        assert!(status.success(), "{status}");
        places.push(Place::new("the log", &log));
        let trail = database.rows("SELECT to_json(a)::text FROM audit_log a ORDER BY id", &[]);
        let trail: Vec<String> = trail.iter().map(|row| row.get(0)).collect();
        places.push(Place::new("the audit trail", trail.join("\n")));
        for rows in ["--inserts", "--no-comments"] {
            let mut dump = std::process::Command::new("pg_dump");
            let dump = dump
                .args([rows, database.url()])
                .output()
                .expect("pg_dump runs");
            assert!(
                dump.status.success(),
                "{}",
                String::from_utf8_lossy(&dump.stderr)
            );
            places.push(Place::new("the dump's bytea columns", bytea(&dump.stdout)));
            places.push(Place::new("the dump", dump.stdout));
        }
        let whose = format!("REASSIGN OWNED BY {role} TO CURRENT_USER");
        for sql in [
            whose,
            format!("DROP OWNED BY {role}"),
            format!("DROP ROLE {role}"),
        ] {
            database.execute(&sql, &[]);
        }
        (secrets, places, log)
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
