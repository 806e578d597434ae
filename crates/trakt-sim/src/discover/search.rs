//! `/search`: by text and by id.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;

use crate::call::{Call, not_found};
use crate::catalogue::{IdType, Item, Kind};
use crate::paging::{Page, SEARCH};
use crate::world::Shared;

const SEARCHED: [Kind; 3] = [Kind::Movie, Kind::Show, Kind::Episode];

/// `types` with commas between. Persons and lists are never found here.
pub(super) async fn text(
    State(sim): State<Shared>,
    Path(types): Path<String>,
    call: Call,
) -> Response {
    let mut kinds = Vec::new();
    for name in types.split(',') {
        match Kind::named(name) {
            Some(kind) if SEARCHED.contains(&kind) => kinds.push(kind),
            None if matches!(name, "person" | "list") => {}
            _ => return not_found(),
        }
    }
    let query = call.params.get("query").unwrap_or_default().to_lowercase();
    let words: Vec<String> = query.split_whitespace().map(str::to_owned).collect();
    let found = if words.is_empty() {
        Vec::new()
    } else {
        let world = sim.world();
        let catalogue = world.catalogue();
        let of_kind = |kind: &Kind| catalogue.search(*kind, &words);
        kinds.iter().flat_map(of_kind).collect()
    };
    // The score says nothing here but how many words were asked for.
    answer(&sim, &call, &found, words.len() * 10)
}

/// Trakt ids of different types are equal: without `type` all of them are found.
pub(super) async fn by_id(
    State(sim): State<Shared>,
    Path((id_type, id)): Path<(String, String)>,
    call: Call,
) -> Response {
    let Some(id_type) = IdType::named(&id_type) else {
        return not_found();
    };
    let types = call.params.get("type");
    let wanted = |kind: &Kind| types.is_none_or(|types| types.split(',').any(|t| t == kind.name()));
    let found: Vec<Item> = {
        let world = sim.world();
        let kinds = SEARCHED.iter().filter(|kind| wanted(kind));
        kinds
            .filter_map(|kind| world.catalogue().by_id(*kind, id_type, &id))
            .collect()
    };
    answer(&sim, &call, &found, 1000)
}

fn answer(sim: &Shared, call: &Call, found: &[Item], score: usize) -> Response {
    let page = Page::asked(&call.params, SEARCH);
    let world = sim.world();
    let (catalogue, now) = (world.catalogue(), world.now_ms());
    let items = page.of(found.iter()).map(|item| {
        let mut entry = catalogue.entry(*item, call.params.detail(), now);
        entry["score"] = json!(score);
        entry
    });
    page.answer(items.collect(), found.len())
}
