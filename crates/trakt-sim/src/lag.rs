//! Answers that are older than they should be.

use serde::{Deserialize, Serialize};

/// Read-after-write lag: for a while after an account has written something, it reads itself and
/// its library as they were before. With writes in between, as they were before the first of
/// them; the last one counts for how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lag {
    /// Which reads lag: method and path, as in `GET /shows/*/progress/watched`; `*` stands for
    /// any run of characters.
    pub on: String,
    /// For how long after the last write, on the simulator's clock; 0 is not at all.
    pub ms: u64,
}

impl Default for Lag {
    fn default() -> Self {
        Self {
            on: "GET /*".to_owned(),
            ms: 0,
        }
    }
}
