//! Bodies of requests, as the handlers read them: what is allowed here is taken, and all else is
//! refused. The contract proof sends both.

use std::borrow::Cow;

use serde_json::{Map, Value, json};
use trakt_core::scrobble::Deed;
use trakt_core::watch::ItemKind;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::http::scrobble::{ANY, MAX_PLACE, PLAYABLE};
use crate::http::user::MAX_PASSWORD;

/// Up to 200 ids of things, as `GET /trakt/watched/movies` takes them.
const IDS: &str = r"^((trakt|tmdb|tvdb):-?[0-9]{1,18}|(slug|imdb):[!-+\--~]{1,100})(,((trakt|tmdb|tvdb):-?[0-9]{1,18}|(slug|imdb):[!-+\--~]{1,100})){0,199}$";
/// A play: by Trakt's number, or by the write that added it.
const PLAY_ID: &str = "^(-?[0-9]{1,18}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$";
/// A user: by id, or by address.
const AUDIT_USER: &str = r"^([0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[^@\s\x00-\x1f\x7f-\x9f]{1,64}@[^@\s\x00-\x1f\x7f-\x9f]{1,189})$";
/// An address, as `trakt_core::user::Email` reads it.
const EMAIL: &str = r"^[^@\s\x00-\x1f\x7f-\x9f]+@[^@\s\x00-\x1f\x7f-\x9f]+$";
/// An account, as `trakt_core::TraktSlug` reads it.
const SLUG: &str = r"^(?!(\.|\.\.|me)$)[^\s\x00-\x1f\x7f-\x9f/?#\\]+$";
/// From the year on that `watchedAt` may be in.
const WATCHED_AT: &str = "^(188[0-9]|189[0-9]|19[0-9]{2}|[2-9][0-9]{3})-";

macro_rules! bodies {
    ($($(#[$doc:meta])* $name:ident = $schema:expr;)*) => {
        $(
            $(#[$doc])*
            pub struct $name;

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    read($schema)
                }
            }

            impl ToSchema for $name {
                fn name() -> Cow<'static, str> {
                    stringify!($name).into()
                }
            }
        )*

        /// Every one of them, by its name.
        pub fn written() -> Vec<(&'static str, Value)> {
            vec![$((stringify!($name), $schema),)*]
        }
    };
}

bodies! {
    /// Of a parameter.
    ThingIds = json!({"type": "string", "pattern": IDS});
    /// Of a parameter.
    PlayId = json!({"type": "string", "pattern": PLAY_ID});
    /// Of a parameter.
    AuditUser = json!({"type": "string", "pattern": AUDIT_USER});
    /// `POST /auth/login`.
    SignIn = object(
        &["email", "password"],
        json!({
            "email": {"type": "string", "description": "The address of the account"},
            "password": {"type": "string", "format": "password", "maxLength": MAX_PASSWORD},
        }),
    );
    /// `POST /trakt/auth/device`.
    StartFlow = object(
        &[],
        json!({"replace": flag("Whether an account that is linked may give way to another")}),
    );
    /// `POST /trakt/auth/device/check`.
    CheckFlow = object(
        &["deviceCode"],
        json!({"deviceCode": {
            "type": "string", "minLength": 1, "maxLength": 256,
            "description": "What the start of the flow gave",
        }}),
    );
    /// `POST /trakt/sync`.
    Ask = object(
        &[],
        json!({"confirm": flag("Whether the changes are meant that are held back")}),
    );
    /// `PATCH /trakt/settings`.
    ChangeSettings = {
        let switch = |says: &str| json!({"type": "boolean", "description": says});
        let mut schema = object(
            &[],
            json!({
                "pull": switch("Reading at Trakt what the user watches"),
                "push": switch("Writing there what the user does here"),
                "recommendations": switch("Asking Trakt what it recommends"),
            }),
        );
        schema["minProperties"] = 1.into();
        schema
    };
    /// `POST /trakt/history`.
    AddPlay = things(
        PLAYABLE,
        &[],
        &json!({"watchedAt": {
            "type": ["string", "null"], "format": "date-time", "pattern": WATCHED_AT,
            "description": "When; now without it. Not before 1880",
        }}),
    );
    /// A thing by its ids, or an episode by its show and place.
    Thing = things(ANY, &[], &json!({}));
    /// `POST /trakt/ratings`.
    Rate = things(
        ANY,
        &["rating"],
        &json!({"rating": {"type": "integer", "minimum": 1, "maximum": 10}}),
    );
    /// `POST /trakt/scrobble/start`.
    Start = things(PLAYABLE, &["progress"], &progress(0.0));
    /// `POST /trakt/scrobble/pause` and `/stop`.
    Stop = things(PLAYABLE, &["progress"], &progress(Deed::LEAST));
    /// `POST /trakt/admin/associate`.
    Associate = object(
        &["traktSlug", "userEmail"],
        json!({
            "traktSlug": {
                "type": "string", "minLength": 1, "maxLength": 255, "pattern": SLUG,
                "description": "The account's slug",
            },
            "userEmail": {
                "type": "string", "maxLength": 254, "pattern": EMAIL,
                "description": "The user's address",
            },
            "replace": flag("Whether an account that the user has may give way"),
        }),
    );
}

