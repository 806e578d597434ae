//! The tokens of links. This file holds the port; the parts:
//!
//! | file | what it does |
//! |---|---|
//! | `claim` | who may refresh: one committed UPDATE with a lease |
//! | `pair` | a new pair, by compare-and-swap on the generation |
//! | `settle` | an attempt that brought none, and what becomes of the link |
//! | `probe` | whether a new pair works |
//! | `gate` | what all replicas know of Trakt together: breaker, brake, budget |
//! | `revoke` | tokens that are still to be handed back |
//!
//! Locks are taken in this order: user, flow, links by id, the gate, the counts of the brake.

mod claim;
pub(crate) mod gate;
mod pair;
mod probe;
mod revoke;
mod settle;

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable};
use trakt_core::audit::AuditStamp;
use trakt_core::ports::{
    ClaimDue, ClaimRefresh, ClaimedRefresh, HeldToken, PairStored, ProbeDue, RefreshClaim,
    SettleProbe, SettleRefresh, StorePair, TokenStore,
};
use trakt_core::token::{AttemptOwner, GateReason};
use trakt_core::{AccessToken, AttemptId, LinkId, PortError, UserId};
use uuid::Uuid;

pub(crate) use self::gate::believe;
pub(crate) use self::revoke::{place as revocation_place, queue, unreadable};
use crate::error::corrupt;
use crate::link::place;
use crate::schema::{trakt_users as links, users};
use crate::seal::SealFault;
use crate::{PgStore, audit};

impl TokenStore for PgStore {
    fn held(&self, user: UserId) -> Result<Option<Option<HeldToken>>, PortError> {
        let row: Option<Option<HeldRow>> = self.read(|conn| {
            users::table
                .left_join(links::table)
                .filter(users::id.eq(user.uuid()))
                .select(Option::<HeldRow>::as_select())
                .get_result(conn)
                .optional()
        })?;
        let held = row.map(|row| row.map(|row| self.open_held(user, row)).transpose());
        held.transpose()
    }

    fn claim_refresh(&self, cmd: &ClaimRefresh) -> Result<RefreshClaim, PortError> {
        let mut broke = false;
        let claimed = self.write(|conn| claim::one(conn, cmd, &mut broke));
        if broke {
            return Ok(RefreshClaim::Wait(claim::BUDGET_WAIT));
        }
        Ok(match claimed? {
            claim::Claim::Row(row) => match self.open_claimed(&row)? {
                Some(refresh) => RefreshClaim::Claimed(Box::new(refresh)),
                None => return Err(corrupt("a refresh token does not open")),
            },
            claim::Claim::Busy => RefreshClaim::Busy,
            claim::Claim::Wait(wait) => RefreshClaim::Wait(wait),
        })
    }

    fn claim_due(&self, cmd: &ClaimDue) -> Result<Vec<ClaimedRefresh>, PortError> {
        let rows = self.write(|conn| claim::due(conn, cmd))?;
        let mut claimed = Vec::with_capacity(rows.len());
        for row in rows {
            // One bad row must not keep the others from being refreshed.
            claimed.extend(self.open_claimed(&row)?);
        }
        Ok(claimed)
    }

    fn release(&self, owner: AttemptOwner, attempts: &[AttemptId]) -> Result<(), PortError> {
        self.write(|conn| Ok(claim::release(conn, owner, attempts)?))
    }

    fn reclaim(&self, owner: AttemptOwner) -> Result<u32, PortError> {
        self.write(|conn| Ok(claim::reclaim(conn, owner)?))
    }

    fn store_pair(&self, cmd: &StorePair) -> Result<PairStored, PortError> {
        self.write(|conn| pair::store(conn, &self.vault, cmd))
    }

    fn settle_refresh(&self, cmd: &SettleRefresh) -> Result<(), PortError> {
        self.write(|conn| settle::settle(conn, &self.vault, cmd))
    }

