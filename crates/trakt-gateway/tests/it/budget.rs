//! A call for which there is no budget was not sent.

use std::sync::Arc;
use std::time::Duration;

use trakt_api::budget::{Budget, Heard, OverBudget, Spend};
use trakt_core::RefreshToken;
use trakt_core::ports::{RefreshFault, TraktFault, TraktGateway};
use trakt_gateway::Gateway;

use crate::fake::{WITHIN, client, no_answer};

struct Shut;

impl Budget for Shut {
    fn ask(&self, _: &Spend<'_>) -> Result<(), OverBudget> {
        let retry_after = Duration::from_secs(7);
        Err(OverBudget { retry_after })
    }

    fn tell(&self, _: &Spend<'_>, _: &Heard) {}
}

#[test]
fn without_budget_nothing_is_sent_and_a_refresh_token_is_unused() {
    let (client, fake) = client(no_answer());
    let gateway = Gateway::over(client.with_budget(Arc::new(Shut)), Vec::new());
    let fault = gateway.device_code(WITHIN).unwrap_err();
    let seven = Some(Duration::from_secs(7));
    let told = matches!(fault, TraktFault::Unavailable { retry_after, .. } if retry_after == seven);
    assert!(told, "{fault:?}");
    let token = RefreshToken::from("refresh".to_owned());
    let fault = gateway.refresh(&token, WITHIN).unwrap_err();
    assert!(matches!(fault, RefreshFault::NotSent { .. }), "{fault:?}");
    assert!(fake.sent.lock().unwrap().is_empty());
}
