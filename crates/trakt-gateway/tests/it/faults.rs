//! What a refusal means, for every method but the refresh.

use std::time::Duration;

use trakt_core::ports::{TraktFault, TraktGateway};
use trakt_core::{AccessToken, DeviceCode, TraktSlug};
use trakt_gateway::Gateway;

use crate::fake::{
    Answer, CANARY, PAGE, WITHIN, cut_off, gateway, no_answer, not_sent, oauth, reply, with_header,
};

type Call = fn(&Gateway) -> Result<(), TraktFault>;

fn access() -> AccessToken {
    AccessToken::from("access".to_owned())
}

const DEVICE_CODE: Call = |gateway| gateway.device_code(WITHIN).map(drop);
const DEVICE_TOKEN: Call = |gateway| {
    let code = DeviceCode::from("device".to_owned());
    gateway.device_token(&code, WITHIN).map(drop)
};
const REVOKE: Call = |gateway| gateway.revoke(&access(), WITHIN);
const IDENTITY: Call = |gateway| gateway.identity(&access(), WITHIN).map(drop);
const PROFILE: Call = |gateway| {
    let slug = TraktSlug::parse("sean").unwrap();
    gateway.profile(&slug, WITHIN).map(drop)
};

const ALL: [(&str, Call); 5] = [
    ("device_code", DEVICE_CODE),
    ("device_token", DEVICE_TOKEN),
    ("revoke", REVOKE),
    ("identity", IDENTITY),
    ("profile", PROFILE),
];

fn unavailable(detail: &str, seconds: Option<u64>) -> TraktFault {
    TraktFault::Unavailable {
        detail: detail.to_owned(),
        retry_after: seconds.map(Duration::from_secs),
    }
}

fn misconfigured(detail: &str) -> TraktFault {
    TraktFault::Misconfigured {
        detail: detail.to_owned(),
    }
}

#[track_caller]
fn check(name: &str, call: Call, answer: &Answer, expected: &TraktFault) {
    let fault = call(&gateway(answer.clone())).unwrap_err();
    assert_eq!(fault, *expected, "{name}");
    let shown = format!("{fault} {fault:?}");
    assert!(!shown.contains(CANARY), "{name}: {shown}");
}

#[test]
fn a_refusal_of_every_method() {
    for (name, call) in ALL {
        for (answer, expected) in [
            (reply(403, PAGE), unavailable("status 403", None)),
            (
                with_header(403, "", Some(("content-type", "text/html"))),
                unavailable("status 403", None),
            ),
            (reply(403, r#"{"no":1}"#), misconfigured("status 403")),
            (reply(403, "Forbidden"), misconfigured("status 403")),
            (reply(403, ""), misconfigured("status 403")),
            (reply(423, ""), TraktFault::Locked),
            (reply(423, PAGE), TraktFault::Locked),
            (reply(500, "{}"), unavailable("status 500", None)),
            (reply(500, PAGE), unavailable("status 500", None)),
            (reply(302, ""), unavailable("status 302", None)),
            (
                with_header(503, PAGE, Some(("retry-after", "30"))),
                unavailable("status 503", Some(30)),
            ),
            (
                not_sent(),
                unavailable("not sent: the connection was refused", None),
            ),
            (
                no_answer(),
                unavailable("no answer: it took too long", None),
            ),
        ] {
            check(name, call, &answer, &expected);
        }
    }
}

#[test]
fn wrong_credentials_are_no_fault_of_a_user() {
    for (name, call) in ALL {
        for status in [400, 401, 403] {
            for code in ["invalid_client", "unauthorized_client"] {
                let expected = misconfigured(&format!("status {status}, {code}"));
                check(name, call, &reply(status, &oauth(code)), &expected);
            }
        }
    }
}

/// Where a user's token goes along, a 401 is about that token; in a call of OAuth it is about us. For
/// a profile, which needs neither, it is no word on our credentials.
#[test]
fn a_401_is_about_what_was_sent() {
    for body in ["", "{}", &oauth("invalid_grant")] {
        for (name, call) in [("identity", IDENTITY), ("profile", PROFILE)] {
            check(name, call, &reply(401, body), &TraktFault::TokenRefused);
        }
        for (name, call) in [
            ("device_code", DEVICE_CODE),
            ("device_token", DEVICE_TOKEN),
            ("revoke", REVOKE),
        ] {
            let expected = misconfigured("status 401");
            check(name, call, &reply(401, body), &expected);
        }
    }
}

/// The network's edge knows neither tokens nor applications: what it says ends nothing.
#[test]
fn a_401_on_a_page_is_about_nothing_that_was_sent() {
    for (name, call) in ALL {
        let expected = unavailable("status 401", None);
        check(name, call, &reply(401, PAGE), &expected);
    }
}

/// A poll that comes too often is a step of the flow instead: see `answers`.
#[test]
fn a_limit_says_how_long() {
    for (name, call) in [
        ("device_code", DEVICE_CODE),
        ("revoke", REVOKE),
        ("identity", IDENTITY),
        ("profile", PROFILE),
    ] {
        for (header, seconds) in [
            (None, None),
            (Some(("retry-after", "143")), Some(143)),
            (Some(("retry-after", "0")), Some(1)),
            (Some(("retry-after", "999999")), Some(3600)),
            (Some(("retry-after", "soon")), None),
        ] {
            let expected = unavailable("status 429", seconds);
            check(name, call, &with_header(429, PAGE, header), &expected);
        }
    }
}

#[test]
fn a_success_that_cannot_be_read() {
    let page = "status 200, but the body cannot be read: it is a page for people";
    let cut = "status 200, but the body cannot be read: it was cut off";
    for (name, call) in ALL {
        // A page is the edge's: Trakt may not have heard of it.
        check(name, call, &reply(200, PAGE), &unavailable(page, None));
        if name == "revoke" {
            // There is nothing to read in it.
            assert_eq!(call(&gateway(cut_off())), Ok(()));
        } else {
            check(name, call, &cut_off(), &unavailable(cut, None));
        }
    }
}

/// Trakt's last word: to ask again for months would get the same.
#[test]
fn a_token_that_trakt_will_not_revoke_is_done_with() {
    for status in [400, 404, 405, 409, 410, 412, 422] {
        for body in ["", "{}", PAGE, &oauth("invalid_request")] {
            let answer = REVOKE(&gateway(reply(status, body)));
            assert_eq!(answer, Ok(()), "{status}");
        }
    }
    check(
        "revoke",
        REVOKE,
        &reply(408, ""),
        &unavailable("status 408", None),
    );
}
