//! How Trakt takes the application: one call to each of its hosts, which change nothing there.

use std::time::Duration;

use chrono::{DateTime, Utc};
use trakt_api::endpoints::{GetProfile, RefreshTokens};
use trakt_api::{
    Call, Class, Client, Config, Edge, Endpoint, Error, RefreshToken, Transport, UreqTransport,
};
use trakt_core::Clock;

/// How long one call may take.
const WITHIN: Duration = Duration::from_secs(10);
/// Nobody's: Trakt says that there is no such session, and so that it knows who asks.
const NO_TOKEN: &str = "doctor-asks-who-is-known";

/// What one host of Trakt said to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkup {
    /// What it means.
    pub verdict: Verdict,
    /// How far Trakt's clock (`Date`, in whole seconds) is before ours; `None` where it told no time.
    pub ahead: Option<chrono::TimeDelta>,
}

/// What an answer of Trakt's means for the application. The texts hold no secret and no piece of a
/// body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The application is known.
    Accepted,
    /// The application is not known, or its secret is wrong.
    Unknown(String),
    /// The network's edge refuses us before Trakt sees the call.
    Blocked(String),
    /// There is no answer at all.
    Unreachable(String),
    /// An answer that says nothing about the application, such as a 503.
    Unclear(String),
}

/// Asks the API for a public profile, which needs the client id and nothing else.
///
/// # Errors
/// When the configuration cannot make a client.
pub fn check_api(config: Config, clock: &dyn Clock) -> Result<Checkup, Error> {
    let client = Client::new(config)?;
    Ok(ask(&client, &GetProfile { slug: "trakt" }, clock))
}

/// Asks the OAuth host to refresh a token that nobody has, which needs the client id and the secret:
/// `invalid_client` tells that one is wrong, `invalid_grant` that both are right.
///
/// # Errors
/// When the configuration cannot make a client.
pub fn check_auth(config: &Config, clock: &dyn Clock) -> Result<Checkup, Error> {
    let client = Client::new(config.clone())?;
    let endpoint = RefreshTokens {
        refresh_token: &RefreshToken::from(NO_TOKEN.to_owned()),
        client_id: &config.client_id,
        client_secret: config.client_secret.as_ref(),
        redirect_uri: &config.redirect_uri,
    };
    Ok(ask(&client, &endpoint, clock))
}

fn ask<E: Endpoint>(client: &Client, endpoint: &E, clock: &dyn Clock) -> Checkup {
    let (before, start) = (clock.now(), clock.elapsed());
    let sent = client
        .request(endpoint, Call::public().within(WITHIN))
        .and_then(|request| Ok(UreqTransport::new().send(request)?));
    let half = (clock.elapsed() - start) / 2;
    match sent {
        Ok(reply) => Checkup {
            ahead: reply
                .header("date")
                .and_then(|date| DateTime::parse_from_rfc2822(date).ok())
                // Half a second, as the header leaves the rest of its second out.
                .map(|date| {
                    date.with_timezone(&Utc) + Duration::from_millis(500) - (before + half)
                }),
            verdict: Client::reply::<E>(reply)
                .map_or_else(|error| verdict(&error), |_| Verdict::Accepted),
        },
        Err(error) => Checkup {
            verdict: verdict(&error),
            ahead: None,
        },
    }
}

fn verdict(error: &Error) -> Verdict {
    let said = error.to_string();
    match (error, error.class()) {
        (Error::NotSent(_) | Error::Unknown(_), _) => Verdict::Unreachable(said),
        // Only whose application is known hears of a token or a profile.
        (_, Some(Class::OAuth("invalid_grant") | Class::NotFound)) => Verdict::Accepted,
        (_, Some(Class::OAuth("invalid_client" | "unauthorized_client") | Class::Forbidden)) => {
            Verdict::Unknown(said)
        }
        (_, Some(Class::Edge(edge))) => Verdict::Blocked(format!(
            "{said}, {}",
            match edge {
                Edge::Banned => "this address is shut out for a while",
                Edge::Blocked => "the network's edge blocks it",
                Edge::Challenge => "the network's edge wants a person",
            }
        )),
        _ => Verdict::Unclear(said),
    }
}
