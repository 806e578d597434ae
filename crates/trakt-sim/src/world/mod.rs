//! The state of the simulated Trakt, and what may be done to it by the endpoints, by a person
//! on the page and by a test. No HTTP here: statuses and bodies belong to the endpoints.

mod accounts;
mod applications;
mod codes;
mod counts;
mod faults;
mod grants;
mod journal;
mod lag;
mod media;
mod rates;
mod tokens;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::clock::Clock;
use crate::entropy::Entropy;
use crate::{Account, Config, Settings, generator};

pub(crate) use codes::Poll;
pub use codes::{CodeState, DeviceCode};
pub use counts::Count;
pub(crate) use faults::matches;
pub use faults::{Fault, ScriptedFault};
pub use grants::AuthorizationCode;
pub use journal::Request;
pub(crate) use journal::{Incoming, bearer_of};
pub use media::{MediaType, NewPlay, Play, WatchedItem};
pub(crate) use rates::{Asking, TooMuch};
pub use tokens::{TokenPair, TokenState};

/// Which account, through all renames: its place in the list of accounts, from which nothing is
/// ever taken out.
pub(crate) type AccountId = usize;

/// A control call that makes no sense in the present state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// No such user code was ever given out.
    #[error("there is no such user code")]
    UnknownCode,
    /// The code was decided on, used or has expired.
    #[error("the user code is {0}, not pending")]
    CodeNotPending(CodeState),
    /// No account has this slug now, or it was deleted.
    #[error("there is no such account")]
    UnknownAccount,
    /// Another account has this slug.
    #[error("the slug belongs to another account")]
    SlugTaken,
    /// A slug must not be empty and not be `me` or `settings`, which mean something else in
    /// Trakt's paths.
    #[error("an account cannot have this slug")]
    BadSlug,
    /// The simulator's clock cannot be set back.
    #[error("the clock cannot be set back")]
    ClockBack,
    /// A fault that could never be answered with; the text says why.
    #[error("this fault cannot be scripted: {0}")]
    BadFault(&'static str),
    /// The catalogue has no movie or episode with this trakt id.
    #[error("there is no such movie or episode")]
    UnknownItem,
}

/// One simulator: what its connections, its control interface and its handle share.
#[derive(Debug)]
pub(crate) struct Simulator {
    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub(crate) base_url: String,
    world: Mutex<World>,
}

/// How the endpoints get at their simulator.
pub(crate) type Shared = Arc<Simulator>;

impl Simulator {
    pub(crate) fn new(base_url: String, world: World) -> Shared {
        Arc::new(Self {
            base_url,
            world: Mutex::new(world),
        })
    }

    /// The state. A panic elsewhere does not take the simulator down with it.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything that the simulated Trakt knows.
#[derive(Debug)]
pub(crate) struct World {
    config: Config,
    clock: Clock,
    entropy: Entropy,
    accounts: Vec<Account>,
    /// By present slug, in small letters.
    by_slug: HashMap<String, AccountId>,
    codes: codes::Codes,
    grants: grants::Grants,
    tokens: tokens::Tokens,
    faults: Vec<ScriptedFault>,
    journal: journal::Journal,
    libraries: media::Libraries,
    counts: counts::Counts,
    rates: rates::Rates,
    memories: lag::Memories,
}

impl World {
    /// # Errors
    /// [`ControlError`] when the accounts of `config` cannot be added.
    pub(crate) fn new(mut config: Config) -> Result<Self, ControlError> {
        let accounts = std::mem::take(&mut config.accounts);
        let clock = Clock::new();
        let generated = config.generated;
        let mut world = Self {
            libraries: media::Libraries::new(generated, accounts.len(), clock.now_ms()),
            clock,
            entropy: Entropy::new(config.seed),
            accounts: Vec::new(),
            by_slug: HashMap::new(),
            codes: codes::Codes::default(),
            grants: grants::Grants::default(),
            tokens: tokens::Tokens::default(),
            faults: Vec::new(),
            journal: journal::Journal::default(),
            counts: counts::Counts::default(),
            rates: rates::Rates::default(),
            memories: lag::Memories::default(),
            config,
        };
        let generated = generated.into_iter().flat_map(generator::accounts);
        world.add_accounts(accounts.into_iter().chain(generated).collect())?;
        Ok(world)
    }

    /// How it was told to behave.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn set(&mut self, settings: Settings) {
        settings.apply(&mut self.config);
        self.forget_lag();
    }

    /// This many bytes of no meaning.
    pub(crate) fn noise(&mut self, length: usize) -> Vec<u8> {
        self.entropy.noise(length)
    }

    /// Milliseconds since 1970-01-01 UTC on the simulator's clock.
    pub(crate) fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Moves the simulator's clock forward.
    pub(crate) fn advance(&mut self, seconds: u64) {
        self.clock.advance(seconds);
    }

    pub(crate) fn set_clock(&mut self, now_ms: u64) -> Result<(), ControlError> {
        let forward = self.clock.set(now_ms);
        forward.then_some(()).ok_or(ControlError::ClockBack)
    }

    pub(crate) fn set_speed(&mut self, speed: u32) {
        self.clock.set_speed(speed);
    }
}
