//! The account of all buckets: who may spend now, and who waits for what. It knows no clock and
//! never blocks.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::gate::Gate;
use super::window::Window;
use super::{Bucket, Heard, Left, Limits, Spend};
use crate::Urgency;

/// How long a bucket stays closed after a 429 that does not say: doubled each time, up to
/// [`CLOSED`].
const FIRST: Duration = Duration::from_secs(5);

/// How long everything stays closed after a ban that does not say.
const CLOSED: Duration = Duration::from_secs(300);

/// A bucket, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Key {
    Global,
    UserReads(String),
    UserWrites(String),
    ApplicationReads(String),
}

impl Key {
    fn of(bucket: Bucket<'_>) -> Self {
        match bucket {
            Bucket::UserReads(user) => Self::UserReads(user.to_owned()),
            Bucket::UserWrites(user) => Self::UserWrites(user.to_owned()),
            Bucket::ApplicationReads(client) => Self::ApplicationReads(client.to_owned()),
            Bucket::Global => Self::Global,
        }
    }
}

#[derive(Debug)]
enum Kind {
    Open,
    Window(Window),
    Gate(Gate),
}

/// One bucket.
#[derive(Debug)]
struct Account {
    kind: Kind,
    closed_until: Duration,
    /// How many 429 in a row did not say how long to wait.
    strikes: u32,
}

impl Account {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            closed_until: Duration::ZERO,
            strikes: 0,
        }
    }

    fn room(&mut self, calls: u32, urgency: Urgency, now: Duration) -> Duration {
        let room = match &mut self.kind {
            Kind::Open => now,
            Kind::Window(window) => window.room(calls, urgency, now),
            Kind::Gate(gate) => gate.room(calls, now),
        };
        room.max(self.closed_until)
    }

    fn spend(&mut self, now: Duration) {
        match &mut self.kind {
            Kind::Open => {}
            Kind::Window(window) => window.spend(now),
            Kind::Gate(gate) => gate.spend(),
        }
    }

    /// How many calls are left; `None` where nobody counts them.
    fn left(&mut self, now: Duration) -> Option<u32> {
        let Kind::Window(window) = &mut self.kind else {
            return None;
        };
        let left = window.left(now);
        Some(if self.closed_until > now { 0 } else { left })
    }

    fn close(&mut self, wait: Duration, now: Duration) {
        self.closed_until = self.closed_until.max(now.saturating_add(wait));
    }

    fn tell(&mut self, heard: &Heard, now: Duration) {
        if let Kind::Gate(gate) = &mut self.kind {
            gate.end(now);
        }
        match (&mut self.kind, heard.remaining) {
            (Kind::Window(window), Some(left)) => window.hear(left, heard.until, now),
            (Kind::Gate(gate), Some(left)) => gate.hear(left, heard.until, now),
            _ => {}
        }
        match heard.status {
            Some(429) => {
                // A bucket that is full again by its own word, and shut all the same, says nothing.
                let until = heard.until.filter(|until| !until.is_zero());
                let wait = heard.retry_after.or(until).unwrap_or_else(|| {
                    self.strikes = self.strikes.saturating_add(1);
                    let doubled = 2_u32.saturating_pow(self.strikes - 1);
                    FIRST.saturating_mul(doubled).min(CLOSED)
                });
                self.close(wait, now);
            }
            Some(_) => self.strikes = 0,
            None => {}
        }
    }

    fn is_idle(&mut self, now: Duration) -> bool {
        let idle = match &mut self.kind {
            Kind::Open => true,
            Kind::Window(window) => window.is_idle(now),
            Kind::Gate(gate) => gate.is_idle(now),
        };
        idle && self.closed_until <= now
    }
}

/// Somebody who asks. The place in the queue is the number.
#[derive(Debug)]
pub struct Ticket {
    number: u64,
    key: Key,
    urgency: Urgency,
    waits_for: Option<Key>,
}

impl Ticket {
    fn place(&self, key: Key) -> (Key, Urgency, u64) {
        (key, self.urgency, self.number)
    }
}

