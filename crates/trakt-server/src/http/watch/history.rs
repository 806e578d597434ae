//! `GET /trakt/history`: the user's plays.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};
use serde::Serialize;
use trakt_core::watch::{HistoryCursor, HistoryQuery, ItemKind, Play, ReadService};
use utoipa::ToSchema;

use super::listing::{ListingView, answer, limit, micros, place};
use super::view::{ItemView, trakts};
use crate::blocking;
use crate::guard::Member;
use crate::http::{Query, moment};
use crate::openapi::words;
use crate::problem::Problem;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Play)]
struct PlayView {
    /// Null of a play that Trakt has not confirmed yet.
    id: Option<i64>,
    watched_at: Option<DateTime<Utc>>,
    action: Option<String>,
    #[serde(flatten)]
    item: ItemView,
}

impl From<Play> for PlayView {
    fn from(play: Play) -> Self {
        Self {
            id: trakts(play.id),
            watched_at: play.watched_at,
            action: play.action,
            item: play.item.into(),
        }
    }
}

/// `GET /trakt/history?type&since&until&cursor&limit`: plays, the newest first, from our own
/// database alone. `since` is in, `until` is out.
///
/// # Errors
/// 401, 422, 429, 503.
#[utoipa::path(
    get,
    path = "/trakt/history",
    operation_id = "history",
    tag = "Watched",
    summary = "The plays",
    description = "The newest first, from this database alone.",
    params(
        ("type" = inline(Option<words::PlayableKind>), Query, description = "Only of this kind"),
        ("since" = Option<DateTime<Utc>>, Query, description = "From this moment on"),
        ("until" = Option<DateTime<Utc>>, Query, description = "Before this moment"),
        ("cursor" = Option<String>, Query, pattern = r"^(-?[0-9]{1,16})?\.-?[0-9]{1,18}$", description = "The `nextCursor` of the stretch before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "How many at the most; 50 without it"),
        ("If-None-Match" = Option<String>, Header, description = "The `ETag` of what the client has: 304 where it is still this"),
    ),
    responses(
        (status = 200, description = "Plays", body = ListingView<PlayView>),
        (status = 304, description = "The client has just this"),
    ),
)]
pub async fn history(
    request: HttpRequest,
    member: Member,
    reads: Data<ReadService>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let kind = fields.optional("type", kind);
    let since = fields.optional("since", moment);
    let until = fields.optional("until", moment);
    let after = fields.optional("cursor", parse_cursor);
    let limit = limit(&mut fields);
    fields.finish()?;
    let query = HistoryQuery {
        user: member.user.id,
        kind,
        since,
        until,
        after,
        limit,
    };
    let listing = blocking::database(move || reads.history(&query)).await?;
    answer(&request, listing, PlayView::from, cursor)
}

fn kind(text: &str) -> Result<ItemKind, &'static str> {
    match text {
        "movie" => Ok(ItemKind::Movie),
        "episode" => Ok(ItemKind::Episode),
        _ => Err("must be 'movie' or 'episode'"),
    }
}

fn cursor(place: &HistoryCursor) -> String {
    format!("{}.{}", micros(place.watched_at), place.id)
}

fn parse_cursor(text: &str) -> Result<HistoryCursor, &'static str> {
    let (watched_at, id) = place(text)?;
    Ok(HistoryCursor { watched_at, id })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        for watched_at in [
            None,
            DateTime::from_timestamp_micros(-1_788_300_000_123_456),
        ] {
            let place = HistoryCursor {
                watched_at,
                id: i64::MAX,
            };
            assert_eq!(parse_cursor(&cursor(&place)), Ok(place));
        }
        for bad in [
            "",
            ".",
            "1",
            "1.",
            "x.1",
            "1.x",
            "1.1.1",
            "9999999999999999999.1",
        ] {
            assert!(parse_cursor(bad).is_err(), "{bad}");
        }
    }
}
