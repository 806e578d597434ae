#![doc = include_str!("../README.md")]
//!
//! | module | what it decides |
//! |---|---|
//! | [`link`] | starting, polling, completing and ending the link of a user to a Trakt account |
//! | [`token`] | a valid access token for a user, refreshed once a generation; handing back to Trakt the tokens that nobody may use any more |
//! | [`watch`] | what a user watches, held as Trakt has it and read again only where it changed |
//! | [`scrobble`] | what a user changes here and what a player reports, sent to Trakt exactly once |
//! | [`recommend`] | what Trakt recommends, held and kept fresh |
//! | [`choice`] | what a user lets this service do |
//! | [`export`] | everything that is held about a user, for the user |
//! | [`admin`] | what an operator may do to the links of others |
//! | [`user`] | who a caller is |
//! | [`session`] | who is signed in to the pages |
//! | [`webhook`] | what other programs are told of it |
//! | [`audit`] | what is written down about all of it |
//! | [`ports`] | what these rules need from a database and from Trakt |

pub mod admin;
pub mod audit;
pub mod choice;
mod clock;
mod entropy;
pub mod export;
mod ids;
pub mod link;
mod page;
pub mod ports;
pub mod recommend;
pub mod scrobble;
mod secret;
pub mod session;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;
mod trakt;
pub mod user;
pub mod watch;
pub mod webhook;
mod words;

pub use clock::{Clock, Deadline, SystemClock};
pub use entropy::{Entropy, SystemEntropy};
pub use ids::{
    AttemptId, DeliveryId, FlowId, LinkId, PullId, PushId, RevocationId, SendId, UserId, WebhookId,
    WriteId,
};
pub use page::{Page, PageRequest};
pub use ports::PortError;
pub use secret::{
    AccessToken, DeviceCode, FlowHandle, FlowKey, Password, RefreshToken, SessionKey, SessionToken,
    WebhookUrl,
};
pub use trakt::{InvalidSlug, TraktIdentity, TraktProfile, TraktSlug, TraktUuid};
