//! Any bytes as the reply of each call that the client knows: no panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trakt_api::{AccessToken, Client, DeviceCode, RawReply, RefreshToken};
use trakt_api_fuzz::answering;

fuzz_target!(|data: &[u8]| {
    let client = answering(vec![RawReply {
        status: 200,
        headers: Vec::new(),
        body: data.to_vec(),
    }]);
    let within = Client::WITHIN;
    let text = || "text".to_owned();
    drop(client.device_code(within));
    drop(client.device_token(&DeviceCode::from(text()), within));
    drop(client.refresh(&RefreshToken::from(text()), within));
    drop(client.revoke(&AccessToken::from(text()), within));
    drop(client.settings(&AccessToken::from(text()), within));
    drop(client.profile("sean", within));
});
