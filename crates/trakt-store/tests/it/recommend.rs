//! Lists of recommendations: what is served of them, and who reads them next.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use trakt_core::link::LinkStatus;
use trakt_core::ports::{
    AcceptWrite, Accepted, Asked, ChangeChoices, ChoiceStore, ClaimWrites, ClaimedList, EndPush,
    HeldList, Lease, LinkStore, OutboxStore, RecommendQuery, RecommendStore, RemoveUser, StoreList,
    Unlink, UserStore, WatchStore,
};
use trakt_core::scrobble::{Sought, SoughtIds, Target, Wish, Written};
use trakt_core::user::Email;
use trakt_core::watch::{Item, ItemKind, MediaIds, Titled};
use trakt_core::{PushId, SystemEntropy, UserId, WriteId};

use crate::scene::{LEASE, Scene, identity, stamp};

const HOUR: Duration = Duration::from_secs(3600);
const KINDS: [ItemKind; 2] = [ItemKind::Movie, ItemKind::Show];
const TABLES: [&str; 3] = [
    "recommendations",
    "recommendation_hides",
    "recommendation_states",
];

fn thing(kind: ItemKind, trakt: i64) -> Item {
    let ids = MediaIds {
        trakt,
        slug: Some(format!("slug-{trakt}")),
        imdb: None,
        tmdb: None,
        tvdb: None,
    };
    let (title, year) = (Some("Heat".to_owned()), Some(1995));
    let titled = Titled { ids, title, year };
    match kind {
        ItemKind::Movie => Item::Movie(titled),
        _ => Item::Show(titled),
    }
}

/// Somebody whose account is linked.
struct Viewer {
    scene: Scene,
    user: UserId,
}

impl Viewer {
    fn new() -> Self {
        let scene = Scene::new();
        let user = scene.user("viewer@example.org");
        scene.link(user, "token", &identity("viewer", "viewer"));
        Self { scene, user }
    }

    fn held(&self, kind: ItemKind, limit: u32) -> HeldList {
        let user = self.user;
        let query = RecommendQuery { user, kind, limit };
        self.scene.store.recommendations(&query).unwrap()
    }

    /// Trakt's numbers of what is served.
    fn served(&self, kind: ItemKind) -> Vec<i64> {
        let items = self.held(kind, 100).items;
        items.iter().map(|item| item.ids().trakt).collect()
    }

    fn claim_of(&self, kind: ItemKind) -> Option<ClaimedList> {
        let of = Some((self.user, kind));
        self.scene.store.claim_list(of, LEASE).unwrap()
    }

    fn claim(&self) -> Option<ClaimedList> {
        self.scene.store.claim_list(None, LEASE).unwrap()
    }

    fn store(&self, claimed: ClaimedList, numbers: &[i64]) {
        let kind = claimed.kind;
        let cmd = StoreList {
            claimed,
            items: numbers.iter().map(|trakt| thing(kind, *trakt)).collect(),
            next: 6 * HOUR,
            asked: 24 * HOUR,
        };
        self.scene.store.store_list(&cmd).unwrap();
    }

    /// Reads this list.
    fn keep(&self, kind: ItemKind, numbers: &[i64]) {
        let due = "UPDATE recommendation_states SET next_at = now(), lease_until = NULL WHERE kind";
        self.sql(&format!("{due} = '{kind}'"));
        self.store(self.claim_of(kind).unwrap(), numbers);
    }

    fn sql(&self, sql: &str) {
        self.scene.db.sql(&sql.replace('$', &self.user.to_string()));
    }

    /// What the outbox takes; it is confirmed at once.
    fn write(&self, wish: Wish, kind: ItemKind, trakt: i64) {
        let store = &self.scene.store;
        let cmd = AcceptWrite {
            id: WriteId::random(&SystemEntropy),
            user: self.user,
            wish,
            target: Some(Target { kind, trakt }),
            item: None,
            refused: None,
            key: None,
            daily: 100,
        };
        let accepted = store.accept(&cmd).unwrap();
        assert!(matches!(accepted, Accepted::Kept { .. }), "{accepted:?}");
        let push = PushId::random(&SystemEntropy);
        let claim = ClaimWrites {
            push,
            lease: LEASE,
            limit: 10,
            count_from: 50,
        };
        let claimed = store.claim_writes(&claim).unwrap().unwrap();
        let ids: Vec<_> = claimed.writes.iter().map(|write| write.id).collect();
        assert_eq!(store.begin_send(self.user, push, &ids), Ok(Lease::Kept));
        let end = EndPush {
            user: self.user,
            push,
            writes: ids
                .iter()
                .map(|id| (*id, Written::confirmed(None)))
                .collect(),
            next: Duration::ZERO,
            trouble: None,
        };
        assert_eq!(store.end_push(&end), Ok(Lease::Kept));
    }
}

