//! `GET /trakt/ratings` and `/trakt/watchlist`.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::Serialize;
use trakt_core::watch::{
    ItemKind, Listed, Rated, RatingCursor, RatingsQuery, ReadService, WatchlistCursor,
    WatchlistQuery,
};
use utoipa::ToSchema;

use super::listing::{ListingView, answer, limit, micros, parse_micros};
use super::view::{ItemView, trakts};
use crate::blocking;
use crate::guard::Member;
use crate::http::Query;
use crate::openapi::words;
use crate::problem::Problem;

const BAD_CURSOR: &str = "must be a 'nextCursor' that this list gave";

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Rated)]
struct RatedView {
    #[schema(minimum = 1, maximum = 10)]
    rating: i16,
    rated_at: Option<DateTime<Utc>>,
    #[serde(flatten)]
    item: ItemView,
}

impl From<Rated> for RatedView {
    fn from(rated: Rated) -> Self {
        Self {
            rating: rated.rating,
            rated_at: rated.rated_at,
            item: rated.item.into(),
        }
    }
}

/// `GET /trakt/ratings?type&cursor&limit`: ratings, the newest first.
///
/// # Errors
/// 401, 422, 429, 503.
#[utoipa::path(
    get,
    path = "/trakt/ratings",
    operation_id = "ratings",
    tag = "Watched",
    summary = "The ratings",
    description = "The newest first.",
    params(
        ("type" = inline(Option<words::ItemKind>), Query, description = "Only of this kind"),
        ("cursor" = Option<String>, Query, pattern = r"^(-?[0-9]{1,16})?\.(movie|show|season|episode)\.-?[0-9]{1,18}$", description = "The `nextCursor` of the stretch before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "How many at the most; 50 without it"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the client has: 304 where it is still this"),
    ),
    responses(
        (status = 200, description = "Ratings", body = ListingView<RatedView>),
        (status = 304, description = "The client has just this"),
    ),
)]
pub async fn ratings(
    request: HttpRequest,
    member: Member,
    reads: Data<ReadService>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let kind = fields.optional("type", kind);
    let after = fields.optional("cursor", rating_cursor);
    let limit = limit(&mut fields);
    fields.finish()?;
    let query = RatingsQuery {
        user: member.user.id,
        kind,
        after,
        limit,
    };
    let listing = blocking::database(move || reads.ratings(&query)).await?;
    answer(&request, listing, RatedView::from, |place| {
        format!("{}.{}.{}", micros(place.rated_at), place.kind, place.id)
    })
}

fn rating_cursor(text: &str) -> Result<RatingCursor, &'static str> {
    let place = || {
        let mut parts = text.splitn(3, '.');
        let rated_at = parse_micros(parts.next()?)?;
        let kind = kind(parts.next()?).ok()?;
        let id = parts.next()?.parse().ok()?;
        Some(RatingCursor { rated_at, kind, id })
    };
    place().ok_or(BAD_CURSOR)
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Listed)]
struct ListedView {
    id: Option<i64>,
    rank: Option<i64>,
    listed_at: Option<DateTime<Utc>>,
    notes: Option<String>,
    #[serde(flatten)]
    item: ItemView,
}

impl From<Listed> for ListedView {
    fn from(listed: Listed) -> Self {
        Self {
            id: trakts(listed.id),
            rank: listed.rank,
            listed_at: listed.listed_at,
            notes: listed.notes,
            item: listed.item.into(),
        }
    }
}

/// `GET /trakt/watchlist?type&cursor&limit`: what the user means to watch, by rank.
///
/// # Errors
/// 401, 422, 429, 503.
#[utoipa::path(
    get,
    path = "/trakt/watchlist",
    operation_id = "watchlist",
    tag = "Watched",
    summary = "The watchlist",
    description = "By rank.",
    params(
        ("type" = inline(Option<words::ItemKind>), Query, description = "Only of this kind"),
        ("cursor" = Option<String>, Query, pattern = r"^(-?[0-9]{1,18})?\.-?[0-9]{1,18}$", description = "The `nextCursor` of the stretch before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "How many at the most; 50 without it"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the client has: 304 where it is still this"),
    ),
    responses(
        (status = 200, description = "What is listed", body = ListingView<ListedView>),
        (status = 304, description = "The client has just this"),
    ),
)]
pub async fn watchlist(
    request: HttpRequest,
    member: Member,
    reads: Data<ReadService>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let kind = fields.optional("type", kind);
    let after = fields.optional("cursor", watchlist_cursor);
    let limit = limit(&mut fields);
    fields.finish()?;
    let query = WatchlistQuery {
        user: member.user.id,
        kind,
        after,
        limit,
    };
    let listing = blocking::database(move || reads.watchlist(&query)).await?;
    answer(&request, listing, ListedView::from, |place| {
        let rank = place.rank.map(|rank| rank.to_string());
        format!("{}.{}", rank.unwrap_or_default(), place.id)
    })
}

fn watchlist_cursor(text: &str) -> Result<WatchlistCursor, &'static str> {
    let place = || {
        let (rank, id) = text.split_once('.')?;
        let rank = match rank {
            "" => None,
            rank => Some(rank.parse().ok()?),
        };
        let id = id.parse().ok()?;
        Some(WatchlistCursor { rank, id })
    };
    place().ok_or(BAD_CURSOR)
}

fn kind(text: &str) -> Result<ItemKind, &'static str> {
    let known = ItemKind::ALL.iter().copied();
    let mut found = known.filter(|kind| kind.as_str() == text);
    found
        .next()
        .ok_or("must be 'movie', 'show', 'season' or 'episode'")
}
