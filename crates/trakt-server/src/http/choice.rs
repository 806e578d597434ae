//! `/trakt/settings`: what the user lets this service do.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use serde::Serialize;
use trakt_core::choice::{ChoiceService, Choices, Switch};
use trakt_core::ports::ChangeChoices;
use utoipa::ToSchema;

use super::Body;
use crate::blocking;
use crate::guard::Member;
use crate::openapi::input;
use crate::problem::Problem;

/// The switches.
#[derive(Serialize, ToSchema)]
#[schema(as = Settings)]
pub struct ChoicesView {
    pull: bool,
    push: bool,
    recommendations: bool,
}

impl From<Choices> for ChoicesView {
    fn from(choices: Choices) -> Self {
        Self {
            pull: choices.pull,
            push: choices.push,
            recommendations: choices.recommendations,
        }
    }
}

/// `GET /trakt/settings`: how the switches stand, with or without a link.
///
/// # Errors
/// 401, 429, 503.
#[utoipa::path(
    get,
    path = "/trakt/settings",
    operation_id = "settings",
    tag = "Settings",
    summary = "How the switches stand",
    description = "With or without a link. Everything is on until the user says otherwise.",
    responses(
        (status = 200, description = "The switches", body = ChoicesView),
    ),
)]
pub async fn settings(
    member: Member,
    choices: Data<ChoiceService>,
) -> Result<HttpResponse, Problem> {
    let now = blocking::database(move || choices.choices(member.user.id)).await?;
    Ok(answer(now))
}

/// `PATCH /trakt/settings`: changes some of the switches, at least one.
///
/// # Errors
/// 401, 422, 429, 503.
#[utoipa::path(
    patch,
    path = "/trakt/settings",
    operation_id = "changeSettings",
    tag = "Settings",
    summary = "Turn switches",
    description = "At least one. Those that are not named stay as they are.",
    request_body = input::ChangeSettings,
    responses(
        (status = 200, description = "The switches as they are now", body = ChoicesView),
    ),
)]
pub async fn change(
    member: Member,
    choices: Data<ChoiceService>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut fields = body.0?;
    let given = Switch::ALL.iter().any(|name| fields.has(name.as_str()));
    let cmd = ChangeChoices {
        user: member.user.id,
        pull: fields.switch(Switch::Pull.as_str()),
        push: fields.switch(Switch::Push.as_str()),
        recommendations: fields.switch(Switch::Recommendations.as_str()),
        stamp: member.stamp,
    };
    if !given {
        fields.wrong("", "must have one of 'pull', 'push' and 'recommendations'");
    }
    fields.finish()?;
    let now = blocking::database(move || choices.change(&cmd)).await?;
    now.map(answer)
        .ok_or_else(|| Problem::unauthenticated(true))
}

fn answer(choices: Choices) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(ChoicesView::from(choices))
}
