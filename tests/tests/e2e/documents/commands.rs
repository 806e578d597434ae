//! The commands of the documents are run.

use std::path::Path;

use super::page::{Block, Page, root};
use super::stage::Stage;

/// Blocks that are not run here: the document, how the block begins (`*`: all of the document), which
/// test or script runs it instead, and why.
const ELSEWHERE: &[(&str, &str, &str, &str)] = &[
    (
        "README.md",
        "scripts/test",
        "scripts/test",
        "it runs this test",
    ),
    (
        "README.md",
        "cargo build --release",
        "scripts/prove",
        "it takes minutes; the proofs run what it builds",
    ),
    (
        "crates/trakt-sim/README.md",
        "cargo run -p trakt-sim",
        "crates/trakt-sim/tests/it/media/generated.rs",
        "the commands after it are run against a simulator that is there",
    ),
    (
        "crates/trakt-sim/README.md",
        "# A thousand accounts",
        "crates/trakt-sim/tests/it/media/generated.rs",
        "the same with fewer accounts",
    ),
    (
        "docs/contributing.md",
        "cargo build --workspace",
        "scripts/test",
        "it runs these tests among all, and this one",
    ),
    (
        "docs/operations/install.md",
        "scripts/package",
        "scripts/lib/try-package",
        "it installs, in a Debian of its own",
    ),
    (
        "docs/operations/install.md",
        "sudo systemd-run",
        "scripts/lib/try-package",
        "it needs the system that it was installed into",
    ),
    (
        "docs/operations/install.md",
        "cd packaging/docker",
        "scripts/lib/check-packages",
        "there is no engine to run it: its files are linted, and the document says so",
    ),
    (
        "docs/testing.md",
        "cargo build --workspace",
        "scripts/test",
        "it runs this test",
    ),
];

/// Runs the blocks of a document from the first to the last. Where none of them starts the service,
/// the document is about one that runs: the demo.
fn play(page: &Page) {
    let mut stage = Stage::new();
    let runs = page.text.contains("http://127.0.0.1:8080");
    if runs && !page.blocks.iter().any(Block::serves) {
        stage.serve("trakt-server demo");
    }
    for block in here(page) {
        stage.play(block);
    }
    stage.end();
}

fn here(page: &Page) -> impl Iterator<Item = &Block> {
    let elsewhere = |block: &Block| {
        ELSEWHERE.iter().any(|(name, begins, _, _)| {
            *name == page.name && (*begins == "*" || block.commands.starts_with(begins))
        })
    };
    page.blocks.iter().filter(move |block| !elsewhere(block))
}

#[test]
fn every_command_works_as_it_is_shown() {
    let pages = Page::with_commands();
    std::thread::scope(|scope| {
        for page in pages.iter().filter(|page| here(page).next().is_some()) {
            let name = page.name.clone();
            std::thread::Builder::new()
                .name(name)
                .spawn_scoped(scope, || play(page))
                .unwrap();
        }
    });
}

#[test]
fn what_is_run_elsewhere_is_run_there() {
    let pages = Page::with_commands();
    for (name, begins, by, why) in ELSEWHERE {
        let page = pages.iter().find(|page| page.name == *name).expect(name);
        let blocks = page.blocks.iter();
        let mut blocks: Vec<_> = blocks
            .filter(|block| *begins == "*" || block.commands.starts_with(begins))
            .collect();
        assert!(!blocks.is_empty(), "{name}: no block begins with {begins}");
        assert!(!why.is_empty());
        let runs = std::fs::read_to_string(root().join(by)).expect(by);
        let file = Path::new(name).file_name().unwrap().to_str().unwrap();
        // It reads the document, or begins with what the block begins with, or is the command.
        if runs.contains(file) {
            continue;
        }
        blocks.retain(|block| block.commands.trim() != *by);
        for block in blocks {
            let lines = block.commands.lines().filter(|line| !line.starts_with('#'));
            let words = lines.flat_map(|line| line.split(' '));
            let words: Vec<&str> = words
                .filter(|word| !["sudo", "cd"].contains(word))
                .collect();
            // Of cargo with what it is to do.
            let program = match words[0] {
                "cargo" => words[..2].join(" "),
                path => path.rsplit('/').next().unwrap_or_default().to_owned(),
            };
            assert!(runs.contains(&program), "{by} does not run {program}");
        }
    }
}

/// Commands in a block of another kind would be run by nobody.
#[test]
fn commands_are_marked_as_sh() {
    for page in Page::with_commands() {
        for language in &page.languages {
            let foreign = ["bash", "shell", "console", "zsh", "indented"];
            assert!(
                !foreign.contains(&language.as_str()),
                "{}: {language}",
                page.name
            );
        }
    }
}

#[test]
fn the_sample_users_of_the_readme_are_those_of_the_demo() {
    let readme = Page::read(&root().join("README.md"));
    let mut stage = Stage::new();
    stage.serve("trakt-server demo");
    let said = stage.said();
    let users = said.lines().filter_map(|line| line.split_once(" / "));
    let users: Vec<_> = users
        .filter_map(|(user, password)| Some((user.split_whitespace().last()?, password)))
        .collect();
    assert_eq!(users.len(), 3, "{said}");
    for (email, password) in users {
        let row = format!("| `{email}` | `{password}` |");
        assert!(readme.text.contains(&row), "{row}");
    }
    stage.end();
}
