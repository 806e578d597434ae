//! The handle that a test holds.

mod accounts;
mod media;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::world::{ScriptedFault, Shared, Simulator, World};
use crate::{
    AuthorizationCode, Config, ControlError, Count, DeviceCode, Fault, Request, Rotation, Settings,
    TokenPair, server,
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

    /// Sets the simulator's clock to this many milliseconds since 1970-01-01 UTC.
    ///
    /// # Errors
    /// [`ControlError::ClockBack`]: it shows a later time already.
    pub fn set_clock(&self, now_ms: u64) -> Result<(), ControlError> {
        self.shared.world().set_clock(now_ms)
    }

    /// Lets `speed` seconds of the simulator's clock pass in one second from now on. With 0 it
    /// stands still, but for [`Sim::advance`] and [`Sim::set_clock`].
    pub fn set_speed(&self, speed: u32) {
        self.shared.world().set_speed(speed);
    }

    /// The simulator's clock: milliseconds since 1970-01-01 UTC.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.shared.world().now_ms()
    }

    /// What a used refresh token is answered now.
    #[must_use]
    pub fn rotation(&self) -> Rotation {
        self.shared.world().config().rotation
    }

    /// Changes what a used refresh token is answered, those used before included.
    pub fn set_rotation(&self, rotation: Rotation) {
        self.set(Settings {
            rotation: Some(rotation),
            ..Settings::default()
        });
    }

    /// Whether a refresh leaves the old access token alive until it expires.
    #[must_use]
    pub fn old_access_works(&self) -> bool {
        self.shared.world().config().old_access_works
    }

    /// Changes whether a refresh leaves the old access token alive, also for refreshes that were
    /// before.
    pub fn set_old_access_works(&self, works: bool) {
        self.set(Settings {
            old_access_works: Some(works),
            ..Settings::default()
        });
    }

    /// What can be changed as it runs, every field being there.
    #[must_use]
    pub fn settings(&self) -> Settings {
        Settings::of(self.shared.world().config())
    }

    /// Changes the settings that are not `None`.
    pub fn set(&self, settings: Settings) {
        self.shared.world().set(settings);
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

    /// Every request that the log took and kept since the start or the last [`Sim::clear_requests`], in the order in which
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

    /// How many requests each endpoint had since the start or the last [`Sim::clear_counts`], by
    /// status; those that the log did not take too.
    #[must_use]
    pub fn counts(&self) -> Vec<Count> {
        self.shared.world().counts()
    }

    /// Sets every count back to 0.
    pub fn clear_counts(&self) {
        self.shared.world().clear_counts();
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

    /// Every authorization code ever given out, in order, dead ones too.
    #[must_use]
    pub fn authorization_codes(&self) -> Vec<AuthorizationCode> {
        self.shared.world().authorization_codes()
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
