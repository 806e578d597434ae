//! Refreshing and revoking tokens.

use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::segments;
use crate::{AccessToken, Auth, ClientSecret, Endpoint, Host, Method, RefreshToken, TokenGrant};

/// Adds the secret of the application, where it has one.
pub(super) fn add_secret(body: &mut Value, secret: Option<&ClientSecret>) {
    if let (Some(secret), Some(fields)) = (secret, body.as_object_mut()) {
        fields.insert("client_secret".to_owned(), secret.expose().into());
    }
}

/// `POST /oauth/token` with `grant_type=refresh_token` (RFC 6749 section 6). A success uses
/// up the token that is sent, whether or not the answer arrives.
#[derive(Clone, Debug)]
pub struct RefreshTokens<'a> {
    /// What is exchanged.
    pub refresh_token: &'a RefreshToken,
    /// The application.
    pub client_id: &'a str,
    /// Its secret, where it has one.
    pub client_secret: Option<&'a ClientSecret>,
    /// The registered address: Trakt wants it here too.
    pub redirect_uri: &'a str,
}

impl Endpoint for RefreshTokens<'_> {
    type Reply = TokenGrant;
    const METHOD: Method = Method::Post;
    const HOST: Host = Host::Auth;
    const AUTH: Auth = Auth::Application;

    fn path(&self) -> Vec<String> {
        segments(["oauth", "token"])
    }

    fn body(&self) -> Option<Value> {
        let mut body = json!({
            "refresh_token": self.refresh_token.expose(),
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "grant_type": "refresh_token",
        });
        add_secret(&mut body, self.client_secret);
        Some(body)
    }
}

/// `POST /oauth/revoke`: ends a token (RFC 7009). Trakt answers 200 to anything.
#[derive(Clone, Debug)]
pub struct RevokeToken<'a> {
    /// What is to end.
    pub token: &'a AccessToken,
    /// The application.
    pub client_id: &'a str,
    /// Its secret, where it has one.
    pub client_secret: Option<&'a ClientSecret>,
}

impl Endpoint for RevokeToken<'_> {
    type Reply = IgnoredAny;
    const METHOD: Method = Method::Post;
    const HOST: Host = Host::Auth;
    const AUTH: Auth = Auth::Application;

    fn path(&self) -> Vec<String> {
        segments(["oauth", "revoke"])
    }

    fn body(&self) -> Option<Value> {
        let mut body = json!({"token": self.token.expose(), "client_id": self.client_id});
        add_secret(&mut body, self.client_secret);
        Some(body)
    }
}
