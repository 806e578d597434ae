//! Trakt: whether its two hosts are reached, and take the application.

use trakt_core::Clock;
use trakt_gateway::doctor::{Checkup, Verdict, check_api, check_auth};

use super::settings::Found;
use super::{Report, clock};
use crate::services::gateway_config;

pub(super) fn check(report: &mut Report, found: &Found, clock: &dyn Clock) {
    let application = found
        .settings
        .trakt
        .as_ref()
        .filter(|_| found.good("TRAKT_"));
    let Some(trakt) = application else {
        return report.skip(
            "trakt",
            "TRAKT_CLIENT_ID and TRAKT_CLIENT_SECRET, and addresses as they should be",
        );
    };
    let api = check_api(gateway_config(trakt), clock);
    let auth = check_auth(&gateway_config(trakt), clock);
    let mut ahead = None;
    for (name, at, asked, settings) in [
        ("trakt api", &trakt.api_url, api, "TRAKT_CLIENT_ID"),
        (
            "trakt sign-in",
            &trakt.auth_url,
            auth,
            "TRAKT_CLIENT_ID and TRAKT_CLIENT_SECRET",
        ),
    ] {
        match asked {
            Ok(checkup) => {
                say(report, name, at.host(), settings, &checkup);
                ahead = ahead.or(checkup.ahead);
            }
            Err(error) => report.bad(name, error, &format!("correct {settings}")),
        }
    }
    match ahead {
        Some(ahead) => clock::check(report, "trakt clock", "Trakt", ahead),
        None => report.skip("trakt clock", "an answer of Trakt's that tells the time"),
    }
}

fn say(report: &mut Report, name: &str, host: &str, settings: &str, checkup: &Checkup) {
    match &checkup.verdict {
        Verdict::Accepted => report.well(name, format!("{host} takes {settings}")),
        Verdict::Unknown(said) => report.bad(
            name,
            format!("{host} does not take the application: {said}"),
            &format!("compare {settings} with the application's page at Trakt, and see that it was not deleted or blocked"),
        ),
        Verdict::Blocked(said) => report.bad(
            name,
            format!("{host}: {said}"),
            "stop calling for a while; if it stays, ask Trakt's support to let this address in",
        ),
        Verdict::Unreachable(said) => report.bad(
            name,
            format!("{host}: {said}"),
            "see that this machine resolves the host, reaches its port, and trusts no proxy in between; \
             links live on meanwhile",
        ),
        Verdict::Unclear(said) => report.odd(
            name,
            format!("{host}: {said}"),
            "Trakt may have trouble of its own: try again later",
        ),
    }
}
