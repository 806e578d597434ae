//! What an outside token says of its bearer.

use serde_json::{Value, json};
use trakt_core::user::{Email, OutsideIdentity, Role};

use super::mint::{ED, claims, with};
use super::verifier;
use crate::auth::Verified;

fn identity(extra: &Value) -> OutsideIdentity {
    let mut claims = claims();
    for (claim, value) in extra.as_object().unwrap() {
        claims = with(&claims, claim, value.clone());
    }
    let token = ED.sign(&json!({"alg": "EdDSA", "kid": "ed-1"}), &claims);
    match verifier().0.verify(&token) {
        Ok(Verified::Outside(identity)) => identity,
        other => panic!("{extra}: {other:?}"),
    }
}

#[test]
fn everything_that_is_there() {
    let all = identity(&json!({
        "sub": "auth0|42", "email": "Ana@Example.org", "email_verified": true, "role": "admin",
    }));
    assert_eq!(all.subject, "auth0|42");
    assert_eq!(
        all.email.as_ref().map(Email::as_str),
        Some("ana@example.org")
    );
    assert_eq!(all.email_verified, Some(true));
    assert_eq!(all.role, Some(Role::Admin));
}

#[test]
fn nothing_beyond_the_subject() {
    let bare = identity(&json!({}));
    assert_eq!(
        (bare.email, bare.email_verified, bare.role),
        (None, None, None)
    );
    let longest = "ü".repeat(127) + "s";
    assert_eq!(identity(&json!({ "sub": longest })).subject, longest);
}

#[test]
fn an_address_that_is_none_is_left_out() {
    for email in [
        json!(null),
        json!(1),
        json!(""),
        json!("ana"),
        json!(["a@b"]),
        json!("a\0@b"),
    ] {
        assert_eq!(identity(&json!({ "email": email })).email, None, "{email}");
    }
}

#[test]
fn an_address_counts_as_verified_only_when_it_is_said_to_be() {
    for (claim, verified) in [
        (json!(true), true),
        (json!("true"), true),
        (json!(false), false),
        (json!("false"), false),
        (json!("True"), false),
        (json!("yes"), false),
        (json!(1), false),
        (json!(null), false),
        (json!([true]), false),
    ] {
        let identity = identity(&json!({"email": "a@b.example", "email_verified": claim}));
        assert_eq!(identity.email_verified, Some(verified), "{claim}");
        assert_eq!(identity.vouched_email().is_some(), verified, "{claim}");
    }
}

#[test]
fn a_role_that_we_do_not_know_is_none() {
    assert_eq!(identity(&json!({"role": "user"})).role, Some(Role::User));
    for role in [
        json!("Admin"),
        json!("root"),
        json!(["admin"]),
        json!(null),
        json!(1),
    ] {
        assert_eq!(identity(&json!({ "role": role })).role, None, "{role}");
    }
}
