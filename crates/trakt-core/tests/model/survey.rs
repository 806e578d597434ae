//! A walk over every state, for what a checker of single states cannot see: cycles, and the
//! least that it takes to reach a state.

use std::collections::{BTreeSet, HashMap};

use stateright::Model;

use crate::causes;
use crate::protocol::{Action, World};
use crate::state::State;

/// What the walk has seen.
pub struct Survey {
    pub states: usize,
    /// Least sets of causes that lose a link.
    pub losses: Vec<u16>,
    /// Least sets of causes that leave a dead link which the database calls linked.
    pub silent: Vec<u16>,
    /// Some state can be reached from itself.
    pub cycle: bool,
}

/// Depth first, with a mark on the states of the path.
pub fn survey(world: &World) -> Survey {
    let mut on_path = HashMap::new();
    let (mut losses, mut silent) = (BTreeSet::new(), BTreeSet::new());
    let mut cycle = false;
    let mut path: Vec<(State, Vec<Action>)> = Vec::new();
    let mut next = Some(State::start());
    loop {
        if let Some(state) = next.take() {
            if let Some(&open) = on_path.get(&state) {
                cycle |= open;
            } else {
                on_path.insert(state.clone(), true);
                if world.is_lost(&state) {
                    losses.insert(state.history.causes);
                }
                if world.is_silent(&state) {
                    silent.insert(state.history.causes);
                }
                let mut actions = Vec::new();
                world.actions(&state, &mut actions);
                path.push((state, actions));
            }
        }
        let Some((state, actions)) = path.last_mut() else {
            break;
        };
        if let Some(action) = actions.pop() {
            next = world.next_state(state, action);
        } else if let Some((state, _)) = path.pop() {
            on_path.insert(state, false);
        }
    }
    Survey {
        states: on_path.len(),
        losses: causes::minimal(&losses.into_iter().collect::<Vec<_>>()),
        silent: causes::minimal(&silent.into_iter().collect::<Vec<_>>()),
        cycle,
    }
}
