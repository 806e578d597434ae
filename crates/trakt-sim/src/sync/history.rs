//! `/sync/history`: every single play.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::call::{Object, Signed, not_found, unprocessable};
use crate::catalogue::{Catalogue, Item, Kind};
use crate::input::{Input, Named, Tally, everything, playable};
use crate::library::{Action, Play};
use crate::paging::{Page, USUAL};
use crate::time::{iso, parse};
use crate::world::Shared;

const PLAYED: [Kind; 2] = [Kind::Movie, Kind::Episode];

pub(super) async fn all(State(sim): State<Shared>, signed: Signed) -> Response {
    list(&sim, &signed, |_, _| true)
}

/// The plays of a show are those of its episodes, and so are those of a season.
pub(super) async fn of_type(
    State(sim): State<Shared>,
    Path(kind): Path<String>,
    signed: Signed,
) -> Response {
    match Kind::named(&kind) {
        None => not_found(),
        Some(Kind::Movie) => list(&sim, &signed, |_, item| item.kind() == Kind::Movie),
        Some(_) => list(&sim, &signed, |_, item| item.kind() == Kind::Episode),
    }
}

pub(super) async fn of_item(
    State(sim): State<Shared>,
    Path((kind, id)): Path<(String, String)>,
    signed: Signed,
) -> Response {
    let wanted = Kind::named(&kind).and_then(|kind| sim.world().catalogue().in_path(kind, &id));
    let Some(wanted) = wanted else {
        return not_found();
    };
    list(&sim, &signed, |catalogue, item| match (wanted, item) {
        (Item::Show(show), Item::Episode(episode)) => catalogue.show_of(episode) == show,
        (Item::Season(season), Item::Episode(episode)) => catalogue.season_of(episode) == season,
        (wanted, item) => wanted == item,
    })
}

/// Newest first, from `start_at` to `end_at`. Only what is on the page is written.
fn list(sim: &Shared, signed: &Signed, wanted: impl Fn(&Catalogue, Item) -> bool) -> Response {
    let params = &signed.params;
    let page = Page::asked(params, USUAL);
    let start_at = params.time("start_at").unwrap_or(0);
    let end_at = params.time("end_at").unwrap_or(u64::MAX);
    let mut world = sim.world();
    let media = signed.reads(&mut world);
    let plays = media.library.plays().between(start_at, end_at).iter().rev();
    let plays = plays.filter(|play| wanted(media.catalogue, play.item()));
    let count = plays.clone().count();
    let items = page.of(plays).map(|play| {
        let entry = media
            .catalogue
            .entry(play.item(), params.detail(), media.now);
        described(*play, entry)
    });
    page.answer(items.collect(), count)
}

fn described(play: Play, mut entry: Value) -> Value {
    entry["id"] = json!(play.id);
    entry["watched_at"] = json!(iso(play.at));
    entry["action"] = json!(play.action.name());
    entry
}

/// Nothing is checked for being there already: the same item twice makes two plays.
pub(super) async fn add(
    State(sim): State<Shared>,
    signed: Signed,
    Object(body): Object,
) -> Response {
    let mut world = sim.world();
    let mut media = world.media(signed.account);
    let input = Input::read(media.catalogue, &body, &Kind::ALL);
    let mut plays = Vec::new();
    for named in &input.found {
        for item in playable(media.catalogue, named.item, media.now) {
            let Some(at) = watched_at(media.catalogue, named, item, media.now) else {
                return unprocessable();
            };
            plays.push((item, at));
        }
    }
    let mut added = Tally::default();
    for (item, at) in plays {
        media.play(item, at, Action::Watch);
        added.count(item.kind());
    }
    Json(json!({
        "added": added.json(&PLAYED),
        "updated": Tally::default().json(&PLAYED),
        "not_found": input.not_found,
    }))
    .into_response()
}

/// A time, `released` for the end of the first airing, `unknown` for the beginning of 1970, or
/// now. `None` for what is none of these.
fn watched_at(catalogue: &Catalogue, named: &Named<'_>, item: Item, now: u64) -> Option<u64> {
    match named.field("watched_at") {
        None => Some(now),
        Some(Value::String(text)) => match text.as_str() {
            "released" => Some(catalogue.out(item) + catalogue.runtime(item)),
            "unknown" => Some(0),
            text => parse(text),
        },
        Some(_) => None,
    }
}

/// Items lose all of their plays, ids single ones.
pub(super) async fn remove(
    State(sim): State<Shared>,
    signed: Signed,
    Object(body): Object,
) -> Response {
    let mut world = sim.world();
    let mut media = world.media(signed.account);
    let mut input = Input::read(media.catalogue, &body, &Kind::ALL);
    let items: BTreeSet<Item> = input
        .found
        .iter()
        .flat_map(|named| everything(media.catalogue, named.item))
        .collect();
    let ids: BTreeSet<u64> = body
        .get("ids")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_u64)
        .collect();

    let mut deleted = Tally::default();
    for item in media.unwatch(&items) {
        deleted.count(item.kind());
    }
    let mut unknown = ids.clone();
    for play in media.remove_ids(&ids) {
        unknown.remove(&play.id);
        deleted.count(play.item().kind());
    }
    input.not_found.insert("ids".to_owned(), json!(unknown));
    Json(json!({ "deleted": deleted.json(&PLAYED), "not_found": input.not_found })).into_response()
}
