//! What can be wrong with the trail, in words.

use std::fmt;

use uuid::Uuid;

/// Something that is wrong with the trail, and where. Its text is one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditProblem {
    /// In which chain.
    pub shard: Option<i16>,
    /// At which place of it.
    pub seq: Option<i64>,
    /// Which entry.
    pub entry: Option<i64>,
    /// What.
    pub fault: AuditFault,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditFault {
    /// The mac does not fit the entry in this place.
    Altered,
    /// The entry of a link is gone.
    Removed,
    /// Links are gone, up to before this place.
    Gap(i64),
    /// The chain ends here, before its head or before what was exported.
    CutOff(i64),
    /// The chain goes on to here, after its head.
    HeadBehind(i64),
    /// The head of a chain is gone.
    HeadGone,
    /// The head is not that of the last link.
    HeadDiffers,
    /// It was something else when the heads were exported.
    Rewritten,
    /// The mark up to which retention removed entries has no valid signature.
    CheckpointForged,
    /// Retention was told to remove entries up to here without a check: no problem, but what they were
    /// nobody can tell.
    RemovedUnchecked,
    /// The link stands where no link can be: before the beginning of the chain.
    Stray,
    /// The entry has no place in a chain.
    NotInChain,
    /// Written with this key, which is gone or does not open: up to this place, this many cannot be
    /// checked.
    KeyGone(Uuid, i64, u64),
}

impl fmt::Display for AuditProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("shard", self.shard.map(i64::from)),
            ("seq", self.seq),
            ("entry", self.entry),
        ];
        let mut between = "";
        for (name, value) in parts {
            if let Some(value) = value {
                write!(f, "{between}{name} {value}")?;
                between = " ";
            }
        }
        write!(f, ": {}", self.fault)
    }
}

impl fmt::Display for AuditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered => f.write_str("altered: edited, or swapped with another"),
            Self::Removed => f.write_str("removed: its entry is gone"),
            Self::Gap(next) => write!(
                f,
                "removed: the chain goes on at seq {next}, which cannot be checked"
            ),
            Self::CutOff(last) => write!(f, "cut off: the chain ends at seq {last}"),
            Self::HeadBehind(last) => {
                write!(f, "the head was set back: the chain goes on to seq {last}")
            }
            Self::HeadGone => f.write_str("the head of the chain is gone"),
            Self::HeadDiffers => f.write_str("the head is not that of the last entry"),
            Self::Rewritten => {
                f.write_str("rewritten: it is not what it was when the heads were exported")
            }
            Self::CheckpointForged => {
                f.write_str("the mark of retention is not valid, or its key is gone")
            }
            Self::RemovedUnchecked => f.write_str(
                "note: what was before was removed by `audit prune --unchecked`, at least in part",
            ),
            Self::Stray => f.write_str("forged: it stands before the beginning of the chain"),
            Self::NotInChain => f.write_str("not in the chain"),
            Self::KeyGone(key, last, count) => write!(
                f,
                "cannot be checked up to seq {last}: {count} entries of the key {key}, which is gone"
            ),
        }
    }
}
