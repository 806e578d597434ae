//! `/trakt/admin`: the links of others.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use chrono::{DateTime, Utc};
use serde::Serialize;
use trakt_core::admin::{AdminService, Associate, AssociationRecord};
use trakt_core::link::LinkStatus;
use trakt_core::ports::AssociationQuery;
use trakt_core::token::Revoker;
use trakt_core::user::{Email, InvalidEmail};
use trakt_core::{LinkId, Page, PageRequest, TraktSlug, UserId};
use utoipa::ToSchema;
use uuid::Uuid;

use super::link::purge;
use super::{Body, Fields, Query};
use crate::blocking;
use crate::guard::Admin;
use crate::openapi::{input, words};
use crate::problem::Problem;

#[derive(Serialize, ToSchema)]
#[schema(as = Associated)]
struct AssociatedView {
    success: bool,
    association: AssociatedLink,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AssociatedLink)]
struct AssociatedLink {
    id: Uuid,
    trakt_slug: String,
    user_email: String,
}

/// One page of a list of an operator's.
#[derive(Serialize, ToSchema)]
#[schema(as = Page)]
pub struct ListView<V> {
    items: Vec<V>,
    page: u32,
    limit: u32,
    total: i64,
}

impl<V> ListView<V> {
    /// The page with its items as `view` shows them.
    pub fn from<T>(page: Page<T>, view: impl FnMut(T) -> V) -> Self {
        Self {
            page: page.request.page(),
            limit: page.request.limit(),
            total: page.total,
            items: page.items.into_iter().map(view).collect(),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AdminAssociation)]
struct AssociationView {
    id: Uuid,
    user_id: Option<Uuid>,
    user_email: Option<String>,
    trakt_slug: String,
    trakt_username: Option<String>,
    #[schema(value_type = words::LinkStatus)]
    status: &'static str,
    status_since: DateTime<Utc>,
    reason: Option<String>,
    advice: Option<&'static str>,
    linked_at: Option<DateTime<Utc>>,
    token_expires_at: Option<DateTime<Utc>>,
    last_synced_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<AssociationRecord> for AssociationView {
    fn from(record: AssociationRecord) -> Self {
        let link = record.link;
        let advice = link.advice();
        Self {
            id: link.id.uuid(),
            user_id: link.user.map(UserId::uuid),
            user_email: record.user_email.map(|email| email.to_string()),
            trakt_slug: link.slug.to_string(),
            trakt_username: link.username,
            status: link.status.as_str(),
            status_since: link.status_since,
            advice,
            reason: link.reason,
            linked_at: link.linked_at,
            token_expires_at: link.token_expires_at,
            last_synced_at: link.last_synced_at,
            created_at: record.created_at,
        }
    }
}

/// `POST /trakt/admin/associate`: gives an account to a user, without tokens.
///
/// # Errors
/// 401, 403, 404, 409, 422, 429, 503.
#[utoipa::path(
    post,
    path = "/trakt/admin/associate",
    operation_id = "associate",
    tag = "Admin",
    summary = "Claim an account for a user",
    description = "Without tokens: the link is `unverified` until its user approves it. The slug has to exist at Trakt. The same once more is the same answer.",
    request_body = input::Associate,
    responses(
        (status = 200, description = "The claim", body = AssociatedView),
    ),
)]
pub async fn associate(
    admin: Admin,
    service: Data<AdminService>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut fields = body.0?;
    let slug = fields.required("traktSlug", TraktSlug::parse);
    let email = fields.required("userEmail", email);
    let replace = fields.flag("replace");
    fields.finish()?;
    let (Some(slug), Some(email)) = (slug, email) else {
        return Err(Problem::internal());
    };
    let user_email = email.to_string();
    let cmd = Associate {
        slug,
        email,
        replace,
        stamp: admin.stamp,
    };
    let link = blocking::trakt(move || service.associate(&cmd)).await?;
    Ok(HttpResponse::Ok().json(AssociatedView {
        success: true,
        association: AssociatedLink {
            id: link.id.uuid(),
            trakt_slug: link.slug.to_string(),
            user_email,
        },
    }))
}

