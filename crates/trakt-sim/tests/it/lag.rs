//! Reads that lag behind writes, with the clock standing still.

use serde_json::json;
use trakt_sim::{Config, Lag, Settings, Sim};

use crate::client::{Client, ID, start};

fn lagging(on: &str, ms: u64) -> (Sim, Client) {
    let (sim, client) = start(Config::default());
    sim.set_speed(0);
    let lag = json!({ "lag": { "on": on, "ms": ms } });
    let set = client.post("/_sim/settings", &lag).json();
    assert_eq!(set["lag"], lag["lag"]);
    (sim, client)
}

/// The name that a path tells an account.
fn name(client: &Client, path: &str, access: &str) -> String {
    let answer = client.api(path, Some(access));
    assert_eq!(answer.status, 200);
    assert!(answer.kind.starts_with("application/json"));
    let json = answer.json();
    let name = json.get("user").unwrap_or(&json)["name"].as_str();
    name.unwrap().to_owned()
}

fn write(client: &Client, name: &str, access: &str) {
    let answer = client.put(
        "/users/settings",
        &json!({ "user": { "name": name } }),
        access,
    );
    assert_eq!((answer.status, answer.text.as_str()), (201, ""));
}

#[test]
fn a_read_tells_what_was_before_the_write() {
    let (sim, client) = lagging("GET /users/settings", 5_000);
    let (access, _) = client.link(&sim, "justin");
    let (other, _) = client.link(&sim, "sean");
    let read = || name(&client, "/users/settings", &access);
    assert_eq!(read(), "Justin Nemeth");
    write(&client, "B", &access);
    assert_eq!(read(), "Justin Nemeth");
    assert_eq!(name(&client, "/users/me", &access), "B", "not that path");
    let extended = "/users/settings?extended=full";
    assert_eq!(
        name(&client, extended, &access),
        "Justin Nemeth",
        "it was not read before, and lags too"
    );

    sim.advance(4);
    assert_eq!(read(), "Justin Nemeth");
    write(&client, "C", &access);
    sim.advance(4);
    assert_eq!(read(), "Justin Nemeth", "the last write counts");
    assert_eq!(name(&client, "/users/settings", &other), "Sean Rudford");
    sim.advance(1);
    assert_eq!(read(), "C");

    sim.advance(100);
    write(&client, "D", &access);
    assert_eq!(read(), "C");
    sim.advance(100);
    write(&client, "E", &access);
    assert_eq!(read(), "D", "what was true before the write, read or not");
}

#[test]
fn only_a_write_that_succeeds_lets_reads_lag() {
    let (sim, client) = lagging("GET /*", 5_000);
    let (access, _) = client.link(&sim, "justin");
    let read = || name(&client, "/users/me", &access);
    let rename = |to: &str| sim.rename_account("justin", "justin", to).unwrap();
    let username = || client.api("/users/me", Some(&access)).json()["username"].clone();
    assert_eq!(read(), "Justin Nemeth");
    let refused = client.put("/users/settings", &json!({ "user": 5 }), &access);
    assert_eq!(refused.status, 400);
    let headers = [
        ("trakt-api-key", ID),
        ("trakt-api-version", "2"),
        ("authorization", &format!("Bearer {access}")),
    ];
    assert_eq!(client.send("HEAD", "/users/me", &headers).status, 200);
    rename("J2");
    assert_eq!(username(), "J2");
    write(&client, "B", &access);
    rename("J3");
    assert_eq!(username(), "J2", "the whole answer is old");
    sim.disconnect("justin").unwrap();
    assert_eq!(client.api("/users/me", Some(&access)).status, 401);
}

#[test]
fn lag_is_switched_off() {
    let (sim, client) = lagging("GET /*", 5_000);
    let (access, _) = client.link(&sim, "justin");
    let read = || name(&client, "/users/me", &access);
    read();
    write(&client, "B", &access);
    assert_eq!(read(), "Justin Nemeth");
    sim.set(Settings {
        lag: Some(Lag::default()),
        ..Settings::default()
    });
    assert_eq!(read(), "B");
}

#[test]
fn an_account_changes_its_settings() {
    let (sim, client) = start(Config::default());
    let (access, _) = client.link(&sim, "justin");
    let body = json!({ "user": { "private": true, "about": null, "name": null }, "browsing": {} });
    assert_eq!(client.put("/users/settings", &body, &access).status, 201);
    let justin = &sim.accounts()[1];
    assert!(justin.private);
    assert_eq!(justin.name, "Justin Nemeth");
    assert_eq!(client.put("/users/settings", &body, "dead").status, 401);
}
