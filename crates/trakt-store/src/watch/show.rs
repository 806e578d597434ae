//! How far a user is in a show, episode by episode.

use chrono::{DateTime, Utc};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use trakt_core::UserId;
use trakt_core::watch::{Episode, MediaIds, SeenEpisode, ShowRecord, TitleName, Titled};

use crate::error::Failure;

#[derive(QueryableByName)]
struct ShowRow {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    read_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    reset_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = BigInt)]
    trakt: i64,
    #[diesel(sql_type = Nullable<Text>)]
    slug: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    imdb: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    tmdb: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    tvdb: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    title: Option<String>,
    #[diesel(sql_type = Nullable<Integer>)]
    year: Option<i32>,
}

#[derive(QueryableByName)]
struct SeenRow {
    #[diesel(sql_type = BigInt)]
    trakt: i64,
    #[diesel(sql_type = Nullable<Text>)]
    imdb: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    tmdb: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    tvdb: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    title: Option<String>,
    #[diesel(sql_type = Integer)]
    season: i32,
    #[diesel(sql_type = Integer)]
    number: i32,
    #[diesel(sql_type = BigInt)]
    plays: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    last: Option<DateTime<Utc>>,
}

/// See `WatchReads::show`.
pub(super) fn show(
    conn: &mut PgConnection,
    user: UserId,
    name: &TitleName,
) -> Result<Option<ShowRecord>, Failure> {
    let (number, slug) = match name {
        TitleName::Number(number) => (Some(*number), None),
        TitleName::Slug(slug) => (None, Some(slug.as_str())),
    };
    let row: Option<ShowRow> = diesel::sql_query(
        "SELECT s.read_at, w.reset_at, m.trakt, m.slug, m.imdb, m.tmdb, m.tvdb, m.title, m.year \
         FROM media AS m JOIN watching AS w ON w.user_id = $1 AND w.show = m.trakt \
         LEFT JOIN watch_states AS s ON s.user_id = $1 \
         WHERE m.kind = 'show' AND (m.trakt = $2 OR m.slug = $3) ORDER BY m.trakt LIMIT 1",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Nullable<BigInt>, _>(number)
    .bind::<Nullable<Text>, _>(slug)
    .get_result(conn)
    .optional()?;
    let Some(row) = row else {
        return Ok(None);
    };
    let episodes: Vec<SeenRow> = diesel::sql_query(
        "SELECT m.trakt, m.imdb, m.tmdb, m.tvdb, m.title, m.season, m.number, \
             count(p.id) AS plays, max(p.watched_at) AS last \
         FROM media AS m \
         LEFT JOIN plays AS p ON p.user_id = $1 AND p.kind = 'episode' AND p.item = m.trakt \
         WHERE m.kind = 'episode' AND m.show = $2 AND m.season > 0 AND m.first_aired <= now() \
         GROUP BY m.kind, m.trakt ORDER BY m.season, m.number",
    )
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<BigInt, _>(row.trakt)
    .load(conn)?;
    Ok(Some(ShowRecord {
        show: Titled {
            ids: MediaIds {
                trakt: row.trakt,
                slug: row.slug,
                imdb: row.imdb,
                tmdb: row.tmdb,
                tvdb: row.tvdb,
            },
            title: row.title,
            year: row.year,
        },
        reset_at: row.reset_at,
        episodes: episodes.into_iter().map(SeenRow::seen).collect(),
        as_of: row.read_at,
    }))
}

impl SeenRow {
    fn seen(self) -> SeenEpisode {
        SeenEpisode {
            episode: Episode {
                ids: MediaIds {
                    trakt: self.trakt,
                    slug: None,
                    imdb: self.imdb,
                    tmdb: self.tmdb,
                    tvdb: self.tvdb,
                },
                season: self.season,
                number: self.number,
                title: self.title,
            },
            plays: u32::try_from(self.plays).unwrap_or(u32::MAX),
            last_watched_at: self.last,
        }
    }
}