fn sought(kind: ItemKind, trakt: i64) -> Sought {
    let ids = SoughtIds {
        trakt: Some(trakt),
        ..SoughtIds::default()
    };
    Sought::Own { kind, ids }
}

#[test]
fn a_list_is_served_in_its_order_and_replaced_as_a_whole() {
    let viewer = Viewer::new();
    for kind in KINDS {
        let nothing = viewer.held(kind, 100);
        assert_eq!(nothing.link, Some(LinkStatus::Active));
        assert_eq!(nothing.read_at, None);
        viewer.keep(kind, &[7, 3, 9, 3]);
        let held = viewer.held(kind, 100);
        assert_eq!(held.items, [7, 3, 9].map(|trakt| thing(kind, trakt)));
        assert!(held.age < HOUR && held.attempts == 0);
        assert_eq!(viewer.held(kind, 2).items, held.items[..2]);
        viewer.keep(kind, &[1, 9]);
        assert_eq!(viewer.served(kind), [1, 9]);
        viewer.keep(kind, &[]);
        assert!(viewer.served(kind).is_empty());
        viewer.keep(kind, &[5]);
    }
    for kind in KINDS {
        assert_eq!(viewer.served(kind), [5], "each has its own");
    }
}

#[test]
fn what_was_watched_or_hidden_since_is_left_out_at_once() {
    let viewer = Viewer::new();
    for kind in KINDS {
        viewer.keep(kind, &[1, 2, 3, 4, 5]);
    }
    // One that Trakt has not confirmed counts; an episode has numbers of its own.
    viewer.sql("INSERT INTO plays (user_id, id, kind, item) VALUES ('$', -1, 'movie', 2)");
    viewer.sql("INSERT INTO plays (user_id, id, kind, item) VALUES ('$', 7, 'episode', 3)");
    assert_eq!(viewer.served(ItemKind::Movie), [1, 3, 4, 5]);
    assert_eq!(viewer.served(ItemKind::Show), [1, 2, 3, 4, 5]);
    viewer.sql("INSERT INTO watching (user_id, show) VALUES ('$', 1)");
    viewer.sql("INSERT INTO hidden (user_id, list, show) VALUES ('$', 'hidden', 4)");
    viewer.sql("INSERT INTO hidden (user_id, list, show) VALUES ('$', 'dropped', 5)");
    assert_eq!(viewer.served(ItemKind::Show), [2, 3]);
    viewer.sql("INSERT INTO recommendation_hides (user_id, kind, item) VALUES ('$', 'show', 2)");
    assert_eq!(viewer.served(ItemKind::Show), [3]);
    assert_eq!(viewer.served(ItemKind::Movie), [1, 3, 4, 5]);
    // What is left out makes room for others, up to the limit.
    let cut = viewer.held(ItemKind::Movie, 2).items;
    assert_eq!(cut, [1, 3].map(|trakt| thing(ItemKind::Movie, trakt)));
    // What others watched is theirs.
    let other = viewer.scene.user("other@example.org");
    viewer.sql(&format!("UPDATE plays SET user_id = '{other}'"));
    assert_eq!(viewer.served(ItemKind::Movie), [1, 2, 3, 4, 5]);
}

#[test]
fn a_reader_sees_one_list_or_the_other() {
    let viewer = Viewer::new();
    let kind = ItemKind::Movie;
    let lists: [Vec<i64>; 2] = [(1..=100).collect(), (101..=200).collect()];
    viewer.keep(kind, &lists[0]);
    viewer.sql("UPDATE recommendation_states SET next_at = now()");
    let claimed = viewer.claim_of(kind).unwrap();
    thread::scope(|scope| {
        for list in &lists {
            let (viewer, claimed) = (&viewer, &claimed);
            let store = move |_| viewer.store(claimed.clone(), list);
            scope.spawn(move || (0..20).for_each(store));
        }
        for _ in 0..50 {
            let served = viewer.served(kind);
            assert!(lists.contains(&served), "{served:?}");
        }
    });
    assert_eq!(viewer.scene.count("recommendations"), "100");
}

