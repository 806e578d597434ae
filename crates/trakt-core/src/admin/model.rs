//! What an operator sees.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::TraktSlug;
use crate::link::{Link, LinkStatus};
use crate::user::Email;

/// A link and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssociationRecord {
    /// The link.
    pub link: Link,
    /// The address of its user.
    pub user_email: Option<Email>,
    /// Since when the row exists.
    pub created_at: DateTime<Utc>,
}

/// How everything stands, at a glance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// How many links there are of each status, those that have any.
    pub links: Vec<(LinkStatus, u64)>,
    /// Active links whose access tokens end soonest, the first first. A refresh gives each a new one
    /// long before that, so what has little time left is in trouble.
    pub expiring: Vec<AssociationRecord>,
    /// Refreshes that should have been begun a while ago, and were not.
    pub overdue: u64,
    /// Writes that Trakt has not answered yet.
    pub waiting: u64,
    /// For how long the oldest of them has waited.
    pub waiting_for: Option<Duration>,
    /// Linked users whose last pull did not read everything.
    pub failed: u64,
    /// Users who are to say whether so many changes are meant.
    pub held: u64,
}

/// What would come of a claim, as far as it is known here: whether Trakt has the account is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreseen {
    /// The user gets the account.
    Associated,
    /// The user gets the account, and the link to this one gives way.
    Replaced(TraktSlug),
    /// It is so already.
    Already,
    /// No user has the address.
    UserNotFound,
    /// Another user has the account.
    AccountTaken,
    /// The user has this other account, which was not to be replaced.
    AlreadyLinked(TraktSlug),
}
