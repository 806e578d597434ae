//! Users of an outside identity provider: its key set over HTTP, its tokens, its word on roles.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use trakt_core::Clock as _;

use crate::harness::{Database, Server, sim};

/// An identity provider: one Ed25519 key, and its key set on loopback.
struct Provider {
    key: SigningKey,
    url: String,
    fetched: Arc<AtomicUsize>,
}

impl Provider {
    fn start() -> Self {
        let mut seed = [0; 32];
        trakt_core::Entropy::fill(&trakt_core::SystemEntropy, &mut seed);
        let key = SigningKey::from_bytes(&seed);
        let x = BASE64_URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        let set = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
                                   "kid": "one", "x": x}]});
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/jwks", listener.local_addr().unwrap());
        let fetched = Arc::new(AtomicUsize::new(0));
        let counter = fetched.clone();
        std::thread::spawn(move || {
            let body = set.to_string();
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let _ = stream.read(&mut [0; 4096]);
                counter.fetch_add(1, Ordering::SeqCst);
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                    Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
                );
            }
        });
        Self { key, url, fetched }
    }

    /// A token with these claims on top of what every good one has.
    fn token(&self, kid: &str, claims: &Value) -> String {
        let now = trakt_core::SystemClock.now().timestamp();
        let mut all = json!({"iss": "https://id.example", "aud": "media", "exp": now + 300});
        let fields = all.as_object_mut().unwrap();
        fields.extend(claims.as_object().unwrap().clone());
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(kid.to_owned());
        let key = EncodingKey::from_ed_der(self.key.to_pkcs8_der().unwrap().as_bytes());
        jsonwebtoken::encode(&header, &all, &key).unwrap()
    }
}

fn service(provider: &Provider, database: &Database) -> (trakt_sim::Sim, Server) {
    let sim = sim();
    let server = Server::builder()
        .database(database)
        .sim(&sim)
        .var("AUTH_ISSUER", "https://id.example")
        .var("AUTH_AUDIENCE", "media")
        .var("AUTH_JWKS_URL", &provider.url)
        .start();
    (sim, server)
}

#[test]
fn a_vouched_address_makes_a_user_and_the_sub_keeps_it() {
    let (provider, database) = (Provider::start(), Database::fresh());
    let (sim, server) = service(&provider, &database);
    let users = "SELECT count(*) FROM users";

    let unverified = json!({"sub": "idp|1", "email": "ana@example.org", "email_verified": false});
    let refused = server.get("/trakt/association", &provider.token("one", &unverified));
    assert_eq!(refused.outcome(), "401 unauthenticated");
    let nameless = server.get(
        "/trakt/association",
        &provider.token("one", &json!({"sub": "idp|1"})),
    );
    assert_eq!(nameless.outcome(), "401 unauthenticated");
    assert_eq!(database.count(users), 0, "nobody was added");

    let first = json!({"sub": "idp|1", "email": "Ana@example.org", "email_verified": true});
    let token = provider.token("one", &first);
    assert_eq!(server.link(&sim, &token, "sean").status, 200);
    assert_eq!(database.count(users), 1);

    // Later the provider says no more than who it is; the address may even have changed.
    for claims in [
        json!({"sub": "idp|1"}),
        json!({"sub": "idp|1", "email": "new@example.org"}),
    ] {
        let view = server
            .get("/trakt/association", &provider.token("one", &claims))
            .json();
        assert_eq!(view["traktSlug"], "sean");
    }
    // Somebody else with her address is not her.
    let thief = json!({"sub": "idp|2", "email": "ana@example.org", "email_verified": true});
    let refused = server.get("/trakt/association", &provider.token("one", &thief));
    assert_eq!(refused.outcome(), "401 unauthenticated");
    assert_eq!(database.count(users), 1);

    let admin = json!({"sub": "idp|1", "role": "admin"});
    assert_eq!(
        server
            .get("/trakt/admin/associations", &provider.token("one", &admin))
            .status,
        200
    );
    let user = provider.token("one", &json!({"sub": "idp|1"}));
    let forbidden = server.patiently("GET", "/trakt/admin/associations", &user, None);
    assert_eq!(forbidden.outcome(), "403 forbidden");

    database.execute("DELETE FROM users", &[]);
    let gone = server.patiently("GET", "/trakt/association", &user, None);
    assert_eq!(
        gone.outcome(),
        "401 unauthenticated",
        "deleted at the next request"
    );
    // The token that made the user is good for a while; it must not make the user anew.
    let back = server.patiently("GET", "/trakt/association", &token, None);
    assert_eq!(
        back.outcome(),
        "401 unauthenticated",
        "deleted stays deleted"
    );
    database.user("ana@example.org", "user");
    let again = server.patiently("GET", "/trakt/association", &token, None);
    assert_eq!(again.status, 200, "an operator may add the user again");
}

#[test]
fn an_unknown_key_is_looked_for_once_a_minute() {
    let (provider, database) = (Provider::start(), Database::fresh());
    let (_sim, server) = service(&provider, &database);
    let claims = json!({"sub": "idp|1", "email": "ana@example.org"});
    assert_eq!(
        server
            .get("/trakt/association", &provider.token("one", &claims))
            .status,
        200
    );
    let before = provider.fetched.load(Ordering::SeqCst);
    for n in 0..10 {
        let token = provider.token(&format!("unknown-{n}"), &claims);
        let refused = server.patiently("GET", "/trakt/association", &token, None);
        assert_eq!(refused.outcome(), "401 unauthenticated");
    }
    let fetched = provider.fetched.load(Ordering::SeqCst) - before;
    assert!(fetched <= 1, "{fetched} fetches");
}
