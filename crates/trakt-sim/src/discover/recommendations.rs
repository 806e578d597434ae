//! `/recommendations`: what an account might like. One list, no pages.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::call::{Signed, not_found};
use crate::catalogue::{Item, Kind};
use crate::library::{ListName, Media, Section};
use crate::world::Shared;

const USUAL: u64 = 10;
const MOST: u64 = 100;

/// Everything that is out, in an order of the account's own that stays as it is: what was
/// watched, collected or listed goes only if that is asked for.
pub(super) async fn list(
    State(sim): State<Shared>,
    Path(kind): Path<String>,
    signed: Signed,
) -> Response {
    let Some(kind @ (Kind::Movie | Kind::Show)) = Kind::named(&kind) else {
        return not_found();
    };
    let params = &signed.params;
    let limit = params.number("limit").filter(|limit| *limit > 0);
    let limit = usize::try_from(limit.unwrap_or(USUAL).min(MOST)).unwrap_or(0);
    let mut world = sim.world();
    let mut media = signed.reads(&mut world);
    let len = media.catalogue.len(kind);
    let start = u32::try_from(signed.account)
        .unwrap_or(0)
        .wrapping_mul(7919)
        % len.max(1);
    let all = (start..len).chain(0..start).map(|index| kind.item(index));
    let items: Vec<Value> = all
        .filter(|item| wanted(&mut media, *item, |flag| params.flag(flag)))
        .take(limit)
        .collect::<Vec<Item>>()
        .into_iter()
        .map(|item| {
            let mut out = media.catalogue.describe(item, params.detail(), media.now);
            out["favorited_by"] = json!([]);
            out["recommended_by"] = json!([]);
            out
        })
        .collect();
    Json(items).into_response()
}

fn wanted(media: &mut Media<'_>, item: Item, flag: impl Fn(&str) -> bool) -> bool {
    let collected = |media: &Media<'_>| match item {
        Item::Show(show) => {
            let episodes = media.catalogue.episodes(show);
            let collection = &media.library.collection;
            let range = Item::Episode(episodes.start)..Item::Episode(episodes.end);
            collection.range(range).next().is_some()
        }
        item => media.library.collection.contains_key(&item),
    };
    let ignored = media.library.is_hidden(Section::Recommendations, item)
        || (flag("ignore_watched") && media.library.watched(media.catalogue).contains(item))
        || (flag("ignore_collected") && collected(media))
        || (flag("ignore_watchlisted") && media.library.list(ListName::Watchlist).contains(item));
    !ignored && media.catalogue.out(item) <= media.now
}

pub(super) async fn hide(
    State(sim): State<Shared>,
    Path((kind, id)): Path<(String, String)>,
    signed: Signed,
) -> Response {
    let kind = Kind::named(&kind).filter(|kind| matches!(kind, Kind::Movie | Kind::Show));
    let mut world = sim.world();
    let item = kind.and_then(|kind| world.catalogue().in_path(kind, &id));
    let Some(item) = item else {
        return not_found();
    };
    world
        .media(signed.account)
        .hide(Section::Recommendations, item);
    StatusCode::NO_CONTENT.into_response()
}
