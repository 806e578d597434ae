//! Who calls whom.

use crate::{BaseUrl, ClientSecret, InvalidUrl};

/// Which application calls, and where Trakt is.
#[derive(Clone, Debug)]
pub struct Config {
    /// `https://api.trakt.tv`.
    pub api_url: BaseUrl,
    /// `https://auth.trakt.tv`: the host of `/oauth/*`.
    pub auth_url: BaseUrl,
    /// The application's id, also sent as `trakt-api-key`.
    pub client_id: String,
    /// Its secret; applications may be without one.
    pub client_secret: Option<ClientSecret>,
    /// Its registered redirect address.
    pub redirect_uri: String,
    /// `App/1.2.3`. Without one, Trakt's edge answers 403.
    pub user_agent: String,
}

impl Config {
    /// Trakt's API.
    pub const TRAKT: &str = "https://api.trakt.tv";
    const TRAKT_AUTH: &str = "https://auth.trakt.tv";

    /// An application at the Trakt of this address: [`Self::TRAKT`], whose tokens come from a host of
    /// their own, or a simulator, where all is at one. It signs in by device code
    /// (`urn:ietf:wg:oauth:2.0:oob`).
    ///
    /// # Errors
    /// [`InvalidUrl`].
    pub fn at(
        api_url: &str,
        client_id: impl Into<String>,
        client_secret: impl Into<ClientSecret>,
        user_agent: impl Into<String>,
    ) -> Result<Self, InvalidUrl> {
        let api_url = BaseUrl::parse(api_url)?;
        let auth_url = if api_url == BaseUrl::parse(Self::TRAKT)? {
            BaseUrl::parse(Self::TRAKT_AUTH)?
        } else {
            api_url.clone()
        };
        Ok(Self {
            api_url,
            auth_url,
            client_id: client_id.into(),
            client_secret: Some(client_secret.into()),
            redirect_uri: "urn:ietf:wg:oauth:2.0:oob".to_owned(),
            user_agent: user_agent.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_from_where_the_api_is_but_at_trakt_itself() {
        let config = |url| Config::at(url, "id", "secret".to_owned(), "app/1").unwrap();
        for trakt in ["https://api.trakt.tv", "https://api.trakt.tv/"] {
            assert_eq!(config(trakt).auth_url.host(), "auth.trakt.tv");
        }
        assert_eq!(config("http://127.0.0.1:4180").auth_url.host(), "127.0.0.1");
        let elsewhere = Config::at("http://trakt.example", "id", "secret".to_owned(), "app/1");
        assert_eq!(elsewhere.unwrap_err(), InvalidUrl::Insecure);
    }
}
