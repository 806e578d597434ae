//! Tokens that somebody might try. Each is refused, and for the reason that is meant to catch
//! it: a case that another check happened to catch would prove nothing.

mod algorithm;
mod claims;
mod header;
mod shape;
mod signature;

use std::collections::HashSet;

use super::{refused, verifier};
use crate::auth::TokenRefused;

struct Case {
    name: &'static str,
    token: String,
    why: TokenRefused,
}

fn case(name: &'static str, why: TokenRefused, token: impl Into<String>) -> Case {
    Case {
        name,
        token: token.into(),
        why,
    }
}

fn all() -> Vec<Case> {
    [
        algorithm::cases(),
        header::cases(),
        claims::cases(),
        shape::cases(),
        signature::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn every_hostile_token_is_refused_for_its_own_reason() {
    let (verifier, _) = verifier();
    let mut wrong = Vec::new();
    for Case { name, token, why } in all() {
        let answer = verifier.verify(&token);
        if answer != refused(why) {
            wrong.push(format!("{name}: {answer:?} and not {why:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn there_are_many_and_no_two_are_the_same() {
    let cases = all();
    assert!(cases.len() >= 100, "{}", cases.len());
    let names: HashSet<_> = cases.iter().map(|case| case.name).collect();
    let tokens: HashSet<_> = cases.iter().map(|case| &case.token).collect();
    assert_eq!((names.len(), tokens.len()), (cases.len(), cases.len()));
}
