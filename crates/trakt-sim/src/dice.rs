//! Choices that are the same in every run: what the catalogue and the generator are made with.

use crate::entropy::split_mix;

/// A sequence of choices that its seed decides.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    /// `salt` tells sequences of one seed apart.
    pub(crate) fn new(seed: u64, salt: u64) -> Self {
        let mut state = seed;
        let seed = split_mix(&mut state);
        let mut state = seed ^ salt.wrapping_mul(0xd6e8_feb8_6659_fd93);
        Self(split_mix(&mut state))
    }

    pub(crate) fn next(&mut self) -> u64 {
        split_mix(&mut self.0)
    }

    /// One of `0..n`; 0 for an `n` of 0. As even as anybody can see.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        u64::try_from((u128::from(self.next()) * u128::from(n)) >> 64).unwrap_or(0)
    }

    /// One of `low..=high`.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// One of `0..n` where the small ones come more often.
    pub(crate) fn skewed(&mut self, n: u64) -> u64 {
        let one = self.below(n);
        let other = self.below(n);
        one.min(other)
    }

    /// True in `percent` of a hundred throws.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of `from`, which must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(from.len() as u64)).unwrap_or(0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_a_salt_decide_everything() {
        let throws = |seed, salt| {
            let mut dice = Dice::new(seed, salt);
            (0..100).map(|_| dice.below(6)).collect::<Vec<_>>()
        };
        assert_eq!(throws(1, 2), throws(1, 2));
        assert_ne!(throws(1, 2), throws(2, 1));
        assert!(throws(3, 3).iter().all(|n| *n < 6));
        assert!((0..6).all(|n| throws(3, 3).contains(&n)));
    }
}
