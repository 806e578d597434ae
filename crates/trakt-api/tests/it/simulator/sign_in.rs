//! The life of codes and tokens.

use trakt_api::endpoints::{Authorize, CodeVerifier, GetSettings};
use trakt_api::{AuthorizationCode, Class, Client, Config, DeviceToken, Error, TokenGrant};
use trakt_sim::Sim;

use super::{Viewer, client, config, link};

const WITHIN: std::time::Duration = Client::WITHIN;

#[test]
fn a_device_code_is_told_in_each_of_its_states() {
    let sim = Sim::start(trakt_sim::Config::default()).unwrap();
    let client = client(&sim);
    // Else a slow machine would be late for the poll that comes too soon.
    sim.set_speed(0);
    let begin = || client.device_code(WITHIN).unwrap();
    let poll = |code| client.device_token(code, WITHIN).unwrap();

    let code = begin();
    assert_eq!((code.expires_in, code.interval), (600, Some(5)));
    assert!(matches!(poll(&code.device_code), DeviceToken::Pending));
    let soon = poll(&code.device_code);
    assert!(matches!(soon, DeviceToken::SlowDown { .. }), "{soon:?}");
    sim.advance(5);
    sim.approve(&code.user_code, "sean").unwrap();
    let approved = poll(&code.device_code);
    assert!(matches!(approved, DeviceToken::Approved(_)), "{approved:?}");
    sim.advance(5);
    assert!(matches!(poll(&code.device_code), DeviceToken::Used));

    let code = begin();
    sim.deny(&code.user_code).unwrap();
    assert!(matches!(poll(&code.device_code), DeviceToken::Denied));
    let code = begin();
    sim.advance(601);
    assert!(matches!(poll(&code.device_code), DeviceToken::Expired));
    let unknown = "0".repeat(64).into();
    assert!(matches!(poll(&unknown), DeviceToken::Unknown));
}

fn refused(error: &Error) -> Option<Class> {
    error.class().cloned()
}

#[test]
fn a_pair_works_until_it_is_refreshed_and_the_next_until_it_is_revoked() {
    let sim = Sim::start(trakt_sim::Config::default()).unwrap();
    let client = client(&sim);
    let first = link(&sim, &client, "sean");
    assert_eq!(first.expires_in, 604_800);
    let works = |grant: &TokenGrant| client.settings(&grant.access_token, WITHIN);
    assert_eq!(works(&first).unwrap().user.username, "sean");

    let second = client.refresh(&first.refresh_token, WITHIN).unwrap();
    assert_eq!(works(&second).unwrap().user.username, "sean");
    let dead = works(&first).unwrap_err();
    assert_eq!(refused(&dead), Some(Class::TokenRefused));
    let used = client.refresh(&first.refresh_token, WITHIN).unwrap_err();
    assert_eq!(refused(&used), Some(Class::OAuth("invalid_grant")));

    client.revoke(&second.access_token, WITHIN).unwrap();
    let dead = works(&second).unwrap_err();
    assert_eq!(refused(&dead), Some(Class::TokenRefused));
    let dead = client.refresh(&second.refresh_token, WITHIN).unwrap_err();
    assert_eq!(refused(&dead), Some(Class::OAuth("invalid_grant")));
}

#[test]
fn a_token_says_whose_it_is_and_a_profile_what_others_may_see() {
    let viewer = Viewer::new("ana-lucia");
    let settings = viewer.send(&GetSettings);
    assert_eq!(settings.user.username, "Ana.Lucia");
    assert_eq!(settings.user.name.as_deref(), Some("Ana Lucía Cortez"));
    assert!(settings.user.private && !settings.user.vip);
    let uuid = "da4b9237bacccdf19c0760cab7aec4a8359010b0";
    assert_eq!(settings.user.ids.uuid.as_deref(), Some(uuid));
    assert_eq!(
        settings.account.timezone.as_deref(),
        Some("America/Los_Angeles")
    );
    assert_eq!(settings.limits.favorites.item_count, Some(50));

    let profile = |slug| viewer.client.profile(slug, WITHIN).unwrap();
    let hers = profile("ana-lucia").unwrap();
    assert!(hers.private && !hers.deleted);
    let public = profile("sean").unwrap();
    assert_eq!(public.name.as_deref(), Some("Sean Rudford"));
    assert!(public.vip && !public.private);
    assert!(profile("nobody").is_none());
}

/// The authorization code grant with PKCE, the browser being this test.
#[test]
fn a_code_by_a_browser() {
    let redirect = "http://127.0.0.1/back".to_owned();
    let sim = Sim::start(trakt_sim::Config {
        redirect_uris: vec![redirect.clone()],
        ..trakt_sim::Config::default()
    })
    .unwrap();
    let config = Config {
        redirect_uri: redirect,
        ..config(&sim)
    };
    let client = Client::new(config.clone()).unwrap();
    let verifier = CodeVerifier::new("v".repeat(43)).unwrap();
    let challenge = verifier.challenge();
    let page = Authorize {
        state: "state",
        code_challenge: Some(&challenge),
        signup: false,
        login: false,
    };
    let url = page.url(&config).unwrap();
    let agent =
        ureq::Agent::new_with_config(ureq::Agent::config_builder().max_redirects(0).build());
    let shown = agent
        .get(url.as_str())
        .header("user-agent", "a browser")
        .call();
    assert_eq!(shown.unwrap().status(), 200);
    // What its form sends: all that was asked, who, and the decision.
    let decision = [("account", "sean"), ("decision", "approve")];
    let asked: Vec<_> = url.query_pairs().into_owned().collect();
    let decision = decision.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let form = asked.into_iter().chain(decision);
    let post = agent.post(format!("{}/oauth/authorize", sim.url()));
    let sent = post
        .header("user-agent", "a browser")
        .send_form(form)
        .unwrap();
    let back = sent.headers()["location"].to_str().unwrap();
    let back: url::Url = back.parse().unwrap();
    let pairs: Vec<_> = back.query_pairs().collect();
    let part = |name: &str| {
        pairs
            .iter()
            .find(|(key, _)| key == name)
            .unwrap()
            .1
            .to_string()
    };
    assert_eq!(part("state"), "state");
    let code = AuthorizationCode::from(part("code"));
    let other = CodeVerifier::new("w".repeat(43)).unwrap();
    let refused = client
        .exchange(&code, Some(&other), Client::WITHIN)
        .unwrap_err();
    assert_eq!(refused.class(), Some(&Class::OAuth("invalid_grant")));
    let grant = client
        .exchange(&code, Some(&verifier), Client::WITHIN)
        .unwrap();
    let settings = client
        .settings(&grant.access_token, Client::WITHIN)
        .unwrap();
    assert_eq!(settings.user.ids.slug.as_deref(), Some("sean"));
}
