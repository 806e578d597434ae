//! The control interface as HTTP, under `/_sim/`: the same calls that [`crate::Sim`] has, for
//! tests in other languages and other processes. The table is in the README.

mod accounts;
mod media;

use axum::extract::{self, DefaultBodyLimit, FromRequest, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::world::{ControlError, Shared};
use crate::{AuthorizationCode, Count, DeviceCode, Request, ScriptedFault, Settings, TokenPair};

pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/_sim/approve", post(approve))
        .route("/_sim/deny", post(deny))
        .route("/_sim/expire", post(expire))
        .route("/_sim/clock", get(clock).post(set_clock))
        .route("/_sim/clock/advance", post(advance))
        .route("/_sim/settings", get(settings).post(set))
        .route(
            "/_sim/faults",
            get(faults).post(script).delete(clear_faults),
        )
        .route("/_sim/requests", get(requests).delete(clear_requests))
        .route("/_sim/counts", get(counts).delete(clear_counts))
        .route("/_sim/tokens", get(tokens))
        .route("/_sim/device_codes", get(device_codes))
        .route("/_sim/authorization_codes", get(authorization_codes))
        .merge(accounts::routes())
        .merge(media::routes())
        // Thousands of accounts are longer than what axum takes by itself.
        .layer(DefaultBodyLimit::disable())
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
            ControlError::CodeNotPending(_) | ControlError::SlugTaken | ControlError::ClockBack => {
                StatusCode::CONFLICT
            }
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
struct SetClock {
    now_ms: Option<u64>,
    speed: Option<u32>,
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
    let world = sim.world();
    let clock = world.clock();
    Json(json!({ "now_ms": clock.now_ms(), "speed": clock.speed() }))
}

async fn set_clock(
    State(sim): State<Shared>,
    Body(body): Body<SetClock>,
) -> Result<Json<Value>, Refused> {
    if let Some(now_ms) = body.now_ms {
        sim.world().set_clock(now_ms)?;
    }
    if let Some(speed) = body.speed {
        sim.world().set_speed(speed);
    }
    Ok(clock(State(sim)).await)
}

async fn advance(State(sim): State<Shared>, Body(body): Body<Advance>) -> Json<Value> {
    sim.world().advance(body.seconds);
    clock(State(sim)).await
}

async fn settings(State(sim): State<Shared>) -> Json<Settings> {
    Json(Settings::of(sim.world().config()))
}

async fn set(State(sim): State<Shared>, Body(body): Body<Settings>) -> Json<Settings> {
    sim.world().set(body);
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

async fn counts(State(sim): State<Shared>) -> Json<Vec<Count>> {
    Json(sim.world().counts())
}

async fn clear_counts(State(sim): State<Shared>) -> Done {
    sim.world().clear_counts();
    done()
}

async fn tokens(State(sim): State<Shared>) -> Json<Vec<TokenPair>> {
    Json(sim.world().tokens())
}

async fn device_codes(State(sim): State<Shared>) -> Json<Vec<DeviceCode>> {
    Json(sim.world().device_codes())
}

async fn authorization_codes(State(sim): State<Shared>) -> Json<Vec<AuthorizationCode>> {
    Json(sim.world().authorization_codes())
}
