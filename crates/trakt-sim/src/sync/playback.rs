//! `/sync/playback`: what was left in the middle.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::call::{Signed, not_found};
use crate::catalogue::Kind;
use crate::library::Paused;
use crate::paging::{Page, USUAL};
use crate::time::iso;
use crate::world::Shared;

pub(super) async fn all(State(sim): State<Shared>, signed: Signed) -> Response {
    list(&sim, &signed, None)
}

pub(super) async fn of_type(
    State(sim): State<Shared>,
    Path(kind): Path<String>,
    signed: Signed,
) -> Response {
    match Kind::named(&kind) {
        Some(kind @ (Kind::Movie | Kind::Episode)) => list(&sim, &signed, Some(kind)),
        _ => not_found(),
    }
}

/// Newest first; all of it, unless a page is asked for.
fn list(sim: &Shared, signed: &Signed, kind: Option<Kind>) -> Response {
    let params = &signed.params;
    let start_at = params.time("start_at").unwrap_or(0);
    let end_at = params.time("end_at").unwrap_or(u64::MAX);
    let mut world = sim.world();
    let media = signed.reads(&mut world);
    let wanted = |paused: &Paused| {
        kind.is_none_or(|kind| paused.item.kind() == kind)
            && (start_at..=end_at).contains(&paused.at)
    };
    let all: Vec<Paused> = media.paused().into_iter().filter(wanted).collect();
    let write = |paused: &Paused| {
        let mut entry = media
            .catalogue
            .entry(paused.item, params.detail(), media.now);
        entry["id"] = json!(paused.id);
        entry["progress"] = json!(paused.progress);
        entry["paused_at"] = json!(iso(paused.at));
        entry
    };
    match Page::asked_at_all(params, USUAL) {
        None => Json(all.iter().map(write).collect::<Vec<Value>>()).into_response(),
        Some(page) => page.answer(page.of(all.iter()).map(write).collect(), all.len()),
    }
}

pub(super) async fn remove(
    State(sim): State<Shared>,
    Path(id): Path<String>,
    signed: Signed,
) -> Response {
    let mut world = sim.world();
    let mut media = world.media(signed.account);
    match id.parse() {
        Ok(id) if media.forget_pause(id) => StatusCode::NO_CONTENT.into_response(),
        _ => not_found(),
    }
}
