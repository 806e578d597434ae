//! What a success says, in our words.

use std::time::Duration;

use trakt_core::ports::{DeviceGrant, DevicePoll, TraktFault, TraktGateway};
use trakt_core::{AccessToken, DeviceCode, TraktIdentity, TraktProfile, TraktSlug, TraktUuid};

use crate::fake::{PAGE, WITHIN, answering, gateway, reply, with_header};

fn unusable(what: &str) -> TraktFault {
    TraktFault::Unavailable {
        detail: format!("Trakt's answer has {what}"),
        retry_after: None,
    }
}

fn device_code(url: &str, hosts: &[&str]) -> Result<DeviceGrant, TraktFault> {
    let body = format!(
        r#"{{"device_code":"d9c1","user_code":"5055CC52","verification_url":"{url}","expires_in":600,"interval":5}}"#
    );
    answering(reply(200, &body), hosts).0.device_code(WITHIN)
}

#[test]
fn a_device_code() {
    let grant = device_code("https://trakt.tv/activate", &[]).unwrap();
    assert_eq!(grant.device_code.expose(), "d9c1");
    assert_eq!(grant.user_code, "5055CC52");
    assert_eq!(grant.verification_url, "https://trakt.tv/activate");
    assert_eq!((grant.expires_in, grant.interval), (600, Some(5)));
}

#[test]
fn people_are_sent_to_trakt_or_to_a_configured_host_alone() {
    let configured = ["127.0.0.1", "trakt.example"];
    for good in [
        "https://trakt.tv/activate",
        "https://www.trakt.tv/activate",
        "https://auth.trakt.tv/activate",
        "https://app.trakt.tv/activate",
        "https://trakt.example/activate",
        "http://127.0.0.1:4180/activate",
    ] {
        let grant = device_code(good, &configured).unwrap();
        assert_eq!(grant.verification_url, good);
    }
    let foreign = unusable("a verification_url on a foreign host");
    for bad in [
        "https://evil.example/activate",
        "https://trakt.tv.evil.example/activate",
        "https://eviltrakt.tv/activate",
        "https://evil.trakt.example/activate",
        "https://trakt.tv@evil.example/activate",
    ] {
        let fault = device_code(bad, &configured).unwrap_err();
        assert_eq!(fault, foreign, "{bad}");
    }
    for host in ["https://trakt.example/", "http://127.0.0.1/"] {
        assert_eq!(device_code(host, &[]).unwrap_err(), foreign, "{host}");
    }
}

#[test]
fn every_step_of_a_device_flow() {
    let poll = |answer| {
        let code = DeviceCode::from("device".to_owned());
        gateway(answer).device_token(&code, WITHIN).unwrap()
    };
    let tokens = r#"{"access_token":"new-access","refresh_token":"new-refresh","expires_in":604800,"created_at":1}"#;
    let DevicePoll::Approved(grant) = poll(reply(200, tokens)) else {
        panic!("not approved");
    };
    assert_eq!(grant.access.expose(), "new-access");
    assert_eq!(grant.refresh.expose(), "new-refresh");
    assert_eq!(grant.expires_in, 604_800);

    assert!(matches!(poll(reply(400, "")), DevicePoll::Pending));
    assert!(matches!(poll(reply(404, "")), DevicePoll::Unknown));
    assert!(matches!(poll(reply(409, "")), DevicePoll::Used));
    assert!(matches!(poll(reply(410, "")), DevicePoll::Expired));
    assert!(matches!(poll(reply(418, "")), DevicePoll::Denied));
    for (header, expected) in [
        (None, None),
        (Some(("retry-after", "143")), Some(Duration::from_secs(143))),
    ] {
        let DevicePoll::SlowDown(wait) = poll(with_header(429, PAGE, header)) else {
            panic!("not slowed down");
        };
        assert_eq!(wait, expected);
    }
}

