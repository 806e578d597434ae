#![doc = include_str!("../README.md")]
//!
//! # Where things are
//!
//! | module | what is in it |
//! |---|---|
//! | `sim` | the handle a test holds: start, control, stop |
//! | `world` | the state of the simulated Trakt and what may be done to it; no HTTP |
//! | `oauth`, `users` | Trakt's endpoints, one folder for each area of its protocol |
//! | `page` | where a person approves or denies a code |
//! | `control` | the control interface as HTTP |
//! | `server` | connections, scripted faults, the log of requests |
//! | `clock`, `entropy` | the only readers of the machine's clock and randomness |

mod account;
mod catalogue;
mod clock;
mod config;
mod control;
mod dice;
mod entropy;
mod generator;
mod library;
mod oauth;
mod page;
mod server;
mod sim;
mod time;
mod users;
mod world;

pub use account::Account;
pub use config::{Config, Generated, Rotation};
pub use library::Action;
pub use sim::Sim;
pub use world::{
    CodeState, ControlError, DeviceCode, Fault, MediaType, NewPlay, Play, Request, ScriptedFault,
    TokenPair, TokenState, WatchedItem,
};
