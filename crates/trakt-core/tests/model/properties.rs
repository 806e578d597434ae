//! What must hold, and what must be able to happen.

use stateright::{Model, Property};

use crate::causes::{
    CRASH_ELSEWHERE, CRASH_IN_CALL, LATE, LOST_ANSWER, OWNER_AWAY, STALL, TIMEOUT,
};
use crate::protocol::{Action, World};
use crate::server::Mode;
use crate::state::{Doing, Kind, Link, Power, Reason, Replica, State};

pub const NEWER_STAYS: &str = "a newer pair is never overwritten by an older one";
pub const NOT_SILENT: &str = "no dead link is called linked";
pub const WAY_OUT: &str = "no attempt stays without a way out";
pub const NOT_OURS: &str = "only the causes that no client can remove lose a link";
pub const SENT_ONCE: &str = "a refresh token is sent once, but for marked replays";

impl World {
    /// Nothing moves any more, unless somebody wishes, fails or comes back. One replica runs.
    pub fn rests(&self, state: &State) -> bool {
        let mut steps = Vec::new();
        self.steps(state, &mut steps);
        steps.is_empty() && state.replicas.iter().any(Replica::runs)
    }

    /// Nothing moves any more although both replicas run: what they had is in the database.
    pub fn is_settled(&self, state: &State) -> bool {
        state.replicas.iter().all(Replica::runs) && self.rests(state)
    }

    /// The user has to link again.
    pub fn is_lost(&self, state: &State) -> bool {
        matches!(state.row.link, Link::NeedsRelink(_)) && self.is_settled(state)
    }

    /// The database says that all is well, and it is not.
    pub fn is_silent(&self, state: &State) -> bool {
        state.row.link == Link::Linked && !state.server.accepts(state.row.pair) && self.rests(state)
    }

    /// The sets of causes that each suffice to lose a link, with two faults at most. The test
    /// `what_each_server_costs` shows that the lists are exact.
    pub fn losing(&self) -> &'static [u16] {
        match self.mode {
            Mode::Strict => &[CRASH_IN_CALL, LOST_ANSWER, TIMEOUT],
            Mode::Grace => &[
                CRASH_IN_CALL | LATE,
                TIMEOUT | LATE,
                CRASH_ELSEWHERE | OWNER_AWAY,
                STALL | OWNER_AWAY,
            ],
            Mode::RevokeFamily => &[
                CRASH_IN_CALL,
                LOST_ANSWER,
                TIMEOUT,
                CRASH_ELSEWHERE | OWNER_AWAY,
                STALL | OWNER_AWAY,
            ],
        }
    }
}

impl Model for World {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::start()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.steps(state, actions);
        self.chances(state, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut next = last.clone();
        self.apply(&mut next, action);
        // Written without the rules: whatever the steps do, the row must only go forward.
        let (old, new) = (&last.row, &next.row);
        let kept = old.pair == new.pair && old.generation == new.generation;
        let forward = old.pair < new.pair && old.generation + 1 == new.generation;
        next.history.overwritten |= !kept && !forward;
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::<Self>::always(NEWER_STAYS, |_, state| !state.history.overwritten),
            Property::<Self>::always(NOT_SILENT, |world, state| !world.is_silent(state)),
            Property::<Self>::always(WAY_OUT, |world, state| {
                !(state.row.in_attempt() && world.rests(state))
            }),
            Property::<Self>::always(NOT_OURS, |world, state| {
                let causes = state.history.causes;
                let excused = world.losing().iter().any(|set| causes & set == *set);
                excused || !world.is_lost(state)
            }),
            Property::<Self>::always(SENT_ONCE, |_, state| !state.history.sent_twice),
        ];
        properties.extend(self.examples());
        properties
    }
}

impl World {
    fn examples(&self) -> Vec<Property<Self>> {
        let mut examples = vec![
            Property::<Self>::sometimes("two cycles", |_, state| {
                state.row.generation >= 2 && !state.history.relinked
            }),
            Property::<Self>::sometimes("an answer is adopted from the journal", |_, state| {
                committed(state, Kind::Adoption)
            }),
            Property::<Self>::sometimes("a user links again", |_, state| state.history.relinked),
        ];
        if self.max_faults > 2 {
            examples.push(Property::<Self>::sometimes(
                "no replay is left",
                |_, state| state.row.link == Link::NeedsRelink(Reason::Lost),
            ));
        }
        if self.mode == Mode::Grace {
            examples.push(Property::<Self>::sometimes("a replay heals", |_, state| {
                committed(state, Kind::Replay) && state.history.causes == LOST_ANSWER
            }));
        } else {
            examples.push(Property::<Self>::sometimes(
                "needs_relink ends by the journal",
                |_, state| {
                    matches!(state.row.link, Link::NeedsRelink(_))
                        && state.replicas.iter().any(|replica| {
                            replica.power == Power::Up
                                && matches!(replica.attempt.doing, Doing::Journaled(_))
                                && replica.attempt.generation == state.row.generation
                        })
                },
            ));
            examples.push(Property::<Self>::sometimes(
                "a lost answer is told",
                |_, state| {
                    state.row.link == Link::NeedsRelink(Reason::LostAnswer)
                        && state.history.causes == LOST_ANSWER
                },
            ));
        }
        examples
    }
}

/// The pair in the row came by an attempt of this kind.
fn committed(state: &State, kind: Kind) -> bool {
    state.replicas.iter().any(|replica| {
        replica.attempt.doing == Doing::Committed
            && replica.attempt.kind == kind
            && replica.attempt.generation + 1 == state.row.generation
    })
}
