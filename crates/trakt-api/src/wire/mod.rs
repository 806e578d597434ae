//! Trakt's JSON, a file for each area, read leniently: what we do not know is passed over, what
//! may be absent may be null too. Nothing here says what it means to a program.

mod items;
mod token;
mod user;

use serde::{Deserialize, Deserializer};

pub use items::{BadItem, Items};
pub use token::{DeviceCodeGrant, TokenGrant};
pub use user::{Ids, Profile, Settings, SettingsUser};

/// Reads `null` as the default, as `#[serde(default)]` reads what is absent.
fn nullable<'de, T, D>(from: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(from)?.unwrap_or_default())
}
