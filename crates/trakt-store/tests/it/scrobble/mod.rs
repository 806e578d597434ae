//! The outbox: what is taken, sent, settled and taken back.

mod brake;
mod same;
mod stands;
mod taken_back;
mod turn;

use std::time::Duration;

use chrono::{DateTime, Utc};
use trakt_core::ports::{AcceptWrite, Accepted, ClaimWrites, EndPush, Lease, OutboxStore};
use trakt_core::scrobble::{
    Deed, Pressure, Sought, SoughtIds, Target, Waiting, Wish, WriteKey, WriteState, Written,
};
use trakt_core::watch::ItemKind;
use trakt_core::{PushId, SystemEntropy, UserId, WriteId};

use crate::scene::{LEASE, Scene, identity};

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
        self.accept_by(wish, target, None)
    }

    fn accept_by(&self, wish: Wish, target: Option<Target>, key: Option<&str>) -> Accepted {
        let cmd = AcceptWrite {
            id: WriteId::random(&SystemEntropy),
            user: self.user,
            wish,
            target,
            item: None,
            refused: None,
            key: key.map(|key| WriteKey::parse(key).unwrap()),
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
        self.take(play(None), Some(target()))
    }

    /// What waits, by whoever has the turn.
    fn claim(&self) -> Option<(PushId, Vec<Waiting>)> {
        let push = PushId::random(&SystemEntropy);
        let claim = claiming(push, 50);
        let claimed = self.scene.store.claim_writes(&claim).unwrap();
        claimed.map(|claimed| (push, claimed.writes))
    }

    /// What the writes of the day change, of however few, in a turn that ends at once.
    fn pressure(&self) -> Vec<Pressure> {
        let claim = claiming(PushId::random(&SystemEntropy), 1);
        let claimed = self.scene.store.claim_writes(&claim).unwrap().unwrap();
        self.sql("UPDATE outbox_turns SET push = NULL, lease_until = NULL");
        claimed.pressure
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

    /// It is sent in a turn of its own, and this becomes of it.
    fn sent(&self, id: WriteId, written: Written) {
        let (push, _) = self.claim().unwrap();
        assert_eq!(self.begin(push, id), Lease::Kept);
        assert_eq!(self.end(push, id, written), Lease::Kept);
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

fn claiming(push: PushId, count_from: u64) -> ClaimWrites {
    ClaimWrites {
        push,
        lease: LEASE,
        limit: 10,
        count_from,
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

fn play(watched_at: Option<DateTime<Utc>>) -> Wish {
    let item = episode();
    Wish::AddPlay { item, watched_at }
}

/// A player came to the end.
fn stop() -> Wish {
    Wish::Scrobble {
        deed: Deed::Stop,
        item: episode(),
        progress: 96.0,
    }
}

/// A moment some days ago, so many seconds later.
fn earlier(seconds: i64) -> DateTime<Utc> {
    let time: DateTime<Utc> = "2026-09-01T20:00:00Z".parse().unwrap();
    time + chrono::TimeDelta::seconds(seconds)
}

fn queued() -> (WriteState, Option<String>) {
    (WriteState::Queued, None)
}

fn confirmed(reason: &str) -> (WriteState, Option<String>) {
    (WriteState::Confirmed, Some(reason.to_owned()))
}

fn refused(reason: &str) -> (WriteState, Option<String>) {
    (WriteState::Refused, Some(reason.to_owned()))
}

fn shown(completed: &str, waiting: &str) -> (String, String) {
    (completed.to_owned(), waiting.to_owned())
}
