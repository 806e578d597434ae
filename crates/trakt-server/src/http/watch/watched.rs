//! `GET /trakt/watched/movies` and `/shows`: what was watched.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::Serialize;
use trakt_core::watch::{
    ById, HistoryCursor, ItemKind, ReadService, Watched, WatchedQuery, WatchedSeason,
};
use utoipa::ToSchema;

use super::listing::{ListingView, answer, limit, micros, place};
use super::view::ItemView;
use crate::blocking;
use crate::guard::Member;
use crate::http::Query;
use crate::openapi::input;
use crate::problem::Problem;

/// How many ids may be asked for at once.
const IDS: usize = 200;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Watched)]
struct WatchedView {
    plays: u64,
    last_watched_at: Option<DateTime<Utc>>,
    #[serde(flatten)]
    item: ItemView,
    /// Of a show: since when it is watched anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DateTime<Utc>>, required = false)]
    reset_at: Option<Option<DateTime<Utc>>>,
    /// Of a show: what was watched of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    seasons: Option<Vec<SeasonView>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = WatchedSeason)]
struct SeasonView {
    number: i32,
    episodes: Vec<EpisodeView>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WatchedEpisode)]
struct EpisodeView {
    number: i32,
    plays: u64,
    last_watched_at: Option<DateTime<Utc>>,
}

impl From<Watched> for WatchedView {
    fn from(watched: Watched) -> Self {
        let is_show = watched.item.kind() == ItemKind::Show;
        let seasons = watched.seasons.into_iter().map(SeasonView::from);
        Self {
            plays: watched.plays,
            last_watched_at: watched.last_watched_at,
            item: watched.item.into(),
            reset_at: is_show.then_some(watched.reset_at),
            seasons: is_show.then(|| seasons.collect()),
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
#[utoipa::path(
    get,
    path = "/trakt/watched/movies",
    operation_id = "watchedMovies",
    tag = "Watched",
    summary = "The movies that were watched",
    description = "Those watched last first.",
    params(
        ("ids" = inline(Option<input::ThingIds>), Query, description = "Only these, at most 200: `tmdb:1,imdb:tt2`, of trakt, slug, imdb, tmdb, tvdb"),
        ("cursor" = Option<String>, Query, pattern = r"^(-?[0-9]{1,16})?\.-?[0-9]{1,18}$", description = "The `nextCursor` of the stretch before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "How many at the most; 50 without it"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the client has: 304 where it is still this"),
    ),
    responses(
        (status = 200, description = "Movies", body = ListingView<WatchedView>),
        (status = 304, description = "The client has just this"),
    ),
)]
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
#[utoipa::path(
    get,
    path = "/trakt/watched/shows",
    operation_id = "watchedShows",
    tag = "Watched",
    summary = "The shows that were watched",
    description = "Those watched last first, with their episodes.",
    params(
        ("ids" = inline(Option<input::ThingIds>), Query, description = "Only these, at most 200: `tmdb:1,imdb:tt2`, of trakt, slug, imdb, tmdb, tvdb"),
        ("cursor" = Option<String>, Query, pattern = r"^(-?[0-9]{1,16})?\.-?[0-9]{1,18}$", description = "The `nextCursor` of the stretch before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "How many at the most; 50 without it"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the client has: 304 where it is still this"),
    ),
    responses(
        (status = 200, description = "Shows", body = ListingView<WatchedView>),
        (status = 304, description = "The client has just this"),
    ),
)]
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
