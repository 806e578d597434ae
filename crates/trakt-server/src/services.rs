//! The one place that puts the parts together.

use std::sync::Arc;

use anyhow::Context as _;
use secrecy::SecretString;
use trakt_core::admin::AdminService;
use trakt_core::audit::AuditService;
use trakt_core::choice::ChoiceService;
use trakt_core::export::ExportService;
use trakt_core::link::LinkService;
use trakt_core::ports::{RefreshJournal, TraktGateway};
use trakt_core::recommend::RecommendService;
use trakt_core::scrobble::ScrobbleService;
use trakt_core::session::SessionService;
use trakt_core::token::{NoJournal, Revoker, TokenService};
use trakt_core::user::UserService;
use trakt_core::watch::{CatalogueService, ReadService, WatchService};
use trakt_core::webhook::WebhookService;
use trakt_core::{Clock, Entropy, PortError, SystemClock, SystemEntropy};
use trakt_gateway::Gateway;
use trakt_store::cluster::{Cluster, Role};
use trakt_store::{KeyCheckError, MigrateError, PgStore, PoolOptions};
use trakt_webhook::HttpSender;

use crate::auth::{Argon2Hasher, LocalTokens, OutsideTokens, Verifier};
use crate::config::{Settings, TraktSettings, auth_secret, token_keys};

/// What every command has: the database and the users.
pub struct Base {
    /// The managed database, if it is one; it stops when this is dropped.
    pub cluster: Option<Cluster>,
    /// The database.
    pub store: PgStore,
    /// Where it is.
    pub database_url: SecretString,
    /// Users.
    pub users: UserService,
    /// Bearer tokens.
    pub verifier: Arc<Verifier>,
    /// The clock of the process.
    pub clock: Arc<dyn Clock>,
    /// Its randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// What `serve` has beyond that.
#[derive(Clone)]
pub struct Services {
    /// Trakt itself, for what is left of its budget.
    pub trakt: Gateway,
    /// Links.
    pub links: LinkService,
    /// An operator's hands.
    pub admin: AdminService,
    /// Who is signed in to the pages.
    pub sessions: SessionService,
    /// The audit trail.
    pub audit: AuditService,
    /// Tokens, kept alive.
    pub tokens: TokenService,
    /// Tokens that are to end.
    pub revoker: Revoker,
    /// What users watch.
    pub watch: WatchService,
    /// What is served of it.
    pub reads: ReadService,
    /// The episodes of shows.
    pub catalogue: CatalogueService,
    /// What Trakt recommends.
    pub recommend: RecommendService,
    /// What users let us do.
    pub choices: ChoiceService,
    /// Everything that is held about a user.
    pub exports: ExportService,
    /// What users write.
    pub scrobbles: ScrobbleService,
    /// What others are told.
    pub webhooks: WebhookService,
}

/// The connections of one process. A plain read takes well under a millisecond, so a few
/// serve thousands a second, and many replicas fit into PostgreSQL's default of 100.
pub const CONNECTIONS: u32 = 4;

impl Base {
    /// Finds the secrets and the database. Nothing is asked of the database yet.
    ///
    /// # Errors
    /// When a secret cannot be read or made, or the managed database does not start.
    pub fn new(settings: &Settings, role: Role) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let keyring = token_keys(settings, &*entropy)?;
        let auth = &settings.auth;
        let local = LocalTokens::new(
            &auth_secret(settings, &*entropy)?,
            &auth.issuer,
            &auth.audience,
            clock.clone(),
            entropy.clone(),
        );
        let outside = auth
            .key_set
            .as_ref()
            .map(|url| OutsideTokens::over_http(url, &auth.issuer, &auth.audience, clock.clone()));
        let (cluster, database_url) = match &settings.database.url {
            Some(url) => (None, url.clone()),
            None => {
                let cluster = Cluster::open(&settings.data_dir, role)
                    .context("the private PostgreSQL in DATA_DIR")?;
                let url = SecretString::from(cluster.url());
                (Some(cluster), url)
            }
        };
        let options = PoolOptions {
            max_size: CONNECTIONS,
            statement_cache: settings.database.statement_cache,
            command: role == Role::Command,
            ..PoolOptions::new(database_url.clone())
        };
        let store = PgStore::new(&options, keyring, entropy.clone());
        let users = UserService::new(
            Arc::new(store.clone()),
            Arc::new(store.clone()),
            Arc::new(Argon2Hasher::new(entropy.clone())),
            entropy.clone(),
        );
        let verifier = Arc::new(Verifier::new(local, outside));
        Ok(Self {
            cluster,
            store,
            database_url,
            users,
            verifier,
            clock,
            entropy,
        })
    }

    /// See [`prepare`].
    ///
    /// # Errors
    /// [`Unprepared`].
    pub fn prepare(&self) -> Result<(), Unprepared> {
        prepare(&self.store, &self.database_url)
    }
}

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unprepared {
    /// Not now. Later it may be there.
    #[error("the database cannot be reached: {0}")]
    Waiting(PortError),
    /// Not with this program.
    #[error(transparent)]
    Migration(MigrateError),
    /// Not with these keys.
    #[error("{0}. Give the right ones in TOKEN_KEYS, or the token_keys file in DATA_DIR back")]
    Keys(KeyCheckError),
}

