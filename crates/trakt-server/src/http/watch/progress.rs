//! `GET /trakt/progress`: what to go on with, and how far the user is in a show.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::Serialize;
use trakt_core::watch::{
    ProgressCursor, ProgressKind, ProgressQuery, ReadService, SeasonProgress, SeenEpisode,
    ShowProgress, TitleName, ToWatch,
};
use utoipa::ToSchema;

use super::listing::{ListingView, answer, limit, micros, one, parse_micros};
use super::view::{IdsView, ItemView, MediaView};
use crate::blocking;
use crate::guard::Member;
use crate::http::Query;
use crate::openapi::words;
use crate::problem::Problem;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ToWatch)]
struct ToWatchView {
    #[schema(value_type = words::ProgressKind)]
    kind: &'static str,
    #[serde(flatten)]
    item: ItemView,
    #[schema(minimum = 0, maximum = 100)]
    progress: f64,
    left: Option<u32>,
    last_watched_at: Option<DateTime<Utc>>,
}

impl From<ToWatch> for ToWatchView {
    fn from(item: ToWatch) -> Self {
        Self {
            kind: item.kind.as_str(),
            item: item.item.into(),
            progress: item.progress,
            left: item.left,
            last_watched_at: item.last_watched_at,
        }
    }
}

/// `GET /trakt/progress?cursor&limit`: where players stopped and the next episodes of shows, the
/// newest first, from our own database alone.
///
/// # Errors
/// 401, 422, 429, 503.
#[utoipa::path(
    get,
    path = "/trakt/progress",
    operation_id = "progress",
    tag = "Watched",
    summary = "What to go on with",
    description = "Where players stopped, and the next episodes of shows, the newest first.",
    params(
        ("cursor" = Option<String>, Query, pattern = r"^(-?[0-9]{1,16})?\.(resume|next)\.-?[0-9]{1,18}$", description = "The `nextCursor` of the stretch before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "How many at the most; 50 without it"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the client has: 304 where it is still this"),
    ),
    responses(
        (status = 200, description = "What to go on with", body = ListingView<ToWatchView>),
        (status = 304, description = "The client has just this"),
    ),
)]
pub async fn progress(
    request: HttpRequest,
    member: Member,
    reads: Data<ReadService>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let after = fields.optional("cursor", parse_cursor);
    let limit = limit(&mut fields);
    fields.finish()?;
    let query = ProgressQuery {
        user: member.user.id,
        after,
        limit,
    };
    let listing = blocking::database(move || reads.progress(&query)).await?;
    answer(&request, listing, ToWatchView::from, cursor)
}

fn cursor(place: &ProgressCursor) -> String {
    format!("{}.{}.{}", micros(place.at), place.kind, place.id)
}

fn parse_cursor(text: &str) -> Result<ProgressCursor, &'static str> {
    let place = || {
        let mut parts = text.splitn(3, '.');
        let at = parse_micros(parts.next()?)?;
        let word = parts.next()?;
        let kind = ProgressKind::ALL.iter().find(|kind| kind.as_str() == word);
        let id = parts.next()?.parse().ok()?;
        let kind = *kind?;
        Some(ProgressCursor { at, kind, id })
    };
    place().ok_or("must be a 'nextCursor' that this list gave")
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShowProgress)]
struct ShowView {
    show: MediaView,
    aired: usize,
    completed: usize,
    left: usize,
    last_watched_at: Option<DateTime<Utc>>,
    reset_at: Option<DateTime<Utc>>,
    next_episode: Option<MediaView>,
    seasons: Vec<SeasonView>,
    as_of: Option<DateTime<Utc>>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SeasonProgress)]
struct SeasonView {
    number: i32,
    aired: usize,
    completed: usize,
    episodes: Vec<EpisodeView>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EpisodeProgress)]
struct EpisodeView {
    number: i32,
    title: Option<String>,
    ids: IdsView,
    completed: bool,
    plays: u32,
    last_watched_at: Option<DateTime<Utc>>,
}

impl From<ShowProgress> for ShowView {
    fn from(show: ShowProgress) -> Self {
        Self {
            show: show.show.into(),
            aired: show.aired,
            completed: show.completed,
            left: show.aired - show.completed,
            last_watched_at: show.last_watched_at,
            reset_at: show.reset_at,
            next_episode: show.next.map(MediaView::from),
            seasons: show.seasons.into_iter().map(SeasonView::from).collect(),
            as_of: show.as_of,
        }
    }
}

impl From<SeasonProgress> for SeasonView {
    fn from(season: SeasonProgress) -> Self {
        Self {
            number: season.number,
            aired: season.episodes.len(),
            completed: season.completed(),
            episodes: season.episodes.into_iter().map(EpisodeView::from).collect(),
        }
    }
}

impl From<(SeenEpisode, bool)> for EpisodeView {
    fn from((seen, completed): (SeenEpisode, bool)) -> Self {
        Self {
            number: seen.episode.number,
            title: seen.episode.title,
            ids: seen.episode.ids.into(),
            completed,
            plays: seen.plays,
            last_watched_at: seen.last_watched_at,
        }
    }
}

/// `GET /trakt/progress/shows/{id}`: how far the user is in a show, named by Trakt's number or word.
///
/// # Errors
/// 401, 404, 422, 429, 503.
#[utoipa::path(
    get,
    path = "/trakt/progress/shows/{id}",
    operation_id = "showProgress",
    tag = "Watched",
    summary = "How far the user is in a show",
    description = "404 where the show was never watched, or its episodes are not known yet.",
    params(
        ("id" = String, Path, pattern = "^[a-z0-9_-]{1,200}$", description = "Trakt's number or word"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the client has: 304 where it is still this"),
    ),
    responses(
        (status = 200, description = "The show with its episodes", body = ShowView),
        (status = 304, description = "The client has just this"),
    ),
)]
pub async fn show(
    request: HttpRequest,
    member: Member,
    reads: Data<ReadService>,
    id: Path<String>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    query.0.finish()?;
    let name = TitleName::parse(&id).ok_or_else(Problem::not_found)?;
    let user = member.user.id;
    let found = blocking::database(move || reads.show(user, &name)).await?;
    let show = found.ok_or_else(Problem::not_found)?;
    one(&request, &ShowView::from(show))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        for kind in ProgressKind::ALL.iter().copied() {
            for at in [None, DateTime::from_timestamp_micros(1_788_300_000_123_456)] {
                let place = ProgressCursor { at, kind, id: -7 };
                assert_eq!(parse_cursor(&cursor(&place)), Ok(place));
            }
        }
        for bad in [
            "",
            "1",
            "1.next",
            "1.other.1",
            "x.next.1",
            "1.next.x",
            "1.next.1.1",
        ] {
            assert!(parse_cursor(bad).is_err(), "{bad}");
        }
    }
}
