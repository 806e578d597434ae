//! Every call that the crate can make, in each of its forms.

mod reads;
mod writes;

use trakt_api::endpoints::{
    CodeVerifier, ExchangeCode, GetDeviceCode, PollDeviceToken, RefreshTokens, RevokeToken,
};
use trakt_api::{
    AccessToken, AuthorizationCode, Call, Client, DeviceCode, Endpoint, Error, Items, RefreshToken,
};

/// How many items an answer had that could be read, and that could not; of an answer that is no
/// list, itself.
pub type Seen = (usize, usize);

type Send = Box<dyn Fn(&Client) -> Result<Seen, Error>>;

/// An endpoint's type, and a call of it.
pub struct Called {
    pub endpoint: &'static str,
    pub send: Send,
}

pub fn all() -> Vec<Called> {
    [oauth(), reads::calls(), writes::calls()]
        .into_iter()
        .flatten()
        .collect()
}

fn sent<E: Endpoint>(client: &Client, endpoint: &E) -> Result<E::Reply, Error> {
    let token = AccessToken::from("access".to_owned());
    client.send(endpoint, Call::of(&token))
}

/// A call whose answer is one thing.
fn one<E: Endpoint + 'static>(name: &'static str, endpoint: impl Fn() -> E + 'static) -> Called {
    Called {
        endpoint: name,
        send: Box::new(move |client| sent(client, &endpoint()).map(|_| (1, 0))),
    }
}

/// A call whose answer is a list.
fn list<E, T>(name: &'static str, endpoint: impl Fn() -> E + 'static) -> Called
where
    E: Endpoint<Reply = Items<T>> + 'static,
{
    Called {
        endpoint: name,
        send: Box::new(move |client| {
            let items = sent(client, &endpoint())?;
            Ok((items.items.len(), items.bad.len()))
        }),
    }
}

/// Calls of one endpoint: its type, then the fields of each.
macro_rules! calls {
    ($into:ident, $kind:ident $endpoint:ident $({ $($field:tt)* })*) => {
        $into.extend([$($kind(stringify!($endpoint), || $endpoint { $($field)* }),)*]);
    };
}
use calls;

fn oauth() -> Vec<Called> {
    const APP: &str = "client-id";
    let one = |endpoint, send: fn(&Client) -> Result<(), Error>| Called {
        endpoint,
        send: Box::new(move |client| send(client).map(|()| (1, 0))),
    };
    vec![
        one("GetDeviceCode", |client| {
            sent(client, &GetDeviceCode { client_id: APP }).map(drop)
        }),
        one("PollDeviceToken", |client| {
            let endpoint = PollDeviceToken {
                code: &DeviceCode::from("device".to_owned()),
                client_id: APP,
                client_secret: Some(&"secret".to_owned().into()),
            };
            sent(client, &endpoint).map(drop)
        }),
        one("ExchangeCode", |client| {
            let endpoint = ExchangeCode {
                code: &AuthorizationCode::from("code".to_owned()),
                client_id: APP,
                client_secret: Some(&"secret".to_owned().into()),
                redirect_uri: "https://example.org/back",
                code_verifier: None,
            };
            sent(client, &endpoint).map(drop)
        }),
        one("ExchangeCode", |client| {
            let verifier = CodeVerifier::new("v".repeat(43)).unwrap();
            let endpoint = ExchangeCode {
                code: &AuthorizationCode::from("code".to_owned()),
                client_id: APP,
                client_secret: None,
                redirect_uri: "https://example.org/back",
                code_verifier: Some(&verifier),
            };
            sent(client, &endpoint).map(drop)
        }),
        one("RefreshTokens", |client| {
            let endpoint = RefreshTokens {
                refresh_token: &RefreshToken::from("refresh".to_owned()),
                client_id: APP,
                client_secret: Some(&"secret".to_owned().into()),
                redirect_uri: "https://example.org/back",
            };
            sent(client, &endpoint).map(drop)
        }),
        one("RevokeToken", |client| {
            let endpoint = RevokeToken {
                token: &AccessToken::from("access".to_owned()),
                client_id: APP,
                client_secret: Some(&"secret".to_owned().into()),
            };
            sent(client, &endpoint).map(drop)
        }),
    ]
}
