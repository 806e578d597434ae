//! The authorization code grant, with PKCE (RFC 6749 section 4.1, RFC 7636, Trakt's guide).

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use url::Url;

use super::segments;
use super::token::add_secret;
use crate::{Auth, AuthorizationCode, ClientSecret, Config, Endpoint, Host, Method, TokenGrant};

/// What proves that whoever exchanges a code is whoever asked for it (RFC 7636 section 4.1).
#[derive(Clone)]
pub struct CodeVerifier(SecretString);

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeVerifier(…)")
    }
}

impl CodeVerifier {
    /// A verifier of 43 to 128 letters, digits, `-`, `.`, `_` and `~` (RFC 7636 section 4.1);
    /// anything else is none. Make a new one for each sign-in, from a random source.
    #[must_use]
    pub fn new(text: String) -> Option<Self> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        let fits = (43..=128).contains(&text.len()) && text.bytes().all(allowed);
        fits.then(|| Self(text.into()))
    }

    /// What is sent in its stead (`S256`, RFC 7636 section 4.2).
    #[must_use]
    pub fn challenge(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.expose_secret()))
    }
}

/// `GET /oauth/authorize`: the address that the person's browser is sent to. Trakt sends it back
/// to the redirect address with `code` and `state`, or with `error`.
///
/// ```no_run
/// use std::time::Duration;
/// use trakt_api::endpoints::{Authorize, CodeVerifier};
/// # use trakt_api::{AuthorizationCode, Client, Config, Error};
/// # fn example(client: &Client, config: &Config, random: String, state: &str) -> Result<(), Error> {
/// # let Some(verifier) = CodeVerifier::new(random) else { return Ok(()) };
/// let challenge = verifier.challenge();
/// let page = Authorize { state, code_challenge: Some(&challenge), signup: false, login: false };
/// println!("Go to {:?}", page.url(config).map(String::from));
/// # let code = AuthorizationCode::from(String::new());
/// // And when the browser comes back with `state` and `code`:
/// let tokens = client.exchange(&code, Some(&verifier), Duration::from_secs(10))?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Authorize<'a> {
    /// Comes back as it is. It ties the answer to the browser that asked (RFC 6749 section 10.12):
    /// hard to guess, and checked.
    pub state: &'a str,
    /// [`CodeVerifier::challenge`]. An application without a secret needs one.
    pub code_challenge: Option<&'a str>,
    /// Whether the page is to offer a new account first.
    pub signup: bool,
    /// Whether the person is to sign in anew, also if they are already.
    pub login: bool,
}

impl Authorize<'_> {
    /// The address.
    #[must_use]
    pub fn url(&self, config: &Config) -> Option<Url> {
        let mut query = vec![
            ("response_type", "code".to_owned()),
            ("client_id", config.client_id.clone()),
            ("redirect_uri", config.redirect_uri.clone()),
            ("state", self.state.to_owned()),
        ];
        if let Some(challenge) = self.code_challenge {
            query.push(("code_challenge", challenge.to_owned()));
            query.push(("code_challenge_method", "S256".to_owned()));
        }
        query.extend(self.signup.then(|| ("signup", "true".to_owned())));
        query.extend(self.login.then(|| ("prompt", "login".to_owned())));
        config
            .auth_url
            .join(&segments(["oauth", "authorize"]), &query)
    }
}

/// `POST /oauth/token` with `grant_type=authorization_code`: what the code is exchanged for. It
/// works once.
#[derive(Clone, Debug)]
pub struct ExchangeCode<'a> {
    /// What Trakt sent to the redirect address.
    pub code: &'a AuthorizationCode,
    /// The application.
    pub client_id: &'a str,
    /// Its secret, where it has one.
    pub client_secret: Option<&'a ClientSecret>,
    /// The registered address, letter by letter.
    pub redirect_uri: &'a str,
    /// The one whose challenge was sent, where one was.
    pub code_verifier: Option<&'a CodeVerifier>,
}

impl Endpoint for ExchangeCode<'_> {
    type Reply = TokenGrant;
    const METHOD: Method = Method::Post;
    const HOST: Host = Host::Auth;
    const AUTH: Auth = Auth::Application;

    fn path(&self) -> Vec<String> {
        segments(["oauth", "token"])
    }

    fn body(&self) -> Option<Value> {
        let mut body = json!({
            "code": self.code.expose(),
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "grant_type": "authorization_code",
        });
        add_secret(&mut body, self.client_secret);
        if let (Some(verifier), Some(fields)) = (self.code_verifier, body.as_object_mut()) {
            fields.insert(
                "code_verifier".to_owned(),
                verifier.0.expose_secret().into(),
            );
        }
        Some(body)
    }
}
