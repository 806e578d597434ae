//! What each call sends: method, address, headers, body.

use serde_json::{Value, json};
use trakt_api::endpoints::CodeVerifier;
use trakt_api::{
    AccessToken, AuthorizationCode, Client, DeviceCode, Error, Host, RawRequest, RefreshToken,
};

use crate::fake::{self, ID, SECRET, WITHIN, answering, reply, with_config};

/// The one request that the call makes.
fn sent(call: impl FnOnce(&Client)) -> RawRequest {
    let (client, fake) = answering(Ok(reply(200, &[], "{}")));
    call(&client);
    let mut sent = fake.sent.lock().unwrap();
    assert_eq!(sent.len(), 1);
    sent.remove(0)
}

fn access() -> AccessToken {
    AccessToken::from("access".to_owned())
}

#[track_caller]
fn check(request: &RawRequest, line: &str, body: Option<&Value>, bearer: Option<&str>) {
    let given = format!("{} {}", request.method.as_str(), request.url);
    assert_eq!(given, line);
    let host = match request.url.host_str() {
        Some("auth.trakt.tv") => Host::Auth,
        _ => Host::Api,
    };
    assert_eq!(request.host, host);
    let given: Option<Value> = request
        .body
        .as_ref()
        .map(|bytes| serde_json::from_slice(bytes).unwrap());
    assert_eq!(given.as_ref(), body);
    let mut headers = vec![
        ("content-type", "application/json"),
        ("accept", "application/json"),
        ("user-agent", "trakt-server/0.1.0"),
        ("trakt-api-key", ID),
        ("trakt-api-version", "2"),
    ];
    headers.extend(bearer.map(|value| ("authorization", value)));
    let given: Vec<_> = request
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    assert_eq!(given, headers);
    assert_eq!(request.within, WITHIN);
    assert_eq!(request.max_reply, 64 * 1024);
}

#[test]
fn device_code() {
    let request = sent(|client| drop(client.device_code(WITHIN)));
    let body = json!({"client_id": ID});
    let line = "POST https://auth.trakt.tv/oauth/device/code";
    check(&request, line, Some(&body), None);
}

#[test]
fn device_token() {
    let code = DeviceCode::from("device".to_owned());
    let request = sent(|client| drop(client.device_token(&code, WITHIN)));
    let body = json!({"code": "device", "client_id": ID, "client_secret": SECRET});
    let line = "POST https://auth.trakt.tv/oauth/device/token";
    check(&request, line, Some(&body), None);
}

#[test]
fn exchange() {
    let code = AuthorizationCode::from("code".to_owned());
    let line = "POST https://auth.trakt.tv/oauth/token";
    let request = sent(|client| drop(client.exchange(&code, None, WITHIN)));
    let mut body = json!({
        "code": "code",
        "client_id": ID,
        "client_secret": SECRET,
        "redirect_uri": "https://example.org/back",
        "grant_type": "authorization_code",
    });
    check(&request, line, Some(&body), None);

    // With a verifier it is no longer a matter of the secret.
    let verifier = CodeVerifier::new("v".repeat(43)).unwrap();
    let request = sent(|client| drop(client.exchange(&code, Some(&verifier), WITHIN)));
    body["code_verifier"] = json!("v".repeat(43));
    body.as_object_mut().unwrap().remove("client_secret");
    check(&request, line, Some(&body), None);
}

#[test]
fn refresh() {
    let token = RefreshToken::from("refresh".to_owned());
    let request = sent(|client| drop(client.refresh(&token, WITHIN)));
    let body = json!({
        "refresh_token": "refresh",
        "client_id": ID,
        "client_secret": SECRET,
        "redirect_uri": "https://example.org/back",
        "grant_type": "refresh_token",
    });
    let line = "POST https://auth.trakt.tv/oauth/token";
    check(&request, line, Some(&body), None);
}

#[test]
fn revoke() {
    let request = sent(|client| client.revoke(&access(), WITHIN).unwrap());
    let body = json!({"token": "access", "client_id": ID, "client_secret": SECRET});
    let line = "POST https://auth.trakt.tv/oauth/revoke";
    check(&request, line, Some(&body), None);
}

