//! `GET /sync/watched/{movies|shows|episodes}`: what was watched, derived from the plays.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use crate::call::{Params, Signed, not_found};
use crate::catalogue::{Catalogue, Detail, Item, Kind};
use crate::library::{Count, Media, Watched};
use crate::paging::{PROGRESS, Page, USUAL};
use crate::time::{Iso, iso};
use crate::world::Shared;

pub(super) async fn watched(
    State(sim): State<Shared>,
    Path(kind): Path<String>,
    signed: Signed,
) -> Response {
    let mut world = sim.world();
    let media = signed.reads(&mut world);
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
    let plays = media.library.plays().all().iter().rev();
    if kind == Kind::Show {
        let mut shows: BTreeMap<u64, BTreeMap<u16, Times>> = BTreeMap::new();
        for play in plays {
            if let Item::Episode(episode) = play.item() {
                let show = Item::Show(media.catalogue.show_of(episode)).trakt();
                let (season, _) = media.catalogue.numbers(episode);
                let episodes = shows.entry(show).or_default().entry(season).or_default();
                episodes
                    .entry(play.item().trakt())
                    .or_default()
                    .push(Iso(play.at));
            }
        }
        return map(params, shows);
    }
    let mut times = Times::new();
    for play in plays.filter(|play| play.item().kind() == kind) {
        times
            .entry(play.item().trakt())
            .or_default()
            .push(Iso(play.at));
    }
    map(params, times)
}

/// By trakt id.
type Times = BTreeMap<u64, Vec<Iso>>;

fn map<T: Serialize>(params: &Params, all: BTreeMap<u64, T>) -> Response {
    let count = all.len();
    match Page::asked_at_all(params, USUAL) {
        None => Json(all).into_response(),
        Some(page) => {
            let body: BTreeMap<u64, T> = page.of(all.into_iter()).collect();
            (page.headers(count), Json(body)).into_response()
        }
    }
}
