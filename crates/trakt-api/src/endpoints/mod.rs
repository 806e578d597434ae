//! The calls themselves, a file for each area of Trakt's contract.

mod device;
mod token;
mod user;

pub use device::{GetDeviceCode, PollDeviceToken};
pub use token::{RefreshTokens, RevokeToken};
pub use user::{GetProfile, GetSettings};
