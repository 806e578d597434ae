//! Users and their settings.

use super::segments;
use crate::{Auth, Endpoint, Method, Profile, Settings, Stats};

/// `GET /users/settings`: whose token it is, and what that user has set.
///
/// ```no_run
/// # use trakt_api::{AccessToken, Call, Client};
/// use trakt_api::endpoints::GetSettings;
/// # fn example(client: &Client, token: &AccessToken) -> Result<(), trakt_api::Error> {
/// let settings = client.send(&GetSettings, Call::of(token))?;
/// println!("{:?} keeps {:?}", settings.user.ids.uuid, settings.limits.watchlist.item_count);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct GetSettings;

impl Endpoint for GetSettings {
    type Reply = Settings;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::User;

    fn path(&self) -> Vec<String> {
        segments(["users", "settings"])
    }
}

/// `GET /users/{slug}`: the public profile.
#[derive(Clone, Copy, Debug)]
pub struct GetProfile<'a> {
    /// Whose.
    pub slug: &'a str,
}

impl Endpoint for GetProfile<'_> {
    type Reply = Profile;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::Optional;

    fn path(&self) -> Vec<String> {
        segments(["users", self.slug])
    }
}

/// `GET /users/{slug}/stats`: how much a user has watched, collected and rated. Of a private user
/// only with a token of theirs or of a follower's.
#[derive(Clone, Copy, Debug)]
pub struct GetStats<'a> {
    /// Whose; `me` is the user of the token.
    pub slug: &'a str,
}

impl Endpoint for GetStats<'_> {
    type Reply = Stats;
    const METHOD: Method = Method::Get;
    const AUTH: Auth = Auth::Optional;

    fn path(&self) -> Vec<String> {
        segments(["users", self.slug, "stats"])
    }
}
