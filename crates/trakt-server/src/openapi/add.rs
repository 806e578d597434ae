//! What all routes have in common: errors, limits, headers, who may call, and the examples.

use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

use super::facts::{FACTS, Facts};
use super::input;
use crate::limits::Rate;
use crate::problem::{Code, Problem};
use crate::routes::TABLE;

/// By method and path: what is sent, and what comes by status.
const EXAMPLES: &str = include_str!("examples.json");
/// Fields that may be null, and are not always there.
const OPTIONAL: &[(&str, &str)] = &[("Watched", "resetAt")];
const PROBLEM: &str = "application/problem+json";

/// The whole document.
pub fn document(written: OpenApi) -> Value {
    let mut document = serde_json::to_value(written).unwrap_or_default();
    let examples: Value = serde_json::from_str(EXAMPLES).unwrap_or_default();
    if let Some(schemas) = document["components"]["schemas"].as_object_mut() {
        for (name, schema) in &mut *schemas {
            by_name(name, schema);
            all_there(name, schema);
        }
        for (name, schema) in input::written() {
            schemas.entry(name).and_modify(|read| *read = schema);
        }
    }
    let mut errors = Map::new();
    for facts in FACTS {
        let name = facts.method.to_lowercase();
        let operation = &mut document["paths"][facts.path][&name];
        no_nulls(operation);
        let who = who(facts);
        let example = &examples[format!("{} {}", facts.method, facts.path)];
        add_examples(operation, example);
        add_errors(operation, &facts.codes(who), &mut errors);
        add_limits(operation, facts.rates, who);
        add_security(operation, facts.method, who);
        add_headers(operation);
    }
    let components = &mut document["components"];
    components["responses"] = errors.into();
    components["headers"] = json!({
        "X-Request-Id": {
            "description": "The id of the request, in the log too; the caller's own where it sent a sane one",
            "required": true,
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{1,128}$"},
        },
        "Retry-After": {
            "description": "In how many seconds to try again",
            "required": true,
            "schema": {"type": "integer", "minimum": 1},
        },
        "ETag": {
            "description": "For `If-None-Match`",
            "required": true,
            "schema": {"type": "string"},
        },
        "WWW-Authenticate": {
            "description": "The challenge (RFC 6750 section 3)",
            "required": true,
            "schema": {"type": "string"},
        },
    });
    components["securitySchemes"] = json!({
        "bearer": {
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "What `POST /auth/login` or `trakt-server token issue` gave, or a token of the outside identity provider",
        },
        "session": {
            "type": "apiKey", "in": "cookie", "name": "__Host-session",
            "description": "The session of a browser that is signed in to the pages; for reading alone. On loopback its name is `session`",
        },
    });
    document
}

fn who(facts: &Facts) -> &'static str {
    let row = TABLE
        .iter()
        .find(|row| (row.0, row.1) == (facts.method, facts.path));
    row.map_or("admin", |row| row.2)
}

/// A list refers to what is in it.
fn by_name(name: &str, list: &mut Value) {
    let items = list.pointer_mut("/properties/items/items");
    if let (Some(items), Some((_, of))) = (items, name.split_once('_')) {
        *items = json!({"$ref": format!("#/components/schemas/{of}")});
    }
}

/// A parameter or a body that is left out is not there, and never null.
fn no_nulls(operation: &mut Value) {
    for parameter in each(operation.get_mut("parameters")) {
        let kind = parameter.pointer_mut("/schema/type");
        if let Some(kind) = kind.filter(|kind| kind.is_array()) {
            *kind = kind[0].clone();
        }
    }
    let schema = operation.pointer_mut("/requestBody/content/application~1json/schema");
    if let Some(schema) = schema {
        let ways = schema["oneOf"].as_array().into_iter().flatten();
        let body = ways.clone().find(|way| way.get("$ref").is_some()).cloned();
        if let Some(body) = body {
            *schema = body;
            operation["requestBody"]["required"] = false.into();
        }
    }
}

fn each(list: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    list.and_then(Value::as_array_mut).into_iter().flatten()
}

/// What may be null is sent as null, and what is left out is never null: so all that may be null is
/// there.
fn all_there(name: &str, schema: &mut Value) {
    for part in each(schema.get_mut("allOf")) {
        all_there(name, part);
    }
    let Some(properties) = schema["properties"].as_object() else {
        return;
    };
    let nullable = |property: &Value| {
        let types = property["type"].as_array();
        let ways = property["oneOf"].as_array();
        types.is_some_and(|types| types.contains(&"null".into()))
            || ways.is_some_and(|ways| ways.iter().any(|way| way["type"] == "null"))
    };
    let given: Vec<Value> = schema["required"].as_array().cloned().unwrap_or_default();
    let required: Vec<&String> = properties
        .iter()
        .filter(|(field, property)| {
            let there = given.iter().any(|given| given == *field) || nullable(property);
            there && !OPTIONAL.contains(&(name, field))
        })
        .map(|(field, _)| field)
        .collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
}

