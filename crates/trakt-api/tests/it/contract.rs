//! The requests against Trakt's published OpenAPI document, where `TRAKT_CONTRACT` names a copy.
//! It is not part of this repository.

use std::collections::BTreeSet;

use serde_json::Value;
use trakt_api::{AccessToken, DeviceCode, RawRequest, RefreshToken};

use crate::fake::{WITHIN, answering, reply};

/// Each call with the path that it has in the contract.
fn calls() -> Vec<(&'static str, RawRequest)> {
    let (client, fake) = answering(Ok(reply(200, &[], "{}")));
    let access = AccessToken::from("a".to_owned());
    drop(client.device_code(WITHIN));
    drop(client.device_token(&DeviceCode::from("d".to_owned()), WITHIN));
    drop(client.refresh(&RefreshToken::from("r".to_owned()), WITHIN));
    drop(client.revoke(&access, WITHIN));
    drop(client.settings(&access, WITHIN));
    drop(client.profile("sean", WITHIN));
    let paths = [
        "/oauth/device/code",
        "/oauth/device/token",
        "/oauth/token",
        "/oauth/revoke",
        "/users/settings",
        "/users/{id}",
    ];
    let sent: Vec<_> = fake.sent.lock().unwrap().drain(..).collect();
    assert_eq!(sent.len(), paths.len());
    paths.into_iter().zip(sent).collect()
}

fn keys(object: &Value) -> BTreeSet<&str> {
    object
        .as_object()
        .map(|fields| fields.keys().map(String::as_str).collect())
        .unwrap_or_default()
}

fn required(schema: &Value) -> BTreeSet<&str> {
    let names = schema["required"].as_array();
    names
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

#[test]
fn every_request_is_one_of_the_contract() {
    let Some(file) = std::env::var_os("TRAKT_CONTRACT") else {
        eprintln!("skipped: TRAKT_CONTRACT is not set");
        return;
    };
    let text = std::fs::read_to_string(&file).unwrap();
    let contract: Value = serde_json::from_str(&text).unwrap();
    for (path, request) in calls() {
        let described = [path.to_owned(), format!("{path}/")]
            .into_iter()
            .find_map(|path| contract["paths"].get(path))
            .unwrap_or_else(|| panic!("the contract has no {path}"));
        let method = request.method.as_str().to_lowercase();
        let call = described
            .get(&method)
            .unwrap_or_else(|| panic!("the contract has no {method} {path}"));
        let server = &call["servers"].get(0).unwrap_or(&contract["servers"][0])["url"];
        let origin = request.url.origin().ascii_serialization();
        assert_eq!(server.as_str(), Some(origin.as_str()), "{path}");

        let schema = &call["requestBody"]["content"]["application/json"]["schema"];
        let Some(body) = &request.body else {
            assert!(schema.is_null(), "{path} wants a body");
            continue;
        };
        let body: Value = serde_json::from_slice(body).unwrap();
        let one = std::slice::from_ref(schema);
        let forms = schema["oneOf"].as_array().map_or(one, Vec::as_slice);
        let fits = forms.iter().any(|form| {
            required(form).is_subset(&keys(&body))
                && keys(&body).is_subset(&keys(&form["properties"]))
        });
        assert!(fits, "{path}: {:?} against {schema}", keys(&body));
    }
}
