//! The applications that are registered at the simulated Trakt.

use std::fmt;

/// An application besides that of [`Config::client_id`](crate::Config::client_id).
#[derive(Clone, PartialEq, Eq)]
pub struct Application {
    /// Its id: accepted in bodies and as `trakt-api-key`.
    pub client_id: String,
    /// Its secret. Without one it sends none, and its authorization codes need PKCE
    /// (RFC 9700, section 2.1.1).
    pub client_secret: Option<String>,
    /// Where a person may be sent back to, compared as they are written here.
    pub redirect_uris: Vec<String>,
}

/// Without the secret.
impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Application")
            .field("client_id", &self.client_id)
            .field("redirect_uris", &self.redirect_uris)
            .finish_non_exhaustive()
    }
}
