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
        within: Duration,
    ) -> Result<Vec<Item>, TraktFault> {
        let token = trakt_api::AccessToken::from(token.expose().to_owned());
        let user = user.to_string();
        let call = Call::of(&token).user(&user).within(within);
        let media: Vec<Media> = match kind {
            ItemKind::Movie => {
                let movies = GetRecommendedMovies { wanted: WANTED };
                let found = self.reader.send(&movies, call).map_err(fault)?;
                let movies = found.items.into_iter();
                movies.map(|movie| Media::Movie(Box::new(movie))).collect()
            }
            _ => {
                let shows = GetRecommendedShows { wanted: WANTED };
                let found = self.reader.send(&shows, call).map_err(fault)?;
                let shows = found.items.into_iter();
                shows.map(|show| Media::Show(Box::new(show))).collect()
            }
        };
        Ok(media.into_iter().filter_map(item).collect())
    }
}
