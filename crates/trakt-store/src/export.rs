//! Everything that is held about a user, page by page. Each page goes on after the last row of the
//! one before by an index, so that a late one costs no more than an early one.

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use trakt_core::export::{ExportItem, ExportPart, ExportPlace, ExportStep, ExportedWrite};
use trakt_core::link::Link;
use trakt_core::ports::ExportStore;
use trakt_core::scrobble::{WriteRecord, WriteState};
use trakt_core::watch::{Item, ItemKind, Listed, Play, Rated};
use trakt_core::{PortError, UserId};
use uuid::Uuid;

use crate::error::{Failure, corrupt};
use crate::link::LinkRow;
use crate::schema::{recommendation_states as lists, trakt_users as links, watch_marks as marks};
use crate::watch::{THING, ThingRow};
use crate::{PgStore, audit, choice, watch};

type Page = (Vec<ExportItem>, Option<ExportPlace>);

impl ExportStore for PgStore {
    fn export_page(&self, user: UserId, step: &ExportStep, limit: u32) -> Result<Page, PortError> {
        self.read_together(|conn| {
            // A table that was filled a moment ago has no statistics, and what is best for a few
            // rows would read and sort all that are left for each page.
            conn.batch_execute("SET LOCAL enable_bitmapscan = off")?;
            page(conn, user, step, limit.max(1))
        })
    }
}

fn page(
    conn: &mut PgConnection,
    user: UserId,
    step: &ExportStep,
    limit: u32,
) -> Result<Page, Failure> {
    let items = match step.part {
        ExportPart::Link => link(conn, user)?,
        ExportPart::Settings => vec![ExportItem::Settings(choice::choices(conn, user)?)],
        ExportPart::Sync => {
            let states = watch::states(conn, &[user])?.into_iter();
            let states = states.filter_map(|(_, state)| state);
            states.map(ExportItem::Sync).collect()
        }
        ExportPart::Marks => read_marks(conn, user)?,
        ExportPart::RecommendationStates => read_lists(conn, user)?,
        part => return long(conn, user, part, &step.after, limit),
    };
    Ok((items, None))
}

/// A part that has as many rows as the user has done things.
fn long(
    conn: &mut PgConnection,
    user: UserId,
    part: ExportPart,
    after: &ExportPlace,
    limit: u32,
) -> Result<Page, Failure> {
    let most = i64::from(limit);
    let rows: Vec<(ExportPlace, ExportItem)> = match part {
        ExportPart::Audit => {
            let records = audit::of_user(conn, user, after.number, most)?.into_iter();
            records
                .map(|record| (at(record.id), ExportItem::Audit(Box::new(record))))
                .collect()
        }
        ExportPart::Writes => writes(conn, user, after.number, most)?,
        part => things(conn, user, part, after, most)?,
    };
    let full = u32::try_from(rows.len()).is_ok_and(|rows| rows >= limit);
    let last = rows.last().filter(|_| full).map(|(place, _)| place.clone());
    Ok((rows.into_iter().map(|(_, item)| item).collect(), last))
}

fn at(number: i64) -> ExportPlace {
    let word = String::new();
    ExportPlace { word, number }
}

fn link(conn: &mut PgConnection, user: UserId) -> Result<Vec<ExportItem>, Failure> {
    let rows: Vec<LinkRow> = links::table
        .filter(links::user_id.eq(user.uuid()))
        .select(LinkRow::as_select())
        .load(conn)?;
    let rows = rows.into_iter();
    rows.map(|row| Ok(ExportItem::Link(Box::new(Link::try_from(row)?))))
        .collect()
}

fn read_marks(conn: &mut PgConnection, user: UserId) -> QueryResult<Vec<ExportItem>> {
    let rows = marks::table
        .filter(marks::user_id.eq(user.uuid()))
        .select((marks::part, marks::mark, marks::rows, marks::read_at))
        .order(marks::part)
        .load::<(String, String, i64, DateTime<Utc>)>(conn)?;
    let mark = |(part, mark, rows, read_at): (String, String, i64, _)| ExportItem::Mark {
        part,
        mark,
        rows: rows.unsigned_abs(),
        read_at,
    };
    Ok(rows.into_iter().map(mark).collect())
}

