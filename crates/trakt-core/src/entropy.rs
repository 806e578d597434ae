//! Randomness as a port. Nothing else in the workspace draws random bytes for a rule.

/// A source of bytes that nobody can predict.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    /// # Panics
    /// When the operating system has no randomness to give: going on would make guessable keys.
    #[expect(clippy::disallowed_methods, reason = "this is the port")]
    #[expect(
        clippy::expect_used,
        reason = "without randomness nothing here is safe"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives no randomness");
    }
}
