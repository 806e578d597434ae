//! The switches, and what the trail says of them.

use trakt_core::choice::{Choices, Switch};
use trakt_core::ports::ChangeChoices;

use crate::bench::{stamp, user_id};

fn change(pull: Option<bool>, push: Option<bool>, recommendations: Option<bool>) -> ChangeChoices {
    ChangeChoices {
        user: user_id(1),
        pull,
        push,
        recommendations,
        stamp: stamp(),
    }
}

#[test]
fn everything_is_on_until_the_user_says_otherwise() {
    for switch in Switch::ALL {
        assert!(Choices::default().on(*switch), "{switch}");
    }
}

#[test]
fn what_is_not_given_stays_and_each_change_has_its_word() {
    let all = Choices::default();
    for (cmd, off, words) in [
        (change(None, None, None), &[][..], &[][..]),
        (change(Some(true), Some(true), Some(true)), &[], &[]),
        (change(Some(false), None, None), &["pull"], &["pull_off"]),
        (
            change(None, Some(false), Some(false)),
            &["push", "recommendations"],
            &["push_off", "recommendations_off"],
        ),
    ] {
        let now = cmd.over(all);
        for switch in Switch::ALL {
            assert_eq!(now.on(*switch), !off.contains(&switch.as_str()), "{cmd:?}");
        }
        assert_eq!(now.changed_from(all), words, "{cmd:?}");
    }
    let none = change(Some(false), Some(false), Some(false)).over(all);
    let again = change(Some(true), None, Some(true)).over(none);
    assert_eq!(again.changed_from(none), ["pull_on", "recommendations_on"]);
    assert!(!again.push);
}