/// An address as it is: a program has no reason to send spaces around it.
fn email(text: &str) -> Result<Email, InvalidEmail> {
    match text.trim() == text {
        true => Email::parse(text),
        false => Err(InvalidEmail),
    }
}

/// `GET /trakt/admin/associations?status&q&page&limit`: links, by slug.
///
/// # Errors
/// 401, 403, 422, 429, 503.
#[utoipa::path(
    get,
    path = "/trakt/admin/associations",
    operation_id = "associations",
    tag = "Admin",
    summary = "All links",
    description = "By slug.",
    params(
        ("status" = inline(Option<words::LinkStatus>), Query, description = "Only those that stand so"),
        ("q" = Option<String>, Query, max_length = 255, pattern = r"^[^\x00]*$", description = "A part of the slug or of the address"),
        ("page" = Option<u32>, Query, minimum = 1, maximum = 1_000_000, description = "Which page, from 1"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 200, description = "How many a page has; 50 without it"),
    ),
    responses(
        (status = 200, description = "One page", body = ListView<AssociationView>),
    ),
)]
pub async fn list(
    _: Admin,
    service: Data<AdminService>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let status = fields.optional("status", str::parse::<LinkStatus>);
    let text = fields.optional("q", search_text);
    let page = page(&mut fields);
    fields.finish()?;
    let query = AssociationQuery {
        status,
        text,
        page: page.unwrap_or_default(),
    };
    let found = blocking::database(move || service.associations(&query)).await?;
    Ok(HttpResponse::Ok().json(ListView::from(found, AssociationView::from)))
}

/// `DELETE /trakt/admin/associations/{id}?data`: ends a link, whatever Trakt does, and keeps or
/// deletes what is held of its user's data.
///
/// # Errors
/// 401, 403, 404, 422, 429, 503.
#[utoipa::path(
    delete,
    path = "/trakt/admin/associations/{id}",
    operation_id = "disassociate",
    tag = "Admin",
    summary = "End a link",
    description = "Whatever Trakt does. Its tokens are revoked.",
    params(
        ("id" = Uuid, Path, description = "Its id"),
        ("data" = inline(Option<words::Data>), Query, description = "What becomes of what is held of the user's data: it stays (`keep`, also without this), or goes (`purge`)"),
    ),
    responses(
        (status = 204, description = "There is no such link any more"),
    ),
)]
pub async fn disassociate(
    admin: Admin,
    service: Data<AdminService>,
    revoker: Data<Revoker>,
    id: Path<String>,
    query: Query,
) -> Result<HttpResponse, Problem> {
    let mut fields = query.0;
    let purge = purge(&mut fields);
    fields.finish()?;
    let id = Uuid::parse_str(&id).map_err(|_| Problem::not_found())?;
    let end = move || service.disassociate(LinkId::from(id), purge, &admin.stamp);
    let held = blocking::unlink(purge, end).await?;
    blocking::revoke(&revoker, held).await;
    Ok(HttpResponse::NoContent().finish())
}

/// Reads `page` and `limit`; `None` when one of them is wrong, which is noted in `fields`.
pub fn page(fields: &mut Fields) -> Option<PageRequest> {
    let wrong = "must be a whole number: page from 1, limit from 1 to 200";
    let number = |text: &str| text.parse::<u32>().map_err(|_| wrong);
    let default = PageRequest::default();
    let page = fields.optional("page", |text| {
        number(text).and_then(|page| PageRequest::new(page, 1).map(|_| page).ok_or(wrong))
    });
    let limit = fields.optional("limit", |text| {
        number(text).and_then(|limit| PageRequest::new(1, limit).map(|_| limit).ok_or(wrong))
    });
    PageRequest::new(
        page.unwrap_or(default.page()),
        limit.unwrap_or(default.limit()),
    )
}

/// Reads what links are searched for.
///
/// # Errors
/// What it has to look like.
pub fn search_text(text: &str) -> Result<String, &'static str> {
    if text.chars().count() <= 255 && !text.contains('\0') {
        Ok(text.to_owned())
    } else {
        Err("must have at most 255 characters, none of them NUL")
    }
}