    fn refuse(&self, user: UserId, generation: i64) -> Result<(), PortError> {
        self.write(|conn| match probe::link_of(conn, user)? {
            Some(link) => Ok(probe::refuse(conn, link, generation)?),
            None => Ok(()),
        })
    }

    fn lock(&self, user: UserId, generation: i64) -> Result<(), PortError> {
        self.write(|conn| match probe::link_of(conn, user)? {
            Some(link) => probe::lock(conn, &self.vault, link, generation),
            None => Ok(()),
        })
    }

    fn due_probes(&self, limit: u32, lease: Duration) -> Result<Vec<ProbeDue>, PortError> {
        self.write(|conn| probe::due(conn, &self.vault, limit, lease))
    }

    fn settle_probe(&self, cmd: &SettleProbe) -> Result<(), PortError> {
        self.write(|conn| probe::settle(conn, &self.vault, cmd))
    }

    fn gate(&self) -> Result<Option<GateReason>, PortError> {
        self.read(gate::reason)
    }
}

impl PgStore {
    fn open_held(&self, user: UserId, row: HeldRow) -> Result<HeldToken, PortError> {
        let odd = |column: &str| corrupt(format!("trakt_users.{column} of row {}", row.id));
        let access = row
            .access_token
            .as_deref()
            .map(|sealed| {
                let place = place("access_token", row.id, row.generation);
                self.vault.open(place, sealed)
            })
            .transpose();
        let access = match access {
            Ok(access) => access.map(AccessToken::from),
            Err(error) => {
                let entry = unreadable(&error, &AuditStamp::default());
                let entry = entry.about(user).link(LinkId::from(row.id));
                self.write(|conn| audit::append(conn, &self.vault, &entry))?;
                return Err(error.into());
            }
        };
        Ok(HeldToken {
            link: row.id.into(),
            generation: row.generation,
            status: row.status.parse().map_err(|_| odd("status"))?,
            reason: row.status_reason.and_then(|word| word.parse().ok()),
            access,
            expires_at: row.token_expires_at,
            good: row.good.unwrap_or(false),
        })
    }

    /// `None` for a token that does not open, which is on the trail then.
    fn open_claimed(&self, row: &claim::ClaimedRow) -> Result<Option<ClaimedRefresh>, PortError> {
        let sealed = row.refresh_token.as_deref().unwrap_or_default();
        let opened = self
            .vault
            .open(place("refresh_token", row.id, row.generation), sealed);
        match opened {
            Ok(token) => Ok(Some(ClaimedRefresh {
                link: row.id.into(),
                generation: row.generation,
                attempt: row.attempt.unwrap_or_default().into(),
                refresh: token.into(),
                replays: u32::try_from(row.replays).unwrap_or(u32::MAX),
            })),
            Err(error) => {
                let mut entry = unreadable(&error, &AuditStamp::default());
                entry.subject = row.user_id.map(UserId::from);
                entry.link = Some(row.id.into());
                self.write(|conn| {
                    audit::append(conn, &self.vault, &entry)?;
                    let key_missing = error.fault == SealFault::UnknownKey;
                    claim::unopened(conn, &self.vault, row, key_missing)
                })?;
                Ok(None)
            }
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = links, check_for_backend(Pg))]
struct HeldRow {
    id: Uuid,
    generation: i64,
    status: String,
    status_reason: Option<String>,
    access_token: Option<String>,
    token_expires_at: Option<DateTime<Utc>>,
    /// By the clock of the database. A few seconds early: a token has to arrive, too.
    #[diesel(select_expression = sql::<Nullable<Bool>>(
        "trakt_users.token_expires_at > now() + interval '5 seconds' \
         AND trakt_users.refused_generation IS DISTINCT FROM trakt_users.generation"
    ))]
    #[diesel(select_expression_type = SqlLiteral<Nullable<Bool>>)]
    good: Option<bool>,
}
