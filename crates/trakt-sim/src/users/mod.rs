//! Trakt's `/users`: the settings of the token's own account and everybody's public profile.

mod caller;
mod profile;
mod refusal;
mod settings;

use axum::Router;
use axum::routing::get;
use serde_json::{Value, json};

use crate::world::{AccountId, Shared};

pub(crate) use caller::{Caller, account_of};
pub(crate) use refusal::{over_limit, unauthorized};

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/users/settings", get(settings::get).put(settings::put))
        .route("/users/{slug}", get(profile::profile))
}

/// When everybody here joined Trakt.
const JOINED_AT: &str = "2010-09-25T17:49:25.000Z";

/// `images` of an account. Nothing is there: a simulator needs no network.
fn images(id: AccountId) -> Value {
    json!({ "avatar": { "full": format!("https://images.example/avatars/{id}.png") } })
}
