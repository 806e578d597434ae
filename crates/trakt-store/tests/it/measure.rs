//! What the metrics read, and what that costs with a hundred thousand users.

use std::time::Duration;

use trakt_core::link::LinkStatus;
use trakt_core::ports::{MeasureStore as _, Measures};
use trakt_core::token::GateReason;

use crate::scene::{Scene, profile};
