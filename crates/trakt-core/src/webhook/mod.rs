//! What other programs are told of, once it has happened: at least once, signed, and never in the way
//! of what happens.

mod model;
mod plan;
mod service;

pub use model::{
    DeliveryRecord, DeliveryState, EndpointKey, UnknownWord, WebhookAnswer, WebhookChange,
    WebhookEndpoint, WebhookEvent, WebhookFault, WebhookKind, WebhookLink,
};
pub use plan::{Verdict, WebhookPolicy};
pub use service::WebhookService;
