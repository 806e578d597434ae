//! Which thing a caller means.

use std::time::{Duration, Instant};

use trakt_api::endpoints::{GetEpisode, GetMovie, GetShow, SearchById};
use trakt_api::{Call, Class, Client, Error, IdType, Kind, Media, Outcome, PathId};
use trakt_core::ports::TraktFault;
use trakt_core::scrobble::{Sought, SoughtIds};
use trakt_core::watch::{Item, ItemKind};

use crate::error::fault_of_ours;
use crate::watch::convert;

pub fn look_up(
    client: &Client,
    sought: &Sought,
    within: Duration,
) -> Result<Option<Item>, TraktFault> {
    let start = Instant::now();
    // All calls together take no longer.
    let call = || Call::public().within(within.saturating_sub(start.elapsed()));
    match sought {
        Sought::Own { kind, ids } => Ok(own(client, call, *kind, ids)?.and_then(convert::item)),
        Sought::EpisodeOf {
            show,
            season,
            number,
        } => {
            let Some(Media::Show(show)) = own(client, call, ItemKind::Show, show)? else {
                return Ok(None);
            };
            let place = (u32::try_from(*season), u32::try_from(*number));
            let (Some(id), (Ok(season), Ok(number))) = (show.ids.in_path(), place) else {
                return Ok(None);
            };
            let episode = GetEpisode {
                show: id,
                season,
                number,
                extended: None,
            };
            let episode = found(client.send(&episode, call()))?;
            Ok(episode.and_then(|episode| {
                convert::item(Media::Episode {
                    episode: Box::new(episode),
                    show: Some(show.clone()),
                })
            }))
        }
    }
}

/// The thing that one of the ids names, the most trusted first.
fn own<'a>(
    client: &Client,
    call: impl Fn() -> Call<'a>,
    kind: ItemKind,
    ids: &SoughtIds,
) -> Result<Option<Media>, TraktFault> {
    let numbers = [
        (IdType::Trakt, ids.trakt.map(|id| id.to_string())),
        (IdType::Imdb, ids.imdb.clone()),
        (IdType::Tmdb, ids.tmdb.map(|id| id.to_string())),
        (IdType::Tvdb, ids.tvdb.map(|id| id.to_string())),
    ];
    for (id_type, id) in numbers {
        let Some(id) = id else { continue };
        let search = SearchById {
            id_type,
            id: &id,
            kinds: &[word(kind)],
            extended: None,
        };
        let found = found(client.send(&search, call()))?;
        let results = found.into_iter().flat_map(|found| found.items);
        let mut media = results.map(|result| result.media);
        if let Some(media) = media.find(|media| media.kind() == word(kind)) {
            return Ok(Some(media));
        }
    }
    let Some(slug) = &ids.slug else {
        return Ok(None);
    };
    let id = PathId::from(slug.as_str());
    Ok(match kind {
        ItemKind::Movie => {
            let movie = GetMovie {
                movie: id,
                extended: None,
            };
            found(client.send(&movie, call()))?.map(|movie| Media::Movie(Box::new(movie)))
        }
        ItemKind::Show => {
            let show = GetShow {
                show: id,
                extended: None,
            };
            found(client.send(&show, call()))?.map(|show| Media::Show(Box::new(show)))
        }
        _ => None,
    })
}

fn word(kind: ItemKind) -> Kind {
    match kind {
        ItemKind::Movie => Kind::Movie,
        ItemKind::Season => Kind::Season,
        ItemKind::Episode => Kind::Episode,
        _ => Kind::Show,
    }
}

/// 404 is an answer, and so is that Trakt makes nothing of the id: asked again it would say the same,
/// and the write would wait for ever with all that come after it.
fn found<T>(answer: Result<T, Error>) -> Result<Option<T>, TraktFault> {
    let error = match answer {
        Ok(found) => return Ok(Some(found)),
        Err(error) => error,
    };
    match error.class() {
        Some(Class::NotFound | Class::Unprocessable) => Ok(None),
        Some(Class::Other) if error.outcome() == Outcome::Refused => Ok(None),
        _ => Err(fault_of_ours(error)),
    }
}
