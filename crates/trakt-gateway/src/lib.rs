#![doc = include_str!("../README.md")]

mod convert;
pub mod doctor;
mod error;
mod measure;
mod recommend;
mod scrobble;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use trakt_api::budget::{Limits, LocalBudget};
pub use trakt_api::{BaseUrl, ClientSecret, Config};
use trakt_api::{Client, DeviceToken, UreqTransport};
use trakt_core::ports::{
    DeviceGrant, DevicePoll, RefreshFault, TokenGrant, TraktFault, TraktGateway,
};
use trakt_core::{AccessToken, DeviceCode, RefreshToken, TraktIdentity, TraktProfile, TraktSlug};

use crate::convert::{grant, identity, profile, verification_url};
use crate::error::{fault, fault_of_ours, refresh_fault, revoked};
use crate::measure::{MeasuredBudget, MeasuredTransport};

/// Trakt as `trakt-core` sees it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Gateway {
    client: Client,
    /// The same, for what is read of users in the background: within a budget. Tokens have a gate
    /// of their own, which all replicas share.
    reader: Client,
    /// None where the caller's own client has one, or none.
    budget: Option<Arc<LocalBudget>>,
    hosts: Vec<String>,
}

impl Gateway {
    /// A gateway to the Trakt at these addresses.
    ///
    /// # Errors
    /// When the configuration cannot make a client.
    pub fn new(config: Config) -> Result<Self, trakt_api::Error> {
        let hosts = [&config.api_url, &config.auth_url].map(|url| url.host().to_owned());
        let budget = Arc::new(LocalBudget::new(Limits::default()));
        let transport = Arc::new(MeasuredTransport(UreqTransport::new()));
        let gateway = Self::over(Client::over(config, transport)?, hosts.to_vec());
        let measured = Arc::new(MeasuredBudget(budget.clone()));
        Ok(Self {
            reader: gateway.reader.with_budget(measured),
            budget: Some(budget),
            ..gateway
        })
    }

    /// A gateway over a client of the caller's own. People are sent to Trakt's hosts and to
    /// `hosts` (as in an address, without a port) to type a code, and to no other.
    #[must_use]
    pub fn over(client: Client, hosts: Vec<String>) -> Self {
        let reader = client.clone();
        Self {
            client,
            reader,
            budget: None,
            hosts,
        }
    }

    /// Sets the metrics of what is left of the budget, which changes with time alone.
    pub fn measure(&self) {
        if let Some(budget) = &self.budget {
            measure::budget(budget);
        }
    }
}

impl TraktGateway for Gateway {
    fn device_code(&self, within: Duration) -> Result<DeviceGrant, TraktFault> {
        let given = self.client.device_code(within).map_err(fault_of_ours)?;
        Ok(DeviceGrant {
            verification_url: verification_url(&given.verification_url, &self.hosts)?,
            device_code: DeviceCode::from(given.device_code.expose().to_owned()),
            user_code: given.user_code,
            expires_in: given.expires_in,
            interval: given.interval,
        })
    }

    fn device_token(&self, code: &DeviceCode, within: Duration) -> Result<DevicePoll, TraktFault> {
        let code = trakt_api::DeviceCode::from(code.expose().to_owned());
        Ok(
            match self
                .client
                .device_token(&code, within)
                .map_err(fault_of_ours)?
            {
                DeviceToken::Approved(given) => DevicePoll::Approved(grant(&given)),
                DeviceToken::Pending => DevicePoll::Pending,
                DeviceToken::SlowDown { retry_after } => DevicePoll::SlowDown(retry_after),
                DeviceToken::Denied => DevicePoll::Denied,
                DeviceToken::Expired => DevicePoll::Expired,
                DeviceToken::Used => DevicePoll::Used,
                DeviceToken::Unknown => DevicePoll::Unknown,
            },
        )
    }

    fn refresh(&self, token: &RefreshToken, within: Duration) -> Result<TokenGrant, RefreshFault> {
        let token = trakt_api::RefreshToken::from(token.expose().to_owned());
        let given = self.client.refresh(&token, within).map_err(refresh_fault)?;
        Ok(grant(&given))
    }

    fn revoke(&self, token: &AccessToken, within: Duration) -> Result<(), TraktFault> {
        let token = trakt_api::AccessToken::from(token.expose().to_owned());
        self.client.revoke(&token, within).or_else(revoked)
    }

    fn identity(&self, token: &AccessToken, within: Duration) -> Result<TraktIdentity, TraktFault> {
        let token = trakt_api::AccessToken::from(token.expose().to_owned());
        identity(self.client.settings(&token, within).map_err(fault)?)
    }

    fn profile(
        &self,
        slug: &TraktSlug,
        within: Duration,
    ) -> Result<Option<TraktProfile>, TraktFault> {
        let found = self.client.profile(slug.as_str(), within).map_err(fault)?;
        Ok(found.and_then(|found| profile(&found, slug)))
    }
}