/// All accounts. Those of users and applications that are idle are forgotten.
#[derive(Debug)]
pub struct Ledger {
    limits: Limits,
    global: Account,
    accounts: HashMap<Key, Account>,
    /// Who waits, by the bucket that holds them up most.
    waiting: BTreeSet<(Key, Urgency, u64)>,
    issued: u64,
    sweep_at: Duration,
}

impl Ledger {
    pub fn new(limits: Limits) -> Self {
        let kind = limits.global.map_or(Kind::Open, |rate| {
            Kind::Window(Window::new(rate, limits.reserve))
        });
        Self {
            limits,
            global: Account::new(kind),
            accounts: HashMap::new(),
            waiting: BTreeSet::new(),
            issued: 0,
            sweep_at: Duration::ZERO,
        }
    }

    /// A place in the queue.
    pub fn ticket(&mut self, spend: &Spend<'_>) -> Ticket {
        self.issued += 1;
        Ticket {
            number: self.issued,
            key: Key::of(spend.bucket),
            urgency: spend.urgency,
            waits_for: None,
        }
    }

    /// Spends, or says when there may be room, which is later than now.
    ///
    /// Those ahead in the queue go first: there must be room for them too.
    pub fn ask(&mut self, ticket: &mut Ticket, now: Duration) -> Result<(), Duration> {
        self.sweep(now);
        self.leave(ticket);
        let (urgency, limits) = (ticket.urgency, &self.limits);
        let calls = up_to(&self.waiting, ticket, Key::Global);
        let global = self.global.room(calls, urgency, now);
        if ticket.key == Key::Global {
            return match global > now {
                false => {
                    self.global.spend(now);
                    Ok(())
                }
                true => self.wait(ticket, Key::Global, global),
            };
        }
        let calls = up_to(&self.waiting, ticket, ticket.key.clone());
        let account = self
            .accounts
            .entry(ticket.key.clone())
            .or_insert_with_key(|key| Account::new(kind(limits, key)));
        let own = account.room(calls, urgency, now);
        if own > now && own >= global {
            return self.wait(ticket, ticket.key.clone(), own);
        }
        if global > now {
            return self.wait(ticket, Key::Global, global);
        }
        account.spend(now);
        self.global.spend(now);
        Ok(())
    }

    fn wait(&mut self, ticket: &mut Ticket, key: Key, room: Duration) -> Result<(), Duration> {
        self.waiting.insert(ticket.place(key.clone()));
        ticket.waits_for = Some(key);
        Err(room)
    }

    /// Gives the place in the queue up.
    pub fn leave(&mut self, ticket: &mut Ticket) {
        if let Some(key) = ticket.waits_for.take() {
            self.waiting.remove(&ticket.place(key));
        }
    }

    /// The end of a call.
    pub fn tell(&mut self, spend: &Spend<'_>, heard: &Heard, now: Duration) {
        if heard.banned {
            let wait = heard.retry_after.unwrap_or(CLOSED);
            self.global.close(wait, now);
        }
        if let Some(account) = self.accounts.get_mut(&Key::of(spend.bucket)) {
            account.tell(heard, now);
        }
    }

