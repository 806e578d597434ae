#![doc = include_str!("../README.md")]
//!
//! # Where things are
//!
//! | module | what is in it |
//! |---|---|
//! | `sim` | the handle a test holds: start, control, stop |
//! | `world` | the state of the simulated Trakt and what may be done to it; no HTTP |
//! | `catalogue` | what there is to watch |
//! | `library` | what one account has watched, rated, listed and hidden |
//! | `generator` | accounts as they are found at Trakt, from a seed |
//! | `oauth`, `users`, `sync`, `scrobble`, `discover` | Trakt's endpoints, one folder for each area of its protocol |
//! | `call`, `paging`, `input` | what the endpoints of the media share: who calls, pages, items in bodies |
//! | `page` | where a person approves or denies a code or an application |
//! | `control` | the control interface as HTTP |
//! | `server` | connections, scripted faults, the log of requests |
//! | `clock`, `entropy` | the only readers of the machine's clock and randomness |
//! | `dice`, `time` | choices that a seed decides; times as Trakt writes them |

mod account;
mod application;
mod call;
mod catalogue;
mod clock;
mod config;
mod control;
mod dice;
mod discover;
mod entropy;
mod generator;
mod input;
mod lag;
mod library;
mod limits;
mod oauth;
mod page;
mod paging;
mod rate_limits;
mod scrobble;
mod server;
mod settings;
mod sim;
mod sync;
mod time;
mod users;
mod world;

pub use account::{Account, AccountChange};
pub use application::Application;
pub use config::{Config, Generated, Rotation};
pub use lag::Lag;
pub use library::Action;
pub use limits::{ItemLimit, Limits, ListLimit};
pub use rate_limits::{RateLimit, RateLimits};
pub use settings::Settings;
pub use sim::Sim;
pub use world::{
    AuthorizationCode, CodeState, ControlError, Count, DeviceCode, Fault, MediaType, NewPlay, Play,
    Request, ScriptedFault, TokenPair, TokenState, WatchedItem,
};
