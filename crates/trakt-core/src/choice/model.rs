//! The switches.

use crate::words::words;

words! {
    /// What can be switched off.
    Switch {
        /// Reading at Trakt what the user watches.
        Pull = "pull",
        /// Writing there what the user does here.
        Push = "push",
        /// Asking Trakt what it recommends.
        Recommendations = "recommendations",
    }
}

/// How a user's switches stand. Everything is on until the user says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choices {
    /// See [`Switch::Pull`].
    pub pull: bool,
    /// See [`Switch::Push`].
    pub push: bool,
    /// See [`Switch::Recommendations`].
    pub recommendations: bool,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            pull: true,
            push: true,
            recommendations: true,
        }
    }
}

impl Choices {
    /// Whether this is on.
    #[must_use]
    pub fn on(self, switch: Switch) -> bool {
        match switch {
            Switch::Pull => self.pull,
            Switch::Push => self.push,
            Switch::Recommendations => self.recommendations,
        }
    }

    /// What differs from how they stood before, in the words of the audit trail.
    #[must_use]
    pub fn changed_from(self, before: Self) -> Vec<&'static str> {
        let changed = Switch::ALL.iter().copied();
        let changed = changed.filter(|switch| self.on(*switch) != before.on(*switch));
        changed
            .map(|switch| match (switch, self.on(switch)) {
                (Switch::Pull, true) => "pull_on",
                (Switch::Pull, false) => "pull_off",
                (Switch::Push, true) => "push_on",
                (Switch::Push, false) => "push_off",
                (Switch::Recommendations, true) => "recommendations_on",
                (Switch::Recommendations, false) => "recommendations_off",
            })
            .collect()
    }
}
