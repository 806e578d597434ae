//! What is said of the metrics elsewhere is true of them.

use std::collections::BTreeSet;

use super::*;

const METRICS: &str = include_str!("../../../../docs/operations/metrics.md");
const ALERTS: &str = include_str!("../../../../docs/operations/alerts.yml");
const ALERTS_TEST: &str = include_str!("../../../../docs/operations/alerts_test.yml");
const DASHBOARD: &str = include_str!("../../../../docs/operations/dashboard.json");

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram(_) => "histogram",
    }
}

#[test]
fn every_metric_is_documented_and_nothing_else() {
    let documented: Vec<String> = METRICS
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            assert_eq!(cells.len(), 6, "{line}");
            format!("{} {} {}", cells[1], cells[2], cells[3])
        })
        .collect();
    let there: Vec<String> = TABLE
        .iter()
        .map(|metric| {
            let labels: Vec<String> = metric.labels.iter().map(|l| format!("`{l}`")).collect();
            format!(
                "`{}` {} {}",
                metric.name,
                word(metric.kind),
                labels.join(", ")
            )
        })
        .collect();
    assert_eq!(documented, there);
}

#[test]
fn names_are_as_prometheus_wants_them() {
    let mut names = BTreeSet::new();
    for metric in TABLE {
        assert!(
            names.insert(metric.name),
            "{} stands there twice",
            metric.name
        );
        let total = metric.name.ends_with("_total");
        assert_eq!(total, metric.kind == Kind::Counter, "{}", metric.name);
        if let Kind::Histogram(buckets) = metric.kind {
            assert!(metric.name.ends_with("_seconds"), "{}", metric.name);
            assert!(buckets.is_sorted_by(|a, b| a < b), "{}", metric.name);
        }
        assert!(metric.help.ends_with('.'), "{}", metric.name);
        for label in metric.labels {
            let personal = ["user", "slug", "email", "token", "ip", "account", "id"];
            assert!(!personal.contains(label), "{}", metric.name);
        }
    }
}

#[test]
fn the_start_is_told_where_the_system_does_not_say_it() {
    let metrics = Metrics::start().unwrap();
    // The system was not asked yet.
    let text = metrics.0.render();
    let name = "process_start_time_seconds ";
    let start = text.lines().find_map(|line| line.strip_prefix(name));
    let start: f64 = start.unwrap().parse().unwrap();
    let now = SystemClock.now().timestamp_millis() as f64 / 1000.0;
    assert!((now - 60.0..=now).contains(&start), "{start}");
}

/// The names of ours in a text, without what a histogram adds to its own.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let ours = words.filter(|word| {
        ["trakt_", "process_"]
            .iter()
            .any(|start| word.starts_with(start))
            && !["trakt_unavailable"].contains(word)
    });
    ours.map(|word| {
        let base = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| word.strip_suffix(end));
        let histogram = |name: &&str| {
            TABLE
                .iter()
                .any(|metric| metric.name == *name && matches!(metric.kind, Kind::Histogram(_)))
        };
        base.filter(histogram).unwrap_or(word)
    })
    .collect()
}

#[test]
fn alerts_and_dashboard_know_no_other_metric() {
    let there: BTreeSet<&str> = TABLE.iter().map(|metric| metric.name).collect();
    for (file, text) in [
        ("alerts.yml", ALERTS),
        ("alerts_test.yml", ALERTS_TEST),
        ("dashboard.json", DASHBOARD),
    ] {
        let named = named(text);
        assert!(named.len() > 20, "{file} names {} metrics", named.len());
        let unknown: Vec<_> = named.difference(&there).collect();
        assert!(unknown.is_empty(), "{file} names {unknown:?}");
    }
    // What is counted is looked at, by somebody or by a rule.
    let seen: BTreeSet<&str> = named(DASHBOARD).union(&named(ALERTS)).copied().collect();
    let unseen = there.iter().filter(|name| !seen.contains(**name));
    let unseen: Vec<_> = unseen.filter(|name| name.starts_with("trakt_")).collect();
    assert!(unseen.is_empty(), "{unseen:?}");
}

/// How a rule or a panel names labels: each must be one of its metric's.
#[test]
fn alerts_and_dashboard_use_labels_that_are_there() {
    let mut seen = 0;
    for text in [ALERTS, DASHBOARD] {
        for metric in TABLE {
            for (at, _) in text.match_indices(metric.name) {
                let rest = text[at..].trim_start_matches(metric.name);
                let rest = rest.strip_prefix("_bucket").unwrap_or(rest);
                let Some(inside) = rest.strip_prefix('{') else {
                    continue;
                };
                let inside = inside.split('}').next().unwrap_or_default();
                for pair in inside.split(", ") {
                    let label = pair.split(['=', '!', '~']).next().unwrap_or_default();
                    let known = label == "job" || metric.labels.contains(&label);
                    assert!(known, "{}{{{inside}}}", metric.name);
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 50, "{seen} labels were looked at");
}
