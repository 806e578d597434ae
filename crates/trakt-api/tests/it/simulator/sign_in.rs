//! The life of codes and tokens.

use trakt_api::endpoints::GetSettings;
use trakt_api::{Class, Client, DeviceToken, Error, TokenGrant};
use trakt_sim::Sim;

use super::{Viewer, client, link};

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