fn add_examples(operation: &mut Value, example: &Value) {
    let sent = operation.pointer_mut("/requestBody/content/application~1json");
    if let (Some(sent), Some(examples)) = (sent, example["request"].as_object()) {
        sent["examples"] = named(examples);
    }
    for parameter in each(operation.get_mut("parameters")) {
        let name = parameter["name"].as_str().unwrap_or_default();
        if let Some(value) = example["parameters"].get(name) {
            parameter["example"] = value.clone();
        }
    }
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        let contents = response.get_mut("content").and_then(Value::as_object_mut);
        let examples = example[status].as_object();
        for (content, examples) in contents.into_iter().flatten().zip(examples) {
            content.1["examples"] = named(examples);
        }
    }
}

fn named(examples: &Map<String, Value>) -> Value {
    let named = examples
        .iter()
        .map(|(name, value)| (name.clone(), json!({ "value": value })));
    Value::Object(named.collect())
}

/// One answer a status, with the codes that may come; those that are the same for several routes
/// stand in the document once.
fn add_errors(operation: &mut Value, codes: &[Code], shared: &mut Map<String, Value>) {
    let mut statuses: Vec<u16> = codes.iter().map(|code| code.status().as_u16()).collect();
    statuses.sort_unstable();
    statuses.dedup();
    for status in statuses {
        let mut of = codes.to_vec();
        of.retain(|code| code.status().as_u16() == status);
        let words: Vec<&str> = of.iter().map(|code| code.as_str()).collect();
        let name = words.join(".");
        operation["responses"][status.to_string()] =
            json!({"$ref": format!("#/components/responses/{name}")});
        shared.entry(name).or_insert_with(|| error(status, &of));
    }
}

fn error(status: u16, codes: &[Code]) -> Value {
    let words: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let lines: Vec<String> = codes
        .iter()
        .map(|code| format!("`{}`: {}", code.as_str(), code.title()))
        .collect();
    let examples: Map<String, Value> = codes
        .iter()
        .map(|code| {
            let example = Problem::new(*code, code.title());
            (code.as_str().to_owned(), json!({ "value": example.body() }))
        })
        .collect();
    let mut headers = json!({"X-Request-Id": header("X-Request-Id")});
    match status {
        401 => headers["WWW-Authenticate"] = header("WWW-Authenticate"),
        429 | 503 => headers["Retry-After"] = header("Retry-After"),
        _ => {}
    }
    json!({
        "description": lines.join("; "),
        "headers": headers,
        "content": {PROBLEM: {
            "schema": {"allOf": [
                {"$ref": "#/components/schemas/Problem"},
                {"type": "object", "properties": {
                    "status": {"type": "integer", "enum": [status]},
                    "code": {"type": "string", "enum": words},
                }},
            ]},
            "examples": examples,
        }},
    })
}

fn header(name: &str) -> Value {
    json!({"$ref": format!("#/components/headers/{name}")})
}

fn add_limits(operation: &mut Value, rates: &[Rate], who: &str) {
    if rates.is_empty() {
        return;
    }
    let whom = match who {
        "anybody" => ["address", "account"],
        _ => ["user", "user"],
    };
    let each = rates.iter().zip(whom);
    let limits: Vec<Value> = each
        .clone()
        .map(|(rate, of)| {
            json!({
                "requests": rate.requests, "seconds": rate.seconds, "burst": rate.burst, "of": of,
            })
        })
        .collect();
    let said: Vec<String> = each
        .map(|(rate, of)| format!("{rate}, each {of}"))
        .collect();
    let description = operation["description"].as_str().unwrap_or_default();
    operation["description"] = format!("{description}\n\nLimit: {}.", said.join("; and ")).into();
    operation["x-rate-limit"] = limits.into();
}

fn add_security(operation: &mut Value, method: &str, who: &str) {
    operation["security"] = match (who, method) {
        ("anybody", _) => json!([]),
        (_, "GET") => json!([{"bearer": []}, {"session": []}]),
        _ => json!([{"bearer": []}]),
    };
}

/// Headers of what is no error.
fn add_headers(operation: &mut Value) {
    let Some(responses) = operation["responses"].as_object_mut() else {
        return;
    };
    let tagged = responses.contains_key("304");
    for response in responses.values_mut() {
        if response.get("$ref").is_some() {
            continue;
        }
        response["headers"]["X-Request-Id"] = header("X-Request-Id");
        if tagged {
            response["headers"]["ETag"] = header("ETag");
        }
    }
}
