//! Trakt's `/scrobble` and `/checkin`: what is played right now.

mod checkin;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::call::{Object, Signed, not_found, unprocessable};
use crate::catalogue::{Catalogue, Detail, Item, Kind};
use crate::input::find;
use crate::library::{Media, Scrobbled};
use crate::time::iso;
use crate::world::Shared;

/// Percent from which something counts as watched.
const WATCHED: f64 = 80.0;
/// Percent below which playing is not worth remembering.
const IGNORED: f64 = 1.0;

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/scrobble/start", post(start))
        .route("/scrobble/pause", post(pause))
        .route("/scrobble/stop", post(stop))
        .route("/checkin", post(checkin::check_in).delete(checkin::cancel))
}

/// Why nothing came of it.
enum Refused {
    /// Hardly anything was played.
    Ignored,
    /// It must be the same scrobble as this one.
    Again(Scrobbled),
}

async fn start(State(sim): State<Shared>, signed: Signed, Object(body): Object) -> Response {
    played(&sim, &signed, &body, |media, item, _| {
        media.start(item);
        Ok((0, "start"))
    })
}

async fn pause(State(sim): State<Shared>, signed: Signed, Object(body): Object) -> Response {
    played(&sim, &signed, &body, |media, item, progress| {
        if progress < IGNORED {
            return Err(Refused::Ignored);
        }
        media.pause(item, progress);
        Ok((0, "pause"))
    })
}

async fn stop(State(sim): State<Shared>, signed: Signed, Object(body): Object) -> Response {
    played(&sim, &signed, &body, |media, item, progress| {
        if progress < IGNORED {
            return Err(Refused::Ignored);
        }
        if progress < WATCHED {
            media.pause(item, progress);
            return Ok((0, "pause"));
        }
        let id = media.scrobble(item).map_err(Refused::Again)?;
        Ok((id, "scrobble"))
    })
}

/// Reads item and progress, lets `then` say the id and the action, and answers 201 with them.
fn played(
    sim: &Shared,
    signed: &Signed,
    body: &Value,
    then: impl FnOnce(&mut Media<'_>, Item, f64) -> Result<(u64, &'static str), Refused>,
) -> Response {
    let progress = body.get("progress").and_then(Value::as_f64);
    let Some(progress) = progress.filter(|progress| (0.0..=100.0).contains(progress)) else {
        return unprocessable();
    };
    let mut world = sim.world();
    let mut media = world.media(signed.account);
    let Some(item) = named(media.catalogue, body) else {
        return not_found();
    };
    match then(&mut media, item, progress) {
        Err(Refused::Ignored) => unprocessable(),
        Err(Refused::Again(last)) => {
            let body = json!({ "watched_at": iso(last.at), "expires_at": iso(last.expires_at) });
            (StatusCode::CONFLICT, Json(body)).into_response()
        }
        Ok((id, action)) => {
            let mut out = described(&media, item);
            out["id"] = json!(id);
            out["action"] = json!(action);
            out["progress"] = json!(progress);
            (StatusCode::CREATED, Json(out)).into_response()
        }
    }
}

/// The movie or episode under its type, with the show beside an episode.
fn described(media: &Media<'_>, item: Item) -> Value {
    let mut out = media.catalogue.entry(item, Detail::Min, media.now);
    if let Some(fields) = out.as_object_mut() {
        fields.remove("type");
    }
    out
}

/// `movie`, or `episode` by its own ids, or `show` with the season and number of `episode` or
/// with its number among all.
fn named(catalogue: &Catalogue, body: &Value) -> Option<Item> {
    if let Some(movie) = body.get("movie").filter(|movie| !movie.is_null()) {
        return find(catalogue, Kind::Movie, movie);
    }
    let episode = body.get("episode")?;
    if episode.get("ids").is_some() {
        return find(catalogue, Kind::Episode, episode);
    }
    let show = find(catalogue, Kind::Show, body.get("show")?)?.index();
    let number = |name: &str| episode.get(name).and_then(Value::as_u64);
    let found = match number("number_abs") {
        Some(absolute) => catalogue.find_absolute(show, absolute),
        None => catalogue.find_episode(show, number("season")?, number("number")?),
    };
    found.map(Item::Episode)
}
