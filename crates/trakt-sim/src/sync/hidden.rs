//! `/users/hidden/{section}`: what an account does not want to see.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::call::{Object, Signed, not_found};
use crate::catalogue::Kind;
use crate::input::{Input, Tally};
use crate::library::Section;
use crate::paging::{Page, USUAL};
use crate::time::iso;
use crate::world::Shared;

const HIDDEN: [Kind; 3] = [Kind::Movie, Kind::Show, Kind::Season];

/// Newest first.
pub(super) async fn list(
    State(sim): State<Shared>,
    Path(section): Path<String>,
    signed: Signed,
) -> Response {
    let Some(section) = Section::named(&section) else {
        return not_found();
    };
    let params = &signed.params;
    let page = Page::asked(params, USUAL);
    let kind = params.get("type").and_then(Kind::named);
    let mut world = sim.world();
    let media = signed.reads(&mut world);
    let mut all = media.library.hidden(section);
    all.retain(|(item, _)| kind.is_none_or(|kind| item.kind() == kind));
    let count = all.len();
    let items = page.of(all.into_iter()).map(|(item, at)| {
        let mut entry = media.catalogue.entry(item, params.detail(), media.now);
        entry["hidden_at"] = json!(iso(at));
        entry
    });
    page.answer(items.collect(), count)
}

pub(super) async fn add(
    State(sim): State<Shared>,
    Path(section): Path<String>,
    signed: Signed,
    Object(body): Object,
) -> Response {
    change(&sim, &section, &signed, &body, true)
}

pub(super) async fn remove(
    State(sim): State<Shared>,
    Path(section): Path<String>,
    signed: Signed,
    Object(body): Object,
) -> Response {
    change(&sim, &section, &signed, &body, false)
}

fn change(sim: &Shared, section: &str, signed: &Signed, body: &Value, hide: bool) -> Response {
    let Some(section) = Section::named(section) else {
        return not_found();
    };
    let mut world = sim.world();
    let mut media = world.media(signed.account);
    let input = Input::read(media.catalogue, body, section.kinds());
    let mut changed = Tally::default();
    for named in &input.found {
        let moved = if hide {
            media.hide(section, named.item)
        } else {
            media.unhide(section, named.item)
        };
        if moved {
            changed.count(named.item.kind());
        }
    }
    let mut counts = changed.json(&HIDDEN);
    let what = if hide {
        // Trakt's contract names this one in the singular here.
        counts["season"] = counts["seasons"].clone();
        "added"
    } else {
        counts["episodes"] = json!(0);
        "deleted"
    };
    Json(json!({ what: counts, "not_found": input.not_found })).into_response()
}
