//! What others are told. This file holds the port; the parts:
//!
//! | file | what it does |
//! |---|---|
//! | `tell` | writing events, for the other stores |
//! | `delivery` | who is told next, and what came of it |
//! | `list` | how everything stands |
//! | `row` | an event as it stands in its table |

mod delivery;
mod list;
mod row;
mod tell;

use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text};
use trakt_core::ports::{
    ClaimDelivery, ClaimedDelivery, DeliveryQuery, Replay, Replayed, SettleDelivery, WebhookStore,
};
use trakt_core::webhook::{DeliveryRecord, WebhookEndpoint};
use trakt_core::{DeliveryId, Page, PortError};

pub(crate) use self::tell::{audited, changed, forget_changes, held, restored, synced};
use crate::PgStore;

impl WebhookStore for PgStore {
    /// One statement that may be run again, so that it needs no transaction of its own.
    fn enrol_endpoints(&self, endpoints: &[WebhookEndpoint], again: bool) -> Result<(), PortError> {
        let keys: Vec<_> = endpoints.iter().map(|e| e.key.as_str()).collect();
        let names: Vec<_> = endpoints.iter().map(|e| e.name.as_str()).collect();
        self.read(|conn| {
            diesel::sql_query(
                "INSERT INTO webhook_endpoints (key, name) \
                 SELECT * FROM unnest($1::text[], $2::text[]) AS e (key, name) ORDER BY key \
                 ON CONFLICT (key) DO UPDATE SET seen_at = now(), gone_at = CASE \
                     WHEN $3 THEN NULL ELSE webhook_endpoints.gone_at END",
            )
            .bind::<Array<Text>, _>(&keys)
            .bind::<Array<Text>, _>(&names)
            .bind::<Bool, _>(again)
            .execute(conn)
            .map(drop)
        })
    }

    fn claim_delivery(&self, cmd: &ClaimDelivery) -> Result<Option<ClaimedDelivery>, PortError> {
        self.write(|conn| Ok(delivery::claim(conn, cmd)?))
    }

    fn settle_delivery(&self, cmd: &SettleDelivery) -> Result<(), PortError> {
        self.write(|conn| Ok(delivery::settle(conn, cmd)?))
    }

    fn deliveries(&self, query: &DeliveryQuery) -> Result<Page<DeliveryRecord>, PortError> {
        self.read_together(|conn| Ok(list::deliveries(conn, query)?))
    }

    fn replay_delivery(&self, delivery: DeliveryId) -> Result<bool, PortError> {
        self.write(|conn| Ok(delivery::replay(conn, delivery)?))
    }

    fn replay_events(&self, cmd: &Replay) -> Result<Replayed, PortError> {
        self.write(|conn| Ok(delivery::replay_events(conn, cmd)?))
    }

    fn forget_events(&self, limit: u32) -> Result<usize, PortError> {
        self.write(|conn| Ok(delivery::forget(conn, limit)?))
    }
}
