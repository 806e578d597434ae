//! What something costs in memory (proc(5)).

/// How much more this process holds at its peak than before, in bytes.
pub fn growth(of: impl FnOnce()) -> u64 {
    growth_of("self", of)
}

/// As [`growth`], of the process with this number.
pub fn growth_of(process: &str, of: impl FnOnce()) -> u64 {
    // Forgets the peak so far.
    std::fs::write(format!("/proc/{process}/clear_refs"), "5").unwrap();
    let before = held(process, "VmRSS:");
    of();
    held(process, "VmHWM:").saturating_sub(before)
}

/// What `proc` says of a process, in bytes: `VmRSS:`, `VmHWM:`.
pub fn held(process: &str, what: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(what));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<u64>().unwrap() * 1024
}
