//! Trakt's contract as JSON Schema.

use std::fs;

use serde_json::{Map, Value, json};

/// The operations of the contract.
pub struct Contract {
    paths: Map<String, Value>,
}

impl Contract {
    /// `None`, and a word about it, where there is none.
    #[expect(
        clippy::print_stderr,
        reason = "a test that checks nothing has to say so"
    )]
    pub fn read() -> Option<Self> {
        let Ok(path) = std::env::var("TRAKT_CONTRACT") else {
            eprintln!("skipped: TRAKT_CONTRACT names no contract");
            return None;
        };
        let mut document: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        match document["paths"].take() {
            Value::Object(paths) => Some(Self { paths }),
            _ => panic!("no OpenAPI document"),
        }
    }

    /// The schema of an answer; `None` where the contract gives it no body.
    pub fn schema(&self, method: &str, path: &str, status: u16) -> Option<Value> {
        let operation = &self.paths.get(path).unwrap_or_else(|| panic!("no {path}"))[method];
        let answer = &operation["responses"][status.to_string()];
        assert!(
            answer.is_object(),
            "{method} {path} is never answered {status}"
        );
        let mut schema = answer["content"]["application/json"]["schema"].clone();
        plain(&mut schema);
        (!schema.is_null()).then_some(schema)
    }
}

/// OpenAPI 3.0 as JSON Schema, with the exceptions that the module names.
fn plain(schema: &mut Value) {
    match schema {
        Value::Array(all) => all.iter_mut().for_each(plain),
        Value::Object(fields) => {
            fields.values_mut().for_each(plain);
            if let Some(alternatives) = fields.remove("oneOf") {
                fields.insert("anyOf".to_owned(), alternatives);
            }
            if fields.get("format") == Some(&json!("null")) {
                fields.remove("format");
            }
            if fields.get("nullable") == Some(&json!(true)) {
                fields.remove("nullable");
                let schema = Value::Object(std::mem::take(fields));
                fields.insert("anyOf".to_owned(), json!([schema, { "type": "null" }]));
            }
        }
        _ => {}
    }
}
