//! `/trakt/sync`: reading what the user watches at Trakt.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use serde::Serialize;
use trakt_core::watch::{HeldChange, Part, PullPhase, PullProgress, PullState, WatchService};
use utoipa::ToSchema;

use crate::blocking;
use crate::guard::Member;
use crate::http::Body;
use crate::openapi::{input, words};
use crate::problem::Problem;

#[derive(Serialize, ToSchema)]
#[schema(as = Asked)]
struct AskedView {
    #[schema(value_type = words::PullPhase)]
    state: &'static str,
}

/// How reading a user's data stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Sync)]
pub struct SyncView {
    #[schema(value_type = words::PullPhase)]
    state: &'static str,
    last_started_at: Option<DateTime<Utc>>,
    last_finished_at: Option<DateTime<Utc>>,
    next_run_at: Option<DateTime<Utc>>,
    counts: CountsView,
    reason: Option<String>,
    held: Vec<HeldView>,
    progress: Option<ProgressView>,
}

/// How far the pull is that is under way.
#[derive(Serialize, ToSchema)]
#[schema(as = SyncProgress)]
struct ProgressView {
    #[schema(value_type = words::Part)]
    part: &'static str,
    rows: u64,
}

impl From<PullProgress> for ProgressView {
    fn from(progress: PullProgress) -> Self {
        Self {
            part: progress.part.as_str(),
            rows: progress.rows,
        }
    }
}

/// Changes that wait for `{"confirm":true}`, with what they would do.
#[derive(Serialize, ToSchema)]
#[schema(as = HeldChange)]
struct HeldView {
    side: String,
    part: String,
    adds: u64,
    removes: u64,
    of: u64,
}

impl From<HeldChange> for HeldView {
    fn from(change: HeldChange) -> Self {
        Self {
            side: change.side,
            part: change.part,
            adds: change.adds,
            removes: change.removes,
            of: change.of,
        }
    }
}

/// How many there were when they were last read as a whole; null where they never were.
#[derive(Serialize, ToSchema, Default)]
#[serde(rename_all = "camelCase")]
#[schema(as = SyncCounts)]
struct CountsView {
    movie_plays: Option<u64>,
    episode_plays: Option<u64>,
    shows: Option<u64>,
    playback: Option<u64>,
    movie_ratings: Option<u64>,
    show_ratings: Option<u64>,
    season_ratings: Option<u64>,
    episode_ratings: Option<u64>,
    watchlist: Option<u64>,
    hidden: Option<u64>,
    dropped: Option<u64>,
}

impl CountsView {
    fn of(counts: &[(Part, u64)]) -> Self {
        let count = |part| {
            counts
                .iter()
                .find(|(of, _)| *of == part)
                .map(|(_, rows)| *rows)
        };
        Self {
            movie_plays: count(Part::MoviePlays),
            episode_plays: count(Part::EpisodePlays),
            shows: count(Part::Shows),
            playback: count(Part::Playback),
            movie_ratings: count(Part::MovieRatings),
            show_ratings: count(Part::ShowRatings),
            season_ratings: count(Part::SeasonRatings),
            episode_ratings: count(Part::EpisodeRatings),
            watchlist: count(Part::Watchlist),
            hidden: count(Part::Hidden),
            dropped: count(Part::Dropped),
        }
    }
}

impl From<Option<PullState>> for SyncView {
    fn from(state: Option<PullState>) -> Self {
        let Some(state) = state else {
            return Self {
                state: PullPhase::Idle.as_str(),
                last_started_at: None,
                last_finished_at: None,
                next_run_at: None,
                counts: CountsView::default(),
                reason: None,
                held: Vec::new(),
                progress: None,
            };
        };
        Self {
            state: state.phase.as_str(),
            last_started_at: state.started_at,
            last_finished_at: state.finished_at,
            next_run_at: state.next_at,
            counts: CountsView::of(&state.counts),
            reason: state.reason,
            held: state.held.into_iter().map(HeldView::from).collect(),
            progress: state.progress.map(ProgressView::from),
        }
    }
}

/// How the data of a user stands, as one line of JSON.
///
/// # Errors
/// 500, which cannot happen with what is in it.
pub fn text(state: Option<PullState>) -> Result<Arc<str>, Problem> {
    let text = serde_json::to_string(&SyncView::from(state));
    text.map(Arc::from).map_err(|_| Problem::internal())
}

/// `POST /trakt/sync`: asks for a pull, which begins as soon as a worker is free. One that is under
/// way is joined. With `{"confirm":true}` everything that is held back is meant.
///
/// # Errors
/// 401, 409, 422, 429, 503.
#[utoipa::path(
    post,
    path = "/trakt/sync",
    operation_id = "askSync",
    tag = "Sync",
    summary = "Read at Trakt now",
    description = "Begins as soon as a worker is free; joins a reading that is under way. With `confirm` the changes are meant that are held back.",
    request_body = Option<input::Ask>,
    responses(
        (status = 202, description = "It is queued", body = AskedView),
    ),
)]
pub async fn ask(
    member: Member,
    watch: Data<WatchService>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut fields = body.0?;
    let confirm = fields.flag("confirm");
    fields.finish()?;
    blocking::database(move || watch.ask(member.user.id, confirm)).await?;
    let state = PullPhase::Queued.as_str();
    Ok(HttpResponse::Accepted().json(AskedView { state }))
}

/// `GET /trakt/sync`: how reading the user's data stands.
///
/// # Errors
/// 401, 429, 503.
#[utoipa::path(
    get,
    path = "/trakt/sync",
    operation_id = "sync",
    tag = "Sync",
    summary = "How reading stands",
    description = "With what is held of each part, and the changes that wait for a word.",
    responses(
        (status = 200, description = "How it stands", body = SyncView),
    ),
)]
pub async fn state(member: Member, watch: Data<WatchService>) -> Result<HttpResponse, Problem> {
    let state = blocking::database(move || watch.state(member.user.id)).await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(SyncView::from(state)))
}
