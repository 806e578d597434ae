//! What others are told: as a store, and how it is sent.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::webhook::{
    DeliveryRecord, DeliveryState, EndpointKey, Verdict, WebhookAnswer, WebhookEndpoint,
    WebhookEvent, WebhookKind,
};
use crate::{DeliveryId, Page, PageRequest, PortError, SendId};

/// Events that are to be told. They are written by the other stores, each in the transaction of its
/// effect, with a delivery for each endpoint that is known then.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait WebhookStore: Send + Sync {
    /// Notes that these endpoints are named now. With `again` those that were gone are told again.
    fn enrol_endpoints(&self, endpoints: &[WebhookEndpoint], again: bool) -> Result<(), PortError>;

    /// Takes the delivery to this endpoint that is due for the longest time: nobody else gets it for
    /// as long as the lease. Those whom others are at are passed over.
    fn claim_delivery(&self, cmd: &ClaimDelivery) -> Result<Option<ClaimedDelivery>, PortError>;

    /// Keeps what came of a delivery, unless it was taken by another since.
    fn settle_delivery(&self, cmd: &SettleDelivery) -> Result<(), PortError>;

    /// One page of deliveries, those of the newest events first.
    fn deliveries(&self, query: &DeliveryQuery) -> Result<Page<DeliveryRecord>, PortError>;

    /// Makes a delivery due now, as if it had never been sent, and its endpoint known again if it was
    /// gone; one that is being sent goes on. `false` where there is none, or where nobody has named its
    /// endpoint for [`crate::webhook::WebhookPolicy::FORGOTTEN`].
    fn replay_delivery(&self, delivery: DeliveryId) -> Result<bool, PortError>;

    /// Does the same for some events, and makes the deliveries that are not there.
    fn replay_events(&self, cmd: &Replay) -> Result<Replayed, PortError>;

    /// Gives up what waits since [`crate::webhook::WebhookPolicy::NOT_TAKEN`] for an endpoint that
    /// nobody names or that is gone, and forgets up to `limit` events that are older than
    /// [`crate::webhook::WebhookPolicy::KEEP`] and wait for nobody; tells how many.
    fn forget_events(&self, limit: u32) -> Result<usize, PortError>;
}

/// Sends events.
#[cfg_attr(feature = "testing", mockall::automock)]
pub trait WebhookSender: Send + Sync {
    /// Sends an event, signed, within [`crate::webhook::WebhookPolicy::CALL`].
    fn send(&self, endpoint: &WebhookEndpoint, event: &WebhookEvent) -> WebhookAnswer;
}

/// See [`WebhookStore::claim_delivery`].
#[derive(Clone, Debug)]
pub struct ClaimDelivery {
    /// To whom.
    pub endpoint: EndpointKey,
    /// The id of the attempt.
    pub send: SendId,
    /// For how long nobody else may, should we never come back.
    pub lease: Duration,
}

/// See [`WebhookStore::claim_delivery`].
#[derive(Clone, Debug)]
pub struct ClaimedDelivery {
    /// Which.
    pub id: DeliveryId,
    /// What is told.
    pub event: WebhookEvent,
    /// How often it was sent, this time included.
    pub attempts: u32,
    /// How long ago it was due for the first time.
    pub age: Duration,
}

/// See [`WebhookStore::settle_delivery`].
#[derive(Clone, Debug)]
pub struct SettleDelivery {
    /// Which.
    pub delivery: DeliveryId,
    /// Which attempt says so.
    pub send: SendId,
    /// To whom.
    pub endpoint: EndpointKey,
    /// What becomes of it.
    pub verdict: Verdict,
    /// The status of the answer.
    pub status: Option<u16>,
    /// Why the answer was no good.
    pub reason: Option<&'static str>,
}

/// Which deliveries are wanted: those that fit every part that is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryQuery {
    /// How it stands.
    pub state: Option<DeliveryState>,
    /// Of what.
    pub kind: Option<WebhookKind>,
    /// Which page.
    pub page: PageRequest,
}

/// See [`WebhookStore::replay_events`].
#[derive(Clone, Debug)]
pub struct Replay {
    /// Events from this moment on.
    pub since: DateTime<Utc>,
    /// For whom.
    pub endpoints: Vec<EndpointKey>,
    /// After the event with this sequence.
    pub after: i64,
    /// How many events.
    pub limit: u32,
}

/// See [`WebhookStore::replay_events`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// How many deliveries are due now.
    pub deliveries: u64,
    /// The sequence of the last event, where there may be more.
    pub last: Option<i64>,
}
