//! `/trakt/auth/device` and `/trakt/association`: a user's own link.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use chrono::{DateTime, Utc};
use serde::Serialize;
use trakt_core::FlowHandle;
use trakt_core::link::{CheckLink, Link, LinkProgress, LinkService, StartLink, StartedLink};
use trakt_core::token::Revoker;

use super::{Body, Fields, Query};
use crate::blocking;
use crate::guard::{Bearer, Member};
use crate::problem::{Problem, retry_seconds};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LinkedView {
    success: bool,
    trakt_username: Option<String>,
    trakt_slug: String,
}

#[derive(Serialize)]
struct PendingView {
    success: bool,
    pending: bool,
}

/// How a link stands, as `GET /trakt/association` shows it.
#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct AssociationView {
    associated: bool,
    trakt_username: Option<String>,
    trakt_slug: Option<String>,
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
        LinkProgress::Linked(link) => no_store().json(LinkedView {
            success: true,
            trakt_username: link.username,
            trakt_slug: link.slug.to_string(),
        }),
        LinkProgress::Pending(wait) => no_store()
            .insert_header((header::RETRY_AFTER, retry_seconds(wait)))
            .json(PendingView {
                success: false,
                pending: true,
            }),
    })
}

/// `GET /trakt/association`: how the user's link stands, from one query.
///
/// # Errors
/// 401, 429, 503.
pub async fn association(user: Bearer, links: Data<LinkService>) -> Result<HttpResponse, Problem> {
    let link = blocking::database(move || links.association(user.0)).await?;
    Ok(no_store().json(link.map(AssociationView::from).unwrap_or_default()))
}

/// `DELETE /trakt/association?data`: ends the link, whatever Trakt does. What is held of the user's
/// data stays (`keep`), or goes with it (`purge`), also where there is no link any more.
///
/// # Errors
/// 401, 422, 429, 503.
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
    if (1..=256).contains(&text.len()) {
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
