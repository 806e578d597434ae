//! What is in the way of many claims, in one statement.

use diesel::pg::{Pg, PgConnection};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text, Uuid as SqlUuid};
use trakt_core::TraktSlug;
use trakt_core::link::HeldLink;
use trakt_core::ports::Standing;
use trakt_core::user::Email;
use uuid::Uuid;

use crate::error::Failure;
use crate::link::HeldRow;

/// A union and no OR, so that each half goes by its own unique index.
const STANDINGS: &str = "\
SELECT w.place, u.id AS owner, t.id, t.user_id, t.trakt_slug, t.trakt_uuid \
FROM unnest($1, $2) WITH ORDINALITY AS w (email, slug, place) \
JOIN users AS u ON lower(u.email) = lower(w.email) \
LEFT JOIN LATERAL (SELECT id, user_id, trakt_slug, trakt_uuid FROM trakt_users WHERE user_id = u.id \
    UNION SELECT id, user_id, trakt_slug, trakt_uuid FROM trakt_users WHERE trakt_slug = w.slug) AS t ON true \
ORDER BY w.place";

#[derive(QueryableByName)]
#[diesel(check_for_backend(Pg))]
struct Row {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = SqlUuid)]
    owner: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    id: Option<Uuid>,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    user_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    trakt_slug: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    trakt_uuid: Option<String>,
}

impl Row {
    fn held(self) -> Option<HeldRow> {
        Some(HeldRow {
            id: self.id?,
            user_id: self.user_id,
            trakt_slug: self.trakt_slug?,
            trakt_uuid: self.trakt_uuid,
            access_token: None,
            generation: 0,
        })
    }
}

/// See `AdminStore::standings`.
pub(super) fn standings(
    conn: &mut PgConnection,
    wanted: &[(Email, TraktSlug)],
) -> Result<Vec<Option<Standing>>, Failure> {
    let emails: Vec<&str> = wanted.iter().map(|(email, _)| email.as_str()).collect();
    let slugs: Vec<&str> = wanted.iter().map(|(_, slug)| slug.as_str()).collect();
    let rows: Vec<Row> = diesel::sql_query(STANDINGS)
        .bind::<Array<Text>, _>(emails)
        .bind::<Array<Text>, _>(slugs)
        .load(conn)?;
    let mut standings = vec![None; wanted.len()];
    for row in rows {
        let place = usize::try_from(row.place - 1).unwrap_or(usize::MAX);
        let Some(standing) = standings.get_mut(place) else {
            continue;
        };
        let standing = standing.get_or_insert_with(|| Standing {
            user: row.owner.into(),
            held: Vec::new(),
        });
        if let Some(held) = row.held() {
            standing.held.push(HeldLink::try_from(&held)?);
        }
    }
    Ok(standings)
}
