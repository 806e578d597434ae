//! The rule by example.

use trakt_core::link::{Decision, HeldLink};

use super::{asked, held};
use crate::bench::link_id;

fn give(reuse: u128, replace: u128, relabel: u128) -> Decision {
    let id = |n: u128| (n != 0).then(|| link_id(n));
    Decision::Give {
        reuse: id(reuse),
        replace: id(replace),
        relabel: id(relabel),
    }
}

#[test]
fn cases() {
    use Decision::{AccountTaken as Taken, AlreadyLinked as Already};
    // What is stored; what it is for the account u/s without and with `replace`.
    let table: &[(&str, &[HeldLink], Decision, Decision)] = &[
        ("nothing held", &[], give(0, 0, 0), give(0, 0, 0)),
        (
            "own account, again",
            &[held(1, 1, "u", "s")],
            give(1, 0, 0),
            give(1, 0, 0),
        ),
        (
            "own account, renamed",
            &[held(1, 1, "u", "old")],
            give(1, 0, 0),
            give(1, 0, 0),
        ),
        (
            "own unproven claim",
            &[held(1, 1, "", "s")],
            give(1, 0, 0),
            give(1, 0, 0),
        ),
        (
            "nobody's row of the account",
            &[held(1, 0, "u", "s")],
            give(1, 0, 0),
            give(1, 0, 0),
        ),
        ("another's account", &[held(1, 2, "u", "s")], Taken, Taken),
        (
            "another's account, renamed",
            &[held(1, 2, "u", "old")],
            Taken,
            Taken,
        ),
        (
            "another's unproven claim",
            &[held(1, 2, "", "s")],
            Taken,
            Taken,
        ),
        (
            "the slug was another's, who renamed",
            &[held(1, 2, "v", "s")],
            give(0, 0, 1),
            give(0, 0, 1),
        ),
        (
            "own account, which took another's former slug",
            &[held(1, 1, "u", "old"), held(2, 2, "v", "s")],
            give(1, 0, 2),
            give(1, 0, 2),
        ),
        (
            "own account, whose slug another claims without proof",
            &[held(1, 1, "u", "old"), held(2, 2, "", "s")],
            give(1, 0, 2),
            give(1, 0, 2),
        ),
        (
            "another account of the user",
            &[held(1, 1, "v", "other")],
            Already,
            give(0, 1, 0),
        ),
        (
            "another account of the user, claimed without proof",
            &[held(1, 1, "", "other")],
            Already,
            give(0, 1, 0),
        ),
        (
            "another account of the user, which had the slug",
            &[held(1, 1, "v", "s")],
            Already,
            give(0, 1, 0),
        ),
        (
            "another account of the user, and the slug is a third one's former",
            &[held(1, 1, "v", "other"), held(2, 2, "w", "s")],
            Already,
            give(0, 1, 2),
        ),
        (
            "another account of the user, and this one is nobody's",
            &[held(1, 1, "v", "other"), held(2, 0, "u", "s")],
            Already,
            give(2, 1, 0),
        ),
        (
            "another account of the user, and this one is taken",
            &[held(1, 1, "v", "other"), held(2, 2, "u", "s")],
            Taken,
            Taken,
        ),
    ];
    for (name, rows, keep, replace) in table {
        assert_eq!(asked("u", "s", rows, false), *keep, "{name}");
        assert_eq!(asked("u", "s", rows, true), *replace, "{name}, replace");
    }
}

/// An admin's claim where Trakt does not tell the `uuid`: the label is all there is.
#[test]
fn cases_without_an_identity() {
    use Decision::{AccountTaken as Taken, AlreadyLinked as Already};
    let table: &[(&[HeldLink], Decision, Decision)] = &[
        (&[], give(0, 0, 0), give(0, 0, 0)),
        (&[held(1, 1, "", "s")], give(1, 0, 0), give(1, 0, 0)),
        (&[held(1, 1, "u", "s")], give(1, 0, 0), give(1, 0, 0)),
        (&[held(1, 2, "", "s")], Taken, Taken),
        (&[held(1, 2, "u", "s")], Taken, Taken),
        (&[held(1, 1, "", "other")], Already, give(0, 1, 0)),
        (&[held(1, 1, "u", "other")], Already, give(0, 1, 0)),
    ];
    for (rows, keep, replace) in table {
        assert_eq!(asked("", "s", rows, false), *keep, "{rows:?}");
        assert_eq!(asked("", "s", rows, true), *replace, "{rows:?}, replace");
    }
}
