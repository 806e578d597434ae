//! `/auth`: sign-in of local accounts.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::Data;
use serde::Serialize;
use trakt_core::Password;
use trakt_core::user::{Email, UserService};
use utoipa::ToSchema;

use super::Body;
use crate::auth::Verifier;
use crate::blocking;
use crate::guard::Caller;
use crate::limits::Limits;
use crate::openapi::input;
use crate::problem::Problem;

/// How long a bearer token lives that a sign-in gives.
pub const TOKEN_LIFE: Duration = Duration::from_secs(12 * 3600);

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SignedIn)]
struct SignedInView {
    success: bool,
    token: String,
    token_type: &'static str,
    expires_in: u64,
}

/// `POST /auth/login`: a bearer token for an e-mail address and a password.
///
/// # Errors
/// 401 for a wrong password and an unknown address alike, 422, 429, 503.
#[utoipa::path(
    post,
    path = "/auth/login",
    operation_id = "signIn",
    tag = "Sign-in",
    summary = "Sign in",
    description = "A bearer token for the address and the password of a local account. A wrong password and an unknown address are answered alike. An account has 10 attempts a minute, from wherever.",
    request_body = input::SignIn,
    responses(
        (status = 200, description = "A bearer token", body = SignedInView),
    ),
)]
pub async fn sign_in(
    caller: Caller,
    users: Data<UserService>,
    verifier: Data<Arc<Verifier>>,
    limits: Data<Limits>,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let mut fields = body.0?;
    let email = fields.required("email", |text| Ok::<_, &str>(text.to_owned()));
    let password = fields.required("password", password);
    fields.finish()?;
    let (Some(email), Some(password)) = (email, password) else {
        return Err(Problem::internal());
    };
    // What is no address is nobody's, which is not told either.
    let email = Email::parse(&email).ok();
    if let Some(email) = &email {
        limits.sign_in_account(email.as_str())?;
    }
    let stamp = caller.stamp();
    let user = blocking::password(move || users.sign_in(email.as_ref(), &password, &stamp)).await?;
    let token = verifier.local().issue(user.id, TOKEN_LIFE);
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(SignedInView {
            success: true,
            token: token.expose().to_owned(),
            token_type: "Bearer",
            expires_in: TOKEN_LIFE.as_secs(),
        }))
}

/// The longest password, in characters.
pub const MAX_PASSWORD: usize = 1024;

/// A password as it was typed.
///
/// # Errors
/// What it must be.
pub fn password(text: &str) -> Result<Password, &'static str> {
    if text.chars().count() <= MAX_PASSWORD {
        Ok(Password::from(text.to_owned()))
    } else {
        Err("must have at most 1024 characters")
    }
}
