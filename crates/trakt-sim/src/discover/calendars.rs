//! `/calendars/my/{shows|movies}`: what comes out of what an account follows.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::call::{Signed, not_found, unprocessable};
use crate::catalogue::Item;
use crate::library::{ListName, Media, Section};
use crate::time::{DAY, date, iso, parse};
use crate::world::Shared;

const USUAL: u64 = 7;
/// Trakt gives no more days than this.
const MOST: u64 = 33;

pub(super) async fn this_week(
    State(sim): State<Shared>,
    Path(kind): Path<String>,
    signed: Signed,
) -> Response {
    let today = sim.world().now_ms() / DAY * DAY;
    calendar(&sim, &signed, &kind, today, USUAL)
}

pub(super) async fn week(
    State(sim): State<Shared>,
    Path((kind, start)): Path<(String, String)>,
    signed: Signed,
) -> Response {
    match parse(&start) {
        Some(start) => calendar(&sim, &signed, &kind, start, USUAL),
        None => unprocessable(),
    }
}

pub(super) async fn days(
    State(sim): State<Shared>,
    Path((kind, start, days)): Path<(String, String, String)>,
    signed: Signed,
) -> Response {
    match (parse(&start), days.parse()) {
        (Some(start), Ok(days)) => calendar(&sim, &signed, &kind, start, days),
        _ => unprocessable(),
    }
}

fn calendar(sim: &Shared, signed: &Signed, kind: &str, start: u64, days: u64) -> Response {
    let days = start..start.saturating_add(days.min(MOST) * DAY);
    let mut world = sim.world();
    let mut media = signed.reads(&mut world);
    let mut found: Vec<(u64, Item)> = match kind {
        "shows" => {
            let shows = followed(&mut media).into_iter();
            let episodes = shows.flat_map(|show| media.catalogue.episodes(show));
            episodes
                .map(|episode| (media.catalogue.first_aired(episode), Item::Episode(episode)))
                .filter(|(at, _)| days.contains(at))
                .collect()
        }
        "movies" => {
            let listed = media.library.list(ListName::Watchlist).entries.iter();
            let listed = listed.map(|entry| entry.item);
            let mut movies: BTreeSet<Item> = listed.collect();
            movies.extend(media.library.collection.keys());
            movies.retain(|item| matches!(item, Item::Movie(_)));
            movies
                .into_iter()
                .map(|item| (media.catalogue.out(item), item))
                .filter(|(at, _)| days.contains(at))
                .collect()
        }
        _ => return not_found(),
    };
    found.retain(|(_, item)| !media.library.is_hidden(Section::Calendar, *item));
    found.sort_unstable();
    let write = |(at, item): &(u64, Item)| {
        let mut entry = media
            .catalogue
            .entry(*item, signed.params.detail(), media.now);
        if let Some(fields) = entry.as_object_mut() {
            fields.remove("type");
        }
        match item {
            Item::Movie(_) => entry["released"] = json!(date(*at)),
            _ => entry["first_aired"] = json!(iso(*at)),
        }
        entry
    };
    Json(found.iter().map(write).collect::<Vec<Value>>()).into_response()
}

/// Shows that were watched, collected or listed, without those dropped or hidden here.
fn followed(media: &mut Media<'_>) -> BTreeSet<u32> {
    let watched = media.library.watched(media.catalogue);
    let mut shows: BTreeSet<u32> = watched.shows.keys().copied().collect();
    for item in media.library.collection.keys() {
        if let Item::Episode(episode) = item {
            shows.insert(media.catalogue.show_of(*episode));
        }
    }
    for entry in &media.library.list(ListName::Watchlist).entries {
        if let Item::Show(show) = entry.item {
            shows.insert(show);
        }
    }
    shows.retain(|show| {
        let hidden = |section| media.library.is_hidden(section, Item::Show(*show));
        !hidden(Section::Dropped) && !hidden(Section::Calendar)
    });
    shows
}
