//! Every call to Trakt is counted: by its endpoint, and by what came of it. No label has a piece of
//! an address that a call was made for.

use std::sync::Arc;
use std::time::Instant;

use metrics::{counter, gauge, histogram};
use trakt_api::budget::{Budget, Heard, LocalBudget, OverBudget, Spend};
use trakt_api::{Class, RawReply, RawRequest, Transport, TransportError};

/// The calls that the gateway makes, as Trakt's contract writes them. `{}` stands for anything. The
/// first that fits names a call; what none fits is `other`, so that there are no more labels than
/// these whatever is asked for.
const ENDPOINTS: &[(&str, &str)] = &[
    ("POST", "/oauth/device/code"),
    ("POST", "/oauth/device/token"),
    ("POST", "/oauth/token"),
    ("POST", "/oauth/revoke"),
    ("GET", "/users/settings"),
    ("GET", "/users/hidden/{}"),
    ("POST", "/users/hidden/{}/remove"),
    ("GET", "/users/{}"),
    ("GET", "/sync/last_activities"),
    ("GET", "/sync/history"),
    ("GET", "/sync/history/{}"),
    ("GET", "/sync/history/{}/{}"),
    ("POST", "/sync/history"),
    ("POST", "/sync/history/remove"),
    ("GET", "/sync/watched/{}"),
    ("GET", "/sync/playback"),
    ("GET", "/sync/ratings/{}"),
    ("POST", "/sync/ratings"),
    ("POST", "/sync/ratings/remove"),
    ("GET", "/sync/watchlist/{}/rank/asc"),
    ("POST", "/sync/watchlist"),
    ("POST", "/sync/watchlist/remove"),
    ("POST", "/scrobble/start"),
    ("POST", "/scrobble/pause"),
    ("POST", "/scrobble/stop"),
    ("GET", "/recommendations/{}"),
    ("DELETE", "/recommendations/{}/{}"),
    ("GET", "/search/{}/{}"),
    ("GET", "/movies/{}"),
    ("GET", "/shows/{}"),
    ("GET", "/shows/{}/seasons"),
    ("GET", "/shows/{}/seasons/{}/episodes/{}"),
];

const OTHER: &str = "other";

/// Which endpoint is called.
fn endpoint(method: &str, path: &str) -> &'static str {
    let fits = |template: &str| {
        let mut given = path.split('/');
        let same = template.split('/').all(|part| {
            given
                .next()
                .is_some_and(|word| part == "{}" || part == word)
        });
        same && given.next().is_none()
    };
    ENDPOINTS
        .iter()
        .find(|(of, template)| *of == method && fits(template))
        .map_or(OTHER, |(_, template)| template)
}

fn class(answer: &Result<RawReply, TransportError>) -> &'static str {
    let reply = match answer {
        Ok(reply) => reply,
        Err(TransportError::NotSent(_)) => return "not_sent",
        Err(TransportError::Unknown(_)) => return "no_answer",
        Err(TransportError::Body { .. }) => return "cut_off",
    };
    match Class::of(reply) {
        None => "ok",
        Some(Class::OAuth(_)) => "oauth",
        Some(Class::TokenRefused) => "token_refused",
        Some(Class::Forbidden) => "forbidden",
        Some(Class::NotFound) => "not_found",
        Some(Class::Conflict { .. }) => "conflict",
        Some(Class::AccountLimit { .. }) => "account_limit",
        Some(Class::Unprocessable) => "unprocessable",
        Some(Class::Locked { .. }) => "locked",
        Some(Class::VipOnly { .. }) => "vip_only",
        Some(Class::RateLimited { .. }) => "rate_limited",
        Some(Class::Edge(_)) => "edge",
        Some(Class::Overloaded) => "overloaded",
        Some(_) => OTHER,
    }
}

/// A transport that counts what goes over another.
pub struct MeasuredTransport<T>(pub T);

impl<T: Transport> Transport for MeasuredTransport<T> {
    fn send(&self, request: RawRequest) -> Result<RawReply, TransportError> {
        let endpoint = endpoint(request.method.as_str(), request.url.path());
        let method = request.method.as_str();
        let start = Instant::now();
        let answer = self.0.send(request);
        let took = start.elapsed();
        let class = class(&answer);
        counter!("trakt_api_calls_total", "method" => method, "endpoint" => endpoint, "class" => class)
            .increment(1);
        histogram!("trakt_api_call_duration_seconds", "method" => method, "endpoint" => endpoint)
            .record(took);
        if answer.as_ref().is_ok_and(|reply| reply.status == 429) {
            counter!("trakt_api_rate_limited_total", "method" => method, "endpoint" => endpoint)
                .increment(1);
        }
        answer
    }
}

/// A budget that counts the calls for which there was no room in time.
pub struct MeasuredBudget(pub Arc<LocalBudget>);

impl Budget for MeasuredBudget {
    fn ask(&self, spend: &Spend<'_>) -> Result<(), OverBudget> {
        self.0.ask(spend).inspect_err(|_| {
            counter!("trakt_api_over_budget_total").increment(1);
        })
    }

    fn tell(&self, spend: &Spend<'_>, heard: &Heard) {
        self.0.tell(spend, heard);
    }
}

/// Tells how much of the budget is left now.
pub fn budget(budget: &LocalBudget) {
    let left = budget.left();
    for (bucket, calls) in [
        ("application_reads", left.application_reads),
        ("user_reads", left.user_reads),
    ] {
        gauge!("trakt_api_budget_remaining", "bucket" => bucket).set(f64::from(calls));
    }
    gauge!("trakt_api_budget_waiting").set(budget.waiting() as f64);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_named_by_its_endpoint_alone() {
        for (method, path, wanted) in [
            ("GET", "/users/settings", "/users/settings"),
            ("GET", "/users/sean", "/users/{}"),
            ("GET", "/users/hidden/dropped", "/users/hidden/{}"),
            ("GET", "/sync/history/movies/12", "/sync/history/{}/{}"),
            ("POST", "/sync/history/remove", "/sync/history/remove"),
            ("GET", "/search/imdb/tt0111161", "/search/{}/{}"),
            (
                "GET",
                "/shows/1/seasons/2/episodes/3",
                "/shows/{}/seasons/{}/episodes/{}",
            ),
            ("DELETE", "/users/sean", OTHER),
            ("GET", "/users/sean/", OTHER),
            ("GET", "/users/sean/stats", OTHER),
            ("GET", "", OTHER),
        ] {
            assert_eq!(endpoint(method, path), wanted, "{method} {path}");
        }
    }

    #[test]
    fn no_endpoint_hides_behind_one_before_it() {
        for (method, template) in ENDPOINTS {
            let path = template.replace("{}", "anything");
            assert_eq!(endpoint(method, &path), *template);
        }
    }
}
