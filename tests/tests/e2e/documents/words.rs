//! Settings, commands, routes and error codes: each is described, and none that is described is gone.

use std::collections::BTreeSet;

use super::page::{Page, root};
use crate::harness::run_command;

/// The quoted words that look so, in what is no test.
fn quoted(source: &str, fits: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let code = source.split("#[cfg(test)]").next().unwrap();
    let words = code.split('"').skip(1).step_by(2);
    words.filter(|word| fits(word)).map(str::to_owned).collect()
}

fn is_setting(word: &str) -> bool {
    let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    word.len() > 4 && !word.starts_with('_') && word.contains('_') && word.chars().all(fits)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// What reads the settings, without its tests.
fn config() -> String {
    let folder = root().join("crates/trakt-server/src/config");
    let files = std::fs::read_dir(folder).unwrap();
    let files = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    files
        .map(|source| source.split("#[cfg(test)]").next().unwrap().to_owned())
        .collect()
}

/// The settings of the program, as its source names them.
fn settings() -> BTreeSet<String> {
    let names = quoted(&config(), is_setting);
    assert!(names.len() > 10, "{names:?}");
    names
}

#[test]
fn every_setting_is_described() {
    let rows = read("docs/configuration.md");
    let rows = rows.lines().filter_map(|line| line.strip_prefix("| `"));
    // Secrets are marked with a star, and come from a file too.
    let rows: Vec<(&str, bool)> = rows
        .filter_map(|row| row.split_once('`'))
        .map(|(name, rest)| (name, rest.starts_with('*')))
        .collect();
    let described: BTreeSet<String> = rows.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(described, settings(), "docs/configuration.md");

    let sample = read(".env.sample");
    let sampled: BTreeSet<&str> = sample
        .lines()
        .filter_map(|line| line.trim_start_matches("# ").split_once('='))
        .map(|(name, _)| name)
        .filter(|name| is_setting(name))
        .collect();
    let files = rows.iter().filter(|(_, secret)| *secret);
    let files: Vec<String> = files.map(|(name, _)| format!("{name}_FILE")).collect();
    let expected = described.iter().chain(&files).map(String::as_str);
    assert_eq!(sampled, expected.collect(), ".env.sample");
}

/// Whether a setting is a secret is up to the code.
#[test]
fn the_settings_that_are_marked_can_come_from_a_file() {
    let files = ["settings", "webhook"];
    let files = files.map(|name| read(&format!("crates/trakt-server/src/config/{name}.rs")));
    let source = files.concat();
    let secrets: BTreeSet<String> = source
        .split("secret(")
        .skip(1)
        .filter(|rest| {
            ["env,", "&mut env,"]
                .iter()
                .any(|env| rest.starts_with(env))
        })
        .filter_map(|rest| rest.split('"').nth(1))
        .filter(|word| is_setting(word))
        .map(str::to_owned)
        .collect();
    let rows = read("docs/configuration.md");
    let marked: BTreeSet<String> = rows
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("`*"))
        .map(|(name, _)| name.to_owned())
        .collect();
    assert_eq!(marked, secrets);
}

/// The commands below this one, as `--help` lists them.
fn commands(above: &[&str]) -> Vec<Vec<String>> {
    let mut arguments = above.to_vec();
    arguments.push("--help");
    let help = run_command(&arguments, &[], "");
    assert!(help.status.success(), "{arguments:?}: {help:?}");
    let help = String::from_utf8(help.stdout).unwrap();
    let Some((_, listed)) = help.split_once("Commands:\n") else {
        return vec![above.iter().map(|word| (*word).to_owned()).collect()];
    };
    let names = listed.lines().take_while(|line| !line.is_empty());
    let names = names.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let names: Vec<_> = names.filter(|name| !["help", ""].contains(name)).collect();
    let below = names
        .iter()
        .map(|name| commands(&[above, &[name]].concat()));
    below.flatten().collect()
}

#[test]
fn every_command_is_described_and_every_one_that_is_described_is_there() {
    let known: BTreeSet<String> = commands(&[]).iter().map(|words| words.join(" ")).collect();
    assert!(known.contains("user add"), "{known:?}");
    let mut described = BTreeSet::new();
    for page in Page::all() {
        for rest in page.text.split("trakt-server ").skip(1) {
            let words = rest.split([' ', '`', '\n', '"']).take(2);
            let words: Vec<_> = words.take_while(|word| !word.is_empty()).collect();
            let one = words.first().copied().unwrap_or_default().to_owned();
            let command = [words.join(" "), one]
                .into_iter()
                .find(|c| known.contains(c));
            described.extend(command);
        }
    }
    let forgotten: Vec<_> = known.difference(&described).collect();
    assert!(forgotten.is_empty(), "nowhere described: {forgotten:?}");

    // In code: `trakt-server something` is a command.
    for page in Page::all() {
        for rest in page.text.split("`trakt-server ").skip(1) {
            let (words, _) = rest.split_once('`').unwrap();
            let words: Vec<_> = words.split_whitespace().take(2).collect();
            let there = known.contains(&words.join(" ")) || known.contains(words[0]);
            let group = known
                .iter()
                .any(|c| c.starts_with(&format!("{} ", words[0])));
            assert!(
                there || group || words[0].starts_with('-'),
                "{}: {words:?}",
                page.name
            );
        }
    }
}

#[test]
fn every_route_and_error_is_in_the_guide_for_integrators() {
    let (guide, readme) = (read("docs/integrators.md"), read("README.md"));
    let routes = read("crates/trakt-server/src/routes.rs");
    let (_, table) = routes.split_once("TABLE").unwrap();
    let (table, _) = table.split_once("];").unwrap();
    let routes = quoted(table, |word| word.starts_with('/'));
    assert!(routes.len() > 20, "{routes:?}");
    for route in &routes {
        // Of two paths that are alike one is enough.
        let alike = route
            .replace("/shows", "/movies")
            .replace("/{id}/undo", "")
            .replace("/{file}", "");
        let alike = [route, &alike];
        assert!(
            alike
                .iter()
                .any(|route| guide.contains(*route) || readme.contains(*route)),
            "{route}"
        );
    }
    let codes = read("crates/trakt-server/src/problem/code.rs");
    let (_, codes) = codes.split_once("codes! {").unwrap();
    for line in codes.lines().take_while(|line| !line.starts_with('}')) {
        if let Some(code) = line.split('"').nth(1) {
            assert!(guide.contains(&format!("`{code}`")), "the code {code}");
        }
    }
}
