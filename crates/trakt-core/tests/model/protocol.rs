//! The rules: which steps are possible in a state and what each one does.

use crate::causes;
use crate::effects::{
    claim, crash, crash_kind, end_lease, forget_late, give_up_waiting, owner_is_away, take_over,
};
use crate::server::Mode;
use crate::state::{
    Attempt, Doing, Gen, Kind, Lease, Link, Pair, Power, Probe, Replica, Row, State, Who,
};

/// Replays of one generation, at most.
pub const MAX_REPLAYS: u8 = 2;
/// The background refresher stops here: two whole cycles.
pub const LAST_GENERATION: Gen = 2;

/// One step of anybody. See the table at the top of this test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Claim(Who),
    TakeOver(Who),
    Send(Who),
    WriteJournal(Who),
    Commit(Who),
    Mark(Who),
    DropEntry(Who),
    Adopt(Who),
    Probe,
    Answer(Who),
    LateArrives(Pair),
    LateVanishes(Pair),
    LeaseEnds,
    FifteenMinutesPass,
    AccessTokenEnds,
    Crash(Who),
    Stall(Who),
    LoseAnswer(Who),
    Timeout(Who),
    TurnAway(Who),
    LoseAck(Who),
    Restart(Who),
    Continue(Who),
    Relink,
}

/// The rules, to be broken one by one: the checker must notice.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Commits compare the generation.
    pub compare_generation: bool,
    /// Nobody takes over another replica's attempt before 15 minutes or the token's end.
    pub wait_for_owner: bool,
    /// The answer is written to the journal before anything else.
    pub journal: bool,
    /// The lease is checked by the own clock just before the request is sent.
    pub check_lease: bool,
    /// A relink is a new generation.
    pub relink_counts: bool,
    /// A pair that a replay may have touched is probed at once and after 60 s.
    pub probe: bool,
    /// Whether to probe is read from the row. Broken: from the attempt that commits.
    pub probe_by_row: bool,
    /// A probe stays due until one has passed. Broken: a refresh that was turned away ends it.
    pub keep_probe: bool,
    /// An attempt without replays left ends in `needs_relink`.
    pub give_up: bool,
    /// A replay that was turned away goes back to `uncertain`. Broken: to `linked`, as a first
    /// request does.
    pub stay_uncertain: bool,
    /// An outcome is written only to the row that still names this attempt. Broken: to any
    /// attempt of this generation.
    pub mark_own: bool,
    /// Not kept, see the test `claiming_before_adopting`: an answer in the journal, or that of an
    /// owner whose lease is over, is committed only by who holds the attempt.
    pub adopt_claims: bool,
}

impl Rules {
    pub const KEPT: Self = Self {
        compare_generation: true,
        wait_for_owner: true,
        journal: true,
        check_lease: true,
        relink_counts: true,
        probe: true,
        probe_by_row: true,
        keep_probe: true,
        give_up: true,
        stay_uncertain: true,
        mark_own: true,
        adopt_claims: false,
    };
}

/// The world under check.
#[derive(Clone, Copy, Debug)]
pub struct World {
    pub mode: Mode,
    pub rules: Rules,
    /// Faults in one run, at most; each kind at most once.
    pub max_faults: u32,
    /// The late probe comes after the last request that was under way.
    pub late_is_bounded: bool,
}

impl World {
    /// What the service, Trakt and time do by themselves, without a fault and without anybody's
    /// wish. Nothing left to do here means that the state stays as it is.
    pub fn steps(&self, state: &State, out: &mut Vec<Action>) {
        let State { row, replicas, .. } = state;
        for (who, replica) in replicas.iter().enumerate() {
            if replica.attempt.doing == Doing::Sent && replica.power != Power::Down {
                out.push(Action::Answer(who));
            }
            if !replica.runs() {
                continue;
            }
            match replica.attempt.doing {
                Doing::Nothing => self.idle_steps(row, who, replica, out),
                Doing::Claimed => out.push(Action::Send(who)),
                Doing::Sent => {}
                Doing::Unsure | Doing::TurnedAway | Doing::Denied => out.push(Action::Mark(who)),
                Doing::Holding(_) => out.push(Action::WriteJournal(who)),
                Doing::Journaled(_) => out.push(Action::Commit(who)),
                Doing::Committed => out.push(Action::DropEntry(who)),
            }
        }
        let under_way = !state.late.is_empty()
            || replicas.iter().any(|replica| {
                let sends = replica.runs() && replica.attempt.in_time;
                (sends || replica.attempt.doing == Doing::Sent)
                    && replica.attempt.generation < row.generation
            });
        if row.link == Link::Linked && replicas.iter().any(Replica::runs) {
            match row.probe {
                Probe::AtOnce => out.push(Action::Probe),
                Probe::After60s if !(self.late_is_bounded && under_way) => out.push(Action::Probe),
                _ => {}
            }
        }
        for (at, &token) in state.late.iter().enumerate() {
            if at == 0 || state.late[at - 1] != token {
                out.push(Action::LateArrives(token));
                out.push(Action::LateVanishes(token));
            }
        }
        if let (true, Some((owner, _))) = (row.in_attempt(), row.owner) {
            let replica = &replicas[owner];
            // The call ends within the lease: only an owner that stands still outlives it.
            let works = replica.runs() && row.is_held_by(owner, replica);
            if row.lease == Lease::Held && !works {
                out.push(Action::LeaseEnds);
            }
            if row.lease == Lease::Ended && !replica.runs() {
                out.push(Action::FifteenMinutesPass);
            }
        }
    }

