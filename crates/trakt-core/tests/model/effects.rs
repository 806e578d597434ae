//! What the steps do: the rules of the refresh, one function each.

use crate::causes;
use crate::protocol::{MAX_REPLAYS, World};
use crate::state::{
    Attempt, Doing, Kind, Lease, Link, Pair, Power, Probe, Reason, Replica, Row, State, Who,
};

/// Others may take over: the owner had 15 minutes to come back, or nobody can wait for it.
pub fn owner_is_away(row: &Row) -> bool {
    row.lease == Lease::LongEnded || (row.lease == Lease::Ended && row.token_ended)
}

/// Which kind of crash it would be now.
pub fn crash_kind(replica: &Replica) -> u16 {
    match replica.attempt.doing {
        Doing::Sent | Doing::Holding(_) => causes::CRASH_IN_CALL,
        _ => causes::CRASH_ELSEWHERE,
    }
}

/// The claim: one committed UPDATE that names the attempt and starts the lease.
pub fn claim(state: &mut State, who: Who, kind: Kind) {
    let State { row, replicas, .. } = state;
    row.link = Link::Refreshing;
    row.owner = Some((who, replicas[who].boot));
    row.lease = Lease::Held;
    replicas[who].attempt = Attempt {
        doing: Doing::Claimed,
        kind,
        generation: row.generation,
        token: row.pair,
        in_time: true,
    };
}

/// The owner's own clock sees it as well.
pub fn end_lease(state: &mut State) {
    let State { row, replicas, .. } = state;
    row.lease = Lease::Ended;
    if let Some((owner, _)) = row.owner
        && row.is_held_by(owner, &replicas[owner])
    {
        replicas[owner].attempt.in_time = false;
    }
}

/// The claim of an attempt that ended without a word: one more replay, or the end.
pub fn take_over(state: &mut State, who: Who) {
    let foreign = state.row.owner.is_some_and(|(owner, _)| owner != who);
    if foreign && owner_is_away(&state.row) {
        state.history.causes |= causes::OWNER_AWAY;
    }
    if state.row.replays < MAX_REPLAYS {
        state.row.replays += 1;
        claim(state, who, Kind::Replay);
    } else {
        state.row.settle(Link::NeedsRelink(Reason::Lost));
    }
}

pub fn forget_late(state: &mut State, token: Pair) {
    if let Some(at) = state.late.iter().position(|&late| late == token) {
        state.late.remove(at);
    }
}

/// The request goes on without us.
pub fn give_up_waiting(state: &mut State, who: Who) {
    state.late.push(state.replicas[who].attempt.token);
    state.late.sort_unstable();
}

/// Memory is lost, the journal stays, a request on its way stays on its way.
pub fn crash(state: &mut State, who: Who) {
    state.history.causes |= crash_kind(&state.replicas[who]);
    if state.replicas[who].attempt.doing == Doing::Sent {
        give_up_waiting(state, who);
    }
    state.replicas[who].attempt = Attempt::NONE;
    state.replicas[who].power = Power::Down;
}

impl World {
    /// The request leaves, unless our own clock says that the lease is over: then another replica
    /// may have used the token, and this request would look like theft.
    pub fn send(&self, state: &mut State, who: Who) {
        let attempt = &mut state.replicas[who].attempt;
        if self.rules.check_lease && !attempt.in_time {
            *attempt = Attempt::NONE;
            return;
        }
        attempt.doing = Doing::Sent;
        attempt.in_time = false;
        if attempt.kind == Kind::First {
            let bit = 1 << attempt.token;
            state.history.sent_twice |= state.history.sent & bit != 0;
            state.history.sent |= bit;
        }
    }

    /// Trakt processes the request; the answer arrives or not.
    pub fn answer(&self, state: &mut State, who: Who, arrives: bool) {
        let ours = state.row.is_held_by(who, &state.replicas[who]);
        let attempt = &mut state.replicas[who].attempt;
        let before = state.server.current;
        let pair = state.server.refresh(self.mode, attempt.token);
        if !ours && before != Some(attempt.token) && state.server.current != before {
            state.history.causes |= causes::LATE;
        }
        attempt.doing = match pair {
            _ if !arrives => Doing::Unsure,
            Some(pair) => Doing::Holding(pair),
            None => Doing::Denied,
        };
    }

    pub fn write_journal(&self, replica: &mut Replica) {
        if let Doing::Holding(pair) = replica.attempt.doing {
            if self.rules.journal {
                replica.journal = Some((replica.attempt.generation, pair));
            }
            replica.attempt.doing = Doing::Journaled(pair);
        }
    }

