//! An endpoint as a value: everything that is to be sent, and nothing that sends it.

use serde::de::DeserializeOwned;

use crate::Items;

/// The HTTP methods that Trakt uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Writes, and all of OAuth.
    Post,
    /// Removes.
    Delete,
}

impl Method {
    /// The method as it is sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// Which of Trakt's two hosts answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// `https://api.trakt.tv`.
    Api,
    /// `https://auth.trakt.tv`, for `/oauth/*`.
    Auth,
}

/// Who must be signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Nobody: the application alone.
    Application,
    /// Nobody, but who is sees more; a token also moves the call from the application's budget to
    /// the user's.
    Optional,
    /// A user, by an access token.
    User,
}

/// One call that can be made to Trakt.
pub trait Endpoint {
    /// What a success gives.
    type Reply: DeserializeOwned;

    /// How.
    const METHOD: Method;
    /// Where.
    const HOST: Host = Host::Api;
    /// Who must be signed in.
    const AUTH: Auth;
    /// The largest reply that is read, in bytes after decoding.
    const MAX_REPLY: u64 = 64 * 1024;

    /// The segments of the path, not encoded: each is sent as one, whatever it holds.
    fn path(&self) -> Vec<String>;

    /// The JSON body as it is sent. It may hold secrets.
    fn body(&self) -> Option<serde_json::Value> {
        None
    }

    /// The pairs of the query, not encoded.
    fn query(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// An endpoint whose reply comes in pages (Trakt's guide "Pagination": `?page=&limit=` and
/// `X-Pagination-*`). Its [`Endpoint::query`] has neither `page` nor `limit`: the pager adds them.
pub trait Paged: Endpoint<Reply = Items<Self::Item>> {
    /// What it is a list of.
    type Item: DeserializeOwned;

    /// The largest page that Trakt gives; a larger `limit` is silently cut down to it.
    const MAX_LIMIT: u32 = 250;

    /// Whether `X-Pagination-Page-Count` can be believed. Where it cannot, only a page that is not
    /// full ends the list.
    const COUNTED: bool = true;
}