#[test]
fn settings() {
    let request = sent(|client| drop(client.settings(&access(), WITHIN)));
    let line = "GET https://api.trakt.tv/users/settings";
    check(&request, line, None, Some("Bearer access"));
}

#[test]
fn profile() {
    let request = sent(|client| drop(client.profile("Sean R/../é?x#y", WITHIN)));
    let line = "GET https://api.trakt.tv/users/Sean%20R%2F..%2F%C3%A9%3Fx%23y";
    check(&request, line, None, None);
}

#[test]
fn an_application_without_a_secret_sends_none() {
    let mut config = fake::config("https://api.trakt.tv", "https://auth.trakt.tv");
    config.client_secret = None;
    let (client, fake) = with_config(config, Ok(reply(200, &[], "{}")));
    drop(client.device_token(&DeviceCode::from("device".to_owned()), WITHIN));
    drop(client.refresh(&RefreshToken::from("refresh".to_owned()), WITHIN));
    drop(client.revoke(&access(), WITHIN));
    for request in fake.sent.lock().unwrap().iter() {
        let body: Value = serde_json::from_slice(request.body.as_ref().unwrap()).unwrap();
        assert_eq!(body["client_id"], ID);
        assert_eq!(body.get("client_secret"), None, "{}", request.url);
    }
    assert_eq!(fake.sent.lock().unwrap().len(), 3);
}

/// More is none that a clock can count to.
#[test]
fn a_call_ends_within_a_day() {
    use std::time::Duration;

    let day = Duration::from_secs(86_400);
    for (within, sent_within) in [(Duration::MAX, day), (day, day), (WITHIN, WITHIN)] {
        let request = sent(|client| drop(client.settings(&access(), within)));
        assert_eq!(request.within, sent_within);
    }
}

#[test]
fn a_prefix_of_the_address_stays() {
    let config = fake::config("https://proxy.example/a/", "https://proxy.example/b");
    let (client, fake) = with_config(config, Ok(reply(200, &[], "{}")));
    drop(client.settings(&access(), WITHIN));
    drop(client.device_code(WITHIN));
    let sent = fake.sent.lock().unwrap();
    assert_eq!(sent[0].url.path(), "/a/users/settings");
    assert_eq!(sent[1].url.path(), "/b/oauth/device/code");
}

#[test]
fn what_cannot_be_sent_as_it_is_is_not_sent() {
    let (client, fake) = answering(Ok(reply(200, &[], "{}")));
    for slug in ["", ".", "..", "se\nan"] {
        let error = client.profile(slug, WITHIN).unwrap_err();
        assert!(matches!(error, Error::Unbuildable(_)), "{slug:?}: {error}");
    }
    for token in ["a\r\nx-evil: 1", "a b", "é"] {
        let token = AccessToken::from(token.to_owned());
        let error = client.settings(&token, WITHIN).unwrap_err();
        assert!(matches!(error, Error::Unbuildable(_)), "{error}");
        assert!(!error.retryable());
    }
    assert_eq!(fake.sent.lock().unwrap().len(), 0);
}

#[test]
fn a_configuration_that_fits_no_header_makes_no_client() {
    let good = || fake::config("https://api.trakt.tv", "https://auth.trakt.tv");
    for bad in ["", " ", "a\r\nb: c", "ä", "a "] {
        let mut config = good();
        config.client_id = bad.to_owned();
        assert!(Client::new(config).is_err(), "id {bad:?}");
        let mut config = good();
        config.user_agent = bad.to_owned();
        assert!(Client::new(config).is_err(), "user agent {bad:?}");
    }
    assert!(Client::new(good()).is_ok());
}

#[test]
fn no_secret_is_shown() {
    let (client, _) = answering(Ok(reply(200, &[], include_str!("../fixtures/token.json"))));
    let code = DeviceCode::from("device-canary".to_owned());
    let token = RefreshToken::from("refresh-canary".to_owned());
    let grant = client.refresh(&token, WITHIN).unwrap();
    let shown = format!("{client:?} {code:?} {token:?} {grant:?} {:?}", access());
    let grant = [grant.access_token.expose(), grant.refresh_token.expose()];
    for secret in [SECRET, "device-canary", "refresh-canary"]
        .iter()
        .chain(&grant)
    {
        assert!(!shown.contains(secret), "{shown}");
    }
}
