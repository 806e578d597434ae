//! What can be changed about a simulator as it runs.

use serde::{Deserialize, Serialize};

use crate::{Config, Lag, RateLimits, Rotation};

/// The fields of [`Config`] that can be changed as the simulator runs. Given to it, what is
/// `None` stays as it is; read from it, every field is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// [`Config::rotation`].
    pub rotation: Option<Rotation>,
    /// [`Config::old_access_works`].
    pub old_access_works: Option<bool>,
    /// [`Config::one_app`].
    pub one_app: Option<bool>,
    /// [`Config::vip_only`].
    pub vip_only: Option<Vec<String>>,
    /// [`Config::limit_headers`].
    pub limit_headers: Option<bool>,
    /// [`Config::rate_limits`].
    pub rate_limits: Option<RateLimits>,
    /// [`Config::lag`].
    pub lag: Option<Lag>,
    /// [`Config::requests_kept`].
    pub requests_kept: Option<usize>,
    /// [`Config::requests_every`].
    pub requests_every: Option<u64>,
    /// [`Config::rails`].
    pub rails: Option<bool>,
}

impl Settings {
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            rotation: Some(config.rotation),
            old_access_works: Some(config.old_access_works),
            one_app: Some(config.one_app),
            vip_only: Some(config.vip_only.clone()),
            limit_headers: Some(config.limit_headers),
            rate_limits: Some(config.rate_limits),
            lag: Some(config.lag.clone()),
            requests_kept: Some(config.requests_kept),
            requests_every: Some(config.requests_every),
            rails: Some(config.rails),
        }
    }

    pub(crate) fn apply(self, config: &mut Config) {
        fn set<T>(field: &mut T, to: Option<T>) {
            if let Some(to) = to {
                *field = to;
            }
        }
        set(&mut config.rotation, self.rotation);
        set(&mut config.old_access_works, self.old_access_works);
        set(&mut config.one_app, self.one_app);
        set(&mut config.vip_only, self.vip_only);
        set(&mut config.limit_headers, self.limit_headers);
        set(&mut config.rate_limits, self.rate_limits);
        set(&mut config.lag, self.lag);
        set(&mut config.requests_kept, self.requests_kept);
        set(&mut config.requests_every, self.requests_every);
        set(&mut config.rails, self.rails);
    }
}
