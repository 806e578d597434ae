//! An event as JSON: camelCase, times in RFC 3339 with `Z`. No field holds a secret.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};
use trakt_core::UserId;
use trakt_core::webhook::{WebhookChange, WebhookEvent};

/// The body of the call.
pub(crate) fn body(event: &WebhookEvent) -> String {
    let user = event.user.map(UserId::uuid);
    json!({
        "id": event.id.to_string(),
        "type": event.kind,
        "occurredAt": time(event.at),
        "sequence": event.sequence,
        "user": user.map(|id| json!({ "id": id.to_string() })),
        "data": data(event),
    })
    .to_string()
}

/// By what the event has, and not by its kind: one of a newer version is sent as well.
fn data(event: &WebhookEvent) -> Value {
    let mut data = Map::new();
    if let Some(link) = &event.link {
        data.insert("associationId".into(), json!(link.id.to_string()));
        data.insert("traktSlug".into(), json!(link.slug));
        data.insert("traktUsername".into(), json!(link.username));
    }
    let held = event.changes.iter().any(|change| change.of.is_some());
    if event.user.is_some() {
        let word = if held { "side" } else { "reason" };
        data.insert(word.into(), json!(event.reason));
    }
    if !event.changes.is_empty() {
        data.insert("changes".into(), event.changes.iter().map(change).collect());
    }
    data.into()
}

fn change(change: &WebhookChange) -> Value {
    match change.of {
        Some(of) => json!({
            "part": change.part, "adds": change.adds, "removes": change.removes, "of": of,
        }),
        None => json!({
            "part": change.part, "stored": change.adds, "removed": change.removes,
        }),
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
