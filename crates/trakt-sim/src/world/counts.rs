//! How many requests each endpoint had, by what was answered: what a test of load asks, for
//! which the log is too much.

use std::collections::BTreeMap;

use serde::Serialize;

use super::World;

/// The requests of one endpoint that were answered alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Count {
    /// Method and route, as in `GET /users/{slug}`; `*` for what no route is there for.
    pub endpoint: String,
    /// The status that was sent; `None` where the connection was cut instead.
    pub status: Option<u16>,
    /// How many.
    pub requests: u64,
}

/// By endpoint and status.
#[derive(Debug, Default)]
pub(super) struct Counts(BTreeMap<String, BTreeMap<Option<u16>, u64>>);

impl World {
    pub(crate) fn count(&mut self, endpoint: &str, status: Option<u16>) {
        let counts = &mut self.counts.0;
        let of_endpoint = match counts.get_mut(endpoint) {
            Some(of_endpoint) => of_endpoint,
            None => counts.entry(endpoint.to_owned()).or_default(),
        };
        *of_endpoint.entry(status).or_default() += 1;
    }

    pub(crate) fn counts(&self) -> Vec<Count> {
        let mut all = Vec::new();
        for (endpoint, statuses) in &self.counts.0 {
            all.extend(statuses.iter().map(|(status, requests)| Count {
                endpoint: endpoint.clone(),
                status: *status,
                requests: *requests,
            }));
        }
        all
    }

    pub(crate) fn clear_counts(&mut self) {
        self.counts.0.clear();
    }
}
