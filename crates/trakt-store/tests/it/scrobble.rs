//! The outbox: what is taken, sent, settled and taken back.

use std::time::Duration;

use trakt_core::ports::{
    AcceptWrite, Accepted, ClaimWrites, EndPush, Lease, LinkStore, OutboxStore, Unlink,
};
use trakt_core::scrobble::{Deed, Sought, SoughtIds, Target, Waiting, Wish, WriteState, Written};
use trakt_core::watch::ItemKind;
use trakt_core::{PortError, PushId, SystemEntropy, UserId, WriteId};

use crate::scene::{LEASE, Scene, identity, stamp};

const EPISODE: i64 = 71;

/// Somebody whose account is linked, and who watches the show 7.
struct Viewer {
    scene: Scene,
    user: UserId,
}

impl Viewer {
    fn new() -> Self {
        let scene = Scene::new();
        let user = scene.user("viewer@example.org");
        scene.link(user, "token", &identity("viewer", "viewer"));
        let viewer = Self { scene, user };
        viewer.sql(
            "INSERT INTO media (kind, trakt, title) VALUES ('show', 7, 'Seven'); \
             INSERT INTO media (kind, trakt, title, show, season, number, first_aired) \
             VALUES ('episode', 71, 'One', 7, 1, 1, '2020-01-01'), \
                 ('episode', 72, 'Two', 7, 1, 2, '2020-01-08')",
        );
        viewer
    }

    fn sql(&self, sql: &str) {
        self.scene.db.sql(&sql.replace('$', &self.user.to_string()));
    }

    fn accept(&self, wish: Wish, target: Option<Target>) -> Accepted {
        let cmd = AcceptWrite {
            id: WriteId::random(&SystemEntropy),
            user: self.user,
            wish,
            target,
            item: None,
            refused: None,
            key: None,
            daily: 100,
        };
        self.scene.store.accept(&cmd).unwrap()
    }

    fn take(&self, wish: Wish, target: Option<Target>) -> WriteId {
        match self.accept(wish, target) {
            Accepted::Kept { id, .. } => id,
            other => panic!("not taken: {other:?}"),
        }
    }

    /// The first episode was watched.
    fn watched(&self) -> WriteId {
        let wish = Wish::AddPlay {
            item: episode(),
            watched_at: None,
        };
        self.take(wish, Some(target()))
    }

    /// What waits, by whoever has the turn.
    fn claim(&self) -> Option<(PushId, Vec<Waiting>)> {
        let push = PushId::random(&SystemEntropy);
        let claim = ClaimWrites {
            push,
            lease: LEASE,
            limit: 10,
            count_from: 50,
        };
        let claimed = self.scene.store.claim_writes(&claim).unwrap();
        claimed.map(|claimed| (push, claimed.writes))
    }

    fn begin(&self, push: PushId, id: WriteId) -> Lease {
        self.scene.store.begin_send(self.user, push, &[id]).unwrap()
    }

    fn end(&self, push: PushId, id: WriteId, written: Written) -> Lease {
        let end = EndPush {
            user: self.user,
            push,
            writes: vec![(id, written)],
            next: Duration::ZERO,
            trouble: None,
        };
        self.scene.store.end_push(&end).unwrap()
    }

    /// How a write stands, and why.
    fn state(&self, id: WriteId) -> (WriteState, Option<String>) {
        let record = self.scene.store.write(self.user, id).unwrap().unwrap();
        (record.state, record.reason)
    }

    /// The episodes that count as watched of the show, and the plays that wait for an id.
    fn shown(&self) -> (String, String) {
        let completed = "SELECT coalesce(sum(completed), 0) FROM watching WHERE show = 7";
        let waiting = self.scene.count("plays WHERE id < 0");
        (self.scene.db.text(completed), waiting)
    }
}

fn episode() -> Sought {
    let ids = SoughtIds {
        trakt: Some(EPISODE),
        ..SoughtIds::default()
    };
    let kind = ItemKind::Episode;
    Sought::Own { kind, ids }
}

fn target() -> Target {
    Target {
        kind: ItemKind::Episode,
        trakt: EPISODE,
    }
}

fn refused(reason: &str) -> (WriteState, Option<String>) {
    (WriteState::Refused, Some(reason.to_owned()))
}

fn shown(completed: &str, waiting: &str) -> (String, String) {
    (completed.to_owned(), waiting.to_owned())
}

#[test]
fn a_write_for_one_account_never_goes_to_the_next() {
    let viewer = Viewer::new();
    let listed = Wish::List { item: episode() };
    let (play, listed) = (viewer.watched(), viewer.take(listed, Some(target())));
    assert_eq!(viewer.shown(), shown("1", "1"));
    let (push, writes) = viewer.claim().unwrap();
    assert_eq!(writes.len(), 2);

    let unlink = Unlink {
        user: viewer.user,
        stamp: stamp(),
        purge: false,
    };
    viewer.scene.store.unlink(&unlink).unwrap();
    let other = identity("other", "other");
    viewer.scene.link(viewer.user, "token2", &other);

    assert_eq!(viewer.begin(push, play), Lease::Lost);
    for id in [play, listed] {
        assert_eq!(viewer.state(id), refused("account_changed"));
    }
    assert_eq!(viewer.shown(), shown("0", "0"));
    assert_eq!(viewer.scene.count("watchlist"), "0");
    assert!(viewer.claim().is_none_or(|(_, writes)| writes.is_empty()));
}

