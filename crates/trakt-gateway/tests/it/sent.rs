//! Each method makes the one call that it stands for, with what it was given.

use trakt_core::ports::TraktGateway;
use trakt_core::{AccessToken, DeviceCode, RefreshToken, TraktSlug};
use trakt_gateway::Gateway;

use crate::fake::{WITHIN, answering, reply};

#[track_caller]
fn check(call: impl FnOnce(&Gateway), line: &str, carries: &str) {
    let (gateway, fake) = answering(reply(200, "{}"), &[]);
    call(&gateway);
    let sent = fake.sent.lock().unwrap();
    let [request] = sent.as_slice() else {
        panic!("{} requests", sent.len());
    };
    let given = format!("{} {}", request.method.as_str(), request.url);
    assert_eq!(given, line);
    assert_eq!(request.within, WITHIN);
    let mut told = String::from_utf8(request.body.clone().unwrap_or_default()).unwrap();
    for (name, value) in &request.headers {
        told.push_str(&format!("\n{name}: {value}"));
    }
    assert!(told.contains(carries), "{told}");
}

#[test]
fn every_method_makes_its_call() {
    let access = AccessToken::from("access".to_owned());
    check(
        |gateway| drop(gateway.device_code(WITHIN)),
        "POST https://auth.trakt.tv/oauth/device/code",
        r#""client_id":"client-id""#,
    );
    check(
        |gateway| drop(gateway.device_token(&DeviceCode::from("device".to_owned()), WITHIN)),
        "POST https://auth.trakt.tv/oauth/device/token",
        r#""code":"device""#,
    );
    check(
        |gateway| drop(gateway.refresh(&RefreshToken::from("refresh".to_owned()), WITHIN)),
        "POST https://auth.trakt.tv/oauth/token",
        r#""refresh_token":"refresh""#,
    );
    check(
        |gateway| drop(gateway.revoke(&access, WITHIN)),
        "POST https://auth.trakt.tv/oauth/revoke",
        r#""token":"access""#,
    );
    check(
        |gateway| drop(gateway.identity(&access, WITHIN)),
        "GET https://api.trakt.tv/users/settings",
        "authorization: Bearer access",
    );
    check(
        |gateway| drop(gateway.profile(&TraktSlug::parse("sean").unwrap(), WITHIN)),
        "GET https://api.trakt.tv/users/sean",
        "trakt-api-key: client-id",
    );
}
