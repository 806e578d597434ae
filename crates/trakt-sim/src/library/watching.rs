//! What is going on right now: pauses, scrobbles and the checkin.

use super::{Action, Media};
use crate::catalogue::Item;

/// How long a pause is kept.
const KEPT: u64 = 183 * crate::time::DAY;

/// Where a movie or an episode was left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Paused {
    pub(crate) id: u64,
    pub(crate) item: Item,
    /// Percent.
    pub(crate) progress: f64,
    pub(crate) at: u64,
}

/// A scrobble that must not come again so soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Scrobbled {
    pub(crate) at: u64,
    pub(crate) expires_at: u64,
}

/// A checkin that runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Checkin {
    id: u64,
    item: Item,
    at: u64,
    expires_at: u64,
}

impl Media<'_> {
    /// Playing begins or goes on: where it was left is forgotten.
    pub(crate) fn start(&mut self, item: Item) {
        self.forget(|paused| paused.item == item);
    }

    /// Remembers where it was left, once per item.
    pub(crate) fn pause(&mut self, item: Item, progress: f64) {
        let id = self.id();
        self.pause_as(id, item, progress, self.now);
    }

    pub(crate) fn pause_as(&mut self, id: u64, item: Item, progress: f64, at: u64) {
        let paused = &mut self.library.paused;
        paused.retain(|paused| paused.item != item);
        let place = paused.partition_point(|other| other.at <= at);
        paused.insert(
            place,
            Paused {
                id,
                item,
                progress,
                at,
            },
        );
        self.touch(item.kind(), "paused_at");
    }

    /// What was left in the middle and is still kept, newest first.
    pub(crate) fn paused(&self) -> Vec<Paused> {
        let oldest = self.now.saturating_sub(KEPT);
        let kept = self.library.paused().filter(|paused| paused.at >= oldest);
        kept.copied().collect()
    }

    /// Whether there was a pause with this id.
    pub(crate) fn forget_pause(&mut self, id: u64) -> bool {
        self.forget(|paused| paused.id == id)
    }

    fn forget(&mut self, which: impl Fn(&Paused) -> bool) -> bool {
        let gone: Vec<Item> = self
            .library
            .paused()
            .filter(|paused| which(paused))
            .map(|paused| paused.item)
            .collect();
        self.library.paused.retain(|paused| !which(paused));
        for item in &gone {
            self.touch(item.kind(), "paused_at");
        }
        !gone.is_empty()
    }

    /// Watched to the end: the id of the play, or the last scrobble where that was so short ago
    /// that this must be the same one.
    pub(crate) fn scrobble(&mut self, item: Item) -> Result<u64, Scrobbled> {
        if let Some(last) = self.library.scrobbled.get(&item)
            && self.now < last.expires_at
        {
            return Err(*last);
        }
        self.start(item);
        let scrobbled = Scrobbled {
            at: self.now,
            expires_at: self.now.saturating_add(self.catalogue.runtime(item)),
        };
        self.library.scrobbled.insert(item, scrobbled);
        Ok(self.play(item, self.now, Action::Scrobble))
    }

    /// Begins a checkin: the id of the play that it becomes when the runtime is over, or the
    /// end of the checkin that runs.
    pub(crate) fn check_in(&mut self, item: Item) -> Result<u64, u64> {
        if let Some(running) = self.library.checkin {
            return Err(running.expires_at);
        }
        let id = self.id();
        self.library.checkin = Some(Checkin {
            id,
            item,
            at: self.now,
            expires_at: self.now.saturating_add(self.catalogue.runtime(item)),
        });
        Ok(id)
    }

    /// Ends a checkin that runs, without a play.
    pub(crate) fn cancel_checkin(&mut self) {
        self.library.checkin = None;
    }

    /// A checkin whose time is over is a play. To be called before anything looks at the
    /// library.
    pub(super) fn end_checkin(&mut self) {
        let over = self
            .library
            .checkin
            .take_if(|checkin| checkin.expires_at <= self.now);
        if let Some(checkin) = over {
            self.play_as(checkin.id, checkin.item, checkin.at, Action::Checkin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Library;
    use super::*;
    use crate::catalogue::Catalogue;

    #[test]
    fn a_checkin_is_over_and_a_scrobble_free_at_their_very_end() {
        let catalogue = Catalogue::generate(1);
        let mut library = Library::empty(0);
        let mut next_id = 0;
        let item = Item::Movie(3);
        let over = 1_000 + catalogue.runtime(item);
        let mut at = |now| Media::new(&catalogue, &mut library, now, &mut next_id).at_end(item);
        assert_eq!(at(1_000), (0, true, true));
        assert_eq!(at(over - 1), (1, false, false));
        // The play of the checkin and that of the scrobble before it.
        assert_eq!(at(over), (2, true, true));
    }

    impl Media<'_> {
        /// How many plays there are, and whether a checkin and a scrobble can be begun.
        fn at_end(&mut self, item: Item) -> (usize, bool, bool) {
            let plays = self.library.plays().all().len();
            (
                plays,
                self.check_in(item).is_ok(),
                self.scrobble(item).is_ok(),
            )
        }
    }
}
