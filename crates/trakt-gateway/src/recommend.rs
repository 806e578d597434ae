//! What Trakt recommends.

use std::time::Duration;

use trakt_api::endpoints::{GetRecommendedMovies, GetRecommendedShows, Wanted};
use trakt_api::{Call, Media};
use trakt_core::ports::{TraktFault, TraktRecommend};
use trakt_core::watch::{Item, ItemKind};
use trakt_core::{AccessToken, UserId};

use crate::Gateway;
use crate::error::fault;
use crate::watch::convert::item;

/// How long a call may take that nobody waits for, a wait for its turn included.
const WITHIN: Duration = Duration::from_secs(15);
/// All there are: Trakt has no pages of them.
const WANTED: Wanted = Wanted {
    limit: 100,
    ignore_collected: false,
    ignore_watchlisted: false,
    ignore_watched: true,
    extended: None,
};

impl TraktRecommend for Gateway {
    fn recommended(
        &self,
        user: UserId,
        token: &AccessToken,
        kind: ItemKind,
        patience: Option<Duration>,
    ) -> Result<Vec<Item>, TraktFault> {
        let token = trakt_api::AccessToken::from(token.expose().to_owned());
        let user = user.to_string();
        let call = Call::of(&token).user(&user);
        let call = match patience {
            Some(patience) => call.within(patience),
            None => call.background().within(WITHIN),
        };
        let (sent, media): (usize, Vec<Media>) = match kind {
            ItemKind::Movie => {
                let movies = GetRecommendedMovies { wanted: WANTED };
                let found = self.reader.send(&movies, call).map_err(fault)?;
                let sent = found.sent();
                let movies = found.items.into_iter();
                let movies = movies.map(|movie| Media::Movie(Box::new(movie)));
                (sent, movies.collect())
            }
            _ => {
                let shows = GetRecommendedShows { wanted: WANTED };
                let found = self.reader.send(&shows, call).map_err(fault)?;
                let sent = found.sent();
                let shows = found.items.into_iter();
                let shows = shows.map(|show| Media::Show(Box::new(show)));
                (sent, shows.collect())
            }
        };
        let items: Vec<Item> = media.into_iter().filter_map(item).collect();
        // It is no answer, and must not take the place of the list that is held.
        if items.is_empty() && sent > 0 {
            return Err(TraktFault::Unavailable {
                detail: format!("none of {sent} recommendations can be read"),
                retry_after: None,
            });
        }
        Ok(items)
    }
}
