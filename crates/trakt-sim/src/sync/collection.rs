//! `/sync/collection`: what somebody owns. Movies and episodes are collected; a show is there as
//! long as one of its episodes is.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::call::{Object, Params, Signed, not_found};
use crate::catalogue::{Catalogue, Item, Kind};
use crate::input::{Input, Tally, everything, playable};
use crate::library::{Library, Media, leaf};
use crate::paging::{Page, USUAL};
use crate::time::{iso, parse};
use crate::users::over_limit;
use crate::world::Shared;

pub(super) async fn of_type(
    State(sim): State<Shared>,
    Path(kind): Path<String>,
    signed: Signed,
) -> Response {
    let mut world = sim.world();
    let media = signed.reads(&mut world);
    let params = &signed.params;
    match kind.as_str() {
        kind if params.extended("min") => times(&media, kind),
        "movies" => list(&media, params, items(media.library, &[Kind::Movie])),
        "episodes" => list(&media, params, items(media.library, &[Kind::Episode])),
        "media" => list(
            &media,
            params,
            items(media.library, &[Kind::Movie, Kind::Episode]),
        ),
        "shows" => shows(&media, params),
        _ => not_found(),
    }
}

pub(super) async fn minimal(
    State(sim): State<Shared>,
    Path(kind): Path<String>,
    signed: Signed,
) -> Response {
    let mut world = sim.world();
    times(&signed.reads(&mut world), &kind)
}

/// The newest first.
fn items(library: &Library, kinds: &[Kind]) -> Vec<(Item, u64)> {
    let all = library.collection.iter().map(|(item, at)| (*item, *at));
    let mut all: Vec<_> = all
        .filter(|(item, _)| kinds.contains(&item.kind()))
        .collect();
    all.sort_unstable_by_key(|(item, at)| (std::cmp::Reverse(*at), *item));
    all
}

fn list(media: &Media<'_>, params: &Params, all: Vec<(Item, u64)>) -> Response {
    let page = Page::asked(params, USUAL);
    let count = all.len();
    let entries = page.of(all.into_iter()).map(|(item, at)| {
        let mut entry = media.catalogue.entry(item, params.detail(), media.now);
        entry["collected_at"] = json!(iso(at));
        entry["updated_at"] = json!(iso(at));
        entry
    });
    page.answer(entries.collect(), count)
}

/// Show by season number by episode number, and when it was collected.
type Shows = BTreeMap<u32, BTreeMap<u16, BTreeMap<u32, u64>>>;

fn by_show(catalogue: &Catalogue, library: &Library) -> Shows {
    let mut shows = Shows::new();
    for (item, at) in &library.collection {
        if let Item::Episode(episode) = item {
            let (season, number) = catalogue.numbers(*episode);
            let seasons = shows.entry(catalogue.show_of(*episode)).or_default();
            seasons.entry(season).or_default().insert(number, *at);
        }
    }
    shows
}

fn shows(media: &Media<'_>, params: &Params) -> Response {
    let page = Page::asked(params, USUAL);
    let shows = by_show(media.catalogue, media.library);
    let last = |seasons: &BTreeMap<u16, BTreeMap<u32, u64>>| {
        let all = seasons.values().flat_map(BTreeMap::values);
        all.copied().max().unwrap_or(0)
    };
    let entries = page.of(shows.iter()).map(|(show, seasons)| {
        let mut entry = media
            .catalogue
            .entry(Item::Show(*show), params.detail(), media.now);
        entry["last_collected_at"] = json!(iso(last(seasons)));
        entry["last_updated_at"] = json!(iso(last(seasons)));
        let seasons = seasons.iter().map(|(number, episodes)| {
            let episodes = episodes.iter();
            let episodes: Vec<Value> = episodes
                .map(|(number, at)| json!({ "number": number, "collected_at": iso(*at) }))
                .collect();
            json!({ "number": number, "episodes": episodes })
        });
        entry["seasons"] = seasons.collect();
        entry
    });
    page.answer(entries.collect(), shows.len())
}

