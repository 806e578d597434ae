//! What systemd is told of a service of `Type=notify` (`sd_notify(3)`). Started by anything else
//! there is no `NOTIFY_SOCKET`, and nothing is said.

use sd_notify::NotifyState;

/// The database is there and requests are served.
pub fn ready() {
    tell(NotifyState::Ready);
}

/// The end has begun: what comes now is bounded by `TimeoutStopSec`.
pub fn stopping() {
    tell(NotifyState::Stopping);
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        log::warn!("systemd could not be told: {error}");
    }
}
