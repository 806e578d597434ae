//! Words that the document lists: those of `trakt-core`, so that none is forgotten.

use std::borrow::Cow;

use serde_json::Value;
use trakt_core::watch::ItemKind as Kind;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

fn among<T: Into<Value>>(kind: Type, words: impl IntoIterator<Item = T>) -> RefOr<Schema> {
    let words: Vec<Value> = words.into_iter().map(Into::into).collect();
    ObjectBuilder::new()
        .schema_type(SchemaType::Type(kind))
        .enum_values(Some(words))
        .into()
}

macro_rules! word {
    ($($(#[$doc:meta])* $name:ident: $kind:ident = $words:expr;)*) => {$(
        $(#[$doc])*
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                among(Type::$kind, $words)
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )*};
}

macro_rules! all {
    ($of:path) => {
        <$of>::ALL.iter().map(|word| word.as_str())
    };
}

word! {
    /// What happened.
    AuditEvent: String = all!(trakt_core::audit::AuditEvent);
    /// How it ended.
    AuditOutcome: String = all!(trakt_core::audit::AuditOutcome);
    /// The stable name of an error.
    Code: String = all!(crate::problem::Code);
    /// What becomes of the data of a link that ends.
    Data: String = ["keep", "purge"];
    /// How the telling of one event to one endpoint stands.
    DeliveryState: String = all!(trakt_core::webhook::DeliveryState);
    /// What is done at Trakt.
    Deed: String = all!(trakt_core::scrobble::Deed);
    /// Kinds of things.
    ItemKind: String = all!(Kind);
    /// How a link stands.
    LinkStatus: String = all!(trakt_core::link::LinkStatus);
    /// False.
    No: Boolean = [false];
    /// What is read of a user.
    Part: String = all!(trakt_core::watch::Part);
    /// What can be played.
    PlayableKind: String = [Kind::Movie.as_str(), Kind::Episode.as_str()];
    /// Why something is to be gone on with.
    ProgressKind: String = all!(trakt_core::watch::ProgressKind);
    /// What is going on with a user's data.
    PullPhase: String = all!(trakt_core::watch::PullPhase);
    /// What may be told.
    WebhookKind: String = all!(trakt_core::webhook::WebhookKind);
    /// How a write stands.
    WriteState: String = all!(trakt_core::scrobble::WriteState);
    /// True.
    Yes: Boolean = [true];
}
