//! What an operator sees.

use chrono::{DateTime, Utc};

use crate::link::Link;
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
