//! `GET /sync/last_activities`: when each part of an account changed last.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::time::iso;

/// A group and a leaf in it.
pub(crate) type Leaf = (&'static str, &'static str);

const LEAVES: &[(&str, &[&str])] = &[
    (
        "movies",
        &[
            "watched_at",
            "collected_at",
            "rated_at",
            "watchlisted_at",
            "favorited_at",
            "commented_at",
            "paused_at",
            "hidden_at",
        ],
    ),
    (
        "episodes",
        &[
            "watched_at",
            "collected_at",
            "rated_at",
            "watchlisted_at",
            "commented_at",
            "paused_at",
        ],
    ),
    (
        "shows",
        &[
            "rated_at",
            "watchlisted_at",
            "favorited_at",
            "commented_at",
            "hidden_at",
            "dropped_at",
        ],
    ),
    (
        "seasons",
        &["rated_at", "watchlisted_at", "commented_at", "hidden_at"],
    ),
    ("comments", &["liked_at", "reacted_at", "blocked_at"]),
    (
        "lists",
        &["liked_at", "reacted_at", "updated_at", "commented_at"],
    ),
    ("watchlist", &["updated_at"]),
    ("favorites", &["updated_at"]),
    ("collaborations", &["updated_at"]),
    ("saved_filters", &["updated_at"]),
    ("notes", &["updated_at"]),
    (
        "account",
        &[
            "settings_at",
            "followed_at",
            "following_at",
            "pending_at",
            "requested_at",
        ],
    ),
];

/// The times of all leaves.
#[derive(Clone, Debug)]
pub(crate) struct Activities {
    /// The latest of all.
    all: u64,
    /// What a leaf shows that nothing has moved yet.
    joined: u64,
    moved: BTreeMap<Leaf, u64>,
}

impl Activities {
    pub(crate) fn new(joined: u64) -> Self {
        Self {
            all: joined,
            joined,
            moved: BTreeMap::new(),
        }
    }

    /// Moves a leaf to `now`, or as far beyond it as is needed for the leaf and `all` to differ
    /// from what anybody has seen: two changes in one millisecond are two times.
    pub(crate) fn touch(&mut self, leaf: Leaf, now: u64) {
        debug_assert!(
            LEAVES
                .iter()
                .any(|(g, l)| *g == leaf.0 && l.contains(&leaf.1)),
            "no such leaf: {leaf:?}"
        );
        self.all = now.max(self.all.saturating_add(1));
        self.moved.insert(leaf, self.all);
    }

    pub(crate) fn at(&self, leaf: Leaf) -> u64 {
        self.moved.get(&leaf).copied().unwrap_or(self.joined)
    }

    pub(crate) fn json(&self) -> Value {
        let mut out = Map::new();
        out.insert("all".to_owned(), json!(iso(self.all)));
        for (group, leaves) in LEAVES {
            let leaves = leaves
                .iter()
                .map(|leaf| ((*leaf).to_owned(), json!(iso(self.at((group, leaf))))))
                .collect::<Map<_, _>>();
            out.insert((*group).to_owned(), Value::Object(leaves));
        }
        Value::Object(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "no such leaf")]
    fn a_leaf_of_another_group_is_none() {
        Activities::new(0).touch(("movies", "dropped_at"), 1);
    }

    #[test]
    fn two_changes_at_one_time_are_told_apart() {
        let mut activities = Activities::new(1_000);
        let before = activities.json();
        activities.touch(("movies", "rated_at"), 5_000);
        let once = activities.json();
        activities.touch(("shows", "rated_at"), 5_000);
        activities.touch(("movies", "rated_at"), 4_000);
        let thrice = activities.json();
        assert_ne!(before["movies"]["rated_at"], once["movies"]["rated_at"]);
        assert_ne!(once["movies"]["rated_at"], thrice["movies"]["rated_at"]);
        assert_ne!(once["all"], thrice["all"]);
        assert_eq!(
            thrice["movies"]["watched_at"],
            before["movies"]["watched_at"]
        );
        assert_eq!(thrice["all"], "1970-01-01T00:00:05.002Z");
    }
}
