//! So many calls in any stretch of time.

use std::collections::VecDeque;
use std::time::Duration;

use super::Rate;
use crate::Urgency;

/// Into how many parts the time is cut: a call is forgotten up to one part late, never early.
const PARTS: u64 = 30;

/// Calls in a sliding window, counted by parts of it: some 500 bytes at the most however many.
#[derive(Debug)]
pub struct Window {
    limit: u32,
    for_background: u32,
    /// The length of a part, in nanoseconds.
    part: u64,
    /// Which part, counted from the clock's zero, and how many calls in it; oldest first.
    own: VecDeque<(u64, u32)>,
    /// Calls that others have made by Trakt's account, and until when they count.
    foreign: u32,
    foreign_until: Duration,
}

impl Window {
    pub fn new(rate: Rate, reserve: u8) -> Self {
        let limit = rate.calls.max(1);
        let kept = u64::from(limit) * u64::from(reserve.min(100)) / 100;
        let kept = u32::try_from(kept).unwrap_or(limit);
        Self {
            limit,
            for_background: (limit - kept).max(1),
            part: nanos(rate.within).div_ceil(PARTS).max(1),
            own: VecDeque::new(),
            foreign: 0,
            foreign_until: Duration::ZERO,
        }
    }

    /// When the calls of a part are forgotten: once the whole window lies behind the last of them.
    fn end(&self, part: u64) -> Duration {
        Duration::from_nanos(part.saturating_add(PARTS + 1).saturating_mul(self.part))
    }

    fn a_part_later(&self, now: Duration) -> Duration {
        now.saturating_add(Duration::from_nanos(self.part))
    }

    fn forget(&mut self, now: Duration) {
        while let Some((part, _)) = self.own.front() {
            if self.end(*part) > now {
                break;
            }
            self.own.pop_front();
        }
        if self.foreign_until <= now {
            self.foreign = 0;
        }
    }

    fn made(&self) -> u32 {
        let add = |sum: u32, (_, calls): &(u64, u32)| sum.saturating_add(*calls);
        self.own.iter().fold(0, add)
    }

    /// When there is room for this many calls, at the earliest; `now` where there is.
    pub fn room(&mut self, calls: u32, urgency: Urgency, now: Duration) -> Duration {
        self.forget(now);
        let cap = match urgency {
            Urgency::Foreground => self.limit,
            Urgency::Background => self.for_background,
        };
        // More than there ever is room for at once: the first of them must go before.
        let wanted = calls.min(cap);
        let spent = self.made().saturating_add(self.foreign);
        let mut over = spent.saturating_sub(cap - wanted);
        if over == 0 {
            return match calls > cap {
                true => self.a_part_later(now),
                false => now,
            };
        }
        let mut leaving: Vec<_> = self
            .own
            .iter()
            .map(|(part, calls)| (self.end(*part), *calls))
            .collect();
        leaving.push((self.foreign_until, self.foreign));
        leaving.sort_unstable();
        for (end, calls) in leaving {
            over = over.saturating_sub(calls);
            if over == 0 {
                return end;
            }
        }
        self.a_part_later(now)
    }

    /// How many are left now, for the foreground.
    pub fn left(&mut self, now: Duration) -> u32 {
        self.forget(now);
        let spent = self.made().saturating_add(self.foreign);
        self.limit.saturating_sub(spent)
    }

    pub fn spend(&mut self, now: Duration) {
        let part = nanos(now) / self.part;
        match self.own.back_mut() {
            Some((last, calls)) if *last == part => *calls += 1,
            _ => self.own.push_back((part, 1)),
        }
    }

    /// Trakt says that this many are left, until the window starts anew. What is missing others
    /// have spent; calls under way are not in it, so that a later answer may say more than the
    /// truth: only a lower number counts.
    pub fn hear(&mut self, remaining: u64, until: Option<Duration>, now: Duration) {
        self.forget(now);
        let left = u32::try_from(remaining).unwrap_or(u32::MAX);
        let foreign = self.limit.saturating_sub(left).saturating_sub(self.made());
        if foreign > self.foreign {
            self.foreign = foreign;
            let window = Duration::from_nanos(self.part.saturating_mul(PARTS));
            self.foreign_until = now.saturating_add(until.unwrap_or(window));
        }
    }

    pub fn is_idle(&mut self, now: Duration) -> bool {
        self.forget(now);
        self.own.is_empty() && self.foreign == 0
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_there_ever_is_room_for_waits_for_the_first_of_them() {
        let second = Duration::from_secs(1);
        let rate = Rate {
            calls: 3,
            within: second * 30,
        };
        let mut window = Window::new(rate, 40);
        for (calls, urgency, room) in [
            (3, Urgency::Foreground, Duration::ZERO),
            (4, Urgency::Foreground, second),
            (u32::MAX, Urgency::Foreground, second),
            (2, Urgency::Background, Duration::ZERO),
            (3, Urgency::Background, second),
        ] {
            assert_eq!(window.room(calls, urgency, Duration::ZERO), room, "{calls}");
        }
        window.spend(Duration::ZERO);
        window.spend(second * 5);
        // One, two or all of them must go, and those that leave first go first.
        for (calls, room) in [(1, 0), (2, 31), (3, 36), (4, 36)] {
            let room = second * room;
            let urgency = Urgency::Foreground;
            assert_eq!(window.room(calls, urgency, Duration::ZERO), room, "{calls}");
        }
    }

    #[test]
    fn it_is_as_small_as_its_parts_however_many_calls_there_are() {
        let rate = Rate {
            calls: u32::MAX,
            within: Duration::from_secs(300),
        };
        let mut window = Window::new(rate, 0);
        let mut now = Duration::ZERO;
        for _ in 0..100_000 {
            now += Duration::from_millis(15);
            assert_eq!(window.room(1, Urgency::Foreground, now), now);
            window.spend(now);
        }
        assert!(window.own.len() <= 31, "{}", window.own.len());
        assert!(!window.is_idle(now));
        assert!(window.is_idle(now + Duration::from_secs(310)));
        window.hear(0, Some(Duration::from_secs(7)), now);
        let later = now + Duration::from_secs(310);
        window.hear(9, Some(Duration::from_secs(7)), later);
        // The same again is nothing new.
        let again = later + Duration::from_secs(2);
        window.hear(9, Some(Duration::from_secs(7)), again);
        assert!(!window.is_idle(later + Duration::from_secs(6)));
        assert!(window.is_idle(later + Duration::from_secs(7)));
    }
}
