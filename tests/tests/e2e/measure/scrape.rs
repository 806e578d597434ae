//! What `/metrics` gives, read.

use std::collections::{BTreeMap, BTreeSet};

use crate::harness::{Server, call};

/// A sample's name and labels.
type Series = (String, BTreeMap<String, String>);

/// One reading of the metrics (Prometheus' text format 0.0.4).
pub struct Scrape {
    pub text: String,
    samples: BTreeMap<Series, f64>,
    kinds: BTreeMap<String, String>,
    helps: BTreeSet<String>,
}

impl Scrape {
    pub fn of(server: &Server) -> Self {
        let reply = call("GET", &server.url("/metrics"), None, None);
        assert_eq!(reply.status, 200, "{reply:?}");
        let format = reply.header("content-type");
        assert_eq!(format, Some("text/plain; version=0.0.4; charset=utf-8"));
        Self::read(reply.text)
    }

    fn read(text: String) -> Self {
        let mut scrape = Self {
            text: String::new(),
            samples: BTreeMap::new(),
            kinds: BTreeMap::new(),
            helps: BTreeSet::new(),
        };
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                let before = scrape.kinds.insert(name.to_owned(), kind.to_owned());
                assert_eq!(before, None, "{name} stands there twice");
            } else if let Some(rest) = line.strip_prefix("# HELP ") {
                scrape
                    .helps
                    .insert(rest.split_once(' ').unwrap().0.to_owned());
            } else {
                let (series, value) = line.rsplit_once(' ').unwrap();
                let before = scrape.samples.insert(read(series), value.parse().unwrap());
                assert_eq!(before, None, "{series} stands there twice");
            }
        }
        scrape.text = text;
        scrape
    }

    /// Name, type and labels of every metric, as the documentation writes them.
    pub fn metrics(&self) -> BTreeSet<String> {
        let kinds = self.kinds.iter();
        kinds
            .map(|(name, kind)| {
                assert!(self.helps.contains(name), "{name} has no help");
                let mut labels = BTreeSet::new();
                for (_, given) in self.samples.keys().filter(|(of, _)| base(of, kind) == name) {
                    labels.extend(given.keys().filter(|label| *label != "le").cloned());
                }
                let labels: Vec<_> = labels.into_iter().collect();
                format!("{name} {kind} {}", labels.join(","))
            })
            .collect()
    }

    /// The value of one series; labels are pairs by commas.
    #[track_caller]
    pub fn value(&self, name: &str, labels: &str) -> f64 {
        let found = self.find(name, labels);
        found.unwrap_or_else(|| panic!("no {name}{{{labels}}} in\n{}", self.text))
    }

    pub fn find(&self, name: &str, labels: &str) -> Option<f64> {
        let pairs = labels.split(',').filter(|pair| !pair.is_empty());
        let labels = pairs.map(|pair| pair.split_once('=').unwrap());
        let labels = labels.map(|(label, value)| (label.to_owned(), value.to_owned()));
        self.samples
            .get(&(name.to_owned(), labels.collect()))
            .copied()
    }

    /// All series of a name, by the values of these labels.
    pub fn by(&self, name: &str, labels: &[&str]) -> BTreeMap<Vec<String>, f64> {
        let mut values = BTreeMap::new();
        for ((of, given), value) in &self.samples {
            if of == name {
                let key: Vec<String> = labels.iter().map(|label| given[*label].clone()).collect();
                *values.entry(key).or_default() += value;
            }
        }
        values
    }
}

/// The metric that a sample is of.
fn base<'a>(sample: &'a str, kind: &str) -> &'a str {
    let ends: &[&str] = match kind {
        "histogram" => &["_bucket", "_sum", "_count"],
        _ => &[],
    };
    let base = ends.iter().find_map(|end| sample.strip_suffix(end));
    base.unwrap_or(sample)
}

fn read(series: &str) -> Series {
    let Some((name, labels)) = series.split_once('{') else {
        return (series.to_owned(), BTreeMap::new());
    };
    let labels = labels.strip_suffix('}').unwrap();
    // No value of ours has a quote or a comma in it, which this holds.
    let labels = labels.split("\",").map(|pair| {
        let (label, value) = pair.split_once("=\"").unwrap();
        let value = value.trim_end_matches('"');
        assert!(!value.contains(['"', ',', '\\']), "{series}");
        (label.to_owned(), value.to_owned())
    });
    (name.to_owned(), labels.collect())
}
