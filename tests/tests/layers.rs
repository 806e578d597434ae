//! The arrows between our crates, where their heavy dependencies may be named, and licences:
//! read from `cargo metadata`. Dev-dependencies are free, but for the server's.
//!
//! See `docs/architecture.md` and `docs/adr/`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};

/// Each of our crates, and those of our crates that it may name.
const ARROWS: &[(&str, &[&str])] = &[
    ("trakt-api", &[]),
    ("trakt-core", &[]),
    ("trakt-gateway", &["trakt-api", "trakt-core"]),
    ("trakt-store", &["trakt-core"]),
    ("trakt-sim", &[]),
    ("trakt-webhook", &["trakt-core"]),
    (
        "trakt-server",
        &[
            "trakt-core",
            "trakt-gateway",
            "trakt-store",
            "trakt-sim",
            "trakt-webhook",
        ],
    ),
    // Somebody else's service, as an example.
    ("media-app", &["trakt-core", "trakt-gateway", "trakt-store"]),
    // Tests of the whole: they may look anywhere, but start the server as a program.
    (
        "trakt-e2e",
        &[
            "trakt-api",
            "trakt-core",
            "trakt-gateway",
            "trakt-store",
            "trakt-sim",
        ],
    ),
];

/// A dependency (`*`: whatever begins thus), and the only crates of ours that may name it.
const HOMES: &[(&str, &[&str])] = &[
    ("actix*", &["trakt-server"]),
    ("diesel*", &["trakt-store"]),
    ("metrics-*", &["trakt-server"]),
    ("r2d2*", &["trakt-store"]),
    ("pq-sys", &["trakt-store"]),
    ("ureq*", &["trakt-api", "trakt-server", "trakt-webhook"]),
];

/// What must not come with trakt-core, however far down.
const NOT_IN_CORE: &[&str] = &[
    "actix*",
    "axum*",
    "diesel*",
    "hyper*",
    "native-tls",
    "openssl*",
    "pq-sys",
    "r2d2*",
    "rustls*",
    "tokio*",
    "ureq*",
];

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

/// What is wrong with one crate of ours naming a dependency; `None` when nothing is.
fn fault(from: &str, to: &str) -> Option<String> {
    let Some((_, may)) = ARROWS.iter().find(|(name, _)| *name == from) else {
        return Some(format!("{from} has no row in ARROWS"));
    };
    let ours = ARROWS.iter().any(|(name, _)| *name == to);
    if ours && !may.contains(&to) {
        return Some(format!("{from} must not depend on {to}"));
    }
    let homeless = from != "trakt-e2e"
        && HOMES
            .iter()
            .any(|(pattern, homes)| fits(pattern, to) && !homes.contains(&from));
    homeless.then(|| format!("{from} must not name {to}"))
}

/// The packages that come with `root`, itself included, over normal and build dependencies.
fn tree<'a>(metadata: &'a Metadata, root: &Package) -> Vec<&'a Package> {
    let resolve = metadata.resolve.as_ref().unwrap();
    let nodes: BTreeMap<_, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let mut seen: BTreeSet<&PackageId> = BTreeSet::new();
    let mut open = vec![&root.id];
    while let Some(id) = open.pop() {
        let (id, node) = nodes.get_key_value(id).unwrap();
        if seen.insert(id) {
            let linked = node.deps.iter().filter(|dep| {
                dep.dep_kinds
                    .iter()
                    .any(|info| info.kind != DependencyKind::Development)
            });
            open.extend(linked.map(|dep| &dep.pkg));
        }
    }
    seen.into_iter().map(|id| &metadata[id]).collect()
}

/// Which of these names trakt-core must not bring.
fn too_heavy<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    names
        .into_iter()
        .filter(|name| NOT_IN_CORE.iter().any(|pattern| fits(pattern, name)))
        .collect()
}

/// Whether one may take `expression` and owe no more than the licences of `allowed`.
fn permissive(expression: &str, allowed: &[String]) -> bool {
    spdx::Expression::parse_mode(expression, spdx::ParseMode::LAX).is_ok_and(|parsed| {
        parsed.evaluate(|wanted| {
            allowed
                .iter()
                .any(|name| *name == wanted.license.to_string())
        })
    })
}

/// The licences that deny.toml allows everywhere.
fn allowed_licences() -> Vec<String> {
    let text = include_str!("../../deny.toml");
    let rules: toml::Table = text.parse().unwrap();
    let allow = rules["licenses"]["allow"].as_array().unwrap();
    let names = allow.iter().map(|name| name.as_str().unwrap().to_owned());
    names.collect()
}

/// The dependency graph as this machine builds it, so that nothing for others is downloaded.
fn metadata() -> Metadata {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let told = String::from_utf8(rustc.stdout).unwrap();
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .other_options(["--locked", "--filter-platform", host.unwrap()].map(str::to_owned))
        .exec()
        .unwrap()
}

