//! `/sync/ratings`.

use std::cmp::Reverse;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::call::{Object, Signed, not_found, unprocessable};
use crate::catalogue::{Item, Kind};
use crate::input::{Input, Tally};
use crate::library::Rating;
use crate::paging::{Page, USUAL};
use crate::time::{iso, parse};
use crate::world::Shared;

pub(super) async fn all(State(sim): State<Shared>, signed: Signed) -> Response {
    list(&sim, &signed, "all", None)
}

pub(super) async fn of_type(
    State(sim): State<Shared>,
    Path(kind): Path<String>,
    signed: Signed,
) -> Response {
    list(&sim, &signed, &kind, None)
}

/// One rating, or several with commas between.
pub(super) async fn with_rating(
    State(sim): State<Shared>,
    Path((kind, ratings)): Path<(String, String)>,
    signed: Signed,
) -> Response {
    let ratings: Result<Vec<u8>, _> = ratings.split(',').map(str::parse).collect();
    match ratings {
        Ok(ratings) => list(&sim, &signed, &kind, Some(&ratings)),
        Err(_) => not_found(),
    }
}

/// The newest first.
fn list(sim: &Shared, signed: &Signed, kind: &str, ratings: Option<&[u8]>) -> Response {
    let kind = match (kind, Kind::named(kind)) {
        ("all", _) => None,
        (_, None) => return not_found(),
        (_, kind) => kind,
    };
    let params = &signed.params;
    let page = Page::asked(params, USUAL);
    let mut world = sim.world();
    let media = signed.reads(&mut world);
    let mut all: Vec<(&Item, &Rating)> = media
        .library
        .ratings
        .iter()
        .filter(|(item, _)| kind.is_none_or(|kind| item.kind() == kind))
        .filter(|(_, rating)| ratings.is_none_or(|wanted| wanted.contains(&rating.rating)))
        .collect();
    all.sort_unstable_by_key(|(item, rating)| (Reverse(rating.at), **item));
    let items = page.of(all.iter()).map(|(item, rating)| {
        let mut entry = media.catalogue.entry(**item, params.detail(), media.now);
        entry["rating"] = json!(rating.rating);
        entry["rated_at"] = json!(iso(rating.at));
        entry
    });
    page.answer(items.collect(), all.len())
}

/// All or nothing: where one rating is not from 1 to 10, none is taken.
pub(super) async fn add(
    State(sim): State<Shared>,
    signed: Signed,
    Object(body): Object,
) -> Response {
    let mut world = sim.world();
    let mut media = world.media(signed.account);
    let input = Input::read(media.catalogue, &body, &Kind::ALL);
    let mut ratings = Vec::new();
    for named in &input.found {
        let rating = named.field("rating").and_then(Value::as_u64);
        let rating = rating.and_then(|rating| u8::try_from(rating).ok());
        let at = match named.field("rated_at") {
            None => Some(media.now),
            Some(at) => at.as_str().and_then(parse),
        };
        match (rating.filter(|rating| (1..=10).contains(rating)), at) {
            (Some(rating), Some(at)) => ratings.push((named.item, rating, at)),
            _ => return unprocessable(),
        }
    }
    let mut added = Tally::default();
    for (item, rating, at) in ratings {
        media.rate(item, rating, at);
        added.count(item.kind());
    }
    let answer = json!({ "added": added.json(&Kind::ALL), "not_found": input.not_found });
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
        if media.unrate(named.item) {
            deleted.count(named.item.kind());
        }
    }
    Json(json!({ "deleted": deleted.json(&Kind::ALL), "not_found": input.not_found }))
        .into_response()
}
