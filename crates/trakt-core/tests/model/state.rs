//! What the world of the model consists of. Everything is small and cheap to hash: the checker
//! holds some hundred thousand of these states.

/// Which of the two replicas.
pub type Who = usize;
/// A pair of tokens, named by the order in which Trakt issued it. Pair 0 is the first link.
pub type Pair = u8;
/// The generation counter of the row.
pub type Gen = u8;

/// One state of the world.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub row: Row,
    pub server: Server,
    pub replicas: [Replica; 2],
    /// Requests that nobody waits for any more and that Trakt may still process: the refresh
    /// token of each, sorted.
    pub late: Vec<Pair>,
    pub history: History,
}

/// The user's row in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    pub generation: Gen,
    pub pair: Pair,
    pub link: Link,
    /// Replica and boot number of the attempt under way.
    pub owner: Option<(Who, u8)>,
    pub lease: Lease,
    pub replays: u8,
    /// The access token is past its end, or so near to it that others need not wait 15 minutes.
    pub token_ended: bool,
    pub probe: Probe,
}

/// The state of the link, as the database has it and the user is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Link {
    Linked,
    Refreshing,
    Uncertain,
    NeedsRelink(Reason),
}

/// Why only the user can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// `invalid_grant` to the first request of a generation.
    Revoked,
    /// `invalid_grant` to a replay.
    LostAnswer,
    /// All replays are used up.
    Lost,
}

/// How long ago the lease of the attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lease {
    Held,
    Ended,
    /// More than 15 minutes ago.
    LongEnded,
}

/// Calls with the new access token after a pair that a replay may have touched. They are due in
/// the row, not in memory: a crash must not lose them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Probe {
    None,
    /// At once after the commit.
    AtOnce,
    /// 60 s later.
    After60s,
    /// The access token was refused: a refresh is due at once.
    Refused,
}

/// Trakt, or another server in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Server {
    /// The pair that works. `None` where the family was revoked.
    pub current: Option<Pair>,
    /// The token whose use gave `current`; only a server with grace keeps it.
    pub previous: Option<Pair>,
    /// `current` was used, so `previous` is over.
    pub used: bool,
    pub next: Pair,
    /// First pair of this authorization: older ones belong to one that a relink replaced.
    pub family: Pair,
}

/// One process of ours with its volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Replica {
    pub power: Power,
    pub boot: u8,
    /// Volatile. A replica has one attempt at a time for a user: callers, background refresher
    /// and reconciler share one single flight.
    pub attempt: Attempt,
    /// Durable: generation and pair.
    pub journal: Option<(Gen, Pair)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Power {
    Up,
    /// SIGSTOP, a paused machine, a network partition.
    Stalled,
    Down,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Attempt {
    pub doing: Doing,
    pub kind: Kind,
    pub generation: Gen,
    /// The refresh token that it sends.
    pub token: Pair,
    /// Not sent yet, and our own clock says that the lease still holds.
    pub in_time: bool,
}

/// The program counter of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Doing {
    Nothing,
    Claimed,
    Sent,
    /// No usable answer: timeout, reset, 502, 504.
    Unsure,
    /// 429, 503 or not sent at all: the token was not used.
    TurnedAway,
    /// `invalid_grant`.
    Denied,
    /// The new pair is in memory only.
    Holding(Pair),
    /// The new pair is in the journal, not yet in the database.
    Journaled(Pair),
    /// The database has answered the commit: the journal entry can go.
    Committed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    First,
    Replay,
    /// No call: the pair comes from the journal.
    Adoption,
}

/// What happened so far, for the properties only: no rule reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct History {
    /// Bits of [`crate::causes`].
    pub causes: u16,
    /// One bit for each refresh token that was sent as a first request.
    pub sent: u16,
    pub sent_twice: bool,
    pub overwritten: bool,
    pub relinked: bool,
}

impl Attempt {
    pub const NONE: Self = Self {
        doing: Doing::Nothing,
        kind: Kind::First,
        generation: 0,
        token: 0,
        in_time: false,
    };
}

impl Replica {
    /// Can take a step.
    pub fn runs(&self) -> bool {
        self.power == Power::Up
    }

    pub fn idle(&self) -> bool {
        self.attempt.doing == Doing::Nothing
    }

    /// The journal has an answer for this generation.
    pub fn has_entry(&self, generation: Gen) -> bool {
        self.journal.is_some_and(|(of, _)| of == generation)
    }
}

impl Row {
    /// The attempt of this replica is the one that the row names: marks of any other attempt
    /// must not be written.
    pub fn is_held_by(&self, who: Who, replica: &Replica) -> bool {
        self.owner == Some((who, replica.boot))
            && !replica.idle()
            && replica.attempt.generation == self.generation
    }

    pub fn in_attempt(&self) -> bool {
        matches!(self.link, Link::Refreshing | Link::Uncertain)
    }

    /// Ends the attempt.
    pub fn settle(&mut self, link: Link) {
        self.link = link;
        self.owner = None;
        self.lease = Lease::Held;
        if matches!(link, Link::NeedsRelink(_)) {
            self.token_ended = false;
            self.probe = Probe::None;
        }
    }
}

impl State {
    /// Freshly linked, both replicas up.
    pub fn start() -> Self {
        let replica = Replica {
            power: Power::Up,
            boot: 0,
            attempt: Attempt::NONE,
            journal: None,
        };
        Self {
            row: Row {
                generation: 0,
                pair: 0,
                link: Link::Linked,
                owner: None,
                lease: Lease::Held,
                replays: 0,
                token_ended: false,
                probe: Probe::None,
            },
            server: Server::start(),
            replicas: [replica; 2],
            late: Vec::new(),
            history: History {
                causes: 0,
                sent: 0,
                sent_twice: false,
                overwritten: false,
                relinked: false,
            },
        }
    }
}
