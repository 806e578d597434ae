//! The switches of users, as a store.

use crate::audit::AuditStamp;
use crate::choice::Choices;
use crate::{PortError, UserId};

/// What users let this service do.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait ChoiceStore: Send + Sync {
    /// How the switches of a user stand: all on where the user never said anything.
    fn choices(&self, user: UserId) -> Result<Choices, PortError>;

    /// Changes those that are given, and tells how all stand then; `None` where the user is gone.
    /// Writes `settings_changed` for each that stands otherwise than before.
    ///
    /// With pull switched off the lease of a pull that is under way ends, and nobody is due; with
    /// pull switched on again the user is due at once if the link is active.
    fn change_choices(&self, cmd: &ChangeChoices) -> Result<Option<Choices>, PortError>;
}

/// See [`ChoiceStore::change_choices`].
#[derive(Clone, Debug)]
pub struct ChangeChoices {
    /// Whose.
    pub user: UserId,
    /// `None`: stays as it is.
    pub pull: Option<bool>,
    /// `None`: stays as it is.
    pub push: Option<bool>,
    /// `None`: stays as it is.
    pub recommendations: Option<bool>,
    /// Who and from where.
    pub stamp: AuditStamp,
}

impl ChangeChoices {
    /// How all stand after it.
    #[must_use]
    pub fn over(&self, before: Choices) -> Choices {
        Choices {
            pull: self.pull.unwrap_or(before.pull),
            push: self.push.unwrap_or(before.push),
            recommendations: self.recommendations.unwrap_or(before.recommendations),
        }
    }
}
