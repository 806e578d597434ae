//! Connections: who gets one, what it may take its time for, and how all of them end.
//!
//! actix speaks HTTP/1.1 on them; what it leaves open is closed here, on the level of bytes. Its
//! time for a head counts for the first request of a connection alone, it waits for ever for a
//! client that takes nothing of its answer, and where a server stops, it drops whoever has
//! connected and was not served yet.

mod attend;
mod line;
mod newcomers;
mod room;
mod workers;

pub use self::attend::attend;
pub use self::room::{Phase, Room};
pub use self::workers::Workers;

use std::time::Duration;

/// How long a client may take for the head of a request: from connecting on, and for each further
/// request from its first byte on.
pub const HEAD: Duration = Duration::from_secs(5);
/// How long a body may take. What reads bodies holds it (`http/input`).
pub const BODY: Duration = Duration::from_secs(10);
/// How long a client may take for what is written to it: for each 32 KiB of a stream, or the whole of
/// another answer.
pub const WRITE: Duration = Duration::from_secs(30);
/// How long a connection may say nothing between two requests. The common proxies keep theirs for
/// up to 60 s, and it is they who must end it, or a request may meet its end.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// The same while few places are left.
pub const KEEP_ALIVE_CROWDED: Duration = Duration::from_secs(5);
/// How long a connection lasts that is at its end: its first request may be on the way, when nobody may
/// connect any more, or the answer to its last one.
const GRACE: Duration = Duration::from_secs(1);