fn read_lists(conn: &mut PgConnection, user: UserId) -> Result<Vec<ExportItem>, Failure> {
    let rows = lists::table
        .filter(lists::user_id.eq(user.uuid()))
        .select((lists::kind, lists::read_at, lists::asked_at))
        .order(lists::kind)
        .load::<(String, Option<DateTime<Utc>>, DateTime<Utc>)>(conn)?;
    let rows = rows.into_iter();
    rows.map(|(word, read_at, asked_at)| {
        Ok(ExportItem::RecommendationState {
            kind: kind(&word)?,
            read_at,
            asked_at,
        })
    })
    .collect()
}

fn kind(word: &str) -> Result<ItemKind, Failure> {
    let known = ItemKind::ALL.iter().find(|kind| kind.as_str() == word);
    known
        .copied()
        .ok_or_else(|| Failure::Port(corrupt("the kind of a thing")))
}

/// A row about a thing, of any part.
#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    word: String,
    #[diesel(sql_type = BigInt)]
    of: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    late: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Double>)]
    amount: Option<f64>,
    #[diesel(sql_type = Nullable<Text>)]
    text: Option<String>,
    #[diesel(embed)]
    thing: ThingRow,
}

/// What is selected as word, of, thing's kind and number, at, late, amount and text, from where, and
/// whether the word is part of its order.
fn source(part: ExportPart) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match part {
        ExportPart::Plays => (
            "'', id, kind, item, watched_at, NULL, NULL, action",
            "plays",
            "id",
        ),
        ExportPart::Playback => (
            "'', id, kind, item, paused_at, NULL, progress, NULL",
            "playback",
            "id",
        ),
        ExportPart::Ratings => (
            "kind, item, kind, item, rated_at, NULL, rating, NULL",
            "ratings",
            "kind, item",
        ),
        ExportPart::Watchlist => (
            "'', id, kind, item, listed_at, NULL, rank, notes",
            "watchlist",
            "id",
        ),
        ExportPart::Hidden => (
            "list, show, 'show', show, hidden_at, NULL, NULL, NULL",
            "hidden",
            "list, show",
        ),
        ExportPart::Watching => (
            "'', show, 'show', show, reset_at, last_watched_at, completed, NULL",
            "watching",
            "show",
        ),
        ExportPart::Recommendations => (
            "kind, place, kind, item, NULL, NULL, NULL, NULL",
            "recommendations",
            "kind, place",
        ),
        ExportPart::RecommendationHides => (
            "kind, item, kind, item, hidden_at, NULL, NULL, NULL",
            "recommendation_hides",
            "kind, item",
        ),
        _ => return None,
    })
}

fn things(
    conn: &mut PgConnection,
    user: UserId,
    part: ExportPart,
    after: &ExportPlace,
    limit: i64,
) -> Result<Vec<(ExportPlace, ExportItem)>, Failure> {
    let Some((select, table, order)) = source(part) else {
        return Err(corrupt(format!("no rows of {part}")).into());
    };
    let from = match order.contains(',') {
        true => "($2, $3)",
        false => "($3)",
    };
    // A union with nothing gives the columns their names and types.
    let rows: Vec<Row> = diesel::sql_query(format!(
        "SELECT r.word, r.of, r.at, r.late, r.amount, r.text, {THING} FROM ( \
             SELECT ''::text AS word, 0::bigint AS of, ''::text AS kind, 0::bigint AS item, \
                 now() AS at, now() AS late, 0::float8 AS amount, ''::text AS text WHERE false \
             UNION ALL (SELECT {select} FROM {table} WHERE user_id = $1 AND ({order}) > {from} \
                 ORDER BY {order} LIMIT $4)) AS r \
         LEFT JOIN media AS m ON m.kind = r.kind AND m.trakt = r.item \
         LEFT JOIN media AS o ON o.kind = 'show' AND o.trakt = m.show \
         ORDER BY r.word, r.of"
    ))
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Text, _>(&after.word)
    .bind::<BigInt, _>(after.number)
    .bind::<BigInt, _>(limit)
    .load(conn)?;
    rows.into_iter().map(|row| row.item(part)).collect()
}