fn identity(user: &str) -> Result<TraktIdentity, TraktFault> {
    let body = format!(r#"{{"user":{user}}}"#);
    let token = AccessToken::from("access".to_owned());
    gateway(reply(200, &body)).identity(&token, WITHIN)
}

#[test]
fn whose_token_it_is() {
    let given = identity(r#"{"username":"Sean R.","ids":{"slug":"sean","uuid":"b6589f"}}"#);
    let expected = TraktIdentity {
        uuid: TraktUuid::parse("b6589f").unwrap(),
        slug: TraktSlug::parse("sean").unwrap(),
        username: "Sean R.".to_owned(),
    };
    assert_eq!(given, Ok(expected));
}

#[test]
fn an_account_without_usable_ids_is_nobodys() {
    for ids in [
        r#"{"slug":"sean"}"#,
        r#"{"slug":"sean","uuid":null}"#,
        r#"{"slug":"sean","uuid":""}"#,
        r#"{"slug":"sean","uuid":"b6\u0000"}"#,
    ] {
        let given = identity(&format!(r#"{{"username":"sean","ids":{ids}}}"#));
        assert_eq!(given, Err(unusable("no usable user.ids.uuid")), "{ids}");
    }
    for ids in [
        r#"{"uuid":"b6"}"#,
        r#"{"uuid":"b6","slug":null}"#,
        r#"{"uuid":"b6","slug":""}"#,
        r#"{"uuid":"b6","slug":"me"}"#,
        r#"{"uuid":"b6","slug":"a/b"}"#,
        r#"{"uuid":"b6","slug":"a\u0000"}"#,
    ] {
        let given = identity(&format!(r#"{{"username":"sean","ids":{ids}}}"#));
        assert_eq!(given, Err(unusable("no usable user.ids.slug")), "{ids}");
    }
}

fn profile(answer: crate::fake::Answer) -> Option<TraktProfile> {
    let slug = TraktSlug::parse("asked").unwrap();
    gateway(answer).profile(&slug, WITHIN).unwrap()
}

fn shown(slug: &str, uuid: Option<&str>, username: Option<&str>) -> TraktProfile {
    TraktProfile {
        uuid: uuid.and_then(TraktUuid::parse),
        slug: TraktSlug::parse(slug).unwrap(),
        username: username.map(str::to_owned),
    }
}

#[test]
fn a_profile_shows_what_trakt_tells_of_others() {
    for (body, expected) in [
        (
            r#"{"username":"Sean R.","ids":{"slug":"sean","uuid":"b6589f"}}"#,
            shown("sean", Some("b6589f"), Some("Sean R.")),
        ),
        (
            r#"{"username":"sean","private":true,"deleted":false,"ids":{"slug":"sean"}}"#,
            shown("sean", None, Some("sean")),
        ),
        (
            r#"{"ids":{"slug":"a/b","uuid":""}}"#,
            shown("asked", None, None),
        ),
    ] {
        assert_eq!(profile(reply(200, body)), Some(expected), "{body}");
    }
}

/// An admin's claim would else be of an account that nobody has seen.
#[test]
fn a_profile_of_nobody_is_none_that_can_be_used() {
    let slug = TraktSlug::parse("asked").unwrap();
    for body in ["{}", r#"{"private":true}"#, r#"{"error":"x"}"#] {
        let fault = gateway(reply(200, body)).profile(&slug, WITHIN);
        let unusable = matches!(fault, Err(TraktFault::Unavailable { .. }));
        assert!(unusable, "{body}: {fault:?}");
    }
}

#[test]
fn an_account_that_is_gone_has_no_profile() {
    let deleted = r#"{"username":"sean","deleted":true,"ids":{"slug":"sean"}}"#;
    assert_eq!(profile(reply(200, deleted)), None);
    assert_eq!(profile(reply(404, PAGE)), None);
}

/// PostgreSQL takes none.
#[test]
fn names_are_without_nul() {
    let user = r#"{"username":"se\u0000an","ids":{"slug":"sean","uuid":"b6"}}"#;
    assert_eq!(identity(user).unwrap().username, "se\u{fffd}an");
    let found = profile(reply(200, user)).unwrap();
    assert_eq!(found.username.as_deref(), Some("se\u{fffd}an"));
}
