//! Who is told what happened.

use trakt_core::webhook::WebhookEndpoint;
use trakt_webhook::{Allowed, Secrets};

use super::Environment;
use super::settings::{networks, secret};

/// Webhooks.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// `WEBHOOK_URLS`.
    pub endpoints: Vec<WebhookEndpoint>,
    /// `WEBHOOK_SECRET`.
    pub secrets: Secrets,
    /// `WEBHOOK_ALLOW`.
    pub allowed: Allowed,
}

/// Reads them; `None` where nobody is told.
pub(super) fn webhooks(env: &mut Environment) -> Option<WebhookSettings> {
    let allowed = env.parsed("WEBHOOK_ALLOW", |text| networks(text).map(Allowed::new));
    let allowed = allowed.unwrap_or_default();
    // Before the addresses, which it is of no use without.
    let secrets = secret(env, "WEBHOOK_SECRET", Secrets::parse);
    let read = |text: &str| trakt_webhook::endpoints(text, &allowed);
    let endpoints = secret(env, "WEBHOOK_URLS", read)?;
    if endpoints.is_empty() {
        return None;
    }
    // One that is wrong was named already.
    let mut given = ["", "_FILE"].into_iter();
    if !given.any(|end| env.text(&format!("WEBHOOK_SECRET{end}")).is_some()) {
        env.wrong(
            "WEBHOOK_SECRET",
            "is missing: what is sent to WEBHOOK_URLS is signed with it",
        );
    }
    Some(WebhookSettings {
        endpoints,
        secrets: secrets?,
        allowed,
    })
}
