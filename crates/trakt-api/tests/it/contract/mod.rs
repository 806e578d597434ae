//! The requests against Trakt's published OpenAPI document, where `TRAKT_CONTRACT` names a copy.
//! It is not part of this repository.

mod coverage;
mod operation;

use std::collections::BTreeSet;

use trakt_api::RawRequest;

use crate::calls::all;
use crate::fake::{answering, reply};
use operation::{Contract, Exceptions};

/// What each call sends, with the type of its endpoint.
fn requests() -> Vec<(&'static str, RawRequest)> {
    let mut requests = Vec::new();
    for call in all() {
        // Refused, so that a check-in's second form comes only when the first is through.
        for body in ["{}", r#"{"id":1,"movie":{}}"#] {
            let (client, fake) = answering(Ok(reply(200, &[], body)));
            drop((call.send)(&client));
            requests.extend(
                fake.sent
                    .lock()
                    .unwrap()
                    .drain(..)
                    .map(|sent| (call.endpoint, sent)),
            );
        }
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
    for (endpoint, request) in requests() {
        if let Err(why) = contract.check(endpoint, &request, &mut exceptions) {
            wrong.insert(format!("{endpoint}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let unused = exceptions.unused();
    assert!(unused.is_empty(), "no longer exceptions: {unused:#?}");
}
