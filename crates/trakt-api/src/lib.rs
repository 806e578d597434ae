#![doc = include_str!("../README.md")]

mod base_url;
pub mod budget;
mod call;
mod client;
mod endpoint;
pub mod endpoints;
mod error;
mod headers;
mod pages;
mod secret;
mod transport;
mod wire;

pub use base_url::{BaseUrl, InvalidUrl};
pub use call::{Call, Urgency};
pub use client::{Client, Config, DeviceToken};
pub use endpoint::{Auth, Endpoint, Host, Method, Paged};
pub use error::{Class, Edge, Error, Fault, Outcome, Refusal};
pub use headers::RateLimit;
pub use pages::{Coverage, Gap, Incomplete, Page, Pages};
pub use secret::{AccessToken, ClientSecret, DeviceCode, RefreshToken};
pub use transport::{RawReply, RawRequest, Transport, TransportError, UreqTransport};
pub use url::Url;
pub use wire::{BadItem, DeviceCodeGrant, Ids, Items, Profile, Settings, SettingsUser, TokenGrant};
