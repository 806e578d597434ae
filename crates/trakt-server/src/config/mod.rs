//! Settings: environment variables, each secret also as a file that `NAME_FILE` names. All are
//! read before anything starts, and everything that is wrong is said at once.

mod read;
mod secrets;
mod settings;
mod webhook;

use std::fmt;

pub use read::Environment;
pub use secrets::{auth_secret, has_token_keys, token_keys};
pub use settings::{
    AuthSettings, DatabaseSettings, LogFormat, LogSettings, Need, Settings, TraktSettings,
};
pub use webhook::WebhookSettings;

/// Everything that is wrong with the settings, a line each.
#[derive(Debug, PartialEq, Eq)]
pub struct WrongSettings(pub Vec<String>);

impl fmt::Display for WrongSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wrong settings:")?;
        self.0.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

impl std::error::Error for WrongSettings {}
