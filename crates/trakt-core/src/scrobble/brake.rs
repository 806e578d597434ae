//! How much is too much.

use super::WritePart;

/// Stops changes that are too many to be meant: a program gone wild at either end.
#[derive(Clone, Copy, Debug)]
pub struct Brake;

impl Brake {
    /// So many items are never too many.
    pub const ITEMS: u64 = 50;
    /// In percent of what is held: more than this is too much.
    pub const SHARE: u64 = 20;
    /// How many writes a user may make in a day. Trakt has locked accounts after hundreds of
    /// thousands of plays; no person comes near to this.
    pub const DAILY: u32 = 2000;

    /// Whether `changes` are too many for a list of `held` items.
    #[must_use]
    pub fn holds(changes: u64, held: u64) -> bool {
        changes > Self::ITEMS && changes.saturating_mul(100) > held.saturating_mul(Self::SHARE)
    }
}

/// What a user's writes of a day would change in one part. What players report does not count: it
/// happens one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pressure {
    /// Which part.
    pub part: WritePart,
    /// How much they add or change.
    pub adds: u64,
    /// How much they remove.
    pub removes: u64,
    /// How much of it Trakt has.
    pub held: u64,
}

impl Pressure {
    /// Whether that is too much.
    #[must_use]
    pub fn is_mass(&self) -> bool {
        Brake::holds(self.adds, self.held) || Brake::holds(self.removes, self.held)
    }
}
