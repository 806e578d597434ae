use std::time::Duration;

use trakt_core::{Entropy, SystemEntropy};

/// Chances that a seed gives again (SplitMix64).
pub struct Dice(u64);

impl Dice {
    pub fn any_seed() -> u64 {
        let mut bytes = [0; 4];
        SystemEntropy.fill(&mut bytes);
        u32::from_le_bytes(bytes).into()
    }

    /// The chances of one run of a proof.
    pub fn of(seed: u64, run: usize) -> Self {
        Self(seed.wrapping_mul(1_000_003).wrapping_add(run as u64))
    }

    /// 0 to `below`, without it.
    pub fn below(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % below
    }

    pub fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    /// A moment within the next `milliseconds`.
    pub fn within(&mut self, milliseconds: u64) -> Duration {
        Duration::from_micros(self.below(milliseconds * 1000))
    }
}
