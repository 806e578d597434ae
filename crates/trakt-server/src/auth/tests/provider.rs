//! An identity provider that does as it is told and counts.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

use serde_json::{Value, json};

use super::mint::{EC, ED, RSA, base64};
use crate::auth::{KeySetFault, KeySetSource};

pub struct Provider {
    answer: Mutex<Result<Vec<u8>, KeySetFault>>,
    calls: AtomicUsize,
    open: Mutex<bool>,
    opened: Condvar,
}

impl Provider {
    /// One usable key of each kind, and some that are not.
    pub fn new() -> Self {
        let provider = Self {
            answer: Mutex::new(Ok(Vec::new())),
            calls: AtomicUsize::new(0),
            open: Mutex::new(true),
            opened: Condvar::new(),
        };
        provider.publish(&[
            RSA.jwk("rsa-1"),
            EC.jwk("ec-1"),
            ED.jwk("ed-1"),
            json!({"kty": "oct", "kid": "oct-1", "k": base64(SYMMETRIC)}),
            json!({"kty": "OKP", "crv": "Ed448", "kid": "ed448-1", "x": base64([7; 57])}),
            json!({"kty": "OKP", "crv": "X25519", "kid": "x25519-1", "x": ED.jwk["x"]}),
        ]);
        provider
    }

    pub fn publish(&self, keys: &[Value]) {
        *self.answer.lock().unwrap() = Ok(json!({ "keys": keys }).to_string().into_bytes());
    }

    pub fn answer(&self, body: &str) {
        *self.answer.lock().unwrap() = Ok(body.into());
    }

    pub fn fail(&self) {
        *self.answer.lock().unwrap() = Err(KeySetFault::new("an outage"));
    }

    /// Lets every fetch hang until [`Self::resume`].
    pub fn hang(&self) {
        *self.open.lock().unwrap() = false;
    }

    pub fn resume(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }

    /// How many fetches have begun.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

/// What a careless provider puts into its public key set.
pub const SYMMETRIC: &[u8] = b"a shared key that everybody reads";

impl KeySetSource for Provider {
    fn fetch(&self) -> Result<Vec<u8>, KeySetFault> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let open = self.open.lock().unwrap();
        drop(self.opened.wait_while(open, |open| !*open).unwrap());
        self.answer.lock().unwrap().clone()
    }
}
