//! `GET /users/{slug}/stats`: numbers derived from the library.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, json};

use crate::call::{Call, not_found};
use crate::catalogue::{Item, Kind};
use crate::time::MINUTE;
use crate::users::unauthorized;
use crate::world::Shared;

/// Those of a private account are for itself only.
pub(super) async fn stats(
    State(sim): State<Shared>,
    Path(slug): Path<String>,
    call: Call,
) -> Response {
    let mut world = sim.world();
    let account = match (slug.as_str(), call.account) {
        ("me", None) => return unauthorized(),
        ("me", own) => own,
        (slug, _) => world.find_account(slug),
    };
    let Some(account) = account.filter(|id| !world.account(*id).deleted) else {
        return not_found();
    };
    if world.account(account).private && call.account != Some(account) {
        return unauthorized();
    }
    let own = call.account == Some(account);
    let media = world.media_as_read(account, own && call.lags);
    let watched = media.library.watched(media.catalogue).clone();
    let (mut plays, mut minutes) = ([0_u64; 2], [0_u64; 2]);
    for play in media.library.plays().all() {
        let kind = usize::from(play.item().kind() == Kind::Episode);
        plays[kind] += 1;
        minutes[kind] += media.catalogue.runtime(play.item()) / MINUTE;
    }
    let rated = |kind: Kind| {
        let items = media.library.ratings.keys();
        items.filter(|item| item.kind() == kind).count()
    };
    let (mut movies, mut episodes) = (0, 0);
    let mut shows = BTreeSet::new();
    for item in media.library.collection.keys() {
        match item {
            Item::Episode(episode) => {
                episodes += 1;
                shows.insert(media.catalogue.show_of(*episode));
            }
            _ => movies += 1,
        }
    }
    let distribution = (1..=10_u8).map(|stars| {
        let given = media.library.ratings.values();
        let count = given.filter(|rating| rating.rating == stars).count();
        (stars.to_string(), json!(count))
    });
    Json(json!({
        "movies": {
            "plays": plays[0], "watched": watched.movies.len(), "minutes": minutes[0],
            "collected": movies, "ratings": rated(Kind::Movie), "comments": 0,
        },
        "shows": {
            "watched": watched.shows.len(), "collected": shows.len(),
            "ratings": rated(Kind::Show), "comments": 0,
        },
        "seasons": { "ratings": rated(Kind::Season), "comments": 0 },
        "episodes": {
            "plays": plays[1], "watched": watched.episodes.len(), "minutes": minutes[1],
            "collected": episodes, "ratings": rated(Kind::Episode), "comments": 0,
        },
        "network": { "friends": 0, "followers": 0, "following": 0 },
        "ratings": {
            "total": media.library.ratings.len(),
            "distribution": distribution.collect::<Map<_, _>>(),
        },
    }))
    .into_response()
}
