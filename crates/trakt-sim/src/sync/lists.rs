//! `/sync/watchlist` and `/sync/favorites`.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::call::{Object, Signed, not_found};
use crate::catalogue::{Catalogue, Item, Kind};
use crate::input::{Input, Tally};
use crate::library::{Library, ListName, Listed};
use crate::paging::{Page, USUAL};
use crate::time::{iso, parse};
use crate::users::over_limit;
use crate::world::Shared;

pub(super) fn routes() -> Router<Shared> {
    use ListName::{Favorites, Watchlist};
    Router::new()
        .merge(of_list("/sync/watchlist", Watchlist))
        .merge(of_list("/sync/favorites", Favorites))
}

fn of_list(path: &str, name: ListName) -> Router<Shared> {
    let all = move |State(sim): State<Shared>, signed: Signed| async move {
        list(&sim, &signed, name, "all", "rank", "asc")
    };
    let of_type = move |State(sim): State<Shared>, Path(kind): Path<String>, signed: Signed| async move {
        list(&sim, &signed, name, &kind, "rank", "asc")
    };
    let sorted_by =
        move |State(sim): State<Shared>,
              Path((kind, by)): Path<(String, String)>,
              signed: Signed| async move { list(&sim, &signed, name, &kind, &by, "asc") };
    let sorted =
        move |State(sim): State<Shared>,
              Path((kind, by, how)): Path<(String, String, String)>,
              signed: Signed| async move { list(&sim, &signed, name, &kind, &by, &how) };
    let add = move |State(sim): State<Shared>, signed: Signed, Object(body): Object| async move {
        add(&sim, &signed, name, &body)
    };
    let remove = move |State(sim): State<Shared>, signed: Signed, Object(body): Object| async move {
        remove(&sim, &signed, name, &body)
    };
    Router::new()
        .route(path, get(all).post(add))
        .route(&format!("{path}/remove"), post(remove))
        .route(&format!("{path}/{{type}}"), get(of_type))
        .route(&format!("{path}/{{type}}/{{sort_by}}"), get(sorted_by))
        .route(
            &format!("{path}/{{type}}/{{sort_by}}/{{sort_how}}"),
            get(sorted),
        )
}

/// The types that a list takes.
fn kinds(name: ListName) -> &'static [Kind] {
    match name {
        ListName::Watchlist => &Kind::ALL,
        ListName::Favorites => &[Kind::Movie, Kind::Show],
    }
}

fn list(
    sim: &Shared,
    signed: &Signed,
    name: ListName,
    kind: &str,
    sort_by: &str,
    sort_how: &str,
) -> Response {
    let kinds: Vec<Kind> = match kind {
        "all" | "media" => kinds(name).to_vec(),
        // As the watchlist is shown on Trakt's pages.
        "movie,show" | "movies,shows" => vec![Kind::Movie, Kind::Show],
        kind => match Kind::named(kind) {
            Some(kind) if kinds(name).contains(&kind) => vec![kind],
            _ => return not_found(),
        },
    };
    let params = &signed.params;
    let page = Page::asked(params, USUAL);
    let mut world = sim.world();
    let media = signed.reads(&mut world);
    let entries = media.library.list(name).entries.iter();
    let mut all: Vec<(usize, &Listed)> = (1..)
        .zip(entries)
        .filter(|(_, entry)| kinds.contains(&entry.item.kind()))
        .collect();
    match sort_by {
        "added" => all.sort_by_key(|(_, entry)| entry.at),
        "released" => all.sort_by_key(|(_, entry)| media.catalogue.out(entry.item)),
        "runtime" => all.sort_by_key(|(_, entry)| media.catalogue.runtime(entry.item)),
        "title" => all.sort_by_cached_key(|(_, entry)| title(media.catalogue, entry.item)),
        // By rank, as they are.
        _ => {}
    }
    if sort_how == "desc" {
        all.reverse();
    }
    let items = page.of(all.iter()).map(|(rank, entry)| {
        let mut out = media
            .catalogue
            .entry(entry.item, params.detail(), media.now);
        out["rank"] = json!(rank);
        out["id"] = json!(entry.id);
        out["listed_at"] = json!(iso(entry.at));
        out["notes"] = json!(entry.notes);
        out
    });
    page.answer(items.collect(), all.len())
}

fn title(catalogue: &Catalogue, item: Item) -> String {
    let show = match item {
        Item::Movie(movie) => return catalogue.movie(movie).title.to_lowercase(),
        Item::Show(show) => show,
        Item::Season(season) => catalogue.season(season).show,
        Item::Episode(episode) => catalogue.show_of(episode),
    };
    catalogue.show(show).title.to_lowercase()
}

/// All or nothing: where the new items do not all fit, none is added.
fn add(sim: &Shared, signed: &Signed, name: ListName, body: &Value) -> Response {
    let mut world = sim.world();
    let account = world.account(signed.account);
    let (vip, limits) = (account.vip, account.effective_limits());
    let limit = match name {
        ListName::Watchlist => limits.watchlist,
        ListName::Favorites => limits.favorites,
    };
    let mut media = world.media(signed.account);
    let input = Input::read(media.catalogue, body, kinds(name));
    let wanted = |item: &Item| kinds(name).contains(&item.kind());
    let found: Vec<_> = input
        .found
        .iter()
        .filter(|named| wanted(&named.item))
        .collect();
    let there = media.library.list(name);
    let mut new: Vec<Item> = found.iter().map(|named| named.item).collect();
    new.retain(|item| !there.contains(*item));
    new.sort_unstable();
    new.dedup();
    let items = there.entries.len() + new.len();
    if !new.is_empty() && items as u64 > limit.item_count {
        return over_limit(&world, Some(signed.account), limit.item_count);
    }
    let (mut added, mut existing) = (Tally::default(), Tally::default());
    for named in found {
        let at = named
            .field("listed_at")
            .and_then(Value::as_str)
            .and_then(parse);
        let notes = named.field("notes").and_then(Value::as_str).filter(|_| vip);
        let at = at.unwrap_or(media.now);
        let new = media.enlist(name, named.item, at, notes.map(str::to_owned));
        let tally = if new { &mut added } else { &mut existing };
        tally.count(named.item.kind());
    }
    let answer = json!({
        "added": added.json(kinds(name)),
        "existing": existing.json(kinds(name)),
        "not_found": input.not_found,
        "list": summary(media.library, name),
    });
    (StatusCode::CREATED, Json(answer)).into_response()
}

fn remove(sim: &Shared, signed: &Signed, name: ListName, body: &Value) -> Response {
    let mut world = sim.world();
    let mut media = world.media(signed.account);
    let input = Input::read(media.catalogue, body, kinds(name));
    let mut deleted = Tally::default();
    for named in &input.found {
        if media.delist(name, named.item) {
            deleted.count(named.item.kind());
        }
    }
    Json(json!({
        "deleted": deleted.json(kinds(name)),
        "not_found": input.not_found,
        "list": summary(media.library, name),
    }))
    .into_response()
}

fn summary(library: &Library, name: ListName) -> Value {
    let list = library.list(name);
    json!({ "updated_at": iso(list.updated_at), "item_count": list.entries.len() })
}
