//! Everything that changes an account's library, so that no change forgets `last_activities`.

use std::collections::BTreeSet;

use super::{Action, Library, ListName, Listed, Play, Rating, Section, leaf};
use crate::catalogue::{Catalogue, Item, Kind};

/// One account's library with everything that a change needs.
pub(crate) struct Media<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) library: &'a mut Library,
    pub(crate) now: u64,
    /// The next id of a play, a pause or an entry of a list.
    pub(super) next_id: &'a mut u64,
}

impl<'a> Media<'a> {
    pub(crate) fn new(
        catalogue: &'a Catalogue,
        library: &'a mut Library,
        now: u64,
        next_id: &'a mut u64,
    ) -> Self {
        let mut media = Self {
            catalogue,
            library,
            now,
            next_id,
        };
        media.end_checkin();
        media
    }

    pub(super) fn id(&mut self) -> u64 {
        *self.next_id += 1;
        *self.next_id
    }

    pub(super) fn touch(&mut self, kind: Kind, what: &'static str) {
        self.library.activities.touch(leaf(kind, what), self.now);
    }

    /// Adds a play of a movie or an episode and tells its id. Nothing is ever taken for a
    /// duplicate.
    pub(crate) fn play(&mut self, item: Item, at: u64, action: Action) -> u64 {
        let id = self.id();
        self.play_as(id, item, at, action);
        id
    }

    pub(super) fn play_as(&mut self, id: u64, item: Item, at: u64, action: Action) {
        let Some(play) = Play::new(id, at, item, action) else {
            return;
        };
        self.library.plays.add(play);
        if let Some(watched) = &mut self.library.watched {
            watched.add(self.catalogue, play);
        }
        let whole = match item {
            Item::Episode(episode) => Item::Show(self.catalogue.show_of(episode)),
            other => other,
        };
        self.library.updated.insert(whole, self.now);
        self.touch(item.kind(), "watched_at");
    }

    /// Removes all plays of these movies and episodes; tells how many items lost some.
    pub(crate) fn unwatch(&mut self, items: &BTreeSet<Item>) -> BTreeSet<Item> {
        let removed = self.remove_plays(|play| items.contains(&play.item()));
        removed.into_iter().map(Play::item).collect()
    }

    /// Removes single plays; tells which there were.
    pub(crate) fn remove_ids(&mut self, ids: &BTreeSet<u64>) -> Vec<Play> {
        self.remove_plays(|play| ids.contains(&play.id))
    }

    fn remove_plays(&mut self, which: impl Fn(&Play) -> bool) -> Vec<Play> {
        // What is known of the shows before it goes, since `last_updated_at` stays.
        let watched = self.library.watched(self.catalogue).clone();
        let removed = self.library.plays.remove(which);
        if removed.is_empty() {
            return removed;
        }
        self.library.watched = None;
        let mut kinds = [false; 2];
        for play in &removed {
            let (whole, last) = match play.item() {
                Item::Episode(episode) => {
                    let show = self.catalogue.show_of(episode);
                    (Item::Show(show), watched.shows.get(&show))
                }
                item => (item, watched.movies.get(&item.index())),
            };
            let last = last.map_or(play.at, |count| count.last);
            self.library.updated.entry(whole).or_insert(last);
            kinds[usize::from(play.item().kind() == Kind::Movie)] = true;
        }
        for (there, kind) in kinds.into_iter().zip([Kind::Episode, Kind::Movie]) {
            if there {
                self.touch(kind, "watched_at");
            }
        }
        removed
    }

    pub(crate) fn rate(&mut self, item: Item, rating: u8, at: u64) {
        self.library.ratings.insert(item, Rating { rating, at });
        self.touch(item.kind(), "rated_at");
    }

    /// Whether there was a rating.
    pub(crate) fn unrate(&mut self, item: Item) -> bool {
        let there = self.library.ratings.remove(&item).is_some();
        if there {
            self.touch(item.kind(), "rated_at");
        }
        there
    }

    /// Puts an item at the end of a list. `false` where it is on it already; its notes change
    /// then, if there are new ones.
    pub(crate) fn enlist(
        &mut self,
        name: ListName,
        item: Item,
        at: u64,
        notes: Option<String>,
    ) -> bool {
        let list = self.library.list_mut(name);
        if let Some(entry) = list.entries.iter_mut().find(|entry| entry.item == item) {
            if notes.is_some() && entry.notes != notes {
                entry.notes = notes;
                self.list_changed(name, item);
            }
            return false;
        }
        let id = self.id();
        self.library.list_mut(name).entries.push(Listed {
            id,
            item,
            at,
            notes,
        });
        self.list_changed(name, item);
        true
    }

    /// Whether it was on the list.
    pub(crate) fn delist(&mut self, name: ListName, item: Item) -> bool {
        let there = self.library.list_mut(name).remove(item);
        if there {
            self.list_changed(name, item);
        }
        there
    }

    fn list_changed(&mut self, name: ListName, item: Item) {
        let (what, whole) = match name {
            ListName::Watchlist => ("watchlisted_at", ("watchlist", "updated_at")),
            ListName::Favorites => ("favorited_at", ("favorites", "updated_at")),
        };
        self.touch(item.kind(), what);
        self.library.activities.touch(whole, self.now);
        self.library.list_mut(name).updated_at = self.library.activities.at(whole);
    }

    /// Whether the movie or episode is new in the collection. One that is there keeps its time
    /// where none is given.
    pub(crate) fn collect(&mut self, item: Item, at: Option<u64>) -> bool {
        let before = self.library.collection.get(&item).copied();
        let at = at.or(before).unwrap_or(self.now);
        if before != Some(at) {
            self.library.collection.insert(item, at);
            self.touch(item.kind(), "collected_at");
        }
        before.is_none()
    }

    /// Whether it was in the collection.
    pub(crate) fn uncollect(&mut self, item: Item) -> bool {
        let there = self.library.collection.remove(&item).is_some();
        if there {
            self.touch(item.kind(), "collected_at");
        }
        there
    }

    /// Whether it is newly hidden there.
    pub(crate) fn hide(&mut self, section: Section, item: Item) -> bool {
        let new = !self.library.is_hidden(section, item);
        if new {
            self.library.hidden.insert((section, item), self.now);
            self.touch_hidden(section, item);
        }
        new
    }

    /// Whether it was hidden there.
    pub(crate) fn unhide(&mut self, section: Section, item: Item) -> bool {
        let there = self.library.hidden.remove(&(section, item)).is_some();
        if there {
            self.touch_hidden(section, item);
        }
        there
    }

    fn touch_hidden(&mut self, section: Section, item: Item) {
        match (section, item.kind()) {
            (Section::Dropped, _) => self.touch(Kind::Show, "dropped_at"),
            // Episodes have no such leaf: nothing hides one.
            (_, kind) => self.touch(kind, "hidden_at"),
        }
    }

    /// From now on the show is watched anew; tells since when. The plays stay.
    pub(crate) fn reset(&mut self, show: u32) -> u64 {
        self.library.resets.insert(show, self.now);
        self.touch(Kind::Episode, "watched_at");
        self.now
    }

    pub(crate) fn undo_reset(&mut self, show: u32) {
        if self.library.resets.remove(&show).is_some() {
            self.touch(Kind::Episode, "watched_at");
        }
    }
}
