//! The control interface as HTTP, under `/_sim/`: the same calls that [`crate::Sim`] has, for
//! tests in other languages and other processes. The table is in the README.

use axum::extract::{self, FromRequest, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::world::{ControlError, Shared};
use crate::{
    Account, DeviceCode, NewPlay, Play, Request, Rotation, ScriptedFault, TokenPair, WatchedItem,
};

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/_sim/approve", post(approve))
        .route("/_sim/deny", post(deny))
        .route("/_sim/expire", post(expire))
        .route("/_sim/clock", get(clock))
        .route("/_sim/clock/advance", post(advance))
        .route("/_sim/settings", get(settings).post(set))
        .route(
            "/_sim/faults",
            get(faults).post(script).delete(clear_faults),
        )
        .route("/_sim/requests", get(requests).delete(clear_requests))
        .route("/_sim/tokens", get(tokens))
        .route("/_sim/device_codes", get(device_codes))
        .route("/_sim/accounts", get(accounts).post(add_account))
        .route("/_sim/accounts/{slug}", delete(delete_account))
        .route("/_sim/accounts/{slug}/rename", post(rename_account))
        .route("/_sim/accounts/{slug}/disconnect", post(disconnect))
        .route("/_sim/accounts/{slug}/plays", get(plays).post(add_plays))
        .route("/_sim/accounts/{slug}/watched", get(watched))
}

/// A JSON body; everything else is told back as a 400 with the reason. It has to come as
/// `application/json`, which no form on a foreign page can send.
struct Body<T>(T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Refused;

    async fn from_request(request: extract::Request, state: &S) -> Result<Self, Refused> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(why) => Err(Refused(StatusCode::BAD_REQUEST, why.body_text())),
        }
    }
}

/// Why a control call did nothing.
struct Refused(StatusCode, String);

impl From<ControlError> for Refused {
    fn from(error: ControlError) -> Self {
        let status = match error {
            ControlError::UnknownCode
            | ControlError::UnknownAccount
            | ControlError::UnknownItem => StatusCode::NOT_FOUND,
            ControlError::CodeNotPending(_) | ControlError::SlugTaken => StatusCode::CONFLICT,
            ControlError::BadSlug | ControlError::BadFault(_) => StatusCode::BAD_REQUEST,
        };
        Self(status, error.to_string())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

type Done = Result<Json<Value>, Refused>;

fn done() -> Done {
    Ok(Json(json!({})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Approval {
    user_code: String,
    slug: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UserCode {
    user_code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u64,
}

/// What is not there stays as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    rotation: Option<Rotation>,
    old_access_works: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rename {
    slug: String,
    username: String,
}

#[derive(Deserialize)]
struct Filter {
    on: Option<String>,
}

async fn approve(State(sim): State<Shared>, Body(body): Body<Approval>) -> Done {
    sim.world().approve(&body.user_code, &body.slug)?;
    done()
}

async fn deny(State(sim): State<Shared>, Body(body): Body<UserCode>) -> Done {
    sim.world().deny(&body.user_code)?;
    done()
}

async fn expire(State(sim): State<Shared>, Body(body): Body<UserCode>) -> Done {
    sim.world().expire(&body.user_code)?;
    done()
}

async fn clock(State(sim): State<Shared>) -> Json<Value> {
    Json(json!({ "now_ms": sim.world().now_ms() }))
}

async fn advance(State(sim): State<Shared>, Body(body): Body<Advance>) -> Json<Value> {
    sim.world().advance(body.seconds);
    clock(State(sim)).await
}

async fn settings(State(sim): State<Shared>) -> Json<Value> {
    let world = sim.world();
    Json(json!({
        "rotation": world.rotation(),
        "old_access_works": world.old_access_works(),
    }))
}

async fn set(State(sim): State<Shared>, Body(body): Body<Settings>) -> Json<Value> {
    if let Some(rotation) = body.rotation {
        sim.world().set_rotation(rotation);
    }
    if let Some(works) = body.old_access_works {
        sim.world().set_old_access_works(works);
    }
    settings(State(sim)).await
}

async fn faults(State(sim): State<Shared>) -> Json<Vec<ScriptedFault>> {
    Json(sim.world().faults().to_vec())
}

async fn script(State(sim): State<Shared>, Body(body): Body<ScriptedFault>) -> Done {
    sim.world().script(body)?;
    done()
}

async fn clear_faults(State(sim): State<Shared>) -> Done {
    sim.world().clear_faults();
    done()
}

async fn requests(State(sim): State<Shared>, Query(filter): Query<Filter>) -> Json<Vec<Request>> {
    Json(sim.world().requests_to(filter.on.as_deref().unwrap_or("*")))
}

async fn clear_requests(State(sim): State<Shared>) -> Done {
    sim.world().clear_requests();
    done()
}

async fn tokens(State(sim): State<Shared>) -> Json<Vec<TokenPair>> {
    Json(sim.world().tokens())
}

async fn device_codes(State(sim): State<Shared>) -> Json<Vec<DeviceCode>> {
    Json(sim.world().device_codes())
}

async fn accounts(State(sim): State<Shared>) -> Json<Vec<Account>> {
    Json(sim.world().accounts().to_vec())
}

async fn add_account(State(sim): State<Shared>, Body(body): Body<Account>) -> Done {
    sim.world().add_account(body)?;
    done()
}

async fn delete_account(State(sim): State<Shared>, Path(slug): Path<String>) -> Done {
    sim.world().delete_account(&slug)?;
    done()
}

async fn rename_account(
    State(sim): State<Shared>,
    Path(slug): Path<String>,
    Body(body): Body<Rename>,
) -> Done {
    sim.world()
        .rename_account(&slug, &body.slug, &body.username)?;
    done()
}

async fn disconnect(State(sim): State<Shared>, Path(slug): Path<String>) -> Done {
    let revoked = sim.world().disconnect(&slug)?;
    Ok(Json(json!({ "revoked": revoked })))
}

async fn plays(
    State(sim): State<Shared>,
    Path(slug): Path<String>,
) -> Result<Json<Vec<Play>>, Refused> {
    Ok(Json(sim.world().plays(&slug)?))
}

async fn add_plays(
    State(sim): State<Shared>,
    Path(slug): Path<String>,
    Body(plays): Body<Vec<NewPlay>>,
) -> Done {
    let ids = sim.world().add_plays(&slug, &plays)?;
    Ok(Json(json!({ "ids": ids })))
}

async fn watched(
    State(sim): State<Shared>,
    Path(slug): Path<String>,
) -> Result<Json<Vec<WatchedItem>>, Refused> {
    Ok(Json(sim.world().watched(&slug)?))
}
