//! The table of the README: what of the contract is covered.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::operation::Contract;
use super::requests;

const START: &str = "<!-- coverage: written by `UPDATE_README=1 cargo test -p trakt-api` -->\n";
const END: &str = "<!-- /coverage -->";

#[test]
fn the_readme_says_what_is_covered() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let (before, rest) = readme
        .split_once(START)
        .expect("the beginning of the table");
    let (table, after) = rest.split_once(END).expect("the end of the table");
    let Some(contract) = Contract::read() else {
        // Without the contract: every endpoint is named.
        let endpoints: BTreeSet<_> = requests()
            .into_iter()
            .map(|(call, _)| call.endpoint)
            .collect();
        for endpoint in endpoints {
            assert!(table.contains(&format!("[`{endpoint}`]")), "{endpoint}");
        }
        return;
    };
    let mut covered: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
    for (call, request) in requests() {
        let method = request.method.as_str();
        let (template, _) = contract.find(method, request.url.path()).unwrap();
        let operation = (template, method.to_owned());
        covered.entry(operation).or_default().insert(call.endpoint);
    }
    // A page for people, whose address `Authorize` makes.
    covered.insert(
        ("/oauth/authorize".to_owned(), "GET".to_owned()),
        BTreeSet::from(["Authorize"]),
    );
    let written = written(&contract, &covered);
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path, format!("{before}{START}{written}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(table, written, "set UPDATE_README=1 to write it anew");
}

fn written(contract: &Contract, covered: &BTreeMap<(String, String), BTreeSet<&str>>) -> String {
    let all = contract.operations();
    let area = |path: &str| path.split('/').nth(1).unwrap_or_default().to_owned();
    let mut areas: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (method, path) in &all {
        let count = areas.entry(area(path)).or_default();
        count.0 += usize::from(covered.contains_key(&(path.clone(), method.clone())));
        count.1 += 1;
    }
    let mut text = format!(
        "\n{} of the {} operations of Trakt's contract:\n\n| area | covered |\n|---|---|\n",
        covered.len(),
        all.len()
    );
    let (some, none): (Vec<_>, Vec<_>) = areas.iter().partition(|(_, (covered, _))| *covered > 0);
    for (area, (covered, all)) in some {
        let _ = writeln!(text, "| `/{area}` | {covered} of {all} |");
    }
    let names: Vec<_> = none.iter().map(|(area, _)| format!("`/{area}`")).collect();
    let rest: usize = none.iter().map(|(_, (_, all))| all).sum();
    let _ = writeln!(text, "| {} | 0 of {rest} |", names.join(", "));
    text.push_str("\n| operation | endpoint |\n|---|---|\n");
    for ((path, method), endpoints) in covered {
        let links: Vec<_> = endpoints
            .iter()
            .map(|name| format!("[`{name}`](crate::endpoints::{name})"))
            .collect();
        let _ = writeln!(text, "| `{method} {path}` | {} |", links.join(", "));
    }
    text.push('\n');
    text
}
