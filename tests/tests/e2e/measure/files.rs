//! The documentation, the alerts and the dashboard, held against what is served and, where promtool
//! is (`TRAKT_PROMTOOL`), against Prometheus' own judgement.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::scrape::Scrape;

fn path(name: &str) -> String {
    format!("{}/../docs/operations/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn file(name: &str) -> String {
    std::fs::read_to_string(path(name)).expect("a file of docs/operations")
}

/// Every metric that is served is documented, with its type and labels, and the other way round.
pub fn documented(scrape: &Scrape) {
    let rows = file("metrics.md");
    let rows = rows.lines().filter(|line| line.starts_with("| `"));
    let documented: BTreeSet<String> = rows
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let labels = cells[3].split(", ").map(|label| label.trim_matches('`'));
            let labels: BTreeSet<&str> = labels.collect();
            let labels: Vec<&str> = labels.into_iter().collect();
            let name = cells[1].trim_matches('`');
            format!("{name} {} {}", cells[2], labels.join(","))
        })
        .collect();
    assert_eq!(scrape.metrics(), documented);
}

/// Runs promtool with this as its input, where it is.
fn promtool(args: &[&str], input: &str) {
    let Some(promtool) = std::env::var_os("TRAKT_PROMTOOL") else {
        return;
    };
    let mut child = Command::new(promtool)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool starts");
    let stdin = child.stdin.take().expect("a pipe");
    // What reads nothing closes the pipe.
    let _ = { stdin }.write_all(input.as_bytes());
    let output = child.wait_with_output().expect("promtool ends");
    let said =
        [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
    assert!(output.status.success(), "promtool {args:?}: {said:?}");
    if args[0] == "check" && args[1] == "metrics" {
        assert_eq!(said.concat(), "", "promtool would have it otherwise");
    }
}

/// `promtool check metrics`: what Prometheus' own tool thinks of what is served.
pub fn checked(scrape: &Scrape) {
    promtool(&["check", "metrics"], &scrape.text);
}

#[test]
fn the_alerts_are_rules_and_do_what_they_are_for() {
    promtool(&["check", "rules", &path("alerts.yml")], "");
    promtool(&["test", "rules", &path("alerts_test.yml")], "");
}

/// Each query of the dashboard is one that Prometheus can read.
#[test]
fn the_dashboard_asks_what_can_be_asked() {
    let dashboard: Value = serde_json::from_str(&file("dashboard.json")).unwrap();
    let mut rules = "groups:\n- name: dashboard\n  rules:\n".to_owned();
    let mut queries = 0;
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let query = target["expr"].as_str().unwrap();
            let query = query
                .replace("$__rate_interval", "5m")
                .replace("$job", "trakt");
            queries += 1;
            let query = Value::from(query);
            writeln!(rules, "  - {{record: 'query:{queries}', expr: {query}}}").unwrap();
        }
    }
    assert!(queries > 40, "{queries}");
    let dir = tempfile::TempDir::new().unwrap();
    let rule_file = dir.path().join("rules.yml");
    std::fs::write(&rule_file, rules).unwrap();
    promtool(&["check", "rules", rule_file.to_str().unwrap()], "");
}
