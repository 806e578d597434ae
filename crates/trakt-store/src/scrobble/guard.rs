//! What a pull must not undo: what the user wrote and Trakt may not tell of yet.

use std::collections::{HashMap, HashSet};

use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Bool, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use trakt_core::UserId;
use trakt_core::scrobble::Deed;
use trakt_core::watch::{Part, Row};

/// How long Trakt may tell of how things were before a write that it has taken.
const LAG: &str = "interval '10 seconds'";

/// What the user wrote in one part since the pull began, or shortly before.
#[derive(Debug, Default)]
pub(crate) struct Guards {
    /// Plays that were removed.
    plays: HashSet<i64>,
    /// Things that were rated, listed or played: how Trakt is to have them.
    things: HashMap<(String, i64), Wanted>,
    /// Of both, those of which Trakt has not been told yet: it says so itself once it has.
    untold: (HashSet<i64>, HashSet<(String, i64)>),
}

/// What the user says against a row of Trakt's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contradiction {
    /// Trakt may know: the part is to be read again.
    Told,
    /// Trakt does not know yet: its times will tell when it does.
    Untold,
}

/// How Trakt has a thing once it has done what the user wrote last.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    /// Not at all.
    Absent,
    /// With this rating, or at this percentage.
    Present(Option<f64>),
}

impl Guards {
    pub(crate) fn is_empty(&self) -> bool {
        self.plays.is_empty() && self.things.is_empty()
    }

    /// Whether this row says something else than the user, who wrote later.
    pub(crate) fn contradict(&self, row: &Row) -> Option<Contradiction> {
        if self.is_empty() {
            return None;
        }
        let told = |untold: bool| match untold {
            true => Contradiction::Untold,
            false => Contradiction::Told,
        };
        if self.plays.contains(&row.key) {
            return Some(told(self.untold.0.contains(&row.key)));
        }
        let thing = (row.item.kind().as_str().to_owned(), row.item.ids().trakt);
        let (_, number, _) = row.fact.said();
        let contradicts = match self.things.get(&thing) {
            None | Some(Wanted::Present(None)) => false,
            Some(Wanted::Absent) => true,
            Some(wanted @ Wanted::Present(_)) => !wanted.is(number),
        };
        contradicts.then(|| told(self.untold.1.contains(&thing)))
    }

    /// The things that are not to go, by kind and number.
    pub(crate) fn present(&self) -> (Vec<&str>, Vec<i64>) {
        let things = self.things.iter();
        let present = things.filter(|(_, wanted)| matches!(wanted, Wanted::Present(_)));
        present
            .map(|((kind, item), _)| (kind.as_str(), *item))
            .unzip()
    }
}

impl Wanted {
    fn is(self, number: Option<f64>) -> bool {
        match (self, number) {
            (Self::Present(Some(wanted)), Some(number)) => (wanted - number).abs() < 0.01,
            _ => false,
        }
    }
}

#[derive(QueryableByName)]
struct GuardRow {
    #[diesel(sql_type = Text)]
    deed: String,
    #[diesel(sql_type = Nullable<Double>)]
    number: Option<f64>,
    #[diesel(sql_type = Nullable<Text>)]
    kind: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    item: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    play: Option<i64>,
    #[diesel(sql_type = Bool)]
    untold: bool,
}

/// Which of the outbox's rows bear on a part.
fn bears(part: Part) -> Option<&'static str> {
    Some(match part {
        Part::MoviePlays | Part::EpisodePlays => "deed = 'history_remove'",
        // What is watched to the end leaves no place to go on from.
        Part::Playback => "(part = 'playback' OR deed = 'scrobble_stop')",
        Part::MovieRatings | Part::ShowRatings | Part::SeasonRatings | Part::EpisodeRatings => {
            "part = 'ratings'"
        }
        Part::Watchlist => "part = 'watchlist'",
        _ => return None,
    })
}

fn wanted(deed: &str, number: Option<f64>) -> Wanted {
    let known = Deed::ALL.iter().find(|known| known.as_str() == deed);
    match known {
        Some(Deed::Rate | Deed::Pause) => Wanted::Present(number),
        Some(Deed::Stop) if number.is_some_and(|percent| percent < Deed::WATCHED) => {
            Wanted::Present(number)
        }
        Some(Deed::List) => Wanted::Present(None),
        _ => Wanted::Absent,
    }
}

/// See [`Guards`].
pub(crate) fn guards(conn: &mut PgConnection, user: UserId, part: Part) -> QueryResult<Guards> {
    let Some(bears) = bears(part) else {
        return Ok(Guards::default());
    };
    let rows: Vec<GuardRow> = diesel::sql_query(format!(
        "SELECT seq, deed, number, kind, item, play, \
             state = 'queued' AND sent_at IS NULL AS untold FROM outbox \
         WHERE user_id = $1 AND settled_at IS NULL AND {bears} \
         UNION ALL \
         SELECT seq, deed, number, kind, item, play, false FROM outbox \
         WHERE user_id = $1 AND state = 'confirmed' AND {bears} AND settled_at > ( \
             SELECT started_at - {LAG} FROM watch_states WHERE user_id = $1) \
         ORDER BY seq"
    ))
    .bind::<SqlUuid, _>(user.uuid())
    .load(conn)?;
    let mut guards = Guards::default();
    for row in rows {
        let removal = row.deed == Deed::RemovePlay.as_str();
        let play = row.play.filter(|_| removal);
        guards.plays.extend(play);
        guards.untold.0.extend(play.filter(|_| row.untold));
        if let (false, Some(kind), Some(item)) = (removal, row.kind, row.item) {
            let (thing, wanted) = ((kind, item), wanted(&row.deed, row.number));
            // The last word counts; one that Trakt was told before may still come back from it.
            let untold = row.untold && !guards.things.contains_key(&thing);
            if untold {
                guards.untold.1.insert(thing.clone());
            } else if !row.untold {
                guards.untold.1.remove(&thing);
            }
            guards.things.insert(thing, wanted);
        }
    }
    Ok(guards)
}

