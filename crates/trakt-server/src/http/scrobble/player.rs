//! `/trakt/scrobble`: what a player does.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use trakt_core::scrobble::{Deed, ScrobbleService, Wish};

use super::item::{PLAYABLE, item};
use super::take::{key, take};
use crate::guard::Member;
use crate::http::Body;
use crate::problem::Problem;

/// `POST /trakt/scrobble/start`: a player began, or goes on.
///
/// # Errors
/// 401, 409, 422, 429, 503.
pub async fn start(
    request: HttpRequest,
    member: Member,
    scrobbles: Data<ScrobbleService>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    played(&request, &member, &scrobbles, body, Deed::Start).await
}

/// `POST /trakt/scrobble/pause`: a player paused; its place is kept.
///
/// # Errors
/// 401, 409, 422, 429, 503.
pub async fn pause(
    request: HttpRequest,
    member: Member,
    scrobbles: Data<ScrobbleService>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    played(&request, &member, &scrobbles, body, Deed::Pause).await
}

/// `POST /trakt/scrobble/stop`: a player stopped. From 80 % on that is a play, below a pause.
///
/// # Errors
/// 401, 409, 422, 429, 503.
pub async fn stop(
    request: HttpRequest,
    member: Member,
    scrobbles: Data<ScrobbleService>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    played(&request, &member, &scrobbles, body, Deed::Stop).await
}

async fn played(
    request: &HttpRequest,
    member: &Member,
    scrobbles: &ScrobbleService,
    body: Body,
    deed: Deed,
) -> Result<HttpResponse, Problem> {
    let mut fields = body.0?;
    let key = key(request, &mut fields);
    // Trakt refuses a pause or a stop below it.
    let least = if deed == Deed::Start {
        0.0
    } else {
        Deed::LEAST
    };
    if !fields.has("progress") {
        fields.wrong("progress", "is required");
    }
    let progress = fields.real("progress", least, 100.0);
    let item = item(&mut fields, PLAYABLE);
    fields.finish()?;
    let (Some(item), Some(progress)) = (item, progress) else {
        return Err(Problem::internal());
    };
    let wish = Wish::Scrobble {
        deed,
        item,
        progress,
    };
    take(member, scrobbles, wish, key).await
}
