//! What went wrong in a run, as a set of bits.

/// A replica died between sending the request and writing the answer to the journal.
pub const CRASH_IN_CALL: u16 = 1;
/// A replica died at any other step of an attempt.
pub const CRASH_ELSEWHERE: u16 = 1 << 1;
/// A replica stood still for as long as time liked, and may go on.
pub const STALL: u16 = 1 << 2;
/// Trakt processed the request, the connection broke before the answer.
pub const LOST_ANSWER: u16 = 1 << 3;
/// We stopped waiting; Trakt may still process the request.
pub const TIMEOUT: u16 = 1 << 4;
/// 429, 503 or no connection: not processed.
pub const TURNED_AWAY: u16 = 1 << 5;
/// The commit was done, the connection to the database broke before the answer.
pub const LOST_ACK: u16 = 1 << 6;
/// All of the above: what the budget of a run counts.
pub const FAULTS: u16 = (1 << 7) - 1;
/// Not a fault by itself: Trakt processed a request after a later one and changed the pair by it.
pub const LATE: u16 = 1 << 7;
/// Not a fault by itself: another replica took over, because the owner was away for 15 minutes or
/// the access token had ended.
pub const OWNER_AWAY: u16 = 1 << 8;

const NAMES: [&str; 9] = [
    "crash in call",
    "crash elsewhere",
    "stall",
    "lost answer",
    "timeout",
    "turned away",
    "lost ack",
    "processed late",
    "owner away",
];

/// The set in words.
pub fn describe(causes: u16) -> String {
    let names: Vec<_> = (0..NAMES.len())
        .filter(|bit| causes & (1 << bit) != 0)
        .map(|bit| NAMES[bit])
        .collect();
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(" + ")
    }
}

/// The sets that contain no other set of the list, in ascending order.
pub fn minimal(sets: &[u16]) -> Vec<u16> {
    let mut found: Vec<_> = sets
        .iter()
        .copied()
        .filter(|&set| {
            !sets
                .iter()
                .any(|&other| other != set && set & other == other)
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}