impl Row {
    fn item(self, part: ExportPart) -> Result<(ExportPlace, ExportItem), Failure> {
        let Self {
            word,
            of,
            at,
            late,
            amount,
            text,
            thing,
        } = self;
        let place = ExportPlace {
            word: word.clone(),
            number: of,
        };
        let item = thing.item();
        if part == ExportPart::RecommendationHides {
            let hide = ExportItem::RecommendationHide {
                hidden_at: at,
                item,
                kind: kind(&word)?,
                trakt: of,
            };
            return Ok((place, hide));
        }
        let item = item.ok_or_else(|| corrupt(format!("media of a {part}")))?;
        Ok((
            place,
            about(part, word, of, (at, late), amount, text, item)?,
        ))
    }
}

type Times = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

#[expect(
    clippy::cast_possible_truncation,
    reason = "whole numbers that were stored as such, of at most 53 bits"
)]
fn about(
    part: ExportPart,
    word: String,
    id: i64,
    (at, late): Times,
    amount: Option<f64>,
    text: Option<String>,
    item: Item,
) -> Result<ExportItem, Failure> {
    let whole = amount.map(|amount| amount as i64);
    Ok(match part {
        ExportPart::Plays => ExportItem::Play(Play {
            id,
            watched_at: at,
            action: text,
            item,
        }),
        ExportPart::Playback => ExportItem::Playback {
            id,
            progress: amount.unwrap_or(0.0),
            paused_at: at,
            item,
        },
        ExportPart::Ratings => ExportItem::Rating(Rated {
            rating: whole.and_then(|n| i16::try_from(n).ok()).unwrap_or(0),
            rated_at: at,
            item,
        }),
        ExportPart::Watchlist => ExportItem::Listed(Listed {
            id,
            rank: whole,
            listed_at: at,
            notes: text,
            item,
        }),
        ExportPart::Hidden => ExportItem::Hidden {
            list: word,
            hidden_at: at,
            item,
        },
        ExportPart::Watching => ExportItem::Watching {
            reset_at: at,
            last_watched_at: late,
            completed: whole.and_then(|n| u32::try_from(n).ok()).unwrap_or(0),
            item,
        },
        ExportPart::Recommendations => ExportItem::Recommendation { place: id, item },
        _ => return Err(corrupt(format!("no rows of {part}")).into()),
    })
}

#[derive(QueryableByName)]
struct WriteRow {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    deed: String,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    accepted_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    sent_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    settled_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Text)]
    wish: String,
    #[diesel(sql_type = Nullable<Text>)]
    key: Option<String>,
    #[diesel(sql_type = Timestamptz)]
    at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Double>)]
    amount: Option<f64>,
    #[diesel(embed)]
    thing: ThingRow,
}

fn writes(
    conn: &mut PgConnection,
    user: UserId,
    after: i64,
    limit: i64,
) -> Result<Vec<(ExportPlace, ExportItem)>, Failure> {
    let rows: Vec<WriteRow> = diesel::sql_query(format!(
        "SELECT w.seq, w.id, w.deed, w.state, w.reason, w.accepted_at, w.sent_at, w.settled_at, \
             w.wish, w.key, w.at, w.number AS amount, {THING} \
         FROM (SELECT * FROM outbox WHERE user_id = $1 AND seq > $2 ORDER BY seq LIMIT $3) AS w \
         LEFT JOIN media AS m ON m.kind = w.kind AND m.trakt = w.item \
         LEFT JOIN media AS o ON o.kind = 'show' AND o.trakt = m.show \
         ORDER BY w.seq"
    ))
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<BigInt, _>(after)
    .bind::<BigInt, _>(limit)
    .load(conn)?;
    rows.into_iter().map(WriteRow::item).collect()
}

impl WriteRow {
    fn item(self) -> Result<(ExportPlace, ExportItem), Failure> {
        let mut states = WriteState::ALL.iter().copied();
        let state = states.find(|state| state.as_str() == self.state);
        let record = WriteRecord {
            id: self.id.into(),
            deed: self.deed,
            state: state.ok_or_else(|| corrupt("outbox.state"))?,
            reason: self.reason,
            accepted_at: self.accepted_at,
            sent_at: self.sent_at,
            settled_at: self.settled_at,
        };
        let write = ExportedWrite {
            record,
            wish: self.wish,
            key: self.key,
            at: self.at,
            number: self.amount,
            item: self.thing.item(),
        };
        Ok((at(self.seq), ExportItem::Write(Box::new(write))))
    }
}
