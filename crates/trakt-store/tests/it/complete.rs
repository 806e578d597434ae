//! Making links and ending them.

use trakt_core::link::{FlowEnd, LinkStatus};
use trakt_core::ports::{Completion, LinkStore, Unlink};
use trakt_core::{SystemEntropy, TraktIdentity, UserId};

use crate::scene::{Flow, Scene, completion, identity, profile, stamp, token_end, tokens_of};

/// A flow that Trakt has approved.
fn approved(scene: &Scene, user: UserId, replace: bool, token: &str) -> Flow {
    let (flow, _) = scene.flow_with(user, replace);
    scene.due(flow);
    scene.authorise(flow, token);
    flow
}

/// How a completion was refused, and what is revoked at once.
fn refused(completion: Completion) -> (FlowEnd, Vec<String>) {
    match completion {
        Completion::Refused(end, revocations) => (end, tokens_of(&revocations)),
        other => panic!("not refused: {other:?}"),
    }
}

fn row(scene: &Scene, account: &TraktIdentity) -> String {
    let uuid = account.uuid.as_str();
    scene.db.text(&format!(
        "SELECT concat_ws(' ', trakt_slug, trakt_username, status, generation, key_id) \
         FROM trakt_users WHERE trakt_uuid = '{uuid}'"
    ))
}

#[test]
fn nobody_no_link_and_a_link_are_told_apart() {
    let scene = Scene::new();
    let nobody = UserId::random(&SystemEntropy);
    assert_eq!(scene.store.association(nobody).unwrap(), None);
    let user = scene.user("ana@example.org");
    assert_eq!(scene.store.association(user).unwrap(), Some(None));
    let link = scene.link(user, "token-1", &identity("u1", "sean"));
    assert_eq!(
        scene.store.association(user).unwrap(),
        Some(Some(link.clone()))
    );
    assert_eq!(link.user, Some(user));
    assert_eq!(link.slug.as_str(), "sean");
    assert_eq!(link.username.as_deref(), Some("SEAN"));
    assert_eq!(link.status, LinkStatus::Active);
    assert_eq!((link.reason, link.last_synced_at), (None, None));
    assert_eq!(link.token_expires_at, Some(token_end()));
    assert!(link.linked_at.is_some());
}

#[test]
fn a_link_ends_its_flow() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let account = identity("u1", "sean");
    scene.link(user, "token-1", &account);
    assert_eq!(row(&scene, &account), "sean SEAN active 1 test");
    assert_eq!(
        scene
            .db
            .text("SELECT concat_ws(' ', state, outcome, key_id) FROM device_flows"),
        "ended linked"
    );
    assert_eq!(
        scene.trail(1),
        ["flow_started succeeded", "linked succeeded"]
    );
    assert_eq!(
        scene.db.text(
            "SELECT concat_ws(' ', trakt_slug, trakt_uuid, link_id IS NOT NULL) \
             FROM audit_log WHERE event = 'linked'"
        ),
        "sean u1 t"
    );
    assert!(scene.queue().is_empty());
}

#[test]
fn the_same_account_again_renews_its_tokens() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let first = scene.link(user, "token-1", &identity("u1", "sean"));
    scene.db.sql(
        "UPDATE trakt_users SET status = 'needs_relink', status_reason = 'revoked', \
         last_synced_at = now()",
    );
    // Renamed meanwhile.
    let account = identity("u1", "sean-new");
    let second = scene.link(user, "token-2", &account);
    assert_eq!(second.id, first.id);
    assert_eq!(second.status, LinkStatus::Active);
    assert_eq!(second.reason, None);
    assert!(second.last_synced_at.is_some());
    assert!(second.linked_at > first.linked_at);
    assert_eq!(row(&scene, &account), "sean-new SEAN-NEW active 2 test");
    assert_eq!(scene.trail(0).last().unwrap(), "linked succeeded renewed");
    assert!(scene.queue().is_empty());
    let unlink = Unlink {
        purge: false,
        user,
        stamp: stamp(),
    };
    assert_eq!(
        tokens_of(&scene.store.unlink(&unlink).unwrap()),
        ["token-2"]
    );
}

#[test]
fn an_account_of_another_user_is_refused() {
    let scene = Scene::new();
    let (ana, ben) = (scene.user("ana@example.org"), scene.user("ben@example.org"));
    let account = identity("u1", "sean");
    let link = scene.link(ana, "token-1", &account);
    let flow = approved(&scene, ben, true, "token-2");
    let (end, revoked) = refused(scene.complete(flow, "token-2", &account));
    assert_eq!(
        (end, revoked),
        (FlowEnd::AccountTaken, vec!["token-2".to_owned()])
    );
    assert_eq!(scene.store.association(ben).unwrap(), Some(None));
    assert_eq!(scene.store.association(ana).unwrap(), Some(Some(link)));
    assert_eq!(
        scene.trail(0).last().unwrap(),
        "conflict refused account_taken"
    );
    assert_eq!(scene.queue(), ["token-2"]);
    // Asking again tells the same, as the flow has ended.
    let (end, _) = refused(scene.complete(flow, "token-2", &account));
    assert_eq!(end, FlowEnd::AccountTaken);
}

