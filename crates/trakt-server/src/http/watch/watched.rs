//! `GET /trakt/watched/movies` and `/shows`: what was watched.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::Serialize;
use trakt_core::watch::{
    ById, HistoryCursor, ItemKind, ReadService, Watched, WatchedQuery, WatchedSeason,
};

use super::listing::{answer, limit, micros, place};
use super::view::ItemView;
use crate::blocking;
use crate::guard::Member;
use crate::http::Query;
use crate::problem::Problem;

/// How many ids may be asked for at once.
const IDS: usize = 200;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WatchedView {
    plays: u64,
    last_watched_at: Option<DateTime<Utc>>,
    #[serde(flatten)]
    item: ItemView,
    #[serde(flatten)]
    show: Option<ShowPartView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShowPartView {
    reset_at: Option<DateTime<Utc>>,
    seasons: Vec<SeasonView>,
}

#[derive(Serialize)]
struct SeasonView {
    number: i32,
    episodes: Vec<EpisodeView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EpisodeView {
    number: i32,
    plays: u64,
    last_watched_at: Option<DateTime<Utc>>,
}

impl From<Watched> for WatchedView {
    fn from(watched: Watched) -> Self {
        let is_show = watched.item.kind() == ItemKind::Show;
        let seasons = watched.seasons.into_iter();
        let part = ShowPartView {
            reset_at: watched.reset_at,
            seasons: seasons.map(SeasonView::from).collect(),
        };
        Self {
            plays: watched.plays,
            last_watched_at: watched.last_watched_at,
            item: watched.item.into(),
            show: is_show.then_some(part),
        }
    }
}

impl From<WatchedSeason> for SeasonView {
    fn from(season: WatchedSeason) -> Self {
        let episodes = season.episodes.into_iter();
        Self {
            number: season.number,
            episodes: episodes
                .map(|episode| EpisodeView {
                    number: episode.number,
                    plays: episode.plays,
                    last_watched_at: episode.last_watched_at,
                })
                .collect(),
        }
    }
}

/// `GET /trakt/watched/movies?ids&cursor&limit`: movies that were watched, those watched last first;
/// with `ids` all of those that were.
///
/// # Errors
/// 401, 422, 429, 503.
pub async fn movies(
    request: HttpRequest,
    member: Member,
    reads: Data<ReadService>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    watched(&request, &member, reads, query, ItemKind::Movie).await
}

/// `GET /trakt/watched/shows?ids&cursor&limit`: the same of shows, with their episodes.
///
/// # Errors
/// 401, 422, 429, 503.
pub async fn shows(
    request: HttpRequest,
    member: Member,
    reads: Data<ReadService>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    watched(&request, &member, reads, query, ItemKind::Show).await
}

async fn watched(
    request: &HttpRequest,
    member: &Member,
    reads: Data<ReadService>,
    query: Query,
    kind: ItemKind,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let among = fields.optional("ids", ids);
    let after = fields.optional("cursor", |text| {
        let (watched_at, id) = place(text)?;
        Ok::<_, &str>(HistoryCursor { watched_at, id })
    });
    let limit = limit(&mut fields);
    fields.finish()?;
    let query = WatchedQuery {
        user: member.user.id,
        kind,
        among,
        after,
        limit,
    };
    let listing = blocking::database(move || reads.watched(&query)).await?;
    answer(request, listing, WatchedView::from, |place| {
        format!("{}.{}", micros(place.watched_at), place.id)
    })
}

fn ids(text: &str) -> Result<Vec<ById>, String> {
    let ids: Option<Vec<ById>> = text.split(',').map(ById::parse).collect();
    let ids =
        ids.ok_or("must be ids such as 'tmdb:1,imdb:tt2', of trakt, slug, imdb, tmdb, tvdb")?;
    if ids.len() > IDS {
        return Err(format!("must be at most {IDS} ids"));
    }
    Ok(ids)
}
