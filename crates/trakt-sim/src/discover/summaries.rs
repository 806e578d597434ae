//! `/movies/{id}`, `/shows/{id}` and what is under a show. An id is a trakt id, a slug or an
//! imdb id.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::call::{Call, Params, not_found};
use crate::catalogue::{Catalogue, Item, Kind};
use crate::world::Shared;

pub(super) async fn movie(
    State(sim): State<Shared>,
    Path(id): Path<String>,
    call: Call,
) -> Response {
    one(&sim, &call, |catalogue| catalogue.in_path(Kind::Movie, &id))
}

pub(super) async fn show(
    State(sim): State<Shared>,
    Path(id): Path<String>,
    call: Call,
) -> Response {
    one(&sim, &call, |catalogue| catalogue.in_path(Kind::Show, &id))
}

pub(super) async fn episode(
    State(sim): State<Shared>,
    Path((id, season, episode)): Path<(String, u64, u64)>,
    call: Call,
) -> Response {
    one(&sim, &call, |catalogue| {
        let show = catalogue.in_path(Kind::Show, &id)?.index();
        let episode = catalogue.find_episode(show, season, episode)?;
        Some(Item::Episode(episode))
    })
}

fn one(sim: &Shared, call: &Call, find: impl FnOnce(&Catalogue) -> Option<Item>) -> Response {
    let world = sim.world();
    let catalogue = world.catalogue();
    match find(catalogue) {
        Some(item) => {
            Json(catalogue.describe(item, call.params.detail(), world.now_ms())).into_response()
        }
        None => not_found(),
    }
}

/// With `extended=episodes` each season has its episodes.
pub(super) async fn seasons(
    State(sim): State<Shared>,
    Path(id): Path<String>,
    call: Call,
) -> Response {
    let world = sim.world();
    let catalogue = world.catalogue();
    let Some(show) = catalogue.in_path(Kind::Show, &id) else {
        return not_found();
    };
    let seasons = catalogue.show(show.index()).seasons.clone();
    let seasons = seasons.map(|season| {
        let detail = call.params.detail();
        let mut out = catalogue.describe(Item::Season(season), detail, world.now_ms());
        if call.params.extended("episodes") {
            out["episodes"] = json!(episodes(catalogue, season, &call.params, world.now_ms()));
        }
        out
    });
    Json(seasons.collect::<Vec<_>>()).into_response()
}

/// The episodes of a season.
pub(super) async fn season(
    State(sim): State<Shared>,
    Path((id, number)): Path<(String, u64)>,
    call: Call,
) -> Response {
    let world = sim.world();
    let catalogue = world.catalogue();
    let show = catalogue.in_path(Kind::Show, &id);
    match show.and_then(|show| catalogue.find_season(show.index(), number)) {
        Some(season) => {
            Json(episodes(catalogue, season, &call.params, world.now_ms())).into_response()
        }
        None => not_found(),
    }
}

/// A season by itself.
pub(super) async fn season_info(
    State(sim): State<Shared>,
    Path((id, number)): Path<(String, u64)>,
    call: Call,
) -> Response {
    let world = sim.world();
    let catalogue = world.catalogue();
    let show = catalogue.in_path(Kind::Show, &id);
    match show.and_then(|show| catalogue.find_season(show.index(), number)) {
        Some(season) => {
            let (item, detail) = (Item::Season(season), call.params.detail());
            Json(catalogue.describe(item, detail, world.now_ms())).into_response()
        }
        None => not_found(),
    }
}

fn episodes(catalogue: &Catalogue, season: u32, params: &Params, now: u64) -> Vec<Value> {
    let episodes = catalogue.season(season).episodes.clone();
    let describe = |episode| catalogue.describe(Item::Episode(episode), params.detail(), now);
    episodes.map(describe).collect()
}
