//! The requests against Trakt's published OpenAPI document, where `TRAKT_CONTRACT` names a copy.
//! It is not part of this repository.

mod coverage;
mod operation;

use std::collections::BTreeSet;

use trakt_api::RawRequest;

use crate::calls::{Called, all};
use crate::fake::{answering, reply};
use operation::{Contract, Exceptions};

/// What each call sends.
fn requests() -> Vec<(Called, RawRequest)> {
    let mut requests = Vec::new();
    for call in all() {
        let (client, fake) = answering(Ok(reply(200, &[], "{}")));
        drop((call.send)(&client));
        let mut sent = std::mem::take(&mut *fake.sent.lock().unwrap());
        assert_eq!(sent.len(), 1, "{}", call.endpoint);
        requests.push((call, sent.remove(0)));
    }
    requests
}

#[test]
fn every_request_is_one_of_the_contract() {
    let Some(contract) = Contract::read() else {
        return;
    };
    let mut exceptions = Exceptions::default();
    let mut wrong = BTreeSet::new();
    for (call, request) in requests() {
        let call = call.name();
        if let Err(why) = contract.check(&call, &request, &mut exceptions) {
            wrong.insert(format!("{call}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let unused = exceptions.unused();
    assert!(unused.is_empty(), "no longer exceptions: {unused:#?}");
}

/// So that no endpoint is left out of what is checked here, and against the mock server.
#[test]
fn every_endpoint_is_called() {
    let called: BTreeSet<_> = all().into_iter().map(|call| call.endpoint).collect();
    let files = concat!(env!("CARGO_MANIFEST_DIR"), "/src/endpoints");
    let mut defined = BTreeSet::new();
    for file in std::fs::read_dir(files).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let names = text.lines().filter_map(|line| {
            let (name, _) = line.strip_prefix("impl Endpoint for ")?.split_once(' ')?;
            Some(name.trim_end_matches("<'_>").to_owned())
        });
        defined.extend(names);
    }
    let called: BTreeSet<_> = called.into_iter().map(str::to_owned).collect();
    assert!(defined.len() > 40, "{defined:?}");
    assert_eq!(called, defined);
}
