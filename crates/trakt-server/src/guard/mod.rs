//! Who calls. The middleware [`identify`] checks the bearer token (of the pages, [`identify_page`]
//! the session of the browser) before anything else happens,
//! so that limits can count by user; what a handler takes as an argument ([`Bearer`],
//! [`Member`], [`Admin`]) proves that the check was passed. [`record`] writes refusals down.

mod caller;
mod identify;
mod peer;
mod record;

pub use caller::{Admin, Bearer, Caller, Member, Named};
pub use identify::{identify, identify_page};
pub use peer::{TrustedProxies, peer_address};
pub use record::record;
