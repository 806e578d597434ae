//! A Trakt that says back what it was asked: its answers hold the secrets that must go nowhere.

use serde_json::{Value, json};
use trakt_sim::Fault;

use super::stage::{CLIENT_SECRET, Stage};
use crate::harness::issue_token;

const TOKEN: &str = "POST /oauth/device/token";
const SETTINGS: &str = "GET /users/settings";

/// What Trakt says to a poll, with what it was asked in it.
pub fn polls(stage: &mut Stage) {
    let started: Vec<_> = (0..9)
        .map(|_| {
            let token = newcomer(stage);
            let flow = stage.start(&token, false);
            (
                token,
                flow,
                stage.sim.device_codes().pop().unwrap().device_code,
            )
        })
        .collect();
    let mut outcomes = Vec::new();
    for (number, (token, flow, code)) in started.iter().enumerate() {
        let echo = json!({ "error": code, "error_description": CLIENT_SECRET,
            "access_token": code, "refresh_token": [code], "expires_in": code });
        let fault = match number {
            0 => Fault::answer(400, &echo.to_string()),
            1 => Fault::answer(401, &echo.to_string()),
            2 => Fault::answer(500, &format!("<html>{code} {CLIENT_SECRET}</html>")),
            3 => Fault::answer(200, &echo.to_string()),
            4 => Fault::answer(418, &echo.to_string()),
            5 => Fault::redirect(&format!("{}/{code}", stage.sim.url())),
            6 => Fault::answer(429, code)
                .header("retry-after", code)
                .header("x-code", code),
            // Processed: the tokens are in the half of the answer that comes.
            7 => Fault::Truncate,
            _ => Fault::CutHalf,
        };
        if number >= 7 {
            approve(stage, flow, "justin");
        }
        stage.sim.fault(TOKEN, fault).unwrap();
        outcomes.push(stage.check(token, flow).outcome());
    }
    let expected = [
        "200", "503", "503", "503", "403", "503", "200", "503", "503",
    ];
    let statuses: Vec<&str> = outcomes.iter().map(|outcome| &outcome[..3]).collect();
    assert_eq!(statuses, expected, "{outcomes:?}");
    assert_eq!(stage.sim.tokens().len(), 2, "given out and lost");
}

/// What Trakt says when it is asked whose the tokens are, with the tokens in it. The last flow
/// stays as it is, authorised.
pub fn identities(stage: &mut Stage) {
    let started: Vec<_> = (0..4)
        .map(|_| {
            let token = newcomer(stage);
            let flow = stage.start(&token, false);
            approve(stage, &flow, "justin");
            (token, flow)
        })
        .collect();
    let open: Vec<_> = started
        .into_iter()
        .map(|(token, flow)| {
            stage.sim.fault(SETTINGS, Fault::status(503)).unwrap();
            assert_eq!(
                stage.check(&token, &flow).outcome(),
                "503 trakt_unavailable"
            );
            (token, flow, stage.sim.tokens().pop().unwrap())
        })
        .collect();
    for (number, (token, flow, pair)) in open.iter().take(3).enumerate() {
        let (access, refresh) = (&pair.access_token, &pair.refresh_token);
        let echo = json!({ "error": format!("Bearer {access}"), "user": [access, refresh] });
        let (fault, expected) = match number {
            0 => (
                Fault::answer(500, &format!("<html>{access} {refresh}</html>")),
                "503",
            ),
            1 => (Fault::answer(200, &echo.to_string()), "503"),
            _ => (
                Fault::answer(401, &echo.to_string()).header("www-authenticate", access),
                "409",
            ),
        };
        stage.sim.fault(SETTINGS, fault).unwrap();
        assert_eq!(stage.check(token, flow).status.to_string(), expected);
    }
}

fn newcomer(stage: &mut Stage) -> String {
    let count = stage.database.count("SELECT count(*) FROM users");
    let user = stage
        .database
        .user(&format!("newcomer{count}@example.org"), "user");
    let token = issue_token(user, 3600);
    stage.bearer("newcomer", &token);
    token
}

fn approve(stage: &Stage, flow: &Value, slug: &str) {
    stage
        .sim
        .approve(flow["userCode"].as_str().unwrap(), slug)
        .unwrap();
}
