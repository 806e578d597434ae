//! Users and their settings.

use crate::{Auth, Endpoint, Host, Method, Profile, Settings};

/// `GET /users/settings`: whose token it is, and what that user has set.
#[derive(Clone, Copy, Debug)]
pub struct GetSettings;

impl Endpoint for GetSettings {
    type Reply = Settings;
    const METHOD: Method = Method::Get;
    const HOST: Host = Host::Api;
    const AUTH: Auth = Auth::User;

    fn path(&self) -> Vec<String> {
        ["users", "settings"].map(str::to_owned).to_vec()
    }
}

/// `GET /users/{slug}`: the public profile.
#[derive(Clone, Copy, Debug)]
pub struct GetProfile<'a> {
    /// Whose.
    pub slug: &'a str,
}

impl Endpoint for GetProfile<'_> {
    type Reply = Profile;
    const METHOD: Method = Method::Get;
    const HOST: Host = Host::Api;
    const AUTH: Auth = Auth::Application;

    fn path(&self) -> Vec<String> {
        vec!["users".to_owned(), self.slug.to_owned()]
    }
}
