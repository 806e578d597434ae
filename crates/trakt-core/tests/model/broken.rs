//! The model can fail: with one rule broken the checker finds a run that breaks the property which
//! the rule is for. Each of these is also a mistake that is easy to make in the code.

use std::time::Instant;

use stateright::{Checker, HasDiscoveries, Model};

use crate::properties::{NEWER_STAYS, NOT_OURS, NOT_SILENT, SENT_ONCE, WAY_OUT};
use crate::protocol::{Rules, World};
use crate::server::Mode;

/// Stops at the first, so shortest, run that breaks the property.
fn breaks(mode: Mode, max_faults: u32, property: &'static str, rules: Rules) {
    let start = Instant::now();
    let world = World {
        mode,
        rules,
        max_faults,
        late_is_bounded: true,
    };
    let checker = world
        .checker()
        .finish_when(HasDiscoveries::AnyOf([property].into()))
        .spawn_bfs()
        .join();
    let Some(path) = checker.discovery(property) else {
        panic!("{mode:?}: nothing breaks \"{property}\"");
    };
    println!(
        "{mode:?}, not \"{property}\" ({} states, {:.1} s): {:?}",
        checker.unique_state_count(),
        start.elapsed().as_secs_f32(),
        path.into_actions(),
    );
}

#[test]
fn blind_write() {
    let rules = Rules {
        compare_generation: false,
        ..Rules::KEPT
    };
    breaks(Mode::Strict, 1, NEWER_STAYS, rules);
}

/// The owner of an attempt comes back and replaces the new authorization by its old answer.
#[test]
fn relink_in_the_same_generation() {
    let rules = Rules {
        relink_counts: false,
        ..Rules::KEPT
    };
    breaks(Mode::Strict, 1, NEWER_STAYS, rules);
    breaks(Mode::Strict, 1, NOT_SILENT, rules);
}

#[test]
fn no_journal() {
    let rules = Rules {
        journal: false,
        ..Rules::KEPT
    };
    breaks(Mode::Strict, 1, NOT_OURS, rules);
}

#[test]
fn foreign_attempts_taken_over_at_once() {
    let rules = Rules {
        wait_for_owner: false,
        ..Rules::KEPT
    };
    for mode in [Mode::Grace, Mode::RevokeFamily] {
        breaks(mode, 1, NOT_OURS, rules);
    }
}

/// An owner that stood still between the claim and the request sends a token that another has
/// used since, after all probes.
#[test]
fn request_sent_after_the_lease() {
    let rules = Rules {
        check_lease: false,
        ..Rules::KEPT
    };
    breaks(Mode::RevokeFamily, 1, NOT_SILENT, rules);
}

#[test]
fn no_probe() {
    let rules = Rules {
        probe: false,
        ..Rules::KEPT
    };
    for mode in [Mode::Grace, Mode::RevokeFamily] {
        breaks(mode, 1, NOT_SILENT, rules);
    }
}

/// The first owner comes back and commits while the replay of another is under way: its own
/// attempt was none.
#[test]
fn probe_only_after_an_own_replay() {
    let rules = Rules {
        probe_by_row: false,
        ..Rules::KEPT
    };
    for mode in [Mode::Grace, Mode::RevokeFamily] {
        breaks(mode, 1, NOT_SILENT, rules);
    }
}

/// The probe was refused, then the refresh got 429: the link must not look healthy again.
#[test]
fn probe_forgotten_by_a_refresh() {
    let rules = Rules {
        keep_probe: false,
        ..Rules::KEPT
    };
    for mode in [Mode::Grace, Mode::RevokeFamily] {
        breaks(mode, 2, NOT_SILENT, rules);
    }
}

/// 429 says that this request was not used, and nothing of the one before it.
#[test]
fn replay_turned_away_back_to_linked() {
    let rules = Rules {
        stay_uncertain: false,
        ..Rules::KEPT
    };
    breaks(Mode::Strict, 2, SENT_ONCE, rules);
    breaks(Mode::Strict, 2, NOT_SILENT, rules);
}

#[test]
fn replays_used_up_and_nobody_says_so() {
    let rules = Rules {
        give_up: false,
        ..Rules::KEPT
    };
    breaks(Mode::Strict, 3, WAY_OUT, rules);
}

/// An owner that was superseded gets 429 and sets the row, in which another replays, to `linked`.
#[test]
fn outcome_written_over_anothers_attempt() {
    let rules = Rules {
        mark_own: false,
        ..Rules::KEPT
    };
    breaks(Mode::Strict, 3, NOT_SILENT, rules);
}