impl From<MigrateError> for Unprepared {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Database(error) if error.retryable() => Self::Waiting(error),
            error => Self::Migration(error),
        }
    }
}

impl From<KeyCheckError> for Unprepared {
    fn from(error: KeyCheckError) -> Self {
        match error {
            KeyCheckError::Store(error) if error.retryable() => Self::Waiting(error),
            error => Self::Keys(error),
        }
    }
}

/// Brings the database to this version, checks that the keys open what it holds, and begins the
/// chains of the audit trail where there are none, before anything is served and before any call to
/// Trakt.
///
/// # Errors
/// [`Unprepared`].
pub fn prepare(store: &PgStore, url: &SecretString) -> Result<(), Unprepared> {
    trakt_store::migrate(url)?;
    store.check_keys()?;
    Ok(store.begin_trail()?)
}

impl Services {
    /// The services of `serve`.
    ///
    /// # Errors
    /// When the client of Trakt cannot be set up.
    pub fn new(base: &Base, settings: &Settings, trakt: &TraktSettings) -> anyhow::Result<Self> {
        let trakt = Arc::new(gateway(trakt)?);
        let gateway: Arc<dyn TraktGateway> = trakt.clone();
        let store = Arc::new(base.store.clone());
        let revoker = Revoker::new(store.clone(), gateway.clone(), base.clock.clone());
        let tokens = TokenService::new(
            store.clone(),
            gateway.clone(),
            journal(base, settings),
            revoker.clone(),
            base.clock.clone(),
            base.entropy.clone(),
        );
        Ok(Self {
            trakt: Gateway::clone(&trakt),
            webhooks: webhooks(base, settings),
            sessions: SessionService::new(store.clone(), base.entropy.clone()),
            choices: ChoiceService::new(store.clone()),
            exports: ExportService::new(store.clone()),
            reads: ReadService::new(store.clone(), store.clone()),
            catalogue: CatalogueService::new(
                store.clone(),
                trakt.clone(),
                base.clock.clone(),
                base.entropy.clone(),
            ),
            recommend: RecommendService::new(
                store.clone(),
                trakt.clone(),
                tokens.clone(),
                base.clock.clone(),
                base.entropy.clone(),
            ),
            scrobbles: ScrobbleService::new(
                store.clone(),
                trakt.clone(),
                tokens.clone(),
                base.clock.clone(),
                base.entropy.clone(),
            ),
            watch: WatchService::new(
                store.clone(),
                trakt,
                tokens.clone(),
                base.clock.clone(),
                base.entropy.clone(),
            ),
            tokens,
            links: LinkService::new(
                store.clone(),
                gateway.clone(),
                revoker.clone(),
                base.clock.clone(),
                base.entropy.clone(),
            ),
            admin: AdminService::new(
                store.clone(),
                store.clone(),
                store.clone(),
                gateway,
                revoker.clone(),
                base.entropy.clone(),
            ),
            audit: AuditService::new(store),
            revoker,
        })
    }
}

/// What others are told, and who: nobody, unless the settings name them.
#[must_use]
pub fn webhooks(base: &Base, settings: &Settings) -> WebhookService {
    let (endpoints, secrets, allowed) = match settings.webhooks.clone() {
        Some(set) => (set.endpoints, set.secrets, set.allowed),
        None => Default::default(),
    };
    let sender = HttpSender::new(secrets, allowed, base.clock.clone(), USER_AGENT.to_owned());
    WebhookService::new(
        Arc::new(base.store.clone()),
        Arc::new(sender),
        endpoints,
        base.clock.clone(),
        base.entropy.clone(),
    )
}

/// How we call ourselves.
const USER_AGENT: &str = concat!("trakt-server/", env!("CARGO_PKG_VERSION"));

/// Where in `DATA_DIR` the refresh journal is.
pub const JOURNAL: &str = "journal";

/// The journal in `DATA_DIR`. Where there is no place for one the service runs nevertheless, and
/// says what that means.
fn journal(base: &Base, settings: &Settings) -> Arc<dyn RefreshJournal> {
    let dir = settings.data_dir.join(JOURNAL);
    let without = "a crash in the moment of a refresh can cost a user the link";
    match base.store.journal(&dir) {
        Ok(journal) => {
            if !journal.durable() {
                log::warn!(
                    "{} is on a file system that a restart empties: {without}",
                    dir.display()
                );
            }
            Arc::new(journal)
        }
        Err(error) => {
            log::warn!("{error}: {without}");
            Arc::new(NoJournal::new(&*base.entropy))
        }
    }
}

fn gateway(trakt: &TraktSettings) -> anyhow::Result<Gateway> {
    Gateway::new(gateway_config(trakt)).context("the client of Trakt")
}

/// As whom Trakt is called, and where it is.
pub(crate) fn gateway_config(trakt: &TraktSettings) -> trakt_gateway::Config {
    trakt_gateway::Config {
        api_url: trakt.api_url.clone(),
        auth_url: trakt.auth_url.clone(),
        client_id: trakt.client_id.clone(),
        client_secret: Some(trakt.client_secret.clone()),
        redirect_uri: trakt.redirect_uri.clone(),
        user_agent: USER_AGENT.to_owned(),
    }
}
