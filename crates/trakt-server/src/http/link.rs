//! `/trakt/auth/device` and `/trakt/association`: a user's own link.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use serde::Serialize;
use trakt_core::FlowHandle;
use trakt_core::link::{CheckLink, Link, LinkProgress, LinkService, StartLink, StartedLink};
use trakt_core::token::Revoker;
use utoipa::ToSchema;

use super::{Body, Fields, Query};
use crate::blocking;
use crate::guard::{Bearer, Member};
use crate::openapi::{input, words};
use crate::problem::{Problem, retry_seconds};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StartedFlow)]
struct StartedView {
    success: bool,
    code_url: String,
    user_code: String,
    device_code: String,
    expires_in: u64,
    interval: u64,
}

impl From<StartedLink> for StartedView {
    fn from(started: StartedLink) -> Self {
        Self {
            success: true,
            code_url: started.verification_url,
            user_code: started.user_code,
            device_code: started.handle.expose().to_owned(),
            expires_in: retry_seconds(started.expires_in),
            interval: retry_seconds(started.interval),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LinkedFlow)]
struct LinkedView {
    #[schema(value_type = words::Yes)]
    success: bool,
    trakt_username: Option<String>,
    trakt_slug: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PendingFlow)]
struct PendingView {
    #[schema(value_type = words::No)]
    success: bool,
    #[schema(value_type = words::Yes)]
    pending: bool,
}

/// How a check ends that is no error.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = CheckedFlow)]
enum CheckedView {
    Linked(LinkedView),
    Pending(PendingView),
}

/// How a link stands, as `GET /trakt/association` shows it.
#[derive(Serialize, ToSchema, Default)]
#[serde(rename_all = "camelCase")]
#[schema(as = Association)]
struct AssociationView {
    associated: bool,
    trakt_username: Option<String>,
    trakt_slug: Option<String>,
    #[schema(value_type = Option<words::LinkStatus>)]
    status: Option<&'static str>,
    status_since: Option<DateTime<Utc>>,
    reason: Option<String>,
    advice: Option<&'static str>,
    linked_at: Option<DateTime<Utc>>,
    token_expires_at: Option<DateTime<Utc>>,
    last_synced_at: Option<DateTime<Utc>>,
}

impl From<Link> for AssociationView {
    fn from(link: Link) -> Self {
        let advice = link.advice();
        Self {
            associated: true,
            trakt_username: link.username,
            trakt_slug: Some(link.slug.to_string()),
            status: Some(link.status.as_str()),
            status_since: Some(link.status_since),
            advice,
            reason: link.reason,
            linked_at: link.linked_at,
            token_expires_at: link.token_expires_at,
            last_synced_at: link.last_synced_at,
        }
    }
}

/// `POST /trakt/auth/device`: starts a device flow (RFC 8628 section 3.1).
///
/// # Errors
/// 401, 422, 429, 503.
#[utoipa::path(
    post,
    path = "/trakt/auth/device",
    operation_id = "startLink",
    tag = "Link",
    summary = "Start to link an account",
    description = "Starts a device flow (RFC 8628 section 3.1): a code for the person to type at Trakt, and a handle to check with. It ends an open flow of the same user.",
    request_body = Option<input::StartFlow>,
    responses(
        (status = 200, description = "A code for the person", body = StartedView),
    ),
)]
pub async fn start(
    member: Member,
    links: Data<LinkService>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut fields = body.0?;
    let replace = fields.flag("replace");
    fields.finish()?;
    let cmd = StartLink {
        user: member.user.id,
        replace,
        stamp: member.stamp,
    };
    let started = blocking::trakt(move || links.start(&cmd)).await?;
    Ok(no_store().json(StartedView::from(started)))
}

