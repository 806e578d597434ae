//! Every test that a document names is there.

use super::page::{Page, root};

/// The pairs of file and function that stand in code, as `tests/x.rs::name`.
fn named(text: &str) -> Vec<(&str, &str)> {
    let code = text.split('`').skip(1).step_by(2);
    code.filter_map(|code| code.split_once(".rs::")).collect()
}

/// What is in the file, or in those of the folder that it has become.
fn source(file: &str) -> String {
    let path = root().join(file);
    let parts = std::fs::read_dir(&path).into_iter().flatten();
    let parts = parts.map(|part| part.unwrap().path());
    let files = parts.chain([path.with_extension("rs")]);
    files
        .filter_map(|file| std::fs::read_to_string(file).ok())
        .collect()
}

#[test]
fn every_test_that_is_named_is_there() {
    let mut promises = 0;
    let mut gone = Vec::new();
    for page in Page::all() {
        for (file, name) in named(&page.text) {
            let source = source(file);
            let found = source.match_indices(&format!("fn {name}(")).any(|(at, _)| {
                let above = source[..at].rsplit("\n\n").next().unwrap();
                // A proof is a function of that name.
                above.contains("test]") || (name == "prove" && file.contains("/prove/"))
            });
            promises += usize::from(page.name == "docs/security.md");
            if !found {
                gone.push(format!("{}: {file}.rs::{name}", page.name));
            }
        }
    }
    assert!(gone.is_empty(), "{gone:#?}");
    assert!(promises > 50, "docs/security.md names {promises}");
}

/// In the table of promises each has a test, or says that it has none.
#[test]
fn every_promise_names_its_tests() {
    let page = Page::read(&root().join("docs/security.md"));
    let (_, table) = page.text.split_once("\n## Promises").expect("the heading");
    let (table, _) = table.split_once("\n## ").expect("the next heading");
    let rows: Vec<_> = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| promise"))
        .collect();
    assert!(rows.len() > 30, "{}", rows.len());
    for row in rows {
        assert!(!named(row).is_empty(), "no test: {row}");
    }
}
