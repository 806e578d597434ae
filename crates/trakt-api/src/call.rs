//! How one call is to be made: with whose token, how urgently, and for how long at the most.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::{AccessToken, Config};

/// How a call is to be made. What the endpoint is says the rest.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    pub(crate) token: Option<&'a AccessToken>,
    pub(crate) user: Option<&'a str>,
    pub(crate) urgency: Urgency,
    pub(crate) within: Duration,
}

/// Who waits for an answer. Where calls are budgeted, the foreground goes before the background.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// A person.
    #[default]
    Foreground,
    /// A worker.
    Background,
}

impl<'a> Call<'a> {
    /// A fair time for one call as a whole.
    pub const WITHIN: Duration = Duration::from_secs(10);

    /// A call of the application alone.
    #[must_use]
    pub fn public() -> Self {
        Self {
            token: None,
            user: None,
            urgency: Urgency::Foreground,
            within: Self::WITHIN,
        }
    }

    /// A call of a user's.
    #[must_use]
    pub fn of(token: &'a AccessToken) -> Self {
        Self {
            token: Some(token),
            ..Self::public()
        }
    }

    /// Names the user whose budget it spends, by a key that outlives the token: the account's
    /// `uuid`, or one's own. Without it the token stands for the user.
    #[must_use]
    pub fn user(self, key: &'a str) -> Self {
        Self {
            user: Some(key),
            ..self
        }
    }

    /// Nobody waits for it.
    #[must_use]
    pub fn background(self) -> Self {
        Self {
            urgency: Urgency::Background,
            ..self
        }
    }

    /// How long it may take as a whole, a wait for its budget included: a day at the most.
    #[must_use]
    pub fn within(self, within: Duration) -> Self {
        const DAY: Duration = Duration::from_secs(86_400);
        Self {
            within: within.min(DAY),
            ..self
        }
    }

    /// Under what name the user's budget is kept. A token is hashed with a key, as a budget may
    /// keep its names where others can read them; the same application gets the same name in each
    /// of its processes.
    pub(crate) fn user_key(&self, token: &AccessToken, config: &Config) -> Cow<'a, str> {
        if let Some(user) = self.user {
            return Cow::Borrowed(user);
        }
        let secret = config.client_secret.as_ref();
        let key = secret.map_or(config.client_id.as_str(), |secret| secret.expose());
        let digest = Sha256::new()
            .chain_update(key.len().to_le_bytes())
            .chain_update(key)
            .chain_update(token.expose())
            .finalize();
        let mut name = "token:".to_owned();
        for byte in digest.iter().take(16) {
            let _ = write!(name, "{byte:02x}");
        }
        Cow::Owned(name)
    }
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("signed_in", &self.token.is_some())
            .field("urgency", &self.urgency)
            .field("within", &self.within)
            .finish_non_exhaustive()
    }
}