/// `POST /trakt/auth/device/check`: takes the flow a step on (RFC 8628 section 3.4).
///
/// # Errors
/// 401, 403, 404, 409, 410, 422, 429, 503.
#[utoipa::path(
    post,
    path = "/trakt/auth/device/check",
    operation_id = "checkLink",
    tag = "Link",
    summary = "Has the person approved?",
    description = "Takes the flow a step on (RFC 8628 section 3.4), and links once it is approved. A check sooner than `interval` is answered as pending, without a call to Trakt.",
    request_body = input::CheckFlow,
    responses(
        (status = 200, description = "Linked (`success` is true), or still pending", body = CheckedView),
    ),
)]
pub async fn check(
    member: Member,
    links: Data<LinkService>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut fields = body.0?;
    let handle = fields.required("deviceCode", device_code);
    fields.finish()?;
    let handle = handle.ok_or_else(Problem::internal)?;
    let cmd = CheckLink {
        user: member.user.id,
        handle,
        stamp: member.stamp,
    };
    Ok(match blocking::trakt(move || links.check(&cmd)).await? {
        LinkProgress::Linked(link) => no_store().json(CheckedView::Linked(LinkedView {
            success: true,
            trakt_username: link.username,
            trakt_slug: link.slug.to_string(),
        })),
        LinkProgress::Pending(wait) => no_store()
            .insert_header((header::RETRY_AFTER, retry_seconds(wait)))
            .json(CheckedView::Pending(PendingView {
                success: false,
                pending: true,
            })),
    })
}

/// `GET /trakt/association`: how the user's link stands, from one query.
///
/// # Errors
/// 401, 429, 503.
#[utoipa::path(
    get,
    path = "/trakt/association",
    operation_id = "association",
    tag = "Link",
    summary = "How the link stands",
    description = "Also without one: then `associated` is false, and the rest is null.",
    responses(
        (status = 200, description = "The link", body = AssociationView),
    ),
)]
pub async fn association(user: Bearer, links: Data<LinkService>) -> Result<HttpResponse, Problem> {
    let link = blocking::database(move || links.association(user.0)).await?;
    Ok(no_store().json(link.map(AssociationView::from).unwrap_or_default()))
}

/// `DELETE /trakt/association?data`: ends the link, whatever Trakt does. What is held of the user's
/// data stays (`keep`), or goes with it (`purge`), also where there is no link any more.
///
/// # Errors
/// 401, 422, 429, 503.
#[utoipa::path(
    delete,
    path = "/trakt/association",
    operation_id = "unlink",
    tag = "Link",
    summary = "End the link",
    description = "Whatever Trakt does: the tokens are wiped here, and revoked there. Also where there is no link.",
    params(
        ("data" = inline(Option<words::Data>), Query, description = "What becomes of what is held of the user's data: it stays (`keep`, also without this), or goes (`purge`)"),
    ),
    responses(
        (status = 204, description = "There is no link any more"),
    ),
)]
pub async fn unlink(
    member: Member,
    links: Data<LinkService>,
    revoker: Data<Revoker>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let purge = purge(&mut fields);
    fields.finish()?;
    let user = member.user.id;
    let held = blocking::unlink(purge, move || links.unlink(user, purge, &member.stamp)).await?;
    blocking::revoke(&revoker, held).await;
    Ok(HttpResponse::NoContent().finish())
}

/// Reads what is to become of the data of a link that ends: `data`, which is `keep` without it.
pub fn purge(fields: &mut Fields) -> bool {
    let purge = fields.optional("data", |word| match word {
        "keep" => Ok(false),
        "purge" => Ok(true),
        _ => Err("must be 'keep' or 'purge'"),
    });
    purge.unwrap_or(false)
}

fn device_code(text: &str) -> Result<FlowHandle, &'static str> {
    if (1..=256).contains(&text.chars().count()) {
        Ok(FlowHandle::from(text.to_owned()))
    } else {
        Err("must be the 'deviceCode' that the start of the flow gave")
    }
}

/// 200 that no cache may keep: it holds codes, or changes from one moment to the next.
fn no_store() -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    response
}
