//! How much may be spent.

use std::time::Duration;

/// So many calls in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many; 0 counts as 1.
    pub calls: u32,
    /// In any stretch of this length.
    pub within: Duration,
}

/// How much may be spent. [`Self::default`] is what Trakt's guide "Rate Limiting" states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// GET of one user: 500 in 5 minutes.
    pub user_reads: Rate,
    /// From the answer of a user's write to the next write: a second. Counted from the answer, as
    /// only then it is certain that the write had reached Trakt.
    pub between_writes: Duration,
    /// GET without a token: 500 in 5 minutes.
    pub application_reads: Rate,
    /// All calls together, whosever they are. Trakt states none; a server that calls for many
    /// users should have one, as the edge shuts out an address that calls too much.
    pub global: Option<Rate>,
    /// How much of a [`Rate`] the background leaves to the foreground, in percent: 20.
    pub reserve: u8,
}

impl Default for Limits {
    fn default() -> Self {
        let gets = Rate {
            calls: 500,
            within: Duration::from_secs(300),
        };
        Self {
            user_reads: gets,
            between_writes: Duration::from_secs(1),
            application_reads: gets,
            global: None,
            reserve: 20,
        }
    }
}
