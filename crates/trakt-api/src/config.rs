//! Who calls whom.

use crate::{BaseUrl, ClientSecret};

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
