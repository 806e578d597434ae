//! What a player does (Trakt's contract, `/scrobble`).

use serde_json::Value;

use super::{json, segments};
use crate::{Auth, Endpoint, Method, Percent, Playing, Scrobbled};

#[derive(serde::Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    playing: &'a Playing,
    progress: Percent,
}

/// `POST /scrobble/start`: a player began, or goes on. "Watching" ends by itself with the rest of
/// the runtime: it is not to be sent again and again.
#[derive(Clone, Copy, Debug)]
pub struct ScrobbleStart<'a> {
    /// What is in the player.
    pub playing: &'a Playing,
    /// How far it is.
    pub progress: Percent,
}

impl Endpoint for ScrobbleStart<'_> {
    type Reply = Scrobbled;
    const METHOD: Method = Method::Post;
    const AUTH: Auth = Auth::User;

    fn path(&self) -> Vec<String> {
        segments(["scrobble", "start"])
    }

    fn body(&self) -> Option<Value> {
        let (playing, progress) = (self.playing, self.progress);
        json(&Body { playing, progress })
    }
}

/// `POST /scrobble/pause`: a player paused: its progress is kept. For whoever counts a thing as
/// watched later than at 80 %, also the way to stop before that.
#[derive(Clone, Copy, Debug)]
pub struct ScrobblePause<'a> {
    /// What is in the player.
    pub playing: &'a Playing,
    /// How far it is.
    pub progress: Percent,
}

impl Endpoint for ScrobblePause<'_> {
    type Reply = Scrobbled;
    const METHOD: Method = Method::Post;
    const AUTH: Auth = Auth::User;

    fn path(&self) -> Vec<String> {
        segments(["scrobble", "pause"])
    }

    fn body(&self) -> Option<Value> {
        let (playing, progress) = (self.playing, self.progress);
        json(&Body { playing, progress })
    }
}

/// `POST /scrobble/stop`: a player stopped. From 80 % on it counts as watched, from 1 % on the
/// progress is kept, below that Trakt answers 422. 409 means that it was counted moments ago: all is
/// well ([`Class::Conflict`](crate::Class::Conflict)).
///
/// ```no_run
/// # use trakt_api::{AccessToken, Call, Client};
/// use trakt_api::endpoints::ScrobbleStop;
/// use trakt_api::{Class, Ids, Percent, Playing};
/// # fn example(client: &Client, token: &AccessToken) -> Result<(), trakt_api::Error> {
/// let playing = &Playing::Movie(Ids::imdb("tt0372784").into());
/// # let Some(progress) = Percent::new(97.5) else { return Ok(()) };
/// match client.send(&ScrobbleStop { playing, progress }, Call::of(token)) {
///     Ok(done) if done.is_watched() => println!("play {} is in the history", done.id),
///     Ok(_) => println!("its progress is kept"),
///     Err(error) if matches!(error.class(), Some(Class::Conflict { .. })) => println!("it was there"),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ScrobbleStop<'a> {
    /// What is in the player.
    pub playing: &'a Playing,
    /// How far it is.
    pub progress: Percent,
}

impl Endpoint for ScrobbleStop<'_> {
    type Reply = Scrobbled;
    const METHOD: Method = Method::Post;
    const AUTH: Auth = Auth::User;

    fn path(&self) -> Vec<String> {
        segments(["scrobble", "stop"])
    }

    fn body(&self) -> Option<Value> {
        let (playing, progress) = (self.playing, self.progress);
        json(&Body { playing, progress })
    }
}
