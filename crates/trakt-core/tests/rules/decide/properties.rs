//! What holds whatever is stored.

use std::collections::HashSet;
use std::hash::Hash;

use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop};
use proptest::{prop_assert, prop_assert_eq, proptest};
use trakt_core::link::{Decision, HeldLink};
use trakt_core::{LinkId, UserId};

use super::{asked, held};
use crate::bench::{slug, user_id};

fn fresh<T: Eq + Hash>(seen: &mut HashSet<T>, value: Option<T>) -> bool {
    value.is_none_or(|value| seen.insert(value))
}

/// Whether no user, no identity and no label stands in two rows.
fn well_formed(rows: &[HeldLink]) -> bool {
    let (mut users, mut uuids, mut slugs) = (HashSet::new(), HashSet::new(), HashSet::new());
    rows.iter().all(|row| {
        fresh(&mut users, row.user)
            && fresh(&mut uuids, row.uuid.clone())
            && fresh(&mut slugs, Some(row.slug.clone()))
    })
}

/// Any well-formed rows, from worlds so small that they meet the account often.
fn rows() -> impl Strategy<Value = Vec<HeldLink>> {
    let row = (0_u128..5, 0_usize..5, 0_usize..5);
    prop::collection::vec(row, 0..8).prop_map(|drawn| {
        let mut rows = Vec::new();
        for (id, (user, uuid, label)) in (1..).zip(drawn) {
            let uuid = ["", "u", "v", "w", "x"][uuid];
            rows.push(held(id, user, uuid, ["s", "t", "a", "b", "c"][label]));
            if !well_formed(&rows) {
                rows.pop();
            }
        }
        rows
    })
}

fn any_account() -> impl Strategy<Value = (&'static str, &'static str)> {
    (
        prop::sample::select(vec!["", "u", "u", "v"]),
        prop::sample::select(vec!["s", "t"]),
    )
}

fn user_of(rows: &[HeldLink], id: LinkId) -> Option<UserId> {
    rows.iter()
        .find(|row| row.id == id)
        .and_then(|row| row.user)
}

/// The rows after the decision, as a store would have it.
fn applied(rows: &[HeldLink], uuid: &str, label: &str, decision: Decision) -> Vec<HeldLink> {
    let Decision::Give {
        reuse,
        replace,
        relabel,
    } = decision
    else {
        return rows.to_vec();
    };
    let mut after: Vec<_> = rows
        .iter()
        .filter(|row| Some(row.id) != replace)
        .cloned()
        .collect();
    for row in &mut after {
        if Some(row.id) == relabel {
            row.slug = slug("out-of-date");
        }
    }
    let mut given = held(1000, 1, uuid, label);
    if let Some(at) = after.iter().position(|row| Some(row.id) == reuse) {
        let old = after.swap_remove(at);
        given.id = old.id;
        given.uuid = given.uuid.or(old.uuid);
    }
    after.push(given);
    after
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn an_account_that_another_holds_is_never_given(
        rows in rows(), (uuid, label) in any_account(), replace in any::<bool>(),
    ) {
        let anothers = rows.iter().any(|row| {
            row.user.is_some_and(|owner| owner != user_id(1))
                && row.uuid.as_ref().is_some_and(|held| held.as_str() == uuid)
        });
        let decision = asked(uuid, label, &rows, replace);
        if anothers {
            prop_assert_eq!(decision, Decision::AccountTaken);
        } else if let Decision::Give { reuse: Some(reuse), .. } = decision {
            let owner = user_of(&rows, reuse);
            prop_assert!(owner.is_none_or(|owner| owner == user_id(1)), "{:?}", rows);
        }
    }

    #[test]
    fn only_the_users_own_other_link_gives_way_and_only_when_asked(
        rows in rows(), (uuid, label) in any_account(),
    ) {
        if let Decision::Give { replace, .. } = asked(uuid, label, &rows, false) {
            prop_assert_eq!(replace, None);
        }
        match asked(uuid, label, &rows, true) {
            Decision::Give { reuse, replace: Some(replaced), .. } => {
                prop_assert_eq!(user_of(&rows, replaced), Some(user_id(1)));
                prop_assert!(reuse != Some(replaced));
            }
            decision => prop_assert!(decision != Decision::AlreadyLinked),
        }
    }

    #[test]
    fn replace_matters_only_where_something_is_in_the_way(
        rows in rows(), (uuid, label) in any_account(),
    ) {
        let (kept, replaced) = (asked(uuid, label, &rows, false), asked(uuid, label, &rows, true));
        match kept {
            Decision::AlreadyLinked => {
                let gave_way = matches!(replaced, Decision::Give { replace: Some(_), .. });
                prop_assert!(gave_way, "{:?}", replaced);
            }
            decision => prop_assert_eq!(decision, replaced),
        }
    }

    #[test]
    fn the_users_own_account_is_always_reused(
        rows in rows(), (uuid, label) in any_account(), replace in any::<bool>(),
    ) {
        let by_uuid = rows
            .iter()
            .find(|row| row.uuid.as_ref().is_some_and(|u| u.as_str() == uuid));
        let by_label = rows
            .iter()
            .find(|row| row.slug.as_str() == label && (row.uuid.is_none() || uuid.is_empty()));
        if let Some(own) = by_uuid.or(by_label).filter(|row| row.user == Some(user_id(1))) {
            let Decision::Give { reuse, replace, .. } = asked(uuid, label, &rows, replace) else {
                panic!("refused: {rows:?}");
            };
            prop_assert_eq!((reuse, replace), (Some(own.id), None));
        }
    }

    #[test]
    fn a_relabelled_link_is_another_one_that_has_the_label(
        rows in rows(), (uuid, label) in any_account(), replace in any::<bool>(),
    ) {
        let decision = asked(uuid, label, &rows, replace);
        if let Decision::Give { reuse, replace, relabel: Some(id) } = decision {
            prop_assert!(reuse != Some(id) && replace != Some(id));
            let row = rows.iter().find(|row| row.id == id).unwrap();
            prop_assert_eq!(row.slug.as_str(), label);
        }
    }

    /// What the unique constraints of the table demand, and the other way round: a row that is
    /// not named by the decision is not in the way.
    #[test]
    fn every_user_account_and_label_is_still_unique_afterwards(
        rows in rows(), (uuid, label) in any_account(), replace in any::<bool>(),
    ) {
        let decision = asked(uuid, label, &rows, replace);
        let after = applied(&rows, uuid, label, decision);
        prop_assert!(well_formed(&after), "{:?} {:?}", decision, after);
        if matches!(decision, Decision::Give { .. }) {
            let again = asked(uuid, label, &after, false);
            prop_assert!(
                matches!(again, Decision::Give { reuse: Some(_), replace: None, relabel: None }),
                "once more is not a no-op: {:?}", again
            );
        }
    }

    #[test]
    fn neither_order_nor_rows_of_others_matter(
        (rows, shuffled) in rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        (uuid, label) in any_account(), replace in any::<bool>(),
    ) {
        let decision = asked(uuid, label, &rows, replace);
        prop_assert_eq!(asked(uuid, label, &shuffled, replace), decision);
        let concerned: Vec<_> = shuffled
            .into_iter()
            .filter(|row| {
                row.user == Some(user_id(1))
                    || row.slug.as_str() == label
                    || row.uuid.as_ref().is_some_and(|u| u.as_str() == uuid)
            })
            .collect();
        prop_assert_eq!(asked(uuid, label, &concerned, replace), decision);
    }
}