#[test]
fn what_trakt_refuses_counts_as_watched_no_more() {
    let viewer = Viewer::new();
    let play = viewer.watched();
    let (push, _) = viewer.claim().unwrap();
    assert_eq!(viewer.begin(push, play), Lease::Kept);
    let told = Written::Refused("account_limit");
    assert_eq!(viewer.end(push, play, told), Lease::Kept);
    assert_eq!(viewer.state(play), refused("account_limit"));
    assert_eq!(viewer.shown(), shown("0", "0"));
}

#[test]
fn a_play_that_was_not_sent_yet_can_be_taken_back() {
    let viewer = Viewer::new();
    let play = viewer.watched();
    let removal = viewer.take(Wish::TakeBack { write: play }, None);
    let never = (WriteState::Confirmed, Some("never_sent".to_owned()));
    assert_eq!(viewer.state(removal), never);
    assert_eq!(viewer.state(play), refused("withdrawn"));
    assert_eq!(viewer.shown(), shown("0", "0"));
    assert!(viewer.claim().is_none_or(|(_, writes)| writes.is_empty()));
    for gone in [play, removal] {
        let again = viewer.accept(Wish::TakeBack { write: gone }, None);
        assert_eq!(again, Accepted::NotFound);
    }
    // The same may be watched in the same minute after all.
    assert_ne!(viewer.watched(), play);
    assert_eq!(viewer.shown(), shown("1", "1"));
}

#[test]
fn a_play_that_may_be_at_trakt_is_not_taken_back() {
    let viewer = Viewer::new();
    let play = viewer.watched();
    for told in [Written::Unknown, Written::Again, Written::confirmed(None)] {
        let (push, _) = viewer.claim().unwrap();
        assert_eq!(viewer.begin(push, play), Lease::Kept);
        assert_eq!(viewer.end(push, play, told), Lease::Kept);
        let refusal = viewer.accept(Wish::TakeBack { write: play }, None);
        assert_eq!(refusal, Accepted::NotYet);
    }
    assert_eq!(viewer.shown(), shown("1", "1"));
}

#[test]
fn a_send_outlasts_the_lease_it_began_with() {
    let viewer = Viewer::new();
    let play = viewer.watched();
    let (push, _) = viewer.claim().unwrap();
    viewer.sql("UPDATE outbox_turns SET lease_until = now() + interval '1 s'");
    assert_eq!(viewer.begin(push, play), Lease::Kept);
    let left = "SELECT lease_until > now() + interval '50 s' FROM outbox_turns";
    assert_eq!(viewer.scene.db.text(left), "true");
}

#[test]
fn a_write_is_remembered_while_its_play_waits_for_an_id() {
    let viewer = Viewer::new();
    let play = viewer.watched();
    let (push, _) = viewer.claim().unwrap();
    assert_eq!(viewer.begin(push, play), Lease::Kept);
    let told = Written::confirmed(None);
    assert_eq!(viewer.end(push, play, told), Lease::Kept);
    viewer.sql("UPDATE outbox SET settled_at = now() - interval '40 days'");
    let month = Duration::from_secs(30 * 86_400);
    assert_eq!(viewer.scene.store.forget_writes(month, 10), Ok(0));
    viewer.sql("UPDATE plays SET id = 5");
    assert_eq!(viewer.scene.store.forget_writes(month, 10), Ok(1));
}

#[test]
fn a_player_that_repeats_itself_over_the_minute_makes_one_play() {
    let viewer = Viewer::new();
    let stop = || Wish::Scrobble {
        deed: Deed::Stop,
        item: episode(),
        progress: 96.0,
    };
    let first = viewer.take(stop(), Some(target()));
    let (push, _) = viewer.claim().unwrap();
    assert_eq!(viewer.begin(push, first), Lease::Kept);
    let told = Written::confirmed(None);
    assert_eq!(viewer.end(push, first, told), Lease::Kept);
    let earlier = |seconds: u32| {
        for (table, at) in [("outbox", "at"), ("plays", "watched_at")] {
            viewer.sql(&format!(
                "UPDATE {table} SET {at} = now() - interval '{seconds} s'"
            ));
        }
    };
    earlier(58);
    assert_eq!(viewer.take(stop(), Some(target())), first);
    // Much later it is watched again.
    earlier(200);
    assert_ne!(viewer.take(stop(), Some(target())), first);
    assert_eq!(viewer.scene.count("plays"), "2");
}

#[test]
fn a_user_whose_writes_cannot_be_read_holds_up_nobody() {
    let viewer = Viewer::new();
    viewer.watched();
    viewer.sql("UPDATE outbox SET deed = 'odd'");
    let claim = ClaimWrites {
        push: PushId::random(&SystemEntropy),
        lease: LEASE,
        limit: 10,
        count_from: 50,
    };
    let claimed = viewer.scene.store.claim_writes(&claim);
    assert!(matches!(claimed, Err(PortError::Corrupt(_))), "{claimed:?}");
    assert_eq!(viewer.scene.store.claim_writes(&claim), Ok(None));
    viewer.sql("UPDATE outbox SET deed = 'history_add'");
    viewer.sql("UPDATE outbox_turns SET next_at = now()");
    assert_eq!(viewer.claim().unwrap().1.len(), 1);
}