/// The schema, as utoipa has it. Its types have no place for an `anyOf` that is further in, so that the
/// document takes bodies as they are written.
fn read(schema: Value) -> RefOr<Schema> {
    serde_json::from_value(schema).unwrap_or_else(|_| Schema::default().into())
}

fn object(required: &[&str], properties: Value) -> Value {
    let mut schema = json!({"type": "object", "additionalProperties": false});
    schema["properties"] = properties;
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn flag(says: &str) -> Value {
    json!({"type": ["boolean", "null"], "description": says})
}

fn progress(least: f64) -> Value {
    json!({"progress": {
        "type": "number", "minimum": least, "maximum": 100.0,
        "description": "How far it was played, in percent",
    }})
}

/// A body that names one thing of these kinds, beside other fields.
fn things(kinds: &[ItemKind], required: &[&str], others: &Value) -> Value {
    let mut ways = Vec::new();
    for kind in kinds {
        let name = kind.as_str();
        let beside = match kind {
            ItemKind::Season | ItemKind::Episode => Some(("show", loose())),
            _ => None,
        };
        ways.push(way(name, named(), beside, required, others));
    }
    if kinds.contains(&ItemKind::Episode) {
        let placed = media(&["season", "number"], any_ids(), &place("integer"));
        let show = ("show", named());
        let mut by_place = way("episode", placed, Some(show), required, others);
        if let Some(required) = by_place["required"].as_array_mut() {
            required.push("show".into());
        }
        ways.push(by_place);
    }
    json!({ "anyOf": ways })
}

/// One way to name a thing. The other kinds may be there as null.
fn way(
    name: &str,
    media: Value,
    beside: Option<(&str, Value)>,
    required: &[&str],
    others: &Value,
) -> Value {
    let mut properties = Map::new();
    for kind in ItemKind::ALL {
        properties.insert(kind.as_str().to_owned(), json!({"type": "null"}));
    }
    properties.insert(name.to_owned(), media);
    if let Some((beside, media)) = beside {
        properties.insert(beside.to_owned(), media);
    }
    for (name, schema) in others.as_object().into_iter().flatten() {
        properties.insert(name.clone(), schema.clone());
    }
    let required: Vec<&str> = [name].iter().chain(required).copied().collect();
    object(&required, properties.into())
}

/// A thing that is named by an id at least.
fn named() -> Value {
    let ids = id_types()
        .into_iter()
        .map(|(space, schema)| {
            let mut ids = any_ids();
            ids["type"] = "object".into();
            ids["properties"][space] = schema;
            ids["required"] = json!([space]);
            ids
        })
        .collect::<Vec<_>>();
    media(&["ids"], json!({ "anyOf": ids }), &place_or_null())
}

/// A thing whose name is not looked at.
fn loose() -> Value {
    let mut schema = media(&[], any_ids(), &place_or_null());
    schema["type"] = json!(["object", "null"]);
    schema
}

/// A media object, as lists show it.
fn media(required: &[&str], ids: Value, place: &Value) -> Value {
    let mut parts = json!({
        "title": {"description": "Not looked at"},
        "year": {"description": "Not looked at"},
        "season": place,
        "number": place,
    });
    parts["ids"] = ids;
    object(required, parts)
}

fn place_or_null() -> Value {
    let mut place = place("integer");
    place["type"] = json!(["integer", "null"]);
    place
}

fn place(kind: &str) -> Value {
    json!({"type": kind, "minimum": 0, "maximum": MAX_PLACE})
}

fn any_ids() -> Value {
    let mut properties = Map::new();
    for (space, mut schema) in id_types() {
        schema["type"] = json!([schema["type"], "null"]);
        properties.insert(space.to_owned(), schema);
    }
    let mut ids = object(&[], properties.into());
    ids["type"] = json!(["object", "null"]);
    ids
}

fn id_types() -> [(&'static str, Value); 5] {
    let number = || json!({"type": "integer", "minimum": 1, "maximum": i64::MAX});
    let word = |pattern: &str| json!({"type": "string", "pattern": pattern});
    [
        ("trakt", number()),
        ("slug", word("^[a-z0-9_-]{1,200}$")),
        ("imdb", word("^[a-z0-9]{1,200}$")),
        ("tmdb", number()),
        ("tvdb", number()),
    ]
}
