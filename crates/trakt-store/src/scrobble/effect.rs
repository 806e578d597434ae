//! What a write changes in what is served, at once. A row that Trakt has not confirmed has an id
//! below zero, until a pull or Trakt's answer brings the real one.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use trakt_core::UserId;
use trakt_core::scrobble::{Deed, Target, WritePart};
use trakt_core::watch::ItemKind;

use crate::watch;

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

/// A write whose thing is known.
pub(super) struct Effect {
    pub user: UserId,
    pub deed: Deed,
    pub of: Target,
    pub at: DateTime<Utc>,
    pub number: Option<f64>,
}

impl Effect {
    fn run(&self, conn: &mut PgConnection, sql: &str) -> QueryResult<usize> {
        diesel::sql_query(sql)
            .bind::<SqlUuid, _>(self.user.uuid())
            .bind::<Text, _>(self.of.kind.as_str())
            .bind::<BigInt, _>(self.of.trakt)
            .execute(conn)
    }

    fn insert(&self, conn: &mut PgConnection, sql: &str) -> QueryResult<Option<i64>> {
        let row: Id = diesel::sql_query(sql)
            .bind::<SqlUuid, _>(self.user.uuid())
            .bind::<Text, _>(self.of.kind.as_str())
            .bind::<BigInt, _>(self.of.trakt)
            .bind::<Timestamptz, _>(self.at)
            .bind::<Nullable<Double>, _>(self.number)
            .get_result(conn)?;
        Ok(Some(row.id))
    }

    /// Makes the change; the id of the row that waits for Trakt's, where there is one.
    pub(super) fn apply(&self, conn: &mut PgConnection) -> QueryResult<Option<i64>> {
        let no_resume = "DELETE FROM playback WHERE user_id = $1 AND kind = $2 AND item = $3";
        match self.deed {
            // By the id of a play: see `accept`.
            Deed::RemovePlay => Ok(None),
            Deed::AddPlay => self.play(conn, "watch"),
            Deed::Rate => {
                diesel::sql_query(
                    "INSERT INTO ratings (user_id, kind, item, rated_at, rating) \
                     VALUES ($1, $2, $3, $4, $5::smallint) \
                     ON CONFLICT (user_id, kind, item) DO UPDATE \
                     SET rated_at = excluded.rated_at, rating = excluded.rating",
                )
                .bind::<SqlUuid, _>(self.user.uuid())
                .bind::<Text, _>(self.of.kind.as_str())
                .bind::<BigInt, _>(self.of.trakt)
                .bind::<Timestamptz, _>(self.at)
                .bind::<Nullable<Double>, _>(self.number)
                .execute(conn)?;
                Ok(None)
            }
            Deed::Unrate => {
                let sql = "DELETE FROM ratings WHERE user_id = $1 AND kind = $2 AND item = $3";
                self.run(conn, sql)?;
                Ok(None)
            }
            Deed::List => {
                let row: Option<Id> = diesel::sql_query(
                    "INSERT INTO watchlist (user_id, id, kind, item, listed_at) \
                     SELECT $1, nextval('unconfirmed'), $2, $3, $4 \
                     WHERE NOT EXISTS (SELECT 1 FROM watchlist \
                         WHERE user_id = $1 AND kind = $2 AND item = $3) \
                     RETURNING id",
                )
                .bind::<SqlUuid, _>(self.user.uuid())
                .bind::<Text, _>(self.of.kind.as_str())
                .bind::<BigInt, _>(self.of.trakt)
                .bind::<Timestamptz, _>(self.at)
                .get_result(conn)
                .optional()?;
                Ok(row.map(|row| row.id))
            }
            Deed::Unlist => {
                let sql = "DELETE FROM watchlist WHERE user_id = $1 AND kind = $2 AND item = $3";
                self.run(conn, sql)?;
                Ok(None)
            }
            Deed::Hide => {
                let sql = "INSERT INTO recommendation_hides (user_id, kind, item) \
                           VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
                self.run(conn, sql)?;
                Ok(None)
            }
            Deed::Show => {
                let sql = "DELETE FROM recommendation_hides \
                           WHERE user_id = $1 AND kind = $2 AND item = $3";
                self.run(conn, sql)?;
                Ok(None)
            }
            Deed::Start => {
                self.run(conn, no_resume)?;
                Ok(None)
            }
            Deed::Pause | Deed::Stop => {
                self.run(conn, no_resume)?;
                if self.deed.part(self.number) == WritePart::History {
                    return self.play(conn, "scrobble");
                }
                self.insert(
                    conn,
                    "INSERT INTO playback (user_id, id, kind, item, paused_at, progress) \
                     VALUES ($1, nextval('unconfirmed'), $2, $3, $4, $5) RETURNING id",
                )
            }
            _ => Ok(None),
        }
    }

    fn play(&self, conn: &mut PgConnection, action: &str) -> QueryResult<Option<i64>> {
        let row: Id = diesel::sql_query(
            "INSERT INTO plays (user_id, id, kind, item, watched_at, action) \
             VALUES ($1, nextval('unconfirmed'), $2, $3, $4, $5) RETURNING id",
        )
        .bind::<SqlUuid, _>(self.user.uuid())
        .bind::<Text, _>(self.of.kind.as_str())
        .bind::<BigInt, _>(self.of.trakt)
        .bind::<Timestamptz, _>(self.at)
        .bind::<Text, _>(action)
        .get_result(conn)?;
        if self.of.kind == ItemKind::Episode {
            watch::watch_episode(conn, self.user, self.of.trakt)?;
        }
        Ok(Some(row.id))
    }

    /// Whether it is a play that is there already: of the same thing in the same minute.
    pub(super) fn is_there(&self, conn: &mut PgConnection) -> QueryResult<bool> {
        if !makes_play(self.deed, self.number) {
            return Ok(false);
        }
        let found: Option<Id> = diesel::sql_query(
            "SELECT id FROM plays WHERE user_id = $1 AND kind = $2 AND item = $3 \
             AND date_trunc('minute', watched_at) = date_trunc('minute', $4::timestamptz) LIMIT 1",
        )
        .bind::<SqlUuid, _>(self.user.uuid())
        .bind::<Text, _>(self.of.kind.as_str())
        .bind::<BigInt, _>(self.of.trakt)
        .bind::<Timestamptz, _>(self.at)
        .get_result(conn)
        .optional()?;
        Ok(found.is_some())
    }
}

/// Whether Trakt makes a play of it.
pub(super) fn makes_play(deed: Deed, number: Option<f64>) -> bool {
    deed == Deed::AddPlay || (deed == Deed::Stop && deed.part(number) == WritePart::History)
}
