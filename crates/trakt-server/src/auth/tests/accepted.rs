//! What must go on to work.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use trakt_core::UserId;

use super::mint::{self, EC, ED, RSA, claims, local_header, with, without};
use super::{AUDIENCE, ISSUER, NOW, SECRET, USER, clock, local, refused, verifier};
use crate::auth::{AuthSecret, TokenRefused, Verified, Verifier, WeakSecret};

#[test]
fn what_is_issued_names_its_user_until_it_expires() {
    let clock = clock();
    let tokens = local(clock.clone());
    let user = UserId::from(USER);
    let token = tokens.issue(user, Duration::from_secs(60));
    assert_eq!(tokens.verify(token.expose()), Ok(user));
    clock.advance(Duration::from_secs(60 + 29));
    assert_eq!(tokens.verify(token.expose()), Ok(user));
    clock.advance(Duration::from_secs(1));
    assert_eq!(tokens.verify(token.expose()), Err(TokenRefused::Expired));
}

#[test]
fn what_is_issued_says_all_that_it_should() {
    let user = UserId::from(USER);
    let token = local(clock()).issue(user, Duration::from_secs(60));
    let read = |part: &str| -> Value {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let mut parts = token.expose().split('.');
    assert_eq!(read(parts.next().unwrap()), local_header());
    let claims = read(parts.next().unwrap());
    let id = claims["jti"].as_str().unwrap();
    assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(id).unwrap().len(), 16);
    let expected = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": USER.to_string(), "jti": id,
        "iat": NOW, "nbf": NOW, "exp": NOW + 60,
    });
    assert_eq!(claims, expected);
}

#[test]
fn no_two_tokens_are_equal_and_the_longest_life_is_still_a_date() {
    let tokens = local(clock());
    let user = UserId::from(USER);
    let (one, two) = (
        tokens.issue(user, Duration::MAX),
        tokens.issue(user, Duration::MAX),
    );
    assert_ne!(one.expose(), two.expose());
    assert_eq!(tokens.verify(one.expose()), Ok(user));
}

#[test]
fn good_local_tokens() {
    let (verifier, provider) = verifier();
    let claims = claims();
    let header = local_header();
    for (name, token) in [
        ("plain", mint::local(&header, &claims)),
        ("no typ", mint::local(&without(&header, "typ"), &claims)),
        (
            "typ in small letters",
            mint::local(&with(&header, "typ", "jwt"), &claims),
        ),
        (
            "typ at+jwt",
            mint::local(&with(&header, "typ", "application/at+jwt"), &claims),
        ),
        (
            "a header that means nothing",
            mint::local(&with(&header, "x", 1), &claims),
        ),
        (
            "aud among others",
            mint::local(&header, &with(&claims, "aud", json!(["x", AUDIENCE]))),
        ),
        (
            "expired by 29 s",
            mint::local(&header, &with(&claims, "exp", NOW - 29)),
        ),
        (
            "nbf ahead by 30 s",
            mint::local(&header, &with(&claims, "nbf", NOW + 30)),
        ),
        (
            "iat ahead by 30 s",
            mint::local(&header, &with(&claims, "iat", NOW + 30)),
        ),
        (
            "escapes",
            mint::local_text(
                r#"{"alg":"HS\u0032\u00356"}"#,
                &claims.to_string().replace("trakt", r"tr\u0061kt"),
            ),
        ),
    ] {
        assert!(verifier.is_local(&token), "{name}");
        assert_eq!(
            verifier.verify(&token),
            Ok(Verified::Local(UserId::from(USER))),
            "{name}"
        );
    }
    assert_eq!(provider.calls(), 0, "no key set is needed for them");
}

#[test]
fn good_outside_tokens() {
    let (verifier, provider) = verifier();
    for (pair, kid) in [(&*RSA, "rsa-1"), (&*EC, "ec-1"), (&*ED, "ed-1")] {
        let unnamed = json!({"alg": pair.name()});
        let several = with(&claims(), "aud", json!([AUDIENCE, "other"]));
        for token in [
            pair.token(kid),
            pair.sign(&unnamed, &claims()),
            pair.sign(
                &json!({"alg": pair.name(), "kid": kid, "typ": "at+jwt"}),
                &several,
            ),
        ] {
            assert!(!verifier.is_local(&token), "{kid}");
            let verified = verifier.verify(&token);
            let Ok(Verified::Outside(identity)) = verified else {
                panic!("{kid}: {verified:?}");
            };
            assert_eq!(identity.subject, USER.to_string());
        }
    }
    assert_eq!(provider.calls(), 1);
}

#[test]
fn without_a_provider_only_local_tokens_count() {
    let verifier = Verifier::new(local(clock()), None);
    let token = RSA.token("rsa-1");
    assert!(verifier.is_local(&token), "it is refused without waiting");
    assert_eq!(verifier.verify(&token), refused(TokenRefused::Algorithm));
}

#[test]
fn secrets_are_long_and_not_shown() {
    assert_eq!(AuthSecret::new(&"x".repeat(31)).err(), Some(WeakSecret));
    let secret = AuthSecret::new(SECRET).unwrap();
    assert_eq!(format!("{secret:?}"), "AuthSecret(…)");
    let token = local(clock()).issue(UserId::from(USER), Duration::from_secs(1));
    assert_eq!(format!("{token:?}"), "Bearer(…)");
}