#[test]
fn each_list_that_is_due_is_given_to_one_alone() {
    let viewer = Viewer::new();
    let scene = &viewer.scene;
    let mut all = BTreeSet::new();
    for n in 0..12 {
        let user = scene.user(&format!("user{n}@example.org"));
        let account = identity(&format!("uuid{n}"), &format!("slug{n}"));
        scene.link(user, &format!("token{n}"), &account);
        for kind in KINDS {
            let claimed = scene.store.claim_list(Some((user, kind)), LEASE);
            viewer.store(claimed.unwrap().unwrap(), &[1]);
            all.insert((user, kind.as_str()));
        }
    }
    assert_eq!(viewer.claim(), None);
    viewer.sql("UPDATE recommendation_states SET next_at = now()");
    let given: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| std::iter::from_fn(|| viewer.claim()).collect::<Vec<_>>()))
            .collect();
        let all = workers.into_iter().map(|worker| worker.join().unwrap());
        all.flatten().collect()
    });
    let given: Vec<_> = given
        .iter()
        .map(|claimed| (claimed.user, claimed.kind.as_str()))
        .collect();
    let each: BTreeSet<_> = given.iter().copied().collect();
    assert_eq!(given.len(), each.len(), "a list was given twice");
    assert_eq!(each, all);
}

#[test]
fn a_reading_that_failed_is_counted_waits_and_blocks_no_other() {
    let viewer = Viewer::new();
    for kind in KINDS {
        viewer.keep(kind, &[1]);
    }
    viewer.sql(
        "UPDATE recommendation_states SET next_at = now() - CASE kind \
         WHEN 'movie' THEN interval '9 h' ELSE interval '1 h' END",
    );
    let poison = viewer.claim().unwrap();
    assert_eq!((poison.kind, poison.attempts), (ItemKind::Movie, 1));
    viewer.scene.store.fail_list(&poison, HOUR).unwrap();
    assert_eq!(viewer.held(ItemKind::Movie, 1).attempts, 1);
    assert_eq!(viewer.served(ItemKind::Movie), [1]);
    assert_eq!(viewer.claim().unwrap().kind, ItemKind::Show);
    assert_eq!(viewer.claim(), None);
    assert_eq!(viewer.claim_of(ItemKind::Movie), None, "it waits");
    viewer.sql("UPDATE recommendation_states SET next_at = now() WHERE kind = 'movie'");
    assert_eq!(viewer.claim(), None, "it failed a moment ago");
    // Whoever asks waits for a moment only, not for as long as the next reading is put off.
    viewer.sql(
        "UPDATE recommendation_states SET next_at = now() + interval '1 h' WHERE kind = 'movie'",
    );
    viewer.sql("UPDATE recommendation_states SET lease_until = lease_until - interval '30 s'");
    let again = viewer.claim_of(ItemKind::Movie).unwrap();
    assert_eq!(again.attempts, 2);
    // Who held it before has no more to say.
    viewer.scene.store.fail_list(&poison, HOUR).unwrap();
    viewer.store(poison, &[3]);
    assert_eq!(viewer.served(ItemKind::Movie), [1]);
    viewer.store(again, &[4]);
    assert_eq!(viewer.served(ItemKind::Movie), [4]);
    viewer.keep(ItemKind::Movie, &[2]);
    assert_eq!(viewer.held(ItemKind::Movie, 1).attempts, 0);
}

#[test]
fn lists_that_wait_for_their_users_rest_until_the_link_is_good_again() {
    let viewer = Viewer::new();
    let kind = ItemKind::Movie;
    viewer.keep(kind, &[1]);
    let due = "recommendation_states WHERE next_at <= now()";
    viewer.sql("UPDATE recommendation_states SET next_at = now()");
    viewer.sql("UPDATE trakt_users SET status = 'needs_relink'");
    assert_eq!(viewer.claim(), None);
    assert_eq!(
        viewer.scene.count(due),
        "0",
        "nobody looks through it again"
    );
    assert_eq!(viewer.held(kind, 1).link, Some(LinkStatus::NeedsRelink));
    assert_eq!(viewer.served(kind), [1]);
    // As old as it is by then, it is read when the user has linked the account again.
    viewer.sql("UPDATE recommendation_states SET read_at = now() - interval '7 h'");
    let cmd = Unlink {
        user: viewer.user,
        stamp: stamp(),
        purge: false,
    };
    viewer.scene.store.unlink(&cmd).unwrap();
    let account = identity("viewer", "viewer");
    viewer.scene.link(viewer.user, "token2", &account);
    assert!(viewer.claim().is_some());
    // One that is young and did not fail is not.
    viewer.keep(kind, &[1]);
    let asked = viewer.scene.store.ask_pull(viewer.user, false).unwrap();
    assert_eq!((asked, viewer.claim()), (Asked::Due, None));
}