    /// The journal has the answer of this generation: no call, only the commit.
    pub fn adopt(&self, state: &mut State, who: Who) {
        let State { row, replicas, .. } = state;
        let replica = &mut replicas[who];
        let Some((generation, pair)) = replica.journal else {
            return;
        };
        if self.rules.adopt_claims && row.in_attempt() {
            row.owner = Some((who, replica.boot));
            row.lease = Lease::Held;
        }
        replica.attempt = Attempt {
            doing: Doing::Journaled(pair),
            kind: Kind::Adoption,
            generation,
            token: 0,
            in_time: false,
        };
    }

    /// Compare and swap on the generation and on nothing else: a late owner may still win.
    pub fn commit(&self, state: &mut State, who: Who) {
        let attempt = state.replicas[who].attempt;
        let Doing::Journaled(pair) = attempt.doing else {
            return;
        };
        let row = &mut state.row;
        let holds = row.lease == Lease::Held && row.is_held_by(who, &state.replicas[who]);
        if self.rules.adopt_claims && row.in_attempt() && !holds {
            // The journal keeps it for when this replica may have the attempt.
            state.replicas[who].attempt = Attempt::NONE;
            return;
        }
        state.replicas[who].attempt.doing = Doing::Committed;
        if self.rules.compare_generation && row.generation != attempt.generation {
            return;
        }
        let touched = if self.rules.probe_by_row {
            row.replays > 0 || row.probe != Probe::None || matches!(row.link, Link::NeedsRelink(_))
        } else {
            attempt.kind == Kind::Replay
        };
        row.generation = attempt.generation + 1;
        row.pair = pair;
        row.settle(Link::Linked);
        row.replays = 0;
        row.token_ended = false;
        row.probe = if touched && self.rules.probe {
            Probe::AtOnce
        } else {
            Probe::None
        };
    }

    /// The database did it, and we do not know: the commit is tried again.
    pub fn lose_ack(&self, state: &mut State, who: Who) {
        let before = state.replicas[who].attempt;
        self.commit(state, who);
        if state.replicas[who].attempt.doing == Doing::Committed {
            state.replicas[who].attempt = before;
        }
        state.history.causes |= causes::LOST_ACK;
    }

    /// Writes an outcome without a pair. The row must still name this very attempt.
    pub fn mark(&self, state: &mut State, who: Who) {
        let State { row, replicas, .. } = state;
        let attempt = replicas[who].attempt;
        let any = !self.rules.mark_own && row.in_attempt() && row.generation == attempt.generation;
        if any || row.is_held_by(who, &replicas[who]) {
            let replay = attempt.kind == Kind::Replay;
            match attempt.doing {
                Doing::Denied if replay => row.settle(Link::NeedsRelink(Reason::LostAnswer)),
                Doing::Denied => row.settle(Link::NeedsRelink(Reason::Revoked)),
                Doing::TurnedAway if replay && self.rules.stay_uncertain => {
                    row.replays -= 1;
                    row.link = Link::Uncertain;
                    row.lease = Lease::Ended;
                }
                Doing::TurnedAway => {
                    row.settle(Link::Linked);
                    if !self.rules.keep_probe {
                        row.probe = Probe::None;
                    }
                }
                _ => {
                    row.link = Link::Uncertain;
                    row.lease = Lease::Ended;
                }
            }
        }
        replicas[who].attempt = Attempt::NONE;
    }

    /// A call to the API. One that is refused asks for a refresh of this generation.
    pub fn probe(&self, state: &mut State) {
        let works = state.server.call_api(self.mode, state.row.pair) && !state.row.token_ended;
        state.row.probe = match state.row.probe {
            _ if !works => Probe::Refused,
            Probe::AtOnce => Probe::After60s,
            _ => Probe::None,
        };
        if state.row.probe == Probe::None {
            // 60 s after the commit the lease of any attempt of before it is over.
            for replica in &mut state.replicas {
                replica.attempt.in_time &= replica.attempt.generation >= state.row.generation;
            }
        }
    }

    /// The user links the account again: a new generation, so no answer of before can replace it.
    pub fn relink(&self, state: &mut State) {
        state.history.relinked = true;
        let row = &mut state.row;
        row.pair = state.server.authorize();
        row.generation += u8::from(self.rules.relink_counts);
        row.settle(Link::Linked);
        row.replays = 0;
        row.token_ended = false;
        row.probe = Probe::None;
    }
}
