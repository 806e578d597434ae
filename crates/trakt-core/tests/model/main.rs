//! The refresh of a token as a model, and a checker that walks through every order in which two
//! replicas, the database, Trakt, the clock and the faults of all of them can meet. It checks the
//! design; that the code follows the design is tested where the code is.
//!
//! | action | step of the protocol |
//! |---|---|
//! | `Claim` | a refresh is due: one committed UPDATE names the attempt and starts its lease |
//! | `TakeOver` | the same UPDATE on an attempt that ended without a word; counts a replay. Own older boots and own ended leases at once, those of others 15 minutes after the lease, or with the lease if the access token has ended. No replay left: `needs_relink` |
//! | `Send` | our clock says that the lease holds; the request leaves |
//! | `Answer` | Trakt processes the request and we read the answer |
//! | `WriteJournal` | the new pair is sealed, written and fsynced |
//! | `Commit` | UPDATE .. WHERE generation = ours, and no other condition |
//! | `Mark` | any other outcome: `uncertain`, `needs_relink`, or back to `linked` |
//! | `DropEntry` | the journal entry goes: its commit was answered, or a newer generation is stored |
//! | `Adopt` | the reconciler finds an entry of the row's generation and commits it |
//! | `Probe` | one call with the new access token, where a replay may have touched the pair: at once, and 60 s later; refused means a refresh at once |
//! | `LeaseEnds`, `FifteenMinutesPass`, `AccessTokenEnds` | time; an owner that runs ends its call within the lease |
//! | `LateArrives`, `LateVanishes` | a request nobody waits for is processed after all, or never |
//! | `Crash`, `Restart` | memory is lost, the journal is kept; the next boot number |
//! | `Stall`, `Continue` | SIGSTOP, or a partition |
//! | `LoseAnswer`, `Timeout`, `TurnAway` | reset after processing; our own deadline; 429, 503 or not sent |
//! | `LoseAck` | the commit was done and its answer lost; one that failed changes nothing and is tried again, which is the same as time |
//! | `Relink` | the user links again: a new authorization and a new generation |
//!
//! A link is *lost* where `needs_relink` stays although both replicas run and nothing is left to
//! do; it is *silent* where the row says `linked`, the server refuses its refresh token, and
//! nothing is under way that would find out. Both count with replicas that never come back.
//!
//! The code gives up later than the model, which has to end: it sends the token again by a growing
//! backoff until the access token has been dead for a day, where `No replay left` stands here.
//!
//! The database keeps what it has acknowledged here: losing a commit in a failover is not part of
//! the model. Each kind of fault happens once at most in a run; there are two cycles of refresh.

#![expect(
    clippy::print_stdout,
    reason = "the numbers of states are the result of a run"
)]

mod broken;
mod causes;
mod effects;
mod properties;
mod protocol;
mod server;
mod state;
mod survey;

use std::time::Instant;

use stateright::{Checker, Model};

use causes::{CRASH_ELSEWHERE, CRASH_IN_CALL, LATE, LOST_ANSWER, OWNER_AWAY, STALL, TIMEOUT};
use protocol::{Rules, World};
use server::Mode;
use survey::{Survey, survey};

const MODES: [Mode; 3] = [Mode::Strict, Mode::Grace, Mode::RevokeFamily];

fn world(mode: Mode) -> World {
    World {
        mode,
        rules: Rules::KEPT,
        max_faults: 2,
        late_is_bounded: true,
    }
}

/// Every property in every state.
fn check(world: World) {
    let start = Instant::now();
    let checker = world.checker().spawn_bfs().join();
    println!(
        "{:?}, {} faults: {} states, {} steps, {:.1} s",
        world.mode,
        world.max_faults,
        checker.unique_state_count(),
        checker.state_count(),
        start.elapsed().as_secs_f32(),
    );
    checker.assert_properties();
}