#[test]
fn who_switched_recommendations_off_gets_no_list_and_none_is_read() {
    let viewer = Viewer::new();
    let kind = ItemKind::Movie;
    viewer.keep(kind, &[1]);
    let switch = |on: bool| {
        let cmd = ChangeChoices {
            user: viewer.user,
            pull: None,
            push: None,
            recommendations: Some(on),
            stamp: stamp(),
        };
        viewer.scene.store.change_choices(&cmd).unwrap();
    };
    let due = "UPDATE recommendation_states SET next_at = now()";
    viewer.sql(due);
    let claimed = viewer.claim().unwrap();
    switch(false);
    // One that is being read right now is not stored.
    viewer.store(claimed, &[2]);
    let held = viewer.held(kind, 9);
    assert!(held.off);
    let of = Some((viewer.user, kind));
    viewer.sql(due);
    assert_eq!(viewer.scene.store.claim_list(of, LEASE).unwrap(), None);
    assert_eq!(viewer.claim(), None);
    let waits = "recommendation_states WHERE next_at <= now()";
    assert_eq!(viewer.scene.count(waits), "0", "it is put off");
    viewer.sql("UPDATE recommendation_states SET read_at = now() - interval '7 h'");
    switch(true);
    assert_eq!(
        (viewer.served(kind), viewer.held(kind, 9).off),
        (vec![1], false)
    );
    assert!(viewer.claim().is_some());
}

#[test]
fn what_is_shown_again_has_the_list_read_when_trakt_has_taken_it() {
    let viewer = Viewer::new();
    for kind in KINDS {
        viewer.keep(kind, &[1, 2]);
    }
    let kind = ItemKind::Show;
    let item = || sought(kind, 1);
    viewer.write(Wish::Hide { item: item() }, kind, 1);
    assert_eq!(viewer.served(kind), [2]);
    assert_eq!(viewer.claim(), None, "it is out of the list as it is");
    // Trakt's list, read since, does not have it.
    viewer.keep(kind, &[2, 3]);
    viewer.write(Wish::Show { item: item() }, kind, 1);
    let claimed = viewer.claim().unwrap();
    assert_eq!(claimed.kind, kind);
    viewer.store(claimed, &[1, 2, 3]);
    assert_eq!(viewer.served(kind), [1, 2, 3]);
    assert_eq!(viewer.claim(), None);

    // A list that was being read meanwhile may lack it: it is read once more.
    for fails in [false, true] {
        viewer.write(Wish::Hide { item: item() }, kind, 1);
        let claimed = viewer.claim_of(kind).unwrap();
        viewer.write(Wish::Show { item: item() }, kind, 1);
        assert_eq!(viewer.claim(), None, "one at a time");
        if fails {
            viewer.scene.store.fail_list(&claimed, HOUR).unwrap();
            viewer.sql("UPDATE recommendation_states SET lease_until = now()");
        } else {
            viewer.store(claimed, &[2, 3]);
        }
        let claimed = viewer.claim().unwrap();
        viewer.store(claimed, &[1, 2, 3]);
        assert_eq!(viewer.served(kind), [1, 2, 3]);
        assert_eq!(viewer.claim(), None);
    }
}

#[test]
fn another_account_has_no_list_and_who_is_deleted_leaves_nothing() {
    let viewer = Viewer::new();
    for kind in KINDS {
        viewer.keep(kind, &[1, 2]);
        let item = sought(kind, 2);
        viewer.write(Wish::Hide { item }, kind, 2);
    }
    let kind = ItemKind::Movie;
    viewer.sql("UPDATE recommendation_states SET next_at = now()");
    let late = viewer.claim_of(kind).unwrap();
    viewer.sql("UPDATE trakt_users SET trakt_uuid = 'other' WHERE user_id = '$'");
    viewer.store(late, &[9]);
    for kind in KINDS {
        assert_eq!(viewer.held(kind, 9).read_at, None);
        assert!(viewer.served(kind).is_empty());
    }
    viewer.keep(kind, &[3]);
    assert_eq!(viewer.served(kind), [3]);
    viewer.sql("DELETE FROM trakt_users");
    assert_eq!(viewer.held(kind, 9), HeldList::default());
    let cmd = RemoveUser {
        email: Email::parse("viewer@example.org").unwrap(),
        stamp: stamp(),
    };
    viewer.scene.store.remove(&cmd).unwrap();
    for table in TABLES {
        assert_eq!(viewer.scene.count(table), "0", "{table}");
    }
}
