//! What operators do.

use trakt_core::link::LinkStatus;
use trakt_core::ports::{AdminStore, AssociationQuery, ClaimOutcome, Disassociate};
use trakt_core::{LinkId, PageRequest, SystemEntropy, UserId};

use crate::scene::{Scene, claiming, identity, profile, stamp, tokens_of};

fn slugs(scene: &Scene, query: &AssociationQuery) -> (Vec<String>, i64) {
    let page = scene.store.associations(query).unwrap();
    let slugs = page.items.iter().map(|item| item.link.slug.to_string());
    (slugs.collect(), page.total)
}

fn containing(text: &str) -> AssociationQuery {
    AssociationQuery {
        text: Some(text.to_owned()),
        ..AssociationQuery::default()
    }
}

#[test]
fn a_claim_has_no_tokens_and_is_made_once() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let (link, revocations) = scene.associate(user, &profile(Some("u1"), "sean"));
    assert!(revocations.is_empty());
    assert_eq!(link.status, LinkStatus::Unverified);
    assert_eq!((link.user, link.linked_at), (Some(user), None));
    assert_eq!(scene.trail(1), ["admin_associated succeeded"]);
    let before = scene.db.text("SELECT updated_at FROM trakt_users");
    let (again, _) = scene.associate(user, &profile(Some("u1"), "sean"));
    assert_eq!(again, link);
    assert_eq!(scene.trail(1).len(), 1);
    assert_eq!(scene.db.text("SELECT updated_at FROM trakt_users"), before);
    assert_eq!(
        scene.db.text(
            "SELECT concat_ws(' ', subject_id, link_id, trakt_slug, trakt_uuid) FROM \
             (SELECT * FROM audit_log ORDER BY id DESC LIMIT 1) AS last"
        ),
        format!("{user} {} sean u1", link.id)
    );
}

#[test]
fn a_claim_of_what_the_user_has_keeps_its_tokens_and_follows_a_rename() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let link = scene.link(user, "token-1", &identity("u1", "sean"));
    let before = scene.trail(0).len();
    let (same, revocations) = scene.associate(user, &profile(None, "sean"));
    assert_eq!(same, link);
    let (renamed, more) = scene.associate(user, &profile(Some("u1"), "sean-new"));
    assert_eq!((renamed.id, renamed.slug.as_str()), (link.id, "sean-new"));
    assert_eq!(renamed.username.as_deref(), Some("SEAN-NEW"));
    assert_eq!(renamed.status, LinkStatus::Active);
    assert!(revocations.is_empty() && more.is_empty());
    assert_eq!(scene.trail(0).len(), before);
}

#[test]
fn a_claim_learns_the_identity() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let (claim, _) = scene.associate(user, &profile(None, "sean"));
    let (again, _) = scene.associate(user, &profile(Some("u1"), "sean"));
    assert_eq!(claim.id, again.id);
    assert_eq!(scene.db.text("SELECT trakt_uuid FROM trakt_users"), "u1");
}

#[test]
fn a_claim_respects_the_rules_of_links() {
    let scene = Scene::new();
    let (ana, ben) = (scene.user("ana@example.org"), scene.user("ben@example.org"));
    let old = scene.link(ana, "token-1", &identity("u1", "sean"));
    let before = scene.trail(0).len();
    let claim = |user, uuid, slug, replace| {
        let cmd = claiming(user, &profile(uuid, slug), replace);
        scene.store.claim_account(&cmd).unwrap()
    };
    for (uuid, slug) in [(Some("u1"), "other"), (None, "sean")] {
        assert!(matches!(
            claim(ben, uuid, slug, true),
            ClaimOutcome::AccountTaken
        ));
    }
    assert!(matches!(
        claim(ana, Some("u2"), "justin", false),
        ClaimOutcome::AlreadyLinked
    ));
    let nobody = UserId::random(&SystemEntropy);
    assert!(matches!(
        claim(nobody, Some("u2"), "justin", true),
        ClaimOutcome::UserGone
    ));
    let ClaimOutcome::Associated(link, revocations) = claim(ana, Some("u2"), "justin", true) else {
        panic!("not associated");
    };
    assert_ne!(link.id, old.id);
    assert_eq!(tokens_of(&revocations), ["token-1"]);
    assert_eq!(scene.queue(), ["token-1"]);
    assert_eq!(
        scene.trail(before),
        [
            "conflict refused account_taken",
            "conflict refused account_taken",
            "conflict refused already_linked",
            "replaced succeeded",
            "admin_associated succeeded",
        ]
    );
}

