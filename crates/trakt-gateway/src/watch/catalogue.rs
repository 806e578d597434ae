//! The episodes of a show.

use std::time::Duration;

use trakt_api::endpoints::GetSeasons;
use trakt_api::{Call, Class};
use trakt_core::ports::{TraktCatalogue, TraktFault};
use trakt_core::watch::{Airing, Episode, ShowEpisodes};

use super::convert;
use crate::Gateway;
use crate::convert::text;
use crate::error::fault_of_ours;

/// How long the call may take, a wait for its turn included.
const WITHIN: Duration = Duration::from_secs(30);

impl TraktCatalogue for Gateway {
    fn episodes(&self, show: i64) -> Result<Option<ShowEpisodes>, TraktFault> {
        let call = Call::public().background().within(WITHIN);
        let seasons = GetSeasons { show: show.into() };
        let found = match self.reader.send(&seasons, call) {
            Ok(found) => found,
            Err(error) if error.class() == Some(&Class::NotFound) => return Ok(None),
            Err(error) => return Err(fault_of_ours(error)),
        };
        let mut whole = found.whole();
        let mut episodes = Vec::new();
        for given in found.seasons.into_iter().flat_map(|one| one.episodes.items) {
            let place = (i32::try_from(given.season), i32::try_from(given.number));
            let (Some(ids), (Ok(season), Ok(number))) = (convert::ids(&given.ids), place) else {
                whole = false;
                continue;
            };
            episodes.push(Airing {
                episode: Episode {
                    ids,
                    season,
                    number,
                    title: given.title.as_deref().map(text),
                },
                first_aired: given.first_aired,
            });
        }
        Ok(Some(ShowEpisodes { episodes, whole }))
    }
}
