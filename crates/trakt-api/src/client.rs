//! The client: endpoints sent over a transport, with the headers that Trakt wants on each.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::de::IgnoredAny;

use crate::budget::{Budget, Permit, Spend};
use crate::endpoints::{
    CodeVerifier, ExchangeCode, GetDeviceCode, GetProfile, GetSettings, PollDeviceToken,
    RefreshTokens, RevokeToken,
};
use crate::error::{PAGE, is_html};
use crate::headers::Pagination;
use crate::wire::from_json;
use crate::{
    AccessToken, Auth, AuthorizationCode, Call, Config, DeviceCode, DeviceCodeGrant, DeviceToken,
    Endpoint, Error, Host, Paged, Pages, Profile, RawReply, RawRequest, RefreshToken, Settings,
    TokenGrant, Transport, UreqTransport,
};

/// A client of Trakt. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    config: Arc<Config>,
    transport: Arc<dyn Transport>,
    budget: Option<Arc<dyn Budget>>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A fair time for one call as a whole.
    pub const WITHIN: Duration = Call::WITHIN;

    /// A client over ureq.
    ///
    /// # Errors
    /// [`Error::Unbuildable`] when the id or the user agent cannot stand in a header.
    pub fn new(config: Config) -> Result<Self, Error> {
        Self::over(config, Arc::new(UreqTransport::new()))
    }

    /// A client over a transport of the caller's own.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn over(config: Config, transport: Arc<dyn Transport>) -> Result<Self, Error> {
        let sendable =
            |text: &str| text.trim() == text && text.bytes().all(|b| (32..127).contains(&b));
        if config.client_id.is_empty() || !sendable(&config.client_id) {
            return Err(Error::Unbuildable("the client id is not printable ASCII"));
        }
        if config.user_agent.is_empty() || !sendable(&config.user_agent) {
            return Err(Error::Unbuildable("the user agent is not printable ASCII"));
        }
        Ok(Self {
            config: Arc::new(config),
            transport,
            budget: None,
        })
    }

    /// The same client, which asks this budget before each call. Without one nothing is limited.
    #[must_use]
    pub fn with_budget(self, budget: Arc<dyn Budget>) -> Self {
        Self {
            budget: Some(budget),
            ..self
        }
    }

    /// Sends any endpoint and reads its reply.
    ///
    /// # Errors
    /// [`Error`]. A list of several pages is [`Error::Part`], as a part must not pass for the whole:
    /// see [`Self::pages`].
    pub fn send<E: Endpoint>(&self, endpoint: &E, call: Call<'_>) -> Result<E::Reply, Error> {
        Self::reply::<E>(self.raw(endpoint, call, &[])?)
    }

    /// What is to be sent for an endpoint, for those who send it by means of their own, such as a
    /// client of an async runtime. No budget is asked.
    ///
    /// ```
    /// use trakt_api::{Call, Client, Endpoint, Error, RawReply, RawRequest, TransportError};
    ///
    /// # struct Http;
    /// # impl Http {
    /// #     async fn send(&self, _: RawRequest) -> Result<RawReply, TransportError> {
    /// #         Err(TransportError::NotSent("there is no network".to_owned()))
    /// #     }
    /// # }
    /// async fn send<E: Endpoint>(
    ///     client: &Client,
    ///     http: &Http,
    ///     endpoint: &E,
    ///     call: Call<'_>,
    /// ) -> Result<E::Reply, Error> {
    ///     let request = client.request(endpoint, call)?;
    ///     // Within `request.within`, and no more of the body than `request.max_reply`.
    ///     let reply = http.send(request).await?;
    ///     Client::reply::<E>(reply)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::Unbuildable`].
    pub fn request<E: Endpoint>(&self, endpoint: &E, call: Call<'_>) -> Result<RawRequest, Error> {
        self.build(endpoint, call, &[])
    }

    /// Reads the answer to a [`Self::request`].
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Unreadable`] and [`Error::Part`].
    pub fn reply<E: Endpoint>(reply: RawReply) -> Result<E::Reply, Error> {
        if !(200..=299).contains(&reply.status) {
            return Err(Error::refused(reply));
        }
        let status = reply.status;
        match Pagination::read(&reply).several() {
            Some(pages) => Err(Error::Part { status, pages }),
            None => read(&reply),
        }
    }

    /// The pages of a list, each asked for when it is wanted. See [`Pages`], which also says what is
    /// to be sent where a runtime of one's own sends it.
    #[must_use]
    pub fn pages<'a, E: Paged>(&'a self, endpoint: &'a E, call: Call<'a>) -> Pages<'a, E> {
        Pages::of(self, endpoint, call)
    }

    /// `POST /oauth/device/code`: begins a device flow.
    ///
    /// # Errors
    /// [`Error`].
    pub fn device_code(&self, within: Duration) -> Result<DeviceCodeGrant, Error> {
        self.send(
            &GetDeviceCode {
                client_id: &self.config.client_id,
            },
            Call::public().within(within),
        )
    }

    /// `POST /oauth/device/token`: asks once how a flow stands.
    ///
    /// # Errors
    /// [`Error`]. A 400 is an error only if its body names an OAuth error that is about the
    /// application: Trakt sends none for a code that is pending.
    pub fn device_token(&self, code: &DeviceCode, within: Duration) -> Result<DeviceToken, Error> {
        let endpoint = PollDeviceToken {
            code,
            client_id: &self.config.client_id,
            client_secret: self.config.client_secret.as_ref(),
        };
        DeviceToken::read(self.raw(&endpoint, Call::public().within(within), &[])?)
    }

    /// `POST /oauth/token`: exchanges the code that Trakt sent to the redirect address, which works
    /// once. `verifier` is the one whose challenge stood in the address of
    /// [`Authorize`](crate::endpoints::Authorize); an application without a secret needs one.
    ///
    /// # Errors
    /// [`Error`].
    pub fn exchange(
        &self,
        code: &AuthorizationCode,
        verifier: Option<&CodeVerifier>,
        within: Duration,
    ) -> Result<TokenGrant, Error> {
        let endpoint = ExchangeCode {
            code,
            client_id: &self.config.client_id,
            // The one or the other: Trakt's guide has no form with both.
            client_secret: match verifier {
                Some(_) => None,
                None => self.config.client_secret.as_ref(),
            },
            redirect_uri: &self.config.redirect_uri,
            code_verifier: verifier,
        };
        self.send(&endpoint, Call::public().within(within))
    }

    /// `POST /oauth/token`: exchanges a refresh token, which works once.
    ///
    /// ```no_run
    /// # use trakt_api::{Client, Error, RefreshToken, TokenGrant};
    /// # fn store(_: &TokenGrant) {}
    /// fn renew(client: &Client, old: &RefreshToken) -> Result<TokenGrant, Error> {
    ///     let new = client.refresh(old, Client::WITHIN)?;
    ///     store(&new); // Before anything else: the old one works no more.
    ///     Ok(new)
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error`]. After [`Error::Unknown`] and [`Error::Unreadable`] nobody knows whether the token
    /// is used up; so too wherever [`Error::outcome`] says so.
    pub fn refresh(&self, token: &RefreshToken, within: Duration) -> Result<TokenGrant, Error> {
        let endpoint = RefreshTokens {
            refresh_token: token,
            client_id: &self.config.client_id,
            client_secret: self.config.client_secret.as_ref(),
            redirect_uri: &self.config.redirect_uri,
        };
        self.send(&endpoint, Call::public().within(within))
    }

    /// `POST /oauth/revoke`: ends a token. A success with any body will do.
    ///
    /// # Errors
    /// [`Error`].
    pub fn revoke(&self, token: &AccessToken, within: Duration) -> Result<(), Error> {
        let endpoint = RevokeToken {
            token,
            client_id: &self.config.client_id,
            client_secret: self.config.client_secret.as_ref(),
        };
        match self.send::<RevokeToken<'_>>(&endpoint, Call::public().within(within)) {
            // A page of the edge's is no answer of Trakt's.
            Err(error @ Error::Unreadable { .. }) if error.class().is_some() => Err(error),
            Ok(IgnoredAny) | Err(Error::Unreadable { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// `GET /users/settings`: whose token it is.
    ///
    /// # Errors
    /// [`Error`].
    pub fn settings(&self, token: &AccessToken, within: Duration) -> Result<Settings, Error> {
        self.send(&GetSettings, Call::of(token).within(within))
    }

    /// `GET /users/{slug}`: the public profile; `None` when there is no such account.
    ///
    /// ```no_run
    /// # use trakt_api::{Client, Error};
    /// fn exists(client: &Client, slug: &str) -> Result<bool, Error> {
    ///     let profile = client.profile(slug, Client::WITHIN)?;
    ///     Ok(profile.is_some_and(|profile| !profile.deleted))
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error`].
    pub fn profile(&self, slug: &str, within: Duration) -> Result<Option<Profile>, Error> {
        match self.send(&GetProfile { slug }, Call::public().within(within)) {
            // What names nobody is no profile, and no word on whether there is one.
            Ok(profile) if profile.username.is_none() && profile.ids.is_empty() => {
                Err(Error::Unreadable {
                    status: 200,
                    why: "it names nobody",
                })
            }
            Ok(profile) => Ok(Some(profile)),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends an endpoint, with these pairs added to its query.
    pub(crate) fn raw<E: Endpoint>(
        &self,
        endpoint: &E,
        call: Call<'_>,
        added: &[(&'static str, String)],
    ) -> Result<RawReply, Error> {
        let request = self.build(endpoint, call, added)?;
        match &self.budget {
            None => Ok(self.transport.send(request)?),
            Some(budget) => {
                let user = who::<E>(call)?.map(|token| call.user_key(token, &self.config));
                let spend = Spend::of(&request, &self.config, user.as_deref(), call.urgency);
                self.spend(&**budget, &spend, request)
            }
        }
    }

    pub(crate) fn build<E: Endpoint>(
        &self,
        endpoint: &E,
        call: Call<'_>,
        added: &[(&'static str, String)],
    ) -> Result<RawRequest, Error> {
        let base = match E::HOST {
            Host::Api => &self.config.api_url,
            Host::Auth => &self.config.auth_url,
        };
        let mut query = endpoint.query();
        query.extend_from_slice(added);
        Ok(RawRequest {
            method: E::METHOD,
            host: E::HOST,
            url: base
                .join(&endpoint.path(), &query)
                .ok_or(Error::Unbuildable("a part of the path cannot be sent"))?,
            headers: self.headers(who::<E>(call)?)?,
            body: endpoint.body().map(|json| json.to_string().into_bytes()),
            within: call.within,
            max_reply: E::MAX_REPLY,
        })
    }

    fn spend(
        &self,
        budget: &dyn Budget,
        spend: &Spend<'_>,
        mut request: RawRequest,
    ) -> Result<RawReply, Error> {
        let start = Instant::now();
        let mut permit = Permit::ask(budget, spend)?;
        // What the wait took is gone.
        request.within = request.within.saturating_sub(start.elapsed());
        let sent = self.transport.send(request);
        if let Ok(reply) = &sent {
            permit.heard(reply);
        }
        Ok(sent?)
    }

    fn headers(&self, token: Option<&AccessToken>) -> Result<Vec<(&'static str, String)>, Error> {
        let config = &self.config;
        let mut headers = vec![
            ("content-type", "application/json".to_owned()),
            ("accept", "application/json".to_owned()),
            ("user-agent", config.user_agent.clone()),
            ("trakt-api-key", config.client_id.clone()),
            ("trakt-api-version", "2".to_owned()),
        ];
        if let Some(token) = token {
            if !token.expose().bytes().all(|b| b.is_ascii_graphic()) {
                return Err(Error::Unbuildable(
                    "the access token is not printable ASCII",
                ));
            }
            headers.push(("authorization", format!("Bearer {}", token.expose())));
        }
        Ok(headers)
    }
}

/// With whose token the endpoint is called.
fn who<'a, E: Endpoint>(call: Call<'a>) -> Result<Option<&'a AccessToken>, Error> {
    match (E::AUTH, call.token) {
        (Auth::Application, _) => Ok(None),
        (Auth::Optional, token) => Ok(token),
        (Auth::User, Some(token)) => Ok(Some(token)),
        (Auth::User, None) => Err(Error::Unbuildable("the endpoint needs an access token")),
    }
}

/// Reads the body of a success.
pub(crate) fn read<T: serde::de::DeserializeOwned>(reply: &RawReply) -> Result<T, Error> {
    // 204, and any other success that has nothing to say.
    let body = match reply.body.trim_ascii() {
        b"" => b"null",
        body => body,
    };
    from_json(body).map_err(|error| Error::Unreadable {
        status: reply.status,
        // serde's own text quotes the value that is wrong, which may be a token.
        why: match error.classify() {
            serde_json::error::Category::Data => "it lacks what it should have",
            _ if is_html(reply) => PAGE,
            _ => "it is not JSON",
        },
    })
}
