//! Accounts that are locked, that may not do what they ask, or that change as it runs.

use serde_json::{Value, json};
use trakt_sim::{Account, AccountChange, Config, ControlError, Fault, ItemLimit, Limits, Settings};

use crate::client::{Client, start};

fn changed(sim: &trakt_sim::Sim, slug: &str, change: AccountChange) {
    sim.change_account(slug, change).unwrap();
}

#[test]
fn a_locked_account_is_answered_423() {
    let (sim, client) = start(Config::default());
    let (access, refresh) = client.link(&sim, "sean");
    let (other, _) = client.link(&sim, "justin");
    for (locked, deactivated) in [(true, false), (false, true), (true, true)] {
        let change = AccountChange {
            locked: Some(locked),
            deactivated: Some(deactivated),
            ..AccountChange::default()
        };
        changed(&sim, "sean", change);
        for path in ["/users/settings", "/users/me", "/users/justin"] {
            let answer = client.api(path, Some(&access));
            assert_eq!((answer.status, answer.text.as_str()), (423, ""), "{path}");
            assert_eq!(answer.header("x-account-locked"), locked.to_string());
            assert_eq!(
                answer.header("x-account-deactivated"),
                deactivated.to_string()
            );
        }
    }
    assert_eq!(client.api("/users/sean", Some(&other)).status, 200);
    assert_eq!(client.api("/users/sean", None).status, 200);
    assert_eq!(client.refresh(&refresh).status, 200, "OAuth is elsewhere");

    let unlock = json!({ "locked": false, "deactivated": false });
    assert_eq!(client.post("/_sim/accounts/sean", &unlock).status, 200);
    let access = &sim.tokens()[2].access_token;
    assert_eq!(client.api("/users/settings", Some(access)).status, 200);
}

#[test]
fn what_is_for_vips_only_is_answered_426_to_others() {
    let (sim, client) = start(Config::default());
    let (free, _) = client.link(&sim, "justin");
    let (vip, _) = client.link(&sim, "sean");
    let rule = json!({ "vip_only": ["GET /users/set*"] });
    let settings = client.post("/_sim/settings", &rule).json();
    assert_eq!(settings["vip_only"], rule["vip_only"]);

    let answer = client.api("/users/settings", Some(&free));
    assert_eq!((answer.status, answer.text.as_str()), (426, ""));
    assert_eq!(answer.header("x-upgrade-url"), "https://trakt.tv/vip");
    assert_eq!(client.api("/users/me", Some(&free)).status, 200);
    assert_eq!(client.api("/users/settings", Some(&vip)).status, 200);
    assert_eq!(client.api("/users/settings", None).status, 401);

    let upgrade = AccountChange {
        vip: Some(true),
        ..AccountChange::default()
    };
    changed(&sim, "justin", upgrade);
    assert_eq!(client.api("/users/settings", Some(&free)).status, 200);
}

fn limits(client: &Client, access: &str) -> Value {
    client.api("/users/settings", Some(access)).json()["limits"].clone()
}

#[test]
fn the_settings_tell_the_limits_of_the_account() {
    let (sim, client) = start(Config::default());
    let (free, _) = client.link(&sim, "justin");
    let (vip, _) = client.link(&sim, "sean");
    let expected = json!({
        "list": { "count": 5, "item_count": 250 },
        "watchlist": { "item_count": 250 },
        "favorites": { "item_count": 50 },
        "collection": { "item_count": 100 },
    });
    assert_eq!(limits(&client, &free), expected);
    assert_eq!(limits(&client, &vip), json!(Limits::VIP));
    assert_ne!(limits(&client, &vip), expected);

    let own = Limits {
        watchlist: ItemLimit { item_count: 3 },
        ..Limits::FREE
    };
    let change = json!({ "limits": own });
    assert_eq!(client.post("/_sim/accounts/justin", &change).status, 200);
    assert_eq!(limits(&client, &free)["watchlist"]["item_count"], 3);
    assert_eq!(sim.accounts()[1].effective_limits(), own);
}

#[test]
fn a_420_tells_the_limit_unless_it_does_not() {
    let (sim, client) = start(Config::default());
    let (free, _) = client.link(&sim, "justin");
    let fault = || sim.fault("GET /users/me", Fault::AccountLimit { limit: 250 });
    fault().unwrap();
    let answer = client.api("/users/me", Some(&free));
    assert_eq!((answer.status, answer.text.as_str()), (420, ""));
    let told = |name| answer.header(name);
    assert_eq!(told("x-vip-user"), "false");
    assert_eq!(told("x-account-limit"), "250");
    assert_eq!(told("x-upgrade-url"), "https://trakt.tv/vip");

    sim.set(Settings {
        limit_headers: Some(false),
        ..Settings::default()
    });
    assert_eq!(sim.settings().limit_headers, Some(false));
    fault().unwrap();
    let answer = client.api("/users/me", Some(&free));
    assert_eq!(answer.status, 420);
    for name in ["x-vip-user", "x-account-limit", "x-upgrade-url"] {
        assert_eq!(answer.header(name), "", "{name}");
    }
}

#[test]
fn an_account_moves_and_hides_as_it_runs() {
    let (sim, client) = start(Config::default());
    let (access, _) = client.link(&sim, "justin");
    let settings = || client.api("/users/settings", Some(&access)).json();
    assert_eq!(settings()["account"]["timezone"], "America/Los_Angeles");
    let change = json!({ "timezone": "Europe/Berlin", "name": "J", "private": true });
    assert_eq!(client.post("/_sim/accounts/justin", &change).status, 200);
    assert_eq!(settings()["account"]["timezone"], "Europe/Berlin");
    assert_eq!(settings()["user"]["name"], "J");
    let seen = client.api("/users/justin", None).json();
    assert_eq!(
        (&seen["private"], &seen["name"]),
        (&json!(true), &json!(null))
    );

    let nobody = client.post("/_sim/accounts/nobody", &change);
    assert_eq!(nobody.status, 404);
    let typo = json!({ "locket": true });
    assert_eq!(client.post("/_sim/accounts/justin", &typo).status, 400);
    assert_eq!(
        sim.change_account("nobody", AccountChange::default()),
        Err(ControlError::UnknownAccount)
    );
}

#[test]
fn thousands_of_accounts_come_in_one_call() {
    let (sim, client) = start(Config::default());
    let many = |prefix: &str| -> Vec<Account> {
        (0..10_000)
            .map(|n| Account::new(&format!("{prefix}-{n}"), &format!("{prefix}{n}"), "Someone"))
            .collect()
    };
    sim.add_accounts(many("a")).unwrap();
    // Longer than what a client of Trakt may send.
    let body = json!(many("b"));
    assert!(body.to_string().len() > 1 << 20);
    assert_eq!(client.post("/_sim/accounts", &body).status, 200);
    assert_eq!(sim.accounts().len(), 20_003);
    let last = client.api("/users/B-9999", None).json();
    assert_eq!(last["ids"]["trakt"], 20_003);

    let mut clash = many("c");
    clash.push(Account::new("C-0", "x", ""));
    assert_eq!(sim.add_accounts(clash), Err(ControlError::SlugTaken));
    assert_eq!(sim.accounts().len(), 20_003, "all or none");
}
