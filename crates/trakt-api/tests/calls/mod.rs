//! Every call that the crate can make, in each of its forms.

mod reads;
mod writes;

use trakt_api::endpoints::{
    CodeVerifier, ExchangeCode, GetDeviceCode, PollDeviceToken, RefreshTokens, RevokeToken,
};
use trakt_api::{
    AccessToken, AuthorizationCode, Call, Client, DeviceCode, Endpoint, Error, Items, Paged,
    RefreshToken,
};

/// How many items an answer had that could be read, and that could not; of an answer that is no
/// list, itself.
pub type Seen = (usize, usize);

type Send = Box<dyn Fn(&Client) -> Result<Seen, Error>>;

/// An endpoint's type, and a call of it.
pub struct Called {
    pub endpoint: &'static str,
    form: &'static str,
    pub send: Send,
}

impl Called {
    fn new(
        endpoint: &'static str,
        send: impl Fn(&Client) -> Result<Seen, Error> + 'static,
    ) -> Self {
        Self {
            endpoint,
            form: "",
            send: Box::new(send),
        }
    }

    fn form(self, form: &'static str) -> Self {
        Self { form, ..self }
    }

    /// The endpoint, and which of its forms where that is of interest by itself.
    pub fn name(&self) -> String {
        match self.form {
            "" => self.endpoint.to_owned(),
            form => format!("{}, {form}", self.endpoint),
        }
    }
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
    Called::new(name, move |client| {
        sent(client, &endpoint()).map(|_| (1, 0))
    })
}

/// A call whose answer is a list.
fn list<E, T>(name: &'static str, endpoint: impl Fn() -> E + 'static) -> Called
where
    E: Endpoint<Reply = Items<T>> + 'static,
{
    Called::new(name, move |client| {
        let items = sent(client, &endpoint())?;
        Ok((items.items.len(), items.bad.len()))
    })
}

/// A call whose answer is a page of a list.
fn page<E: Paged + 'static>(name: &'static str, endpoint: impl Fn() -> E + 'static) -> Called {
    Called::new(name, move |client| {
        let token = AccessToken::from("access".to_owned());
        let endpoint = endpoint();
        let mut pages = client.pages(&endpoint, Call::of(&token));
        let page = pages.next().unwrap()?;
        Ok((page.items.len(), page.bad.len()))
    })
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
    let one = |endpoint, send: fn(&Client) -> Result<(), Error>| {
        Called::new(endpoint, move |client| send(client).map(|()| (1, 0)))
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
        })
        .form("with PKCE"),
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