#[test]
fn an_account_of_nobody_is_taken_over_without_its_tokens() {
    let scene = Scene::new();
    let (ana, ben) = (scene.user("ana@example.org"), scene.user("ben@example.org"));
    let link = scene.link(ana, "token-1", &identity("u1", "sean"));
    scene.db.sql("UPDATE trakt_users SET user_id = NULL");
    let (taken, revocations) = scene.associate(ben, &profile(Some("u1"), "sean"));
    assert_eq!((taken.id, taken.user), (link.id, Some(ben)));
    assert_eq!(taken.status, LinkStatus::Unverified);
    assert_eq!(tokens_of(&revocations), ["token-1"]);
    assert_eq!(scene.trail(0).last().unwrap(), "admin_associated succeeded");
}

#[test]
fn links_are_found_by_every_part_of_the_query() {
    let scene = Scene::new();
    let names = ["sean", "100%_sure", "back\\slash"];
    for (i, slug) in ["sean", "sure", "slash"].iter().enumerate() {
        let user = scene.user(&format!("{slug}@{i}.example.org"));
        scene.associate(user, &profile(None, slug));
    }
    scene.link(
        scene.user("zoe@example.com"),
        "token-1",
        &identity("u1", "zoe"),
    );
    for (slug, name) in ["sean", "sure", "slash"].iter().zip(names) {
        scene.db.sql(&format!(
            "UPDATE trakt_users SET trakt_username = '{name}' WHERE trakt_slug = '{slug}'"
        ));
    }
    let all = (vec!["sean", "slash", "sure", "zoe"], 4);
    for (query, wanted) in [
        (AssociationQuery::default(), all.clone()),
        (containing(""), all),
        (containing("SEA"), (vec!["sean"], 1)),
        (containing("%"), (vec!["sure"], 1)),
        (containing("_"), (vec!["sure"], 1)),
        (containing("\\"), (vec!["slash"], 1)),
        (containing("1.EXAMPLE"), (vec!["sure"], 1)),
        (containing("nobody"), (vec![], 0)),
        (containing("\0"), (vec![], 0)),
        (containing("'; --"), (vec![], 0)),
    ] {
        let (found, total) = slugs(&scene, &query);
        assert_eq!(
            (found, total),
            (wanted.0.iter().map(|s| (*s).to_owned()).collect(), wanted.1)
        );
    }
    let active = AssociationQuery {
        status: Some(LinkStatus::Active),
        ..containing("z")
    };
    assert_eq!(slugs(&scene, &active), (vec!["zoe".to_owned()], 1));
    let unverified = AssociationQuery {
        status: Some(LinkStatus::Unverified),
        ..containing("z")
    };
    assert_eq!(slugs(&scene, &unverified).1, 0);
}

#[test]
fn pages_follow_each_other_and_know_the_total() {
    let scene = Scene::new();
    for i in 0..5 {
        let user = scene.user(&format!("{i}@example.org"));
        scene.associate(user, &profile(None, &format!("slug-{i}")));
    }
    scene
        .db
        .sql("UPDATE trakt_users SET user_id = NULL WHERE trakt_slug = 'slug-2'");
    let page = |number| {
        let page = PageRequest::new(number, 2).unwrap();
        scene
            .store
            .associations(&AssociationQuery {
                page,
                ..AssociationQuery::default()
            })
            .unwrap()
    };
    let second = page(2);
    assert_eq!((second.total, second.request.page()), (5, 2));
    assert_eq!(second.items[0].link.slug.as_str(), "slug-2");
    assert_eq!(second.items[0].user_email, None);
    assert_eq!(
        second.items[1].user_email.as_ref().unwrap().as_str(),
        "3@example.org"
    );
    let beyond = page(4);
    assert_eq!((beyond.items.len(), beyond.total), (0, 5));
}

#[test]
fn a_disassociated_link_is_gone_with_its_tokens() {
    let scene = Scene::new();
    let user = scene.user("ana@example.org");
    let link = scene.link(user, "token-1", &identity("u1", "sean")).id;
    let before = scene.trail(0).len();
    let end = |link| {
        let cmd = Disassociate {
            link,
            purge: false,
            stamp: stamp(),
        };
        scene.store.disassociate(&cmd).unwrap()
    };
    assert!(end(LinkId::random(&SystemEntropy)).is_none());
    assert_eq!(tokens_of(&end(link).unwrap()), ["token-1"]);
    assert!(end(link).is_none());
    assert_eq!(scene.trail(before), ["admin_disassociated succeeded"]);
    assert_eq!(
        scene.count(&format!(
            "audit_log WHERE subject_id = '{user}' AND link_id = '{link}' \
        AND event = 'admin_disassociated'"
        )),
        "1"
    );
    assert_eq!(scene.queue(), ["token-1"]);
    assert_eq!(scene.count("trakt_users"), "0");
}
