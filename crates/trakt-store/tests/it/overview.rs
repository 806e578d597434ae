//! How everything stands, and what is in the way of many claims.

use std::time::Duration;

use trakt_core::admin::Overview;
use trakt_core::link::LinkStatus;
use trakt_core::ports::{AdminStore, Standing, Survey};
use trakt_core::user::Email;
use trakt_core::{TraktSlug, UserId};

use crate::scene::{Scene, identity, profile};

fn overview(scene: &Scene, expiring: u32) -> Overview {
    let overdue = Duration::from_secs(60);
    let survey = Survey { expiring, overdue };
    scene.store.overview(&survey).unwrap()
}

fn linked(scene: &Scene, name: &str) -> UserId {
    let user = scene.user(&format!("{name}@example.org"));
    scene.link(user, "token", &identity(&format!("uuid-{name}"), name));
    user
}

fn set(scene: &Scene, slug: &str, columns: &str) {
    scene.db.sql(&format!(
        "UPDATE trakt_users SET {columns} WHERE trakt_slug = '{slug}'"
    ));
}

#[test]
fn nothing_is_nothing() {
    let scene = Scene::new();
    assert_eq!(overview(&scene, 10), Overview::default());
}

#[test]
fn links_are_counted_and_the_soonest_to_expire_come_first() {
    let scene = Scene::new();
    for name in ["ana", "bo", "cy", "di"] {
        linked(&scene, name);
    }
    let user = scene.user("ed@example.org");
    scene.associate(user, &profile(None, "ed"));
    for (name, hours) in [("ana", 3), ("bo", 1), ("cy", 2), ("di", 0)] {
        let at = format!("token_expires_at = now() + interval '{hours} h'");
        set(&scene, name, &at);
    }
    set(
        &scene,
        "di",
        "status = 'needs_relink', status_reason = 'lost'",
    );
    set(&scene, "cy", "user_id = NULL");
    let found = overview(&scene, 2);
    let counts = [
        (LinkStatus::Active, 3),
        (LinkStatus::NeedsRelink, 1),
        (LinkStatus::Unverified, 1),
    ];
    assert_eq!(found.links, counts);
    let soonest = found.expiring.iter().map(|record| {
        let email = record.user_email.as_ref().map(Email::as_str);
        (record.link.slug.as_str(), email)
    });
    let expected = [("bo", Some("bo@example.org")), ("cy", None)];
    assert_eq!(soonest.collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_late_waits_failed_or_is_held_is_counted() {
    let scene = Scene::new();
    let [ana, bo, cy] = ["ana", "bo", "cy"].map(|name| linked(&scene, name));
    let di = scene.user("di@example.org");
    set(&scene, "ana", "refresh_due_at = now() - interval '61 s'");
    set(&scene, "bo", "refresh_due_at = now() - interval '50 s'");
    set(&scene, "cy", "refresh_due_at = now() + interval '1 day'");
    for (user, seconds, settled) in [(ana, 90, "NULL"), (ana, 30, "NULL"), (bo, 900, "now()")] {
        let state = if settled == "NULL" {
            "queued"
        } else {
            "confirmed"
        };
        scene.db.sql(&format!(
            "INSERT INTO outbox (id, user_id, trakt_uuid, deed, part, wish, at, state, accepted_at, \
                 settled_at) \
             VALUES (gen_random_uuid(), '{user}', 'u', 'rate', 'ratings', '', now(), '{state}', \
                 now() - interval '{seconds} s', {settled})"
        ));
    }
    scene.db.sql("DELETE FROM watch_states");
    // One failed; one is held and failed; one went well; one failed and is linked no more.
    for (user, reason) in [
        (ana, "'unavailable'"),
        (bo, "'held'"),
        (cy, "NULL"),
        (di, "'unavailable'"),
    ] {
        scene.db.sql(&format!(
            "INSERT INTO watch_states (user_id, trakt_uuid, reason) VALUES ('{user}', 'u', {reason})"
        ));
    }
    for (user, side, meant) in [(bo, "pull", false), (bo, "push", false), (cy, "pull", true)] {
        scene.db.sql(&format!(
            "INSERT INTO watch_holds (user_id, side, part, adds, removes, held, meant) \
             VALUES ('{user}', '{side}', 'history', 0, 99, 100, {meant})"
        ));
    }
    let found = overview(&scene, 10);
    assert_eq!((found.overdue, found.waiting), (1, 2));
    assert_eq!((found.failed, found.held), (1, 1));
    let age = found.waiting_for.unwrap().as_secs();
    assert!((90..120).contains(&age), "{age} s");
}

#[test]
fn many_claims_find_what_is_in_their_way() {
    let scene = Scene::new();
    let ana = linked(&scene, "ana");
    let bo = scene.user("bo@example.org");
    let wanted = [
        ("bo@example.org", "ana"),
        ("nobody@example.org", "ana"),
        ("ANA@example.org", "ana"),
        ("ana@example.org", "other"),
        ("bo@example.org", "free"),
    ];
    let wanted: Vec<_> = wanted
        .iter()
        .map(|(email, slug)| {
            (
                Email::parse(email).unwrap(),
                TraktSlug::parse(slug).unwrap(),
            )
        })
        .collect();
    let found = scene.store.standings(&wanted).unwrap();
    let said = |standing: &Standing| {
        let held = standing
            .held
            .iter()
            .map(|link| (link.user, link.slug.to_string()));
        (standing.user, held.collect::<Vec<_>>())
    };
    let held = vec![(Some(ana), "ana".to_owned())];
    assert_eq!(
        found
            .iter()
            .map(|one| one.as_ref().map(said))
            .collect::<Vec<_>>(),
        [
            Some((bo, held.clone())),
            None,
            Some((ana, held.clone())),
            Some((ana, held)),
            Some((bo, vec![])),
        ]
    );
    // Both at once: the user's own, and whose slug it is.
    let cy = linked(&scene, "cy");
    let both = [(
        Email::parse("cy@example.org").unwrap(),
        TraktSlug::parse("ana").unwrap(),
    )];
    let both = scene.store.standings(&both).unwrap();
    let standing = both[0].as_ref().unwrap();
    assert_eq!((standing.user, standing.held.len()), (cy, 2));
    assert_eq!(scene.store.standings(&[]).unwrap(), []);
}
