//! Trakt's JSON in our words.

use trakt_api::{Profile, Settings, TokenGrant};
use trakt_core::ports::TraktFault;
use trakt_core::{
    AccessToken, RefreshToken, TraktIdentity, TraktProfile, TraktSlug, TraktUuid, ports,
};

/// Where Trakt itself has people type a code. A page elsewhere would be somebody's trap.
const HOSTS: &[&str] = &["trakt.tv", "auth.trakt.tv", "app.trakt.tv", "www.trakt.tv"];

fn unusable(what: &str) -> TraktFault {
    TraktFault::Unavailable {
        detail: format!("Trakt's answer has {what}"),
        retry_after: None,
    }
}

/// The address that a person is sent to, if it is Trakt's own or of a host that was configured.
pub fn verification_url(url: &trakt_api::Url, configured: &[String]) -> Result<String, TraktFault> {
    let host = url.host_str().unwrap_or_default();
    if HOSTS.contains(&host) || configured.iter().any(|ours| ours == host) {
        Ok(url.to_string())
    } else {
        Err(unusable("a verification_url on a foreign host"))
    }
}

pub fn grant(given: &TokenGrant) -> ports::TokenGrant {
    ports::TokenGrant {
        access: AccessToken::from(given.access_token.expose().to_owned()),
        refresh: RefreshToken::from(given.refresh_token.expose().to_owned()),
        expires_in: given.expires_in,
    }
}

pub fn identity(settings: Settings) -> Result<TraktIdentity, TraktFault> {
    let user = settings.user;
    let uuid = user.ids.uuid.as_deref().and_then(TraktUuid::parse);
    let slug = user
        .ids
        .slug
        .as_deref()
        .and_then(|slug| TraktSlug::parse(slug).ok());
    Ok(TraktIdentity {
        uuid: uuid.ok_or_else(|| unusable("no usable user.ids.uuid"))?,
        slug: slug.ok_or_else(|| unusable("no usable user.ids.slug"))?,
        username: text(&user.username),
    })
}

/// `None` for an account that is deleted.
pub fn profile(profile: &Profile, asked: &TraktSlug) -> Option<TraktProfile> {
    if profile.deleted {
        return None;
    }
    let slug = profile
        .ids
        .slug
        .as_deref()
        .and_then(|slug| TraktSlug::parse(slug).ok());
    Some(TraktProfile {
        uuid: profile.ids.uuid.as_deref().and_then(TraktUuid::parse),
        slug: slug.unwrap_or_else(|| asked.clone()),
        username: profile.username.as_deref().map(text),
    })
}

/// A name as PostgreSQL takes it: it has no NUL.
pub fn text(name: &str) -> String {
    name.replace('\0', "\u{fffd}")
}
