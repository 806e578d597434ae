//! Check-ins: what the user watches somewhere else (Trakt's contract, `/checkin`).

use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{json, segments};
use crate::{Auth, CheckedIn, Endpoint, Method, Playing};

/// `POST /checkin`: the user watches it now; it counts as watched when its runtime is over. 409
/// where a check-in is under way ([`Class::Conflict`](crate::Class::Conflict)).
///
/// ```no_run
/// # use trakt_api::{AccessToken, Call, Client};
/// use trakt_api::endpoints::Checkin;
/// use trakt_api::{Ids, Playing};
/// # fn example(client: &Client, token: &AccessToken) -> Result<(), trakt_api::Error> {
/// let playing = &Playing::EpisodeOf { show: Ids::trakt(1390).into(), season: 1, number: 1 };
/// let done = client.send(&Checkin { playing, message: None }, Call::of(token))?;
/// println!("watched at {:?}", done.watched_at);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Checkin<'a> {
    /// What.
    pub playing: &'a Playing,
    /// What the user's followers read.
    pub message: Option<&'a str>,
}

impl Endpoint for Checkin<'_> {
    type Reply = CheckedIn;
    const METHOD: Method = Method::Post;
    const AUTH: Auth = Auth::User;

    fn path(&self) -> Vec<String> {
        segments(["checkin"])
    }

    fn body(&self) -> Option<Value> {
        #[derive(Serialize)]
        struct Body<'a> {
            #[serde(flatten)]
            playing: &'a Playing,
            #[serde(skip_serializing_if = "Option::is_none")]
            message: Option<&'a str>,
        }
        let (playing, message) = (self.playing, self.message);
        json(&Body { playing, message })
    }
}

/// `DELETE /checkin`: ends the check-in that is under way, if there is one.
#[derive(Clone, Copy, Debug)]
pub struct RemoveCheckin;

impl Endpoint for RemoveCheckin {
    type Reply = IgnoredAny;
    const METHOD: Method = Method::Delete;
    const AUTH: Auth = Auth::User;

    fn path(&self) -> Vec<String> {
        segments(["checkin"])
    }
}
