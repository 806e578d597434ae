//! What is written for readers is true: commands work as they are shown, links lead somewhere,
//! every setting and command is described, and every test that is named is there.

mod commands;
mod page;
mod promises;
mod stage;
mod words;

use std::collections::BTreeSet;

use self::page::{Page, root};

#[test]
fn every_link_leads_somewhere() {
    let pages = Page::all();
    let mut broken = Vec::new();
    for page in &pages {
        for link in &page.links {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (path, place) = match link.split_once('#') {
                Some((path, place)) => (path, Some(place)),
                None => (link.as_str(), None),
            };
            let own = root().join(&page.name);
            let target = match path {
                "" => own.clone(),
                path => own.parent().unwrap().join(path),
            };
            let found = target.exists()
                && place.is_none_or(|place| {
                    let target = target.canonicalize().unwrap();
                    target.extension().is_none_or(|kind| kind != "md")
                        || Page::read(&target).anchors.iter().any(|a| a == place)
                });
            if !found {
                broken.push(format!("{}: {link}", page.name));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_document_is_in_the_index() {
    let index = Page::read(&root().join("docs/README.md"));
    let linked: BTreeSet<String> = index
        .links
        .iter()
        .map(|link| link.split('#').next().unwrap())
        .filter(|link| !link.contains("://"))
        .map(|link| root().join("docs").join(link))
        .filter_map(|path| path.canonicalize().ok())
        .map(|path| path.display().to_string())
        .collect();
    let decisions = root().join("docs/adr/README.md");
    assert!(linked.contains(&decisions.display().to_string()));
    for page in Page::all() {
        let path = root().join(&page.name);
        // Decisions have an index of their own.
        let own = page.name.starts_with("docs/adr/") || page.name == "docs/README.md";
        let known = own || linked.contains(&path.display().to_string());
        assert!(known, "{} is not in docs/README.md", page.name);
    }
}
