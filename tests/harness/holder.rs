use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use trakt_core::audit::AuditStamp;
use trakt_core::link::TokenPair;
use trakt_core::ports::{
    Authorise, CompleteFlow, Completion, DevicePoll, LinkStore, OpenFlow, TraktGateway, WatchStore,
};
use trakt_core::scrobble::ScrobbleService;
use trakt_core::token::{NoJournal, Revoker, TokenService};
use trakt_core::watch::{CatalogueService, WatchService};
use trakt_core::{
    FlowHandle, FlowId, LinkId, SystemClock, SystemEntropy, TraktIdentity, TraktSlug, TraktUuid,
    UserId,
};
use trakt_gateway::{BaseUrl, Gateway};
use trakt_sim::{Account, Sim};
use trakt_store::{Keyring, PgStore, PoolOptions};
use uuid::Uuid;

use super::{Database, TOKEN_KEYS, wait_for};

/// A process that imports the crates and asks for access tokens: `token-holder`.
pub struct Holder {
    child: Child,
    stdin: ChildStdin,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Holder {
    /// One with its journal in `dir`, ready.
    pub fn start(database: &Database, sim: &Sim, dir: &Path) -> Self {
        Self::breaking(database, sim, dir, None)
    }

    /// One that breaks at a moment of its first refresh: `(moment, "kill" or "stop")`.
    pub fn breaking(database: &Database, sim: &Sim, dir: &Path, at: Option<(&str, &str)>) -> Self {
        let test = std::env::current_exe().expect("the path of this test");
        let profile = test
            .ancestors()
            .nth(2)
            .expect("target/<profile>/deps/<test>");
        let config = trakt_sim::Config::default();
        let mut command = Command::new(profile.join("token-holder"));
        command
            .env("DATABASE_URL", database.url())
            .env("DATA_DIR", dir)
            .env("TOKEN_KEYS", TOKEN_KEYS)
            .env("TRAKT_URL", sim.url().trim_end_matches('/'))
            .env("TRAKT_CLIENT_ID", &config.client_id)
            .env("TRAKT_CLIENT_SECRET", &config.client_secret)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some((moment, by)) = at {
            command.env("BREAK_AT", moment).env("BREAK_BY", by);
        }
        let mut child = command.spawn().expect("token-holder starts");
        let lines = Arc::new(Mutex::new(Vec::new()));
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let said = lines.clone();
        thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                said.lock().unwrap().push(line);
            }
        });
        let stdin = child.stdin.take().expect("a pipe");
        let holder = Self {
            child,
            stdin,
            lines,
        };
        wait_for("a token-holder that is ready", || {
            (!holder.answers().is_empty()).then_some(())
        });
        holder.lines.lock().unwrap().clear();
        holder
    }

    /// Gives a command. One that has broken does not hear it.
    pub fn say(&mut self, line: &str) {
        let _ = self.stdin.write_all(format!("{line}\n").as_bytes());
    }

    /// Everything it answered since this was last cleared.
    pub fn answers(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// Waits for so many answers, and forgets them.
    pub fn take(&self, count: usize) -> Vec<String> {
        wait_for("the answers of a token-holder", || {
            let mut lines = self.lines.lock().unwrap();
            (lines.len() >= count).then(|| std::mem::take(&mut *lines))
        })
    }

    /// Asks for a token of the user's: the answer.
    pub fn token(&mut self, user: Uuid) -> String {
        self.say(&format!("token {user}"));
        self.take(1).remove(0)
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).expect("signalled");
    }

    /// Whether a signal has stopped it (SIGSTOP).
    pub fn is_stopped(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        stat.is_ok_and(|stat| {
            stat.rsplit(") ")
                .next()
                .is_some_and(|rest| rest.starts_with('T'))
        })
    }

    /// Waits until it was killed.
    pub fn wait_killed(&mut self) {
        let status = wait_for("the end of a token-holder", || {
            let answers = self.answers();
            assert!(answers.is_empty(), "it lives and says {answers:?}");
            self.child.try_wait().expect("a child")
        });
        assert_eq!(status.signal(), Some(9), "{status}");
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Links accounts without a service between: through the ports, with tokens of the simulator.
pub struct Linker {
    pub store: PgStore,
    gateway: Gateway,
}

impl Linker {
    /// For this database, which is migrated.
    pub fn new(database: &Database, sim: &Sim) -> Self {
        Self::at(database, sim.url())
    }

    /// With the simulator at this address.
    pub fn at(database: &Database, simulator: &str) -> Self {
        let url = database.url().to_owned();
        trakt_store::migrate(&url.clone().into()).expect("migrated");
        let keys = Keyring::parse(TOKEN_KEYS).expect("keys");
        let store = PgStore::new(&PoolOptions::new(url.into()), keys, Arc::new(SystemEntropy));
        let config = trakt_sim::Config::default();
        let url = BaseUrl::parse(simulator).expect("the address of the simulator");
        let client = trakt_api::Client::new(trakt_gateway::Config {
            api_url: url.clone(),
            auth_url: url,
            client_id: config.client_id,
            client_secret: Some(config.client_secret.into()),
            redirect_uri: "urn:ietf:wg:oauth:2.0:oob".to_owned(),
            user_agent: "harness/1".to_owned(),
        });
        // Without a budget: a simulator has no limits unless it is told.
        let hosts = vec!["127.0.0.1".to_owned()];
        let gateway = Gateway::over(client.expect("a client"), hosts);
        Self { store, gateway }
    }

    /// What users watch, read at the simulator into the database.
    pub fn watch(&self) -> WatchService {
        self.watch_into(Arc::new(self.store.clone()))
    }

    /// Into another store than that of the tokens.
    pub fn watch_into(&self, watched: Arc<dyn WatchStore>) -> WatchService {
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        let trakt = Arc::new(self.gateway.clone());
        WatchService::new(watched, trakt, self.tokens(), clock, entropy)
    }

    /// The episodes of shows, read at the simulator.
    pub fn catalogue(&self) -> CatalogueService {
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        let (store, trakt) = (Arc::new(self.store.clone()), Arc::new(self.gateway.clone()));
        CatalogueService::new(store, trakt, clock, entropy)
    }

    /// What users write, sent to the simulator.
    pub fn scrobbles(&self) -> ScrobbleService {
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        let (store, trakt) = (Arc::new(self.store.clone()), Arc::new(self.gateway.clone()));
        ScrobbleService::new(store, trakt, self.tokens(), clock, entropy)
    }

    fn tokens(&self) -> TokenService {
        let (store, trakt) = (Arc::new(self.store.clone()), Arc::new(self.gateway.clone()));
        let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        let revoker = Revoker::new(store.clone(), trakt.clone(), clock.clone());
        let journal = Arc::new(NoJournal::new(&*entropy));
        TokenService::new(store, trakt, journal, revoker, clock, entropy)
    }

    /// A new user with a new account of this slug, linked.
    pub fn link(&self, database: &Database, sim: &Sim, slug: &str) -> Uuid {
        let user = database.user(&format!("{slug}@example.org"), "user");
        sim.add_account(Account::new(slug, slug, slug))
            .expect("a new account");
        self.link_again(sim, user, slug);
        user
    }

    /// Links the account to the user, whatever was before.
    pub fn link_again(&self, sim: &Sim, user: Uuid, slug: &str) {
        self.link_by(user, |code| sim.approve(code, slug).expect("approved"));
    }

    /// Links the account that a flow is approved for.
    pub fn link_by(&self, user: Uuid, approve: impl FnOnce(&str)) {
        const WITHIN: Duration = Duration::from_secs(10);
        let grant = self.gateway.device_code(WITHIN).expect("a code");
        approve(&grant.user_code);
        let polled = self.gateway.device_token(&grant.device_code, WITHIN);
        let DevicePoll::Approved(tokens) = polled.expect("a poll") else {
            panic!("not approved");
        };
        let tokens = tokens.into_pair(trakt_core::Clock::now(&SystemClock));
        let identity = self
            .gateway
            .identity(&tokens.access, WITHIN)
            .expect("an identity");
        complete(&self.store, user, tokens, identity);
    }
}

/// Links a new user of this name with tokens that nobody gave.
pub fn link_without_trakt(store: &PgStore, database: &Database, slug: &str) -> UserId {
    let user = database.user(&format!("{slug}@example.org"), "user");
    let tokens = TokenPair {
        access: format!("access-{slug}").into(),
        refresh: format!("refresh-{slug}").into(),
        expires_at: trakt_core::Clock::now(&SystemClock) + Duration::from_secs(604_800),
    };
    let identity = TraktIdentity {
        uuid: TraktUuid::parse(slug).expect("a uuid"),
        slug: TraktSlug::parse(slug).expect("a slug"),
        username: slug.to_owned(),
    };
    complete(store, user, tokens, identity);
    user.into()
}

/// Runs a flow through the store to its end.
fn complete(store: &PgStore, user: Uuid, tokens: TokenPair, identity: TraktIdentity) {
    let flow = FlowId::random(&SystemEntropy);
    let open = OpenFlow {
        id: flow,
        key: FlowHandle::random(&SystemEntropy).key(),
        user: user.into(),
        replace: false,
        device_code: "code".to_owned().into(),
        user_code: "CODE".to_owned(),
        verification_url: "https://trakt.tv/activate".to_owned(),
        lifetime: Duration::from_secs(600),
        interval: Duration::from_secs(5),
        stamp: AuditStamp::default(),
    };
    store.open_flow(&open).expect("a flow");
    let keep = Authorise {
        flow,
        tokens: tokens.clone(),
    };
    store.authorise(&keep).expect("authorised");
    let complete = CompleteFlow {
        flow,
        user: user.into(),
        tokens,
        identity,
        new_link: LinkId::random(&SystemEntropy),
        stamp: AuditStamp::default(),
    };
    let done = store.complete(&complete).expect("linked");
    assert!(matches!(done, Completion::Linked(..)), "{done:?}");
}