    fn idle_steps(&self, row: &Row, who: Who, replica: &Replica, out: &mut Vec<Action>) {
        match replica.journal {
            Some((of, _)) if of == row.generation => {
                let free = !row.in_attempt() || self.may_take_over(row, who, replica);
                if free || !self.rules.adopt_claims {
                    out.push(Action::Adopt(who));
                }
            }
            Some(_) => out.push(Action::DropEntry(who)),
            None => {}
        }
        if replica.has_entry(row.generation) {
            return;
        }
        if row.link == Link::Linked && row.probe == Probe::Refused {
            out.push(Action::Claim(who));
        }
        if row.in_attempt()
            && self.may_take_over(row, who, replica)
            && (row.replays < MAX_REPLAYS || self.rules.give_up)
        {
            out.push(Action::TakeOver(who));
        }
    }

    fn may_take_over(&self, row: &Row, who: Who, replica: &Replica) -> bool {
        match row.owner {
            Some((owner, boot)) if owner == who => boot < replica.boot || row.lease != Lease::Held,
            _ if self.rules.wait_for_owner => owner_is_away(row),
            _ => row.lease != Lease::Held,
        }
    }

    /// Faults, wishes and recoveries: nobody may rely on them.
    pub fn chances(&self, state: &State, out: &mut Vec<Action>) {
        let State { row, replicas, .. } = state;
        let more = (state.history.causes & causes::FAULTS).count_ones() < self.max_faults;
        let can = |cause: u16| more && state.history.causes & cause == 0;
        for (who, replica) in replicas.iter().enumerate() {
            match replica.power {
                Power::Down => out.push(Action::Restart(who)),
                Power::Stalled => out.push(Action::Continue(who)),
                Power::Up => {}
            }
            let due = row.generation < LAST_GENERATION && row.probe == Probe::None;
            if replica.runs() && replica.idle() && row.link == Link::Linked && due {
                out.push(Action::Claim(who));
            }
            let owns = row.owner == Some((who, replica.boot));
            let affected = !replica.idle() || owns;
            if replica.power != Power::Down && affected && can(crash_kind(replica)) {
                out.push(Action::Crash(who));
            }
            if replica.runs() && !replica.idle() && can(causes::STALL) {
                out.push(Action::Stall(who));
            }
            if replica.attempt.doing == Doing::Sent {
                if can(causes::LOST_ANSWER) {
                    out.push(Action::LoseAnswer(who));
                }
                if can(causes::TIMEOUT) && replica.runs() {
                    out.push(Action::Timeout(who));
                }
                if can(causes::TURNED_AWAY) {
                    out.push(Action::TurnAway(who));
                }
            }
            let commits = matches!(replica.attempt.doing, Doing::Journaled(_));
            if replica.runs() && commits && can(causes::LOST_ACK) {
                out.push(Action::LoseAck(who));
            }
        }
        let needs_token = row.in_attempt() || row.probe != Probe::None;
        if needs_token && !row.token_ended && row.generation < LAST_GENERATION {
            out.push(Action::AccessTokenEnds);
        }
        if matches!(row.link, Link::NeedsRelink(_)) && !state.history.relinked {
            out.push(Action::Relink);
        }
    }

    /// Does the step.
    pub fn apply(&self, state: &mut State, action: Action) {
        match action {
            Action::Claim(who) => claim(state, who, Kind::First),
            Action::TakeOver(who) => take_over(state, who),
            Action::Send(who) => self.send(state, who),
            Action::WriteJournal(who) => self.write_journal(&mut state.replicas[who]),
            Action::Commit(who) => self.commit(state, who),
            Action::LoseAck(who) => self.lose_ack(state, who),
            Action::Mark(who) => self.mark(state, who),
            Action::DropEntry(who) => {
                state.replicas[who].journal = None;
                state.replicas[who].attempt = Attempt::NONE;
            }
            Action::Adopt(who) => self.adopt(state, who),
            Action::Probe => self.probe(state),
            Action::Answer(who) => self.answer(state, who, true),
            Action::LoseAnswer(who) => {
                self.answer(state, who, false);
                state.history.causes |= causes::LOST_ANSWER;
            }
            Action::LateArrives(token) => {
                forget_late(state, token);
                let before = state.server.current;
                state.server.refresh(self.mode, token);
                if before != Some(token) && state.server.current != before {
                    state.history.causes |= causes::LATE;
                }
            }
            Action::LateVanishes(token) => forget_late(state, token),
            Action::LeaseEnds => end_lease(state),
            Action::FifteenMinutesPass => state.row.lease = Lease::LongEnded,
            Action::AccessTokenEnds => state.row.token_ended = true,
            Action::Crash(who) => crash(state, who),
            Action::Stall(who) => {
                state.replicas[who].power = Power::Stalled;
                state.history.causes |= causes::STALL;
            }
            Action::Timeout(who) => {
                give_up_waiting(state, who);
                state.replicas[who].attempt.doing = Doing::Unsure;
                state.history.causes |= causes::TIMEOUT;
            }
            Action::TurnAway(who) => {
                let attempt = &mut state.replicas[who].attempt;
                attempt.doing = Doing::TurnedAway;
                if attempt.kind == Kind::First {
                    state.history.sent &= !(1 << attempt.token);
                }
                state.history.causes |= causes::TURNED_AWAY;
            }
            Action::Restart(who) => {
                state.replicas[who].power = Power::Up;
                state.replicas[who].boot += 1;
            }
            Action::Continue(who) => state.replicas[who].power = Power::Up,
            Action::Relink => self.relink(state),
        }
    }
}
