//! Taking a write: what a handler of one has in common with the others.

use actix_web::http::header::HeaderName;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use trakt_core::WriteId;
use trakt_core::scrobble::{Known, ScrobbleService, Wish, WriteKey, WriteState};
use utoipa::ToSchema;

use crate::blocking;
use crate::guard::Member;
use crate::http::Fields;
use crate::openapi::words;
use crate::problem::Problem;

/// draft-ietf-httpapi-idempotency-key-header-07.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A write that was taken.
#[derive(Serialize, ToSchema)]
#[schema(as = Taken)]
pub struct TakenView {
    #[schema(value_type = uuid::Uuid)]
    id: String,
    #[schema(value_type = words::WriteState)]
    state: &'static str,
}

/// The caller's word for the write, if it has one; with or without the quotes of RFC 8941.
pub fn key(request: &HttpRequest, fields: &mut Fields) -> Option<WriteKey> {
    let given = request.headers().get(&KEY)?;
    let text = given.to_str().unwrap_or_default();
    let key = match text.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"').and_then(WriteKey::parse),
        None => WriteKey::parse(text),
    };
    if key.is_none() {
        fields.wrong(
            "Idempotency-Key",
            "must be 1 to 128 visible ASCII characters without spaces",
        );
    }
    key
}

/// Keeps a write, and answers with what became of it.
pub async fn take(
    member: &Member,
    scrobbles: &ScrobbleService,
    wish: Wish,
    key: Option<WriteKey>,
) -> Result<HttpResponse, Problem> {
    let (id, state) = keep(member, scrobbles, wish, key).await?;
    Ok(HttpResponse::Accepted().json(TakenView {
        id: id.to_string(),
        state: state.as_str(),
    }))
}

/// Keeps a write. A thing that was never seen here is looked up at Trakt: apart from the rest, so
/// that a slow Trakt keeps nobody from writing.
pub async fn keep(
    member: &Member,
    scrobbles: &ScrobbleService,
    wish: Wish,
    key: Option<WriteKey>,
) -> Result<(WriteId, WriteState), Problem> {
    let user = member.user.id;
    let (service, sought) = (scrobbles.clone(), wish.clone());
    let mut known = blocking::database(move || service.find(user, &sought)).await?;
    if known == Known::Later {
        let (service, sought) = (scrobbles.clone(), wish.clone());
        let asked = blocking::trakt(move || Ok::<_, Problem>(service.look_up(&sought))).await;
        known = asked.unwrap_or(Known::Later);
    }
    let service = scrobbles.clone();
    blocking::database(move || service.accept(user, wish, key, known)).await
}
