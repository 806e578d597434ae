//! `GET /sync/watched/{movies|shows|episodes}`: what was watched, derived from the plays.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::call::{Params, Signed, not_found};
use crate::catalogue::{Catalogue, Detail, Item, Kind};
use crate::library::{Count, Media, Play, Watched};
use crate::paging::{PROGRESS, Page, USUAL};
use crate::time::iso;
use crate::world::Shared;

pub(super) async fn watched(
    State(sim): State<Shared>,
    Path(kind): Path<String>,
    signed: Signed,
) -> Response {
    let mut world = sim.world();
    let media = world.media(signed.account);
    match (Kind::named(&kind), signed.params.extended("min")) {
        (Some(kind @ (Kind::Movie | Kind::Show | Kind::Episode)), true) => {
            times(&media, &signed.params, kind)
        }
        (Some(kind @ (Kind::Movie | Kind::Show)), false) => list(media, &signed.params, kind),
        _ => not_found(),
    }
}

/// The one watched last first.
fn list(media: Media<'_>, params: &Params, kind: Kind) -> Response {
    let Media {
        catalogue,
        library,
        now,
        ..
    } = media;
    let progress = kind == Kind::Show && params.extended("progress");
    let page = Page::asked(params, if progress { PROGRESS } else { USUAL });
    let watched = library.watched(catalogue).clone();
    let counts = match kind {
        Kind::Movie => &watched.movies,
        _ => &watched.shows,
    };
    let all = Watched::newest_first(counts);
    let items = page.of(all.iter()).map(|(index, count)| {
        let item = kind.item(*index);
        let mut entry = json!({
            "plays": count.plays,
            "last_watched_at": iso(count.last),
            "last_updated_at": iso(library.updated_at(item, count.last)),
        });
        entry[kind.name()] = catalogue.describe(item, params.detail(), now);
        if let Item::Show(show) = item {
            entry["reset_at"] = json!(library.reset_at(show).map(iso));
            entry["show"]["aired_episodes"] = json!(catalogue.aired(show, now));
            if progress {
                if params.detail() == Detail::Full {
                    // Trakt loses these two when both are asked for.
                    entry["show"]["overview"] = json!("");
                    entry["show"]["tagline"] = json!("");
                }
                let specials = params.flag("specials");
                entry["seasons"] = seasons(catalogue, &watched, show, specials);
            }
        }
        entry
    });
    page.answer(items.collect(), all.len())
}

/// The seasons of which something was watched.
fn seasons(catalogue: &Catalogue, watched: &Watched, show: u32, specials: bool) -> Value {
    let seasons = catalogue.seasons(show).iter();
    let seasons = seasons.filter(|season| specials || season.number > 0);
    let seasons = seasons.filter_map(|season| {
        let episodes: Vec<Value> = watched
            .episodes
            .range(season.episodes.clone())
            .map(|(episode, count): (&u32, &Count)| {
                json!({
                    "number": episode - season.episodes.start + 1,
                    "plays": count.plays,
                    "last_watched_at": iso(count.last),
                })
            })
            .collect();
        (!episodes.is_empty()).then(|| json!({ "number": season.number, "episodes": episodes }))
    });
    seasons.collect()
}

/// `extended=min`: the times of all plays, newest first, by trakt ids. All of it, unless a page
/// is asked for.
fn times(media: &Media<'_>, params: &Params, kind: Kind) -> Response {
    let plays = media.library.plays().all().iter().rev().copied();
    let catalogue = media.catalogue;
    let (wanted, group): (_, fn(&Catalogue, Item) -> u32) = match kind {
        Kind::Movie => (Kind::Movie, |_, item| item.index()),
        Kind::Show => (Kind::Episode, |catalogue, item| {
            catalogue.show_of(item.index())
        }),
        _ => (Kind::Episode, |_, item| item.index()),
    };
    let mut groups: BTreeMap<u32, Vec<Play>> = BTreeMap::new();
    for play in plays.filter(|play| play.item().kind() == wanted) {
        groups
            .entry(group(catalogue, play.item()))
            .or_default()
            .push(play);
    }
    let count = groups.len();
    let page = Page::asked_at_all(params, USUAL);
    let write = |(index, plays): (&u32, &Vec<Play>)| {
        let times = match kind {
            Kind::Show => show_times(catalogue, plays),
            _ => plays.iter().map(|play| iso(play.at)).collect(),
        };
        (kind.item(*index).trakt().to_string(), times)
    };
    match page {
        None => Json(groups.iter().map(write).collect::<Map<_, _>>()).into_response(),
        Some(page) => {
            let body: Map<_, _> = page.of(groups.iter()).map(write).collect();
            (page.headers(count), Json(body)).into_response()
        }
    }
}

/// By season number, and by the trakt id of the episode.
fn show_times(catalogue: &Catalogue, plays: &[Play]) -> Value {
    let mut seasons: BTreeMap<u16, BTreeMap<u64, Vec<String>>> = BTreeMap::new();
    for play in plays {
        let (season, _) = catalogue.numbers(play.item().index());
        let episodes = seasons.entry(season).or_default();
        episodes
            .entry(play.item().trakt())
            .or_default()
            .push(iso(play.at));
    }
    json!(seasons)
}