/// The least causes of each kind of damage.
fn walk(world: World) -> Survey {
    let start = Instant::now();
    let survey = survey(&world);
    println!(
        "{:?}: {} states, {:.1} s",
        world.mode,
        survey.states,
        start.elapsed().as_secs_f32()
    );
    for (damage, sets) in [("lost", &survey.losses), ("silent", &survey.silent)] {
        for &set in sets {
            println!("  {damage}: {}", causes::describe(set));
        }
    }
    survey
}

/// Trakt as documented. One fault more than for the others, so that all replays are used up in
/// some runs; three faults hold on the others as well, but take a minute.
#[test]
fn strict_server() {
    check(World {
        max_faults: 3,
        ..world(Mode::Strict)
    });
}

#[test]
fn server_with_grace() {
    check(world(Mode::Grace));
}

#[test]
fn server_that_revokes_the_family() {
    check(world(Mode::RevokeFamily));
}

/// The exact price of each kind of server. With a strict one only an answer that never reached
/// our disk is lost: a crash at any other step, a stall and concurrency cost nothing.
///
/// With grace the lost answer is healed, and so is a crash in the call. What remains is the first
/// request that is processed after the replay and replaces the replay's pair, and the foreign
/// replay that meets the returning owner: the owner commits its pair while the other's call
/// replaces it.
///
/// Nothing is silent. And no run goes in circles, so that "nothing is left to do" is where each
/// run ends: an attempt that stays without a way out would be found there.
#[test]
fn what_each_server_costs() {
    for mode in MODES {
        let world = world(mode);
        let seen = walk(world);
        assert_eq!(seen.losses, sorted(world.losing()), "{mode:?}");
        assert!(seen.silent.is_empty(), "{mode:?}");
        assert!(!seen.cycle, "{mode:?}");
    }
}

/// All of the above takes it that a request is processed before the second probe or never. A
/// request that is slower still can kill a family unseen, and no client can prevent it: the next
/// call with the access token, or the next refresh, finds out. Other servers do not mind.
#[test]
fn a_request_later_than_the_last_probe() {
    for mode in MODES {
        let seen = walk(World {
            late_is_bounded: false,
            ..world(mode)
        });
        let silent: &[u16] = match mode {
            Mode::Strict | Mode::Grace => &[],
            Mode::RevokeFamily => &[
                CRASH_IN_CALL | LATE,
                TIMEOUT | LATE,
                CRASH_ELSEWHERE | OWNER_AWAY | LATE,
                STALL | OWNER_AWAY | LATE,
            ],
        };
        assert_eq!(seen.silent, sorted(silent), "{mode:?}");
    }
}

/// If an answer in the journal were committed only by who holds the attempt, an owner that comes
/// back would not meet another's replay, and on a server with grace no single fault would cost a
/// link but for late processing. Not kept, for Trakt is strict: there the other's replay is always
/// refused, and waiting for it would tell the user to link again for the time of that call.
#[test]
fn claiming_before_adopting() {
    let mut claiming = world(Mode::Grace);
    claiming.rules.adopt_claims = true;
    let seen = walk(claiming);
    let single = [CRASH_IN_CALL | LATE, TIMEOUT | LATE];
    let pairs = [
        CRASH_IN_CALL | CRASH_ELSEWHERE | OWNER_AWAY,
        CRASH_IN_CALL | STALL | OWNER_AWAY,
        CRASH_ELSEWHERE | STALL | OWNER_AWAY,
        CRASH_ELSEWHERE | LOST_ANSWER | OWNER_AWAY,
        STALL | LOST_ANSWER | OWNER_AWAY,
        STALL | OWNER_AWAY | LATE,
    ];
    assert_eq!(seen.losses, sorted(&[&single[..], &pairs[..]].concat()));
    assert!(seen.silent.is_empty());
    assert!(!seen.cycle);
}

fn sorted(sets: &[u16]) -> Vec<u16> {
    let mut sets = sets.to_vec();
    sets.sort_unstable();
    sets
}
