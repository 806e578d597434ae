//! `/shows/{id}/progress/watched` and its reset.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::call::{Params, Signed, not_found};
use crate::catalogue::{Catalogue, Detail, Item, Kind};
use crate::library::{EpisodeProgress, ShowProgress, Wanted, stats};
use crate::time::iso;
use crate::world::Shared;

pub(super) async fn watched(
    State(sim): State<Shared>,
    Path(id): Path<String>,
    signed: Signed,
) -> Response {
    let params = &signed.params;
    let specials = params.flag("specials");
    let wanted = Wanted {
        specials,
        count_specials: specials && params.get("count_specials") != Some("false"),
        hidden: params.flag("hidden"),
        from_last_activity: params.get("last_activity") == Some("watched"),
    };
    let mut world = sim.world();
    let media = signed.reads(&mut world);
    let Some(Item::Show(show)) = media.catalogue.in_path(Kind::Show, &id) else {
        return not_found();
    };
    let progress = media
        .library
        .progress(media.catalogue, show, media.now, wanted);
    let mut out = summary(media.catalogue, &progress, params, media.now);
    let with_stats = params.flag("include_stats");
    let seasons = progress.seasons.iter().map(|season| {
        let number = media.catalogue.season(season.season).number;
        let episodes = season.episodes.iter().map(|episode| {
            let mut out = json!({
                "number": media.catalogue.numbers(episode.episode).1,
                "completed": episode.completed,
                "last_watched_at": at(episode.last),
            });
            if with_stats {
                out["stats"] = stats_json(media.catalogue, std::iter::once(episode));
            }
            out
        });
        let mut out = json!({
            "number": number,
            "title": crate::catalogue::season_title(number),
            "aired": season.episodes.len(),
            "completed": season.completed(),
            "episodes": episodes.collect::<Vec<_>>(),
        });
        if with_stats {
            out["stats"] = stats_json(media.catalogue, season.episodes.iter());
        }
        out
    });
    out.insert("seasons".to_owned(), seasons.collect());
    let hidden = progress.hidden_seasons.iter();
    let hidden = hidden.map(|season| {
        media
            .catalogue
            .describe(Item::Season(*season), Detail::Min, media.now)
    });
    out.insert("hidden_seasons".to_owned(), hidden.collect());
    Json(out).into_response()
}

/// What `progress` has here and in the lists of shows to go on with.
pub(super) fn summary(
    catalogue: &Catalogue,
    progress: &ShowProgress,
    params: &Params,
    now: u64,
) -> Map<String, Value> {
    let episode = |episode: Option<u32>| {
        episode.map(|episode| catalogue.describe(Item::Episode(episode), params.detail(), now))
    };
    let mut out = Map::new();
    let mut put = |name: &str, value| out.insert(name.to_owned(), value);
    put("aired", json!(progress.aired));
    put("completed", json!(progress.completed));
    put("last_watched_at", at(progress.last));
    put("reset_at", json!(progress.reset_at.map(iso)));
    put("next_episode", json!(episode(progress.next)));
    put("last_episode", json!(episode(progress.last_episode)));
    if params.flag("include_stats") {
        let episodes = progress.seasons.iter().flat_map(|season| &season.episodes);
        put("stats", stats_json(catalogue, episodes));
    }
    out
}

fn at(last: u64) -> Value {
    if last == 0 {
        Value::Null
    } else {
        json!(iso(last))
    }
}

fn stats_json<'a>(
    catalogue: &Catalogue,
    episodes: impl Iterator<Item = &'a EpisodeProgress>,
) -> Value {
    let (plays, watched, left) = stats(catalogue, episodes);
    json!({ "play_count": plays, "minutes_watched": watched, "minutes_left": left })
}

pub(super) async fn reset(
    State(sim): State<Shared>,
    Path(id): Path<String>,
    signed: Signed,
) -> Response {
    let mut world = sim.world();
    let mut media = world.media(signed.account);
    let Some(Item::Show(show)) = media.catalogue.in_path(Kind::Show, &id) else {
        return not_found();
    };
    let at = media.reset(show);
    Json(json!({ "reset_at": iso(at) })).into_response()
}

pub(super) async fn undo_reset(
    State(sim): State<Shared>,
    Path(id): Path<String>,
    signed: Signed,
) -> Response {
    let mut world = sim.world();
    let mut media = world.media(signed.account);
    let Some(Item::Show(show)) = media.catalogue.in_path(Kind::Show, &id) else {
        return not_found();
    };
    media.undo_reset(show);
    StatusCode::NO_CONTENT.into_response()
}