    /// See [`super::LocalBudget::left`].
    pub fn left(&mut self, now: Duration) -> Left {
        let mut left = Left {
            application_reads: self.limits.application_reads.calls.max(1),
            user_reads: self.limits.user_reads.calls.max(1),
        };
        for (key, account) in &mut self.accounts {
            let least = match key {
                Key::ApplicationReads(_) => &mut left.application_reads,
                Key::UserReads(_) => &mut left.user_reads,
                Key::Global | Key::UserWrites(_) => continue,
            };
            *least = account.left(now).unwrap_or(*least).min(*least);
        }
        left
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Forgets who is idle, so that memory is for those of the last two windows alone.
    fn sweep(&mut self, now: Duration) {
        if now < self.sweep_at {
            return;
        }
        self.sweep_at = now.saturating_add(self.limits.user_reads.within);
        self.accounts.retain(|_, account| !account.is_idle(now));
        self.accounts.shrink_to_fit();
    }
}

fn kind(limits: &Limits, key: &Key) -> Kind {
    match key {
        Key::Global => Kind::Open,
        Key::UserReads(_) => Kind::Window(Window::new(limits.user_reads, limits.reserve)),
        Key::UserWrites(_) => Kind::Gate(Gate::new(limits.between_writes)),
        Key::ApplicationReads(_) => {
            Kind::Window(Window::new(limits.application_reads, limits.reserve))
        }
    }
}

/// This call and those that wait for this bucket and come before: how many there must be room for.
fn up_to(waiting: &BTreeSet<(Key, Urgency, u64)>, ticket: &Ticket, key: Key) -> u32 {
    let first = (key.clone(), Urgency::Foreground, 0);
    let before = waiting.range(first..ticket.place(key)).count();
    u32::try_from(before + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn spend(bucket: Bucket<'_>) -> Spend<'_> {
        Spend {
            bucket,
            urgency: Urgency::Foreground,
            within: Duration::ZERO,
        }
    }

    fn ask(ledger: &mut Ledger, bucket: Bucket<'_>, now: Duration) -> Result<(), Duration> {
        let mut ticket = ledger.ticket(&spend(bucket));
        let asked = ledger.ask(&mut ticket, now);
        ledger.leave(&mut ticket);
        asked
    }

    #[test]
    fn users_who_are_idle_are_forgotten() {
        let mut ledger = Ledger::new(Limits::default());
        let mut most = 0;
        for number in 0..20_000 {
            let now = SECOND * number;
            let user = number.to_string();
            ask(&mut ledger, Bucket::UserReads(&user), now).unwrap();
            ask(&mut ledger, Bucket::UserWrites(&user), now).unwrap();
            let heard = Heard::default();
            ledger.tell(&spend(Bucket::UserReads(&user)), &heard, now);
            ledger.tell(&spend(Bucket::UserWrites(&user)), &heard, now);
            most = most.max(ledger.accounts.len());
        }
        // Two accounts for each user of the last two windows.
        assert!(most <= 2 * 2 * 310, "{most}");
        assert!(ledger.accounts.capacity() < 8 * most);
        assert_eq!(ledger.waiting(), 0);
    }

    #[test]
    fn who_is_shut_out_or_under_way_is_not_forgotten() {
        let mut ledger = Ledger::new(Limits::default());
        let (reads, writes) = (Bucket::UserReads("a"), Bucket::UserWrites("a"));
        ask(&mut ledger, reads, Duration::ZERO).unwrap();
        ask(&mut ledger, writes, Duration::ZERO).unwrap();
        let heard = Heard {
            status: Some(429),
            retry_after: Some(SECOND * 3600),
            ..Heard::default()
        };
        ledger.tell(&spend(reads), &heard, Duration::ZERO);
        for minute in 1..60 {
            let now = SECOND * 60 * minute;
            ask(&mut ledger, Bucket::UserReads("b"), now).unwrap();
            let left = SECOND * 3600 - now;
            assert_eq!(ask(&mut ledger, reads, now), Err(now + left));
            assert_eq!(ask(&mut ledger, writes, now), Err(now + SECOND));
        }
        let now = SECOND * 3600;
        ask(&mut ledger, reads, now).unwrap();
        ledger.tell(&spend(writes), &Heard::default(), now);
        assert_eq!(ledger.accounts.len(), 3);
        ask(&mut ledger, Bucket::Global, now + SECOND * 600).unwrap();
        assert_eq!(ledger.accounts.len(), 0);
    }

    #[test]
    fn a_sweep_is_made_once_in_a_window() {
        let mut ledger = Ledger::new(Limits::default());
        ask(&mut ledger, Bucket::UserWrites("a"), Duration::ZERO).unwrap();
        let heard = Heard::default();
        ledger.tell(&spend(Bucket::UserWrites("a")), &heard, Duration::ZERO);
        for (late, left) in [(299, 1), (300, 0)] {
            ask(&mut ledger, Bucket::Global, SECOND * late).unwrap();
            assert_eq!(ledger.accounts.len(), left, "{late}");
        }
    }
}