/// The table of a part that has rows which wait for Trakt's id.
fn table(part: Part) -> Option<&'static str> {
    Some(match part {
        Part::MoviePlays | Part::EpisodePlays => "plays",
        Part::Playback => "playback",
        Part::Watchlist => "watchlist",
        _ => return None,
    })
}

/// Whether the user has rows of this part that wait for Trakt's id.
fn waits(conn: &mut PgConnection, user: UserId, table: &str) -> QueryResult<bool> {
    #[derive(QueryableByName)]
    struct Waits {
        #[diesel(sql_type = Bool)]
        waits: bool,
    }

    let row: Waits = diesel::sql_query(format!(
        "SELECT EXISTS (SELECT 1 FROM {table} WHERE user_id = $1 AND id < 0) AS waits"
    ))
    .bind::<SqlUuid, _>(user.uuid())
    .get_result(conn)?;
    Ok(row.waits)
}

/// Removes rows that waited for Trakt's id, now that these are there, which are the same: a play of
/// the same thing in the same minute, else whatever is about the same thing. What waits to
/// be sent, for the first time or again, need not be any more. The writes that made them know the
/// real ids from here on.
pub(crate) fn replaced(
    conn: &mut PgConnection,
    user: UserId,
    part: Part,
    rows: &[&Row],
) -> QueryResult<()> {
    let Some(table) = table(part).filter(|_| !rows.is_empty()) else {
        return Ok(());
    };
    if !waits(conn, user, table)? {
        return Ok(());
    }
    let same = match part {
        Part::MoviePlays | Part::EpisodePlays => {
            "AND date_trunc('minute', p.watched_at) = date_trunc('minute', r.at)"
        }
        _ => "",
    };
    let kinds: Vec<_> = rows.iter().map(|row| row.item.kind().as_str()).collect();
    let items: Vec<_> = rows.iter().map(|row| row.item.ids().trakt).collect();
    let times: Vec<_> = rows.iter().map(|row| row.fact.said().0).collect();
    let keys: Vec<_> = rows.iter().map(|row| row.key).collect();
    diesel::sql_query(format!(
        "WITH same AS (DELETE FROM {table} AS p \
             USING unnest($2::text[], $3::bigint[], $4::timestamptz[], $5::bigint[]) \
                 AS r (kind, item, at, key) \
             WHERE p.user_id = $1 AND p.id < 0 AND p.kind = r.kind AND p.item = r.item {same} \
             RETURNING p.id, r.key) \
         UPDATE outbox AS o SET play = s.key, \
             state = CASE o.state WHEN 'queued' THEN 'confirmed' ELSE o.state END, \
             reason = CASE o.state WHEN 'queued' THEN 'already_there' ELSE o.reason END, \
             settled_at = CASE o.state WHEN 'queued' THEN now() ELSE o.settled_at END \
         FROM same AS s WHERE o.user_id = $1 AND o.play = s.id"
    ))
    .bind::<SqlUuid, _>(user.uuid())
    .bind::<Array<Text>, _>(kinds)
    .bind::<Array<BigInt>, _>(items)
    .bind::<Array<Nullable<Timestamptz>>, _>(times)
    .bind::<Array<BigInt>, _>(keys)
    .execute(conn)
    .map(drop)
}

/// Ends the waiting of rows that Trakt has confirmed, and that its list does not have: they were
/// removed there since. Tells whether some still wait that were confirmed just now, so that the
/// list may be too old.
pub(crate) fn forget_confirmed(
    conn: &mut PgConnection,
    user: UserId,
    part: Part,
) -> QueryResult<bool> {
    let Some(table) = table(part) else {
        return Ok(false);
    };
    if !waits(conn, user, table)? {
        return Ok(false);
    }
    let of = match part {
        Part::MoviePlays => "AND p.kind = 'movie'",
        Part::EpisodePlays => "AND p.kind = 'episode'",
        _ => "",
    };
    let confirmed = format!(
        "p.user_id = $1 AND p.id < 0 {of} AND o.user_id = $1 AND o.play = p.id \
         AND o.state = 'confirmed'"
    );
    diesel::sql_query(format!(
        "DELETE FROM {table} AS p USING outbox AS o WHERE {confirmed} AND o.settled_at <= ( \
             SELECT started_at - {LAG} FROM watch_states WHERE user_id = $1)"
    ))
    .bind::<SqlUuid, _>(user.uuid())
    .execute(conn)?;

    #[derive(QueryableByName)]
    struct Left {
        #[diesel(sql_type = Bool)]
        found: bool,
    }

    let row: Left = diesel::sql_query(format!(
        "SELECT EXISTS (SELECT 1 FROM {table} AS p, outbox AS o WHERE {confirmed}) AS found"
    ))
    .bind::<SqlUuid, _>(user.uuid())
    .get_result(conn)?;
    Ok(row.found)
}
