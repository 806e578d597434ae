//! Replies against the contract.