#[test]
fn another_account_of_the_same_user_needs_a_word() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let old = scene.link(user, "token-1", &identity("u1", "sean"));
    let other = identity("u2", "justin");
    let flow = approved(&scene, user, false, "token-2");
    let (end, revoked) = refused(scene.complete(flow, "token-2", &other));
    assert_eq!(
        (end, revoked),
        (FlowEnd::AlreadyLinked, vec!["token-2".to_owned()])
    );
    assert_eq!(
        scene.store.association(user).unwrap(),
        Some(Some(old.clone()))
    );
    assert_eq!(
        scene.trail(0).last().unwrap(),
        "conflict refused already_linked"
    );

    let flow = approved(&scene, user, true, "token-3");
    let Completion::Linked(link, revocations) = scene.complete(flow, "token-3", &other) else {
        panic!("not linked");
    };
    assert_eq!(tokens_of(&revocations), ["token-1"]);
    assert_eq!(scene.queue(), ["token-1", "token-2"]);
    assert_ne!(link.id, old.id);
    assert_eq!(scene.count("trakt_users"), "1");
    let trail = scene.trail(0);
    assert_eq!(
        trail[trail.len() - 2..],
        ["replaced succeeded", "linked succeeded"]
    );
    assert_eq!(
        scene.db.text(
            "SELECT concat_ws(' ', trakt_slug, trakt_uuid, link_id) FROM audit_log \
             WHERE event = 'replaced'"
        ),
        format!("sean u1 {}", old.id)
    );
}

#[test]
fn a_slug_that_passed_on_is_taken_from_the_account_that_had_it() {
    let scene = Scene::new();
    let (ana, ben) = (scene.user("ana@example.org"), scene.user("ben@example.org"));
    let long = "s".repeat(255);
    let old = scene.link(ana, "token-1", &identity("u1", &long));
    let new = scene.link(ben, "token-2", &identity("u2", &long));
    assert_eq!(new.slug.as_str(), long);
    let relabelled = scene.store.association(ana).unwrap().unwrap().unwrap();
    assert_eq!(relabelled.id, old.id);
    assert_eq!(
        relabelled.slug.as_str(),
        format!("{}~{}", &long[..200], old.id)
    );
    // Its tokens are as good as before, and its next link brings the label.
    let again = scene.link(ana, "token-3", &identity("u1", "renamed"));
    assert_eq!((again.id, again.slug.as_str()), (old.id, "renamed"));
}

#[test]
fn a_claim_becomes_a_link_when_its_user_approves() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let (claim, _) = scene.associate(user, &profile(None, "sean"));
    let account = identity("u1", "sean");
    let link = scene.link(user, "token-1", &account);
    assert_eq!(link.id, claim.id);
    assert_eq!(row(&scene, &account), "sean SEAN active 1 test");
    assert_eq!(scene.trail(0).last().unwrap(), "linked succeeded");
}

#[test]
fn who_comes_second_with_the_same_tokens_revokes_nothing() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let account = identity("u1", "sean");
    let flow = approved(&scene, user, false, "token-1");
    assert!(matches!(
        scene.complete(flow, "token-1", &account),
        Completion::Linked(..)
    ));
    let (end, revoked) = refused(scene.complete(flow, "token-1", &account));
    assert_eq!((end, revoked), (FlowEnd::Linked, Vec::<String>::new()));
    assert!(scene.queue().is_empty());
}

#[test]
fn tokens_without_a_flow_or_a_user_are_revoked() {
    let scene = Scene::new();
    let (ana, ben) = (scene.user("ana@example.org"), scene.user("ben@example.org"));
    let account = identity("u1", "sean");
    let old = approved(&scene, ana, false, "token-1");
    scene.flow(ana);
    assert_eq!(
        refused(scene.complete(old, "token-1", &account)).0,
        FlowEnd::Superseded
    );
    // A flow of another user.
    let flow = approved(&scene, ana, false, "token-2");
    let others = Flow { user: ben, ..flow };
    assert_eq!(
        refused(scene.complete(others, "token-3", &account)).0,
        FlowEnd::Expired
    );
    scene.db.sql("DELETE FROM users");
    assert_eq!(
        refused(scene.complete(flow, "token-2", &account)),
        (FlowEnd::Expired, vec!["token-2".to_owned()])
    );
    assert_eq!(scene.count("trakt_users"), "0");
    // The first was queued when its flow was superseded, and again when it came too late.
    assert_eq!(scene.queue(), ["token-1", "token-1", "token-2", "token-3"]);
}

#[test]
fn an_unlinked_account_is_free_for_others() {
    let scene = Scene::new();
    let (ana, ben) = (scene.user("ana@example.org"), scene.user("ben@example.org"));
    let account = identity("u1", "sean");
    let unlink = Unlink {
        purge: false,
        user: ana,
        stamp: stamp(),
    };
    assert!(scene.store.unlink(&unlink).unwrap().is_empty());
    let link = scene.link(ana, "token-1", &account);
    let before = scene.trail(0).len();
    assert_eq!(
        tokens_of(&scene.store.unlink(&unlink).unwrap()),
        ["token-1"]
    );
    assert!(scene.store.unlink(&unlink).unwrap().is_empty());
    assert_eq!(scene.trail(before), ["unlinked succeeded"]);
    assert_eq!(
        scene.db.text(
            "SELECT concat_ws(' ', subject_id, link_id, trakt_slug, trakt_uuid) FROM audit_log \
             WHERE event = 'unlinked'"
        ),
        format!("{ana} {} sean u1", link.id)
    );
    assert_eq!(scene.queue(), ["token-1"]);
    assert_eq!(scene.store.association(ana).unwrap(), Some(None));
    scene.link(ben, "token-2", &account);
}

#[test]
fn a_name_that_postgres_cannot_keep_does_not_stop_a_link() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let mut account = identity("u1", "sean");
    account.username = "Se\0an".to_owned();
    let flow = approved(&scene, user, false, "token-1");
    let made = scene
        .store
        .complete(&completion(flow, "token-1", &account))
        .unwrap();
    assert!(
        matches!(made, Completion::Linked(link, _) if link.username.as_deref() == Some("Sean"))
    );
}