#[test]
fn every_arrow_is_one_of_the_map() {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let names: BTreeSet<&str> = packages.iter().map(|p| p.name.as_str()).collect();
    let rows: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, rows, "the crates of the workspace and the map");

    let mut faults = Vec::new();
    for package in packages {
        for dep in &package.dependencies {
            let itself = dep.name == package.name.as_str();
            let free = dep.kind == DependencyKind::Development && dep.name != "trakt-server";
            if !itself && !free {
                faults.extend(fault(&package.name, &dep.name));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn core_brings_no_database_no_http_client_and_no_runtime() {
    let metadata = metadata();
    let packages = metadata.workspace_packages();
    let core = packages.iter().find(|p| p.name.as_str() == "trakt-core");
    let tree = tree(&metadata, core.unwrap());
    assert!(
        tree.len() > 10,
        "the walk found {} packages only",
        tree.len()
    );
    let heavy = too_heavy(tree.iter().map(|package| package.name.as_str()));
    assert!(heavy.is_empty(), "trakt-core brings {heavy:?}");
}

#[test]
fn the_server_alone_is_under_the_gpl_and_what_others_link_is_permissive() {
    let metadata = metadata();
    let allowed = allowed_licences();
    let mut faults = Vec::new();
    for package in metadata.workspace_packages() {
        let name = package.name.as_str();
        let licence = package.license.as_deref().unwrap_or_default();
        let server = name == "trakt-server";
        let (wanted, files): (_, &[&str]) = if server {
            ("GPL-3.0-or-later", &["LICENSE"])
        } else {
            ("MIT OR Apache-2.0", &["LICENSE-APACHE", "LICENSE-MIT"])
        };
        if licence != wanted {
            faults.push(format!("{name} is under {licence:?}, not {wanted:?}"));
        }
        let folder = Path::new(&package.manifest_path).parent().unwrap();
        for file in files {
            if !folder.join(file).is_file() {
                faults.push(format!("{name} has no {file}"));
            }
        }
        // `publish = false` reads as an empty list of registries.
        if server && package.publish.as_ref().is_none_or(|to| !to.is_empty()) {
            faults.push(format!("{name} can be published"));
        }
        // The tests are given to nobody: what they link is free.
        let linked = if name == "trakt-e2e" {
            Vec::new()
        } else {
            tree(&metadata, package)
        };
        for dep in linked {
            let licence = dep.license.as_deref().unwrap_or_default();
            let excepted = server && matches!(dep.name.as_str(), "trakt-server" | "actix-governor");
            if !excepted && !permissive(licence, &allowed) {
                faults.push(format!("{name} brings {} under {licence:?}", dep.name));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// The judges themselves: they must see what they are there for.
#[test]
fn made_up_faults_are_seen() {
    for (from, to) in [
        ("trakt-core", "trakt-store"),
        ("trakt-core", "diesel"),
        ("trakt-api", "trakt-core"),
        ("trakt-gateway", "ureq"),
        ("trakt-gateway", "trakt-store"),
        ("trakt-gateway", "trakt-webhook"),
        ("trakt-webhook", "trakt-api"),
        ("trakt-webhook", "trakt-store"),
        ("trakt-store", "trakt-gateway"),
        ("trakt-store", "actix-governor"),
        ("trakt-core", "metrics-exporter-prometheus"),
        ("trakt-server", "trakt-api"),
        ("trakt-server", "diesel_migrations"),
        ("trakt-sim", "actix-web"),
        ("trakt-e2e", "trakt-server"),
        ("trakt-new", "serde"),
    ] {
        assert!(fault(from, to).is_some(), "{from} → {to} went through");
    }
    for (from, to) in [
        ("trakt-server", "trakt-store"),
        ("trakt-server", "actix-governor"),
        ("trakt-server", "ureq"),
        ("trakt-store", "diesel"),
        ("trakt-core", "metrics"),
        ("trakt-api", "ureq"),
        ("trakt-webhook", "ureq"),
        ("trakt-sim", "axum"),
        ("trakt-e2e", "trakt-sim"),
    ] {
        assert_eq!(fault(from, to), None);
    }
    assert_eq!(too_heavy(["chrono", "rustls-webpki"]), ["rustls-webpki"]);

    let allowed = allowed_licences();
    for good in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-2.0-only OR MIT",
        "ISC AND (MIT OR LGPL-3.0-only)",
    ] {
        assert!(permissive(good, &allowed), "{good}");
    }
    for bad in [
        "",
        "GPL-3.0-or-later",
        "MIT AND GPL-3.0-only",
        "AGPL-3.0-only",
        "LGPL-2.1-or-later",
    ] {
        assert!(!permissive(bad, &allowed), "{bad}");
    }
}
