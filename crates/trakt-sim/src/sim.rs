//! The handle that a test holds.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::world::{ScriptedFault, Shared, Simulator, World};
use crate::{
    Account, Config, ControlError, DeviceCode, Fault, NewPlay, Play, Request, Rotation, TokenPair,
    WatchedItem, server,
};

/// A running simulator. Dropping it closes every connection and gives the port back.
///
/// It runs on a thread of its own, so it serves synchronous and asynchronous tests alike, and
/// every method can be called from any thread.
#[derive(Debug)]
pub struct Sim {
    shared: Shared,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Sim {
    /// Starts a simulator on 127.0.0.1. It takes requests as soon as this returns.
    ///
    /// # Errors
    /// The port is taken, the system gives no thread or socket, or the accounts in `config`
    /// contradict each other ([`io::ErrorKind::InvalidInput`]).
    pub fn start(config: Config) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.port))?;
        listener.set_nonblocking(true)?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let world = World::new(config)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let shared = Simulator::new(base_url, world);

        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let listener = {
            let _inside = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let (stop, stopped) = oneshot::channel();
        let serve = server::serve(listener, shared.clone(), stopped);
        let thread = std::thread::Builder::new()
            .name("trakt-sim".to_owned())
            .spawn(move || runtime.block_on(serve))?;
        Ok(Self {
            shared,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens: `http://127.0.0.1:<port>`, without a slash at the end. Serves as the
    /// address of both Trakt's API and its OAuth host.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.base_url
    }

    /// Approves a pending code for an account, as its owner does on the page.
    ///
    /// # Errors
    /// The code is not pending or the account does not exist.
    pub fn approve(&self, user_code: &str, slug: &str) -> Result<(), ControlError> {
        self.shared.world().approve(user_code, slug)
    }

    /// Denies a pending code.
    ///
    /// # Errors
    /// The code is not pending.
    pub fn deny(&self, user_code: &str) -> Result<(), ControlError> {
        self.shared.world().deny(user_code)
    }

    /// Ends the time of a code that is pending or approved.
    ///
    /// # Errors
    /// The code is neither.
    pub fn expire(&self, user_code: &str) -> Result<(), ControlError> {
        self.shared.world().expire(user_code)
    }

    /// Moves the simulator's clock forward. Codes and access tokens expire and polls come due by
    /// it; the delays of faults do not.
    pub fn advance(&self, seconds: u64) {
        self.shared.world().advance(seconds);
    }

    /// The simulator's clock: milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.shared.world().now_ms()
    }

    /// What a used refresh token is answered now.
    #[must_use]
    pub fn rotation(&self) -> Rotation {
        self.shared.world().rotation()
    }

    /// Changes what a used refresh token is answered, those used before included.
    pub fn set_rotation(&self, rotation: Rotation) {
        self.shared.world().set_rotation(rotation);
    }

    /// Whether a refresh leaves the old access token alive until it expires.
    #[must_use]
    pub fn old_access_works(&self) -> bool {
        self.shared.world().old_access_works()
    }

    /// Changes whether a refresh leaves the old access token alive, also for refreshes that were
    /// before.
    pub fn set_old_access_works(&self, works: bool) {
        self.shared.world().set_old_access_works(works);
    }

    /// Lets the next request to `on` meet `fault`. `on` is method and path, as in
    /// `POST /oauth/token`; `*` stands for any run of characters. Several faults for one path
    /// are met in the order in which they were scripted.
    ///
    /// # Errors
    /// [`ControlError::BadFault`].
    pub fn fault(&self, on: &str, fault: Fault) -> Result<(), ControlError> {
        self.fault_times(on, 1, fault)
    }

    /// As [`Sim::fault`], for the next `times` requests.
    ///
    /// # Errors
    /// [`ControlError::BadFault`].
    pub fn fault_times(&self, on: &str, times: u32, fault: Fault) -> Result<(), ControlError> {
        self.shared.world().script(ScriptedFault {
            on: on.to_owned(),
            times,
            fault,
        })
    }

    /// The faults that no request has used up yet.
    #[must_use]
    pub fn faults(&self) -> Vec<ScriptedFault> {
        self.shared.world().faults().to_vec()
    }

    /// Forgets the faults that no request has used up yet.
    pub fn clear_faults(&self) {
        self.shared.world().clear_faults();
    }

    /// Every request since the start or the last [`Sim::clear_requests`], in the order in which
    /// they came; those to the control interface are not among them. A request is here before
    /// anything is done about it.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        self.shared.world().requests()
    }

    /// Those of [`Sim::requests`] whose method and path fit `on`, a pattern as in
    /// [`Sim::fault`].
    #[must_use]
    pub fn requests_to(&self, on: &str) -> Vec<Request> {
        self.shared.world().requests_to(on)
    }

    /// Empties the log of requests.
    pub fn clear_requests(&self) {
        self.shared.world().clear_requests();
    }

    /// Every token pair ever given out, in order, dead ones too.
    #[must_use]
    pub fn tokens(&self) -> Vec<TokenPair> {
        self.shared.world().tokens()
    }

    /// Every device code ever given out, in order, dead ones too.
    #[must_use]
    pub fn device_codes(&self) -> Vec<DeviceCode> {
        self.shared.world().device_codes()
    }

    /// Every account there ever was, deleted ones too.
    #[must_use]
    pub fn accounts(&self) -> Vec<Account> {
        self.shared.world().accounts().to_vec()
    }

    /// Adds an account. An empty uuid is drawn.
    ///
    /// # Errors
    /// The slug is taken or cannot be one.
    pub fn add_account(&self, account: Account) -> Result<(), ControlError> {
        self.shared.world().add_account(account)
    }

    /// Renames an account. Its uuid stays and its tokens go on working.
    ///
    /// # Errors
    /// The account does not exist, or the new slug is taken or cannot be one.
    pub fn rename_account(
        &self,
        slug: &str,
        new_slug: &str,
        new_username: &str,
    ) -> Result<(), ControlError> {
        self.shared
            .world()
            .rename_account(slug, new_slug, new_username)
    }

    /// Deletes an account: it stays as `<slug>-deleted-<number>`, and its tokens die.
    ///
    /// # Errors
    /// The account does not exist.
    pub fn delete_account(&self, slug: &str) -> Result<(), ControlError> {
        self.shared.world().delete_account(slug)
    }

    /// Revokes every live token pair of an account, as its owner does in Trakt's settings.
    /// Returns how many there were.
    ///
    /// # Errors
    /// The account does not exist.
    pub fn disconnect(&self, slug: &str) -> Result<usize, ControlError> {
        self.shared.world().disconnect(slug)
    }

    /// The history of an account, newest first.
    ///
    /// # Errors
    /// The account does not exist.
    pub fn plays(&self, slug: &str) -> Result<Vec<Play>, ControlError> {
        self.shared.world().plays(slug)
    }

    /// Adds plays as `POST /sync/history` does, in any number, and returns their ids.
    ///
    /// # Errors
    /// The account or one of the items does not exist; nothing is added then.
    pub fn add_plays(&self, slug: &str, plays: &[NewPlay]) -> Result<Vec<u64>, ControlError> {
        self.shared.world().add_plays(slug, plays)
    }

    /// What an account has watched, by movie and by episode, as it follows from its plays.
    ///
    /// # Errors
    /// The account does not exist.
    pub fn watched(&self, slug: &str) -> Result<Vec<WatchedItem>, ControlError> {
        self.shared.world().watched(slug)
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // Nothing is left to be told about a thread that panicked.
            let _ = thread.join();
        }
    }
}
