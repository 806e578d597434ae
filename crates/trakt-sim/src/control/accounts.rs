//! The accounts, under `/_sim/accounts`.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Body, Done, Refused, done};
use crate::world::Shared;
use crate::{Account, AccountChange};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/_sim/accounts", get(list).post(add))
        .route("/_sim/accounts/{slug}", post(change).delete(delete))
        .route("/_sim/accounts/{slug}/rename", post(rename))
        .route("/_sim/accounts/{slug}/disconnect", post(disconnect))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rename {
    slug: String,
    username: String,
}

async fn list(State(sim): State<Shared>) -> Json<Vec<Account>> {
    Json(sim.world().accounts().to_vec())
}

/// One account, or an array of them.
async fn add(State(sim): State<Shared>, Body(body): Body<Value>) -> Done {
    let accounts = match body {
        Value::Array(accounts) => accounts.into_iter().map(Account::deserialize).collect(),
        account => Account::deserialize(account).map(|account| vec![account]),
    };
    let accounts = accounts.map_err(|why| Refused(StatusCode::BAD_REQUEST, why.to_string()))?;
    sim.world().add_accounts(accounts)?;
    done()
}

async fn change(
    State(sim): State<Shared>,
    Path(slug): Path<String>,
    Body(body): Body<AccountChange>,
) -> Done {
    sim.world().change_account(&slug, body)?;
    done()
}

async fn delete(State(sim): State<Shared>, Path(slug): Path<String>) -> Done {
    sim.world().delete_account(&slug)?;
    done()
}

async fn rename(
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