/// By trakt id when a movie or an episode was collected; a show by its season numbers, and the
/// episodes in them by their own.
fn times(media: &Media<'_>, kind: &str) -> Response {
    let flat = |kind| {
        let all = items(media.library, &[kind]).into_iter();
        all.map(|(item, at)| (item.trakt().to_string(), json!(iso(at))))
            .collect::<Map<_, _>>()
    };
    match kind {
        "movies" => Json(flat(Kind::Movie)).into_response(),
        "episodes" => Json(flat(Kind::Episode)).into_response(),
        "shows" => {
            let shows = by_show(media.catalogue, media.library).into_iter();
            let shows = shows.map(|(show, seasons)| {
                let seasons = seasons.into_iter().map(|(number, episodes)| {
                    let episodes = episodes.into_iter().map(|(number, at)| (number, iso(at)));
                    (number, episodes.collect::<BTreeMap<_, _>>())
                });
                (
                    Item::Show(show).trakt(),
                    seasons.collect::<BTreeMap<_, _>>(),
                )
            });
            Json(shows.collect::<BTreeMap<_, _>>()).into_response()
        }
        _ => not_found(),
    }
}

/// All or nothing: where the new movies and shows do not all fit, nothing is added.
pub(super) async fn add(
    State(sim): State<Shared>,
    signed: Signed,
    Object(body): Object,
) -> Response {
    let mut world = sim.world();
    let limits = world.account(signed.account).effective_limits();
    let limit = limits.collection.item_count;
    let mut media = world.media(signed.account);
    let input = Input::read(media.catalogue, &body, &Kind::ALL);
    let mut wanted = Vec::new();
    for named in &input.found {
        let at = named
            .field("collected_at")
            .and_then(Value::as_str)
            .and_then(parse);
        for item in playable(media.catalogue, named.item, media.now) {
            wanted.push((item, at));
        }
    }
    let whole = |item: Item| match item {
        Item::Episode(episode) => Item::Show(media.catalogue.show_of(episode)),
        other => other,
    };
    let there: BTreeSet<Item> = media
        .library
        .collection
        .keys()
        .copied()
        .map(whole)
        .collect();
    let new: BTreeSet<Item> = wanted.iter().map(|(item, _)| whole(*item)).collect();
    let new = new.difference(&there).count();
    if new > 0 && (there.len() + new) as u64 > limit {
        return over_limit(&world, Some(signed.account), limit);
    }
    let (mut added, mut existing) = (Tally::default(), Tally::default());
    for (item, at) in wanted {
        let new = media.collect(item, at);
        let tally = if new { &mut added } else { &mut existing };
        tally.count(item.kind());
    }
    let answer = json!({
        "added": added.json(&Kind::ALL),
        "existing": existing.json(&Kind::ALL),
        "not_found": input.not_found,
        "list": summary(&media),
    });
    (StatusCode::CREATED, Json(answer)).into_response()
}

pub(super) async fn remove(
    State(sim): State<Shared>,
    signed: Signed,
    Object(body): Object,
) -> Response {
    let mut world = sim.world();
    let mut media = world.media(signed.account);
    let input = Input::read(media.catalogue, &body, &Kind::ALL);
    let mut deleted = Tally::default();
    for named in &input.found {
        for item in everything(media.catalogue, named.item) {
            if media.uncollect(item) {
                deleted.count(item.kind());
            }
        }
    }
    Json(json!({
        "deleted": deleted.json(&Kind::ALL),
        "not_found": input.not_found,
        "list": summary(&media),
    }))
    .into_response()
}

fn summary(media: &Media<'_>) -> Value {
    let activities = &media.library.activities;
    let changed =
        [Kind::Movie, Kind::Episode].map(|kind| activities.at(leaf(kind, "collected_at")));
    json!({
        "updated_at": iso(changed[0].max(changed[1])),
        "item_count": media.library.collected(media.catalogue),
    })
}
