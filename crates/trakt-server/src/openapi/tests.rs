//! That nothing is missing in the document, and that what it shows is true to itself.

use std::collections::BTreeSet;

use serde_json::Value;

use super::TEXT;
use super::facts::FACTS;
use crate::problem::Code;
use crate::routes::TABLE;

fn document() -> Value {
    serde_json::from_str(&TEXT).unwrap()
}

/// Method, path and operation of everything in it.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            let item = item.as_object().unwrap().iter();
            item.map(move |(method, operation)| (method.to_uppercase(), path.clone(), operation))
        })
        .collect()
}

#[test]
fn every_route_is_there_and_no_other() {
    let document = document();
    let written: BTreeSet<(String, String)> = operations(&document)
        .into_iter()
        .map(|(method, path, _)| (method, path))
        .collect();
    let owned = |(method, path): (&str, &str)| (method.to_owned(), path.to_owned());
    let served: BTreeSet<_> = TABLE.iter().map(|row| owned((row.0, row.1))).collect();
    assert_eq!(written, served);
    let told: BTreeSet<_> = FACTS
        .iter()
        .map(|row| owned((row.method, row.path)))
        .collect();
    assert_eq!(told, served, "the rows of the facts");
    assert_eq!(told.len(), FACTS.len(), "a route stands there twice");
}

#[test]
fn every_code_may_come_somewhere() {
    let document = document();
    let shared = document["components"]["responses"].as_object().unwrap();
    let told: BTreeSet<&str> = shared.keys().flat_map(|name| name.split('.')).collect();
    // Of a path and a method that the document does not have.
    let elsewhere = [Code::MethodNotAllowed];
    for code in Code::ALL {
        let word = code.as_str();
        assert_ne!(told.contains(word), elsewhere.contains(code), "{word}");
        assert!(
            TEXT.contains(&format!("`{word}`")),
            "{word} is not explained"
        );
    }
}

#[test]
fn every_operation_says_what_it_is() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let what = format!("{method} {path}");
        for field in ["summary", "description", "operationId"] {
            let text = operation[field].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{what} has no {field}");
        }
        assert!(ids.insert(operation["operationId"].to_string()), "{what}");
        let responses = operation["responses"].as_object().unwrap();
        for (status, response) in responses {
            if response.get("$ref").is_none() {
                assert!(
                    response["headers"]["X-Request-Id"].is_object(),
                    "{what} {status}"
                );
            }
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let text = parameter["description"].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{what}: {parameter}");
        }
        let open = operation["security"].as_array().unwrap().is_empty();
        assert_eq!(open, !path.starts_with("/trakt/"), "{what}");
        let limited = operation["x-rate-limit"].is_array();
        assert_eq!(limited, responses.contains_key("429"), "{what}");
    }
}

/// Bodies, answers and errors alike.
fn contents(document: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    for (method, path, operation) in operations(document) {
        let what = format!("{method} {path}");
        let body = &operation["requestBody"]["content"];
        found.extend(each(body).map(|(kind, content)| (format!("{what} {kind}"), content)));
        for (status, response) in operation["responses"].as_object().unwrap() {
            let content = each(&response["content"]);
            found.extend(
                content.map(|(kind, content)| (format!("{what} {status} {kind}"), content)),
            );
        }
    }
    for (name, response) in document["components"]["responses"].as_object().unwrap() {
        let content = each(&response["content"]);
        found.extend(content.map(|(kind, content)| (format!("{name} {kind}"), content)));
    }
    found
}

fn each(content: &Value) -> impl Iterator<Item = (&String, &Value)> {
    content.as_object().into_iter().flatten()
}

#[test]
fn everything_has_an_example_that_fits() {
    let document = document();
    for (what, content) in contents(&document) {
        let text = what.contains(" text/");
        let examples = content["examples"].as_object();
        let examples = examples
            .map(|all| all.values().collect())
            .unwrap_or_default();
        let examples: Vec<&Value> = examples;
        assert!(
            text || what.starts_with("GET /openapi.json") || !examples.is_empty(),
            "{what}"
        );
        // The schema on its own, with what it refers to.
        let mut schema = content["schema"].clone();
        schema["components"] = document["components"].clone();
        let validator = jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap();
        for example in examples {
            let faults: Vec<String> = validator
                .iter_errors(&example["value"])
                .map(|fault| format!("{} at {}", fault, fault.instance_path()))
                .collect();
            assert!(faults.is_empty(), "{what}: {faults:#?}");
        }
    }
}

/// `docs/openapi.json` is what clients read on the way: it changes with the code.
#[test]
fn the_copy_in_the_docs_is_of_today() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let copy = std::fs::read_to_string(path).unwrap_or_default();
    let copy: Value = serde_json::from_str(&copy).unwrap_or_default();
    assert!(
        copy == document(),
        "docs/openapi.json is of another day: cargo run -p trakt-server -- openapi > docs/openapi.json"
    );
}
