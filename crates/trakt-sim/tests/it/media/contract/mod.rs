//! Replies against Trakt's contract: the OpenAPI document that the environment variable
//! `TRAKT_CONTRACT` names. Without it these tests say so and check nothing.
//!
//! What the contract says is taken as it is, but for these, where it is known to be wrong:
//!
//! - `oneOf` is read as `anyOf`. The alternatives of ids differ only in which of them is
//!   required, so that an item with two ids fits two and is refused by the letter.
//! - `nullable` also holds beside `enum` and `oneOf`, where OpenAPI 3.0 leaves it open.
//! - `format: null` says that a value may be null, not that it always is: `reset_at` would have
//!   to be null for ever.
//! - `/sync/playback/{type}` types every pause as one of a movie; those of episodes are checked
//!   against the same but for `type` and `movie`.
//! - `extended=min` is answered with maps, which the contract's lists do not describe.
//! - Hiding in `/users/hidden/{section}` is described for shows only; a list with movies or
//!   seasons in it is not checked.

mod reads;
mod schema;
mod writes;

use std::collections::BTreeSet;

use schema::Contract;
use serde_json::{Value, json};
use trakt_sim::{Config, Generated};

use super::{Reply, Viewer};

/// Every reply that was checked, so that none is forgotten.
struct Check {
    contract: Contract,
    seen: BTreeSet<String>,
}

impl Check {
    fn reply(&mut self, operation: &str, reply: &Reply) {
        let (method, path) = operation.split_once(' ').unwrap();
        let method = method.to_lowercase();
        if let Some(schema) = self.contract.schema(&method, path, reply.status) {
            let validator = jsonschema::draft7::new(&schema).unwrap();
            let wrong: Vec<String> = validator
                .iter_errors(&reply.json)
                .take(3)
                .map(|error| format!("{} at {}", error, error.instance_path()))
                .collect();
            assert!(wrong.is_empty(), "{operation} {}: {wrong:#?}", reply.status);
        }
        self.seen.insert(operation.to_owned());
    }
}

/// Somebody with a little of everything.
fn viewer() -> Viewer {
    let generated = Some(Generated {
        accounts: 1,
        seed: 11,
        plays: 1_500,
    });
    let config = Config {
        generated,
        ..Config::default()
    };
    Viewer::start(config, "viewer-1")
}

#[test]
fn every_reply_is_what_the_contract_says() {
    let Some(contract) = Contract::read() else {
        return;
    };
    let mut check = Check {
        contract,
        seen: BTreeSet::new(),
    };
    let viewer = viewer();
    // The lists of a generated account have movies and shows only.
    let some = json!({ "shows": [{ "ids": { "trakt": 5 }, "seasons": [{ "number": 1, "rating": 8,
        "episodes": [{ "number": 1, "rating": 7 }] }, { "number": 1, "rating": 9 }] }] });
    viewer.post("/sync/watchlist", &some).ok();
    let movie = json!({ "movies": [{ "ids": { "trakt": 9 } }] });
    viewer.post("/sync/watchlist", &movie).ok();
    viewer.post("/sync/ratings", &some).ok();
    viewer.post("/sync/history", &some).ok();
    viewer
        .post("/shows/5/progress/watched/reset", &json!({}))
        .ok();
    reads::lists_and_summaries(&mut check, &viewer);
    reads::playback_and_collection(&mut check, &viewer);
    writes::changes(&mut check, &viewer);
    writes::players(&mut check, &viewer);
    writes::oauth(&mut check, &viewer);
    assert_eq!(check.seen.len(), 62, "{:#?}", check.seen);
}

#[test]
fn a_reply_that_breaks_the_contract_is_noticed() {
    let Some(contract) = Contract::read() else {
        return;
    };
    let valid = |json: &Value| {
        let schema = contract.schema("get", "/shows/{id}/progress/watched", 200);
        jsonschema::draft7::is_valid(&schema.unwrap(), json)
    };
    let viewer = viewer();
    let good = viewer.get("/shows/5/progress/watched").ok();
    assert!(valid(&good));
    for (field, wrong) in [
        ("aired", json!("8")),
        ("completed", Value::Null),
        ("next_episode", json!({ "season": 1 })),
        ("hidden_seasons", json!({})),
    ] {
        let mut bad = good.clone();
        bad[field] = wrong;
        assert!(!valid(&bad), "{field}");
    }
}
