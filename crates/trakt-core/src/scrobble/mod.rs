//! What a user changes here, and what a player reports: kept at once, sent to Trakt in order, and
//! each exactly once.
//!
//! | file | what it decides |
//! |---|---|
//! | `model` | what can be written, and what becomes of it |
//! | `sought` | things as callers name them |
//! | `plan` | what is sent next, what is read back first, and what is not sent at all |
//! | `brake` | how much is too much |
//! | `service` | taking a write |
//! | `push` | sending what waits |

mod brake;
mod error;
mod model;
mod plan;
mod push;
mod service;
mod sought;

pub use brake::{Brake, Pressure};
pub use error::WriteError;
pub use model::{
    Deed, Target, Waiting, Wish, WriteKey, WritePart, WriteRecord, WriteState, Written,
};
pub use plan::{PushPolicy, Step, step};
pub use service::{Known, ScrobbleService};
pub use sought::{Sought, SoughtIds, UnknownSought};
