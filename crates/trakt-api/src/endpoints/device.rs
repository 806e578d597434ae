//! The device flow (RFC 8628, with Trakt's deviations).

use std::time::Duration;

use serde_json::{Value, json};

use super::segments;
use crate::client::read;
use crate::error::oauth_error;
use crate::headers::retry_after;
use crate::{
    Auth, ClientSecret, DeviceCode, DeviceCodeGrant, Endpoint, Error, Host, Method, RawReply,
    TokenGrant,
};

/// `POST /oauth/device/code`: begins a flow.
#[derive(Clone, Debug)]
pub struct GetDeviceCode<'a> {
    /// The application.
    pub client_id: &'a str,
}

impl Endpoint for GetDeviceCode<'_> {
    type Reply = DeviceCodeGrant;
    const METHOD: Method = Method::Post;
    const HOST: Host = Host::Auth;
    const AUTH: Auth = Auth::Application;

    fn path(&self) -> Vec<String> {
        segments(["oauth", "device", "code"])
    }

    fn body(&self) -> Option<Value> {
        Some(json!({"client_id": self.client_id}))
    }
}

/// `POST /oauth/device/token`: asks once how a flow stands. Trakt answers by status: see
/// [`DeviceToken::read`].
#[derive(Clone, Debug)]
pub struct PollDeviceToken<'a> {
    /// Which flow. Trakt calls the field `code`, unlike RFC 8628.
    pub code: &'a DeviceCode,
    /// The application.
    pub client_id: &'a str,
    /// Its secret, where it has one.
    pub client_secret: Option<&'a ClientSecret>,
}

impl Endpoint for PollDeviceToken<'_> {
    type Reply = TokenGrant;
    const METHOD: Method = Method::Post;
    const HOST: Host = Host::Auth;
    const AUTH: Auth = Auth::Application;

    fn path(&self) -> Vec<String> {
        segments(["oauth", "device", "token"])
    }

    fn body(&self) -> Option<Value> {
        let mut body = json!({"code": self.code.expose(), "client_id": self.client_id});
        super::token::add_secret(&mut body, self.client_secret);
        Some(body)
    }
}

impl DeviceToken {
    /// Reads the answer to a [`PollDeviceToken`], for those who send it by means of their own. Most
    /// of these are refusals by their status.
    ///
    /// # Errors
    /// [`Error::Refused`] and [`Error::Unreadable`]. A 400 is an error only if its body names an
    /// OAuth error that is about the application: Trakt sends none for a code that is pending.
    pub fn read(reply: RawReply) -> Result<Self, Error> {
        Ok(match reply.status {
            200..=299 => Self::Approved(read(&reply)?),
            400 => match oauth_error(&reply.body) {
                Some(
                    "invalid_client"
                    | "unauthorized_client"
                    | "invalid_request"
                    | "invalid_scope"
                    | "unsupported_grant_type",
                ) => return Err(Error::refused(reply)),
                _ => Self::Pending,
            },
            404 => Self::Unknown,
            409 => Self::Used,
            410 => Self::Expired,
            418 => Self::Denied,
            429 => Self::SlowDown {
                retry_after: retry_after(&reply),
            },
            _ => return Err(Error::refused(reply)),
        })
    }
}

/// How a device flow stands (Trakt's contract of `POST /oauth/device/token`: decided by status).
#[derive(Clone, Debug)]
pub enum DeviceToken {
    /// 200: approved.
    Approved(TokenGrant),
    /// 400: not yet.
    Pending,
    /// 404: no such code.
    Unknown,
    /// 409: the tokens were handed out before.
    Used,
    /// 410: too late.
    Expired,
    /// 418: the person refused.
    Denied,
    /// 429: asked too often.
    SlowDown {
        /// How long to wait, where Trakt says so.
        retry_after: Option<Duration>,
    },
}
